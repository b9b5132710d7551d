"""Decisions of a plan: action, owner, day, and the figure that triggers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forecast.i18n import Translator
from forecast.i18n.amounts import interval_text, whole_percent
from forecast.plan.targets import Decision
from forecast.reports.content.context import RunView
from forecast.reports.content.text import date_text, foreign_language, measure_text, name_text, period_text


@dataclass(frozen=True)
class DecisionRow:
    """A decision, as a reader needs it."""

    action: str
    action_language: str
    """Language of the action, where it is not that of the page; else empty."""
    owner: str
    by: str
    """Last day, as text."""
    line: str
    """Owner and day as a sentence."""
    when: str
    """Trigger and its chance as sentences; empty without a trigger."""
    about: str


def decision_rows(view: RunView, t: Translator) -> list[DecisionRow]:
    """Return the decisions, the earliest first."""
    ordered = sorted(view.scenario.decisions.items(), key=lambda pair: (pair[1].by, pair[0]))
    return [_decision_row(name, decision, view, t) for name, decision in ordered]


def _decision_row(name: str, decision: Decision, view: RunView, t: Translator) -> DecisionRow:
    trigger, when = decision.trigger, ""
    if trigger is not None:
        bound = trigger.below or trigger.above
        assert bound is not None  # the reader asks for one
        scale = view.scale_for(trigger.measure, trigger.period.text, [bound.value], t)
        text = t("goal_below" if trigger.below else "goal_above", amount=scale.exact_amount(bound.value))
        measure = measure_text(trigger.measure, view.scenario, t)
        when = t("decision_when", measure=measure, period=period_text(trigger.period.text, t), bound=text)
        when += _trigger_chance(view.summary.get("triggers", {}).get(name), t)
    owner, by = decision.owner.in_language(t.language), date_text(decision.by, t)
    subject = name_text(decision.about, view.scenario, t) if decision.about else ""
    return DecisionRow(
        decision.action.in_language(t.language),
        foreign_language(decision.action, t),
        owner,
        by,
        t("decision_line", owner=owner, date=by),
        when,
        subject,
    )


def _trigger_chance(trigger: Mapping[str, float] | None, t: Translator) -> str:
    """Return the sentence on the chance of a trigger; empty where the summary has none."""
    if trigger is None:
        return ""
    interval = interval_text(trigger["low"], trigger["high"], t, trigger["chance"])
    return " " + t("decision_chance", chance=whole_percent(trigger["chance"], t), error=interval)
