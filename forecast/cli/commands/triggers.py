"""`forecast triggers`: early warning of a target, month by month."""

from __future__ import annotations

from typing import Any

import click

from forecast.cli.commands.run import read_requests
from forecast.cli.group import Argument, Option, command, get_session
from forecast.cli.option_types import ChanceList
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.cli.progress import show_progress
from forecast.cli.target_choice import require_target


@command("triggers")
@click.option("--target", cls=Option, metavar="NAME")
@click.option("--chance", "chances", cls=Option, metavar="CHANCE,...", type=ChanceList(), default="50%,20%")
@common_options("--paths", "--seed", "--set", "--workers", "--lang", "--json", "--quiet")
@click.argument("plan", cls=Argument, required=True, metavar="PLAN")
@click.pass_context
def triggers_command(ctx: click.Context, /, plan: str, **params: Any) -> None:
    """Show the levels of the year to date at which a target has some chances."""
    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    (request,) = read_requests(session, (plan,), options)
    session.language = request.language
    target = require_target(session, request.scenario, params["target"])
    from forecast.cli.triggers_summary import trigger_lines
    from forecast.plan.targets import book_measure
    from forecast.workflows.triggers import summarise_warning, warn_early

    record = request.scenario.targets[target]
    if record.place is not None:
        raise session.input_error(plan, f"targets.{target}", "triggers_of_place")
    if not book_measure(record.measure):
        raise session.input_error(plan, f"targets.{target}", "triggers_of_measure", measure=record.measure)
    with show_progress(session.t, quiet=options.quiet) as display:
        display.show_step("said_playing", scenario=request.name, paths=session.t.number(request.paths))
        run, warning = warn_early(request, target, params["chances"])
    if warning is None or not warning.months:
        raise session.input_error(plan, f"targets.{target}", "triggers_over", target=target)
    if options.json:
        print_json(summarise_warning(run, warning, request.argument))
    elif not options.quiet:
        print_lines(*trigger_lines(warning, request.scenario, session.t))
