"""A scenario played: spans of blocks go to an engine, their tallies are merged in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.arrays import Floats
from forecast.engines import create_engine
from forecast.engines.engine import Engine
from forecast.periods import Calendar
from forecast.plan.geography import Geography
from forecast.plan.scenario import Scenario
from forecast.plan.targets import Target
from forecast.simulation.checkpoint import Checkpoint
from forecast.simulation.chunks import ChunkJob, local_code_version, prepare_chunks, simulate_chunk
from forecast.simulation.compiled import FigureKey, compile_plan, figure_key
from forecast.simulation.partial_result import PartialResult, concatenate_blocks
from forecast.simulation.places.histograms import PlaceTally
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.stats.copula import CorrelatedGroup
from forecast.stats.intervals import Estimate, binomial_interval
from forecast.stats.tally import Tally
from forecast.timeseries.baseline import Baseline, fit_baseline

if TYPE_CHECKING:
    import pandas as pd

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
    """By shock how many events fell, by initiative whether it happens, (paths,)."""
    figures: Mapping[FigureKey, Floats]


@dataclass(frozen=True)
class Precision:
    """How sure a run shall be of one target before it stops."""

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
    joint_chance: Estimate | None
    """Chance that every target is met."""
    bridge_period: str
    """Period of the steps from last year to the forecast."""
    groups: Mapping[str, CorrelatedGroup]
    paths_requested: int
    """Paths that were asked for; fewer were played where the precision was reached."""
    precision: Precision | None = None
    path_sample: PathSample | None = None
    geography: Geography | None = None
    """The places, where they are listed."""
    places: PlaceTally | None = None
    """What the paths say of each."""

    @property
    def horizon(self) -> Calendar:
        """The months that were played."""
        return self.scenario.horizon.calendar

    def tally(self, measure: str, period: str) -> Tally:
        """What the paths say of one figure; KeyError when it was not read."""
        return self.tallies[measure, period]

    def target_figure(self, target: Target) -> FigureKey:
        """The figure of a target on its own basis."""
        return figure_key(target, target.basis, self.tallies)

    def chance(self, target: str) -> Estimate:
        """The chance of a target, with its simulation error; KeyError when the plan has no such target."""
        own = self.scenario.targets[target]
        return self.chance_on(own, own.basis)

    def chance_on(self, target: Target, basis: str) -> Estimate:
        """The chance of a target on a basis, `stated` or `parts`."""
        return _target_chance(target, basis, self.tallies)

    def values(self, measure: str, period: str) -> Floats:
        """(paths,) a figure in every path; ValueError when only a histogram was kept."""
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
        frame.insert(0, "scenario", Path(self.scenario.file).stem or "plan")
        return frame

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
            The plan has no such figure.
        """
        import pandas as pd

        if self.path_sample is None:
            raise ValueError("no path was kept: simulate with keep=, as in forecast.simulate(scenario, keep=10_000)")
        if (measure, period) not in self.path_sample.figures:
            raise KeyError(f"there is no figure {measure!r} of {period!r}; to_frame() lists those there are")
        values = self.path_sample.figures[measure, period][: self.paths]
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
    """Processes of this machine; few paths are played in this one whatever it says."""
    engine: Engine | None = None
    """Where it is played instead."""
    checkpoint: Checkpoint | None = None
    """Where its finished spans are kept, and from which it goes on when it was stopped."""
    progress: ProgressCallback = lambda done, to_do: None
    """Told how many paths are done."""


