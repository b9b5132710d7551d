"""Booked figures of the months that a plan simulates, measure by measure; any of them may be missing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from forecast.history.estimates import FINAL_STATUSES
from forecast.history.ledger_figures import LedgerFigure, LedgerSeries, weakest_status
from forecast.i18n import Note
from forecast.i18n.listing import list_names
from forecast.periods import format_month

__all__ = ["BookedMonth", "BookedMonths", "KnownSeries", "book_figures", "closed_figures", "cut_series", "known_before"]

MAX_INCOMPLETE_MONTHS = 6
"""Months that a note names before it counts the others."""


class BookedMonth(NamedTuple):
    """A figure of one month in a ledger."""

    value: float
    """In currency, pieces or people."""
    status: str


BookedMonths = Mapping[str, Mapping[int, BookedMonth]]
"""Measure, such as `revenue.postal`, `cost.wages` or `headcount` -> month from year 0 -> its figure."""
KnownSeries = tuple[LedgerSeries, list[LedgerFigure]]
"""Rows of one measure under one account, and of these the row of each month that counts, in order."""
_Accounts = dict[str, dict[int, LedgerFigure]]


def closed_figures(booked: BookedMonths, measure: str) -> dict[int, float]:
    """Select the final figures of a measure.

    Parameters
    ----------
    booked : BookedMonths
        Figures of the months that a plan simulates.
    measure : str
        Such as `revenue.postal`.

    Returns
    -------
    dict
        Month from year 0 -> figure, ascending; an estimate closes no month.
    """
    figures = booked.get(measure, {})
    return {month: figures[month].value for month in sorted(figures) if figures[month].status in FINAL_STATUSES}


def cut_series(known: Sequence[KnownSeries], month: int) -> list[KnownSeries]:
    """Keep the rows before a month.

    Parameters
    ----------
    known : sequence of KnownSeries
        Series of a ledger.
    month : int
        From year 0.

    Returns
    -------
    list of KnownSeries
        Those that have an earlier row, with these rows alone.
    """
    cut = []
    for series, rows in known:
        figures = [figure for figure in series.figures if figure.month < month]
        if figures:
            cut.append((replace(series, figures=figures), [figure for figure in rows if figure.month < month]))
    return cut


def known_before(series: Iterable[LedgerSeries], month: int, day: date) -> Iterator[LedgerSeries]:
    """Leave out the rows of earlier months that became known after the plan was made.

    Parameters
    ----------
    series : iterable of LedgerSeries
        Of a ledger.
    month : int
        The first month that the plan simulates, from year 0; rows of it and of later ones stay.
    day : date
        The day on which the plan was made.

    Yields
    ------
    LedgerSeries
        Those that have a row.
    """
    limit = day.toordinal()
    for each in series:
        figures = [figure for figure in each.figures if figure.month >= month or figure.known_on <= limit]
        if figures:
            yield replace(each, figures=figures)


def book_figures(known: Iterable[KnownSeries], first: int) -> tuple[dict[str, dict[int, BookedMonth]], list[Note]]:
    """Add up the accounts of each measure, from the first month on that a plan simulates.

    Parameters
    ----------
    known : iterable of KnownSeries
        Series of a ledger.
    first : int
        The first of these months, from year 0.

    Returns
    -------
    booked : dict
        Measure -> month -> figure. A month that an account of the measure lacks has none: a part is no sum. A counted
        service has volume, price and revenue.
    notes : list of Note
        Names such months.
    """
    by_measure: dict[tuple[str, str], _Accounts] = {}
    for series, rows in known:
        accounts = by_measure.setdefault((series.kind, series.name), {})
        accounts[series.account] = {**accounts.get(series.account, {}), **{row.month: row for row in rows}}
    booked: dict[str, dict[int, BookedMonth]] = {}
    notes: list[Note] = []
    for (kind, name), accounts in sorted(by_measure.items()):
        measure = kind if kind == "headcount" else f"{kind}.{name}"
        months = sorted({month for rows in accounts.values() for month in rows if month >= first})
        complete = [month for month in months if _is_complete(accounts, month)]
        notes += _incomplete_note(measure, sorted(set(months) - set(complete)))
        if not complete or kind == "price":
            continue
        if kind != "volume":
            booked[measure] = {month: _sum(accounts, month) for month in complete}
            continue
        prices = by_measure["price", name]
        for month in complete:
            volume, revenue = _sum(accounts, month), _sum_products(accounts, prices, month)
            for key, figure in (("volume", volume), ("revenue", revenue)):
                booked.setdefault(f"{key}.{name}", {})[month] = figure
            if volume.value:
                price = BookedMonth(revenue.value / volume.value, revenue.status)
                booked.setdefault(f"price.{name}", {})[month] = price
    return booked, notes


def _is_complete(accounts: _Accounts, month: int) -> bool:
    """True where every account has the month that has begun and was not followed by another."""
    for rows in accounts.values():
        if month in rows or month < min(rows):
            continue
        if month < max(rows) or not _has_successor(accounts, max(rows)):
            return False
    return True


def _has_successor(accounts: _Accounts, last: int) -> bool:
    """True where another account begins in the month after the last of one: a service that was renamed or split."""
    return any(min(rows) == last + 1 for rows in accounts.values())


def _sum(accounts: _Accounts, month: int) -> BookedMonth:
    figures = [rows[month] for rows in accounts.values() if month in rows]
    return BookedMonth(math.fsum(figure.value for figure in figures), weakest_status([f.status for f in figures]))


def _sum_products(volumes: _Accounts, prices: _Accounts, month: int) -> BookedMonth:
    """The revenue of a counted service: the sum of volume by price over its accounts."""
    pairs = [(rows[month], prices[account][month]) for account, rows in volumes.items() if month in rows]
    status = weakest_status([figure.status for pair in pairs for figure in pair])
    return BookedMonth(math.fsum(volume.value * price.value for volume, price in pairs), status)


def _incomplete_note(measure: str, months: Sequence[int]) -> list[Note]:
    """A note on months of which some accounts have no row."""
    if not months:
        return []
    listed = list_names(map(format_month, months), MAX_INCOMPLETE_MONTHS)
    return [("history_incomplete_sum", (("measure", measure), ("months", listed)))]
