"""Months, days and periods: a month is a whole number, a day a real one.

A month is counted from year 0 (`12 * year + month - 1`), a day is the proleptic Gregorian ordinal of
`datetime.date.toordinal`, and a moment inside a day is the fraction that has passed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats

if TYPE_CHECKING:
    from forecast.arrays import Ints


SEASON_MONTHS = 12
"""Months of a season."""


DAYS_PER_MONTH = 365 / 12
"""Days in a month of a duration (`within: 2 months`)."""

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")


def parse_month(text: str) -> int:
    """The month written `2021-01`; ValueError for anything else."""
    if not (found := _MONTH.fullmatch(text.strip())):
        raise ValueError(text)
    return 12 * int(found[1]) + int(found[2]) - 1


def format_month(month: int) -> str:
    """The month as it is written: `2021-01`."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def first_day(month: int) -> int:
    """Ordinal of the first day of a month."""
    return date(month // 12, month % 12 + 1, 1).toordinal()


def month_of_day(day: float) -> int:
    """The month that holds a day."""
    found = date.fromordinal(int(day))
    return 12 * found.year + found.month - 1


@dataclass(frozen=True)
class Calendar:
    """Consecutive months, first to last."""

    first: int
    count: int

    @property
    def last(self) -> int:
        """The last month."""
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
    def edges(self) -> NDArray[np.float64]:
        """Ordinals of the first day of each month and of the day after the last, shape (count + 1,)."""
        return _edges(self.first, self.count)

    @property
    def days(self) -> NDArray[np.float64]:
        """Days in each month, shape (count,)."""
        return _days(self.first, self.count)

    def rows_at(self, moment: NDArray[np.float64]) -> NDArray[np.intp]:
        """Row of the month that holds each moment: -1 before the first month, `count` after the last."""
        rows = _day_rows(self.first, self.count)
        day = moment.astype(np.intp)
        day -= int(self.edges[0]) - 1
        return rows.take(day, mode="clip")

    def full_years(self) -> Calendar:
        """The calendar years that these months touch, January to December."""
        first = 12 * (self.first // 12)
        return Calendar(first, 12 * len(self.years))

    def rows(self, part: Calendar) -> slice:
        """Rows of `part` inside these months; IndexError when it is not wholly inside."""
        start = part.first - self.first
        if start < 0 or part.last > self.last:
            raise IndexError(f"{format_month(part.first)} to {format_month(part.last)} is outside")
        return slice(start, start + part.count)

    def year_rows(self, year: int) -> slice:
        """Rows of those months that fall in `year`."""
        start = max(12 * year, self.first)
        stop = min(12 * year + 12, self.first + self.count)
        return slice(start - self.first, stop - self.first)


@lru_cache(maxsize=256)
def _edges(first: int, count: int) -> NDArray[np.float64]:
    edges = np.array([first_day(month) for month in range(first, first + count + 1)], float)
    edges.flags.writeable = False
    return edges


@lru_cache(maxsize=256)
def _days(first: int, count: int) -> NDArray[np.float64]:
    days = np.diff(_edges(first, count))
    days.flags.writeable = False
    return days


@lru_cache(maxsize=256)
def _day_rows(first: int, count: int) -> NDArray[np.intp]:
    """Row of every day of a calendar, with one day before it and one after."""
    days = np.diff(_edges(first, count)).astype(np.intp)
    return np.repeat(np.arange(-1, count + 1), np.concatenate([[1], days, [1]]))


def parse_period(text: str) -> Calendar:
    """The months of `2021`, `2021-Q2`, `2021-06` or `2021-01 to 2021-06`; ValueError for anything else."""
    text = text.strip()
    if re.fullmatch(r"\d{4}", text):
        return Calendar(12 * int(text), 12)
    if found := _QUARTER.fullmatch(text):
        return Calendar(12 * int(found[1]) + 3 * (int(found[2]) - 1), 3)
    if " to " in text or " đến " in text:
        start, end = (parse_month(part) for part in re.split(r" (?:to|đến) ", text, maxsplit=1))
        if end < start:
            raise ValueError(text)
        return Calendar(start, end - start + 1)
    return Calendar(parse_month(text), 1)


def days_inside(calendar: Calendar, start: float, stop: float) -> Floats:
    """Days of each month that lie in [start, stop), shape (months,)."""
    edges = calendar.edges
    inside: Floats = np.minimum(stop, edges[1:]) - np.maximum(start, edges[:-1])
    return np.maximum(0.0, inside)


def month_overlaps(start: Floats, end: Floats, calendar: Calendar) -> tuple[Ints, Ints, Floats]:
    """Exact overlap of intervals of days with months: (interval, month, days), one entry for each that meet.

    First the first month of each interval, then the second of those that have one, and so on.
    """
    month = np.maximum(calendar.rows_at(start), 0)
    opening = np.maximum(start, calendar.edges[0])
    closing, last = calendar.edges[1:], np.append(calendar.edges[1:-1], np.inf)
    interval = np.arange(len(start))
    met = end > opening
    met &= month < calendar.count
    if not met.all():
        interval = np.flatnonzero(met)
        month, opening, end = month[interval], opening[interval], end[interval]
    found = []
    while True:
        edge = closing.take(month)
        days = np.minimum(end, edge)
        days -= opening
        found.append((interval, month, days))
        over = np.flatnonzero(end > last.take(month))
        if not len(over):
            break
        interval, month, opening, end = interval[over], month[over] + 1, edge[over], end[over]
    interval, month, days = found[0] if len(found) == 1 else (np.concatenate(part) for part in zip(*found, strict=True))
    return interval, month, days


def ramp(start: Floats, length: Floats, calendar: Calendar) -> Floats:
    """Month means of clip((t - start) / length, 0, 1), the exact integral: (months, paths) or (months, 1)."""
    shape = np.broadcast_shapes(start.shape, length.shape)
    grown = np.empty((calendar.count, *shape))
    area, before, rising = np.empty((3, *shape))
    days, steepness = calendar.days, 0.5 / np.maximum(length, 1e-9)  # 0 times anything where there is no length
    for month, edge in enumerate(calendar.edges):  # a row of paths stays near the processor
        np.maximum(np.subtract(edge, start, out=area), 0, out=area)
        np.minimum(area, length, out=rising)
        area -= rising
        rising *= rising
        rising *= steepness
        area += rising
        if month:
            np.subtract(area, before, out=grown[month - 1])
            grown[month - 1] /= days[month - 1]
        area, before = before, area
    return grown
