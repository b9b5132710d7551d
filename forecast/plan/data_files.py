"""The data files that a plan names, and the folder of its project."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from forecast.errors import InputError, Location
from forecast.files.paths import find_project
from forecast.plan.scenario import Scenario

__all__ = ["data_files", "project_folder"]


def data_files(scenario: Scenario) -> list[dict[str, Any]]:
    """Describe each data file that a scenario names, sorted by name.

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
    files = [source.file for source in (scenario.history, scenario.places) if source is not None and source.file]
    if scenario.places is not None and scenario.places.ledger:
        files.append(scenario.places.ledger)
    folder = project_folder(scenario.file)
    rows = []
    for file in sorted(set(files)):
        try:
            content = Path(file).read_bytes()
        except OSError as error:
            raise InputError.of(Location(file), "", "file_not_read", reason=error.strerror or "") from error
        name = Path(file).absolute()
        relative = name.relative_to(folder).as_posix() if name.is_relative_to(folder) else name.name
        rows.append({"name": relative, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    return rows


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
