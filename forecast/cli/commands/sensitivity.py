"""`forecast sensitivity`: what the chance of a target hangs on."""

from __future__ import annotations

from typing import Any

import click

from forecast.cli.commands.run import read_requests
from forecast.cli.grade_gate import check_judgement
from forecast.cli.group import Argument, Option, command, get_session
from forecast.cli.option_types import GradeGateType
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.cli.progress import show_progress
from forecast.cli.target_choice import require_target


@command("sensitivity")
@click.option("--target", cls=Option, metavar="NAME")
@click.option("--each", "measures_each", cls=Option, is_flag=True)
@click.option("--fail-above", cls=Option, metavar="C=SHARE", type=GradeGateType())
@common_options("--paths", "--seed", "--set", "--workers", "--lang", "--json", "--quiet")
@click.argument("plan", cls=Argument, required=True, metavar="PLAN")
@click.pass_context
def sensitivity_command(ctx: click.Context, /, plan: str, **params: Any) -> None:
    """Show what the chance of a target hangs on."""
    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    (request,) = read_requests(session, (plan,), options)
    session.language = request.language
    target = require_target(session, request.scenario, params["target"])
    from forecast.cli.sensitivity_summary import sensitivity_lines
    from forecast.workflows.sensitivity import measure_sensitivity, summarise_sensitivity

    with show_progress(session.t, quiet=options.quiet) as display:
        display.show_step("said_drawing_again", scenario=request.name, paths=session.t.number(request.paths))
        result = measure_sensitivity(request, target, measures_each=params["measures_each"])
    summary = summarise_sensitivity(result, request.argument)
    if options.json:
        print_json(summary)
    elif not options.quiet:
        print_lines(*sensitivity_lines(result, session.t, lists_all=params["measures_each"]))
    if (gate := params["fail_above"]) is not None:
        check_judgement(session.t, request.name, summary["grades"], summary["rows"], gate)
