"""`forecast list`: the runs that are kept."""

from __future__ import annotations

from typing import Any

import click

from forecast.cli.group import Option, command, get_session
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.files.paths import display_path

MAX_LISTED_FILES = 10
"""Files of somebody else that a line names."""


@command("list")
@common_options("--out", "--lang", "--json", "--quiet")
@click.option("--prune", cls=Option, is_flag=True)
@click.pass_context
def list_command(ctx: click.Context, /, prune: bool, **params: Any) -> None:
    """List the runs that are kept."""
    from forecast.reports.index_page import write_index
    from forecast.runs import repository
    from forecast.runs.listing import listed_runs
    from forecast.workflows.request import default_reports

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    reports = (options.out or default_reports()).absolute()
    repository.require_folder(reports)
    removed = repository.prune_runs(reports) if prune and reports.is_dir() else ()
    if removed:
        write_index(reports)
    rows = listed_runs(list(repository.all_runs(reports)), repository.linked_run_ids(reports))
    unlinked = [row.run for row in rows if prune and not row.is_linked]
    kept = {run.run_id: list(names) for run in unlinked if (names := repository.foreign_files(run))}
    if options.json:
        answer = {"reports": str(reports), "runs": [row.to_dict() for row in rows], "removed": list(removed)}
        print_json({**answer, "kept": kept} if kept else answer)
        return
    if prune and not options.quiet:
        print_lines(session.t("said_pruned", count=len(removed)))
    for run_id, files in kept.items():
        print_lines(session.t("said_not_pruned", run=run_id, names=", ".join(files[:MAX_LISTED_FILES])))
    for row in rows:
        print_lines(" ".join(row.to_text(session.t).splitlines()))  # a manifest may hold any text
    if not rows:
        print_lines(session.t("said_no_runs", path=display_path(reports)))
