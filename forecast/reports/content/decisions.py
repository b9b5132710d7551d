"""Decisions of a plan: action, owner, day, and the figure that triggers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forecast.i18n import Translator
from forecast.i18n.amounts import interval_text, whole_percent
from forecast.plan.targets import Decision, Trigger
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
        when = _trigger_text(trigger, view.summary.get("triggers", {}).get(name) or {}, view, t)
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


def _trigger_text(trigger: Trigger, summary: Mapping[str, Any], view: RunView, t: Translator) -> str:
    """Return the figure that calls for a decision, the target's chance at it, and how likely that is."""
    limit = trigger.below or trigger.above
    amount = summary.get("amount") if limit is None else limit.value
    measure = measure_text(trigger.measure, view.scenario, t)
    period = period_text(trigger.period.text, t)
    target_chance = summary.get("target_chance")
    if amount is None:
        chance = "–" if target_chance is None else whole_percent(target_chance, t)
        return t("decision_no_level", measure=measure, period=period, chance=chance)
    scale = view.scale_for(trigger.measure, trigger.period.text, [amount], t)
    is_below = summary.get("side") != "above" if limit is None else trigger.below is not None
    text = scale.amount(amount, max(1, scale.decimals)) if limit is None else scale.exact_amount(amount)
    bound = t("goal_below" if is_below else "goal_above", amount=text)
    when = t("decision_when", measure=measure, period=period, bound=bound)
    if target_chance is not None:
        when += " " + t("decision_meaning", chance=whole_percent(target_chance, t))
    return f"{when}{_sounding(summary, t)}"


def _sounding(summary: Mapping[str, Any], t: Translator) -> str:
    """Return the sentence on the chance of a trigger; empty where the summary has none."""
    if "chance" not in summary:
        return ""
    interval = interval_text(summary["low"], summary["high"], t, summary["chance"])
    return " " + t("decision_chance", chance=whole_percent(summary["chance"], t), error=interval)
