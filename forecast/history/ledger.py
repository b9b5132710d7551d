"""The ledger: months of each service, as a CSV that is read strictly or not at all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forecast.arrays import Floats
from forecast.errors import Location, Problem, raise_if_problems
from forecast.files.csv import CsvCell
from forecast.files.csv_numbers import number_notes
from forecast.history.accounts import Accounts
from forecast.history.booked_months import BookedMonth, BookedMonths, book_figures, cut_series, known_before
from forecast.history.estimates import Estimates, collect_estimates
from forecast.history.ledger_checks import check_months
from forecast.history.ledger_figures import (
    LEDGER_STATUSES,
    STATUSES_WEAKEST_FIRST,
    LedgerFigure,
    LedgerFigures,
    LedgerSeries,
    read_figures,
    weakest_status,
)
from forecast.history.restatements import restatement_note, select_last_booked
from forecast.history.slips import slip_notes
from forecast.i18n import Note
from forecast.periods import Calendar, format_month

__all__ = ["History", "LedgerPlaces", "read_history"]

if TYPE_CHECKING:
    import pandas as pd

MAX_NAMES_CHARACTERS = 200
"""Characters of the names that a note lists."""


@dataclass(frozen=True)
class History:
    """Actual months; every service runs without a gap to the last month before those that are booked in the horizon.

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
    """Rows of the file that were known on the day of the plan."""
    leading_zero_months: Mapping[str, int] = field(default_factory=dict)
    """Service -> months of zero at the start of its rows, which are read as months before it began."""
    notes: tuple[Note, ...] = ()
    """Notes on its numbers, where a reader should know how they are read."""
    costs: Mapping[str, Mapping[int, BookedMonth]] = field(default_factory=dict)
    """Cost -> month from year 0 -> the sum of its accounts that have a row in it; months may be missing."""
    headcount: Mapping[int, BookedMonth] = field(default_factory=dict)
    """Month from year 0 -> people; months may be missing."""
    months_known_later: tuple[int, ...] = ()
    """Months with rows that became known only after the day of the plan, sorted."""
    audited: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    """Measure -> month -> figure of a month before the plan that was restated after the plan was made; a cost or people
    that were booked only then as well."""
    booked: BookedMonths = field(default_factory=dict)
    """Figures from the first month on that a plan simulates; months may be missing."""
    estimates: Estimates = field(default_factory=Estimates)
    """Months whose figure is an estimate, and the errors of earlier estimates."""

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
        return {status: months[status] for status in LEDGER_STATUSES}

    def to_frame(self) -> pd.DataFrame:
        """The ledger as a tidy frame.

        Returns
        -------
        DataFrame
            One row a service and month, in that order: month (a monthly Period), service, status, revenue in the
            currency of the plan, and where the service is counted volume in pieces and price. Costs and people are
            in `costs` and `headcount` alone.
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


class _ServiceRow(NamedTuple):
    """One month of a service."""

    month: int
    cell: CsvCell
    status: str
    revenue: float
    volume: float
    price: float


def read_history(
    path: str,
    currency: str,
    accounts: Accounts | None = None,
    as_of: date | None = None,
    planned_from: int | None = None,
    planned_on: date | None = None,
) -> History:
    """Read a ledger: a row for each month and service, or for each month and measure.

    Parameters
    ----------
    path : str
        A CSV file with month, service, status and either revenue or volume and price; or with month, measure, value
        and status, its measures `revenue.SERVICE`, or `volume.SERVICE` and `price.SERVICE`, `cost.COST`, `headcount`.
    currency : str
        The currency of its amounts: `VND`.
    accounts : Accounts, optional
        What its rows call the services and costs of a plan; several accounts of one are added up.
    as_of : date, optional
        The day whose knowledge counts: rows that became known later are as if they were absent. All rows by default.
    planned_from : int, optional
        The first month, from year 0, that a plan simulates: figures of it and of later months are in `booked`, where
        services may lack months. None where every row is history.
    planned_on : date, optional
        The day on which the plan was made: of earlier months the rows known then count, whatever `as_of` is, and what
        was restated since is in `audited`. The day of `as_of` by default.

    Returns
    -------
    History
        The months of every service. Of several rows of a month and measure the last booked counts.

    Raises
    ------
    InputError
        Every problem at once: a field that can be read in two ways, a month that is missing, doubled or out of order,
        a service that stops before the others, a volume without a price.

    Examples
    --------
    >>> import forecast
    >>> forecast.read_history("ledger.csv", "EUR").services
    ('bread',)
    """
    problems: list[Problem] = []
    known_accounts = accounts or Accounts()
    known_now = read_figures(path, currency, known_accounts, as_of, problems)
    raise_if_problems(problems)
    figures = known_now
    if planned_from is not None and planned_on is not None:
        figures = replace(known_now, series=tuple(known_before(known_now.series, planned_from, planned_on)))
    raise_if_problems(check_months(figures, as_of, planned_from))
    selected = [(series, *select_last_booked(series.figures)) for series in figures.series]
    known = [(series, rows) for series, rows, _ in selected]
    counting = known if planned_from is None else cut_series(known, planned_from)
    booked, booked_notes = ({}, []) if planned_from is None else book_figures(known, planned_from)
    entries = _add_accounts(counting)
    raise_if_problems(_all_zero_problems(entries, figures))
    others = [(series, rows) for series, rows in counting if series.kind in ("cost", "headcount")]
    notes = [
        *number_notes(figures.table, figures.figure_columns),
        *_later_note(figures, as_of),
        *restatement_note([(series, changes) for series, _, changes in selected]),
        *_kept_notes([series for series, _ in others], accounts),
        *_slip_notes(entries),
        *booked_notes,
    ]
    calendar = _calendar(entries, planned_from)
    sums = _sum_others(others)
    audited = {} if figures is known_now or planned_from is None else _audited(entries, sums, known_now, planned_from)
    notes += _audited_notes(audited, sums, planned_on)
    history = _build_history(entries, sums, figures, notes, calendar, booked)
    return replace(history, estimates=collect_estimates(figures.series), audited=audited)


def _audited(
    entries: Mapping[str, list[_ServiceRow]],
    sums: Mapping[tuple[str, str], Mapping[int, BookedMonth]],
    known_now: LedgerFigures,
    planned_from: int,
) -> dict[str, dict[int, float]]:
    """Measure -> month -> the figure that is known now, where the plan had another one; of costs and people also none.

    `entries` and `sums` are the services, and the costs and people, as the plan knew them.
    """
    rows = [(series, select_last_booked(series.figures)[0]) for series in known_now.series]
    counting = cut_series(rows, planned_from)
    now = _add_accounts(counting)
    audited: dict[str, dict[int, float]] = {}
    for service, planned in entries.items():
        planned_rows = {row.month: row for row in planned}
        for row in now.get(service, ()):
            before = planned_rows.get(row.month)
            for kind in ("revenue", "volume", "price"):
                value = getattr(row, kind)
                if before is not None and not math.isnan(value) and value != getattr(before, kind):
                    audited.setdefault(f"{kind}.{service}", {})[row.month] = value
    others = _sum_others([(series, rows) for series, rows in counting if series.kind in ("cost", "headcount")])
    for (kind, name), months in others.items():
        planned_months = sums.get((kind, name), {})
        for month, figure in months.items():
            if month not in planned_months or planned_months[month].value != figure.value:
                audited.setdefault(kind if kind == "headcount" else f"{kind}.{name}", {})[month] = figure.value
    return audited


def _audited_notes(
    audited: Mapping[str, Mapping[int, float]],
    sums: Mapping[tuple[str, str], Mapping[int, BookedMonth]],
    planned_on: date | None,
) -> list[Note]:
    """A note on figures before the plan that were restated after it was made."""
    first_booked = {
        (measure, month)
        for measure, months in audited.items()
        for kind, _, name in (measure.partition("."),)
        for month in months
        if kind in ("cost", "headcount") and month not in sums.get((kind, name or kind), {})
    }
    names = [
        f"{measure} {format_month(month)}"
        for measure, months in sorted(audited.items())
        for month in months
        if (measure, month) not in first_booked
    ]
    if not names or planned_on is None:
        return []
    params = {"count": str(len(names)), "names": ", ".join(names)[:MAX_NAMES_CHARACTERS], "day": planned_on.isoformat()}
    return [("history_audited", tuple(sorted(params.items())))]


def _add_accounts(
    counting: list[tuple[LedgerSeries, list[LedgerFigure]]],
) -> dict[str, list[_ServiceRow]]:
    """The rows of each service, month by month the sum of its accounts."""
    accounts: dict[tuple[str, str], dict[str, list[LedgerFigure]]] = {}
    for series, rows in counting:
        if series.kind not in ("cost", "headcount"):
            accounts.setdefault((series.name, series.account), {})[series.kind] = rows
    by_service: dict[str, list[list[_ServiceRow]]] = {}
    for (service, _), by_kind in accounts.items():
        by_service.setdefault(service, []).append(_service_rows(by_kind))
    return {service: lists[0] if len(lists) == 1 else _sum_rows(lists) for service, lists in by_service.items()}


def _service_rows(by_kind: Mapping[str, list[LedgerFigure]]) -> list[_ServiceRow]:
    """The months of one account, from its revenue, or from its volumes and prices of the same months."""
    if "revenue" in by_kind:
        nan = math.nan
        return [_ServiceRow(row.month, row.cell, row.status, row.value, nan, nan) for row in by_kind["revenue"]]
    return [
        _ServiceRow(
            volume.month,
            volume.cell,
            weakest_status((volume.status, price.status)),
            volume.value * price.value,
            volume.value,
            price.value,
        )
        for volume, price in zip(by_kind["volume"], by_kind["price"], strict=True)
    ]


def _sum_rows(lists: list[list[_ServiceRow]]) -> list[_ServiceRow]:
    """One row a month: amounts added up, the mean price, the weakest status; the order of the accounts is no matter."""
    by_month: dict[int, list[_ServiceRow]] = {}
    for entry in (entry for rows in lists for entry in rows):
        by_month.setdefault(entry.month, []).append(entry)
    sums = []
    for month, rows in sorted(by_month.items()):
        revenue, volume = math.fsum(entry.revenue for entry in rows), math.fsum(entry.volume for entry in rows)
        price = revenue / volume if volume else math.fsum(entry.price for entry in rows) / len(rows)
        status = weakest_status(tuple(entry.status for entry in rows))
        sums.append(_ServiceRow(month, rows[0].cell, status, revenue, volume, price))
    return sums


def _sum_others(
    others: list[tuple[LedgerSeries, list[LedgerFigure]]],
) -> dict[tuple[str, str], dict[int, BookedMonth]]:
    """(kind, name) -> month -> the sum of the accounts that have a row in it, with the weakest status."""
    lists: dict[tuple[str, str], dict[int, list[LedgerFigure]]] = {}
    for series, rows in others:
        months = lists.setdefault((series.kind, series.name), {})
        for row in rows:
            months.setdefault(row.month, []).append(row)
    return {
        key: {
            month: BookedMonth(math.fsum(row.value for row in rows), weakest_status(tuple(row.status for row in rows)))
            for month, rows in sorted(months.items())
        }
        for key, months in sorted(lists.items())
    }


def _slip_notes(entries: Mapping[str, list[_ServiceRow]]) -> list[Note]:
    """Notes on amounts that are hardly meant."""
    notes: list[Note] = []
    for service, rows in sorted(entries.items()):
        for figure in ("revenue",) if math.isnan(rows[0].volume) else ("volume", "price"):
            values = np.array([getattr(entry, figure) for entry in rows])
            notes += slip_notes(service, figure, values, Calendar(rows[0].month, len(rows)))
    return notes


def _later_note(figures: LedgerFigures, as_of: date | None) -> list[Note]:
    """A note on rows that became known only after a day."""
    if as_of is None or not figures.later_count:
        return []
    return [("history_known_later", (("as_of", as_of.isoformat()), ("count", str(figures.later_count))))]


def _kept_notes(others: list[LedgerSeries], accounts: Accounts | None) -> list[Note]:
    """Notes on rows of costs and people: nothing uses them yet; and on costs that the plan does not have."""
    if not others:
        return []
    count = sum(len(series.figures) for series in others)
    names = ", ".join(sorted({_measure(series) for series in others}))
    notes: list[Note] = [("history_kept_rows", (("count", str(count)), ("names", names[:MAX_NAMES_CHARACTERS])))]
    known = {name for _, name in accounts.costs} if accounts is not None else set()
    unknown = ", ".join(sorted({s.name for s in others if s.kind == "cost" and s.name not in known}))
    if unknown and accounts is not None:
        notes.append(("history_costs_unknown", (("names", unknown[:MAX_NAMES_CHARACTERS]),)))
    return notes


def _measure(series: LedgerSeries) -> str:
    return series.kind if series.kind == "headcount" else f"{series.kind}.{series.name}"


def _count_leading_zeros(rows: list[_ServiceRow]) -> int:
    """Months of zero before the first that is not."""
    return next((i for i, entry in enumerate(rows) if entry.revenue != 0), len(rows))


def _all_zero_problems(entries: dict[str, list[_ServiceRow]], figures: LedgerFigures) -> list[Problem]:
    """Problems of services that never sold anything."""
    return [
        Problem.of(rows[0].cell.location, figures.name_column, "history_all_zero", service=service)
        for service, rows in entries.items()
        if _count_leading_zeros(rows) == len(rows)
    ]


def _calendar(entries: Mapping[str, list[_ServiceRow]], planned_from: int | None) -> Calendar:
    """From the first month that is not zero to the last; none before the plan where every row lies in it."""
    if not entries:
        assert planned_from is not None  # a ledger has rows
        return Calendar(planned_from, 0)
    first = min(rows[_count_leading_zeros(rows)].month for rows in entries.values())
    return Calendar(first, max(rows[-1].month for rows in entries.values()) - first + 1)


def _build_history(
    entries: dict[str, list[_ServiceRow]],
    others: dict[tuple[str, str], dict[int, BookedMonth]],
    figures: LedgerFigures,
    notes: list[Note],
    calendar: Calendar,
    booked: BookedMonths,
) -> History:
    services = tuple(sorted(entries))
    zeros = {service: _count_leading_zeros(entries[service]) for service in services}
    rows_by_service = {service: entries[service][zeros[service] :] for service in services}
    counted = [service for service in services if not math.isnan(entries[service][0].volume)]

    def column(figure: str, names: Sequence[str]) -> dict[str, Floats]:
        return {name: np.array([getattr(entry, figure) for entry in rows_by_service[name]]) for name in names}

    return History(
        calendar=calendar,
        services=services,
        revenue=column("revenue", services),
        volume=column("volume", counted),
        price=column("price", counted),
        status={service: tuple(entry.status for entry in rows_by_service[service]) for service in services},
        digest=figures.table.digest,
        row_count=len(figures.table.rows),
        leading_zero_months={service: count for service, count in zeros.items() if count},
        notes=tuple(notes),
        costs={name: months for (kind, name), months in others.items() if kind == "cost"},
        headcount=others.get(("headcount", "headcount"), {}),
        months_known_later=tuple(sorted({month for months in figures.later.values() for month in months})),
        booked=booked,
    )


class LedgerPlaces:
    """Places of the months of a ledger, for problems; the file is read again when the first is asked for.

    Parameters
    ----------
    path : str
        The CSV, which can be read.
    currency : str
        The currency of its amounts.
    accounts : Accounts
        What its rows call the services and costs of a plan.
    as_of : date, optional
        The day whose knowledge counts.
    """

    def __init__(self, path: str, currency: str, accounts: Accounts, as_of: date | None) -> None:
        self._path, self._currency, self._accounts, self._as_of = path, currency, accounts, as_of

    @cached_property
    def _figures(self) -> LedgerFigures:
        return read_figures(self._path, self._currency, self._accounts, self._as_of, [])

    @cached_property
    def _rows(self) -> dict[str, dict[int, LedgerFigure]]:
        """Measure -> month -> the row that counts, of the first account that has one; services by name alone too."""
        rows: dict[str, dict[int, LedgerFigure]] = {}
        for series in self._figures.series:
            name = series.kind if series.kind == "headcount" else f"{series.kind}.{series.name}"
            months = {figure.month: figure for figure in select_last_booked(series.figures)[0]}
            for key in (name,) if series.kind in ("cost", "headcount") else (name, series.name):
                rows[key] = {**months, **rows.get(key, {})}
        return rows

    @property
    def name_column(self) -> str:
        """Column of the service or measure."""
        return self._figures.name_column

    def locate(self, name: str, column: str, month: int | None = None) -> Location | None:
        """Return the place of a field.

        Parameters
        ----------
        name : str
            A service, or a measure such as `cost.wages`.
        column : str
            Column of the field.
        month : int, optional
            Month from year 0; that of the first row in the file by default.

        Returns
        -------
        Location, optional
            None where the ledger has no such row.
        """
        rows = self._rows.get(name, {})
        figures = list(rows.values()) if month is None else [rows[month]] if month in rows else []
        return min(figures, key=lambda figure: figure.row.line).row[column].location if figures else None
