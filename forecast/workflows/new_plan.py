"""A new project: a plan that runs at once, from a template or from the months of a workbook."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from forecast.errors import InputError, Location, OutputError
from forecast.files import atomic, temporaries
from forecast.files.paths import display_path, has_working_directory
from forecast.i18n import Language

__all__ = ["PLAN_FILE", "TEMPLATES", "schema_bytes", "template_files", "write_project"]

TEMPLATES = ("shop-chain", "post-office", "service-firm", "blank")
"""Templates, the default first; each is a folder of `forecast/starter/`."""
PLAN_FILE, HISTORY_FILE, SCHEMA_FILE = "scenarios/plan.yaml", "data/history.csv", "scenarios/plan.schema.json"


def template_files(template: str, language: Language) -> dict[str, bytes]:
    """Give the files of a template.

    Parameters
    ----------
    template : str
        One of `TEMPLATES`.
    language : Language
        Language of the remarks of the plan, and of its reports.

    Returns
    -------
    dict of str
        Content by name.
    """
    folder = files("forecast").joinpath("starter").joinpath(template)
    plan = folder.joinpath(f"plan.{language}.yaml").read_bytes()
    history = folder.joinpath("history.csv")
    content = {PLAN_FILE: plan, SCHEMA_FILE: schema_bytes()}
    return {**content, HISTORY_FILE: history.read_bytes()} if history.is_file() else content


def schema_bytes() -> bytes:
    """Give the JSON Schema of plans, which an editor completes from.

    Returns
    -------
    bytes
        The file beside a new plan.
    """
    from forecast.plan.json_schema import plan_schema

    return (json.dumps(plan_schema(), ensure_ascii=False, indent=1) + "\n").encode()


def write_project(folder: Path, content: Mapping[str, bytes], argument: Location) -> None:
    """Write the files of a new project, all of them or none; nothing that is there is replaced.

    Parameters
    ----------
    folder : Path
        A folder that does not exist yet, or an empty one.
    content : mapping of str to bytes
        Content by name; the same inputs give the same bytes, so that what a kill left is known as such.
    argument : Location
        Place of the folder's name in the command line, for problems.

    Raises
    ------
    InputError
        The name is that of a file, or of a folder that is not empty.
    OutputError
        The disk refuses.
    """
    if not folder.is_absolute() and not has_working_directory():
        raise OutputError("no_working_folder")
    temporaries.remove_stale_copies(folder)
    atomic.empty_unfinished_folder(folder, content)
    with atomic.translate_disk_errors(folder):
        is_there = os.path.lexists(folder)
        if is_there and not folder.is_dir():
            raise InputError.of(argument, "DIR", "file_in_place_of_folder", path=display_path(folder))
        if is_there and any(folder.iterdir()):
            raise InputError.of(argument, "DIR", "folder_not_empty", path=display_path(folder))
    if is_there:
        atomic.fill_folder(folder, content)
    else:
        with atomic.new_folder(folder) as temporary:
            atomic.write_files(temporary, content)
