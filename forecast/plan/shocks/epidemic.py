"""An epidemic: waves with a mild regime, a hard one elsewhere and a hard one here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

import numpy as np

from forecast.arrays import Floats, Ints
from forecast.periods import overlaps
from forecast.plan.assumption import Duration, Rate, Share
from forecast.plan.geography import Terrain
from forecast.plan.record import Noun
from forecast.plan.shocks.shock import Effects, Shock
from forecast.simulation.model.footprints import arcs_of
from forecast.simulation.model.impacts import (
    EventLosses,
    Footprint,
    Impact,
    Key,
    SimulationContext,
    Taken,
    effects_of,
    strips,
    summed,
    sums,
    taking,
)
from forecast.simulation.model.shocks.outbreaks import Outbreaks, Spells, Stays
from forecast.simulation.sampling.events import Events, sample_events
from forecast.simulation.sampling.random_streams import Draws


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


_NO_EFFECTS = Effects()


class Epidemic(Shock):
    """Waves of a disease: hard replaces upstream, upstream replaces mild."""

    kind: Literal["epidemic"]
    waves_per_year: Rate
    length: Duration
    """Of one wave."""
    mild: Mild
    upstream: Upstream | None = None
    hard: Hard | None = None

    @property
    def events_per_year(self) -> float:
        """At the middle of its range."""
        return self.waves_per_year.value

    def strike(self, name: str, draws: Draws, context: SimulationContext) -> Impact:
        """The days of each regime, by month; waves that overlap are one outbreak and no day counts twice."""
        waves = sample_events(draws, name, np.atleast_2d(draws(self.waves_per_year)), None, context.calendar)
        end = waves.start + waves.draw(self.length)
        outbreaks = Outbreaks.of(waves, end, context.calendar, context.paths)
        inside = {"upstream": self.upstream, "hard": self.hard}
        spells = Spells.joined(_inside(waves, end, name, regime, draws) for name, regime in inside.items())
        by_row: Taken
        footprint = None
        if context.terrain is None or self.hard is None or self.hard.reach is None:
            apart = spells.apart(waves, outbreaks)
            factors = self._factors(outbreaks.by_month(apart, waves, context.calendar, context.paths), draws, context)
            by_row = partial(self._lost_by_row, apart, outbreaks, draws, context)
        else:
            lost, footprint = self._local(waves, spells, outbreaks, draws, context, context.terrain)
            by_row = taking(lost)
            factors = summed(outbreaks.cell, lost, (context.calendar.count, context.paths))
        return Impact(
            factors=factors,
            losses=EventLosses(outbreaks.outbreak, outbreaks.cell, by_row, outbreaks.closing, outbreaks.path),
            recovered=self.returning(draws, context.services),
            within=self.spread(draws),
            events=np.bincount(waves.path, minlength=context.paths).astype(float),
            footprint=footprint,
        )

    def _local(
        self,
        waves: Events,
        spells: Spells,
        outbreaks: Outbreaks,
        draws: Draws,
        context: SimulationContext,
        terrain: Terrain,
    ) -> tuple[dict[Key, Floats], Footprint]:
        """What is taken where the places are listed: hard spells fall on arcs of them, by what these weigh.

        What an outbreak takes of a month beyond what it would take without hard spells is laid on the places of their
        arcs, day by day of each spell.
        """
        marks = waves.some(spells.wave)
        arcs = arcs_of(spells.hard, marks.uniform("hard.first_place"), marks.uniform("hard.places"), terrain.count)

        def lost_where(hard: Floats) -> dict[Key, Floats]:
            apart = spells._replace(hard=hard).apart(waves, outbreaks)
            return self._lost(outbreaks.stays(apart, context.calendar), outbreaks, draws, context)

        weights = {id(before): arcs.weight(before) for before in terrain.before.values()}
        reached = {k: lost_where(weight) for k, weight in weights.items()}
        elsewhere = lost_where(np.zeros(len(spells.wave)))
        spell, month, days = overlaps(spells.start, spells.end, context.calendar)
        held = np.flatnonzero(arcs.count[spell])
        spell, month, days = spell[held], month[held], days[held]
        row = outbreaks.row_of(outbreaks.of_wave[spells.wave[spell]], month)
        cell = month * context.paths + waves.path[spells.wave[spell]]
        cells = outbreaks.cell
        shape = (context.calendar.count, context.paths)
        first = next(iter(reached.values()))
        lost = {key: values for key, values in first.items() if key[0] != "amount"}
        taken: dict[str, Floats] = {}
        outside: dict[str, Floats] = {}
        for service in context.services:
            key, alike = ("amount", service), id(terrain.before[service])
            if key in reached[alike]:
                lost[key] = reached[alike][key]
                base = elsewhere.get(key, np.zeros(len(cells)))
                outside[service] = np.maximum(0.0, 1 - sums(cells, base, shape[0] * shape[1])).reshape(shape)
                covered = sums(row, weights[alike][spell] * days, len(base))
                both = covered[row] * outside[service].reshape(-1)[cell]
                more = (lost[key] - base)[row] * days
                taken[service] = np.minimum(np.divide(more, both, out=np.zeros_like(more), where=both > 0), 1.0)
        return lost, Footprint(arcs, outbreaks.of_wave[spells.wave], spell, cell, taken, outside)

    def _factors(self, regimes: Sequence[Floats], draws: Draws, context: SimulationContext) -> dict[Key, Floats]:
        """1 + sum over the regimes of their share of the month by the change on such a day."""
        part = self.reached(draws) / context.calendar.days[:, None]
        terms: dict[Key, list[tuple[int, Floats]]] = {}
        for number, effects in enumerate(self._effects()):
            for key, change in effects_of(draws, effects, context.services).items():
                terms.setdefault(key, []).append((number, change))
        factors = {key: np.empty((context.calendar.count, context.paths)) for key in terms}
        for rows in strips(context.calendar.count, context.paths):
            shares = [days[rows] * part[rows] for days in regimes]
            for key, ((number, change), *others) in terms.items():
                factor = np.multiply(shares[number], change, out=factors[key][rows])
                for other, also in others:
                    factor += shares[other] * also
                factor += 1
                np.maximum(factor, 0.0, out=factor)
        return factors

    def _lost_by_row(
        self, apart: Spells, outbreaks: Outbreaks, draws: Draws, context: SimulationContext, rows: Ints
    ) -> Mapping[Key, Floats]:
        """As `_lost`, of some rows."""
        return self._lost(outbreaks.stays_of(rows, apart, context.calendar), outbreaks, draws, context)

    def _lost(self, stays: Stays, outbreaks: Outbreaks, draws: Draws, context: SimulationContext) -> dict[Key, Floats]:
        """(stays,) share of the month's amount that is taken."""
        path = outbreaks.path[stays.outbreak]
        reached = self.reached(draws)
        part = (reached[path] if len(reached) > 1 else reached) / context.calendar.days[stays.month]
        lost: dict[Key, Floats] = {}
        for regime, days in zip(self._effects(), (stays.mild, stays.upstream, stays.hard), strict=True):
            weight = days * part
            for key, change in effects_of(draws, regime, context.services).items():
                taken = weight * (change[path] if len(change) > 1 else change)
                lost[key] = lost[key] - taken if key in lost else -taken
        return lost

    def _effects(self) -> tuple[Effects, Effects, Effects]:
        return (
            self.mild.effect,
            self.upstream.effect if self.upstream else _NO_EFFECTS,
            self.hard.effect if self.hard else _NO_EFFECTS,
        )


def _inside(waves: Events, end: Floats, name: str, regime: Upstream | Hard | None, draws: Draws) -> Spells:
    """A spell somewhere inside each wave in which it happens."""
    if regime is None:
        return Spells(np.empty(0, np.intp), *(np.empty(0) for _ in range(4)))
    wave = np.flatnonzero(waves.happens(f"{name}.happens", draws(regime.chance)))
    mine = waves.some(wave)
    own = mine.draw(regime.length)
    start = mine.start + mine.uniform(f"{name}.start") * np.maximum(end[wave] - mine.start - own, 0)
    end = np.minimum(start + own, end[wave])
    if isinstance(regime, Upstream):
        return Spells(wave, start, end, np.ones(len(wave)), np.zeros(len(wave)))
    reach = np.ones(len(wave)) if regime.reach is None else mine.draw(regime.reach).astype(np.float64)
    return Spells(wave, start, end, np.zeros(len(wave)), reach)