def simulate(
    scenario: Scenario,
    *,
    paths: int | None = None,
    seed: int | None = None,
    keep: int = 0,
    precision: float | None = None,
    every_place: bool = True,
    baseline: Baseline | None = None,
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
    precision : float, optional
        Half the width of the 95% interval of the main target's chance at which it stops before `paths`.
    every_place : bool
        Whether every listed place is read; without, districts and the places of targets alone, many times as fast.
    baseline : Baseline, optional
        A fitted baseline; the history is fitted by default.
    execution : ExecutionOptions, optional
        Where it is simulated; the result is the same for any.

    Returns
    -------
    Simulation
        The simulated plan.

    Raises
    ------
    InputError
        The history cannot be read.
    ValueError
        There is no path to simulate, or a precision without a target.

    Examples
    --------
    >>> import forecast
    >>> run = forecast.simulate(forecast.read("plan.yaml"), paths=4_000)
    >>> chance = run.chance("revenue")
    >>> chance.low < 0.7 < chance.high
    True
    """
    execution = execution or ExecutionOptions()
    deck = compile_plan(scenario, baseline or fit_baseline(scenario), paths, seed)
    wanted = _precision_goal(scenario, precision)
    few = MAX_SERIAL_PATHS if deck.places is None else MAX_SERIAL_PATHS // (1 + deck.places.geography.count)
    played_by = execution.engine or create_engine(execution.workers if deck.paths > few else 1)
    made_by = local_code_version() if played_by.is_remote else ""
    work = prepare_chunks(deck, -(-keep // PATHS_PER_BLOCK), required_version=made_by, every_place=every_place)
    spans, answer = _run_chunks(work, played_by, wanted, execution.checkpoint, execution.progress)
    return _build_simulation(scenario, work, spans, answer, wanted)


def _run_chunks(
    work: ChunkJob, engine: Engine, wanted: Precision | None, checkpoint: Checkpoint | None, progress: ProgressCallback
) -> tuple[int, PartialResult]:
    """The answers of the spans from the first on, merged in order; how many."""
    spans, merged = checkpoint.restore(work.empty_result, work.layout) if checkpoint else (0, work.empty_result())
    if checkpoint and spans:
        checkpoint.notify("said_resumed", work.paths_after(spans))
    whole = True
    _report_progress(work, spans, merged, wanted, progress)
    ahead = range(spans, 0 if spans and _is_precise_enough(work, merged, wanted) else work.chunk_count)
    try:
        with closing(engine.map(simulate_chunk, work, ahead)) as answers:
            for answer in answers:
                whole = False
                merged.merge(answer)
                spans, whole = spans + 1, True
                _report_progress(work, spans, merged, wanted, progress)
                if _is_precise_enough(work, merged, wanted):
                    break
                if checkpoint:
                    checkpoint.save_if_due(spans, merged)
    except BaseException:  # a signal, a lost worker; an answer that was being merged is not whole
        if checkpoint and whole:
            checkpoint.save_at_end(spans, merged)
        if checkpoint and checkpoint.saved_chunks:
            checkpoint.notify("said_kept", work.paths_after(checkpoint.saved_chunks))
        raise
    if checkpoint:
        checkpoint.save_at_end(spans, merged)
    return spans, merged


def _report_progress(
    work: ChunkJob, spans: int, merged: PartialResult, wanted: Precision | None, progress: ProgressCallback
) -> None:
    """How many paths are done, and how many there will be: fewer where the precision will be reached before."""
    done, total = work.paths_after(spans), work.plan.paths
    if wanted is not None and done:
        chance = _partial_chance(work, merged, wanted)
        needed = done * ((chance.high - chance.low) / 2 / wanted.half_width) ** 2
        total = min(total, max(done, math.ceil(needed)))
    progress(done, total)


def _is_precise_enough(work: ChunkJob, merged: PartialResult, wanted: Precision | None) -> bool:
    if wanted is None:
        return False
    chance = _partial_chance(work, merged, wanted)
    return (chance.high - chance.low) / 2 <= wanted.half_width


def _partial_chance(work: ChunkJob, merged: PartialResult, wanted: Precision) -> Estimate:
    target = work.plan.scenario.targets[wanted.target]
    return _target_chance(target, target.basis, merged.tallies)


def _target_chance(target: Target, basis: str, tallies: Mapping[FigureKey, Tally]) -> Estimate:
    tally = tallies[figure_key(target, basis, tallies)]
    value = target.threshold.value
    return tally.chance_at_least(value) if target.at_least is not None else tally.chance_at_most(value)


def _precision_goal(scenario: Scenario, half: float | None) -> Precision | None:
    if half is None:
        return None
    if not half > 0:
        raise ValueError("a precision is above zero")
    if not scenario.targets:
        raise ValueError("the plan names no target whose chance could be precise")
    return Precision(scenario.main_target, half)


def _build_simulation(
    scenario: Scenario, work: ChunkJob, spans: int, answer: PartialResult, wanted: Precision | None
) -> Simulation:
    deck, played = work.plan, work.paths_after(spans)
    kept = None
    if answer.uniforms:
        kept = PathSample(
            *(concatenate_blocks(parts) for parts in (answer.uniforms, answer.occurrences, answer.figures))
        )
    return Simulation(
        scenario=scenario,
        baseline=deck.baseline,
        seed=deck.seed,
        paths=played,
        tallies=answer.tallies,
        joint_chance=binomial_interval(answer.joint_hits, played) if deck.scenario.targets else None,
        bridge_period=deck.bridge_period,
        groups=deck.groups,
        paths_requested=deck.paths,
        precision=wanted,
        path_sample=kept,
        geography=deck.places.geography if deck.places else None,
        places=answer.places,
    )


__all__ = ["PathSample", "Precision", "ProgressCallback", "Simulation", "compile_plan", "figure_key", "simulate"]
