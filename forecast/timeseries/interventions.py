"""What dated shocks of the past did to the months of a history, at their central effects.

A month as it was is what it would have been times the factors of its shocks, plus what came back from earlier
losses. That is linear in the undisturbed months, so it is one matrix (model.md, sections 2, 3 and 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.periods import Calendar, days_inside
from forecast.plan.record import for_service
from forecast.plan.shocks import DEFAULT_RECOVERY_DAYS, Event

MIN_FACTOR_CHANGE = 0.01
"""A factor further from one than this masks its month."""


@dataclass(frozen=True)
class Intervention:
    """What the dated shocks did to one service: disturbed = matrix @ undisturbed."""

    matrix: Floats
    """(months, months): factors on the diagonal, and what returns below it."""
    masked: NDArray[np.bool_]
    """(months,): months that a shock or its returns touched."""

    def remove_from(self, disturbed: Floats) -> Floats:
        """The months had the shocks not happened, shape (months,)."""
        return np.asarray(np.linalg.solve(self.matrix, disturbed), float)


def build_intervention(
    events: Mapping[str, Event], service: str, calendar: Calendar, drivers: tuple[str, ...]
) -> Intervention:
    """The disturbance of one service by dated events, each at the median of its assumptions.

    `drivers` are those that what is measured follows: volume alone, or volume, price and revenue together.
    """
    names = sorted(events)
    factors = np.ones((len(names), calendar.count))
    returns = np.zeros((len(names), calendar.count))
    for row, name in enumerate(names):
        factors[row], returns[row] = _event_effects(events[name], service, calendar, drivers)
    product = factors.prod(axis=0)
    matrix = np.diag(product)
    masked = np.zeros(calendar.count, bool)
    for row in range(len(names)):
        others = np.minimum(1.0, np.delete(factors, row, axis=0)).prod(axis=0)
        lost = np.maximum(0.0, 1.0 - factors[row]) * others
        matrix += np.outer(returns[row], lost)
        touched = np.abs(factors[row] - 1) > MIN_FACTOR_CHANGE
        masked |= touched
        if touched.any():
            masked |= (returns[row] > 0) & (lost.sum() > 0)
    return Intervention(matrix, masked)


def _event_effects(event: Event, service: str, calendar: Calendar, drivers: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Factor of each month, and the share of the whole loss that comes back in each month."""
    start, stop = event.from_.value, event.until.value + 1
    reach = event.reach.value if event.reach else 1.0
    effects = [for_service(getattr(event.effect, driver), service) for driver in drivers]
    whole = np.prod([1 + reach * effect.value for effect in effects if effect]) - 1
    factor = 1 + whole * days_inside(calendar, start, stop) / calendar.days
    recovered = for_service(event.recovered, service)
    within = event.within.value if event.within else DEFAULT_RECOVERY_DAYS
    share = recovered.value if recovered else 0.0
    return factor, share * days_inside(calendar, stop, stop + within) / within
