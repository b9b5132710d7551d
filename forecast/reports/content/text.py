"""Texts of periods, measures, names of keys, chances and goals."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from forecast.i18n import Translator
from forecast.i18n.amounts import error_points, interval_text, whole_percent
from forecast.i18n.dates import MONTH_NAMES, localize_dates
from forecast.periods import parse_period
from forecast.plan.labels import display_label, display_name
from forecast.plan.scenario import Scenario
from forecast.reports.fonts import truncate_label

if TYPE_CHECKING:
    from forecast.analysis.findings import TargetRow
    from forecast.plan.bilingual import Label
    from forecast.reports.content.context import RunView
    from forecast.stats.intervals import Estimate

__all__ = [
    "chance_range_text",
    "date_text",
    "measure_text",
    "name_text",
    "period_text",
    "range_text",
    "sentence_case",
    "target_text",
]

VIETNAMESE_LETTERS = re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủũứừửữựỳỵỷỹ]", re.IGNORECASE)
"""Letters that no other language of a plan has."""
MIN_WHOLE_PERCENT_RANGE = 0.02
"""Distance of two chances from which whole percents tell them apart."""


def period_text(text: str, t: Translator) -> str:
    """Return a period as a reader writes it.

    Parameters
    ----------
    text : str
        As written in a plan: `2021`, `2021-Q2`, `2021-06`, `2021-01 to 2021-06`.
    t : Translator
        Language of the text.

    Returns
    -------
    str
        Such as `Q2 2021`.
    """
    months = parse_period(text)
    year, month = divmod(months.first, 12)
    if months.count == 12 and month == 0:
        return t("period_year", year=year)
    if "Q" in text:
        return t("period_quarter", quarter=month // 3 + 1, year=year)
    if months.count == 1:
        return _month_text(months.first, t)
    return t("period_span", first=_month_text(months.first, t), last=_month_text(months.last, t))


def _month_text(month: int, t: Translator) -> str:
    return t("period_month", month=month % 12 + 1, name=MONTH_NAMES[month % 12], year=month // 12)


def date_text(day: date, t: Translator) -> str:
    """Return a day in the order of the language.

    Parameters
    ----------
    day : date
        The day.
    t : Translator
        Language of the text.

    Returns
    -------
    str
        `11/01/2021` in Vietnamese, `11 January 2021` in English.
    """
    return (
        f"{day.day:02d}/{day.month:02d}/{day.year}"
        if t.language == "vi"
        else f"{day.day} {MONTH_NAMES[day.month - 1]} {day.year}"
    )


def measure_text(measure: str, scenario: Scenario, t: Translator) -> str:
    """Return a measure as a reader writes it.

    Parameters
    ----------
    measure : str
        Such as `revenue` or `revenue.postal`.
    scenario : Scenario
        The plan with the labels of services and costs.
    t : Translator
        Language of the text.

    Returns
    -------
    str
        Such as `revenue, Post and delivery`.
    """
    kind, _, part = measure.partition(".")
    measure_name = t(f"measure_{kind}")
    if not part:
        return measure_name
    service = scenario.services.get(part)
    owner = service or next(
        (table[part] for table in (scenario.costs, scenario.initiatives, scenario.shocks) if part in table), None
    )
    if kind == "volume" and service is not None and service.unit is not None:
        measure_name = f"{measure_name} ({service.unit.in_language(t.language)})"
    return t("measure_of", measure=measure_name, part=display_name(part, owner.label if owner else None, t))


def target_measure_text(row: TargetRow, scenario: Scenario, t: Translator) -> str:
    """Return the measure of a target, with its place if it has one."""
    measure = measure_text(row.measure, scenario, t)
    return t("measure_of", measure=measure, part=row.place_name) if row.place else measure


def sentence_case(text: str) -> str:
    """Return a text with its first letter in upper case.

    Parameters
    ----------
    text : str
        The rest keeps its case.

    Returns
    -------
    str
        The same text, capitalised.
    """
    return text[:1].upper() + text[1:]


def goal_text(row: TargetRow, view: RunView, t: Translator) -> str:
    """Return the goal of a target: `at least 250 billion VND`."""
    scale = view.scale_for(row.measure, row.period, [row.threshold], t)
    return t(
        "goal_at_least" if row.direction == "at_least" else "goal_at_most", amount=scale.exact_amount(row.threshold)
    )


def target_text(row: TargetRow, view: RunView, t: Translator) -> str:
    """Return the label of a target, or its measure, period and goal.

    Parameters
    ----------
    row : TargetRow
        The target.
    view : RunView
        Its run.
    t : Translator
        Language of the text.

    Returns
    -------
    str
        Such as `Revenue 2021: at least 250 billion VND`.
    """
    if row.label is not None and row.label.in_language(t.language):
        return truncate_label(row.label.in_language(t.language))
    measure = target_measure_text(row, view.scenario, t)
    return f"{sentence_case(measure)} {period_text(row.period, t)}: {goal_text(row, view, t)}"


def target_chance_text(row: TargetRow, t: Translator) -> str:
    """Return the chance of a target as a whole percent, on its side of the required chance."""
    return whole_percent(row.chance.value, t, row.required_chance)


def error_text(chance: Estimate, t: Translator) -> str:
    """Return half the width of the 95% simulation interval, in percentage points."""
    return t("points_of", points=error_points(chance.low, chance.high, t))


def chance_range_text(low: float, high: float, t: Translator, required: float | None = None) -> str:
    """Return a range of chances.

    Parameters
    ----------
    low, high : float
        Ends, from 0 to 1.
    t : Translator
        Language of the text.
    required : float, optional
        Chance that is required: no end is rounded across it.

    Returns
    -------
    str
        Such as `58% to 92%`; with decimals where the ends lie closer than two percentage points.
    """
    if high - low < MIN_WHOLE_PERCENT_RANGE:
        return interval_text(low, high, t)
    return t("span_from_to", low=whole_percent(low, t, required), high=whole_percent(high, t, required))


def name_text(name: str, scenario: Scenario, t: Translator) -> str:
    """Return the label of a dotted name.

    Parameters
    ----------
    name : str
        Such as `shocks.covid_waves.hard.reach`.
    scenario : Scenario
        The plan.
    t : Translator
        Language of the label.

    Returns
    -------
    str
        The label, or the name itself without one.
    """
    return display_label(scenario, name).in_language(t.language) or name


def foreign_language(label: Label, t: Translator) -> str:
    """Return `vi` or `en` where a text of the plan is not in the language of the page; empty where it is, or may be.

    A plan that gives one text for both languages does not say which it is in; letters that only Vietnamese has do.
    """
    if label.vi == label.en:
        return "vi" if t.language == "en" and VIETNAMESE_LETTERS.search(label.en) else ""
    stands_in = "en" if (t.language == "en" and label.en) or not label.vi else "vi"
    return "" if stands_in == t.language else stands_in


def range_text(text: str, t: Translator) -> str:
    """Return a range of a plan in the language of the report.

    Parameters
    ----------
    text : str
        As the plan writes it, such as `0.5 to 1.2`, `pert(0%, 2%, 5%)` or `2021-03 to 2021-09`.
    t : Translator
        Language of the report.

    Returns
    -------
    str
        With its functions, dates, numbers and units in that language: `tháng 3 đến tháng 9/2021`.
    """
    if call := re.fullmatch(r"(uniform|pert|triangular|normal|lognormal)\((.*)\)", text):
        parts = [part.strip() for part in call[2].split(",")]
        if call[1] == "normal":
            text = t("range_normal", mean=parts[0], sd=parts[-1])
        elif call[1] == "lognormal":
            text = t("span_from_to", low=parts[0], high=parts[-1])
        else:
            key = "range_uniform" if len(parts) == 2 else "range_pert"
            text = t(key, low=parts[0], mode=parts[1], high=parts[-1])
    text = re.sub(r"(?<![\w.,-])-(?=[0-9])", "\N{MINUS SIGN}", localize_dates(text, t))
    text = _PLAN_DECIMALS.sub(r"\1,\2", text) if t.language == "vi" else text.replace("người/năm", "person/year")
    for english, vietnamese, shown in _UNIT_WORDS:
        written, translated = (english, shown) if t.language == "vi" else (vietnamese, english.replace("?", ""))
        text = re.sub(rf"(?<=[ /]){written}(?= |/|,|$)", translated, text)
    return re.sub(r"(?<![0-9.,])(1 (?:day|week|month|year))s\b", r"\1", text)


_PLAN_DECIMALS = re.compile(r"(?<![0-9.,])([0-9]+)\.([0-9]{1,2}|[0-9]{4,}|(?<=0\.)[0-9]{3})(?![0-9.,]*[0-9])")
"""A number with decimals as a plan writes it; one with three of them is a number with thousands."""
_UNIT_WORDS = (
    ("to", "đến", "đến"),
    ("days?", "ngày", "ngày"),
    ("weeks?", "tuần", "tuần"),
    ("months?", "tháng(?! [0-9])", "tháng"),
    ("years?", "năm(?! [0-9])", "năm"),
    ("people", "người", "người"),
    ("person", "người", "người"),
    ("year", "năm(?=$| đến| to|,)", "năm"),
    ("billion", "tỷ", "tỷ"),
    ("million", "triệu", "triệu"),
    ("thousand", "nghìn", "nghìn"),
    ("VND", "đồng", "đồng"),
)
"""Words of a range: English, Vietnamese, and the Vietnamese that is shown."""
