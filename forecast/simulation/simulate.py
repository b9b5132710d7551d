"""Simulate a scenario: chunks of blocks go to an engine, their partial results are merged in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecast.arrays import Floats
from forecast.engines import create_engine
from forecast.engines.engine import Engine
from forecast.files.paths import plan_name
from forecast.periods import Calendar
from forecast.plan.checks.size import require_memory
from forecast.plan.geography import Geography
from forecast.plan.scenario import Scenario
from forecast.plan.targets import Target
from forecast.plan.variant import Variant, vary_plan
from forecast.simulation.checkpoint import Checkpoint
from forecast.simulation.chunks import (
    ChunkJob,
    PartialResult,
    concatenate_blocks,
    local_code_version,
    prepare_chunks,
    simulate_chunk,
)
from forecast.simulation.compiled import CompiledPlan, FigureKey, compile_plan, figure_key
from forecast.simulation.conditioned import condition_plan
from forecast.simulation.model.conditioning.conditioning import ClosedLesson
from forecast.simulation.places.histograms import PlaceTally
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.stats.copula import CorrelatedGroup
from forecast.stats.intervals import Estimate, binomial_interval
from forecast.stats.tally import Tally
from forecast.timeseries.baseline import Baseline, fit_baseline

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MAX_SERIAL_PATHS", "ExecutionOptions", "Precision", "ProgressCallback", "Simulation", "simulate"]

MAX_SERIAL_PATHS = 400_000
"""Paths below which more processes cost more than they save, for a plan of ordinary size."""

ProgressCallback = Callable[[int, int], None]
"""Called with the paths done and the paths to do."""


@dataclass(frozen=True)
class PathSample:
    """The first paths of a run, one by one."""

    uniforms: Mapping[str, Floats]
    """By name of the draw, (paths,)."""
    occurrences: Mapping[str, Floats]
    """By shock the number of its events, by initiative whether it happens, (paths,)."""
    marks: Mapping[str, Floats]
    """By name of what each event draws, (paths,) the joint score of a path's events as a uniform number; 0 where a path
    has none."""
    figures: Mapping[FigureKey, Floats]
    """By (measure, period), (paths,)."""


@dataclass(frozen=True)
class Precision:
    """Simulation error of one target's chance at which a run stops."""

    target: str
    half_width: float
    """Half the width of the 95% interval of its chance."""


