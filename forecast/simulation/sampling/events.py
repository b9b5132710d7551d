"""Random events: how many, when, and the marks of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats, Floats32, Ints, Uints32, Uints64
from forecast.periods import Calendar
from forecast.plan.assumption import Assumption
from forecast.plan.weights import Weights
from forecast.simulation.sampling.mark_scores import MarkScores
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler, hash_name, stream_name

_GOLDEN_RATIO_STEP = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio: multiples of it fill the words evenly."""

_MAX_LAYER_RATE = 16.0
"""Rate of a layer of a Poisson process, events a year: the number of events of a layer is one draw."""

_MAX_LAYER_EVENTS = 64
"""More events than a layer ever has: the chance of so many is 1e-19."""


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
    """The events of one process in some blocks; every mark of an event is a hash of its `event_id` and a key."""

    path: Ints
    """(events,) the path in which it falls; events of one path are neighbours."""
    start: Floats
    """(events,) its first moment, an ordinal day."""
    event_id: Uints32
    """(2, events) the two halves of a word that no other event has."""
    process: str = ""
    """Name of the process, such as `shocks.storms`."""
    resampled: frozenset[str] = frozenset()
    """Names of marks that have other random numbers: of an assumption, or `PROCESS.KEY`."""
    marks: MarkScores | None = None
    """Where the draws of assumptions are kept path by path."""

    def __len__(self) -> int:
        return len(self.path)

    def select(self, rows: Ints) -> EventSet:
        """The events of some rows."""
        return replace(self, path=self.path[rows], start=self.start[rows], event_id=self.event_id[:, rows])

    def uniform(self, key: str) -> Floats32:
        """(events,) one uniform number an event, of 23 bits, above 0 and below 1, for a key of the process."""
        return _hash_uniform(self.event_id, stream_name(key, f"{self.process}.{key}" in self.resampled))

    def draw(self, assumption: Assumption) -> Floats | Floats32:
        """(events,) a value an event, the same for every use of one name; a constant is exact."""
        if assumption.is_constant:
            return np.full(len(self), assumption.value)
        key = stream_name(assumption.stream_name, assumption.stream_name in self.resampled)
        u = _hash_uniform(self.event_id, key)
        if self.marks is not None:
            self.marks.add(assumption.stream_name, self.path, u)
        return assumption.distribution.transform_uniform(u)

    def values_of_paths(self, values: Floats) -> Floats:
        """(events,) values (paths,) or (1,) at the paths of the events."""
        return values[self.path] if len(values) > 1 else np.broadcast_to(values, self.path.shape)

    def happens(self, key: str, chance: Floats) -> NDArray[np.bool_]:
        """(events,) whether an outcome of the given chance, (paths,) or (1,), happens in each event."""
        return self.uniform(key) < self.values_of_paths(chance)


def _concatenate_events(parts: Sequence[EventSet]) -> EventSet:
    """Events of several layers and years, those of a path neighbours."""
    path, start = (np.concatenate([getattr(part, column) for part in parts]) for column in ("path", "start"))
    order = np.argsort(path, kind="stable")
    joined = replace(parts[0], path=path, start=start, event_id=np.concatenate([p.event_id for p in parts], axis=1))
    return joined.select(order)


def _poisson_ppf(u: Floats, rate: Floats) -> NDArray[np.int8]:
    """(paths,) Poisson quantiles of uniform numbers (paths,), at rates (paths,) or (1,) up to `_MAX_LAYER_RATE`."""
    term = np.exp(-rate)
    cumulative = term.copy()
    count = np.zeros(len(u), np.int8)
    for number in range(1, _MAX_LAYER_EVENTS):
        exceeds = u >= cumulative
        if not exceeds.any():
            break
        count += exceeds
        term *= rate
        term *= 1 / number
        cumulative += term
    return count


def _hash_uniform(event_id: Uints32, key: str) -> Floats32:
    """(events,) hash of event_id and key, above 0 and below 1: a murmur of the two halves under the word of the key."""
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
    """(events,) ordinal days at which the shares `moment` of a year's weight have passed."""
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


def event_years(calendar: Calendar, first_moment: float) -> range:
    """Calendar years in which events begin from `first_moment`, an ordinal day, to the end of the months."""
    first = date.fromordinal(max(1, int(first_moment))).year
    return range(min(first, calendar.years[-1]), calendar.years.stop)


def sample_events(
    sampler: Sampler, name: str, rate: Floats, season: Weights | None, calendar: Calendar, first_moment: float
) -> EventSet:
    """Events that begin from `first_moment`, an ordinal day, to the end of the months of `calendar`.

    `rate` a year is (years, paths) or (years, 1) for the years of `event_years`, or one row for all.


    The number of a path's events in a year is a Poisson quantile, in layers of `rate`: a higher rate keeps every event
    of the lower one, no path is moved by another, and another horizon keeps the events of the years that both have.
    `season` weighs the months; without it every day has the same weight.
    """
    layers_of_years = []
    for row, year in enumerate(event_years(calendar, first_moment)):
        rate_of_year = rate[min(row, len(rate) - 1)]
        layers = max(1, math.ceil(rate_of_year.max() / _MAX_LAYER_RATE))
        layers_of_years += [_sample_layer(sampler, name, year, rate_of_year, layer, season) for layer in range(layers)]
    events = layers_of_years[0] if len(layers_of_years) == 1 else _concatenate_events(layers_of_years)
    is_inside = (events.start >= first_moment) & (events.start < calendar.edges[-1])
    return events if is_inside.all() else events.select(np.flatnonzero(is_inside))


def _sample_layer(sampler: Sampler, name: str, year: int, rate: Floats, layer: int, season: Weights | None) -> EventSet:
    """The events of one layer of a year."""
    u = sampler.sample_by_block(name, f"{year}.{layer}", lambda numbers, out: numbers.random(out=out))
    count = _poisson_ppf(u, np.clip(rate - layer * _MAX_LAYER_RATE, 0, _MAX_LAYER_RATE))
    path = np.repeat(np.arange(sampler.paths), count)
    number = np.arange(1 + _MAX_LAYER_EVENTS * layer, 1 + _MAX_LAYER_EVENTS * layer + len(path))
    number -= (np.cumsum(count, dtype=np.intp) - count)[path]
    number *= PATHS_PER_BLOCK
    number += path & (PATHS_PER_BLOCK - 1)
    words = number.view(np.uint64)
    words *= _GOLDEN_RATIO_STEP
    seeds_of_blocks = np.array([hash_name(f"{sampler.seed}.{name}.{year}.{block}") for block in sampler.blocks])
    words += (
        seeds_of_blocks[0]
        if len(seeds_of_blocks) == 1
        else np.repeat(
            seeds_of_blocks, np.add.reduceat(count, np.arange(0, sampler.paths, PATHS_PER_BLOCK), dtype=np.intp)
        )
    )
    event_id = np.ascontiguousarray(_scramble(words).view(np.uint32).reshape(-1, 2).T)
    # the number of events and their days are of one name; the ids stay, so that marks keep their numbers
    moment = _hash_uniform(event_id, stream_name("start", name in sampler.resampled))
    return EventSet(path, _event_days(year, moment, season), event_id, name, sampler.resampled, sampler.marks)
