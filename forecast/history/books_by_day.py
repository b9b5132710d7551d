"""Books of the months that a plan simulates as they stood on earlier days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from forecast.errors import Problem, raise_if_problems
from forecast.history.accounts import Accounts
from forecast.history.booked_months import BookedMonths, KnownSeries, book_figures
from forecast.history.estimates import FINAL_STATUSES
from forecast.history.ledger_figures import LedgerSeries, read_figures
from forecast.history.restatements import select_last_booked

__all__ = ["BooksByDay"]


@dataclass(frozen=True)
class BooksByDay:
    """Rows of a ledger with the days on which they became known."""

    series: tuple[LedgerSeries, ...]
    first: int
    """First month that the plan simulates, from year 0."""

    @classmethod
    def read(cls, path: str, currency: str, accounts: Accounts, as_of: date | None, first: int) -> BooksByDay:
        """Read a ledger.

        Parameters
        ----------
        path : str
            A CSV file.
        currency : str
            The currency of its amounts.
        accounts : Accounts
            What its rows call the services and costs of a plan.
        as_of : date, optional
            Rows that became known later are left out; None keeps all.
        first : int
            First month that the plan simulates, from year 0.

        Returns
        -------
        BooksByDay
            Its books.

        Raises
        ------
        InputError
            The ledger cannot be read.
        """
        problems: list[Problem] = []
        figures = read_figures(path, currency, accounts, as_of, problems)
        raise_if_problems(problems)
        return cls(figures.series, first)

    def closing_days(self, months: Iterable[int]) -> dict[int, int]:
        """Find the days on which months were closed.

        Parameters
        ----------
        months : iterable of int
            Closed months, from year 0.

        Returns
        -------
        dict of int
            Month -> ordinal day on which the last of its services was first booked.
        """
        first_booked: dict[int, dict[tuple[str, str], int]] = {month: {} for month in months}
        for series in self.series:
            if series.kind not in ("revenue", "volume", "price"):
                continue
            for figure in series.figures:
                if figure.month in first_booked and figure.status in FINAL_STATUSES:
                    days, key = first_booked[figure.month], (series.kind, series.account)
                    days[key] = min(figure.known_on, days.get(key, figure.known_on))
        return {month: max(days.values()) for month, days in sorted(first_booked.items()) if days}

    def on_day(self, day: int) -> BookedMonths:
        """Return the books as they stood on a day.

        Parameters
        ----------
        day : int
            Its ordinal.

        Returns
        -------
        BookedMonths
            Measure -> month -> figure, as the ledger had them.
        """
        known: list[KnownSeries] = []
        for series in self.series:
            figures = [figure for figure in series.figures if figure.known_on <= day]
            if figures:
                known.append((replace(series, figures=figures), select_last_booked(figures)[0]))
        booked, _ = book_figures(_priced(known), self.first)
        return booked


def _priced(known: list[KnownSeries]) -> list[KnownSeries]:
    """The series with volumes and prices in the months alone that have both."""
    months = {(series.kind, series.account): {row.month for row in rows} for series, rows in known}
    kept = []
    for series, rows in known:
        if series.kind in ("volume", "price"):
            other = months.get(("price" if series.kind == "volume" else "volume", series.account), set())
            rows = [row for row in rows if row.month in other]
        if rows:
            kept.append((series, rows))
    return kept
