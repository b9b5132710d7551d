"""Headline of a run: its title, the sentences beside it, and four numbers."""

from __future__ import annotations

from typing import NamedTuple

from forecast.i18n import Translator
from forecast.i18n.amounts import LESS_IS_BETTER, AmountScale, exact_percent, interval_text
from forecast.reports.content.context import RunView
from forecast.reports.content.text import (
    chance_range_text,
    goal_text,
    period_text,
    target_chance_text,
    target_measure_text,
)

MIN_WIDE_SPREAD = 0.1
"""Width of the spread over the cases from which the headline names it."""
CHANCE_TOLERANCE = 0.025
"""Distance from the required chance within which a chance is neither good news nor bad."""


class HeadlineNumber(NamedTuple):
    """A large number with its unit, label and note."""

    value: str
    unit: str
    label: str
    note: str
    mood: str = ""
    """`good`, `bad` or empty."""


def run_title(view: RunView, t: Translator) -> str:
    """Return the title: the chance of the main target."""
    row = view.main_target
    if row is None:
        return view.scenario.name.in_language(t.language)
    scale = view.scale_for(row.measure, row.period, [row.threshold], t)
    return t(
        "title_at_least" if row.direction == "at_least" else "title_at_most",
        chance=target_chance_text(row, t),
        measure=target_measure_text(row, view.scenario, t),
        amount=scale.exact_amount(row.threshold),
        period=period_text(row.period, t),
    )


def headline_notes(view: RunView, t: Translator) -> list[str]:
    """Return the sentences beside the title: the required chance, the spread over the cases, and the shortfall."""
    row = view.main_target
    if row is None:
        return []
    notes = []
    if row.required_chance is not None:
        shortfall = row.required_chance - row.chance.value
        missed_key = "verdict_near" if shortfall < CHANCE_TOLERANCE else "verdict_missed"
        key = "verdict_reached" if shortfall <= 0 else missed_key
        notes.append(t(key, required=exact_percent(row.required_chance, t)))
    low, high = row.spread
    if not view.findings.cases:
        notes.append(t("verdict_single"))
    elif high - low >= MIN_WIDE_SPREAD:
        notes.append(t("verdict_spread", chances=chance_range_text(low, high, t, row.required_chance)))
    else:
        notes.append(t("verdict_narrow"))
    if row.average_shortfall:
        notes.append(t("verdict_shortfall", amount=view.main_scale(t).short_amount(abs(row.average_shortfall))))
    return notes


def headline_numbers(view: RunView, t: Translator) -> list[HeadlineNumber]:
    """Return chance, median, range and shortfall of the main target, without those that the summary lacks."""
    row, figures, scale = view.main_target, view.statistics, view.main_scale(t)
    numbers = []
    if row is not None:
        is_clear = row.required_chance is not None and abs(row.chance.value - row.required_chance) >= CHANCE_TOLERANCE
        mood = (
            ""
            if row.required_chance is None or not is_clear
            else "good"
            if row.chance.value > row.required_chance
            else "bad"
        )
        key = "number_chance_note" if view.findings.cases else "number_chance_note_alone"
        interval = interval_text(row.chance.low, row.chance.high, t, row.chance.value, row.required_chance)
        note = t(key, error=interval, chances=chance_range_text(*row.spread, t, row.required_chance))
        chance = target_chance_text(row, t)
        numbers.append(HeadlineNumber(chance, "", t("number_chance", goal=goal_text(row, view, t)), note, mood))
    if "p50" in figures:
        numbers.append(_median_number(view, t))
    if "p10" in figures and "p90" in figures:
        low, high = scale.number(figures["p10"]), scale.number(figures["p90"])
        dash = (
            "\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}" if figures["p10"] >= 0 else "\N{NO-BREAK SPACE}…\N{NO-BREAK SPACE}"
        )
        range_text = f"{low}{dash}{high}"
        numbers.append(HeadlineNumber(range_text, scale.unit, t("number_range"), t("number_range_note")))
    if row is not None and row.average_shortfall:
        numbers.append(_shortfall_number(view, t))
    return numbers


def _median_number(view: RunView, t: Translator) -> HeadlineNumber:
    row, scale, median = view.main_target, view.main_scale(t), view.statistics["p50"]
    note, mood = "", ""
    if row is not None:
        difference = median - row.threshold
        decimals = scale.decimals if abs(difference) >= 10 * scale.factor else min(scale.decimals + 1, 2)
        difference_text = scale.with_unit(scale.signed_number(difference, decimals))
        note = t("number_middle_note_alone", difference=difference_text)
        if row.threshold:
            percent = AmountScale(t, 0.01, "%", 1).signed_number(difference / abs(row.threshold)) + "%"
            note = t("number_middle_note", difference=difference_text, percent=percent)
        less_is_better = row.direction == "at_most" or row.measure.partition(".")[0] in LESS_IS_BETTER
        mood = "good" if (difference >= 0) != less_is_better else "bad"
    return HeadlineNumber(scale.number(median), scale.unit, t("number_middle"), note, mood)


def _shortfall_number(view: RunView, t: Translator) -> HeadlineNumber:
    row, scale = view.main_target, view.main_scale(t)
    assert row is not None
    quantile, note_key = (
        ("p5", "number_shortfall_note") if row.direction == "at_least" else ("p95", "number_excess_note")
    )
    note = t(note_key, amount=scale.amount(view.statistics[quantile])) if quantile in view.statistics else ""
    shortfall = scale.short_amount(abs(row.average_shortfall)).removesuffix(scale.unit).rstrip()
    return HeadlineNumber(shortfall, scale.unit, t("number_shortfall"), note)
