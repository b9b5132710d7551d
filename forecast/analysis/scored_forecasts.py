"""Forecasts of locks beside the actual figures and beside the forecasts that they are compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import takewhile
from math import isclose
from typing import Literal

import numpy as np

from forecast.analysis.actual_figures import ActualFigures
from forecast.arrays import Floats, Ints
from forecast.history.bookings import LAST_DAY
from forecast.periods import Calendar, first_day, format_month, parse_month, parse_period
from forecast.runs.locks import LOCKED_LEVELS, Lock
from forecast.stats.scoring import seasonal_scale

__all__ = [
    "FIRST_BOOKING_DAYS",
    "REFERENCES",
    "Booking",
    "ForecastKey",
    "ScoredForecasts",
    "ScoredLock",
    "find_original_plan",
    "knowledge_day",
    "pair_forecasts",
]

FIRST_BOOKING_DAYS = 60
"""Days after a period's end on which its first booking is read."""
REFERENCES = ("last_year", "plan", "revised_plan", "history_alone")
"""Forecasts that those of the locks are compared with."""
FLOWS = ("revenue", "cost", "profit", "volume")
"""Measures whose year is the sum of its months."""
MAX_YEARS_BACK = 10
"""Years in which the same period is looked for."""

Booking = Literal["first", "final"]
"""The figure as it was known `FIRST_BOOKING_DAYS` after the period, or as it is known now."""


def knowledge_day(lock: Lock) -> date:
    """Return the day whose knowledge counted in a lock.

    Parameters
    ----------
    lock : Lock
        The lock.

    Returns
    -------
    date
        Its `as_of`; without one the day on which it was made.
    """
    return lock.as_of or datetime.fromisoformat(lock.locked_at).date()


@dataclass(frozen=True)
class ScoredLock:
    """A lock that is scored, and the actual figures of its measures."""

    lock: Lock
    actual: ActualFigures

    @property
    def day(self) -> int:
        """Ordinal day whose knowledge counted."""
        return knowledge_day(self.lock).toordinal()

    @property
    def locked_on(self) -> date:
        """The day on which it was locked."""
        return datetime.fromisoformat(self.lock.locked_at).date()

    @property
    def last_closed(self) -> int:
        """The last month that was closed; where none was, the month before the horizon."""
        return max(map(parse_month, self.lock.closed_months), default=self.lock.horizon.calendar.first - 1)

    def open_months(self, period: Calendar) -> list[int]:
        """Months of a period that were forecast."""
        closed = set(map(parse_month, self.lock.closed_months))
        return [month for month in period.months if month not in closed]

    def actual_value(self, measure: str, period: Calendar, booking: Booking) -> float | None:
        """The actual figure of a period by a booking; None where a month is not booked."""
        first_booked = self.actual.first_booked_day(measure, period)
        if first_booked is None:
            return None
        day = max(first_day(period.last + 1) - 1 + FIRST_BOOKING_DAYS, first_booked)
        return self.actual.value(measure, period, day if booking == "first" else LAST_DAY)

    def is_forecast(self, measure: str, period: Calendar) -> bool:
        """True for a period with a month that was open and that the lock did not know."""
        return any(not self._was_known(measure, month) for month in self.open_months(period))

    def is_hindsight(self, measure: str, period: Calendar) -> bool:
        """True for a period that was booked after the day of the lock and before it was made."""
        booked = self.actual.first_booked_day(measure, period)
        return booked is not None and self.day < booked <= self.locked_on.toordinal()

    def _was_known(self, measure: str, month: int) -> bool:
        """True for a month of which all rows were booked on the day of the lock, or that the lock has exactly."""
        if self.actual.was_booked(measure, month, self.day):
            return True
        quantiles = self.lock.quantiles.get(measure, {}).get(format_month(month))
        known = self.actual.value(measure, Calendar(month, 1), self.day)
        is_exact = quantiles is not None and quantiles[0] == quantiles[-1]
        return quantiles is not None and known is not None and is_exact and isclose(quantiles[0], known)


@dataclass(frozen=True)
class ForecastKey:
    """One forecast of a lock."""

    lock: str
    measure: str
    period: str
    lag: int
    """Months from the last closed one to the last of the period: 1 is the next month."""
    months: int
    """Months of the period."""


@dataclass(frozen=True)
class ScoredForecasts:
    """Forecasts whose actual figure is known, a row each."""

    keys: tuple[ForecastKey, ...]
    actual: Floats
    """(rows,), in currency or the unit of the measure."""
    scale: Floats
    """(rows,) unit of scaled errors: mean change of a month from the year before, times the months of a sum."""
    quantiles: Floats
    """(rows, levels)."""
    references: Mapping[str, Floats]
    """Name in `REFERENCES` -> (rows, levels); NaN where there is no such forecast."""

    @cached_property
    def lags(self) -> Ints:
        """(rows,) lag of each row."""
        return np.array([key.lag for key in self.keys], int)

    @cached_property
    def rows_by_figure(self) -> Mapping[tuple[str, int], Ints]:
        """Measure and months of a period -> rows, in the order of the locks; revenue first, then by name."""
        rows: dict[tuple[str, int], list[int]] = {}
        for row, key in enumerate(self.keys):
            rows.setdefault((key.measure, key.months), []).append(row)
        return {
            figure: np.array(rows[figure])
            for figure in sorted(rows, key=lambda figure: (*_order(figure[0]), figure[1]))
        }

    @property
    def intervals80(self) -> Floats:
        """(rows, 3) P10, P50 and P90."""
        return self.quantiles[:, [LOCKED_LEVELS.index(level) for level in (0.1, 0.5, 0.9)]]

    def select(self, rows: Ints) -> ScoredForecasts:
        """Return some of the rows (selected,)."""
        return ScoredForecasts(
            tuple(self.keys[row] for row in rows),
            self.actual[rows],
            self.scale[rows],
            self.quantiles[rows],
            {name: quantiles[rows] for name, quantiles in self.references.items()},
        )


