"""Runs that stop and go on: checkpoints, and a hash of what a run writes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from forecast.plan.scenario import Scenario
from forecast.runs import repository
from forecast.simulation.checkpoint import Checkpoint
from forecast.simulation.compiled import run_key
from forecast.simulation.results import Simulation
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.timeseries.baseline import fit_baseline
from forecast.workflows.publish import build_view, quantiles_csv
from forecast.workflows.request import RunRequest

PATHS = 9 * PATHS_PER_BLOCK - 5


class Stopped(BaseException):
    """What a signal raises."""


Notes = list[tuple[str, int]]
"""(message key, paths) of each report of a checkpoint."""


def make_checkpoint(scenario: Scenario, folder: Path, notes: Notes | None = None, **more: Any) -> Checkpoint:
    """A checkpoint of a run; what it reports is added to `notes`."""
    options = {"seed": scenario.seed, "paths": PATHS, "precision": None, **more}
    reported: Notes = [] if notes is None else notes
    key = run_key(scenario, fit_baseline(scenario), **options)
    return Checkpoint(folder, key, lambda *what: reported.append(what))


def output_hash(run: Simulation) -> str:
    """Hash of the bytes of summary.json and quantiles.csv."""
    request = RunRequest.from_simulation(run, language="en")
    summary = build_view(run, request, ()).summary
    content = repository.json_bytes(summary) + quantiles_csv(run, summary)
    return hashlib.sha256(content).hexdigest()


def stop_after(chunks_done: int) -> Callable[[int, int], None]:
    """A progress callback that raises `Stopped` once so many chunks of two blocks are done."""

    def progress(done: int, total: int) -> None:
        if done >= chunks_done * 2 * PATHS_PER_BLOCK:
            raise Stopped

    return progress
