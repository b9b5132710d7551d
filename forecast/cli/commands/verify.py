"""`forecast verify`: check that every file of a run is as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecast.cli.group import command, get_session
from forecast.cli.options import OptionReader, read_common_options, select_options
from forecast.cli.output import print_json, print_lines
from forecast.files.paths import display_path


@command("verify")
@select_options("--out", "--lang", "--json", "--quiet")
@click.argument("run")
@click.pass_context
def verify_command(ctx: click.Context, /, run: str, **typed: Any) -> None:
    """Check that every file of a run is as it was written."""
    from forecast.runs import repository as runs

    session = get_session(ctx)
    reader = OptionReader(session)
    asked = read_common_options(reader, typed)
    reader.raise_problems()
    kept = runs.verify(runs.resolve_run_path(run, (asked.out or Path("reports")).absolute()))
    if asked.json:
        print_json({"run_dir": str(kept.folder), "run_id": kept.run_id, "files": len(kept.manifest["outputs"])})
    else:
        print_lines(session.t("said_verified", path=display_path(kept.folder), files=len(kept.manifest["outputs"])))
