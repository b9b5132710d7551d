"""`forecast score`: score every lock of the project by what is booked in its ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.cli.group import Option, command, get_session
from forecast.cli.option_types import DayParam
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.files.paths import find_project

if TYPE_CHECKING:
    from datetime import date


@command("score")
@click.option("--as-of", "score_day", cls=Option, metavar="DATE", type=DayParam())
@common_options("--lang", "--json", "--quiet")
@click.pass_context
def score_command(ctx: click.Context, /, score_day: date | None, **params: Any) -> None:
    """Score every lock of the project by what is booked in its ledger."""
    from forecast.cli.score_summary import score_lines
    from forecast.workflows.score import score_locks, summarise_scores

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    result = score_locks(find_project(Path.cwd()), score_day)
    session.language = options.language or result.ledgers[-1].locks[-1].lock.language
    if options.json:
        print_json(summarise_scores(result))
    elif not options.quiet:
        print_lines(*score_lines(result, session.t))
