"""Initiatives in the paths: which happen, when they start, what they change and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import ramp
from forecast.plan.initiatives import Initiative, InitiativeCost
from forecast.simulation.model.impacts import DriverKey, SimulationContext, sample_changes
from forecast.simulation.sampling.random_streams import Sampler


@dataclass(frozen=True)
class InitiativeEffects:
    """What all initiatives together do in some blocks."""

    factors: Mapping[DriverKey, Floats]
    """(driver, service) -> (months, paths) or (months, 1)."""
    costs: Mapping[str, Floats]
    """By initiative, (months, paths)."""
    happens: Mapping[str, Floats]
    """By initiative, (paths,) 1 where it happens; only those that may fail to."""


def simulate_initiatives(
    initiatives: Mapping[str, Initiative], draws: Sampler, context: SimulationContext, revenue: Mapping[str, Floats]
) -> InitiativeEffects:
    """Play the initiatives of some blocks; `revenue` is the calm of each service, to measure cannibalisation on.

    T = max(0, product over j of (1 + e_j r_j o_j)): effect, month mean of the ramp, and whether it and all that it
    needs happen (model: section 7). A donor loses its share of the đồng gained elsewhere.
    """
    cast = _InitiativeSchedule(initiatives, draws)
    factors: dict[DriverKey, Floats] = {}
    costs: dict[str, Floats] = {}
    for name in sorted(n for n in initiatives if initiatives[n].active):
        own = initiatives[name]
        start, on = cast.start(name), cast.happens(name)
        length = np.zeros(1) if own.ramp is None else draws(own.ramp)
        grown = ramp(start, length, context.calendar)
        gained: dict[str, Floats] = {}
        for key, change in sample_changes(draws, own.effect, context.services).items():
            grow = (change * on) * grown
            grow += 1
            if own.takes_from and key[0] in ("volume", "price", "revenue"):
                gained[key[1]] = gained.get(key[1], 1.0) * grow
            factors[key] = _multiply_into(factors[key], grow) if key in factors else grow
        for donor, share in own.takes_from.items():
            left = 1 - draws(share) * _gain_share(gained, donor, revenue)
            key = ("revenue", donor)
            factors[key] = factors.get(key, 1.0) * np.maximum(0.0, left)
        if own.cost is not None:
            costs[name] = _initiative_cost(own.cost, start, on, draws, context)
    for factor in factors.values():
        np.maximum(factor, 0.0, out=factor)
    return InitiativeEffects(factors, costs, cast.uncertain())


def _multiply_into(product: Floats, factor: Floats) -> Floats:
    """The product, grown in place where it has room."""
    if product.shape == factor.shape:
        product *= factor
        return product
    return product * factor


class _InitiativeSchedule:
    """Which initiatives happen in each path, and when they start."""

    def __init__(self, initiatives: Mapping[str, Initiative], draws: Sampler) -> None:
        self.initiatives = initiatives
        self.draws = draws
        self._happens: dict[str, Floats] = {}

    def happens(self, name: str) -> Floats:
        """(paths,) or (1,) 1 where it and all that it needs happen."""
        if name not in self._happens:
            own = self.initiatives[name]
            on = np.ones(1)
            if not own.active:
                on = np.zeros(1)
            elif own.chance is not None:
                on = self.draws.happens(f"initiatives.{name}", self.draws(own.chance)).astype(float)
            for need in sorted(own.needs):
                on = on * self.happens(need)
            self._happens[name] = on
        return self._happens[name]

    def start(self, name: str) -> Floats:
        """(paths,) or (1,) its own start, but not before those of what it needs."""
        own = self.initiatives[name]
        start = self.draws(own.start)
        for need in sorted(own.needs):
            start = np.maximum(start, self.start(need))
        return start

    def uncertain(self) -> dict[str, Floats]:
        """Those that may fail to happen."""
        return {name: on for name, on in sorted(self._happens.items()) if len(on) > 1}


def _gain_share(gained: Mapping[str, Floats], donor: str, revenue: Mapping[str, Floats]) -> Floats:
    """What the other services gain, as a share of the donor's revenue; nothing where the donor has none."""
    total: Floats = np.zeros(1)
    for service in sorted(gained):
        if service != donor:
            total = total + revenue[service] * (gained[service] - 1)
    return np.divide(total, revenue[donor], out=np.zeros_like(total * revenue[donor]), where=revenue[donor] > 0)


def _initiative_cost(
    cost: InitiativeCost, start: Floats, on: Floats, draws: Sampler, context: SimulationContext
) -> Floats:
    """(months, paths): once in the month of the start, then each month in proportion to its days."""
    calendar = context.calendar
    paid = np.zeros((calendar.count, context.paths))
    if cost.per_month is not None:
        paid += draws(cost.per_month) * ramp(start, np.zeros(1), calendar) * on
    if cost.once is not None:
        month = np.broadcast_to(np.searchsorted(calendar.edges, start, side="right") - 1, context.paths)
        path = np.flatnonzero((month >= 0) & (month < calendar.count))
        once = np.broadcast_to(draws(cost.once) * on, context.paths)
        paid[month[path], path] += once[path]
    return paid
