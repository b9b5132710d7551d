"""From a plan to the ways in which it fails, and to plans of one failing future each."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.analysis.failure_line import FailureLine
from forecast.analysis.failure_modes import FailureModes, FailureWay, chosen_figures, find_failure_modes
from forecast.errors import InputError, Location, OutputError
from forecast.files.atomic import write_new_file
from forecast.files.paths import display_path, find_project, real_path
from forecast.reports.failure_summary import summarise_failures
from forecast.simulation.compiled import compile_plan
from forecast.simulation.conditioned import condition_plan
from forecast.simulation.path_figures import simulate_path_figures
from forecast.simulation.simulate import ProgressCallback
from forecast.workflows.cases import fit_request_baseline
from forecast.workflows.failure_scenario import FailureScenario, compose_failure

if TYPE_CHECKING:
    from forecast.timeseries.baseline import Baseline
    from forecast.workflows.request import RunRequest

__all__ = ["StressResult", "check_write_folder", "stress_plan", "summarise_stress", "write_failures"]


@dataclass(frozen=True)
class StressResult:
    """Answer of a reverse stress test."""

    modes: FailureModes
    baseline: Baseline
    """Baseline of the plan, as it was fitted."""


def stress_plan(
    request: RunRequest, line: FailureLine, progress: ProgressCallback = lambda done, to_do: None
) -> StressResult:
    """Simulate a plan and find the ways in which it fails, over all of its paths.

    Parameters
    ----------
    request : RunRequest
        The plan, its paths and seed.
    line : FailureLine
        What counts as failing, of a measure that can be split.
    progress : callable
        Called with the paths done and the paths to do.

    Returns
    -------
    StressResult
        The ways.

    Raises
    ------
    InputError
        The plan or its data cannot be read.
    """
    scenario, baseline = request.scenario, fit_request_baseline(request)
    figures = simulate_path_figures(
        condition_plan(compile_plan(scenario, baseline, request.paths, request.seed)),
        lambda keys: chosen_figures(scenario, line, dict.fromkeys(keys)),
        workers=request.workers,
        progress=progress,
    )
    return StressResult(find_failure_modes(scenario, baseline, figures, line), baseline)


def check_write_folder(folder: Path, request: RunRequest, argument: Location) -> None:
    """Check that plans which extend the plan can stand in a folder.

    Parameters
    ----------
    folder : Path
        It need not exist.
    request : RunRequest
        The plan.
    argument : Location
        Place of the folder's name in the command line, for problems.

    Raises
    ------
    InputError
        The folder is a file, or the plan does not lie in its project.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise InputError.of(argument, "--write", "file_in_place_of_folder", path=display_path(folder))
    plan = real_path(Path(request.scenario.file))
    if not plan.is_relative_to(real_path(find_project(folder))):
        raise InputError.of(argument, "--write", "stress_outside", instead=display_path(plan.parent))


def write_failures(
    request: RunRequest, result: StressResult, folder: Path, on_way: Callable[[FailureWay], None] = lambda way: None
) -> dict[Path, FailureScenario]:
    """Write the typical future of each way as a plan that extends the plan: all files or none.

    Parameters
    ----------
    request : RunRequest
        The plan.
    result : StressResult
        Its ways to fail.
    folder : Path
        It is made where it is missing; files that are there are never replaced.
    on_way : callable
        Called before each way is composed.

    Returns
    -------
    dict of Path to FailureScenario
        By file that was written.

    Raises
    ------
    InputError
        A file of that name is there, or a future cannot be said in the language of plans.
    OutputError
        The disk refuses.
    """
    ways = [way for way in result.modes.ways if way.future is not None]
    files = [folder / f"fails-{number}-{_plain_name(way.cause)}.yaml" for number, way in enumerate(ways, 1)]
    for file in files:
        if os.path.lexists(file):
            raise InputError.of(Location(display_path(file)), "--write", "stress_exists")
    scenario = request.scenario
    plan = condition_plan(compile_plan(scenario, result.baseline, request.paths, request.seed))
    composed: dict[Path, FailureScenario] = {}
    for file, way in zip(files, ways, strict=True):
        on_way(way)
        composed[file] = compose_failure(result.modes, way, scenario, plan, file, request.cache)
        if not composed[file].is_close:
            raise InputError.of(Location(scenario.file), way.cause, "stress_not_writable")
    _write_all({file: written.text.encode() for file, written in composed.items()}, folder)
    return composed


def _plain_name(cause: str) -> str:
    return cause.rpartition(".")[2].replace("_", "-")


def _write_all(content: Mapping[Path, bytes], folder: Path) -> None:
    """Write new files, all or none; a folder that was made for them goes with them."""
    is_new = not os.path.lexists(folder)
    try:
        for file, text in content.items():
            if not write_new_file(file, text):
                raise OutputError("stress_appeared", path=display_path(file))
    except BaseException:  # a signal, too: no half of the plans stays, and no file of another is touched
        for file, text in content.items():
            with suppress(OSError):
                if file.read_bytes() == text:
                    file.unlink()
        if is_new:
            with suppress(OSError):
                folder.rmdir()
        raise


def summarise_stress(
    result: StressResult, plan: str, written: Mapping[Path, FailureScenario] | None = None
) -> dict[str, Any]:
    """Summarise an answer for `--json`.

    Parameters
    ----------
    result : StressResult
        The answer.
    plan : str
        Path of the plan.
    written : mapping of Path to FailureScenario, optional
        Plans that were written, in the order of the ways.

    Returns
    -------
    dict
        `plan`, `seed` and what `summarise_failures` says; with `scenarios`, one a plan that was written.
    """
    summary = {"plan": plan, "seed": result.modes.seed, **summarise_failures(result.modes)}
    if written is None:
        return summary
    files = [
        {"file": display_path(file), "median": each.median, "failing": each.failing} for file, each in written.items()
    ]
    return {**summary, "scenarios": files}
