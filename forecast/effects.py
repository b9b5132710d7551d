"""What shocks and initiatives do to the drivers, month by month.

Arrays are (months, paths), or (months, 1) where every path is alike. A hit is sparse: one event, one month, one path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forecast.chance import Floats
from forecast.months import DAYS_PER_MONTH, Calendar
from forecast.noun import of_service
from forecast.terrain import Arcs, Terrain, pieces_of

if TYPE_CHECKING:
    from forecast.draws import Draws, Ints
    from forecast.shocks.shock import Effects

Key = tuple[str, str]
"""What an effect acts on: (driver, service). `amount` is volume, or revenue at unchanged prices."""
HEADCOUNT: Key = ("headcount", "")
WITHIN = 2 * DAYS_PER_MONTH
"""Days over which what is recovered comes back, where the plan says nothing."""


@dataclass(frozen=True)
class Stage:
    """Where a shock strikes: the months, the services, how many places, and each year's climate."""

    calendar: Calendar
    services: tuple[str, ...]
    places: Floats | None = None
    """How many, (paths,) or (1,)."""
    climate: Floats | None = None
    """(years, paths) factor on the rates of storms and floods."""
    terrain: Terrain | None = None
    """The places by name, where the plan lists them."""


@dataclass(frozen=True)
class Hits:
    """What single events take in single months; entries of one event and month may be several."""

    event: Ints
    month: Ints
    path: Ints
    lost: Mapping[Key, Floats]
    """(entries,) share of the month's amount that is taken; below 0 where something is gained."""
    end: Floats
    """(events,) the day on which each event ends."""
    path_of_event: Ints
    """(events,)"""

    def cells(self, paths: int) -> Ints:
        """(entries,) place of each entry in a flat array of months and paths."""
        return self.month * paths + self.path


@dataclass(frozen=True)
class Spell:
    """One event that lasts from one day to another in every path; what it takes of a month is dense."""

    rows: slice
    """The months that it touches."""
    lost: Mapping[Key, Floats]
    """(rows, paths) or (rows, 1) share of the month's amount that is taken."""
    end: float
    """The day on which it ends."""


@dataclass(frozen=True)
class Footprint:
    """Which places a shock hits, where they are listed; what all places suffer alike is `outside`."""

    arcs: Arcs
    event: Ints
    """(arcs,) the event of each."""
    arc: Ints
    """(entries,)"""
    cell: Ints
    """(entries,) place in a flat array of months and paths."""
    taken: Mapping[str, Floats]
    """By service, (entries,) share of the month that is taken in each place of the arc, of what is left outside it."""
    outside: Mapping[str, Floats] = field(default_factory=dict)
    """By service, (months, paths) what is left in a place that no arc holds; all where nothing is said."""


@dataclass(frozen=True)
class Blow:
    """What one shock does in one block."""

    factors: Mapping[Key, Floats]
    """(months, paths) or (months, 1); what is not named is not touched."""
    hits: Hits | Spell | None = None
    recovered: Mapping[str, Floats] = field(default_factory=dict)
    """By service, the share of its loss that comes back, (paths,) or (1,)."""
    within: Floats = field(default_factory=lambda: np.array([WITHIN]))
    """Days over which it comes back, (paths,) or (1,)."""
    cost: Floats | None = None
    """(months, paths) repair."""
    events: Floats | None = None
    """(paths,) how many events fall in each path."""
    footprint: Footprint | None = None
    _capped: dict[int, Floats] = field(default_factory=dict)

    def capped(self, key: Key) -> Floats:
        """The factors of a key, none above 1: what is left of the trade, gains apart."""
        factor = self.factors[key]
        if id(factor) not in self._capped:
            self._capped[id(factor)] = np.minimum(factor, 1.0) if factor.max() > 1 else factor
        return self._capped[id(factor)]


