"""`forecast list`: the runs that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecast.cli.group import Option, command, session_of
from forecast.cli.options import Reader, read_options, some
from forecast.cli.output import print_json, print_lines
from forecast.files.paths import shown


@command("list")
@some("--out", "--lang", "--json", "--quiet")
@click.option("--prune", cls=Option, is_flag=True)
@click.pass_context
def list_runs(ctx: click.Context, /, prune: bool, **typed: Any) -> None:
    """List the runs that are kept."""
    from forecast.reports.index_page import write_index
    from forecast.runs import repository as runs
    from forecast.runs.listing import rows_of

    session = session_of(ctx)
    reader = Reader(session)
    asked = read_options(reader, typed)
    reader.finish()
    reports = (asked.out or Path("reports")).absolute()
    removed = runs.prune(reports) if prune and reports.is_dir() else ()
    if removed:
        write_index(reports)
    rows = rows_of(list(runs.all_runs(reports)), runs.shown_runs(reports))
    if asked.json:
        print_json({"reports": str(reports), "runs": [row.facts() for row in rows], "removed": list(removed)})
        return
    if prune and not asked.quiet:
        print_lines(session.words("said_pruned", count=len(removed)))
    for row in rows:
        print_lines(row.line(session.words))
    if not rows:
        print_lines(session.words("said_no_runs", path=shown(reports)))
