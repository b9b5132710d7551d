"""Actual figures of a plan: what the books say of each measure and period, as it was known on a day."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast.analysis.place_actuals import PlaceActuals, place_of
from forecast.history.bookings import LAST_DAY, BookedValue, Bookings
from forecast.periods import Calendar
from forecast.simulation.model.statement import StatementLine, evaluate_statement, statement_lines

__all__ = ["GAP", "ActualFigures", "MeasureParts"]

GAP, HEADCOUNT = "gap", "headcount"
"""Inputs of a statement that are no service and no cost; no ledger has the gap."""


@dataclass(frozen=True)
class MeasureParts:
    """Services and costs that the measures of a plan are made of."""

    services: tuple[str, ...]
    """Sorted, as the others."""
    costs: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    """Services whose volume is forecast."""
    has_gap: bool = False
    """True where the revenue carries the gap between a stated total and its services."""
    productivity_basis: str = "total_revenue"

    @property
    def inputs(self) -> tuple[str, ...]:
        """Measures that a ledger may have."""
        named = (("revenue", self.services), ("cost", self.costs), ("volume", self.counted))
        return (*(f"{kind}.{name}" for kind, names in named for name in names), HEADCOUNT)

    @cached_property
    def lines(self) -> tuple[StatementLine, ...]:
        """Lines of the income statement, each after those that it is made of."""
        names = (*self.inputs, GAP) if self.has_gap else self.inputs
        return statement_lines(dict.fromkeys(names), bool(self.costs), self.productivity_basis)

    @cached_property
    def inputs_by_measure(self) -> Mapping[str, frozenset[str]]:
        """Measure -> the inputs that it is made of."""
        inputs = {name: frozenset([name]) for name in self.inputs}
        for line in self.lines:
            operands = (inputs.get(name, frozenset([name])) for name in line.operands)
            inputs[line.name] = frozenset().union(*operands)
        return inputs


class ActualFigures:
    """Actual figures by the books; those of a year are known when each of its months is booked.

    Parameters
    ----------
    bookings : Bookings
        Of the ledger.
    parts : MeasureParts
        Of the plan.
    places : PlaceActuals, optional
        Of its places; measures of places such as `revenue@436` have no books without it.
    """

    def __init__(self, bookings: Bookings, parts: MeasureParts, places: PlaceActuals | None = None) -> None:
        self.parts = parts
        self.places = places
        self._bookings = bookings
        self._values: dict[tuple[Calendar, int], Mapping[str, float]] = {}
        self._months: dict[tuple[str, int, int], BookedValue | None] = {}
        self._first_days: dict[tuple[str, Calendar], int | None] = {}

    @property
    def first_month(self) -> int:
        """The first month from year 0 with a row of an input."""
        return min(self._bookings.first_months[name] for name in self.parts.inputs if name in self._bookings.measures)

    def inputs_without_books(self, measure: str) -> tuple[str, ...]:
        """Name the inputs of a measure of which the ledger has no row; the measure itself where no statement has it."""
        if place := place_of(measure):
            return () if self.places is not None and self.places.has(place) else (measure,)
        inputs = self.parts.inputs_by_measure.get(measure)
        return (measure,) if inputs is None else tuple(sorted(inputs - self._bookings.measures))

    def value(self, measure: str, period: Calendar, day: int = LAST_DAY) -> float | None:
        """Return the actual figure of a period as it was known on a day.

        Parameters
        ----------
        measure : str
            Such as `revenue`.
        period : Calendar
            Months of the period.
        day : int
            Ordinal day; every row is known by default.

        Returns
        -------
        float, optional
            In currency, or the unit of the measure; None where a month of an input was not booked.
        """
        if place := place_of(measure):
            return None if self.places is None else self.places.value(place, period, day)
        if (period, day) not in self._values:
            self._values[period, day] = self._evaluate(period, day)
        return self._values[period, day].get(measure)

    def first_booked_day(self, measure: str, period: Calendar) -> int | None:
        """Return the first day on which the whole of a period was booked.

        Parameters
        ----------
        measure : str
            Such as `revenue`.
        period : Calendar
            Months of the period.

        Returns
        -------
        int, optional
            Ordinal day; None where a month is not booked.
        """
        if (measure, period) not in self._first_days:
            self._first_days[measure, period] = self._find_first_day(measure, period)
        return self._first_days[measure, period]

    def months_not_booked(self, measure: str, period: Calendar) -> tuple[int, ...]:
        """Months of a period that are not booked; for a measure whose inputs the ledger has."""
        if (place := place_of(measure)) and self.places is not None:
            return self.places.months_not_booked(place, period)
        inputs = self.parts.inputs_by_measure[measure]
        return tuple(
            month for month in period.months if any(self._month(name, month, LAST_DAY) is None for name in inputs)
        )

    def was_booked(self, measure: str, month: int, day: int) -> bool:
        """Return whether rows with a day of booking say that a month was booked on a day.

        Parameters
        ----------
        measure : str
            Such as `revenue`.
        month : int
            Month from year 0.
        day : int
            Ordinal day.

        Returns
        -------
        bool
            False where a row has no day of booking: nobody knows when it was written. So are those of places.
        """
        if place_of(measure):
            return False
        booked = (self._month(name, month, day) for name in self.parts.inputs_by_measure[measure])
        return all(value is not None and value.booked > 0 for value in booked)

    def _month(self, name: str, month: int, day: int) -> BookedValue | None:
        key = (name, month, day)
        if key not in self._months:
            self._months[key] = self._bookings.value(name, month, day)
        return self._months[key]

    def _evaluate(self, period: Calendar, day: int) -> Mapping[str, float]:
        """Measure -> its figure in a period, of those whose inputs were all booked on a day."""
        inputs: dict[str, float] = {}
        for name in self.parts.inputs:
            months = [self._month(name, month, day) for month in period.months]
            values = [month.value for month in months if month is not None]
            if len(values) == period.count:
                inputs[name] = math.fsum(values) / (period.count if name == HEADCOUNT else 1)
        known = set(inputs)
        lines = []
        for line in self.parts.lines:
            if known.issuperset(line.operands):
                known.add(line.name)
                lines.append(line)
        arrays = {name: np.array([value]) for name, value in inputs.items()}
        figures = evaluate_statement(tuple(lines), arrays, period.count)
        return {name: float(value[0]) for name, value in figures.items()}

    def _find_first_day(self, measure: str, period: Calendar) -> int | None:
        if place_of(measure):
            return None if self.value(measure, period) is None else PlaceActuals.booked_day(period)
        latest = 0
        for name in self.parts.inputs_by_measure[measure]:
            for month in period.months:
                day = self._bookings.first_booked_day(name, month)
                if day is None:
                    return None
                latest = max(latest, day)
        return latest
