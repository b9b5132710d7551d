"""Months, days and periods: a month is a whole number, a day a real one.

A month is counted from year 0 (`12 * year + month - 1`), a day is the proleptic Gregorian ordinal of
`datetime.date.toordinal`, and a moment inside a day is the fraction that has passed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

DAYS_PER_MONTH = 365 / 12
"""Days in a month of a duration (`within: 2 months`)."""

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")


def month_of(text: str) -> int:
    """The month written `2021-01`; ValueError for anything else."""
    if not (found := _MONTH.fullmatch(text.strip())):
        raise ValueError(text)
    return 12 * int(found[1]) + int(found[2]) - 1


def month_text(month: int) -> str:
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

    def row_of(self, moment: NDArray[np.float64]) -> NDArray[np.intp]:
        """Row of the month that holds each moment: -1 before the first month, `count` after the last."""
        rows = _row_of_day(self.first, self.count)
        day = moment.astype(np.intp)
        day -= int(self.edges[0]) - 1
        return rows.take(day, mode="clip")

    def whole_years(self) -> Calendar:
        """The calendar years that these months touch, January to December."""
        first = 12 * (self.first // 12)
        return Calendar(first, 12 * len(self.years))

    def rows(self, part: Calendar) -> slice:
        """Rows of `part` inside these months; IndexError when it is not wholly inside."""
        start = part.first - self.first
        if start < 0 or part.last > self.last:
            raise IndexError(f"{month_text(part.first)} to {month_text(part.last)} is outside")
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
def _row_of_day(first: int, count: int) -> NDArray[np.intp]:
    """Row of every day of a calendar, with one day before it and one after."""
    days = np.diff(_edges(first, count)).astype(np.intp)
    return np.repeat(np.arange(-1, count + 1), np.concatenate([[1], days, [1]]))


def period_of(text: str) -> Calendar:
    """The months of `2021`, `2021-Q2`, `2021-06` or `2021-01 to 2021-06`; ValueError for anything else."""
    text = text.strip()
    if re.fullmatch(r"\d{4}", text):
        return Calendar(12 * int(text), 12)
    if found := _QUARTER.fullmatch(text):
        return Calendar(12 * int(found[1]) + 3 * (int(found[2]) - 1), 3)
    if " to " in text or " đến " in text:
        start, end = (month_of(part) for part in re.split(r" (?:to|đến) ", text, maxsplit=1))
        if end < start:
            raise ValueError(text)
        return Calendar(start, end - start + 1)
    return Calendar(month_of(text), 1)
