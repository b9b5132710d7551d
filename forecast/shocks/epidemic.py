"""An epidemic: waves with a mild regime, a hard one elsewhere and a hard one here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np

from forecast.assumption import Duration, Rate, Share
from forecast.chance import Floats
from forecast.draws import BLOCK, Draws, Events, Ints
from forecast.effects import Blow, Footprint, Hits, Key, Stage, effects_of, overlaps, summed, sums
from forecast.months import Calendar
from forecast.noun import Noun
from forecast.shocks.shock import Effects, Shock
from forecast.terrain import Terrain, arcs_of


class Mild(Noun):
    """The wave is in the country: people stay at home, shops are open."""

    effect: Effects


class Upstream(Noun):
    """Hard elsewhere, open here: lorries and hubs stop."""

    chance: Share
    """Chance that a wave has such a spell."""
    length: Duration
    effect: Effects


class Hard(Noun):
    """A lockdown here, or in part of the places."""

    chance: Share
    """Chance that a wave has such a spell."""
    length: Duration
    reach: Share | None = None
    """Share of the places where life stops; all where nothing is said."""
    effect: Effects
    """Of a hard day, where it reaches, instead of the effects of the other regimes."""


class Epidemic(Shock):
    """Waves of a disease: hard replaces upstream, upstream replaces mild."""

    kind: Literal["epidemic"]
    waves_per_year: Rate
    length: Duration
    """Of one wave."""
    mild: Mild
    upstream: Upstream | None = None
    hard: Hard | None = None

    def strike(self, name: str, draws: Draws, stage: Stage) -> Blow:
        """The days of each regime, by month; waves that overlap are one outbreak and no day counts twice."""
        waves = draws.events(name, np.atleast_2d(draws(self.waves_per_year)), None, stage.calendar)
        end = waves.start + waves.draw(self.length)
        outbreak, first, order = _runs(waves.path, waves.start, end, stage.calendar.edges[0])
        path, opening = waves.path[first], waves.start[first]
        closing = np.maximum.reduceat(end[order], np.flatnonzero(np.diff(outbreak[order], prepend=-1)))
        inside = {"upstream": self.upstream, "hard": self.hard}
        spells = _Spells.joined(_inside(waves, end, name, regime, draws) for name, regime in inside.items())
        outbreaks = _Outbreaks(path, opening, closing, outbreak)
        footprint = None
        if stage.terrain is None or self.hard is None or self.hard.reach is None:
            stays = self._stays(waves, spells, outbreaks, stage)
            lost = self._lost(stays, outbreaks, draws, stage)
        else:
            stays, lost, footprint = self._local(waves, spells, outbreaks, draws, stage, stage.terrain)
        hits = Hits(stays.outbreak, stays.month, path[stays.outbreak], lost, closing, path)
        return Blow(
            factors=summed(hits, stage.calendar, BLOCK),
            hits=hits,
            recovered=self.returning(draws, stage.services),
            within=self.spread(draws),
            events=np.bincount(waves.path, minlength=BLOCK).astype(float),
            footprint=footprint,
        )

    def _local(
        self,
        waves: Events,
        spells: _Spells,
        outbreaks: _Outbreaks,
        draws: Draws,
        stage: Stage,
        terrain: Terrain,
    ) -> tuple[_Stays, dict[Key, Floats], Footprint]:
        """What is taken where the places are listed: hard spells fall on arcs of them, by what these weigh.

        What an outbreak takes of a month beyond what it would take without hard spells is laid on the places of their
        arcs, day by day of each spell.
        """
        marks = waves.some(spells.wave)
        arcs = arcs_of(spells.hard, marks.uniform("hard.first_place"), marks.uniform("hard.places"), terrain.count)

        def stays_where(hard: Floats) -> _Stays:
            return self._stays(waves, spells._replace(hard=hard), outbreaks, stage)

        weights = {id(before): arcs.weight(before) for before in terrain.before.values()}
        reached = {k: self._lost(stays_where(weight), outbreaks, draws, stage) for k, weight in weights.items()}
        stays = stays_where(np.zeros(len(spells.wave)))
        elsewhere = self._lost(stays, outbreaks, draws, stage)
        spell, month, days = overlaps(spells.start, spells.end, stage.calendar)
        held = np.flatnonzero(arcs.count[spell])
        spell, month, days = spell[held], month[held], days[held]
        row = outbreaks.row_of(outbreaks.of_wave[spells.wave[spell]], month, stays)
        cell = month * BLOCK + waves.path[spells.wave[spell]]
        cells = stays.month * BLOCK + outbreaks.path[stays.outbreak]
        shape = (stage.calendar.count, BLOCK)
        first = next(iter(reached.values()))
        lost = {key: values for key, values in first.items() if key[0] != "amount"}
        taken: dict[str, Floats] = {}
        outside: dict[str, Floats] = {}
        for service in stage.services:
            key, alike = ("amount", service), id(terrain.before[service])
            if key in reached[alike]:
                lost[key] = reached[alike][key]
                base = elsewhere.get(key, np.zeros(len(cells)))
                outside[service] = np.maximum(0.0, 1 - sums(cells, base, shape[0] * shape[1])).reshape(shape)
                covered = sums(row, weights[alike][spell] * days, len(base))
                both = covered[row] * outside[service].reshape(-1)[cell]
                more = (lost[key] - base)[row] * days
                taken[service] = np.minimum(np.divide(more, both, out=np.zeros_like(more), where=both > 0), 1.0)
        return stays, lost, Footprint(arcs, outbreaks.of_wave[spells.wave], spell, cell, taken, outside)

    def _stays(self, waves: Events, spells: _Spells, outbreaks: _Outbreaks, stage: Stage) -> _Stays:
        """Days of each regime, upstream and hard spells told apart where they overlap."""
        apart = self._apart(waves, spells, stage.calendar.edges[0])
        return _stays(outbreaks.opening, outbreaks.closing, outbreaks.of_wave, apart, stage.calendar)

    def _apart(self, waves: Events, spells: _Spells, opening: float) -> _Spells:
        """The upstream and the hard spells of all waves, and what they share where they overlap."""
        cluster, first, order = _runs(waves.path[spells.wave], spells.start, spells.end, opening)
        sizes = np.bincount(cluster, minlength=len(first))
        mixed = np.zeros(len(first), bool)
        mixed[cluster[spells.wave != spells.wave[first][cluster]]] = True
        found = [spells.some(np.flatnonzero(~mixed[cluster]))]
        pairs = np.flatnonzero((sizes == 2) & ~mixed)
        starts = np.cumsum(sizes) - sizes
        found.append(_both(spells.some(order[starts[pairs]]), spells.some(order[starts[pairs] + 1])))
        for size in np.unique(sizes[mixed]):
            rows = order[starts[(sizes == size) & mixed] + np.arange(size)[:, None]]
            found.append(_together(spells.some(rows)))
        return _Spells.joined(found)

    def _lost(self, stays: _Stays, outbreaks: _Outbreaks, draws: Draws, stage: Stage) -> dict[Key, Floats]:
        """(stays,) share of the month's amount that is taken."""
        path = outbreaks.path[stays.outbreak]
        reached = self.reached(draws)
        part = (reached[path] if len(reached) > 1 else reached) / stage.calendar.days[stays.month]
        lost: dict[Key, Floats] = {}
        for regime, days in zip(self._effects(), (stays.mild, stays.upstream, stays.hard), strict=True):
            weight = days * part
            for key, change in effects_of(draws, regime, stage.services).items():
                taken = weight * (change[path] if len(change) > 1 else change)
                lost[key] = lost[key] - taken if key in lost else -taken
        return lost

    def _effects(self) -> tuple[Effects, Effects, Effects]:
        none = Effects()
        return (
            self.mild.effect,
            self.upstream.effect if self.upstream else none,
            self.hard.effect if self.hard else none,
        )


