"""Initiatives in the paths: whether they happen, when they start, their effects and costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import ramp
from forecast.plan.initiatives import Initiative, InitiativeCost
from forecast.simulation.model.impacts import DriverKey, SimulationContext, cut_at_zero, sample_changes
from forecast.simulation.sampling.random_streams import Sampler

__all__ = ["InitiativeOutcome"]

MIN_SAFE_CHANGE = -0.999
"""Change above which no rounding of a factor brings it below zero."""


@dataclass(frozen=True)
class InitiativeEffects:
    """Effects of all initiatives together in some blocks."""

    factors: Mapping[DriverKey, Floats]
    """By (driver, service), (months, paths) or (months, 1)."""
    costs: Mapping[str, Floats]
    """By initiative, (months, paths)."""
    happens: Mapping[str, Floats]
    """By initiative, (paths,) 1 where it happens; only those that may fail to."""


def simulate_initiatives(
    initiatives: Mapping[str, Initiative], sampler: Sampler, context: SimulationContext, revenue: Mapping[str, Floats]
) -> InitiativeEffects:
    """Effects of the initiatives; `revenue` (months, paths) by service is the baseline, to measure cannibalisation on.

    T = max(0, product over j of (1 + e_j r_j o_j)): effect, month mean of the ramp, and whether it and all that it
    needs happen (docs/model.md, section 5). A donor loses its share of the đồng gained elsewhere.
    """
    schedule = _InitiativeSchedule(initiatives, sampler)
    factors: dict[DriverKey, Floats] = {}
    below_zero: set[DriverKey] = set()
    costs: dict[str, Floats] = {}
    for name in sorted(n for n in initiatives if initiatives[n].active):
        initiative = initiatives[name]
        start, happens = schedule.start(name), schedule.happens(name)
        length = np.zeros(1) if initiative.ramp is None else sampler(initiative.ramp)
        progress = ramp(start, length, context.calendar)
        gains: dict[str, Floats] = {}
        for key, change in sample_changes(sampler, initiative.effect, context.services).items():
            change = change * happens
            factor = change * progress
            factor += 1
            if change.min() < MIN_SAFE_CHANGE:
                below_zero.add(key)
            if initiative.takes_from and key[0] in ("volume", "price", "revenue"):
                gains[key[1]] = gains.get(key[1], 1.0) * factor
            factors[key] = _multiply_into(factors[key], factor) if key in factors else factor
        for donor, share in initiative.takes_from.items():
            remaining = 1 - sampler(share) * _gain_share(gains, donor, revenue)
            key = ("revenue", donor)
            factors[key] = factors.get(key, 1.0) * np.maximum(0.0, remaining)
        if initiative.cost is not None:
            costs[name] = _initiative_cost(initiative.cost, start, happens, sampler, context)
    for key in below_zero:
        cut_at_zero(factors[key])
    return InitiativeEffects(factors, costs, schedule.uncertain())


def _multiply_into(product: Floats, factor: Floats) -> Floats:
    """The product, in place where the shapes are the same."""
    if product.shape == factor.shape:
        product *= factor
        return product
    return product * factor


@dataclass(frozen=True)
class InitiativeOutcome:
    """An initiative in one path."""

    happens: bool
    start: float
    """Ordinal day on which it starts, if it does."""


def initiative_outcomes(
    initiatives: Mapping[str, Initiative], sampler: Sampler, path: int
) -> dict[str, InitiativeOutcome]:
    """By active initiative, whether it happens in one path and when it starts; `path` is a row of the blocks."""
    schedule = _InitiativeSchedule(initiatives, sampler)

    def at(values: Floats) -> float:
        return float(values[path if len(values) > 1 else 0])

    return {
        name: InitiativeOutcome(bool(at(schedule.happens(name))), at(schedule.start(name)))
        for name in sorted(initiatives)
        if initiatives[name].active
    }


class _InitiativeSchedule:
    """Initiatives that happen in each path, and their starts."""

    def __init__(self, initiatives: Mapping[str, Initiative], sampler: Sampler) -> None:
        self.initiatives = initiatives
        self.sampler = sampler
        self._happens: dict[str, Floats] = {}

    def happens(self, name: str) -> Floats:
        """(paths,) or (1,) 1 where it and all that it needs happen."""
        if name not in self._happens:
            initiative = self.initiatives[name]
            happens = np.ones(1)
            if not initiative.active:
                happens = np.zeros(1)
            elif initiative.chance is not None:
                happens = self.sampler.happens(f"initiatives.{name}", self.sampler(initiative.chance)).astype(float)
            for required in sorted(initiative.needs):
                happens = happens * self.happens(required)
            self._happens[name] = happens
        return self._happens[name]

    def start(self, name: str) -> Floats:
        """(paths,) or (1,) day of its start, not before the starts of what it needs."""
        initiative = self.initiatives[name]
        start = self.sampler(initiative.start)
        for required in sorted(initiative.needs):
            start = np.maximum(start, self.start(required))
        return start

    def uncertain(self) -> dict[str, Floats]:
        """By initiative that may fail, (paths,) 1 where it happens."""
        return {name: happens for name, happens in sorted(self._happens.items()) if len(happens) > 1}


def _gain_share(gains: Mapping[str, Floats], donor: str, revenue: Mapping[str, Floats]) -> Floats:
    """Gains of the other services as a share of the size of the donor's revenue; 0 where the donor has none."""
    total: Floats = np.zeros(1)
    for service in sorted(gains):
        if service != donor:
            total = total + np.abs(revenue[service]) * (gains[service] - 1)
    size = np.abs(revenue[donor])
    return np.divide(total, size, out=np.zeros_like(total * size), where=size > 0)


def _initiative_cost(
    cost: InitiativeCost, start: Floats, happens: Floats, sampler: Sampler, context: SimulationContext
) -> Floats:
    """(months, paths): once in the month of the start, then each month in proportion to its days."""
    calendar = context.calendar
    cost_paths = np.zeros((calendar.count, context.paths))
    if cost.per_month is not None:
        cost_paths += sampler(cost.per_month) * ramp(start, np.zeros(1), calendar) * happens
    if cost.once is not None:
        month = np.broadcast_to(np.searchsorted(calendar.edges, start, side="right") - 1, context.paths)
        path = np.flatnonzero((month >= 0) & (month < calendar.count))
        once = np.broadcast_to(sampler(cost.once) * happens, context.paths)
        cost_paths[month[path], path] += once[path]
    return cost_paths
