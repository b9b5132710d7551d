"""`forecast new`: write a small plan that runs, to start from."""

from __future__ import annotations

import json
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from forecast.cli.group import command, get_session
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.errors import OutputError
from forecast.files.characters import FORBIDDEN_IN_NAMES, code_point
from forecast.files.paths import display_path, has_working_directory, reserved_part, suggest_name
from forecast.i18n import Language

PLAN_FILE, HISTORY_FILE, SCHEMA_FILE = "scenarios/plan.yaml", "data/history.csv", "scenarios/plan.schema.json"


@command("new")
@common_options("--lang", "--json", "--quiet")
@click.argument("dir")
@click.pass_context
def new_command(ctx: click.Context, /, dir: str, **params: Any) -> None:  # noqa: A002 - the word of the command line
    """Write a small plan that runs, to start from."""
    from forecast.files import atomic, temporaries

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    folder = Path(dir)
    if match := FORBIDDEN_IN_NAMES.search(dir):
        raise session.input_error(dir, "DIR", "invisible_in_file_name", character=code_point(match[0]))
    if ".." in folder.parts:
        folder = Path(os.path.abspath(folder))  # `a/..` would make `a`
    if not folder.is_absolute() and not has_working_directory():
        raise OutputError("no_working_folder")
    if name := reserved_part(folder):
        raise session.input_error(dir, "DIR", "reserved_name", name=name, instead=suggest_name(name))
    content = starter_files(options.language or "en")
    temporaries.remove_stale_copies(folder)
    atomic.empty_unfinished_folder(folder, content)
    with atomic.translate_disk_errors(folder):
        is_there = os.path.lexists(folder)
        if is_there and not folder.is_dir():
            raise session.input_error(dir, "DIR", "file_in_place_of_folder", path=display_path(folder))
        if is_there and any(folder.iterdir()):
            raise session.input_error(dir, "DIR", "folder_not_empty", path=display_path(folder))
    if is_there:
        atomic.fill_folder(folder, content)
    else:
        with atomic.new_folder(folder) as temporary:
            atomic.write_files(temporary, content)
    if options.json:
        print_json({"plan": str((folder / PLAN_FILE).absolute())})
    else:
        print_lines(session.t("said_new", path=display_path(folder / PLAN_FILE)))


def starter_files(language: Language) -> dict[str, bytes]:
    """The files of the small plan, by name."""
    from forecast.plan.json_schema import plan_schema

    folder = files("forecast").joinpath("starter")
    return {
        PLAN_FILE: folder.joinpath(f"plan.{language}.yaml").read_bytes(),
        HISTORY_FILE: folder.joinpath("history.csv").read_bytes(),
        SCHEMA_FILE: (json.dumps(plan_schema(), ensure_ascii=False, indent=1) + "\n").encode(),
    }
