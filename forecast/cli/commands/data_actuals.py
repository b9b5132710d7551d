"""`forecast data actuals`: append the actual figures of sheets to the ledger of a plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.cli.actuals_summary import actuals_json, actuals_lines
from forecast.cli.group import Argument, Option, command, complete_files, get_session
from forecast.cli.option_types import DayParam
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines

if TYPE_CHECKING:
    from datetime import date


@command("actuals")
@click.option("--plan", cls=Option, metavar="PLAN")
@click.option("--booked", cls=Option, metavar="DATE", type=DayParam())
@click.option("--unit", cls=Option, metavar="UNIT", default="")
@click.option("--convert", cls=Option, is_flag=True)
@click.option("--dry-run", cls=Option, is_flag=True)
@common_options("--lang", "--json", "--quiet")
@click.argument("sheets", cls=Argument, nargs=-1, required=True, metavar="SHEET...", shell_complete=complete_files)
@click.pass_context
def actuals_command(
    ctx: click.Context,
    /,
    sheets: tuple[str, ...],
    plan: str | None,
    booked: date | None,
    unit: str,
    convert: bool,
    dry_run: bool,
    **params: Any,
) -> None:
    """Read sheets, check their sums and append to the ledger of the plan what it lacks."""
    from forecast.cli.booking_day import ask_booking_day
    from forecast.workflows.actuals import ActualsRequest, BookingQuestion, find_plan, import_actuals

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    plan_path = Path(plan) if plan is not None else find_plan(Path.cwd())
    session.use_plan_language(str(plan_path))
    files = tuple(dict.fromkeys(Path(sheet) for sheet in sheets))

    def ask(question: BookingQuestion) -> date | None:
        return ask_booking_day(question, session.t)

    result = import_actuals(ActualsRequest(files, plan_path, booked, unit, convert, dry_run, ask))
    if options.json:
        print_json(actuals_json(result, session.t))
    elif not options.quiet:
        print_lines(*actuals_lines(result, session.t))
