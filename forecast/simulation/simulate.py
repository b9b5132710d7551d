"""Simulate a scenario: chunks of blocks go to an engine, their partial results are merged in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecast.engines import create_engine
from forecast.engines.engine import Engine
from forecast.plan.checks.size import require_memory
from forecast.plan.scenario import Scenario
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
from forecast.simulation.compiled import CompiledPlan, compile_plan
from forecast.simulation.conditioned import condition_plan
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.stats.intervals import Estimate, binomial_interval
from forecast.timeseries.baseline import Baseline, fit_baseline

if TYPE_CHECKING:
    pass

from forecast.simulation.results import PathSample, Precision, Simulation, target_chance

__all__ = ["MAX_SERIAL_PATHS", "ExecutionOptions", "ProgressCallback", "simulate"]

MAX_SERIAL_PATHS = 400_000
"""Paths below which more processes cost more than they save, for a plan of ordinary size."""

ProgressCallback = Callable[[int, int], None]
"""Called with the paths done and the paths to do."""


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
    return target_chance(target, target.basis, merged.tallies)


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
