"""`forecast excel export`: run a plan and write its workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecast.cli.commands.run import execute_request, print_json_answers, raise_first, read_requests
from forecast.cli.group import Option, command, get_session
from forecast.cli.options import CommonOptions, common_options
from forecast.errors import OutputError


@command("export")
@click.option("--out", "workbook", cls=Option, metavar="FILE", type=click.Path(path_type=Path))
@common_options("--paths", "--seed", "--set", "--workers", "--engine", "--lang", "--json", "--quiet")
@click.argument("plan")
@click.pass_context
def export_command(ctx: click.Context, /, plan: str, workbook: Path | None, **params: Any) -> None:
    """Run a plan, or find its run, and write the workbook."""
    from forecast.workflows.excel import default_workbook, require_replaceable

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    (request,) = read_requests(session, (plan,), options)
    file = workbook or default_workbook(request)
    require_replaceable(file)
    failures: list[OutputError] = []
    completed = execute_request(session, request, options, failures, file)
    if options.json:
        print_json_answers([completed])
    raise_first(failures)
