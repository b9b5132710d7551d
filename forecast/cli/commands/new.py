"""`forecast new`: write a small plan that runs, to start from."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from forecast.cli.group import command, session_of
from forecast.cli.options import Reader, read_options, some
from forecast.cli.output import print_json, print_lines
from forecast.files.paths import shown
from forecast.i18n import Language

PLAN, HISTORY, SCHEMA = "scenarios/plan.yaml", "data/history.csv", "scenarios/plan.schema.json"


@command("new")
@some("--lang", "--json", "--quiet")
@click.argument("dir")
@click.pass_context
def new(ctx: click.Context, /, dir: str, **typed: Any) -> None:  # noqa: A002 - the word of the command line
    """Write a small plan that runs, to start from."""
    from forecast.files import atomic as store

    session = session_of(ctx)
    reader = Reader(session)
    asked = read_options(reader, typed)
    reader.finish()
    folder = Path(dir)
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise session.wrong(dir, "DIR", "folder_not_empty", path=shown(folder))
    with store.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    store.fill(folder, starter(asked.language or "en"))
    if asked.json:
        print_json({"plan": str((folder / PLAN).absolute())})
    else:
        print_lines(session.words("said_new", path=shown(folder / PLAN)))


def starter(language: Language) -> dict[str, bytes]:
    """The files of the small plan, by name."""
    from forecast.plan.json_schema import plan_schema

    folder = files("forecast").joinpath("starter")
    return {
        PLAN: folder.joinpath(f"plan.{language}.yaml").read_bytes(),
        HISTORY: folder.joinpath("history.csv").read_bytes(),
        SCHEMA: (json.dumps(plan_schema(), ensure_ascii=False, indent=1) + "\n").encode(),
    }
