"""Random numbers, each under the name of what it is for.

A stream is keyed by (seed, name, block, layer): never by order. So a new assumption moves no other, more paths keep the
first ones, and two scenarios share their luck wherever they share a name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray
from scipy.special import gammaincinv

from forecast.arrays import Floats, Floats32, Ints, Uints32, Uints64
from forecast.periods import Calendar
from forecast.plan.assumption import Assumption
from forecast.plan.weights import Profile
from forecast.stats.copula import Group

BLOCK = 4096
"""Consecutive paths of a block: the unit of random numbers, of work and of memory. A constant of the format."""


@lru_cache(maxsize=8192)
def _word(name: str) -> np.uint64:
    """A name as one word of 64 bits."""
    return np.uint64(int.from_bytes(sha256(name.encode()).digest()[:8], "little"))


class _Seed(ISeedSequence):
    """The hash of a text as the state that a generator begins with; five times as fast as SeedSequence."""

    def __init__(self, text: str) -> None:
        self.text = text

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """The first words of the hash, which has 256 bits; SFC64 asks for 192."""
        return np.frombuffer(sha256(self.text.encode()).digest(), np.dtype(dtype).newbyteorder("<"), n_words)


def stream(seed: int, name: str, block: int, layer: int | str = 0) -> np.random.Generator:
    """The random numbers of one name in one block."""
    key = _Seed(f"{seed} {block} {layer} {name}")
    return np.random.Generator(np.random.SFC64(key))  # type: ignore[arg-type]  # any ISeedSequence will do


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2^64 by the golden ratio: steps of it fill the words evenly."""
_HEIGHT = 16.0
"""Height of a layer of a Poisson process: of each, the number of events is one draw."""
_MOST = 64
"""More events than a layer ever has: so many have a chance of 1e-19."""


def _mixed(words: Uints64) -> Uints64:
    """Scramble 64-bit words in place (the finaliser of SplitMix64; Steele, Lea and Flood 2014)."""
    words ^= words >> np.uint64(30)
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= words >> np.uint64(27)
    words *= np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)
    return words


def _inside(u: Floats) -> Floats:
    """Lift uniform numbers, multiples of 2^-53, by a quarter of a step, so that none is 0."""
    u += 2.0**-55
    return u


@dataclass(frozen=True)
class Events:
    """The events of one process in some blocks, every mark of an event a hash of its ticket."""

    path: Ints
    """(events,) the path in which it falls; events of one path are neighbours."""
    start: Floats
    """(events,) its first moment, an ordinal day."""
    ticket: Uints32
    """(2, events) the two halves of a word of its own."""

    def __len__(self) -> int:
        return len(self.path)

    def some(self, rows: Ints) -> Events:
        """Some of them."""
        return Events(self.path[rows], self.start[rows], self.ticket[:, rows])

    def uniform(self, mark: str) -> Floats32:
        """(events,) one uniform number an event, of 23 bits and inside 0 to 1, under the name of the mark."""
        return _uniform(self.ticket, mark)

    def draw(self, assumption: Assumption) -> Floats | Floats32:
        """(events,) a value an event; the same in a path's event for every use of one name. A sure one is exact."""
        if assumption.sure:
            return np.full(len(self), assumption.value)
        return assumption.chance.draw(self.uniform(assumption.draw))

    def of(self, values: Floats) -> Floats:
        """(events,) the values (paths,) or (1,) of the paths in which the events fall."""
        return values[self.path] if len(values) > 1 else np.broadcast_to(values, self.path.shape)

    def happens(self, mark: str, chance: Floats) -> NDArray[np.bool_]:
        """(events,) whether something of the given chance, (paths,) or (1,), happens in each event."""
        return self.uniform(mark) < self.of(chance)


