"""Actual figures of places by their ledger: the revenue of a place or a district in a period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.history.bookings import LAST_DAY
from forecast.history.place_ledger import PlaceLedger
from forecast.periods import Calendar, first_day
from forecast.plan.geography import Geography

__all__ = ["PLACE_MARK", "PlaceActuals", "place_of"]

PLACE_MARK = "@"
"""Stands between a measure and the code of a place: `revenue@436`."""


def place_of(measure: str) -> str:
    """Return the code of the place of a measure.

    Parameters
    ----------
    measure : str
        Such as `revenue@436`.

    Returns
    -------
    str
        Empty where it is of all places together.
    """
    return measure.partition(PLACE_MARK)[2]


@dataclass(frozen=True)
class PlaceActuals:
    """Ledger of places, asked for periods; a month is known when it is over, for the ledger has no days of booking."""

    ledger: PlaceLedger
    geography: Geography
    known_until: int = LAST_DAY
    """Ordinal day whose knowledge counts."""

    def has(self, code: str) -> bool:
        """Return whether a code is that of a place or a district.

        Parameters
        ----------
        code : str
            Any text.

        Returns
        -------
        bool
            False for the code of none.
        """
        return code in self.geography.places or any(code == each.code for each in self.geography.districts)

    def value(self, code: str, period: Calendar, day: int = LAST_DAY) -> float | None:
        """Return the revenue of a place in a period as it was known on a day.

        Parameters
        ----------
        code : str
            Of a place or a district that it has.
        period : Calendar
            Months of the period.
        day : int
            Ordinal day; every month is known by default.

        Returns
        -------
        float, optional
            In currency; None where a month is not booked.
        """
        if self.months_not_booked(code, period) or self.booked_day(period) > day:
            return None
        start, stop = self.geography.row_range(code)
        return float(self.ledger.revenue[:, start:stop, self.ledger.calendar.rows(period)].sum())

    def months_not_booked(self, code: str, period: Calendar) -> tuple[int, ...]:
        """Find the months of a period in which a service of a place has no actual figure.

        Parameters
        ----------
        code : str
            Of a place or a district that it has.
        period : Calendar
            Months of the period.

        Returns
        -------
        tuple of int
            From year 0.
        """
        start, stop = self.geography.row_range(code)
        calendar = self.ledger.calendar
        known = np.all(self.ledger.is_final[:, start:stop], axis=(0, 1)).tolist()
        return tuple(
            month
            for month in period.months
            if month not in calendar.months
            or not known[month - calendar.first]
            or first_day(month + 1) - 1 > self.known_until
        )

    @staticmethod
    def booked_day(period: Calendar) -> int:
        """Return the day from which a booked period is known.

        Parameters
        ----------
        period : Calendar
            Months of the period.

        Returns
        -------
        int
            Ordinal day, its last.
        """
        return first_day(period.last + 1) - 1
