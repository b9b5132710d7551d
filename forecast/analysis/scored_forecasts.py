"""Forecasts of locks beside the actual figures and beside the forecasts that they are compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import numpy as np

from forecast.analysis.actual_figures import ActualFigures
from forecast.arrays import Bools, Floats, Ints
from forecast.history.bookings import LAST_DAY
from forecast.periods import Calendar, first_day, parse_month, parse_period
from forecast.runs.locks import QUANTILE_LEVELS, Lock
from forecast.stats.scoring import seasonal_scale

__all__ = [
    "FIRST_BOOKING_DAYS",
    "REFERENCES",
    "Booking",
    "ForecastKey",
    "LockedPlan",
    "ScoredForecasts",
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


@dataclass(frozen=True)
class LockedPlan:
    """A lock that is scored, and the actual figures of its measures."""

    lock: Lock
    actual: ActualFigures

    @property
    def day(self) -> int:
        """Ordinal day whose knowledge counted: its `as_of`, else the day on which it was locked."""
        return (self.lock.as_of or self.locked_on).toordinal()

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

    def is_forecast(self, measure: str, period: Calendar) -> bool:
        """True for a period with a month that was open, and not yet booked on the day of the lock."""
        locked_day = self.locked_on.toordinal()
        return any(not self.actual.was_booked(measure, month, locked_day) for month in self.open_months(period))


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

    def where(self, measure: str | None = None, months: int | None = None, lag: int | None = None) -> Bools:
        """(rows,) True for the rows of a measure, a length in months and a lag; of all that are None."""
        wanted = {"measure": measure, "months": months, "lag": lag}
        return np.array(
            [
                all(value is None or getattr(key, name) == value for name, value in wanted.items())
                for key in self.keys
            ],
            bool,
        )

    def select(self, rows: Bools | Ints) -> ScoredForecasts:
        """Return some of the rows."""
        positions = np.arange(len(self.keys))[rows]
        return ScoredForecasts(
            tuple(self.keys[row] for row in positions),
            self.actual[positions],
            self.scale[positions],
            self.quantiles[positions],
            {name: quantiles[positions] for name, quantiles in self.references.items()},
        )


@dataclass(frozen=True)
class _Pair:
    """A forecast and the figures beside it."""

    key: ForecastKey
    plan: LockedPlan
    calendar: Calendar
    actual: float


def pair_forecasts(plans: Sequence[LockedPlan], booking: Booking) -> ScoredForecasts:
    """Pair every forecast of some locks with its actual figure.

    Months that were closed at the lock, or whose rows were booked by the day of the lock, are no forecasts and have no
    row; nor have periods of which a month is not booked.

    Parameters
    ----------
    plans : sequence of LockedPlan
        The locks in the order of their chain, and the actual figures.
    booking : {"first", "final"}
        Which booking counts. The first is the figure as it was known `FIRST_BOOKING_DAYS` after the end of the
        period, or as soon as it was booked where that was later.

    Returns
    -------
    ScoredForecasts
        Rows by lock, measure and period.
    """
    pairs = [pair for plan in plans for pair in _pairs_of_plan(plan, booking)]
    scales = _ScaleByMeasure(plans)
    levels = len(QUANTILE_LEVELS)
    references = {name: np.full((len(pairs), levels), np.nan) for name in REFERENCES}
    finder = _PlanFinder(plans)
    for row, pair in enumerate(pairs):
        measure, period = pair.key.measure, pair.key.period
        if (last_year := _last_year(pair)) is not None:
            references["last_year"][row] = last_year
        for name, lock in finder.plans(pair).items():
            references[name][row] = lock.quantiles[measure][period]
        if alone := pair.plan.lock.history_alone.get(measure, {}).get(period):
            references["history_alone"][row] = alone
    return ScoredForecasts(
        tuple(pair.key for pair in pairs),
        np.array([pair.actual for pair in pairs]),
        np.array([scales.scale(pair) for pair in pairs]),
        np.array([pair.plan.lock.quantiles[pair.key.measure][pair.key.period] for pair in pairs]).reshape(-1, levels),
        references,
    )


def _pairs_of_plan(plan: LockedPlan, booking: Booking) -> Iterator[_Pair]:
    for measure, periods in sorted(plan.lock.quantiles.items()):
        if plan.actual.inputs_without_books(measure):
            continue
        for text in sorted(periods):
            calendar = parse_period(text)
            first_booked = plan.actual.first_booked_day(measure, calendar)
            if first_booked is None or not plan.is_forecast(measure, calendar):
                continue
            day = max(first_day(calendar.last + 1) - 1 + FIRST_BOOKING_DAYS, first_booked)
            actual = plan.actual.value(measure, calendar, day if booking == "first" else LAST_DAY)
            if actual is not None:
                lag = calendar.last - plan.last_closed
                yield _Pair(ForecastKey(plan.lock.name, measure, text, lag, calendar.count), plan, calendar, actual)


def _last_year(pair: _Pair) -> float | None:
    """The same period of the last year of which the lock knew the books."""
    for years in range(1, MAX_YEARS_BACK + 1):
        earlier = Calendar(pair.calendar.first - 12 * years, pair.calendar.count)
        if earlier.last <= pair.plan.last_closed:
            value = pair.plan.actual.value(pair.key.measure, earlier, pair.plan.day)
            if value is not None:
                return value
    return None


class _ScaleByMeasure:
    """Mean change of the months before all horizons from the year before, by measure."""

    def __init__(self, plans: Sequence[LockedPlan]) -> None:
        self._start = min((plan.lock.horizon.calendar.first for plan in plans), default=0)
        self._scales: dict[tuple[str, ActualFigures], float] = {}

    def scale(self, pair: _Pair) -> float:
        """In currency or the unit of the measure; NaN without two years of months."""
        measure, actual = pair.key.measure, pair.plan.actual
        if (measure, actual) not in self._scales:
            self._scales[measure, actual] = self._monthly_scale(measure, actual)
        is_flow = measure.partition(".")[0].partition(":")[0] in FLOWS
        return self._scales[measure, actual] * (pair.key.months if is_flow else 1)

    def _monthly_scale(self, measure: str, actual: ActualFigures) -> float:
        months = [actual.value(measure, Calendar(month, 1)) for month in range(self._first_month(actual), self._start)]
        values = np.array([np.nan if value is None else value for value in months])
        return float(seasonal_scale(values)) if len(values) > 12 else np.nan

    def _first_month(self, actual: ActualFigures) -> int:
        return min(self._start, actual.first_month)


class _PlanFinder:
    """The plan, and the revised plan, that forecast a figure."""

    def __init__(self, plans: Sequence[LockedPlan]) -> None:
        self._plans = plans
        self._original: dict[tuple[str, str], Lock | None] = {}

    def plans(self, pair: _Pair) -> dict[str, Lock]:
        """`plan` and `revised_plan` -> lock, of those that are another lock than that of the pair, and not later."""
        measure, period = pair.key.measure, pair.key.period
        if (measure, period) not in self._original:
            self._original[measure, period] = self._find_original(measure, period)
        original = self._original[measure, period]
        earlier = self._plans[: self._plans.index(pair.plan)]
        locks = [plan.lock for plan in earlier if _forecasts(plan, measure, period)]
        found = {"plan": original} if original in locks else {}
        revised = [lock for lock in locks if lock.revises]
        return {**found, **({"revised_plan": revised[-1]} if revised else {})}