class Draws:
    """The random numbers of some consecutive blocks, drawn when they are first asked for and kept by name."""

    def __init__(self, seed: int, blocks: range, groups: Mapping[str, Group]) -> None:
        self.seed = seed
        self.blocks = blocks
        self.paths = len(blocks) * BLOCK
        self._opens = np.arange(0, self.paths, BLOCK)
        self.groups = groups
        self.uniforms: dict[str, Floats] = {}
        """What was drawn, by name: (paths,) each."""
        self._values: dict[tuple[str, object], Floats] = {}
        self._normals: dict[tuple[str, int], Floats32] = {}

    def __call__(self, assumption: Assumption) -> Floats:
        """Values of an assumption, (paths,), or (1,) when it is sure; one name, one draw."""
        key = (assumption.draw, assumption.chance)
        if key not in self._values:
            if assumption.sure:
                self._values[key] = np.array([assumption.value])
            else:
                self._values[key] = assumption.chance.draw(self.uniform(assumption.draw))
        return self._values[key]

    def uniform(self, name: str) -> Floats:
        """(paths,) one uniform number a path, inside 0 to 1; correlated where the plan says so."""
        if name not in self.uniforms:
            if name in self.groups:
                self.uniforms.update(self.groups[name].uniforms(self._own_uniform, self._chi_square))
            else:
                self.uniforms[name] = self._own_uniform(name)
        return self.uniforms[name]

    def _own_uniform(self, name: str) -> Floats:
        return _inside(self._by_block(name, 0, lambda numbers, out: numbers.random(out=out)))

    def _chi_square(self, name: str, freedom: float) -> Floats:
        return self._by_block(name, 1, lambda numbers, out: np.copyto(out, numbers.chisquare(freedom, BLOCK)))

    def _by_block(self, name: str, layer: int | str, draw: Callable[[np.random.Generator, Floats], object]) -> Floats:
        """(paths,) filled block after block, each from its own stream."""
        numbers = np.empty(self.paths)
        for block, own in zip(self.blocks, numbers.reshape(-1, BLOCK), strict=True):
            draw(stream(self.seed, name, block, layer), own)
        return numbers

    def happens(self, name: str, chance: Floats) -> NDArray[np.bool_]:
        """(paths,) whether something of the given chance happens in each path."""
        return self.uniform(f"{name}.happens") < chance

    def normals(self, name: str, months: int) -> Floats32:
        """(months, paths) standard normals of a service's monthly surprises; a longer horizon appends rows.

        The array is the caller's; those of correlated services are drawn together and kept until they are asked for.
        """
        group, key = self.groups.get(name), (name, months)
        if group is None:
            return self._own_normals(name, months)
        if key not in self._normals:
            drawn = group.normals(lambda own: self._own_normals(own, months), self._chi_square)
            self._normals.update({(member, months): z for member, z in drawn.items()})
        return self._normals.pop(key)

    def _own_normals(self, name: str, months: int) -> Floats32:
        """Box and Muller's pairs, two halves of each row of a block; in 32 bits they take 60% of the time of 64."""
        words = np.empty((months, len(self.blocks), BLOCK // 2), np.uint64)
        for row, block in enumerate(self.blocks):
            raw = stream(self.seed, name, block).bit_generator.random_raw(months * BLOCK // 2)
            words[:, row] = raw.reshape(months, -1)
        halves = words.view(np.uint32).reshape(months, len(self.blocks), 2, BLOCK // 2)
        radius = halves[:, :, 0].astype(np.float32)
        radius += np.float32(0.5)
        radius *= np.float32(2.0**-32)
        np.log(radius, out=radius)
        radius *= np.float32(-2)
        np.sqrt(radius, out=radius)
        angle = halves[:, :, 1].view(np.int32).astype(np.float32)
        angle *= np.float32(np.pi / 2**31)
        z = halves.view(np.float32)  # in their place
        np.multiply(radius, np.cos(angle), out=z[:, :, 0])
        np.multiply(radius, np.sin(angle, out=angle), out=z[:, :, 1])
        return z.reshape(months, self.paths)

    def gammas(self, name: str, shape: float, years: range) -> Floats:
        """(years, paths) gamma factors of mean 1, one a year; by its quantile where `name.YEAR` is correlated."""
        return np.array([self._gamma(name, shape, year) for year in years]) / shape

    def _gamma(self, name: str, shape: float, year: int) -> Floats:
        if f"{name}.{year}" in self.groups:
            return np.asarray(gammaincinv(shape, self.uniform(f"{name}.{year}")))
        return self._by_block(name, year, lambda numbers, out: numbers.standard_gamma(shape, out=out))

    def events(self, name: str, rate: Floats, season: Profile | None, calendar: Calendar) -> Events:
        """Events at `rate` a year, (years, paths) or (years, 1), inside the months of `calendar`.

        The number of a path's events in a year is the quantile of its Poisson, in layers of `rate`: a higher rate keeps
        every event of the lower one, no path is moved by another, and a longer horizon only adds years. `season` weighs
        the months; without it every day is alike.
        """
        found = []
        for row, year in enumerate(calendar.years):
            own = rate[min(row, len(rate) - 1)]
            layers = max(1, math.ceil(own.max() / _HEIGHT))
            found += [self._layer(name, year, own, layer, season) for layer in range(layers)]
        events = found[0] if len(found) == 1 else _joined(found)
        edges = calendar.edges
        inside = (events.start >= edges[0]) & (events.start < edges[-1])
        return events if inside.all() else events.some(np.flatnonzero(inside))

    def _layer(self, name: str, year: int, rate: Floats, layer: int, season: Profile | None) -> Events:
        """The events of one layer of a year."""
        u = self._by_block(name, f"{year}.{layer}", lambda numbers, out: numbers.random(out=out))
        count = _poisson(u, np.clip(rate - layer * _HEIGHT, 0, _HEIGHT))
        path = np.repeat(np.arange(self.paths), count)
        number = np.arange(1 + _MOST * layer, 1 + _MOST * layer + len(path))
        number -= (np.cumsum(count, dtype=np.intp) - count)[path]
        number *= BLOCK
        number += path & (BLOCK - 1)
        words = number.view(np.uint64)
        words *= _GOLDEN
        roots = np.array([_word(f"{self.seed}.{name}.{year}.{block}") for block in self.blocks])
        words += roots[0] if len(roots) == 1 else np.repeat(roots, np.add.reduceat(count, self._opens, dtype=np.intp))
        ticket = np.ascontiguousarray(_mixed(words).view(np.uint32).reshape(-1, 2).T)
        return Events(path, _days_of(year, _uniform(ticket, "start"), season), ticket)


def _joined(parts: Sequence[Events]) -> Events:
    """Events of several layers and years, those of a path neighbours."""
    path, start = (np.concatenate([getattr(part, column) for part in parts]) for column in ("path", "start"))
    order = np.argsort(path, kind="stable")
    return Events(path, start, np.concatenate([part.ticket for part in parts], axis=1)).some(order)


def _poisson(u: Floats, rate: Floats) -> NDArray[np.int8]:
    """Poisson quantiles of uniform numbers (paths,), at rates (paths,) or (1,) up to `_HEIGHT`."""
    term = np.exp(-rate)
    below = term.copy()
    count = np.zeros(len(u), np.int8)
    for number in range(1, _MOST):
        more = u >= below
        if not more.any():
            break
        count += more
        term *= rate
        term *= 1 / number
        below += term
    return count


def _uniform(ticket: Uints32, mark: str) -> Floats32:
    """(events,) a hash of ticket and mark, inside 0 to 1: a murmur of the two halves under the mark's own word."""
    word = np.uint32(int(_word(mark)) & 0xFFFFFFFF)
    x = ticket[0] ^ word
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(16)
    x += ticket[1]
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x2C1B3C6D)
    x >>= np.uint32(9)
    u: Floats32 = x.view(np.int32).astype(np.float32)
    u += np.float32(0.5)
    u *= np.float32(2.0**-23)
    return u


def _days_of(year: int, moment: Floats32, season: Profile | None) -> Floats:
    """Ordinal days at which the shares `moment` of a year's weight have passed."""
    edges = Calendar(12 * year, 12).edges
    if season is None or not season.weights:
        return np.asarray(edges[0] + moment * (edges[-1] - edges[0]))
    months = np.flatnonzero(season.weights)
    weights = np.asarray(season.weights)[months]
    steps = np.concatenate([[0.0], np.cumsum(weights) / np.sum(weights)])
    row = np.zeros(len(moment), np.int8)
    for step in steps[1:-1]:
        row += moment >= step
    slope = (edges[months + 1] - edges[months]) / np.diff(steps)
    return np.asarray((edges[months] - slope * steps[:-1])[row] + slope[row] * moment)
