"""Feasts that move through the calendar, above all Tết, the lunar new year of Vietnam, in January or February."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np

from forecast.arrays import Floats
from forecast.periods import Calendar, days_inside

TET_DAYS_BEFORE = 21
"""Days before the first day of Tết in which people buy and send."""
TET_DAYS_OFF = (-2, 5)
"""Days off around the first day of Tết: from two days before it to the day before its fifth morning."""


@cache
def holiday_first_days(country: str, name: str, year: int) -> tuple[int, ...]:
    """Ordinals of the first day of each feast of this name in a year (package `holidays`, names in English).

    Most come once; the feasts of a calendar of 354 days may come twice.
    """
    import holidays

    named: dict[date, str] = holidays.country_holidays(country, years=year, language="en_US")
    days = {day.toordinal() for day, names in named.items() if name in names.split("; ")}
    return tuple(sorted(day for day in days if day - 1 not in days))


def first_day_of_tet(year: int) -> int:
    """Ordinal of the first day of Tết."""
    return holiday_first_days(*TET_COUNTRY_AND_NAME, year)[0]


@dataclass(frozen=True)
class MovingHoliday:
    """What moves: two columns, the days in which people prepare and the days off."""

    country: str
    """ISO 3166 code, as `holidays` takes it."""
    name: str
    """Of the holiday, in English; empty where nothing moves."""
    days_before: int = TET_DAYS_BEFORE
    days_off: tuple[int, int] = TET_DAYS_OFF
    prior: tuple[float, float] = (0.0, 0.0)
    """Log effects of a month that holds all of either column, before a history is seen."""
    prior_source: str = ""
    """Of the prior."""

    def __call__(self, calendar: Calendar) -> Floats:
        """Share of the days before, and of the days off, in each month; shape (months, 2), or (months, 0)."""
        if not self.name:
            return np.zeros((calendar.count, 0))
        before, holiday = np.zeros(calendar.count), np.zeros(calendar.count)
        for first in self._first_days(calendar):
            before += days_inside(calendar, first - self.days_before, first) / self.days_before
            holiday += days_inside(calendar, first + self.days_off[0], first + self.days_off[1]) / self._n_days_off
        return np.column_stack([before, holiday])

    @property
    def prior_effects(self) -> Floats:
        """The prior, (columns,)."""
        return np.array(self.prior if self.name else (), float)

    def complete_occurrences(self, calendar: Calendar) -> list[tuple[int, int]]:
        """First and last row of each feast that lies in the calendar with all its days."""
        edges, found = calendar.edges, []
        for first in self._first_days(calendar) if self.name else ():
            start, stop = first - self.days_before, first + self.days_off[1]
            if edges[0] <= start and stop <= edges[-1]:
                rows = np.searchsorted(edges, (start, stop - 1), side="right") - 1
                found.append((int(rows[0]), int(rows[1])))
        return found

    @property
    def _n_days_off(self) -> int:
        return self.days_off[1] - self.days_off[0]

    def _first_days(self, calendar: Calendar) -> list[int]:
        """Of the years of the calendar and, for what reaches over New Year, of the year after."""
        years = [*calendar.years, calendar.years[-1] + 1]
        return [day for year in years for day in holiday_first_days(self.country, self.name, year)]


TET_COUNTRY_AND_NAME = ("VN", "Lunar New Year")
TET_HOLIDAY = MovingHoliday(
    *TET_COUNTRY_AND_NAME,
    prior=(0.09, -0.05),
    prior_source="half of what is seen where Tết is strong: before it parcels +25 to +30% a day (Vietnam Post) and"
    " retail of goods in Hà Tĩnh +30% (hatinh_retail_goods_monthly), so +19% in a whole month; over it shut counters,"
    " -60% in 7 days; half, for others, as payouts, show none [C] (data/reconstruction.json)",
)
NO_HOLIDAY = MovingHoliday("", "")
"""Nothing that moves."""
