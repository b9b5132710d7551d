"""Random numbers, each under the name of what it is for.

A stream is keyed by (seed, name, block, layer): never by order. So a new assumption moves no other, more paths keep the
first ones, and two scenarios share their luck wherever they share a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray
from scipy.special import gammaincinv

from forecast.assumption import Assumption
from forecast.chance import Floats
from forecast.copula import Group
from forecast.months import Calendar
from forecast.profile import Profile

BLOCK = 4096
"""Consecutive paths of a block: the unit of random numbers, of work and of memory. A constant of the format."""

Ints = NDArray[np.intp]
Floats32 = NDArray[np.float32]
Tickets = NDArray[np.uint64]


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


def stream(seed: int, name: str, block: int, layer: int = 0) -> np.random.Generator:
    """The random numbers of one name in one block."""
    key = _Seed(f"{seed} {block} {layer} {name}")
    return np.random.Generator(np.random.SFC64(key))  # type: ignore[arg-type]  # any ISeedSequence will do


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2^64 by the golden ratio: steps of it fill the words evenly."""


def _mixed(words: Tickets) -> Tickets:
    """Scramble 64-bit words (the finaliser of SplitMix64; Steele, Lea and Flood 2014)."""
    words = words ^ (words >> np.uint64(30))
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
    """The events of one process in one block, every mark of an event a hash of its ticket."""

    path: Ints
    """(events,) the path in which it falls."""
    start: Floats
    """(events,) its first moment, an ordinal day."""
    ticket: Tickets

    def __len__(self) -> int:
        return len(self.path)

    def some(self, rows: Ints) -> Events:
        """Some of them."""
        return Events(self.path[rows], self.start[rows], self.ticket[rows])

    def uniform(self, mark: str) -> Floats:
        """(events,) one uniform number an event, inside 0 to 1, under the name of the mark."""
        return _uniform(self.ticket, mark)

    def draw(self, assumption: Assumption) -> Floats:
        """(events,) a value an event; the same in a path's event for every use of one name."""
        return assumption.chance.quantile(self.uniform(assumption.draw))

    def of(self, values: Floats) -> Floats:
        """(events,) the values (paths,) or (1,) of the paths in which the events fall."""
        return values[self.path] if len(values) > 1 else np.broadcast_to(values, self.path.shape)

    def happens(self, mark: str, chance: Floats) -> NDArray[np.bool_]:
        """(events,) whether something of the given chance, (paths,) or (1,), happens in each event."""
        return self.uniform(mark) < self.of(chance)


