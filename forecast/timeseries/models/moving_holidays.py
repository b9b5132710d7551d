"""Holidays that move through the calendar, above all Tết, the lunar new year of Vietnam, in January or February."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np

from forecast.arrays import Floats
from forecast.periods import Calendar, days_inside

__all__ = ["NO_HOLIDAY", "TET_DAYS_BEFORE", "TET_DAYS_OFF", "TET_HOLIDAY", "MovingHoliday"]

TET_DAYS_BEFORE = 21
"""Days before the first day of Tết in which people buy and send."""
TET_DAYS_OFF = (-2, 5)
"""Days off around the first day of Tết: from two days before it to the day before its fifth morning."""


@cache
def holiday_first_days(country: str, name: str, year: int) -> tuple[int, ...]:
    """Ordinals of the first day of each holiday of this name in a year (package `holidays`, names in English)."""
    # most come once; in a calendar of 354 days they may come twice
    import holidays

    names_by_day: dict[date, str] = holidays.country_holidays(country, years=year, language="en_US")
    days = {day.toordinal() for day, names in names_by_day.items() if name in names.split("; ")}
    return tuple(sorted(day for day in days if day - 1 not in days))


def first_day_of_tet(year: int) -> int:
    """Ordinal of the first day of Tết."""
    return holiday_first_days(*TET_COUNTRY_AND_NAME, year)[0]


@dataclass(frozen=True)
class MovingHoliday:
    """A holiday that moves, as two regressors: the days in which people prepare, and the days off."""

    country: str
    """ISO 3166 code, as `holidays` takes it."""
    name: str
    """Name in English; empty where nothing moves."""
    days_before: int = TET_DAYS_BEFORE
    days_off: tuple[int, int] = TET_DAYS_OFF
    prior: tuple[float, float] = (0.0, 0.0)
    """Log effects of a month that holds all of either column, before a history is known."""
    prior_source: str = ""
    """Source of the prior."""

    def __call__(self, calendar: Calendar) -> Floats:
        """Compute the regressors of a calendar.

        Parameters
        ----------
        calendar : Calendar
            Months.

        Returns
        -------
        Floats
            (months, 2), share of the days before and of the days off in each month; (months, 0) where nothing moves.
        """
        if not self.name:
            return np.zeros((calendar.count, 0))
        before, days_off = np.zeros(calendar.count), np.zeros(calendar.count)
        for first in self._first_days(calendar):
            before += days_inside(calendar, first - self.days_before, first) / self.days_before
            days_off += days_inside(calendar, first + self.days_off[0], first + self.days_off[1]) / self._n_days_off
        return np.column_stack([before, days_off])

    @property
    def prior_effects(self) -> Floats:
        """(columns,): the prior."""
        return np.array(self.prior if self.name else (), float)

    def complete_occurrences(self, calendar: Calendar) -> list[tuple[int, int]]:
        """Find the occurrences that lie in a calendar with all their days.

        Parameters
        ----------
        calendar : Calendar
            Months.

        Returns
        -------
        list of (int, int)
            First and last row of each.
        """
        edges, rows_of_occurrences = calendar.edges, []
        for first in self._first_days(calendar) if self.name else ():
            start, stop = first - self.days_before, first + self.days_off[1]
            if edges[0] <= start and stop <= edges[-1]:
                rows = np.searchsorted(edges, (start, stop - 1), side="right") - 1
                rows_of_occurrences.append((int(rows[0]), int(rows[1])))
        return rows_of_occurrences

    @property
    def _n_days_off(self) -> int:
        """Number of days off."""
        return self.days_off[1] - self.days_off[0]

    def _first_days(self, calendar: Calendar) -> list[int]:
        """Ordinals of the first days in the years of the calendar and, for days before New Year, in the year after."""
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
"""No holiday that moves."""
