"""Parts that several kinds of shock share: changes of the drivers, reach, recovery, and factors from losses.

Numbers of a path are (paths,), or (1,) where every path has the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from forecast.arrays import Floats, Ints
from forecast.plan.record import for_service
from forecast.plan.shocks import DEFAULT_RECOVERY_DAYS, Effects, Shock
from forecast.simulation.model.impacts import DriverKey, LossesOfRows, cut_at_zero, sample_changes, sum_by_cell
from forecast.simulation.sampling.random_streams import Sampler

__all__ = ["PathEvent"]


@dataclass(frozen=True)
class PathEvent:
    """One event of one path, with its days."""

    shock: str
    """Dotted name, such as `shocks.floods`."""
    kind: str
    """`event`, a class of weather, or a part of an epidemic: `wave`, `upstream`, `hard`."""
    start: float
    """Ordinal day on which it begins."""
    end: float
    """Ordinal day on which it is over."""
    reach: float
    """Share of the trade that it reaches, 0 to 1."""

    @property
    def first_day(self) -> date:
        """Day on which it begins."""
        return date.fromordinal(math.floor(self.start))

    @property
    def last_day(self) -> date:
        """Last day on which it acts; the first one of an event that is shorter than a day."""
        return max(self.first_day, date.fromordinal(math.ceil(self.end) - 1))


def driver_changes(sampler: Sampler, effects: Effects, services: Iterable[str]) -> dict[DriverKey, Floats]:
    """(driver, service) -> change, (paths,) or (1,), with volume and revenue as one `amount`.

    A shock that lowers the volume or the revenue of a service lowers its trade.
    """
    by_driver = sample_changes(sampler, effects, services)
    for service in services:
        volume, revenue = by_driver.pop(("volume", service), None), by_driver.pop(("revenue", service), None)
        if volume is not None and revenue is not None:
            by_driver["amount", service] = (1 + volume) * (1 + revenue) - 1
        elif (amount := revenue if volume is None else volume) is not None:
            by_driver["amount", service] = amount
    return by_driver


def reached_share(shock: Shock, sampler: Sampler) -> Floats:
    """(paths,) or (1,) share of the trade that the shock reaches; all of it without a `reach`."""
    return np.ones(1) if shock.reach is None else sampler(shock.reach)


def recovered_shares(shock: Shock, sampler: Sampler, services: Iterable[str]) -> dict[str, Floats]:
    """By service, (paths,) or (1,) share of its loss that is recovered; without those that recover nothing."""
    shares = {service: for_service(shock.recovered, service) for service in services}
    return {service: sampler(share) for service, share in shares.items() if share is not None}


def recovery_days(shock: Shock, sampler: Sampler) -> Floats:
    """(paths,) or (1,) days after the end of an event over which losses are recovered."""
    return np.array([DEFAULT_RECOVERY_DAYS]) if shock.within is None else sampler(shock.within)


def additive_factors(
    cells: Ints, losses: Mapping[DriverKey, Floats], shape: tuple[int, int]
) -> dict[DriverKey, Floats]:
    """Factors 1 - (sum of the losses of a cell), for events whose shares add up.

    `losses` (entries,) are shares of the cells (entries,) of months and paths, `shape`.
    """
    totals = {key: sum_by_cell(cells, shares, shape[0] * shape[1]).reshape(shape) for key, shares in losses.items()}
    return {key: cut_at_zero(np.subtract(1, total, out=total)) for key, total in totals.items()}


def select_rows(losses: Mapping[DriverKey, Floats]) -> LossesOfRows:
    """Selection of rows from the losses (entries,) of all entries."""
    return lambda rows: {key: shares[rows] for key, shares in losses.items()}
