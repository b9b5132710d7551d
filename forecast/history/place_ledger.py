"""Ledger by place: revenue of each place and service, month by month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.errors import InputError, Problem, closest_match, has_enough_problems, raise_if_problems
from forecast.files.csv import CsvCell, CsvFile, CsvRow, check_columns, read_csv
from forecast.files.csv_numbers import DecimalMark, decimal_mark, parse_number_cell
from forecast.history.accounts import Accounts
from forecast.history.estimates import FINAL_STATUSES
from forecast.history.ledger_figures import LEDGER_STATUSES, STATUSES_WEAKEST_FIRST, parse_month_cell
from forecast.periods import SEASON_MONTHS, Calendar, format_month

__all__ = ["PlaceLedger", "read_place_ledger"]

PLACE_LEDGER_COLUMNS = ("month", "service", "place", "revenue", "status")
OPTIONAL_PLACE_LEDGER_COLUMNS = ("source", "grade", "note")
MIN_PLACE_LEDGER_MONTHS = 2 * SEASON_MONTHS
"""Months of a ledger by place; fewer show no season."""


@dataclass(frozen=True)
class PlaceLedger:
    """Revenue of each place and service, month by month."""

    calendar: Calendar
    revenue: Floats
    """(services, places, months), services in order of their names, places in that of the geography."""
    status: str
    """The weakest of any row."""
    digest: str
    is_final: NDArray[np.bool_]
    """(services, places, months): true for an actual figure, false for an estimate or a reconstructed month."""


class _PlaceCell(NamedTuple):
    """One month of a service in a place."""

    month: CsvCell
    revenue: float
    is_final: bool


def read_place_ledger(
    path: str, services: tuple[str, ...], places: tuple[str, ...], accounts: Accounts | None = None
) -> PlaceLedger:
    """Read a ledger by place: month, service, place, revenue and status.

    Parameters
    ----------
    path : str
        A CSV file; every place has every service in every month from the first to the last, 0 where nothing was sold.
    services : tuple of str
        Services of the plan, sorted.
    places : tuple of str
        Codes of the places, in their order in the geography.
    accounts : Accounts, optional
        What its rows call the services.

    Returns
    -------
    PlaceLedger
        Revenue in currency, (services, places, months).

    Raises
    ------
    InputError
        The file is wrong: every problem at once.
    """
    problems: list[Problem] = []
    table = read_csv(path, problems, PLACE_LEDGER_COLUMNS)
    columns = check_columns(table, PLACE_LEDGER_COLUMNS, OPTIONAL_PLACE_LEDGER_COLUMNS)
    if columns:
        raise InputError([*columns, *problems])
    cells: dict[tuple[str, str, int], _PlaceCell] = {}
    known = {"service": dict.fromkeys(services), "place": dict.fromkeys(places)}
    mark, accounts = decimal_mark(table, "revenue"), accounts or Accounts()
    for row in table.rows:
        if has_enough_problems(problems):
            break
        _read_row(row, accounts.service_of(row.text("service")), known, mark, cells, problems)
    if not problems:
        problems += _gap_problems(cells, services, places, table)
    raise_if_problems(problems)
    months = [month for _, _, month in cells]
    calendar = Calendar(min(months), max(months) + 1 - min(months))
    by_place = [[[cells[s, place, month] for month in calendar.months] for place in places] for s in services]
    revenue = np.array([[[cell.revenue for cell in months] for months in rows] for rows in by_place])
    is_final = np.array([[[cell.is_final for cell in months] for months in rows] for rows in by_place])
    statuses = {row.text("status").lower() for row in table.rows}
    weakest = next(status for status in STATUSES_WEAKEST_FIRST if status in statuses)
    return PlaceLedger(calendar, revenue, weakest, table.digest, is_final)


def _read_row(
    row: CsvRow,
    service: str,
    known: Mapping[str, Mapping[str, None]],
    mark: DecimalMark,
    cells: dict[tuple[str, str, int], _PlaceCell],
    problems: list[Problem],
) -> None:
    problems_before = len(problems)
    month = parse_month_cell(row["month"], problems)
    texts = {"service": service, "place": row.text("place")}
    for column, names in known.items():
        text = texts[column]
        if text not in names:
            suggestion = closest_match(text, names) or ", ".join(islice(names, 12))
            problems.append(
                Problem.of(row[column].location, column, f"ledger_{column}", name=text[:40], instead=suggestion)
            )
    if row["status"].text.lower() not in LEDGER_STATUSES:
        suggestion = closest_match(row["status"].text.lower(), LEDGER_STATUSES) or ", ".join(LEDGER_STATUSES)
        params = {"text": row["status"].text[:40], "instead": suggestion}
        problems.append(Problem.of(row["status"].location, "status", "history_status", **params))
    revenue = parse_number_cell(row["revenue"], "revenue", problems, mark)
    if revenue < 0:
        text = row["revenue"].text[:40]
        problems.append(Problem.of(row["revenue"].location, "revenue", "ledger_negative", text=text))
    key = (service, texts["place"], month)
    if len(problems) == problems_before and key in cells:
        params = {
            "month": format_month(month),
            "place": key[1],
            "service": key[0],
            "line": str(cells[key].month.location.line),
        }
        problems.append(Problem.of(row["month"].location, "month", "ledger_twice", **params))
    cells.setdefault(key, _PlaceCell(row["month"], revenue, row["status"].text.lower() in FINAL_STATUSES))


def _gap_problems(
    cells: Mapping[tuple[str, str, int], _PlaceCell],
    services: tuple[str, ...],
    places: tuple[str, ...],
    table: CsvFile,
) -> list[Problem]:
    """Problems of months that are missing, and of a ledger that is too short."""
    months = sorted({month for _, _, month in cells})
    problems = []
    if months[-1] + 1 - months[0] < MIN_PLACE_LEDGER_MONTHS:
        params = {"count": str(months[-1] + 1 - months[0]), "least": str(MIN_PLACE_LEDGER_MONTHS)}
        problems.append(Problem.of(table.location, "month", "ledger_short", **params))
    for place in places:
        if has_enough_problems(problems):
            break
        for service in services:
            missing = [m for m in range(months[0], months[-1] + 1) if (service, place, m) not in cells]
            if missing:
                listed = ", ".join(map(format_month, missing[:6])) + (", …" if len(missing) > 6 else "")
                params = {"place": place, "service": service, "months": listed}
                problems.append(Problem.of(table.location, "month", "ledger_gap", **params))
    return problems
