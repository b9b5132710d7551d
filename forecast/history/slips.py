"""Slips of the hand in a ledger: amounts that are possible and hardly meant, each as a note for the reader."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from forecast.arrays import Bools, Floats, Ints
from forecast.i18n import Note
from forecast.i18n.listing import list_names
from forecast.periods import Calendar, format_month

__all__ = ["slip_notes"]

MIN_SCALE_RATIO = 300.0
"""Ratio of a month and the months around it from which it may stand in another unit, such as thousands [C]."""
SLIP_SIDE_MONTHS = 6
"""Months on each side that a month is compared with."""
MIN_MONTHS = 6
"""Months from which a series can show a slip."""
MAX_LONE_NEGATIVES = 2
"""Negative months up to which they may be a slip, where all others are above zero."""
MAX_SLIP_MONTHS = 6
"""Months that a note names."""


def slip_notes(service: str, column: str, values: Floats, calendar: Calendar) -> Iterator[Note]:
    """Find amounts of a service that look like slips.

    Parameters
    ----------
    service : str
        Name of the service.
    column : str
        Column of the ledger that holds the amounts.
    values : (months,)
        Amounts, in the unit of the column.
    calendar : Calendar
        Their months.

    Yields
    ------
    Note
        For months about a thousand times, or a thousandth of, the months around them; for a month or two below zero
        where all others are above; for a series that never changes.
    """
    if len(values) < MIN_MONTHS:
        return
    rows = np.flatnonzero(_is_other_scale(values))
    if len(rows):
        yield _note("slip_scale", service, column, months=_month_list(calendar, rows))
    if column == "price":  # never below zero, and the same for years in many a trade
        return
    negative = np.flatnonzero(values < 0)
    if 0 < len(negative) <= MAX_LONE_NEGATIVES and np.count_nonzero(values > 0) == len(values) - len(negative):
        yield _note("slip_negative", service, column, months=_month_list(calendar, negative))
    if values[0] != 0 and np.all(values == values[0]):
        yield _note("slip_constant", service, column, count=len(values), value=f"{values[0]:.15g}")


def _is_other_scale(values: Floats) -> Bools:
    """(months,): True where a month is far above or below the median of the others around it, by a unit's size."""
    blank = np.full(SLIP_SIDE_MONTHS, np.nan)
    windows = sliding_window_view(np.concatenate([blank, np.abs(values), blank]), 2 * SLIP_SIDE_MONTHS + 1).copy()
    windows[:, SLIP_SIDE_MONTHS] = np.nan
    windows[windows == 0] = np.nan
    windows.sort(axis=1)  # what is not known comes last; nanmedian takes ten times as long for so few
    count = np.count_nonzero(~np.isnan(windows), axis=1)
    rows, is_known = np.arange(len(values)), count >= SLIP_SIDE_MONTHS // 2
    middle = (windows[rows, (count - 1) // 2] + windows[rows, count // 2]) / 2
    typical = np.where(is_known, middle, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.abs(np.log(np.abs(values) / typical))
    return np.asarray(np.isfinite(distance) & (distance > np.log(MIN_SCALE_RATIO)), bool)


def _note(key: str, service: str, column: str, **params: object) -> Note:
    texts = {"service": service, "column": column, **{name: str(value) for name, value in params.items()}}
    return key, tuple(sorted(texts.items()))


def _month_list(calendar: Calendar, rows: Ints) -> str:
    """The first months, and how many more there are."""
    return list_names((format_month(calendar.first + int(row)) for row in rows), MAX_SLIP_MONTHS)