@dataclass(frozen=True)
class Simulation:
    """A simulated plan: counts of every figure over all paths, and the first paths themselves where they were kept.

    Examples
    --------
    >>> import forecast
    >>> run = forecast.simulate(forecast.read("plan.yaml"), paths=4_000, keep=4_000)
    >>> round(run.chance("revenue").value, 1)
    0.7
    >>> frame = run.to_frame()
    >>> frame[frame["measure"] == "revenue"]["period"].nunique()
    13
    >>> len(run.draws("revenue", "2026"))
    4000
    """

    scenario: Scenario
    baseline: Baseline
    seed: int
    paths: int
    tallies: Mapping[FigureKey, Tally]
    """By (measure, period)."""
    joint_chance: Estimate | None
    """Chance that every target is met; None without targets."""
    bridge_period: str
    """Period of the steps from last year to the forecast."""
    groups: Mapping[str, CorrelatedGroup]
    """By name of a draw, what is correlated with it."""
    paths_requested: int
    """Paths that were asked for; fewer were simulated where the precision was reached."""
    precision: Precision | None = None
    path_sample: PathSample | None = None
    geography: Geography | None = None
    """The places, where they are listed."""
    places: PlaceTally | None = None
    """Tally of each place, where they are listed."""
    lesson: ClosedLesson | None = None
    """Fit of the closed months to the plan; None where none is closed."""

    @property
    def horizon(self) -> Calendar:
        """The months that were simulated."""
        return self.scenario.horizon.calendar

    def tally(self, measure: str, period: str) -> Tally:
        """Tally of one figure.

        Parameters
        ----------
        measure : str
            Such as `revenue` or `revenue.SERVICE`.
        period : str
            As the plan writes it, such as `2021`.

        Returns
        -------
        Tally
            Mean, quantiles and chances of the figure, each with its simulation error.

        Raises
        ------
        KeyError
            When the figure was not recorded.
        """
        return self.tallies[measure, period]

    def target_figure(self, target: Target) -> FigureKey:
        """Figure of a target on its own basis.

        Parameters
        ----------
        target : Target
            Of the plan.

        Returns
        -------
        FigureKey
            (measure, period).
        """
        return figure_key(target, target.basis, self.tallies)

    def chance(self, target: str) -> Estimate:
        """Chance that a target is met.

        Parameters
        ----------
        target : str
            Its name in the plan.

        Returns
        -------
        Estimate
            Share of the paths, 0 to 1, with the 95% interval of its simulation error.

        Raises
        ------
        KeyError
            When the plan has no such target.
        """
        record = self.scenario.targets[target]
        return self.chance_on(record, record.basis)

    def chance_on(self, target: Target, basis: str) -> Estimate:
        """Chance that a target is met on a basis.

        Parameters
        ----------
        target : Target
            Of the plan.
        basis : str
            `stated`, or `parts` to leave out the gap between a stated total and the services.

        Returns
        -------
        Estimate
            Share of the paths, 0 to 1, with the 95% interval of its simulation error.
        """
        return _target_chance(target, basis, self.tallies)

    def _repr_html_(self) -> str:
        """Table of the targets that a notebook shows where a cell ends with the simulation."""
        from forecast.simulation.notebook import TargetOutcome, results_html

        targets = {
            name: TargetOutcome(self.chance(name), self.tally(*self.target_figure(target)))
            for name, target in self.scenario.targets.items()
        }
        return results_html(self.scenario, self.paths, targets, self.tallies)

    def values(self, measure: str, period: str) -> Floats:
        """Values of one figure, path by path.

        Parameters
        ----------
        measure : str
            Such as `revenue` or `revenue.SERVICE`.
        period : str
            As the plan writes it, such as `2021`.

        Returns
        -------
        ndarray
            (paths,) in the unit of the measure; money in the plan's currency.

        Raises
        ------
        KeyError
            When the figure was not recorded.
        ValueError
            When only a histogram was kept, because the paths were many.
        """
        return self.tallies[measure, period].values

    def to_frame(self) -> pd.DataFrame:
        """Mean and quantiles of every figure, each with its simulation error.

        Returns
        -------
        DataFrame
            One row a figure and statistic (`mean`, `p1` to `p99`): scenario, measure, period, place (code of a place
            or district, empty for the whole), statistic, value in units of the measure, low and high (95% interval).
        """
        import pandas as pd

        from forecast.simulation.frames import figures_frame, places_frame

        frame = figures_frame(self.tallies, [key for key in self.tallies if not key[0].startswith("bridge.")])
        if self.geography is not None and self.places is not None:
            period = next(period for measure, period in self.tallies if "@" in measure)
            places = places_frame(self.places, self.geography, period)
            listed = set(frame.loc[frame["period"] == period, "place"])
            frame = pd.concat([frame, places[~places["place"].isin(listed)]], ignore_index=True)
        frame.insert(0, "scenario", plan_name(self.scenario.file))
        return frame

    def require_path_sample(self) -> PathSample:
        """Return the paths that were kept.

        Returns
        -------
        PathSample
            The first paths, one by one.

        Raises
        ------
        ValueError
            No path was kept.
        """
        if self.path_sample is None:
            raise ValueError("no path was kept: simulate with keep=, as in forecast.simulate(scenario, keep=32_768)")
        return self.path_sample

    def draws(self, measure: str, period: str) -> pd.Series[float]:
        """One figure in each path that was kept: `simulate(..., keep=...)`.

        Parameters
        ----------
        measure, period : str
            The figure, as it is written: `revenue`, `2021`.

        Returns
        -------
        Series
            (paths kept,), in units of the measure, by number of the path from 0.

        Raises
        ------
        ValueError
            No path was kept.
        KeyError
            No paths of such a figure are kept; those of single months are not. The message names what is kept.
        """
        import pandas as pd

        figures = self.require_path_sample().figures
        if (measure, period) not in figures:
            kept = ", ".join(f"{name} of {text}" for name, text in figures if name == measure)
            instead = f"kept are {kept}" if kept else f"measures: {', '.join({m: 0 for m, _ in figures})}"
            raise KeyError(f"no paths of {measure!r} in {period!r} are kept; {instead}")
        values = figures[measure, period][: self.paths]
        return pd.Series(values, index=pd.RangeIndex(len(values), name="path"), name=measure)


