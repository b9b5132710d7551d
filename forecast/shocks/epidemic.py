"""An epidemic: waves with a mild regime, a hard one elsewhere and a hard one here."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.assumption import Duration, Rate, Share
from forecast.chance import Floats
from forecast.draws import BLOCK, Draws, Events, Ints
from forecast.effects import Blow, Hits, Key, Stage, effects_of, overlaps, summed
from forecast.months import Calendar
from forecast.noun import Noun
from forecast.shocks.shock import Effects, Shock


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
        spells = self._spells(waves, draws)
        outbreak, end = _outbreaks(waves.path, spells.wave)
        path = np.zeros(len(end), np.intp)
        path[outbreak] = waves.path
        stays = _stays(outbreak, spells, stage.calendar)
        lost = self._lost(stays, path[stays.outbreak], draws, stage)
        hits = Hits(stays.outbreak, stays.month, path[stays.outbreak], lost, end, path)
        return Blow(
            factors=summed(hits, stage.calendar, BLOCK),
            hits=hits,
            recovered=self.returning(draws, stage.services),
            within=self.spread(draws),
            events=np.bincount(waves.path, minlength=BLOCK).astype(float),
        )

    def _spells(self, waves: Events, draws: Draws) -> _Spells:
        length = waves.draw(self.length)
        wave = _Spell(waves.start, waves.start + length)
        upstream = _inside(wave, length, "upstream", self.upstream, waves, draws)
        hard = _inside(wave, length, "hard", self.hard, waves, draws)
        reach = self.hard.reach if self.hard else None
        return _Spells(wave, upstream, hard, np.ones(len(waves)) if reach is None else waves.draw(reach))

    def _lost(self, stays: _Stays, path: Ints, draws: Draws, stage: Stage) -> dict[Key, Floats]:
        """(stays,) share of the month's amount that is taken."""
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


class _Spell(NamedTuple):
    """From one moment to another, ordinal days; nothing where they are the same."""

    start: Floats
    end: Floats

    def within(self, opening: Floats, closing: Floats) -> _Spell:
        """The part inside some bounds."""
        start = np.minimum(np.maximum(self.start, opening), closing)
        return _Spell(start, np.maximum(np.minimum(self.end, closing), start))

    def of(self, rows: Ints | int) -> _Spell:
        """Some of them."""
        return _Spell(self.start[rows], self.end[rows])

    def holds(self, moment: Floats) -> NDArray[np.bool_]:
        """Whether a moment lies inside."""
        return (self.start <= moment) & (moment < self.end)


class _Spells(NamedTuple):
    """The waves, the spells inside them, (waves,) each, and the share of the places where the hard one reigns."""

    wave: _Spell
    upstream: _Spell
    hard: _Spell
    reach: Floats

    def of(self, rows: Ints | int) -> _Spells:
        """Those of some waves."""
        return _Spells(self.wave.of(rows), self.upstream.of(rows), self.hard.of(rows), self.reach[rows])

    def within(self, opening: Floats, closing: Floats) -> _Spells:
        """The part inside some bounds."""
        wave, upstream, hard = (spell.within(opening, closing) for spell in self[:3])
        return _Spells(wave, upstream, hard, self.reach)


class _Stays(NamedTuple):
    """Days of each regime in one month of one outbreak."""

    outbreak: Ints
    month: Ints
    mild: Floats
    upstream: Floats
    hard: Floats


def _inside(
    wave: _Spell, length: Floats, name: str, regime: Upstream | Hard | None, waves: Events, draws: Draws
) -> _Spell:
    """A spell somewhere inside each wave in which it happens."""
    if regime is None:
        return _Spell(wave.start, wave.start)
    own = waves.draw(regime.length)
    start = wave.start + waves.uniform(f"{name}.start") * np.maximum(length - own, 0)
    end = np.minimum(start + own, wave.end)
    return _Spell(start, np.where(waves.happens(f"{name}.happens", draws(regime.chance)), end, start))


def _outbreaks(path: Ints, wave: _Spell) -> tuple[Ints, Floats]:
    """Waves of one path that overlap are one outbreak: its number, (waves,), and the end of each, (outbreaks,)."""
    if not len(path):
        return path, wave.end
    span = 1e7  # more days than any calendar has
    order = np.argsort(path * span + wave.start)
    start, end, shift = wave.start[order], wave.end[order], path[order] * span
    latest = np.maximum.accumulate(shift + end) - shift
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(shift) > 0) | (start[1:] > latest[:-1])
    number = np.empty(len(order), np.intp)
    number[order] = np.cumsum(new) - 1
    return number, np.maximum.reduceat(end, np.flatnonzero(new))


def _stays(outbreak: Ints, spells: _Spells, calendar: Calendar) -> _Stays:
    """Days of the regimes by outbreak and month; most months of an outbreak hold one wave only."""
    wave, month, _ = overlaps(*spells.wave, calendar)
    unit = outbreak[wave] * calendar.count + month
    waves = np.bincount(unit)
    edges = calendar.edges
    inside = spells.of(wave).within(edges[month], edges[month + 1])
    one = waves[unit] == 1
    found = [(unit[one], *_alone(inside.of(np.flatnonzero(one))))]
    several = np.flatnonzero(~one)
    order = several[np.argsort(unit[several], kind="stable")]
    for size in range(2, int(waves.max(initial=0)) + 1):
        rows = np.ascontiguousarray(order[waves[unit[order]] == size].reshape(-1, size).T)
        found.append((unit[rows[0]], *_together(inside.of(rows))))
    unit, mild, upstream, hard = (np.concatenate(column) for column in zip(*found, strict=True))
    return _Stays(unit // calendar.count, unit % calendar.count, mild, upstream, hard)


def _alone(spells: _Spells) -> tuple[Floats, Floats, Floats]:
    """Days of mild, upstream and hard of waves with none beside them, (waves,)."""
    wave, up, hard, reach = spells
    both = np.maximum(0, np.minimum(up.end, hard.end) - np.maximum(up.start, hard.start))
    closed = reach * (hard.end - hard.start)
    upstream = (up.end - up.start) - reach * both
    return wave.end - wave.start - closed - upstream, upstream, closed


def _together(spells: _Spells) -> tuple[Floats, Floats, Floats]:
    """Days of mild, upstream and hard, (units,), where several waves overlap, (waves, units).

    Cut where an upstream or a hard spell begins or ends. Between two cuts c = 1 - product over waves of (1 - reach)
    while hard; n = (1 - c) while upstream; the rest is mild (model: section 5).
    """
    wave, upstream, hard, reach = spells
    cuts = np.ascontiguousarray(np.sort(np.concatenate([*upstream, *hard]).T).T)
    days, middle = np.diff(cuts, axis=0), (cuts[1:] + cuts[:-1]) / 2
    left, stopped = np.ones_like(middle), np.zeros(middle.shape, bool)
    for number in range(len(reach)):
        left *= np.where(hard.of(number).holds(middle), 1 - reach[number], 1.0)
        stopped |= upstream.of(number).holds(middle)
    closed = ((1 - left) * days).sum(axis=0)
    elsewhere = (left * stopped * days).sum(axis=0)
    return wave.end.max(axis=0) - wave.start.min(axis=0) - closed - elsewhere, elsewhere, closed
