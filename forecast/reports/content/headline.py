"""The message of a run: its title, what to know beside it, and four numbers."""

from __future__ import annotations

from typing import NamedTuple

from forecast.i18n import Words
from forecast.i18n.amounts import LESS_IS_BETTER, Scale
from forecast.reports.content.context import RunView
from forecast.reports.content.text import (
    chance_range,
    error_text,
    goal_text,
    period_text,
    row_text,
    sentence_case,
    tenths,
    tenths_text,
)

WIDE = 0.1
"""A spread over the readings from this width on is said in the message."""
NEAR = 0.025
"""A chance this close to the one that is wanted is neither good news nor bad."""


class Number(NamedTuple):
    """A large number, what it is, what to know beside it, and whether it is good news."""

    value: str
    unit: str
    label: str
    note: str
    mood: str = ""


def title(view: RunView, words: Words) -> str:
    """The message: how likely the main target is, in tenths."""
    row = view.main
    if row is None:
        return view.scenario.name.of(words.language)
    scale = view.scale_for(row.measure, row.period, [row.threshold], words)
    sentence = words(
        "title_at_least" if row.direction == "at_least" else "title_at_most",
        tenths=tenths_text(row.chance.value, words),
        measure=row_text(row, view.scenario, words),
        amount=scale.exact(row.threshold),
        period=period_text(row.period, words),
    )
    return sentence_case(sentence)


def beside(view: RunView, words: Words) -> list[str]:
    """Sentences beside the title: what is wanted, how the chance moves over the readings, and the miss."""
    row = view.main
    if row is None:
        return []
    found = []
    if row.want is not None:
        near = abs(row.chance.value - row.want) < NEAR
        key = "verdict_near" if near else "verdict_reached" if row.chance.value > row.want else "verdict_missed"
        found.append(words(key, want=_tenths_exact(row.want, words)))
    low, high = row.spread
    if not view.findings.readings:
        found.append(words("verdict_single"))
    elif high - low >= WIDE:
        found.append(words("verdict_spread", low=tenths(low), high=tenths(high)))
    else:
        found.append(words("verdict_narrow"))
    if row.expected_shortfall:
        found.append(words("verdict_shortfall", amount=view.scale(words).small(abs(row.expected_shortfall))))
    return found


def _tenths_exact(share: float, words: Words) -> str:
    decimals = next((d for d in range(3) if abs(round(10 * share, d) - 10 * share) < 1e-9), 3)
    return words.number(10 * share, decimals)


def numbers(view: RunView, words: Words) -> list[Number]:
    """Chance, middle, range and miss of the main target; what the summary lacks is left out."""
    row, figures, scale = view.main, view.figures, view.scale(words)
    found = []
    if row is not None:
        far = row.want is not None and abs(row.chance.value - row.want) >= NEAR
        mood = "" if row.want is None or not far else "good" if row.chance.value > row.want else "bad"
        key = "number_chance_note" if view.findings.readings else "number_chance_note_alone"
        low, high = (words.percent(end) for end in row.spread)
        note = words(key, error=error_text(row.chance, words), low=low, high=high)
        found.append(
            Number(
                words.percent(row.chance.value),
                "",
                words("number_chance", goal=goal_text(row, view, words)),
                note,
                mood,
            )
        )
    if "p50" in figures:
        found.append(_middle(view, words))
    if "p10" in figures and "p90" in figures:
        low, high = scale.figure(figures["p10"]), scale.figure(figures["p90"])
        dash = (
            "\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}" if figures["p10"] >= 0 else "\N{NO-BREAK SPACE}…\N{NO-BREAK SPACE}"
        )
        both = f"{low}{dash}{high}"
        found.append(Number(both, scale.unit, words("number_range"), words("number_range_note")))
    if row is not None and row.expected_shortfall:
        found.append(_miss(view, words))
    return found


def _middle(view: RunView, words: Words) -> Number:
    row, scale, middle = view.main, view.scale(words), view.figures["p50"]
    note, mood = "", ""
    if row is not None:
        difference = middle - row.threshold
        decimals = scale.decimals if abs(difference) >= 10 * scale.factor else min(scale.decimals + 1, 2)
        apart = scale.with_unit(scale.signed(difference, decimals))
        note = words("number_middle_note_alone", difference=apart)
        if row.threshold:
            percent = Scale(words, 0.01, "%", 1).signed(difference / abs(row.threshold)) + "%"
            note = words("number_middle_note", difference=apart, percent=percent)
        less = row.direction == "at_most" or row.measure.partition(".")[0] in LESS_IS_BETTER
        mood = "good" if (difference >= 0) != less else "bad"
    return Number(scale.figure(middle), scale.unit, words("number_middle"), note, mood)


def _miss(view: RunView, words: Words) -> Number:
    row, scale = view.main, view.scale(words)
    assert row is not None
    key, note = ("p5", "number_shortfall_note") if row.direction == "at_least" else ("p95", "number_excess_note")
    tail = words(note, amount=scale.amount(view.figures[key])) if key in view.figures else ""
    miss = scale.small(abs(row.expected_shortfall)).removesuffix(scale.unit).rstrip()
    return Number(miss, scale.unit, words("number_shortfall"), tail)


def spread_text(view: RunView, words: Words) -> str:
    """The spread of the main chance over the readings."""
    row = view.main
    return "" if row is None else chance_range(*row.spread, words)