class Draws:
    """The random numbers of one block, drawn when they are first asked for and kept by name."""

    def __init__(self, seed: int, block: int, groups: Mapping[str, Group]) -> None:
        self.seed = seed
        self.block = block
        self.groups = groups
        self.uniforms: dict[str, Floats] = {}
        """What was drawn, by name: (paths,) each."""
        self._values: dict[tuple[str, object], Floats] = {}
        self._normals: dict[tuple[str, int], Floats32] = {}

    def __call__(self, assumption: Assumption) -> Floats:
        """Values of an assumption, (paths,), or (1,) when it is sure; one name, one draw."""
        key = (assumption.draw, assumption.chance)
        if key not in self._values:
            sure = assumption.sure
            u = np.full(1, 0.5) if sure else self.uniform(assumption.draw)
            self._values[key] = assumption.chance.quantile(u)
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
        return _inside(stream(self.seed, name, self.block).random(BLOCK))

    def _chi_square(self, name: str, freedom: float) -> Floats:
        return stream(self.seed, name, self.block, 1).chisquare(freedom, BLOCK)

    def happens(self, name: str, chance: Floats) -> NDArray[np.bool_]:
        """(paths,) whether something of the given chance happens in each path."""
        return self.uniform(f"{name}.happens") < chance

    def normals(self, name: str, months: int) -> Floats32:
        """(months, paths) standard normals of a service's monthly surprises; a longer horizon appends rows."""
        key = (name, months)
        if key not in self._normals:
            group = self.groups.get(name)
            if group is None:
                self._normals[key] = self._own_normals(name, months)
            else:
                drawn = group.normals(lambda own: self._own_normals(own, months), self._chi_square)
                self._normals.update({(member, months): z for member, z in drawn.items()})
        return self._normals[key]

    def _own_normals(self, name: str, months: int) -> Floats32:
        """Box and Muller's pairs, two halves of each row; in 32 bits they take 60% of the time of 64."""
        words = stream(self.seed, name, self.block).bit_generator.random_raw(months * BLOCK // 2)
        u = words.view(np.uint32).astype(np.float32).reshape(months, 2, BLOCK // 2)
        radius, angle = u[:, 0], u[:, 1]
        radius += 0.5
        np.log(np.multiply(radius, 2.0**-32, out=radius), out=radius)
        np.sqrt(np.multiply(radius, -2, out=radius), out=radius)
        angle *= np.float32(2 * np.pi / 2**32)
        z = np.empty_like(u)
        np.multiply(radius, np.cos(angle), out=z[:, 0])
        np.multiply(radius, np.sin(angle), out=z[:, 1])
        return z.reshape(months, BLOCK)

    def gammas(self, name: str, shape: float, years: range) -> Floats:
        """(years, paths) gamma factors of mean 1, one a year; by its quantile where `name.YEAR` is correlated."""
        return np.array([self._gamma(name, shape, year) for year in years]) / shape

    def _gamma(self, name: str, shape: float, year: int) -> Floats:
        if f"{name}.{year}" in self.groups:
            return np.asarray(gammaincinv(shape, self.uniform(f"{name}.{year}")))
        return stream(self.seed, name, self.block, year).standard_gamma(shape, BLOCK)

    def events(self, name: str, rate: Floats, season: Profile | None, calendar: Calendar) -> Events:
        """Events at `rate` a year, (years, paths) or (years, 1), inside the months of `calendar`.

        The events of a path's year are the arrivals of a unit Poisson process below the height `rate`: a higher rate
        keeps every event of the lower one, no path is moved by another, and a longer horizon only adds years. `season`
        weighs the months; without it every day is alike.
        """
        found = [
            self._year_of_events(name, year, rate[min(row, len(rate) - 1)], season)
            for row, year in enumerate(calendar.years)
        ]
        path, start, ticket = found[0] if len(found) == 1 else map(np.concatenate, zip(*found, strict=True))
        edges = calendar.edges
        inside = (start >= edges[0]) & (start < edges[-1])
        events = Events(path, start, ticket)
        return events if inside.all() else events.some(np.flatnonzero(inside))

    def _year_of_events(
        self, name: str, year: int, rate: Floats, season: Profile | None
    ) -> tuple[Ints, Floats, Tickets]:
        root = _word(f"{self.seed}.{name}.{year}.{self.block}")
        path, rate, height = np.arange(BLOCK), np.broadcast_to(rate, BLOCK), np.zeros(BLOCK)
        paths, tickets = [path[:0]], [np.empty(0, np.uint64)]
        while len(path):
            step = path.astype(np.uint64)
            step += np.uint64(BLOCK * len(paths))
            step *= _GOLDEN
            step += root
            ticket = _mixed(step)
            height = height - np.log(_uniform(ticket, "gap"))
            below = np.flatnonzero(height < rate)
            path, rate, height = path[below], rate[below], height[below]
            paths.append(path)
            tickets.append(ticket[below])
        tickets_of_all = np.concatenate(tickets)
        return np.concatenate(paths), _days_of(year, _uniform(tickets_of_all, "start"), season), tickets_of_all


def _uniform(ticket: Tickets, mark: str) -> Floats:
    """(events,) a hash of ticket and mark, inside 0 to 1."""
    u = (_mixed(ticket ^ _word(mark)) >> np.uint64(12)).astype(np.float64)
    u += 0.5
    u *= 2.0**-52
    return u


def _days_of(year: int, moment: Floats, season: Profile | None) -> Floats:
    """Ordinal days at which the shares `moment` of a year's weight have passed."""
    edges = Calendar(12 * year, 12).edges
    if season is None or not season.weights:
        return np.asarray(edges[0] + moment * (edges[-1] - edges[0]))
    weights = np.asarray(season.weights)
    steps = np.concatenate([[0.0], np.cumsum(weights) / np.sum(weights)])
    month = np.clip(np.searchsorted(steps, moment, side="right") - 1, 0, 11)
    inside = (moment - steps[month]) / (steps[month + 1] - steps[month])
    return np.asarray(edges[month] + inside * (edges[month + 1] - edges[month]))
