"""`forecast verify`: check that every file of a run is as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecast.cli.group import command, session_of
from forecast.cli.options import Reader, read_options, some
from forecast.cli.output import print_json, print_lines
from forecast.files.paths import shown


@command("verify")
@some("--out", "--lang", "--json", "--quiet")
@click.argument("run")
@click.pass_context
def verify(ctx: click.Context, /, run: str, **typed: Any) -> None:
    """Check that every file of a run is as it was written."""
    from forecast.runs import repository as runs

    session = session_of(ctx)
    reader = Reader(session)
    asked = read_options(reader, typed)
    reader.finish()
    kept = runs.verify(runs.named(run, (asked.out or Path("reports")).absolute()))
    if asked.json:
        print_json({"run_dir": str(kept.folder), "run_id": kept.run_id, "files": len(kept.manifest["outputs"])})
    else:
        print_lines(session.words("said_verified", path=shown(kept.folder), files=len(kept.manifest["outputs"])))
