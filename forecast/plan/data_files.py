"""The data files that a plan names, the folder of its project, and places in it as published pages name them."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

from forecast.errors import Location
from forecast.files.csv import MAX_CSV_BYTES
from forecast.files.paths import find_project, read_regular_file, real_path
from forecast.plan.scenario import Scenario

__all__ = ["data_file_paths", "data_files", "location_in_project", "path_in_project", "project_folder"]

PSEUDO_FILES = ("--set", "<python>")
"""Names that stand for a file in the location of what no file holds."""


def data_files(scenario: Scenario) -> list[dict[str, Any]]:
    """Describe each data file that a scenario or one of its cases names, sorted by name.

    Parameters
    ----------
    scenario : Scenario
        A plan that was read.

    Returns
    -------
    list of dict
        `name` (below the project's folder), `size` (bytes) and `sha256` of each file.

    Raises
    ------
    InputError
        A file cannot be read.
    """
    rows = []
    for file in data_file_paths(scenario):
        content = read_regular_file(real_path(Path(file)), Location(file), "", MAX_CSV_BYTES)
        name = path_in_project(file, scenario)
        rows.append({"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    return rows


def data_file_paths(scenario: Scenario) -> list[str]:
    """List the data files that a scenario or one of its cases names.

    Parameters
    ----------
    scenario : Scenario
        A plan that was read.

    Returns
    -------
    list of str
        Paths as problems show them, sorted, each once.
    """
    return sorted({file for plan in (scenario, *scenario.cases.values()) for file in _named_files(plan)})


def _named_files(scenario: Scenario) -> list[str]:
    """The data files of a plan, without those of its cases."""
    history, places = scenario.history, scenario.places
    years = (stated.periods for stated in scenario.stated.values())
    named = (history and history.file, places and places.file, places and places.ledger, *years)
    return [file for file in named if file]


def project_folder(file: str | Path) -> Path:
    """Find the folder of a plan's project.

    Parameters
    ----------
    file : str or Path
        The plan file.

    Returns
    -------
    Path
        The nearest folder above the plan that has `scenarios/`, else the plan's own.
    """
    return find_project(Path(file).parent)


def path_in_project(file: str, scenario: Scenario) -> str:
    """Return the path of a file from the folder of a plan's project: no page names the machine or its user.

    Parameters
    ----------
    file : str
        Path as problems show it, from the working directory.
    scenario : Scenario
        The plan.

    Returns
    -------
    str
        With `/`; the name alone of a file outside, and of what is no file, such as `--set`.
    """
    path, folder = Path(file).absolute(), project_folder(scenario.file).absolute()
    is_inside = path.is_relative_to(folder) and file not in PSEUDO_FILES
    return path.relative_to(folder).as_posix() if is_inside else Path(file).name


def location_in_project(location: Location, scenario: Scenario) -> Location:
    """Return a location with the path of its file from the folder of a plan's project, see `path_in_project`.

    Parameters
    ----------
    location : Location
        As problems show it.
    scenario : Scenario
        The plan.

    Returns
    -------
    Location
        The same wherever the plan is read from.
    """
    return dataclasses.replace(location, file=path_in_project(location.file, scenario))