@dataclass(frozen=True)
class ExecutionOptions:
    """Where a plan is simulated, what is saved meanwhile and who is told; no figure depends on it.

    Examples
    --------
    >>> import forecast
    >>> scenario = forecast.read("plan.yaml")
    >>> two_workers = forecast.simulate(scenario, paths=500, execution=forecast.ExecutionOptions(workers=2))
    >>> two_workers.chance("revenue") == forecast.simulate(scenario, paths=500).chance("revenue")
    True
    """

    workers: int = 1
    """Processes of this machine; a run of few paths stays in this one all the same."""
    engine: Engine | None = None
    """Engine that computes the chunks instead of processes of this machine."""
    checkpoint: Checkpoint | None = None
    """Where finished chunks are saved, and from which a run that was stopped goes on."""
    progress: ProgressCallback = lambda done, to_do: None
    """Called with the paths done and the paths to do."""


def simulate(
    scenario: Scenario,
    *,
    paths: int | None = None,
    seed: int | None = None,
    keep: int = 0,
    precision: float | None = None,
    keep_months: str = "",
    every_place: bool = True,
    periods: Sequence[str] = (),
    baseline: Baseline | None = None,
    variant: Variant | None = None,
    execution: ExecutionOptions | None = None,
) -> Simulation:
    """Simulate a plan.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    paths, seed : int, optional
        Number of paths and seed; those of the plan by default.
    keep : int
        How many of the first paths to keep one by one, rounded up to whole blocks.
    keep_months : str
        Measure, such as `revenue`, whose months are kept one by one too, but for closed months; none by default.
    precision : float, optional
        Half the width of the 95% interval of the main target's chance at which it stops before `paths`.
    every_place : bool
        Whether every listed place is read; without, districts and the places of targets alone, many times as fast.
    periods : sequence of str
        Periods of the horizon whose figures are recorded too, such as `2025-01 to 2025-03`.
    baseline : Baseline, optional
        A fitted baseline; the history is fitted by default.
    variant : Variant, optional
        Changes of the plan that keep the random numbers of all that they do not name.
    execution : ExecutionOptions, optional
        Where it is simulated; the result is the same for any.

    Returns
    -------
    Simulation
        The simulated plan.

    Raises
    ------
    InputError
        The history cannot be read, or so many paths of so large a plan need more memory than there is.
    ValueError
        There is no path to simulate, or a precision without a target.
    KeyError
        The variant names what the plan has not.

    References
    ----------
    docs/model.md

    Examples
    --------
    >>> import forecast
    >>> run = forecast.simulate(forecast.read("plan.yaml"), paths=4_000)
    >>> chance = run.chance("revenue")
    >>> chance.low < 0.7 < chance.high
    True
    """
    require_memory(scenario, paths or scenario.paths)
    execution, variant = execution or ExecutionOptions(), variant or Variant()
    scenario = vary_plan(scenario, variant)
    baseline = baseline or fit_baseline(scenario)
    plan = condition_plan(compile_plan(scenario, baseline, paths, seed, periods, variant.resampled))
    goal = _precision_goal(plan, precision)
    engine = execution.engine or create_engine(execution.workers if plan.paths > max_serial_paths(plan) else 1)
    required_version = local_code_version() if engine.is_remote else ""
    job = prepare_chunks(plan, -(-keep // PATHS_PER_BLOCK), required_version, every_place, keep_months)
    chunks, result = _run_chunks(job, engine, goal, execution.checkpoint, execution.progress)
    simulated = job.paths_after(chunks)
    return Simulation(
        scenario=scenario,
        baseline=baseline,
        seed=plan.seed,
        paths=simulated,
        tallies=result.tallies,
        joint_chance=binomial_interval(result.joint_hits, simulated) if plan.targets else None,
        bridge_period=plan.bridge_period,
        groups=plan.groups,
        paths_requested=plan.paths,
        precision=goal,
        path_sample=_path_sample(result),
        geography=plan.places.geography if plan.places else None,
        places=result.places,
        lesson=plan.lesson,
    )


def max_serial_paths(plan: CompiledPlan) -> int:
    """Paths up to which this process alone is as fast; fewer where places are listed."""
    return MAX_SERIAL_PATHS if plan.places is None else MAX_SERIAL_PATHS // (1 + plan.places.geography.count)


def _run_chunks(
    job: ChunkJob, engine: Engine, goal: Precision | None, checkpoint: Checkpoint | None, progress: ProgressCallback
) -> tuple[int, PartialResult]:
    """Number of chunks simulated from the first on, and their results merged in order."""
    chunks, merged = checkpoint.restore(job) if checkpoint else (0, job.empty_result())
    if checkpoint and chunks:
        checkpoint.notify("said_resumed", job.paths_after(chunks))
    is_merged = True
    _report_progress(job, chunks, merged, goal, progress)
    remaining = range(chunks, 0 if chunks and _is_precise_enough(job, merged, goal) else job.chunk_count)
    try:
        with closing(engine.map(simulate_chunk, job, remaining)) as results:
            for result in results:
                is_merged = False
                merged.merge(result)
                chunks, is_merged = chunks + 1, True
                job.first_batch.clear()  # where it was simulated again on a worker
                _report_progress(job, chunks, merged, goal, progress)
                if _is_precise_enough(job, merged, goal):
                    break
                if checkpoint:
                    checkpoint.save_if_due(chunks, merged)
    except BaseException:  # a signal or a lost worker; a result that was being merged must not be saved
        if checkpoint and is_merged:
            checkpoint.save_at_end(chunks, merged)
        if checkpoint and checkpoint.saved_chunks:
            checkpoint.notify("said_kept", job.paths_after(checkpoint.saved_chunks))
        raise
    if checkpoint:
        checkpoint.save_at_end(chunks, merged)
    return chunks, merged


def _report_progress(
    job: ChunkJob, chunks: int, merged: PartialResult, goal: Precision | None, progress: ProgressCallback
) -> None:
    """Report the paths done, and the paths to do: fewer where the precision will be reached before."""
    done, total = job.paths_after(chunks), job.plan.paths
    if goal is not None and done:
        chance = _partial_chance(job, merged, goal)
        required = done * ((chance.high - chance.low) / 2 / goal.half_width) ** 2
        total = min(total, max(done, math.ceil(required)))
    progress(done, total)


def _is_precise_enough(job: ChunkJob, merged: PartialResult, goal: Precision | None) -> bool:
    if goal is None:
        return False
    chance = _partial_chance(job, merged, goal)
    return (chance.high - chance.low) / 2 <= goal.half_width


def _partial_chance(job: ChunkJob, merged: PartialResult, goal: Precision) -> Estimate:
    target = job.plan.targets[goal.target]
    return _target_chance(target, target.basis, merged.tallies)


def _target_chance(target: Target, basis: str, tallies: Mapping[FigureKey, Tally]) -> Estimate:
    tally = tallies[figure_key(target, basis, tallies)]
    value = target.threshold.value
    return tally.chance_at_least(value) if target.at_least is not None else tally.chance_at_most(value)


def _precision_goal(plan: CompiledPlan, half_width: float | None) -> Precision | None:
    """The main target and the half width; ValueError where there is no target or the width is not above zero."""
    if half_width is None:
        return None
    if not half_width > 0:
        raise ValueError("a precision is above zero")
    if not plan.targets:
        raise ValueError("the plan names no target whose chance could be precise")
    return Precision(plan.main_target, half_width)


def _path_sample(result: PartialResult) -> PathSample | None:
    if not result.uniforms:
        return None
    kinds = (result.uniforms, result.occurrences, result.marks, result.figures)
    return PathSample(*(concatenate_blocks(parts) for parts in kinds))