class _Spells(NamedTuple):
    """Spells inside waves, ordinal days: 1 for an upstream one, or the share of the places where it is hard."""

    wave: Ints
    start: Floats
    end: Floats
    upstream: Floats
    hard: Floats

    def some(self, rows: Ints) -> _Spells:
        """Those of some rows."""
        return _Spells._make(column[rows] for column in self)

    @classmethod
    def joined(cls, parts: Iterable[_Spells]) -> _Spells:
        """All of them; where they overlap, their shares add up."""
        return cls._make(np.concatenate(column) for column in zip(*parts, strict=True))


class _Outbreaks(NamedTuple):
    """Waves of one path that overlap, as one."""

    path: Ints
    opening: Floats
    closing: Floats
    of_wave: Ints
    """(waves,)"""

    def row_of(self, outbreak: Ints, month: Ints, stays: _Stays) -> Ints:
        """The row of an outbreak's month among the stays."""
        first = np.searchsorted(stays.outbreak, outbreak)
        return first + month - stays.month[first]


class _Stays(NamedTuple):
    """Days of each regime in one month of one outbreak."""

    outbreak: Ints
    month: Ints
    mild: Floats
    upstream: Floats
    hard: Floats


def _inside(waves: Events, end: Floats, name: str, regime: Upstream | Hard | None, draws: Draws) -> _Spells:
    """A spell somewhere inside each wave in which it happens."""
    if regime is None:
        return _Spells(np.empty(0, np.intp), *(np.empty(0) for _ in range(4)))
    wave = np.flatnonzero(waves.happens(f"{name}.happens", draws(regime.chance)))
    mine = waves.some(wave)
    own = mine.draw(regime.length)
    start = mine.start + mine.uniform(f"{name}.start") * np.maximum(end[wave] - mine.start - own, 0)
    end = np.minimum(start + own, end[wave])
    if isinstance(regime, Upstream):
        return _Spells(wave, start, end, np.ones(len(wave)), np.zeros(len(wave)))
    reach = np.ones(len(wave)) if regime.reach is None else mine.draw(regime.reach)
    return _Spells(wave, start, end, np.zeros(len(wave)), reach)


