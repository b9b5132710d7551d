"""`forecast check`: read a plan, say all that is wrong with it, show every value and where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.cli.group import Option, command, complete_files, get_session
from forecast.cli.option_types import ClosestChoice
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import is_stdout_terminal, print_json, print_lines
from forecast.i18n import Note, Translator

if TYPE_CHECKING:
    from forecast.plan.loading.effective import EffectiveValue
    from forecast.plan.scenario import Scenario

UNSURE = "unsure"
"""Word of `--only` for the assumptions that are no constants."""


@command("check")
@common_options("--set", "--lang", "--json", "--quiet")
@click.option("--only", cls=Option, metavar=UNSURE, type=ClosestChoice((UNSURE,), UNSURE, "option_not_only"))
@click.argument("scenario", shell_complete=complete_files)
@click.pass_context
def check_command(ctx: click.Context, /, scenario: str, only: str | None, **params: Any) -> None:
    """Read a plan, say all that is wrong with it, and show every value and where it comes from."""
    from forecast.cli.check_summary import value_lines
    from forecast.plan.loading.effective import EffectivePlan, effective_values
    from forecast.plan.loading.loader import read_plan

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    session.use_plan_language(scenario)
    plan = read_plan(Path(scenario), overrides=options.overrides or None)
    notes = _check_data(plan.scenario)
    values = effective_values(plan)
    shown = tuple(value for value in values if only is None or _is_unsure(value))
    if options.json:
        lines = _note_lines(plan.scenario, notes, session.t)
        print_json({"file": plan.scenario.file, "values": [value.to_dict() for value in shown], "notes": lines})
        return
    print_lines(_summary_line(plan.scenario, len(values), session.t))
    if not options.quiet:
        effective = EffectivePlan(plan, shown)
        remarks = [*effective.notes(session.t), *effective.warnings(session.t)]
        is_table = is_stdout_terminal()
        print_lines(
            *value_lines(shown, plan.scenario, session.t, is_table=is_table), *([""] if remarks else []), *remarks
        )
    print_lines(*(session.t("said_note", text=line) for line in _note_lines(plan.scenario, notes, session.t)))


def _is_unsure(value: EffectiveValue) -> bool:
    """True for an assumption that is no constant."""
    return value.assumption is not None and not value.assumption.is_constant


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
