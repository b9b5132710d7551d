"""Bookings: every figure of a ledger with all its versions, so that one reading answers what was known on any day."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from forecast.errors import Problem, raise_if_problems
from forecast.history.accounts import Accounts
from forecast.history.ledger_checks import check_rows
from forecast.history.ledger_figures import LedgerFigure, LedgerSeries, read_figures

__all__ = ["LAST_DAY", "BookedValue", "Bookings", "read_bookings"]

BOOKED_STATUSES = ("actual", "example")
"""Statuses of figures that the books hold; an estimate or a reconstructed month is no actual figure."""
LAST_DAY = date.max.toordinal()
"""The day on which every row is known."""


class FigureVersion(NamedTuple):
    """One figure of a month, as it was known from a day on."""

    known_on: int
    """Ordinal day."""
    booked: int
    """Ordinal day of its booking; 0 where its row has none."""
    value: float
    is_booked: bool
    """False for an estimate and for a reconstructed month."""
    is_example: bool


class BookedValue(NamedTuple):
    """A booked figure of a month, as it was known on a day."""

    value: float
    booked: int
    """Ordinal day of the last booking that it is made of; 0 where a row of it has none."""


AccountMonths = dict[int, tuple[FigureVersion, ...]]
"""Month from year 0, rising -> versions of one account, by the day on which they became known."""


@dataclass(frozen=True)
class Bookings:
    """Every figure of a ledger, with its restatements."""

    accounts: Mapping[str, tuple[AccountMonths, ...]]
    """Measure, such as `revenue.postal` or `headcount` -> its accounts."""

    @property
    def measures(self) -> frozenset[str]:
        """Measures that have a row."""
        return frozenset(self.accounts)

    @property
    def has_examples(self) -> bool:
        """True where a figure is of an example, not of a firm."""
        return any(
            version.is_example
            for accounts in self.accounts.values()
            for months in accounts
            for versions in months.values()
            for version in versions
        )

    @cached_property
    def first_months(self) -> Mapping[str, int]:
        """Measure -> its first month from year 0."""
        return {measure: min(next(iter(months)) for months in accounts) for measure, accounts in self.accounts.items()}

    def value(self, measure: str, month: int, day: int = LAST_DAY) -> BookedValue | None:
        """Return the figure of a month as it was known on a day.

        Parameters
        ----------
        measure : str
            Such as `revenue.postal`.
        month : int
            Month from year 0.
        day : int
            Ordinal day; every row is known by default.

        Returns
        -------
        BookedValue, optional
            The sum of the accounts that the month has; None where one of them was not booked on that day.
        """
        versions = self._versions(measure, month, day)
        if not versions or not all(version is not None and version.is_booked for version in versions):
            return None
        known = [version for version in versions if version is not None]
        return BookedValue(
            math.fsum(version.value for version in known),
            max(version.booked for version in known) if all(version.booked for version in known) else 0,
        )

    def first_booked_day(self, measure: str, month: int) -> int | None:
        """Return the first day on which the figure of a month was booked.

        Parameters
        ----------
        measure : str
            Such as `revenue.postal`.
        month : int
            Month from year 0.

        Returns
        -------
        int, optional
            Ordinal day; None where it never was.
        """
        days = {version.known_on for account in self.accounts.get(measure, ()) for version in account.get(month, ())}
        return next((day for day in sorted(days) if self.value(measure, month, day) is not None), None)

    def _versions(self, measure: str, month: int, day: int) -> list[FigureVersion | None]:
        """The version of each account that a month has; None for one that was not known on a day.

        An account has no month before its first, nor after its last where another begins in the month after that: a
        service that was renamed or split.
        """
        versions: list[FigureVersion | None] = []
        accounts = self.accounts.get(measure, ())
        firsts = {next(iter(account)) for account in accounts}  # by month
        for account in accounts:
            last = next(reversed(account))
            if month < next(iter(account)) or (month > last and last + 1 in firsts):
                continue
            known = [version for version in account.get(month, ()) if version.known_on <= day]
            versions.append(known[-1] if known else None)
        return versions


def read_bookings(path: str, currency: str, accounts: Accounts, as_of: date | None = None) -> Bookings:
    """Read every version of every figure of a ledger.

    Parameters
    ----------
    path : str
        A CSV file, as `read_history` reads it.
    currency : str
        The currency of its amounts.
    accounts : Accounts
        What its rows call the services and costs of a plan.
    as_of : date, optional
        The day whose knowledge counts: rows that became known later are as if they were absent. All rows by default.

    Returns
    -------
    Bookings
        Revenue of services (volume times price where these are booked), volumes, costs and people.

    Raises
    ------
    InputError
        The file is no ledger, or a month without a day of booking stands in it twice: every problem at once.
    """
    problems: list[Problem] = []
    figures = read_figures(path, currency, accounts, as_of, problems)
    raise_if_problems(problems)
    raise_if_problems(check_rows(figures))
    by_account: dict[tuple[str, str], dict[str, LedgerSeries]] = {}
    for series in figures.series:
        by_account.setdefault((series.name, series.account), {})[series.kind] = series
    measures: dict[str, list[AccountMonths]] = {}
    for (name, _), by_kind in by_account.items():
        for kind, months in _months_by_kind(by_kind).items():
            if months:
                measures.setdefault(kind if kind == "headcount" else f"{kind}.{name}", []).append(months)
    return Bookings({measure: tuple(accounts) for measure, accounts in sorted(measures.items())})


def _months_by_kind(by_kind: Mapping[str, LedgerSeries]) -> dict[str, AccountMonths]:
    """Kind -> months of one account; revenue is volume times price, anew whenever one of them was booked."""
    figures = {kind: _group_by_month(series.figures) for kind, series in by_kind.items()}
    versions: dict[str, AccountMonths] = {
        kind: {month: tuple(map(_single_version, rows)) for month, rows in months.items()}
        for kind, months in figures.items()
        if kind != "price"
    }
    if "volume" in figures and "price" in figures:
        volumes, prices = figures["volume"], figures["price"]
        versions["revenue"] = {
            month: _revenue_versions(volumes[month], prices[month]) for month in volumes if month in prices
        }
    return versions


def _group_by_month(figures: Iterable[LedgerFigure]) -> dict[int, list[LedgerFigure]]:
    """Month -> its figures by the day on which they became known, of one day in the order of the file."""
    months: dict[int, list[LedgerFigure]] = {}
    for figure in figures:
        months.setdefault(figure.month, []).append(figure)
    return {month: sorted(versions, key=lambda figure: figure.known_on) for month, versions in sorted(months.items())}


def _single_version(figure: LedgerFigure) -> FigureVersion:
    is_booked, is_example = figure.status in BOOKED_STATUSES, figure.status == "example"
    return FigureVersion(figure.known_on, figure.booked, figure.value, is_booked, is_example)


def _revenue_versions(volumes: Sequence[LedgerFigure], prices: Sequence[LedgerFigure]) -> tuple[FigureVersion, ...]:
    """Volume times price, as both were known on each day on which one of them became known."""
    versions = []
    for day in sorted({figure.known_on for figure in (*volumes, *prices)}):
        volume, price = (
            next((_single_version(figure) for figure in reversed(figures) if figure.known_on <= day), None)
            for figures in (volumes, prices)
        )
        if volume is not None and price is not None:
            versions.append(
                FigureVersion(
                    day,
                    max(volume.booked, price.booked) if volume.booked and price.booked else 0,
                    volume.value * price.value,
                    volume.is_booked and price.is_booked,
                    volume.is_example or price.is_example,
                )
            )
    return tuple(versions)
