"""Waves and the spells inside them as days of months: waves that overlap are one outbreak, and no day counts twice.

A spell is upstream (hard elsewhere) or hard (here, or in part of the places). Where spells overlap, hard replaces
upstream and upstream replaces mild.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from forecast.arrays import Bools, Floats, Ints
from forecast.periods import Calendar, month_overlaps
from forecast.simulation.model.impacts import sum_by_cell
from forecast.simulation.sampling.events import EventSet


class Spells(NamedTuple):
    """Spells inside waves, (spells,) each: ordinal days, `upstream` 0 or 1, `hard` the share of places shut."""

    wave: Ints
    start: Floats
    end: Floats
    upstream: Floats
    hard: Floats

    def select(self, rows: Ints) -> Spells:
        """The spells of some rows."""
        return Spells._make(column[rows] for column in self)

    @classmethod
    def concatenate(cls, parts: Iterable[Spells]) -> Spells:
        """All of them; where they overlap, their shares add up."""
        return cls._make(np.concatenate(column) for column in zip(*parts, strict=True))

    def disjoint(self, waves: EventSet, outbreaks: Outbreaks) -> Spells:
        """The same days as spells that do not overlap, cut where one begins or ends."""
        if not len(self.wave):
            return self
        path = waves.path[self.wave]
        ticks = [_to_ticks(day, outbreaks.first_day) for day in (self.start, self.end)]
        order = _sort_rows(path, ticks[0])
        spells = self.select(order)
        first = np.flatnonzero(_cluster_starts(path[order], *(day[order] for day in ticks)))
        sizes = np.diff(np.append(first, len(order)))
        if sizes.max(initial=1) == 1:
            return spells
        parts = [spells.select(first[sizes == 1])]
        parts += [
            _cut_overlapping_spells(spells.select(first[sizes == size] + np.arange(size)[:, None]))
            for size in np.unique(sizes[sizes > 1])
        ]
        pieces = Spells.concatenate(parts)
        # in order of time again: what comes after the horizon moves no sum before it
        return pieces.select(_sort_rows(waves.path[pieces.wave], _to_ticks(pieces.start, outbreaks.first_day)))


class RegimeDays(NamedTuple):
    """Days of each regime in one month of one outbreak, (stays,) each."""

    outbreak: Ints
    month: Ints
    mild: Floats
    upstream: Floats
    hard: Floats


@dataclass(frozen=True)
class Outbreaks:
    """Waves of one path that overlap, as one; in order of path and time."""

    path: Ints
    """(outbreaks,) the path of each."""
    end: Floats
    """(outbreaks,) last day of each."""
    outbreak_of_wave: Ints
    """(waves,) the outbreak of each."""
    outbreak: Ints
    """(stays,) the outbreak whose month it is."""
    month: Ints
    """(stays,) row of the month."""
    cell: Ints
    """(stays,) index of each in a flat array of months and paths."""
    days: Floats
    """(stays,) days of that month in the outbreak."""
    first_day: float
    """An ordinal day before all waves."""

    @classmethod
    def from_waves(cls, waves: EventSet, end: Floats, calendar: Calendar, paths: int, first_day: float) -> Outbreaks:
        """The outbreaks of all waves; those of one path are neighbours, and none begins before `first_day`."""
        ticks = [_to_ticks(day, first_day) for day in (waves.start, end)]
        order = _sort_rows(waves.path, ticks[0])
        opens = _cluster_starts(
            waves.path, *(day.take(order) for day in ticks)
        )  # in order within its path, a path stays in place
        start, end = waves.start.take(order), end.take(order)
        of_wave = np.empty(len(order), np.intp)
        of_wave[order] = np.cumsum(opens) - 1
        first = np.flatnonzero(opens)
        closing = np.maximum.reduceat(end, first) if len(first) else end
        path = waves.path.take(first)
        outbreak, month, days = month_overlaps(start.take(first), closing, calendar)
        cell = month * paths
        cell += path.take(outbreak)
        return cls(path, closing, of_wave, outbreak, month, cell, days, first_day)

    def month_rows(self, outbreak: Ints, month: Ints) -> Ints:
        """The stays of some months of some outbreaks."""
        order, first, opening = self._rows_by_outbreak
        rows: Ints = order[first[outbreak] + month - opening[outbreak]]
        return rows

    @cached_property
    def _rows_by_outbreak(self) -> tuple[Ints, Ints, Ints]:
        """The stays in order of their outbreaks; the first of each outbreak there, and its month."""
        order = np.argsort(self.outbreak, kind="stable")
        count = np.bincount(self.outbreak, minlength=len(self.path))
        first = np.cumsum(count) - count
        opening = np.zeros(len(first), np.intp)
        opening[count > 0] = self.month[order[first[count > 0]]]
        return order, first, opening

    def regime_days_of_rows(self, rows: Ints, disjoint: Spells, calendar: Calendar) -> RegimeDays:
        """Days of the regimes in some rows of the stays, each compared with every spell of its outbreak."""
        outbreak, month, days = self.outbreak[rows], self.month[rows], self.days[rows]
        order = np.argsort(outbreak)
        count = np.bincount(outbreak, minlength=len(self.path))
        first = np.cumsum(count) - count
        outbreak_of_spell = self.outbreak_of_wave[disjoint.wave]
        times = count[outbreak_of_spell]
        spell = np.repeat(np.arange(len(outbreak_of_spell)), times)
        row = order[np.arange(len(spell)) + (first[outbreak_of_spell] - np.cumsum(times) + times)[spell]]
        inside = np.minimum(disjoint.end[spell], calendar.edges[month[row] + 1])
        inside -= np.maximum(disjoint.start[spell], calendar.edges[month[row]])
        np.maximum(inside, 0, out=inside)
        upstream, hard = (
            sum_by_cell(row, share[spell] * inside, len(rows)) for share in (disjoint.upstream, disjoint.hard)
        )
        return RegimeDays(outbreak, month, days - upstream - hard, upstream, hard)

    def regime_days(self, disjoint: Spells, calendar: Calendar) -> RegimeDays:
        """Days of the regimes by outbreak and month, of spells that do not overlap."""
        spell, month, days = month_overlaps(disjoint.start, disjoint.end, calendar)
        row = self.month_rows(self.outbreak_of_wave[disjoint.wave[spell]], month)
        upstream = sum_by_cell(row, disjoint.upstream[spell] * days, len(self.month))
        hard = sum_by_cell(row, disjoint.hard[spell] * days, len(self.month))
        return RegimeDays(self.outbreak, self.month, self.days - upstream - hard, upstream, hard)

    def regime_days_by_month(self, disjoint: Spells, waves: EventSet, calendar: Calendar, paths: int) -> list[Floats]:
        """(months, paths) days of the mild, the upstream and the hard regime, (months, 1) where there are none."""
        shape = (calendar.count, paths)
        spell, month, days = month_overlaps(disjoint.start, disjoint.end, calendar)
        cells = month * paths
        cells += waves.path[disjoint.wave[spell]]
        mild = sum_by_cell(self.cell, self.days, shape[0] * shape[1])
        days_by_regime = [mild]
        for share in (disjoint.upstream, disjoint.hard):
            if share.any():
                regime = sum_by_cell(cells, share[spell] * days, shape[0] * shape[1])
                mild -= regime
                days_by_regime.append(regime)
            else:
                days_by_regime.append(np.zeros(shape[0]))
        return [regime.reshape(shape[0], -1) for regime in days_by_regime]


TICKS_PER_DAY = 2.0**15
"""Ticks of some 3 seconds, in which the intervals of one path are sorted and compared."""


def _to_ticks(day: Floats, opening: float) -> Ints:
    """(intervals,) whole ticks since `opening`, a day before all; the same in any company of other paths."""
    return ((day - opening) * TICKS_PER_DAY).astype(np.int64)


def _sort_rows(path: Ints, start: Ints) -> Ints:
    """(intervals,) rows in order of path and start."""
    if len(path) >= 2**21 or start.max(initial=0) >= 2**27 or path.max(initial=0) >= 2**15:
        return np.lexsort((start, path))
    # Path, start and row in one word: words are sorted faster than rows by them. The paths are in order, or nearly, and
    # timsort, which numpy calls stable, takes an eighth of the time of the default there.
    key = path << 48
    key |= start << 21
    key |= np.arange(len(path))
    key.sort(kind="stable")
    key &= 2**21 - 1
    return key


def _cluster_starts(path: Ints, start: Ints, end: Ints) -> Bools:
    """(intervals,) True where a run of intervals of one path that overlap begins; they are in order of path, start."""
    shift = path << 40
    latest = np.maximum.accumulate(shift + end)
    shift += start
    new = np.ones(len(path), np.bool_)
    np.greater(shift[1:], latest[:-1], out=new[1:])
    return new


def _cut_overlapping_spells(spells: Spells) -> Spells:
    """Spells that overlap, (spells, clusters), cut where one begins or ends.

    Between two cuts c = 1 - product over the hard ones of (1 - reach); n = (1 - c) where an upstream one is; the rest
    is mild (model: section 5).
    """
    cuts = np.sort(np.concatenate([spells.start, spells.end]), axis=0)
    middle = (cuts[1:] + cuts[:-1]) / 2
    open_share, is_upstream = np.ones_like(middle), np.zeros(middle.shape, bool)
    for start, end, upstream, hard in zip(*spells[1:], strict=True):
        inside = (start <= middle) & (middle < end)
        open_share *= np.where(inside, 1 - hard, 1.0)
        is_upstream |= inside & (upstream > 0)
    waves = np.broadcast_to(spells.wave[0], middle.shape)
    return Spells._make(part.ravel() for part in (waves, cuts[:-1], cuts[1:], open_share * is_upstream, 1 - open_share))