@dataclass(frozen=True)
class _Pair:
    """A forecast and the figures beside it."""

    key: ForecastKey
    entry: ScoredLock
    calendar: Calendar
    actual: float


def _order(measure: str) -> tuple[int, str]:
    """Revenue and its services before costs and all else."""
    kind = re.split("[.:@]", measure)[0]
    return (FLOWS.index(kind) if kind in FLOWS else len(FLOWS), measure)


def pair_forecasts(scored: Sequence[ScoredLock], booking: Booking) -> ScoredForecasts:
    """Pair every forecast of some locks with its actual figure.

    Months that were closed at the lock, or whose rows were booked on its day, are no forecasts and have no row. A
    period of which a month is not booked has none either.

    Parameters
    ----------
    scored : sequence of ScoredLock
        The locks in the order of their chain, and the actual figures.
    booking : {"first", "final"}
        Which booking counts. The first is the figure as it was known `FIRST_BOOKING_DAYS` after the end of the
        period, or as soon as it was booked where that was later.

    Returns
    -------
    ScoredForecasts
        Rows by lock, measure and period.
    """
    pairs = [pair for entry in scored for pair in _pairs_of_lock(entry, booking)]
    scale = _MonthlyScale(min((entry.lock.horizon.calendar.first for entry in scored), default=0))
    levels = len(LOCKED_LEVELS)
    references = {name: np.full((len(pairs), levels), np.nan) for name in REFERENCES}
    locks_by_figure: dict[tuple[str, str], list[Lock]] = {}
    for pair in pairs:
        locks_by_figure.setdefault((pair.key.measure, pair.key.period), []).append(pair.entry.lock)
    for row, pair in enumerate(pairs):
        lock, measure, period = pair.entry.lock, pair.key.measure, pair.key.period
        if (last_year := _last_year(pair)) is not None:
            references["last_year"][row] = last_year
        for name, plan in _plans_before(lock, locks_by_figure[measure, period]).items():
            references[name][row] = plan.quantiles[measure][period]
        if alone := lock.history_alone.get(measure, {}).get(period):
            references["history_alone"][row] = alone
    return ScoredForecasts(
        tuple(pair.key for pair in pairs),
        np.array([pair.actual for pair in pairs]),
        np.array([scale.of_pair(pair) for pair in pairs]),
        np.array([pair.entry.lock.quantiles[pair.key.measure][pair.key.period] for pair in pairs]).reshape(-1, levels),
        references,
    )


def _pairs_of_lock(entry: ScoredLock, booking: Booking) -> Iterator[_Pair]:
    """The forecasts of a lock whose actual figure is known, by measure and period."""
    for measure, periods in sorted(entry.lock.quantiles.items()):
        if entry.actual.inputs_without_books(measure):
            continue
        for text in sorted(periods):
            calendar = parse_period(text)
            actual = entry.actual_value(measure, calendar, booking) if entry.is_forecast(measure, calendar) else None
            if actual is not None:
                lag = calendar.last - entry.last_closed
                yield _Pair(ForecastKey(entry.lock.name, measure, text, lag, calendar.count), entry, calendar, actual)


def _plans_before(lock: Lock, locks: Sequence[Lock]) -> dict[str, Lock]:
    """The plan and the newest revised plan that stand before a lock, among the locks that forecast a figure."""
    earlier = list(takewhile(lambda other: other.name != lock.name, locks))
    original = find_original_plan(locks)
    revised = [other for other in earlier if other.revises]
    plans = {"revised_plan": revised[-1]} if revised else {}
    if original is not None and any(other.name == original.name for other in earlier):
        plans["plan"] = original
    return plans


def find_original_plan(locks: Sequence[Lock]) -> Lock | None:
    """Find the plan among locks: the first that was approved and revises no other; where none was approved, the first.

    Parameters
    ----------
    locks : sequence of Lock
        In the order of their chain.

    Returns
    -------
    Lock, optional
        None of no locks.
    """
    approved = (lock for lock in locks if lock.approved_by and not lock.revises)
    return next(approved, locks[0] if locks else None)


def _last_year(pair: _Pair) -> float | None:
    """The same period of the last year of which the lock knew the books."""
    for years in range(1, MAX_YEARS_BACK + 1):
        earlier = Calendar(pair.calendar.first - 12 * years, pair.calendar.count)
        value = pair.entry.actual.value(pair.key.measure, earlier, pair.entry.day)
        if value is not None:
            return value
    return None


class _MonthlyScale:
    """Mean change of the months before all horizons from the same month a year before, by measure."""

    def __init__(self, start: int) -> None:
        self._start = start
        self._scales: dict[tuple[str, ActualFigures], float] = {}

    def of_pair(self, pair: _Pair) -> float:
        """In currency or the unit of the measure, times the months of a sum; NaN without two years of months."""
        measure, actual = pair.key.measure, pair.entry.actual
        if (measure, actual) not in self._scales:
            months = range(min(actual.first_month, self._start), self._start)
            values = [actual.value(measure, Calendar(month, 1)) for month in months]
            series = np.array([np.nan if value is None else value for value in values])
            self._scales[measure, actual] = float(seasonal_scale(series))
        return self._scales[measure, actual] * (pair.key.months if _order(measure)[0] < len(FLOWS) else 1)
