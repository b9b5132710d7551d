"""Figures of a stated year by month or quarter, such as the assigned plan: a CSV that is read strictly or not at all.

Columns: period, measure and value, and if wanted source, grade, note or currency. What a year states of a measure must
be the sum of its periods.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from forecast.errors import InputError, Problem, closest_match, has_enough_problems, raise_if_problems
from forecast.files.csv import CsvCell, CsvFile, CsvRow, check_columns, read_csv
from forecast.files.csv_numbers import decimal_mark, parse_number_cell
from forecast.files.month_forms import normalize_period
from forecast.periods import Calendar, format_month, parse_period
from forecast.plan.accounts import ledger_accounts
from forecast.plan.assumption import Assumption
from forecast.plan.record import for_service
from forecast.plan.scenario import Scenario

__all__ = ["StatedPeriods", "read_stated_periods", "read_stated_year"]

PERIOD_COLUMNS = ("period", "measure", "value")
OPTIONAL_PERIOD_COLUMNS = ("source", "grade", "note", "currency")
MEASURES_OF_ALL = ("revenue", "cost", "profit", "headcount")
MEASURES_OF_ONE = ("revenue", "volume", "cost")
"""Measures of one service or cost: `revenue.NAME`."""
_DIGITS = re.compile(r"[0-9]+(?:\.([0-9]+))?")


@dataclass(frozen=True)
class StatedPeriods:
    """Figures of one year by month or quarter."""

    year: int
    values: Mapping[tuple[str, str], float]
    """By measure, such as `revenue.postal`, and period, `2025-03` or `2025-Q1`: in currency, pieces or people."""
    digest: str
    """SHA-256 of the file."""


@dataclass(frozen=True)
class _PeriodRow:
    """One figure of the file."""

    measure: str
    months: Calendar
    value: float
    unit: float
    """Unit of the last digit that is shown and not 0."""
    row: CsvRow


def read_stated_periods(scenario: Scenario) -> dict[tuple[str, str], float]:
    """Read the figures by month or quarter of every year that a plan states.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    dict of (str, str) to float
        By measure, such as `revenue` or `revenue.postal`, and period, `2025-03` or `2025-Q1`: in currency, pieces or
        people. Empty where no year has `periods`.

    Raises
    ------
    InputError
        A file is wrong, or its sums are not what the plan states: every problem at once.
    """
    values: dict[tuple[str, str], float] = {}
    for year in sorted(scenario.stated):
        if (stated := read_stated_year(scenario, year)) is not None:
            values |= stated.values
    return values


def read_stated_year(scenario: Scenario, year: str) -> StatedPeriods | None:
    """Read the figures of one year by month or quarter.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    year : str
        A year that it states: `2025`.

    Returns
    -------
    StatedPeriods, optional
        None where the year has no `periods`.

    Raises
    ------
    InputError
        The file is wrong, or its sums are not what the plan states: every problem at once.
    """
    file = scenario.stated[year].periods
    if file is None:
        return None
    problems: list[Problem] = []
    table = read_csv(file, problems, PERIOD_COLUMNS)
    if columns := check_columns(table, PERIOD_COLUMNS, OPTIONAL_PERIOD_COLUMNS):
        raise InputError([*columns, *problems])
    rows = list(_read_rows(table, scenario, int(year), problems))
    raise_if_problems(problems)
    by_measure: dict[str, list[_PeriodRow]] = {}
    for row in rows:
        by_measure.setdefault(row.measure, []).append(row)
    for entries in by_measure.values():
        problems += _incomplete_problems(entries, int(year))
    raise_if_problems(problems)
    raise_if_problems(_sum_problems(by_measure, scenario, year))
    return StatedPeriods(int(year), {(row.measure, _period_text(row.months)): row.value for row in rows}, table.digest)


def _read_rows(table: CsvFile, scenario: Scenario, year: int, problems: list[Problem]) -> Iterator[_PeriodRow]:
    """The rows that can be read."""
    mark = decimal_mark(table, "value")
    first_rows: dict[tuple[str, Calendar], CsvRow] = {}
    for row in table.rows:
        if has_enough_problems(problems):
            return
        count = len(problems)
        months = _parse_months(row["period"], year, problems)
        measure = _parse_measure(row["measure"], scenario, problems)
        value = parse_number_cell(row["value"], "value", problems, mark)
        if "currency" in row and row.text("currency") not in ("", scenario.currency):
            params = {"text": row.text("currency")[:40], "currency": scenario.currency}
            problems.append(Problem.of(row["currency"].location, "currency", "history_currency", **params))
        if len(problems) > count:
            continue
        first = first_rows.setdefault((measure, months), row)
        if first is not row:
            params = {"period": row.text("period"), "measure": measure, "line": str(first.line)}
            problems.append(Problem.of(row["period"].location, "period", "stated_period_twice", **params))
        yield _PeriodRow(measure, months, value, _last_digit(row.text("value")), row)


def _parse_months(cell: CsvCell, year: int, problems: list[Problem]) -> Calendar:
    """The months of a period, which is a month or a quarter of the year."""
    text = normalize_period(cell.text)
    try:
        months = parse_period(text)
        if text != _period_text(months):
            raise ValueError(text)
    except ValueError:
        params = {"text": cell.text[:40], "year": str(year)}
        problems.append(Problem.of(cell.location, "period", "stated_period_form", **params))
        return Calendar(0, 1)
    if months.first // 12 != year:
        params = {"text": cell.text[:40], "year": str(year)}
        problems.append(Problem.of(cell.location, "period", "stated_period_outside", **params))
    return months


def _period_text(months: Calendar) -> str:
    """A month or a quarter as it is written; other periods as nothing that is accepted."""
    if months.count == 1:
        return format_month(months.first)
    year, month = divmod(months.first, 12)
    return f"{year}-Q{month // 3 + 1}" if months.count == 3 and month % 3 == 0 else ""


def _parse_measure(cell: CsvCell, scenario: Scenario, problems: list[Problem]) -> str:
    """The measure of a row, of a service or cost by its name in the plan."""
    kind, dot, text = cell.text.partition(".")
    accounts, text = ledger_accounts(scenario), text.strip()
    if not dot and kind in MEASURES_OF_ALL:
        return kind
    if kind in MEASURES_OF_ONE and text:
        name = accounts.cost_of(text) if kind == "cost" else accounts.service_of(text)
        names = scenario.costs if kind == "cost" else scenario.services
        if name in names:
            return f"{kind}.{name}"
        instead = closest_match(name, names, 0.0) or "NAME"
        known = f"{kind}.{instead}"
    else:
        known = ", ".join((*MEASURES_OF_ALL, *(f"{each}.NAME" for each in MEASURES_OF_ONE)))
    params = {"text": cell.text[:60], "instead": known}
    problems.append(Problem.of(cell.location, "measure", "stated_period_measure", **params))
    return ""


def _last_digit(text: str) -> float:
    """Unit of the last digit of a number that is shown and not 0: 1e6 of 24905000000."""
    digits, _, decimals = text.replace(",", ".").partition(".")
    if decimals:
        return float(10.0 ** -len(decimals))
    return float(10.0 ** (len(digits) - len(digits.rstrip("0"))))


def _incomplete_problems(rows: list[_PeriodRow], year: int) -> list[Problem]:
    """Problems of a measure with months and quarters, or without one of them."""
    first = rows[0]
    params = {"measure": first.measure, "year": str(year)}
    lengths = {row.months.count for row in rows}
    if len(lengths) > 1:
        other = next(row for row in rows if row.months.count != first.months.count)
        return [Problem.of(other.row["period"].location, "period", "stated_periods_mixed", **params)]
    (length,) = lengths
    all_periods = [Calendar(12 * year + month, length) for month in range(0, 12, length)]
    present = {row.months for row in rows}
    missing = ", ".join(_period_text(months) for months in all_periods if months not in present)
    if not missing:
        return []
    return [Problem.of(first.row["period"].location, "period", "stated_periods_missing", missing=missing, **params)]


def _sum_problems(by_measure: Mapping[str, list[_PeriodRow]], scenario: Scenario, year: str) -> list[Problem]:
    """Problems of sums that are not what the year states of the measure, beyond the digits that are shown."""
    stated = scenario.stated[year]
    tied: list[tuple[str, Assumption | None, Assumption | None, list[_PeriodRow]]] = [
        (measure, for_service(stated.services, name), for_service(stated.understated_by, name), rows)
        for measure, rows in by_measure.items()
        if (name := measure.removeprefix("revenue.")) in scenario.services and measure != name
    ]
    parts = [by_measure.get(f"revenue.{name}", []) for name in scenario.service_names]
    if "revenue" in by_measure:
        tied.append(("revenue", stated.total, None, by_measure["revenue"]))
    elif all(parts) and any(for_service(stated.services, name) is None for name in scenario.service_names):
        tied.append(("revenue", stated.total, None, [row for rows in parts for row in rows]))
    problems = []
    for measure, amount, hidden, rows in tied:
        if amount is None:
            continue
        total = math.fsum(row.value for row in rows)
        low, high = _stated_bounds(amount, hidden)
        rounding = len(rows) * min(row.unit for row in rows) / 2
        if not low - rounding <= total <= high + rounding:
            params = {
                "measure": measure, "year": year, "total": f"{total:,.15g}",
                "stated": amount.text, "place": str(amount.location),
            }  # fmt: skip
            problems.append(Problem.of(rows[0].row["value"].location, "value", "stated_periods_sum", **params))
    return problems


def _stated_bounds(amount: Assumption, hidden: Assumption | None) -> tuple[float, float]:
    """Least and most that a stated figure may mean: the digits that it shows, or P10 and P90 of a range."""
    low, high = (float(value) for value in amount.distribution.ppf(np.array([0.1, 0.9])))
    if amount.is_constant and (match := _DIGITS.search(amount.text)) and float(match[0]):
        half = abs(amount.value) / float(match[0]) * 10.0 ** -len(match[1] or "") / 2
        low, high = low - half, high + half
    if hidden is not None:
        high += float(hidden.distribution.ppf(np.array([0.9]))[0])
    return low, high
