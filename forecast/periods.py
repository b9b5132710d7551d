"""Months, days and periods: a month is a whole number, a day a real one; the file imports numpy alone.

A month is counted from year 0 (`12 * year + month - 1`), a day is the proleptic Gregorian ordinal of
`datetime.date.toordinal`, and a moment inside a day is the fraction that has passed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from forecast.arrays import Floats, Ints

__all__ = [
    "DAYS_PER_MONTH",
    "MONTHS_PER_QUARTER",
    "SEASON_MONTHS",
    "Calendar",
    "days_inside",
    "first_day",
    "format_month",
    "month_overlaps",
    "parse_month",
    "parse_period",
    "ramp",
]

SEASON_MONTHS = 12
MONTHS_PER_QUARTER = 3
DAYS_PER_MONTH = 365 / 12
"""Days in a month of a duration (`within: 2 months`)."""

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")


def parse_month(text: str) -> int:
    """Read the month written `2021-01`.

    Parameters
    ----------
    text : str
        Year and month.

    Returns
    -------
    int
        Month from year 0.

    Raises
    ------
    ValueError
        The text is anything else.
    """
    if not (match := _MONTH.fullmatch(text.strip())):
        raise ValueError(text)
    return 12 * int(match[1]) + int(match[2]) - 1


def format_month(month: int) -> str:
    """Return a month as it is written: `2021-01`.

    Parameters
    ----------
    month : int
        Month from year 0.

    Returns
    -------
    str
        Year and month.
    """
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def first_day(month: int) -> int:
    """Return the first day of a month.

    Parameters
    ----------
    month : int
        Month from year 0.

    Returns
    -------
    int
        Proleptic Gregorian ordinal.
    """
    return date(month // 12, month % 12 + 1, 1).toordinal()


@dataclass(frozen=True)
class Calendar:
    """Consecutive months.

    Parameters
    ----------
    first : int
        First month, from year 0.
    count : int
        Number of months.
    """

    first: int
    count: int

    @property
    def last(self) -> int:
        """Last month."""
        return self.first + self.count - 1

    @property
    def months(self) -> range:
        """Every month, in order."""
        return range(self.first, self.first + self.count)

    @property
    def years(self) -> range:
        """Every calendar year that has a month here."""
        return range(self.first // 12, self.last // 12 + 1)

    @property
    def edges(self) -> Floats:
        """Ordinals of the first day of each month and of the day after the last, (count + 1,)."""
        return _edges(self.first, self.count)

    @property
    def days(self) -> Floats:
        """Days in each month, (count,)."""
        return _days(self.first, self.count)

    def rows_at(self, moment: Floats) -> Ints:
        """Row of the month that holds each moment (moments,): -1 before the first month, `count` after the last."""
        rows = _day_rows(self.first, self.count)
        day = moment.astype(np.intp)
        day -= int(self.edges[0]) - 1
        return rows.take(day, mode="clip")

    def full_years(self) -> Calendar:
        """Calendar years that these months touch, January to December."""
        first = 12 * (self.first // 12)
        return Calendar(first, 12 * len(self.years))

    def rows(self, part: Calendar) -> slice:
        """Rows of `part` inside these months; IndexError when it is not wholly inside."""
        start = part.first - self.first
        if start < 0 or part.last > self.last:
            raise IndexError(f"{format_month(part.first)} to {format_month(part.last)} is outside")
        return slice(start, start + part.count)

    def year_rows(self, year: int) -> slice:
        """Rows of the months that fall in `year`."""
        start = max(12 * year, self.first)
        stop = min(12 * year + 12, self.first + self.count)
        return slice(start - self.first, stop - self.first)


@lru_cache(maxsize=256)
def _edges(first: int, count: int) -> Floats:
    edges = np.array([first_day(month) for month in range(first, first + count + 1)], float)
    edges.flags.writeable = False
    return edges


@lru_cache(maxsize=256)
def _days(first: int, count: int) -> Floats:
    days = np.diff(_edges(first, count))
    days.flags.writeable = False
    return days


@lru_cache(maxsize=256)
def _day_rows(first: int, count: int) -> Ints:
    """Row of every day of a calendar, with one day before it and one after, (days + 2,)."""
    days = np.diff(_edges(first, count)).astype(np.intp)
    return np.repeat(np.arange(-1, count + 1), np.concatenate([[1], days, [1]]))


def parse_period(text: str) -> Calendar:
    """Read a year, a quarter, a month or a range of months.

    Parameters
    ----------
    text : str
        `2021`, `2021-Q2`, `2021-06` or `2021-01 to 2021-06`.

    Returns
    -------
    Calendar
        Its months.

    Raises
    ------
    ValueError
        The text is anything else.
    """
    text = text.strip()
    if re.fullmatch(r"\d{4}", text):
        return Calendar(12 * int(text), 12)
    if match := _QUARTER.fullmatch(text):
        return Calendar(12 * int(match[1]) + 3 * (int(match[2]) - 1), 3)
    if " to " in text or " đến " in text:
        start, end = (parse_month(part) for part in re.split(r" (?:to|đến) ", text, maxsplit=1))
        if end < start:
            raise ValueError(text)
        return Calendar(start, end - start + 1)
    return Calendar(parse_month(text), 1)


def days_inside(calendar: Calendar, start: float, stop: float) -> Floats:
    """Return how many days of each month lie in [start, stop).

    Parameters
    ----------
    calendar : Calendar
        The months.
    start, stop : float
        Ordinals of days.

    Returns
    -------
    Floats
        Days, (months,).
    """
    edges = calendar.edges
    inside: Floats = np.minimum(stop, edges[1:]) - np.maximum(start, edges[:-1])
    return np.maximum(0.0, inside)


def month_overlaps(start: Floats, end: Floats, calendar: Calendar) -> tuple[Ints, Ints, Floats]:
    """Return the exact overlaps of intervals of days with months, one entry for each pair that meets.

    Parameters
    ----------
    start, end : Floats
        Ordinals of days, (intervals,).
    calendar : Calendar
        The months.

    Returns
    -------
    tuple of Ints, Ints and Floats
        Row of the interval, row of the month and days of the overlap, (overlaps,) each: the first month of every
        interval, then the second of those that have one, and so on, whether or not the calendar has these months.
    """
    meets = end > np.maximum(start, calendar.edges[0])
    meets &= start < calendar.edges[-1]
    interval = np.arange(len(start))
    if not meets.all():
        interval = np.flatnonzero(meets)
        start, end = start[interval], end[interval]
    earlier = _months_before(calendar, start.min(initial=np.inf))
    if not earlier:
        return _overlaps_of_later(interval, start, end, calendar)
    interval, month, days = _overlaps_of_later(
        interval, start, end, Calendar(calendar.first - earlier, calendar.count + earlier)
    )
    inside = np.flatnonzero(month >= earlier)
    return interval[inside], month[inside] - earlier, days[inside]


def _months_before(calendar: Calendar, day: float) -> int:
    """Months from the one that holds a day to the first of a calendar; 0 for a day that is not before it."""
    if day >= calendar.edges[0]:
        return 0
    held = date.fromordinal(int(day))
    return calendar.first - (12 * held.year + held.month - 1)


def _overlaps_of_later(interval: Ints, start: Floats, end: Floats, calendar: Calendar) -> tuple[Ints, Ints, Floats]:
    """Overlaps of intervals (intervals,), all of which begin inside the calendar."""
    month, opening = calendar.rows_at(start), start
    month_ends, last_ends = calendar.edges[1:], np.append(calendar.edges[1:-1], np.inf)
    chunks = []
    while True:
        month_end = month_ends.take(month)
        days = np.minimum(end, month_end)
        days -= opening
        chunks.append((interval, month, days))
        continued = np.flatnonzero(end > last_ends.take(month))
        if not len(continued):
            break
        interval, month = interval.take(continued), month.take(continued) + 1
        opening, end = month_end.take(continued), end.take(continued)
    interval, month, days = (
        chunks[0] if len(chunks) == 1 else (np.concatenate(chunk) for chunk in zip(*chunks, strict=True))
    )
    return interval, month, days


def ramp(start: Floats, length: Floats, calendar: Calendar) -> Floats:
    """Return the month means of a linear rise from 0 to 1: the exact integral of clip((t - start) / length, 0, 1).

    Parameters
    ----------
    start : Floats
        Ordinal of the day on which the rise begins, (paths,) or (1,).
    length : Floats
        Days that it takes, (paths,) or (1,).
    calendar : Calendar
        The months.

    Returns
    -------
    Floats
        (months, paths) or (months, 1).
    """
    if len(start) == len(length) == 1:
        return _certain_ramp(float(start[0]), float(length[0]), calendar)
    return _ramp(start, length, calendar)


@lru_cache(maxsize=256)
def _certain_ramp(start: float, length: float, calendar: Calendar) -> Floats:
    """(months, 1) month means of a rise that is the same in every path; nobody may write into them."""
    means = _ramp(np.array([start]), np.array([length]), calendar)
    means.flags.writeable = False
    return means


def _ramp(start: Floats, length: Floats, calendar: Calendar) -> Floats:
    """(months, paths) or (months, 1) month means of a rise from `start` over `length` days."""
    shape = np.broadcast_shapes(start.shape, length.shape)
    means = np.empty((calendar.count, *shape))
    area, area_before, rising = np.empty((3, *shape))
    days, steepness = calendar.days, 0.5 / np.maximum(length, 1e-9)  # 0 times anything where there is no length
    whole_rise = length * length * steepness
    begins, latest, is_over = (
        start.min(),
        start.max(),
        (start + length).max() + 1,
    )  # a day later, for what is lost by rounding
    for month, edge in enumerate(calendar.edges):  # a row of paths stays near the processor
        if edge <= begins:
            area.fill(0)
        elif edge >= is_over:
            np.subtract(edge, start, out=area)
            area -= length
            area += whole_rise
        else:
            np.subtract(edge, start, out=area)
            if edge < latest:
                np.maximum(area, 0, out=area)
            np.minimum(area, length, out=rising)
            area -= rising
            rising *= rising
            rising *= steepness
            area += rising
        if month:
            np.subtract(area, area_before, out=means[month - 1])
            means[month - 1] /= days[month - 1]
        area, area_before = area_before, area
    return means
