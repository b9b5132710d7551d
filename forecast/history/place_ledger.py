"""Ledger by place: revenue of each place and service, month by month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.errors import Complaint, InputError, nearest
from forecast.files.csv import Cell, CsvFile, Row, check_columns, number_in, raise_if_any, read_csv
from forecast.history.ledger import STATUSES, WEAKEST_FIRST
from forecast.periods import SEASON, Calendar, month_of, month_text

ABOUT = ("source", "grade", "note")
LEAST_MONTHS = 2 * SEASON
"""Of a ledger by place; less teaches no season."""


@dataclass(frozen=True)
class Ledger:
    """What places took."""

    calendar: Calendar
    revenue: Floats
    """(services, places, months), services in order of their names, places in that of the terrain."""
    status: str
    """The weakest of any row."""
    digest: str


def read_ledger(path: str, services: tuple[str, ...], places: tuple[str, ...]) -> Ledger:
    """Read month, service, place, revenue and status; InputError with every complaint at once.

    Every place has every service in every month from the first to the last; 0 says that nothing was taken.
    """
    complaints: list[Complaint] = []
    table = read_csv(path, complaints)
    columns = check_columns(table, ("month", "service", "place", "revenue", "status"), ABOUT)
    if columns:
        raise InputError([*columns, *complaints])
    seen: dict[tuple[str, str, int], tuple[Cell, float]] = {}
    known = {"service": services, "place": places}
    for row in table.rows:
        _read(row, known, seen, complaints)
    if not complaints:
        complaints += _gaps(seen, services, places, table)
    raise_if_any(complaints)
    months = [month for _, _, month in seen]
    calendar = Calendar(min(months), max(months) + 1 - min(months))
    revenue = np.array(
        [[[seen[s, place, month][1] for month in calendar.months] for place in places] for s in services]
    )
    said = {row["status"].text.lower() for row in table.rows}
    weakest = next(status for status in WEAKEST_FIRST if status in said)
    return Ledger(calendar, revenue, weakest, table.digest)


def _read(
    row: Row,
    known: Mapping[str, tuple[str, ...]],
    seen: dict[tuple[str, str, int], tuple[Cell, float]],
    complaints: list[Complaint],
) -> None:
    before = len(complaints)
    try:
        month = month_of(row["month"].text)
    except ValueError:
        facts = {"text": row["month"].text[:40]}
        complaints.append(Complaint.of(row["month"].where, "month", "history_month", **facts))
        month = 0
    for column, names in known.items():
        text = row[column].text
        if text not in names:
            near = nearest(text, names) or ", ".join(names[:12])
            complaints.append(Complaint.of(row[column].where, column, f"ledger_{column}", name=text[:40], instead=near))
    if row["status"].text.lower() not in STATUSES:
        near = nearest(row["status"].text.lower(), STATUSES) or ", ".join(STATUSES)
        facts = {"text": row["status"].text[:40], "instead": near}
        complaints.append(Complaint.of(row["status"].where, "status", "history_status", **facts))
    revenue = number_in(row["revenue"], "revenue", complaints)
    if revenue < 0:
        text = row["revenue"].text[:40]
        complaints.append(Complaint.of(row["revenue"].where, "revenue", "ledger_negative", text=text))
    key = (row["service"].text, row["place"].text, month)
    if len(complaints) == before and key in seen:
        facts = {"month": month_text(month), "place": key[1], "service": key[0], "line": str(seen[key][0].where.line)}
        complaints.append(Complaint.of(row["month"].where, "month", "ledger_twice", **facts))
    seen.setdefault(key, (row["month"], revenue))


def _gaps(
    seen: Mapping[tuple[str, str, int], tuple[Cell, float]],
    services: tuple[str, ...],
    places: tuple[str, ...],
    table: CsvFile,
) -> list[Complaint]:
    """Complaints about months that are missing, and about a ledger that is too short."""
    months = sorted({month for _, _, month in seen})
    wrong = []
    if months[-1] + 1 - months[0] < LEAST_MONTHS:
        facts = {"count": str(months[-1] + 1 - months[0]), "least": str(LEAST_MONTHS)}
        wrong.append(Complaint.of(table.where, "month", "ledger_short", **facts))
    for place in places:
        for service in services:
            missing = [m for m in range(months[0], months[-1] + 1) if (service, place, m) not in seen]
            if missing:
                listed = ", ".join(map(month_text, missing[:6])) + (", …" if len(missing) > 6 else "")
                facts = {"place": place, "service": service, "months": listed}
                wrong.append(Complaint.of(table.where, "month", "ledger_gap", **facts))
    return wrong
