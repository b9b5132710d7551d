"""`forecast check`: read a plan, say all that is wrong with it, show every value and where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.cli.group import command, get_session
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.i18n import Note, Translator

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario


@command("check")
@common_options("--set", "--lang", "--json", "--quiet")
@click.argument("scenario")
@click.pass_context
def check_command(ctx: click.Context, /, scenario: str, **params: Any) -> None:
    """Read a plan, say all that is wrong with it, and show every value and where it comes from."""
    from forecast.plan.loading.effective import EffectivePlan, effective_values
    from forecast.plan.loading.loader import read_plan

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    session.use_plan_language(scenario)
    plan = read_plan(Path(scenario), overrides=options.overrides or None)
    notes = _check_data(plan.scenario)
    values = effective_values(plan)
    if options.json:
        lines = _note_lines(plan.scenario, notes, session.t)
        print_json({"file": plan.scenario.file, "values": [value.to_dict() for value in values], "notes": lines})
        return
    if not options.quiet:
        print_lines(EffectivePlan(plan, values).format_text(session.t))
    if notes:
        print_lines(*(session.t("said_note", text=line) for line in _note_lines(plan.scenario, notes, session.t)))
    print_lines(_summary_line(plan.scenario, len(values), session.t))


def _note_lines(scenario: Scenario, notes: list[Note], t: Translator) -> list[str]:
    """The notes on the history, services by their labels."""
    lines = []
    for key, params in notes:
        texts = dict(params)
        service = scenario.services.get(texts.get("service", ""))
        if service and service.label:
            texts["service"] = service.label.in_language(t.language)
        lines.append(t(key, **texts))
    return lines


def _check_data(scenario: Scenario) -> list[Note]:
    """Read the history too: its problems are problems of the plan, and what is to know of it is noted."""
    from forecast.errors import raise_if_problems
    from forecast.plan.accounts import read_plan_history
    from forecast.timeseries.baseline import unfitted_notes
    from forecast.timeseries.checks import check_baselines, check_history

    problems = list(check_baselines(scenario))
    history = read_plan_history(scenario)
    if history is not None:
        problems += check_history(scenario, history)
    raise_if_problems(problems)
    return [*(() if history is None else history.notes), *unfitted_notes(scenario, history)]


def _summary_line(scenario: Scenario, values: int, t: Translator) -> str:
    return t(
        "said_checked",
        file=scenario.file,
        values=values,
        unsure=sum(1 for _ in scenario.uncertain_assumptions()),
        services=len(scenario.services),
        shocks=len(scenario.shocks),
        initiatives=len(scenario.initiatives),
        targets=len(scenario.targets),
    )