def _runs(path: Ints, start: Floats, end: Floats, opening: float) -> tuple[Ints, Ints, Ints]:
    """Intervals of one path that overlap are one run: its number, (intervals,), the first of each, and their order.

    Runs are in order of path and start; `opening` is a day before all.
    """
    if not len(path):
        return path, path, path
    # a path, a moment in 2^-19 days and a row in one word: words are sorted six times as fast as rows by them
    key = path.astype(np.uint64) << np.uint64(52)
    key |= ((start - opening) * 2.0**19).astype(np.uint64) << np.uint64(21)
    key |= np.arange(len(path), dtype=np.uint64)
    key.sort()
    order = (key & np.uint64(2**21 - 1)).astype(np.intp)
    shift = path[order] * 1e7  # more days than any calendar has
    latest = np.maximum.accumulate(shift + end[order])
    new = np.ones(len(order), bool)
    new[1:] = (shift + start[order])[1:] > latest[:-1]
    number = np.empty(len(order), np.intp)
    number[order] = np.cumsum(new) - 1
    return number, order[new], order


def _both(one: _Spells, other: _Spells) -> _Spells:
    """What the hard spell of a wave takes of the upstream one where they overlap."""
    start, end = np.maximum(one.start, other.start), np.minimum(one.end, other.end)
    taken = one.upstream * other.hard + one.hard * other.upstream
    return _Spells(one.wave, start, end, -taken, np.zeros(len(start)))


def _together(spells: _Spells) -> _Spells:
    """Spells of several waves that overlap, (spells, clusters), cut where one begins or ends.

    Between two cuts c = 1 - product over the hard ones of (1 - reach); n = (1 - c) where an upstream one is; the rest
    is mild (model: section 5).
    """
    cuts = np.sort(np.concatenate([spells.start, spells.end]), axis=0)
    middle = (cuts[1:] + cuts[:-1]) / 2
    left, stopped = np.ones_like(middle), np.zeros(middle.shape, bool)
    for start, end, upstream, hard in zip(*spells[1:], strict=True):
        inside = (start <= middle) & (middle < end)
        left *= np.where(inside, 1 - hard, 1.0)
        stopped |= inside & (upstream > 0)
    waves = np.broadcast_to(spells.wave[0], middle.shape)
    return _Spells._make(part.ravel() for part in (waves, cuts[:-1], cuts[1:], left * stopped, 1 - left))


def _stays(opening: Floats, closing: Floats, outbreak_of: Ints, spells: _Spells, calendar: Calendar) -> _Stays:
    """Days of the regimes by outbreak and month; outbreaks last from `opening` to `closing`, (outbreaks,)."""
    outbreak, month, days = overlaps(opening, closing, calendar)
    months = np.bincount(outbreak, minlength=len(opening))
    first = np.cumsum(months) - months
    spell, at, inside = overlaps(spells.start, spells.end, calendar)
    mine = first[outbreak_of[spells.wave[spell]]]
    unit = mine + at - month[mine]
    upstream = sums(unit, spells.upstream[spell] * inside, len(month))
    hard = sums(unit, spells.hard[spell] * inside, len(month))
    return _Stays(outbreak, month, days - upstream - hard, upstream, hard)
