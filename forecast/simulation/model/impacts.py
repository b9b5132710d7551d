"""What shocks and initiatives do to the drivers, month by month.

Arrays are (months, paths), or (months, 1) where every path is alike. A hit is sparse: one event, one month, one path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.periods import DAYS_PER_MONTH, Calendar
from forecast.plan.geography import Terrain
from forecast.plan.record import of_service
from forecast.simulation.model.footprints import Arcs, pieces_of

if TYPE_CHECKING:
    from forecast.arrays import Ints
    from forecast.plan.shocks.shock import Effects
    from forecast.simulation.sampling.random_streams import Draws

Key = tuple[str, str]
"""What an effect acts on: (driver, service). `amount` is volume, or revenue at unchanged prices."""
Taken = Callable[[NDArray[np.intp]], Mapping[Key, Floats]]
"""What the entries of some rows take, (rows,) each."""
NEAR = 16_384
"""Numbers of 64 bits, a few times which fit in the cache of one core."""
HEADCOUNT: Key = ("headcount", "")
WITHIN = 2 * DAYS_PER_MONTH
"""Days over which what is recovered comes back, where the plan says nothing."""


@dataclass(frozen=True)
class Stage:
    """Where a shock strikes: the months, the services, how many places, and each year's climate."""

    calendar: Calendar
    services: tuple[str, ...]
    paths: int
    """That are played together."""
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
    cell: Ints
    """(entries,) place in a flat array of months and paths."""
    lost: Taken
    """Share of the month's amount that entries take; below 0 where something is gained."""
    end: Floats
    """(events,) the day on which each event ends."""
    path_of_event: Ints
    """(events,)"""


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
    """What one shock does in some blocks."""

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


def strips(months: int, paths: int) -> Iterator[slice]:
    """Rows of (months, paths) by as many as stay near the processor."""
    rows = max(1, NEAR // paths)
    return (slice(first, first + rows) for first in range(0, months, rows))


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


def summed(cells: Ints, lost: Mapping[Key, Floats], shape: tuple[int, int]) -> dict[Key, Floats]:
    """Factors 1 - (what all events take together), for events whose shares add up.

    `lost` (entries,) is what each takes of its cell of months and paths, `shape`.
    """
    taken = {key: sums(cells, shares, shape[0] * shape[1]).reshape(shape) for key, shares in lost.items()}
    return {key: np.maximum(0.0, 1 - whole) for key, whole in taken.items()}


def multiplied(cells: Ints, lost: Mapping[Key, Floats], shape: tuple[int, int]) -> dict[Key, Floats]:
    """Factors of events that strike independently of one another: the product of 1 - (what each takes).

    `lost` (entries,) is what each takes of its cell of months and paths, `shape`.
    """
    factors: dict[int, Floats] = {}
    for taken in lost.values():
        if id(taken) not in factors:  # services that lose alike share one array
            factor = np.ones(shape)
            np.multiply.at(factor.reshape(-1), cells, 1 - taken)
            factors[id(taken)] = factor
    return {key: factors[id(taken)] for key, taken in lost.items()}


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


def taking(lost: Mapping[Key, Floats]) -> Taken:
    """Those of (entries,) that are asked for."""
    return lambda rows: {key: values[rows] for key, values in lost.items()}


def sums(places: Ints, values: Floats, count: int) -> Floats:
    """(count,) sums of the values of each place."""
    return np.bincount(places, values, count).astype(np.float64, copy=False)