def overlaps(start: Floats, end: Floats, calendar: Calendar) -> tuple[Ints, Ints, Floats]:
    """Exact overlap of intervals of days with months: (interval, month, days), one entry for each that meet."""
    first = np.maximum(calendar.row_of(start), 0)
    last = np.minimum(calendar.row_of(np.ceil(end) - 1), calendar.count - 1)
    met = np.maximum(last - first + 1, 0) * (end > start)
    interval = np.repeat(np.arange(len(met)), met)
    month = np.arange(len(interval)) + (first - np.cumsum(met) + met)[interval]
    edges = calendar.edges
    days = np.minimum(end[interval], edges[month + 1]) - np.maximum(start[interval], edges[month])
    return interval, month, days


def ramp(start: Floats, length: Floats, calendar: Calendar) -> Floats:
    """Month means of clip((t - start) / length, 0, 1), the exact integral: (months, paths) or (months, 1)."""
    area = np.maximum(calendar.edges[:, None] - start, 0)
    if np.any(length > 0):
        rising = np.minimum(area, length)
        area = area - rising
        rising *= rising
        rising /= 2 * np.maximum(length, 1e-9)  # 0 by anything where there is no length
        area += rising
    grown = np.diff(area, axis=0)
    grown /= calendar.days[:, None]
    return grown


def changes(draws: Draws, effects: Effects, services: Iterable[str]) -> dict[Key, Floats]:
    """(driver, service) -> change, (paths,) or (1,), for what the plan names."""
    found: dict[Key, Floats] = {}
    for service in services:
        for driver in ("volume", "price", "revenue", "unit_cost"):
            said = of_service(getattr(effects, driver), service)
            if said is not None:
                found[driver, service] = draws(said)
    if effects.headcount is not None:
        found[HEADCOUNT] = draws(effects.headcount)
    return found


def effects_of(draws: Draws, effects: Effects, services: Iterable[str]) -> dict[Key, Floats]:
    """As `changes`, with volume and revenue as one amount: what a shock takes of either, it takes of the trade."""
    found = changes(draws, effects, services)
    for service in services:
        volume, revenue = found.pop(("volume", service), None), found.pop(("revenue", service), None)
        if volume is not None and revenue is not None:
            found["amount", service] = (1 + volume) * (1 + revenue) - 1
        elif (one := revenue if volume is None else volume) is not None:
            found["amount", service] = one
    return found


def summed(hits: Hits, calendar: Calendar, paths: int) -> dict[Key, Floats]:
    """Factors 1 - (what all events take together), for events whose shares add up."""
    shape = (calendar.count, paths)
    cells = hits.cells(paths)
    return {
        key: np.maximum(0.0, 1 - np.bincount(cells, lost, shape[0] * paths).reshape(shape))
        for key, lost in hits.lost.items()
    }


def multiplied(hits: Hits, calendar: Calendar, paths: int) -> dict[Key, Floats]:
    """Factors of events that strike independently of one another: the product of 1 - (what each takes)."""
    cells = hits.cells(paths)
    factors: dict[int, Floats] = {}
    for lost in hits.lost.values():
        if id(lost) not in factors:  # services that lose alike share one array
            factor = np.ones(calendar.count * paths)
            np.multiply.at(factor, cells, 1 - lost)
            factors[id(lost)] = factor.reshape(calendar.count, paths)
    return {key: factors[id(lost)] for key, lost in hits.lost.items()}


def left_of(footprint: Footprint, terrain: Terrain, shape: tuple[int, int]) -> dict[Key, Floats]:
    """Factors of events that hit listed places: the mean over the places, by weight, of what is left in each."""
    pieces = pieces_of(footprint.cell, footprint.arcs.some(footprint.arc), footprint.taken, terrain.count)
    factors: dict[tuple[int, int], Floats] = {}
    found: dict[Key, Floats] = {}
    for service, left in pieces.left.items():
        before = terrain.before[service]
        alike = (id(left), id(before))
        if alike not in factors:
            lost = sums(pieces.cell, pieces.weight(before) * (1 - left), shape[0] * shape[1])
            factors[alike] = np.maximum(0.0, 1 - lost).reshape(shape)
        found["amount", service] = factors[alike]
    return found


def sums(places: Ints, values: Floats, count: int) -> Floats:
    """(count,) sums of the values of each place."""
    return np.bincount(places, values, count).astype(np.float64, copy=False)
