"""Events that fall by chance: how many, when, and the marks of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats, Floats32, Ints, Uints32, Uints64
from forecast.periods import Calendar
from forecast.plan.assumption import Assumption
from forecast.plan.weights import Weights
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler, hash_name

_GOLDEN_RATIO_STEP = np.uint64(0x9E3779B97F4A7C15)
"""2^64 by the golden ratio: steps of it fill the words evenly."""

_MAX_LAYER_RATE = 16.0
"""Height of a layer of a Poisson process: of each, the number of events is one draw."""

_MAX_LAYER_EVENTS = 64
"""More events than a layer ever has: so many have a chance of 1e-19."""


def _scramble(words: Uints64) -> Uints64:
    """Scramble 64-bit words in place (the finaliser of SplitMix64; Steele, Lea and Flood 2014)."""
    words ^= words >> np.uint64(30)
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= words >> np.uint64(27)
    words *= np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)
    return words


@dataclass(frozen=True)
class EventSet:
    """The events of one process in some blocks, every mark of an event a hash of its ticket."""

    path: Ints
    """(events,) the path in which it falls; events of one path are neighbours."""
    start: Floats
    """(events,) its first moment, an ordinal day."""
    event_id: Uints32
    """(2, events) the two halves of a word of its own."""

    def __len__(self) -> int:
        return len(self.path)

    def select(self, rows: Ints) -> EventSet:
        """Some of them."""
        return EventSet(self.path[rows], self.start[rows], self.event_id[:, rows])

    def uniform(self, key: str) -> Floats32:
        """(events,) one uniform number an event, of 23 bits and inside 0 to 1, under the name of the key."""
        return _hash_uniform(self.event_id, key)

    def draw(self, assumption: Assumption) -> Floats | Floats32:
        """(events,) a value an event; the same in a path's event for every use of one name. A sure one is exact."""
        if assumption.is_constant:
            return np.full(len(self), assumption.value)
        return assumption.distribution.transform_uniform(self.uniform(assumption.stream_name))

    def values_of_paths(self, values: Floats) -> Floats:
        """(events,) the values (paths,) or (1,) of the paths in which the events fall."""
        return values[self.path] if len(values) > 1 else np.broadcast_to(values, self.path.shape)

    def happens(self, key: str, chance: Floats) -> NDArray[np.bool_]:
        """(events,) whether something of the given chance, (paths,) or (1,), happens in each event."""
        return self.uniform(key) < self.values_of_paths(chance)


def _concatenate_events(parts: Sequence[EventSet]) -> EventSet:
    """Events of several layers and years, those of a path neighbours."""
    path, start = (np.concatenate([getattr(part, column) for part in parts]) for column in ("path", "start"))
    order = np.argsort(path, kind="stable")
    return EventSet(path, start, np.concatenate([part.event_id for part in parts], axis=1)).select(order)


def _poisson_ppf(u: Floats, rate: Floats) -> NDArray[np.int8]:
    """Poisson quantiles of uniform numbers (paths,), at rates (paths,) or (1,) up to `_HEIGHT`."""
    term = np.exp(-rate)
    below = term.copy()
    count = np.zeros(len(u), np.int8)
    for number in range(1, _MAX_LAYER_EVENTS):
        more = u >= below
        if not more.any():
            break
        count += more
        term *= rate
        term *= 1 / number
        below += term
    return count


def _hash_uniform(event_id: Uints32, key: str) -> Floats32:
    """(events,) a hash of event_id and key, inside 0 to 1: a murmur of the two halves under the key's own word."""
    word = np.uint32(int(hash_name(key)) & 0xFFFFFFFF)
    x = event_id[0] ^ word
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(16)
    x += event_id[1]
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x2C1B3C6D)
    x >>= np.uint32(9)
    u: Floats32 = x.view(np.int32).astype(np.float32)
    u += np.float32(0.5)
    u *= np.float32(2.0**-23)
    return u


def _event_days(year: int, moment: Floats32, season: Weights | None) -> Floats:
    """Ordinal days at which the shares `moment` of a year's weight have passed."""
    edges = Calendar(12 * year, 12).edges
    if season is None or not season.values:
        return np.asarray(edges[0] + moment * (edges[-1] - edges[0]))
    months = np.flatnonzero(season.values)
    weights = np.asarray(season.values)[months]
    steps = np.concatenate([[0.0], np.cumsum(weights) / np.sum(weights)])
    row = np.zeros(len(moment), np.int8)
    for step in steps[1:-1]:
        row += moment >= step
    slope = (edges[months + 1] - edges[months]) / np.diff(steps)
    return np.asarray((edges[months] - slope * steps[:-1])[row] + slope[row] * moment)


def sample_events(draws: Sampler, name: str, rate: Floats, season: Weights | None, calendar: Calendar) -> EventSet:
    """Events at `rate` a year, (years, paths) or (years, 1), inside the months of `calendar`.

    The number of a path's events in a year is the quantile of its Poisson, in layers of `rate`: a higher rate keeps
    every event of the lower one, no path is moved by another, and a longer horizon only adds years. `season` weighs
    the months; without it every day is alike.
    """
    found = []
    for row, year in enumerate(calendar.years):
        own = rate[min(row, len(rate) - 1)]
        layers = max(1, math.ceil(own.max() / _MAX_LAYER_RATE))
        found += [_sample_layer(draws, name, year, own, layer, season) for layer in range(layers)]
    events = found[0] if len(found) == 1 else _concatenate_events(found)
    edges = calendar.edges
    inside = (events.start >= edges[0]) & (events.start < edges[-1])
    return events if inside.all() else events.select(np.flatnonzero(inside))


def _sample_layer(draws: Sampler, name: str, year: int, rate: Floats, layer: int, season: Weights | None) -> EventSet:
    """The events of one layer of a year."""
    u = draws.sample_by_block(name, f"{year}.{layer}", lambda numbers, out: numbers.random(out=out))
    count = _poisson_ppf(u, np.clip(rate - layer * _MAX_LAYER_RATE, 0, _MAX_LAYER_RATE))
    path = np.repeat(np.arange(draws.paths), count)
    number = np.arange(1 + _MAX_LAYER_EVENTS * layer, 1 + _MAX_LAYER_EVENTS * layer + len(path))
    number -= (np.cumsum(count, dtype=np.intp) - count)[path]
    number *= PATHS_PER_BLOCK
    number += path & (PATHS_PER_BLOCK - 1)
    words = number.view(np.uint64)
    words *= _GOLDEN_RATIO_STEP
    roots = np.array([hash_name(f"{draws.seed}.{name}.{year}.{block}") for block in draws.blocks])
    words += (
        roots[0]
        if len(roots) == 1
        else np.repeat(roots, np.add.reduceat(count, np.arange(0, draws.paths, PATHS_PER_BLOCK), dtype=np.intp))
    )
    ticket = np.ascontiguousarray(_scramble(words).view(np.uint32).reshape(-1, 2).T)
    return EventSet(path, _event_days(year, _hash_uniform(ticket, "start"), season), ticket)
