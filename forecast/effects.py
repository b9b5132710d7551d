"""What shocks and initiatives do to the drivers, month by month, and what of a loss comes back.

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

    def cells(self, paths: int) -> Ints:
        """(entries,) place of each entry in a flat array of months and paths."""
        return self.month * paths + self.path


@dataclass(frozen=True)
class Blow:
    """What one shock does in one block."""

    factors: Mapping[Key, Floats]
    """(months, paths) or (months, 1); what is not named is not touched."""
    hits: Hits | None = None
    recovered: Mapping[str, Floats] = field(default_factory=dict)
    """By service, the share of its loss that comes back, (paths,) or (1,)."""
    within: Floats = field(default_factory=lambda: np.array([WITHIN]))
    """Days over which it comes back, (paths,) or (1,)."""
    cost: Floats | None = None
    """(months, paths) repair."""
    events: Floats | None = None
    """(paths,) how many events fall in each path."""


@dataclass(frozen=True)
class Account:
    """Where the losses of one service went, (paths,) each: lost = returned + carried + gone."""

    lost: Floats
    returned: Floats
    carried: Floats
    """Comes back after the horizon."""
    gone: Floats


def overlaps(start: Floats, end: Floats, calendar: Calendar) -> tuple[Ints, Ints, Floats]:
    """Exact overlap of intervals of days with months: (interval, month, days), one entry for each that meet."""
    edges = calendar.edges
    first = np.searchsorted(edges, start, side="right") - 1
    last = np.minimum(np.searchsorted(edges, end, side="left") - 1, calendar.count - 1)
    found: list[tuple[Ints, Ints, Floats]] = []
    for offset in range(int((last - first).max(initial=-1)) + 1):
        month = first + offset
        interval = np.flatnonzero((month <= last) & (month >= 0) & (end > start))
        month = month[interval]
        days = np.minimum(end[interval], edges[month + 1]) - np.maximum(start[interval], edges[month])
        found.append((interval, month, days))
    if not found:
        return np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0)
    interval, month, days = (np.concatenate(column) for column in zip(*found, strict=True))
    return interval, month, days


def ramp(start: Floats, length: Floats, calendar: Calendar) -> Floats:
    """Month means of clip((t - start) / length, 0, 1), the exact integral: (months, paths) or (months, 1)."""
    edges = calendar.edges[:, None]
    since = np.maximum(edges - start, 0)
    slope = np.where(length > 0, length, 1.0)
    rising = np.minimum(since, slope)
    area = np.where(length > 0, rising * rising / (2 * slope) + (since - rising), since)
    return np.asarray(np.diff(area, axis=0) / calendar.days[:, None])


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
    factors = {}
    for key, lost in hits.lost.items():
        factor = np.ones(calendar.count * paths)
        np.multiply.at(factor, cells, 1 - lost)
        factors[key] = factor.reshape(calendar.count, paths)
    return factors


def returns(
    name: str, blows: Mapping[str, Blow], service: str, base: Floats, calendar: Calendar
) -> tuple[Floats, Floats, Floats] | None:
    """What comes back of the loss of one cause: (returned (months, paths), back (paths,), net loss (paths,)).

    Net loss of cause k in a month: base * max(0, 1 - F_k) * product of min(1, F_j) of the other causes, so that what two
    causes share is gone. It is shared among the events of the cause by what each took, and comes back evenly over
    `within` after the event's end. `base` is the amount before shocks, (months, paths).
    """
    blow, key = blows[name], ("amount", service)
    hits = blow.hits
    if hits is None or key not in hits.lost or not len(hits.month):
        return None
    paths = base.shape[1]
    cells = hits.cells(paths)
    taken = np.maximum(hits.lost[key], 0)
    whole = np.bincount(cells, taken, base.size)[cells]
    loss = _at(base, cells) * np.maximum(0, 1 - _at(blow.factors[key], cells))
    for other in sorted(blows):
        if other != name and key in blows[other].factors:
            loss = loss * np.minimum(1, _at(_full(blows[other].factors[key], base), cells))
    loss = loss * np.divide(taken, whole, out=np.zeros_like(taken), where=whole > 0)
    net = np.bincount(hits.path, loss, paths)
    path = np.zeros(len(hits.end), np.intp)
    path[hits.event] = hits.path
    share = blow.recovered.get(service, np.zeros(1))
    back = np.bincount(hits.event, loss, len(hits.end)) * _of(share, path)
    within = _of(blow.within, path)
    event, month, days = overlaps(hits.end, hits.end + within, calendar)
    amount = back[event] * days / within[event]
    returned = np.bincount(month * paths + path[event], amount, base.size).reshape(base.shape)
    return returned, np.bincount(path, back, paths), net


def _at(array: Floats, cells: Ints) -> Floats:
    return np.asarray(array.reshape(-1)[cells])


def _full(factor: Floats, like: Floats) -> Floats:
    return np.broadcast_to(factor, like.shape)


def _of(values: Floats, path: Ints) -> Floats:
    return values[path] if len(values) > 1 else np.broadcast_to(values, path.shape)
