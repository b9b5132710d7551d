"""The message of a run: its title, what to know beside it, and four numbers."""

from __future__ import annotations

from typing import NamedTuple

from forecast.i18n import Translator
from forecast.i18n.amounts import LESS_IS_BETTER, AmountScale
from forecast.reports.content.context import RunView
from forecast.reports.content.text import (
    chance_range_text,
    error_text,
    goal_text,
    period_text,
    sentence_case,
    target_measure_text,
    tenths_text,
    whole_tenths,
)

MIN_WIDE_SPREAD = 0.1
"""A spread over the cases from this width on is said in the message."""
CHANCE_TOLERANCE = 0.025
"""A chance this close to the one that is wanted is neither good news nor bad."""


class HeadlineNumber(NamedTuple):
    """A large number, what it is, what to know beside it, and whether it is good news."""

    value: str
    unit: str
    label: str
    note: str
    mood: str = ""


def run_title(view: RunView, words: Translator) -> str:
    """The message: how likely the main target is, in tenths."""
    row = view.main_target
    if row is None:
        return view.scenario.name.in_language(words.language)
    scale = view.scale_for(row.measure, row.period, [row.threshold], words)
    sentence = words(
        "title_at_least" if row.direction == "at_least" else "title_at_most",
        tenths=tenths_text(row.chance.value, words),
        measure=target_measure_text(row, view.scenario, words),
        amount=scale.exact_amount(row.threshold),
        period=period_text(row.period, words),
    )
    return sentence_case(sentence)


def headline_notes(view: RunView, words: Translator) -> list[str]:
    """Sentences beside the title: what is wanted, how the chance moves over the cases, and the miss."""
    row = view.main_target
    if row is None:
        return []
    found = []
    if row.required_chance is not None:
        near = abs(row.chance.value - row.required_chance) < CHANCE_TOLERANCE
        key = (
            "verdict_near"
            if near
            else "verdict_reached"
            if row.chance.value > row.required_chance
            else "verdict_missed"
        )
        found.append(words(key, want=_exact_tenths_text(row.required_chance, words)))
    low, high = row.spread
    if not view.findings.cases:
        found.append(words("verdict_single"))
    elif high - low >= MIN_WIDE_SPREAD:
        found.append(words("verdict_spread", low=whole_tenths(low), high=whole_tenths(high)))
    else:
        found.append(words("verdict_narrow"))
    if row.expected_shortfall:
        found.append(
            words("verdict_shortfall", amount=view.main_scale(words).short_amount(abs(row.expected_shortfall)))
        )
    return found


def _exact_tenths_text(share: float, words: Translator) -> str:
    decimals = next((d for d in range(3) if abs(round(10 * share, d) - 10 * share) < 1e-9), 3)
    return words.number(10 * share, decimals)


def headline_numbers(view: RunView, words: Translator) -> list[HeadlineNumber]:
    """Chance, middle, range and miss of the main target; what the summary lacks is left out."""
    row, figures, scale = view.main_target, view.statistics, view.main_scale(words)
    found = []
    if row is not None:
        far = row.required_chance is not None and abs(row.chance.value - row.required_chance) >= CHANCE_TOLERANCE
        mood = (
            ""
            if row.required_chance is None or not far
            else "good"
            if row.chance.value > row.required_chance
            else "bad"
        )
        key = "number_chance_note" if view.findings.cases else "number_chance_note_alone"
        low, high = (words.percent(end) for end in row.spread)
        note = words(key, error=error_text(row.chance, words), low=low, high=high)
        found.append(
            HeadlineNumber(
                words.percent(row.chance.value),
                "",
                words("number_chance", goal=goal_text(row, view, words)),
                note,
                mood,
            )
        )
    if "p50" in figures:
        found.append(_median_number(view, words))
    if "p10" in figures and "p90" in figures:
        low, high = scale.number(figures["p10"]), scale.number(figures["p90"])
        dash = (
            "\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}" if figures["p10"] >= 0 else "\N{NO-BREAK SPACE}…\N{NO-BREAK SPACE}"
        )
        both = f"{low}{dash}{high}"
        found.append(HeadlineNumber(both, scale.unit, words("number_range"), words("number_range_note")))
    if row is not None and row.expected_shortfall:
        found.append(_shortfall_number(view, words))
    return found


def _median_number(view: RunView, words: Translator) -> HeadlineNumber:
    row, scale, middle = view.main_target, view.main_scale(words), view.statistics["p50"]
    note, mood = "", ""
    if row is not None:
        difference = middle - row.threshold
        decimals = scale.decimals if abs(difference) >= 10 * scale.factor else min(scale.decimals + 1, 2)
        apart = scale.with_unit(scale.signed_number(difference, decimals))
        note = words("number_middle_note_alone", difference=apart)
        if row.threshold:
            percent = AmountScale(words, 0.01, "%", 1).signed_number(difference / abs(row.threshold)) + "%"
            note = words("number_middle_note", difference=apart, percent=percent)
        less = row.direction == "at_most" or row.measure.partition(".")[0] in LESS_IS_BETTER
        mood = "good" if (difference >= 0) != less else "bad"
    return HeadlineNumber(scale.number(middle), scale.unit, words("number_middle"), note, mood)


def _shortfall_number(view: RunView, words: Translator) -> HeadlineNumber:
    row, scale = view.main_target, view.main_scale(words)
    assert row is not None
    key, note = ("p5", "number_shortfall_note") if row.direction == "at_least" else ("p95", "number_excess_note")
    tail = words(note, amount=scale.amount(view.statistics[key])) if key in view.statistics else ""
    miss = scale.short_amount(abs(row.expected_shortfall)).removesuffix(scale.unit).rstrip()
    return HeadlineNumber(miss, scale.unit, words("number_shortfall"), tail)


def spread_text(view: RunView, words: Translator) -> str:
    """The spread of the main chance over the cases."""
    row = view.main_target
    return "" if row is None else chance_range_text(*row.spread, words)
