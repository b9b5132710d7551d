"""What is to be decided: action, owner, day, and the figure that calls for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forecast.i18n import Translator
from forecast.plan.targets import Decision
from forecast.reports.content.context import RunView
from forecast.reports.content.text import date_text, error_text, measure_text, name_text, period_text
from forecast.stats.intervals import Estimate


@dataclass(frozen=True)
class DecisionRow:
    """A decision, as a reader needs it."""

    action: str
    owner: str
    by: str
    line: str
    when: str
    about: str


def decision_rows(view: RunView, words: Translator) -> list[DecisionRow]:
    """What is to be decided, the earliest first."""
    ordered = sorted(view.scenario.decisions.items(), key=lambda pair: (pair[1].by, pair[0]))
    return [_decision_row(name, decision, view, words) for name, decision in ordered]


def _decision_row(name: str, decision: Decision, view: RunView, words: Translator) -> DecisionRow:
    trigger, when = decision.trigger, ""
    if trigger is not None:
        bound = trigger.below or trigger.above
        assert bound is not None  # the reader asks for one
        scale = view.scale_for(trigger.measure, trigger.period.text, [bound.value], words)
        text = words("goal_below" if trigger.below else "goal_above", amount=scale.exact_amount(bound.value))
        measure = measure_text(trigger.measure, view.scenario, words)
        when = words("decision_when", measure=measure, period=period_text(trigger.period.text, words), bound=text)
        when += _trigger_chance(view.summary.get("triggers", {}).get(name), words)
    owner, by = decision.owner.in_language(words.language), date_text(decision.by, words)
    about = name_text(decision.about, view.scenario, words) if decision.about else ""
    return DecisionRow(
        decision.action.in_language(words.language),
        owner,
        by,
        words("decision_line", owner=owner, date=by),
        when,
        about,
    )


def _trigger_chance(found: Mapping[str, float] | None, words: Translator) -> str:
    """How likely the forecast finds it that the figure calls for the decision."""
    if found is None:
        return ""
    chance = Estimate(found["chance"], found["low"], found["high"])
    return " " + words("decision_chance", chance=words.percent(chance.value, 1), error=error_text(chance, words))
