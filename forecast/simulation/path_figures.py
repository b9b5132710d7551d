"""Chosen figures of every path of a plan, however many: nothing else is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from forecast.arrays import Floats, Floats32
from forecast.engines import create_engine
from forecast.simulation.block import simulate_block
from forecast.simulation.chunks import BLOCKS_PER_CHUNK
from forecast.simulation.compiled import CompiledPlan, FigureKey
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.simulation.simulate import ProgressCallback, max_serial_paths

__all__ = ["PathFigures", "simulate_path_figures"]

_KeyT = TypeVar("_KeyT")
_FloatT = TypeVar("_FloatT", np.float32, np.float64)

MAX_SCORES = 10_000_000
"""Normal scores that are kept, 40 MB: those of the first paths where there are more."""


@dataclass(frozen=True)
class PathFigures:
    """Chosen figures of every path."""

    seed: int
    paths: int
    figures: Mapping[FigureKey, Floats]
    """By (measure, period), (paths,)."""
    scores: Mapping[str, Floats32]
    """By name of a draw, (first paths,) standard normal score of its uniform number."""


@dataclass(frozen=True)
class _FiguresJob:
    """A plan, the figures that are kept, and how many of its first paths keep their scores."""

    plan: CompiledPlan
    keys: tuple[FigureKey, ...]
    scored_paths: int


def simulate_path_figures(
    plan: CompiledPlan,
    choose: Callable[[Iterable[FigureKey]], Iterable[FigureKey]],
    *,
    workers: int = 1,
    progress: ProgressCallback = lambda done, to_do: None,
) -> PathFigures:
    """Simulate a plan and keep some figures of every path.

    Parameters
    ----------
    plan : CompiledPlan
        With what its closed months teach, its seed and the number of its paths.
    choose : callable
        Called with (measure, period) of all figures that the plan records; returns those that are kept.
    workers : int
        Processes; a run of few paths stays in this one all the same.
    progress : callable
        Called with the paths done and the paths to do.

    Returns
    -------
    PathFigures
        The numbers of `simulate`, path by path.
    """
    paths = plan.paths
    first = simulate_block(plan, range(1), keeps_paths=True)
    job = _FiguresJob(
        plan, tuple(choose([*first.figures, *first.causes])), min(paths, MAX_SCORES // max(len(first.uniforms), 1))
    )
    blocks = -(-paths // PATHS_PER_BLOCK)
    engine = create_engine(workers if paths > max_serial_paths(plan) else 1)
    parts: list[tuple[dict[FigureKey, Floats], dict[str, Floats32]]] = []
    progress(0, paths)
    with closing(engine.map(_simulate_figures, job, range(-(-blocks // BLOCKS_PER_CHUNK)))) as results:
        for part in results:
            parts.append(part)
            progress(min(paths, len(parts) * BLOCKS_PER_CHUNK * PATHS_PER_BLOCK), paths)
    figures = {key: np.concatenate([part[key] for part, _ in parts]) for key in parts[0][0]}
    scores = {name: np.concatenate([part[name] for _, part in parts if part]) for name in parts[0][1]}
    return PathFigures(plan.seed, paths, figures, scores)


def _simulate_figures(job: _FiguresJob, chunk: int) -> tuple[dict[FigureKey, Floats], dict[str, Floats32]]:
    """The figures and the scores of one chunk; no score beyond the paths that keep them."""
    plan, stop = job.plan, -(-job.plan.paths // PATHS_PER_BLOCK)
    figures: list[dict[FigureKey, Floats]] = []
    scores: list[dict[str, Floats32]] = []
    last = min(stop, (chunk + 1) * BLOCKS_PER_CHUNK)
    for first in range(chunk * BLOCKS_PER_CHUNK, last, plan.batch_blocks):
        block = simulate_block(plan, range(first, min(first + plan.batch_blocks, last)), keeps_paths=True)
        recorded = {**block.figures, **block.causes}
        figures.append({key: recorded[key].copy() for key in job.keys})
        count = job.scored_paths - first * PATHS_PER_BLOCK
        if count > 0:
            scores.append({name: _score(u[:count]) for name, u in block.uniforms.items()})
    return _join(figures), _join(scores) if scores else {}


def _score(uniforms: Floats) -> Floats32:
    return np.asarray(ndtri(uniforms), np.float32)


def _join(parts: list[dict[_KeyT, NDArray[_FloatT]]]) -> dict[_KeyT, NDArray[_FloatT]]:
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
