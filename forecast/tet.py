"""Tết, the lunar new year of Vietnam, which moves between January and February."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache

import numpy as np

from forecast.chance import Floats
from forecast.months import Calendar

BEFORE = 21
"""Days before the first day of Tết in which people buy and send."""
HOLIDAY = (-2, 5)
"""Days off around the first day of Tết: from two days before it to the day before its fifth morning."""

Festival = Callable[[Calendar], Floats]
"""Months -> (months, columns): what of the festival falls in each month."""


@cache
def first_day_of_tet(year: int) -> int:
    """Ordinal of the first day of Tết (package `holidays`, Vietnam)."""
    import holidays

    days: dict[date, str] = holidays.country_holidays("VN", years=year, language="en_US")
    return next(day for day, name in sorted(days.items()) if name == "Lunar New Year").toordinal()


def days_inside(calendar: Calendar, start: float, stop: float) -> Floats:
    """Days of each month that lie in [start, stop), shape (months,)."""
    edges = calendar.edges
    inside: Floats = np.minimum(stop, edges[1:]) - np.maximum(start, edges[:-1])
    return np.maximum(0.0, inside)


def tet(calendar: Calendar) -> Floats:
    """Share of the 21 days before Tết, and of its holiday, in each month; shape (months, 2)."""
    before, holiday = np.zeros(calendar.count), np.zeros(calendar.count)
    for year in calendar.years:
        first = first_day_of_tet(year)
        before += days_inside(calendar, first - BEFORE, first) / BEFORE
        holiday += days_inside(calendar, first + HOLIDAY[0], first + HOLIDAY[1]) / (HOLIDAY[1] - HOLIDAY[0])
    return np.column_stack([before, holiday])


def no_festival(calendar: Calendar) -> Floats:
    """Nothing that moves; shape (months, 0)."""
    return np.zeros((calendar.count, 0))
