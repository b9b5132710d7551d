"""Closed months: booked figures of the months that are simulated, the same in every path.

Arrays are (months, paths) or (months, 1) over the horizon.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from forecast.arrays import Floats, Ints
from forecast.history.booked_months import BookedMonths, closed_figures
from forecast.periods import Calendar
from forecast.simulation.model.service_paths import ServicePaths, close_months

__all__ = ["ClosedMonths", "ClosedSeries"]


@dataclass(frozen=True)
class ClosedSeries:
    """Closed months of one measure."""

    months: Ints
    """(closed,) from year 0, ascending."""
    values: Floats
    """(closed,) in currency, pieces or people."""

    def inside(self, horizon: Calendar) -> tuple[Ints, Floats]:
        """Rows (closed,) of the horizon and their values (closed,); months before it are left out."""
        is_inside = self.months >= horizon.first
        return self.months[is_inside] - horizon.first, self.values[is_inside]

    def total(self, calendar: Calendar) -> float | None:
        """Sum over some months; None where one of them is not closed."""
        is_inside = (self.months >= calendar.first) & (self.months <= calendar.last)
        return float(self.values[is_inside].sum()) if is_inside.sum() == calendar.count else None


@dataclass(frozen=True)
class ClosedMonths:
    """Closed months of all measures over the calendar years of a plan."""

    by_measure: Mapping[str, ClosedSeries] = field(default_factory=dict)
    """By measure, such as `revenue.postal`, `volume.postal`, `cost.wages` and `headcount`."""

    @classmethod
    def from_books(cls, booked: BookedMonths) -> ClosedMonths:
        """The booked figures that are no estimates."""
        by_measure = {}
        for measure in sorted(booked):
            if closed := closed_figures(booked, measure):
                months, values = np.array(list(closed), np.intp), np.array(list(closed.values()), np.float64)
                by_measure[measure] = ClosedSeries(months, values)
        return cls(by_measure)

    @property
    def last_month(self) -> int | None:
        """Last month in which the revenue of a service is closed, from year 0; None without one."""
        last = [series.months[-1] for name, series in self.by_measure.items() if name.startswith("revenue.")]
        return int(max(last)) if last else None

    def total(self, measure: str, calendar: Calendar) -> float | None:
        """Sum of a measure over some months; None where one of them is not closed."""
        series = self.by_measure.get(measure)
        return None if series is None else series.total(calendar)

    def close_service(self, service: str, paths: ServicePaths, horizon: Calendar) -> None:
        """Put the closed months of a service to what is booked."""
        revenue = self.by_measure.get(f"revenue.{service}")
        if revenue is None:
            return
        rows, values = revenue.inside(horizon)
        volume = self.by_measure.get(f"volume.{service}")
        paths.close(rows, values, None if volume is None else volume.inside(horizon)[1])

    def close_inputs(self, inputs: dict[str, Floats], horizon: Calendar) -> None:
        """Put the closed months of costs and people to what is booked, where the plan has them."""
        for measure, series in self.by_measure.items():
            if measure in inputs and (measure == "headcount" or measure.startswith("cost.")):
                values = inputs[measure]
                months = np.repeat(values, horizon.count, axis=0) if len(values) == 1 else values
                inputs[measure] = close_months(months, *series.inside(horizon))
