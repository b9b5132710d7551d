"""Intervention analysis: the effect of dated shocks of the past on the months of a history, at their medians.

A disturbed month is the undisturbed one times the factors of its shocks, plus the recovery of earlier losses. That is
linear in the undisturbed months, so it is one matrix (docs/model.md, sections 2, 3 and 5; Box and Tiao 1975). A month
below zero changes by as much of its size as one above zero, so the matrix depends on the signs of the months.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.history.ledger import History
from forecast.periods import Calendar, days_inside
from forecast.plan.record import for_service
from forecast.plan.shocks import DEFAULT_RECOVERY_DAYS, Event

__all__ = ["build_intervention", "modelled_drivers"]

MAX_SIGN_ROUNDS = 10
"""Rounds in which the signs of the undisturbed months are looked for; two are usual."""
MIN_FACTOR_CHANGE = 0.01
"""Distance of a factor from one beyond which its month is masked."""
MIN_FACTOR = 0.01
"""Smallest factor of a month: the ledger is divided by it, and a loss of 100% says nothing about what was lost."""


@dataclass(frozen=True)
class Intervention:
    """Effect of the dated shocks on one service: disturbed = undisturbed + (matrix - 1) @ |undisturbed|."""

    matrix: Floats
    """(months, months): factors on the diagonal, and recovered shares below it."""
    masked: NDArray[np.bool_]
    """(months,): True for months that a shock or its recovery touched."""

    def remove_from(self, disturbed: Floats) -> Floats:
        """(months,): the months without the shocks, from the disturbed ones (months,)."""
        undisturbed = np.asarray(np.linalg.solve(self.matrix, disturbed), float)
        signs = np.ones(len(disturbed))
        for _ in range(MAX_SIGN_ROUNDS):
            # a gain of all of its size or more turns a month above zero: such a month was not below it
            negative = (undisturbed < 0) & (np.diag(self.matrix) < 2)
            if np.array_equal(negative, signs < 0):
                break
            signs = np.where(negative, -1.0, 1.0)
            changes = self.matrix - np.eye(len(disturbed))
            undisturbed = np.asarray(np.linalg.solve(np.eye(len(disturbed)) + changes * signs, disturbed), float)
        return undisturbed


def build_intervention(
    events: Mapping[str, Event], service: str, calendar: Calendar, drivers: tuple[str, ...]
) -> Intervention:
    """Build the effect of dated events on one service, each at the median of its assumptions.

    Parameters
    ----------
    events : mapping of str to Event
        Dated shocks by name.
    service : str
        Name of the service.
    calendar : Calendar
        Months of the history.
    drivers : tuple of str
        Drivers of the measure: volume alone, or volume, price and revenue together.

    Returns
    -------
    Intervention
        The matrix from undisturbed to disturbed months, and the months it touches.

    References
    ----------
    docs/model.md, sections 2, 3 and 5.
    """
    names = sorted(events)
    factors = np.ones((len(names), calendar.count))
    recovered = np.zeros((len(names), calendar.count))
    for row, name in enumerate(names):
        factors[row], recovered[row] = _event_effects(events[name], service, calendar, drivers)
    matrix = np.diag(factors.prod(axis=0))
    masked = np.zeros(calendar.count, bool)
    for row in range(len(names)):
        others = np.minimum(1.0, np.delete(factors, row, axis=0)).prod(axis=0)
        lost = np.maximum(0.0, 1.0 - factors[row]) * others
        matrix += np.outer(recovered[row], lost)
        touched = np.abs(factors[row] - 1) > MIN_FACTOR_CHANGE
        masked |= touched
        if touched.any():
            masked |= (recovered[row] > 0) & (lost.sum() > 0)
    return Intervention(matrix, masked)


def modelled_drivers(history: History, service: str) -> tuple[str, ...]:
    """List the drivers that the modelled measure of a service follows.

    Parameters
    ----------
    history : History
        The ledger.
    service : str
        Name of the service.

    Returns
    -------
    tuple of str
        Volume alone where the ledger has it, else volume, price and revenue.
    """
    return ("volume",) if service in history.volume else ("volume", "price", "revenue")


def _event_effects(event: Event, service: str, calendar: Calendar, drivers: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Factor of each month, and share of the total loss that is recovered in each month, both (months,)."""
    start, stop = event.from_.value, event.until.value + 1
    reach = event.reach.value if event.reach else 1.0
    effects = [for_service(getattr(event.effect, driver), service) for driver in drivers]
    change = np.prod([1 + reach * effect.value for effect in effects if effect]) - 1
    factor = np.maximum(MIN_FACTOR, 1 + change * days_inside(calendar, start, stop) / calendar.days)
    recovered = for_service(event.recovered, service)
    within = event.within.value if event.within else DEFAULT_RECOVERY_DAYS
    share = recovered.value if recovered else 0.0
    return factor, share * days_inside(calendar, stop, stop + within) / within
