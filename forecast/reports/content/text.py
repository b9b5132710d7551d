"""Small phrases of a report: periods, measures, names of keys, chances, goals."""

from __future__ import annotations

import re
from datetime import date

from forecast.analysis.findings import TargetRow
from forecast.i18n import Translator
from forecast.periods import parse_period
from forecast.plan.labels import display_label
from forecast.plan.scenario import Scenario
from forecast.reports.charts.rows import display_name
from forecast.reports.charts.style import truncate_label
from forecast.reports.content.context import RunView
from forecast.stats.intervals import Estimate


def period_text(text: str, words: Translator) -> str:
    """`2021-Q2` as a reader says it."""
    months = parse_period(text)
    year, month = divmod(months.first, 12)
    if months.count == 12 and month == 0:
        return words("period_year", year=year)
    if "Q" in text:
        return words("period_quarter", quarter=month // 3 + 1, year=year)
    if months.count == 1:
        return _month_text(months.first, words)
    return words("period_span", first=_month_text(months.first, words), last=_month_text(months.last, words))


def _month_text(month: int, words: Translator) -> str:
    return words("period_month", month=month % 12 + 1, name=MONTH_NAMES[month % 12], year=month // 12)


def date_text(day: date, words: Translator) -> str:
    """A day in the order of the language."""
    return (
        f"{day.day:02d}/{day.month:02d}/{day.year}"
        if words.language == "vi"
        else f"{day.day} {MONTH_NAMES[day.month - 1]} {day.year}"
    )


MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def measure_text(measure: str, scenario: Scenario, words: Translator) -> str:
    """`revenue.postal` as a reader says it."""
    kind, _, part = measure.partition(".")
    whole = words(f"measure_{kind}")
    if not part:
        return whole
    owner = scenario.services.get(part) or scenario.costs.get(part)
    return words("measure_of", measure=whole, part=display_name(part, owner.label if owner else None, words))


def target_measure_text(row: TargetRow, scenario: Scenario, words: Translator) -> str:
    """The measure of a target, and the place of which it is."""
    measure = measure_text(row.measure, scenario, words)
    return words("measure_of", measure=measure, part=row.place_name) if row.place else measure


def sentence_case(text: str) -> str:
    """The first letter large."""
    return text[:1].upper() + text[1:]


def goal_text(row: TargetRow, view: RunView, words: Translator) -> str:
    """`from 250 billion VND up`, in the words of the target's measure."""
    scale = view.scale_for(row.measure, row.period, [row.threshold], words)
    return words(
        "goal_at_least" if row.direction == "at_least" else "goal_at_most", amount=scale.exact_amount(row.threshold)
    )


def target_text(row: TargetRow, view: RunView, words: Translator) -> str:
    """The label of a target, or its measure, period and goal."""
    if row.label is not None and row.label.in_language(words.language):
        return truncate_label(row.label.in_language(words.language))
    measure = target_measure_text(row, view.scenario, words)
    return f"{sentence_case(measure)} {period_text(row.period, words)}: {goal_text(row, view, words)}"


def whole_tenths(chance: float) -> int:
    """A chance in whole tenths, halves upwards."""
    return int(10 * chance + 0.5)


def tenths_text(chance: float, words: Translator) -> str:
    """`About 7 in 10`."""
    if chance < 0.01:
        return words("tenths_rare")
    if chance > 0.99:
        return words("tenths_sure")
    if chance < 0.05:
        return words("tenths_few")
    if chance >= 0.95:
        return words("tenths_most")
    return words("tenths", count=whole_tenths(chance))


def error_text(chance: Estimate, words: Translator) -> str:
    """Half the width of the simulation error, in points of percent."""
    half = (chance.high - chance.low) / 2
    return words("points_of", points=words.number(100 * half, 0 if half >= 0.02 else 1 if half >= 0.0005 else 2))


def chance_range_text(low: float, high: float, words: Translator) -> str:
    """Two chances, with a decimal only where they lie closer than two points."""
    decimals = 0 if high - low >= 0.02 else 1
    return words("span_from_to", low=words.percent(low, decimals), high=words.percent(high, decimals))


def name_text(name: str, scenario: Scenario, words: Translator) -> str:
    """`shocks.covid_waves.hard.reach` in words."""
    return display_label(scenario, name).in_language(words.language) or name


def range_text(text: str, words: Translator) -> str:
    """A range as a reader says it: its functions in words, its units and its `to` in the language of the report."""
    if call := re.fullmatch(r"(uniform|pert|triangular)\((.*)\)", text):
        parts = [part.strip() for part in call[2].split(",")]
        key = "range_uniform" if len(parts) == 2 else "range_pert"
        text = words(key, low=parts[0], mode=parts[1], high=parts[-1])
    if words.language == "en":
        return text.replace(" đến ", " to ")
    for english, vietnamese in (
        ("to", "đến"),
        ("days?", "ngày"),
        ("weeks?", "tuần"),
        ("months?", "tháng"),
        ("years?", "năm"),
        ("people", "người"),
    ):
        text = re.sub(rf"(?<= ){english}(?= |,|$)", vietnamese, text)
    return text
