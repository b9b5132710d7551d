"""Records of the changes that shocks and initiatives make to the drivers, month by month.

Arrays are (months, paths), or (months, 1) where every path is the same. The losses of events are sparse: one event, one
month, one path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from forecast.arrays import Floats, Floats32, Ints
from forecast.periods import Calendar
from forecast.plan.geography import Geography
from forecast.plan.record import for_service
from forecast.plan.shocks import DEFAULT_RECOVERY_DAYS, Effects
from forecast.simulation.model.footprints import PlaceRanges
from forecast.simulation.sampling.random_streams import Sampler

__all__ = ["HEADCOUNT_KEY", "DriverKey"]

DriverKey = tuple[str, str]
"""(driver, service) that an effect changes. `amount` is volume, or revenue at unchanged prices."""
LossesOfRows = Callable[[Ints], Mapping[DriverKey, Floats]]
"""Losses of the entries of some rows, (rows,) each."""
MAX_NUMBERS_PER_STRIP = 16_384
"""Numbers of 64 bits: a few arrays of this size fit in the cache of one core."""
HEADCOUNT_KEY: DriverKey = ("headcount", "")


@dataclass(frozen=True)
class SimulationContext:
    """Surroundings of a shock that decide its impact: months, services, places and each year's climate."""

    calendar: Calendar
    """The horizon, and before it the months whose losses still come back."""
    services: tuple[str, ...]
    paths: int
    """Number of paths simulated together."""
    places: Floats | None = None
    """Number of places, (paths,) or (1,)."""
    climate: Mapping[int, Floats] = field(default_factory=dict)
    """By calendar year, (paths,) factor on the rates of storms and floods; empty without a climate."""
    geography: Geography | None = None
    """The places by name, where the plan lists them."""
    earlier: int = 0
    """Months of the calendar that lie before the horizon."""
    first_moment: float = -np.inf
    """Ordinal day from which on the shock may begin by chance."""
    longest: float = np.inf
    """Days after which an event is over that began before the horizon."""

    def event_ends(self, start: Floats, length: Floats | Floats32) -> Floats:
        """(events,) ordinal day on which each event ends, from its start and its length in days."""
        end = start + length
        opening = self.calendar.edges[self.earlier]
        if self.first_moment < opening:
            np.minimum(end, start + self.longest, out=end, where=start < opening)
        return end

    def count_events(self, path: Ints, end: Floats) -> Floats:
        """(paths,) number of the events (events,) that are under way in the horizon."""
        acting = end > self.calendar.edges[self.earlier]
        return np.bincount(path if acting.all() else path[acting], minlength=self.paths).astype(float)

    @property
    def shape(self) -> tuple[int, int]:
        """(months, paths)."""
        return self.calendar.count, self.paths


@dataclass(frozen=True)
class EventLosses:
    """Losses of single events in single months; one event and month may have several entries."""

    event: Ints
    """(entries,) the event of each."""
    cell: Ints
    """(entries,) index in a flat array of months and paths."""
    lost: LossesOfRows
    """Share of the month's amount that the entries of some rows lose; below 0 for a gain."""
    end: Floats
    """(events,) day on which each event ends."""
    path_of_event: Ints
    """(events,) path in which each event falls."""


@dataclass(frozen=True)
class Episode:
    """One event with the same first and last day in every path; its losses by month are dense."""

    rows: slice
    """Months that it touches."""
    lost: Mapping[DriverKey, Floats]
    """(rows, paths) or (rows, 1) share of the month's amount that is lost."""
    end: float
    """Day on which it ends."""


@dataclass(frozen=True)
class Footprint:
    """Places that a shock hits, where they are listed; `outside_factors` hold in all places."""

    ranges: PlaceRanges
    event: Ints
    """(ranges,) the event of each."""
    range_index: Ints
    """(entries,) the range of each."""
    cell: Ints
    """(entries,) index in a flat array of months and paths."""
    loss_shares: Mapping[str, Floats]
    """By service, (entries,) share that each place of the range loses of what `outside_factors` leave of the month."""
    outside_factors: Mapping[str, Floats] = field(default_factory=dict)
    """By service, (months, paths) factor in a place outside every range; 1 for a service without an entry."""


@dataclass(frozen=True)
class Impact:
    """Effect of one shock on the drivers in some blocks."""

    factors: Mapping[DriverKey, Floats]
    """(months, paths) or (months, 1); a driver without a factor is unchanged."""
    losses: EventLosses | Episode | None = None
    recovered: Mapping[str, Floats] = field(default_factory=dict)
    """By service, share of its loss that is recovered, (paths,) or (1,)."""
    within: Floats = field(default_factory=lambda: np.array([DEFAULT_RECOVERY_DAYS]))
    """Days over which it is recovered, (paths,) or (1,)."""
    cost: Floats | None = None
    """(months, paths) cost of repair."""
    event_counts: Floats | None = None
    """(paths,) number of events in each path."""
    footprint: Footprint | None = None
    _loss_factors: dict[int, Floats] = field(default_factory=dict)

    def from_horizon_on(self, earlier: int) -> Impact:
        """Costs and drivers without the first `earlier` months; amounts keep them, for what they give back."""
        if not earlier:
            return self
        factors = {key: factor if key[0] == "amount" else factor[earlier:] for key, factor in self.factors.items()}
        return replace(self, factors=factors, cost=None if self.cost is None else self.cost[earlier:])

    def loss_factors(self, key: DriverKey) -> Floats:
        """Factors of a key cut at 1: the losses without the gains."""
        factor = self.factors[key]
        if id(factor) not in self._loss_factors:
            self._loss_factors[id(factor)] = np.minimum(factor, 1.0) if factor.max() > 1 else factor
        return self._loss_factors[id(factor)]


def signed_factor(factor: Floats, amount: Floats) -> Floats:
    """Factor of months (months, paths) by which each changes by a share of its size (docs/model.md, section 1).

    A loss of 60% takes 0.6 |x| off a month x also where x is below zero: its factor is 1.6.
    """
    return factor if amount.min() >= 0 else np.where(amount < 0, 2.0 - factor, factor)


def cut_at_zero(factor: Floats) -> Floats:
    """The factor with 0 for what lies below it, in place; to see that nothing does takes a quarter of the time."""
    return np.maximum(factor, 0.0, out=factor) if factor.min() < 0 else factor


def row_strips(months: int, paths: int) -> Iterator[slice]:
    """Strips of rows of (months, paths), each of as many numbers as the cache holds."""
    rows = max(1, MAX_NUMBERS_PER_STRIP // paths)
    return (slice(first, first + rows) for first in range(0, months, rows))


def sample_changes(sampler: Sampler, effects: Effects, services: Iterable[str]) -> dict[DriverKey, Floats]:
    """By (driver, service) that the plan names, its change, (paths,) or (1,)."""
    by_driver: dict[DriverKey, Floats] = {}
    for service in services:
        for driver in ("volume", "price", "revenue", "unit_cost"):
            assumption = for_service(getattr(effects, driver), service)
            if assumption is not None:
                by_driver[driver, service] = sampler(assumption)
    if effects.headcount is not None:
        by_driver[HEADCOUNT_KEY] = sampler(effects.headcount)
    return by_driver


def values_at(path: Ints, values: Floats) -> Floats:
    """(entries,) the values (paths,) or (1,) of the paths of entries."""
    return values[path] if len(values) > 1 else np.broadcast_to(values, path.shape)


def sum_by_cell(cells: Ints, values: Floats, count: int) -> Floats:
    """(count,) sums of the values of each cell."""
    return np.bincount(cells, values, count).astype(np.float64, copy=False)
