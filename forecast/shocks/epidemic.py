"""An epidemic: waves with a mild regime, a hard one elsewhere and a hard one here."""

from __future__ import annotations

from typing import Literal

import numpy as np

from forecast.assumption import Assumption, Duration, Rate, Share
from forecast.chance import Floats
from forecast.draws import BLOCK, Draws, Events, Ints
from forecast.effects import Blow, Hits, Stage, effects_of, overlaps, summed
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
        outbreak, end = _outbreaks(waves.path, spells[0][0], spells[0][1])
        pieces = _pieces(outbreak, spells)
        hits = self._hits(pieces, outbreak, end, waves, draws, stage)
        return Blow(
            factors=summed(hits, stage.calendar, BLOCK),
            hits=hits,
            recovered=self.returning(draws, stage.services),
            within=self.spread(draws),
            events=np.bincount(waves.path, minlength=BLOCK).astype(float),
        )

    def _spells(self, waves: Events, draws: Draws) -> list[tuple[Floats, Floats, Floats]]:
        """Start, end and weight, (waves,) each, of the wave, of its upstream and of its hard spell."""
        length = waves.draw(self.length)
        whole = (waves.start, waves.start + length, np.ones(len(waves)))
        spells = [whole]
        for regime in (self.upstream, self.hard):
            if regime is None:
                spells.append((whole[0], whole[0], np.zeros(len(waves))))
                continue
            name = "upstream" if isinstance(regime, Upstream) else "hard"
            happens = waves.happens(f"{name}.happens", draws(regime.chance))
            own = waves.draw(regime.length)
            start = waves.start + waves.uniform(f"{name}.start") * np.maximum(length - own, 0)
            end = np.where(happens, np.minimum(start + own, whole[1]), start)
            reach = getattr(regime, "reach", None)
            spells.append((start, end, _drawn(waves, reach)))
        return spells

    def _hits(
        self, pieces: _Pieces, outbreak: Ints, end: Floats, waves: Events, draws: Draws, stage: Stage
    ) -> Hits:
        first = np.zeros(len(end), np.intp)
        first[outbreak] = waves.path
        piece, month, days = overlaps(pieces.start, pieces.end, stage.calendar)
        event = pieces.outbreak[piece]
        path = first[event]
        part = days / stage.calendar.days[month]
        reached = self.reached(draws)
        part = part * (reached[path] if len(reached) > 1 else reached)
        lost: dict[tuple[str, str], Floats] = {}
        for regime, share in zip(self._effects(), (pieces.mild, pieces.upstream, pieces.hard), strict=True):
            weight = share[piece] * part
            for key, change in effects_of(draws, regime, stage.services).items():
                taken = -(change[path] if len(change) > 1 else change) * weight
                lost[key] = lost[key] + taken if key in lost else taken
        return Hits(event, month, path, lost, end, first)

    def _effects(self) -> tuple[Effects, Effects, Effects]:
        none = Effects()
        return (
            self.mild.effect,
            self.upstream.effect if self.upstream else none,
            self.hard.effect if self.hard else none,
        )


def _drawn(waves: Events, assumption: Assumption | None) -> Floats:
    return np.ones(len(waves)) if assumption is None else waves.draw(assumption)


def _outbreaks(path: Ints, start: Floats, end: Floats) -> tuple[Ints, Floats]:
    """Waves of one path that overlap are one outbreak: its number, (waves,), and the end of each, (outbreaks,)."""
    order = np.lexsort((start, path))
    span = 1e7  # more days than any calendar has
    latest = np.maximum.accumulate(path[order] * span + end[order]) - path[order] * span
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(path[order]) > 0) | (start[order][1:] > latest[:-1])
    number = np.empty(len(order), np.intp)
    number[order] = np.cumsum(new) - 1
    ends = np.full(int(new.sum()), -np.inf)
    np.maximum.at(ends, number, end)
    return number, ends


class _Pieces:
    """Stretches of days in which an outbreak does not change, with the share of the trade in each regime."""

    def __init__(self, outbreak: Ints, start: Floats, end: Floats, hard: Floats, upstream: Floats) -> None:
        self.outbreak = outbreak
        self.start = start
        self.end = end
        self.hard = hard
        self.upstream = (1 - hard) * upstream
        self.mild = 1 - self.hard - self.upstream


def _pieces(outbreak: Ints, spells: list[tuple[Floats, Floats, Floats]]) -> _Pieces:
    """Cut every outbreak where any of its spells begins or ends.

    c = 1 - product over waves of (1 - reach) while hard; n = (1 - c) while upstream; the rest is mild (model: section 5).
    """
    sizes = np.bincount(outbreak)
    order = np.argsort(outbreak, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    columns: list[list[Floats]] = [[], [], [], [], []]
    for size in np.unique(sizes):
        number = np.flatnonzero(sizes == size)
        waves = order[offsets[number][:, None] + np.arange(size)]
        cuts = np.sort(np.concatenate([side[waves] for start, end, _ in spells for side in (start, end)], axis=1))
        middle = (cuts[:, 1:] + cuts[:, :-1])[:, :, None] / 2
        up_start, up_end, _ = (side[waves][:, None, :] for side in spells[1])
        start, end, reach = (side[waves][:, None, :] for side in spells[2])
        open_here = np.where((start <= middle) & (middle < end), 1 - reach, 1.0).prod(axis=2)
        upstream = ((up_start <= middle) & (middle < up_end)).any(axis=2)
        kept = np.diff(cuts, axis=1) > 0
        numbers = np.broadcast_to(number[:, None], kept.shape)
        found = (numbers, cuts[:, :-1], cuts[:, 1:], 1 - open_here, upstream.astype(float))
        for column, values in zip(columns, found, strict=True):
            column.append(values[kept])
    if not columns[0]:
        return _Pieces(np.empty(0, np.intp), *(np.empty(0) for _ in range(4)))
    number, start, end, hard, upstream = (np.concatenate(column) for column in columns)
    return _Pieces(number.astype(np.intp), start, end, hard, upstream)
