"""Booked figures that the open months of a plan learn from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from forecast.history.booked_months import BookedMonth, BookedMonths
from forecast.history.estimates import FINAL_STATUSES
from forecast.simulation.model.inputs import BaselineInputs, ServiceInputs

__all__ = ["Cell", "EstimateErrors", "LearnedCells", "learned_cells"]

EstimateErrors = Mapping[str, tuple[float, float]]
"""By measure, mean and standard deviation of the logarithm of a final figure over its estimate."""


@dataclass(frozen=True)
class Cell:
    """A booked month of one service: its amount, or its price where the service is counted."""

    measure: str
    """As in the ledger, such as `revenue.postal`."""
    service: str
    is_price: bool
    row: int
    """Row of its month in the whole years of the plan."""
    booked: float
    """In pieces or currency; of an estimate without its bias."""
    error_sd: float = 0.0
    """Standard deviation of the logarithm of an estimate; 0 for an actual figure, which is exact."""
    is_ordinary: bool = False
    """True where the planner says that nothing happened in a surprising month."""

    @property
    def is_closed(self) -> bool:
        """True for an actual figure."""
        return self.error_sd == 0


@dataclass(frozen=True)
class LearnedCells:
    """Booked figures of a plan by what they teach."""

    cells: tuple[Cell, ...] = ()
    """In order of services and months."""
    without_lesson: tuple[tuple[str, int], ...] = ()
    """Measure and month of figures at or below zero on a scale of logarithms: exact, and they teach nothing."""


def learned_cells(
    baseline: BaselineInputs, booked: BookedMonths, errors: EstimateErrors, ordinary: Iterable[tuple[str, int]] = ()
) -> LearnedCells:
    """List the booked figures that teach.

    Parameters
    ----------
    baseline : BaselineInputs
        Services of the plan, and its whole years.
    booked : BookedMonths
        Figures of the ledger in these years.
    errors : mapping of str to tuple of float
        By measure, mean and standard deviation of the logarithm of a final figure over its estimate; an estimate
        without them teaches nothing.
    ordinary : iterable of (str, int)
        Measures and months, from year 0, of which the planner says that nothing happened.

    Returns
    -------
    LearnedCells
        A service that is counted has a cell for its volume and one for its price.
    """
    cells: list[Cell] = []
    without_lesson: list[tuple[str, int]] = []
    known = frozenset(ordinary)
    for name, service in baseline.services.items():
        counted = service.fitted.measured == "volume"
        for kind in ("volume", "price") if counted else ("revenue",):
            measure = f"{kind}.{name}"
            for month, figure in sorted(booked.get(measure, {}).items()):
                error = _estimate_error(figure, errors.get(measure))
                if error is None:
                    continue
                factor, sd = error
                if figure.value <= 0 and not (kind != "price" and _may_be_negative(service)):
                    without_lesson.append((measure, month))
                    continue
                row = month - baseline.calendar.first
                is_ordinary = not known.isdisjoint({(measure, month), (f"revenue.{name}", month)})
                cells.append(Cell(measure, name, kind == "price", row, figure.value * factor, sd, is_ordinary))
    return LearnedCells(tuple(cells), tuple(without_lesson))


def _estimate_error(figure: BookedMonth, error: tuple[float, float] | None) -> tuple[float, float] | None:
    """Factor that takes the bias out of a figure, and its standard deviation; None where it teaches nothing."""
    if figure.status in FINAL_STATUSES:
        return 1.0, 0.0
    if figure.status != "estimate" or error is None:
        return None
    bias, sd = error
    return math.exp(bias), sd


def _may_be_negative(service: ServiceInputs) -> bool:
    return service.fitted.scale == "raw"
