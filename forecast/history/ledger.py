"""The ledger: months of each service, as a CSV that is read strictly or not at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arrays import Floats
from forecast.errors import InputError, Problem, closest_match
from forecast.files.csv import (
    CsvCell,
    CsvFile,
    CsvRow,
    DecimalMark,
    check_columns,
    decimal_mark,
    english_columns,
    has_enough_problems,
    number_notes,
    parse_number_cell,
    raise_if_problems,
    read_csv,
)
from forecast.files.month_forms import months_of_day, recognize_period
from forecast.history.accounts import Accounts
from forecast.history.slips import slip_notes
from forecast.i18n import Note
from forecast.periods import Calendar, format_month, parse_month

__all__ = ["STATUSES_WEAKEST_FIRST", "History", "parse_month_cell", "read_history"]

if TYPE_CHECKING:
    import pandas as pd

STATUSES = ("actual", "reconstructed", "estimate", "example")
STATUSES_WEAKEST_FIRST = ("reconstructed", "estimate", "example", "actual")
FIGURE_COLUMNS = ("revenue", "volume", "price")
OPTIONAL_LEDGER_COLUMNS = ("booked", "source", "grade", "note", "currency")
"""Columns that may stand beside the figures."""
MAX_NAMES_CHARACTERS = 200
"""Characters of the names that a note lists."""
MAX_LISTED_MONTHS = 12
"""Missing months that a problem names before it counts the others."""


@dataclass(frozen=True)
class History:
    """Actual months; every service runs without a gap to the last month.

    Examples
    --------
    >>> import forecast
    >>> history = forecast.read_history("ledger.csv", "EUR")
    >>> history.months_by_status()["actual"]
    40
    >>> history.to_frame()["month"].iloc[-1]
    Period('2025-04', 'M')
    """

    calendar: Calendar
    """From the first month of any service to the last month of all."""
    services: tuple[str, ...]
    """Sorted."""
    revenue: Mapping[str, Floats]
    """(months of the service,), in currency; a service that began later has fewer months."""
    volume: Mapping[str, Floats]
    """(months of the service,), in pieces; only of services that are counted."""
    price: Mapping[str, Floats]
    status: Mapping[str, tuple[str, ...]]
    digest: str
    """SHA-256 of the file."""
    row_count: int
    leading_zero_months: Mapping[str, int] = field(default_factory=dict)
    """Service -> months of zero at the start of its rows, which are read as months before it began."""
    notes: tuple[Note, ...] = ()
    """How its numbers are read, where a reader should know."""

    def service_calendar(self, service: str) -> Calendar:
        """The months of one service."""
        count = len(self.revenue[service])
        return Calendar(self.calendar.last + 1 - count, count)

    def modelled_series(self, service: str) -> Floats:
        """Series that is forecast: the volume where there is one, else the revenue; (months of the service,)."""
        return self.volume.get(service, self.revenue[service])

    def status_at(self, service: str, month: int) -> str | None:
        """The status of one month of a service; None before it began."""
        row = month - self.service_calendar(service).first
        return self.status[service][row] if 0 <= row < len(self.status[service]) else None

    def months_by_status(self) -> dict[str, int]:
        """Number of months by status; a month is as weak as its weakest service."""
        months = Counter(self._weakest_status(month) for month in self.calendar.months)
        return {status: months[status] for status in STATUSES}

    def to_frame(self) -> pd.DataFrame:
        """The ledger as a tidy frame.

        Returns
        -------
        DataFrame
            One row a service and month, in that order: month (a monthly Period), service, status, revenue in the
            currency of the plan, and where the service is counted volume in pieces and price.
        """
        import pandas as pd

        frames = []
        for service in self.services:
            calendar = self.service_calendar(service)
            months = pd.PeriodIndex([format_month(month) for month in calendar.months], freq="M")
            columns: dict[str, Any] = {"month": months, "service": service, "status": self.status[service]}
            figures = {"volume": self.volume, "price": self.price, "revenue": self.revenue}
            columns |= {name: values[service] for name, values in figures.items() if service in values}
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True)

    def _weakest_status(self, month: int) -> str:
        states = {self.status_at(service, month) for service in self.services}
        return next(status for status in STATUSES_WEAKEST_FIRST if status in states)


@dataclass(frozen=True)
class _LedgerRow:
    """One row, read."""

    month: int
    cell: CsvCell
    status: str
    revenue: float
    volume: float
    price: float
    booked: str = ""


def read_history(path: str, currency: str, accounts: Accounts | None = None) -> History:
    """Read a ledger: month, service, status and either revenue or volume and price.

    Parameters
    ----------
    path : str
        A CSV file.
    currency : str
        The currency of its amounts: `VND`.
    accounts : Accounts, optional
        What its rows call the services of a plan; several accounts of a service are added up.

    Returns
    -------
    History
        The months of every service.

    Raises
    ------
    InputError
        Every problem at once: a field that can be read in two ways, a month that is missing, doubled or out of order,
        a service that stops before the others.

    Examples
    --------
    >>> import forecast
    >>> forecast.read_history("ledger.csv", "EUR").services
    ('bread',)
    """
    problems: list[Problem] = []
    table = read_csv(path, problems, ("month", "service", *FIGURE_COLUMNS, "status"))
    is_counted = bool({"volume", "price"}.intersection(english_columns(table.columns, FIGURE_COLUMNS)))
    figures = ("volume", "price") if is_counted else ("revenue",)
    columns = check_columns(table, ("month", "service", *figures, "status"), OPTIONAL_LEDGER_COLUMNS)
    if is_counted and "revenue" in table.columns:
        columns = [Problem.of(table.location, "revenue", "history_revenue_and_volume")]
    if columns:
        raise InputError([*columns, *problems])
    entries: dict[str, list[_LedgerRow]] = {}
    marks = {figure: decimal_mark(table, figure) for figure in figures}
    accounts = accounts or Accounts()
    cost_rows = [row for row in table.rows if accounts.is_cost(row["service"].text)]
    for row in table.rows:
        if has_enough_problems(problems):
            break
        is_cost = bool(cost_rows) and accounts.is_cost(row["service"].text)
        if not is_cost and (entry := _parse_row(row, marks, currency, problems)):
            entries.setdefault(row["service"].text, []).append(entry)
    if "booked" in table.columns:
        entries = {text: _last_rows(rows) for text, rows in entries.items()}
    if not problems:
        problems += _order_problems(entries, table)
    raise_if_problems(problems)
    entries = _add_accounts(entries, accounts)
    raise_if_problems(_all_zero_problems(entries))
    notes = [*number_notes(table, figures), *_cost_notes(cost_rows), *_slip_notes(entries, figures)]
    leading_zeros = {service: _count_leading_zeros(rows) for service, rows in entries.items()}
    rows_by_service = {service: rows[leading_zeros[service] :] for service, rows in entries.items()}
    return _build_history(
        rows_by_service, is_counted, table, {service: count for service, count in leading_zeros.items() if count}, notes
    )


def _last_rows(rows: list[_LedgerRow]) -> list[_LedgerRow]:
    """Rows of a text by month; a row with a day of booking replaces those above it, as a restatement."""
    by_month: dict[int, list[_LedgerRow]] = {}
    for entry in rows:
        by_month[entry.month] = [entry] if entry.booked else [*by_month.get(entry.month, []), entry]
    return [entry for _, entries in sorted(by_month.items()) for entry in entries]


def _add_accounts(entries: Mapping[str, list[_LedgerRow]], accounts: Accounts) -> dict[str, list[_LedgerRow]]:
    """The rows of each service, month by month the sum of its accounts."""
    by_service: dict[str, list[list[_LedgerRow]]] = {}
    for text, rows in entries.items():
        by_service.setdefault(accounts.service_of(text), []).append(rows)
    return {service: lists[0] if len(lists) == 1 else _sum_rows(lists) for service, lists in by_service.items()}


def _sum_rows(lists: list[list[_LedgerRow]]) -> list[_LedgerRow]:
    """One row a month: amounts added up, the mean price, the weakest status."""
    by_month: dict[int, list[_LedgerRow]] = {}
    for entry in (entry for rows in lists for entry in rows):
        by_month.setdefault(entry.month, []).append(entry)
    sums = []
    for month, rows in sorted(by_month.items()):
        revenue, volume = (sum(getattr(entry, figure) for entry in rows) for figure in ("revenue", "volume"))
        status = min((entry.status for entry in rows), key=STATUSES_WEAKEST_FIRST.index)
        price = revenue / volume if volume else float(np.mean([entry.price for entry in rows]))
        sums.append(_LedgerRow(month, rows[0].cell, status, revenue, volume, price))
    return sums


def _slip_notes(entries: Mapping[str, list[_LedgerRow]], figures: tuple[str, ...]) -> list[Note]:
    """Notes on amounts that are hardly meant."""
    notes: list[Note] = []
    for service, rows in sorted(entries.items()):
        for figure in figures:
            values = np.array([getattr(entry, figure) for entry in rows])
            notes += slip_notes(service, figure, values, Calendar(rows[0].month, len(rows)))
    return notes


def _cost_notes(rows: list[CsvRow]) -> list[Note]:
    """A note on rows of costs, which are not read."""
    if not rows:
        return []
    names = ", ".join(sorted({row["service"].text for row in rows}))
    return [("history_cost_rows", (("count", str(len(rows))), ("names", names[:MAX_NAMES_CHARACTERS])))]


def _parse_row(
    row: CsvRow, marks: Mapping[str, DecimalMark], currency: str, problems: list[Problem]
) -> _LedgerRow | None:
    problems_before = len(problems)
    month = parse_month_cell(row["month"], problems)
    if not row["service"].text:
        problems.append(Problem.of(row["service"].location, "service", "history_service_missing"))
    booked = row["booked"].text if "booked" in row else ""
    if booked and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", booked):
        problems.append(Problem.of(row["booked"].location, "booked", "history_booked", text=booked[:40]))
    status = row["status"].text.lower()
    if status not in STATUSES:
        params = {"text": status[:40], "instead": closest_match(status, STATUSES) or ", ".join(STATUSES)}
        problems.append(Problem.of(row["status"].location, "status", "history_status", **params))
    if "currency" in row and row["currency"].text not in ("", currency):
        params = {"text": row["currency"].text[:40], "currency": currency}
        problems.append(Problem.of(row["currency"].location, "currency", "history_currency", **params))
    values = {figure: parse_number_cell(row[figure], figure, problems, mark) for figure, mark in marks.items()}
    if values.get("price", 1.0) <= 0:
        problems.append(Problem.of(row["price"].location, "price", "history_price", text=row["price"].text[:40]))
    if len(problems) > problems_before:
        return None
    volume, price = values.get("volume", np.nan), values.get("price", np.nan)
    return _LedgerRow(month, row["month"], status, values.get("revenue", volume * price), volume, price, booked)


def parse_month_cell(cell: CsvCell, problems: list[Problem]) -> int:
    """Read the month of a row.

    Parameters
    ----------
    cell : CsvCell
        The field.
    problems : list of Problem
        A text that is not written as `2020-01` is added, with the month that it means where that is known.

    Returns
    -------
    int
        Month from year 0; 0 when it cannot be read.
    """
    text = cell.text
    try:
        return parse_month(text)
    except ValueError:
        pass
    params = {"text": text[:40]}
    code = "history_month"
    if months := months_of_day(text):
        code = "history_day" if len(months) == 1 else "day_or_month"
        params["instead"] = "' / '".join(months)
    elif period := recognize_period(text):
        is_month = period[0].count == 1
        code, params["instead"] = "month_form" if is_month else "history_frequency", format_month(period[0].first)
    problems.append(Problem.of(cell.location, "month", code, **params))
    return 0


def _order_problems(entries: dict[str, list[_LedgerRow]], table: CsvFile) -> list[Problem]:
    """Problems of months that are doubled, missing or out of order."""
    problems: list[Problem] = []
    last = max(entry.month for rows in entries.values() for entry in rows)
    for service, rows in entries.items():
        if has_enough_problems(problems):
            break
        problems += _repeated_or_unsorted(service, rows)
        first_rows: dict[int, _LedgerRow] = {}
        for entry in rows:
            first_rows.setdefault(entry.month, entry)
        latest = max(first_rows)
        missing = sorted(set(range(min(first_rows), latest)) - set(first_rows))
        if missing:
            after_gap = next(entry for entry in rows if entry.month > missing[0])
            params = {"service": service, "months": _list_months(missing)}
            problems.append(Problem.of(after_gap.cell.location, "month", "history_gap", **params))
        if latest < last:
            later = _list_months(list(range(latest + 1, last + 1)))
            params = {"service": service, "month": format_month(latest), "months": later}
            problems.append(Problem.of(first_rows[latest].cell.location, "month", "history_ends_early", **params))
    return problems


def _repeated_or_unsorted(service: str, rows: list[_LedgerRow]) -> list[Problem]:
    """Problems of months of a service that stand twice, or after a later one."""
    problems: list[Problem] = []
    first_rows: dict[int, _LedgerRow] = {}
    latest = 0
    for entry in rows:
        earlier = first_rows.setdefault(entry.month, entry)
        if earlier is entry and entry.month > latest:
            latest = entry.month
            continue
        if has_enough_problems(problems):
            break
        params = {"month": format_month(entry.month), "service": service}
        if earlier is not entry:
            line = str(earlier.cell.location.line)
            problems.append(Problem.of(entry.cell.location, "month", "history_month_twice", line=line, **params))
        else:
            after = format_month(latest)
            problems.append(Problem.of(entry.cell.location, "month", "history_unsorted", after=after, **params))
    return problems


def _count_leading_zeros(rows: list[_LedgerRow]) -> int:
    """Months of zero before the first that is not."""
    return next((i for i, entry in enumerate(rows) if entry.revenue != 0), len(rows))


def _all_zero_problems(entries: dict[str, list[_LedgerRow]]) -> list[Problem]:
    """Problems of services that never sold anything."""
    return [
        Problem.of(rows[0].cell.location, "service", "history_all_zero", service=service)
        for service, rows in entries.items()
        if _count_leading_zeros(rows) == len(rows)
    ]


def _list_months(months: list[int]) -> str:
    named = ", ".join(format_month(month) for month in months[:MAX_LISTED_MONTHS])
    more = len(months) - MAX_LISTED_MONTHS
    return f"{named}, … (+{more})" if more > 0 else named


def _build_history(
    entries: dict[str, list[_LedgerRow]],
    is_counted: bool,
    table: CsvFile,
    leading_zeros: dict[str, int],
    notes: list[Note],
) -> History:
    services = tuple(sorted(entries))
    first = min(rows[0].month for rows in entries.values())
    last = max(rows[-1].month for rows in entries.values())

    def column(figure: str) -> dict[str, Floats]:
        return {service: np.array([getattr(entry, figure) for entry in entries[service]]) for service in services}

    return History(
        calendar=Calendar(first, last - first + 1),
        services=services,
        revenue=column("revenue"),
        volume=column("volume") if is_counted else {},
        price=column("price") if is_counted else {},
        status={service: tuple(entry.status for entry in entries[service]) for service in services},
        digest=table.digest,
        row_count=len(table.rows),
        leading_zero_months=leading_zeros,
        notes=tuple(notes),
    )
