"""`forecast check`: read a plan, say all that is wrong with it, show every value and where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.cli.group import command, session_of
from forecast.cli.options import Reader, read_options, some
from forecast.cli.output import print_json, print_lines
from forecast.i18n import Words

if TYPE_CHECKING:
    from forecast.plan.loading.loader import Plan
    from forecast.plan.scenario import Scenario


@command("check")
@some("--set", "--lang", "--json", "--quiet")
@click.argument("scenario")
@click.pass_context
def check(ctx: click.Context, /, scenario: str, **typed: Any) -> None:
    """Read a plan, say all that is wrong with it, and show every value and where it comes from."""
    from forecast.plan.loading.effective import values_of
    from forecast.plan.loading.loader import read_plan

    session = session_of(ctx)
    reader = Reader(session)
    asked = read_options(reader, typed)
    reader.finish()
    session.speak_as(scenario)
    plan = read_plan(Path(scenario), settings=asked.settings or None)
    _check_data(plan.scenario)
    values = values_of(plan)
    if asked.json:
        print_json({"file": plan.scenario.file, "values": [value.facts() for value in values]})
        return
    if not asked.quiet:
        print_lines(*(value.line(session.words) for value in values), *_dropped(plan, session.words))
    print_lines(_in_short(plan.scenario, len(values), session.words))


def _dropped(plan: Plan, words: Words) -> list[str]:
    """The correlations that went with a deleted or a settled number."""
    return [words(one.why, correlation=one.correlation, name=one.name, where=one.where) for one in plan.dropped]


def _check_data(scenario: Scenario) -> None:
    """Read the history too: its complaints are complaints about the plan."""
    from forecast.files.csv import raise_if_any
    from forecast.history.ledger import read_history
    from forecast.timeseries.checks import check_history, check_plan

    complaints = list(check_plan(scenario))
    if scenario.history is not None:
        complaints += check_history(scenario, read_history(scenario.history.file, scenario.currency))
    raise_if_any(complaints)


def _in_short(scenario: Scenario, values: int, words: Words) -> str:
    return words(
        "said_checked",
        file=scenario.file,
        values=values,
        unsure=sum(1 for _ in scenario.unsure()),
        services=len(scenario.services),
        shocks=len(scenario.shocks),
        initiatives=len(scenario.initiatives),
        targets=len(scenario.targets),
    )
