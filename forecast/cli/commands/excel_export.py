"""`forecast excel export`: run a plan and write its workbook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from forecast.cli.commands.run import execute_request, print_json_answers, print_workbook, raise_first, read_requests
from forecast.cli.group import Option, command, complete_files, get_session
from forecast.cli.options import CommonOptions, common_options
from forecast.errors import OutputError


@command("export")
@click.option("--out", "workbook", cls=Option, metavar="FILE", type=click.Path(path_type=Path))
@common_options("--paths", "--seed", "--set", "--workers", "--engine", "--lang", "--json", "--quiet")
@click.argument("plan", nargs=-1, required=True, shell_complete=complete_files)
@click.pass_context
def export_command(ctx: click.Context, /, plan: tuple[str, ...], workbook: Path | None, **params: Any) -> None:
    """Run a plan, or find its run, and write its workbook, with other plans beside it."""
    from forecast.workflows.excel import MAX_PLANS_SIDE_BY_SIDE, default_workbook, require_replaceable

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    if len(plan) > MAX_PLANS_SIDE_BY_SIDE:
        raise session.input_error(plan[-1], "PLAN", "excel_too_many_plans", most=MAX_PLANS_SIDE_BY_SIDE)
    requests = read_requests(session, plan, options)
    first = requests[0]
    for request, text in zip(requests, plan, strict=True):
        if request.scenario.currency != first.scenario.currency:
            raise session.input_error(text, "PLAN", "excel_other_currency", currency=first.scenario.currency)
    file = workbook or default_workbook(first)
    require_replaceable(file)
    failures: list[OutputError] = []
    is_silent = options.quiet  # the result is the workbook
    completed = [execute_request(session, request, options, failures, is_silent=is_silent) for request in requests]
    others = [(request.scenario, each.run) for request, each in zip(requests[1:], completed[1:], strict=True)]
    print_workbook(first, completed[0].run, file, options, completed[0].t, others, is_silent=is_silent)
    if options.json:
        print_json_answers([replace(completed[0], workbook=file), *completed[1:]])
    raise_first(failures)
