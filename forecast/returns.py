"""What of a loss comes back, cause by cause, and where the rest went (model: section 5).

Arrays are (months, paths), or sparse entries of one event, one month and one path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecast.chance import Floats
from forecast.effects import Blow, Hits, Key, Spell, overlaps, sums
from forecast.months import Calendar

if TYPE_CHECKING:
    from forecast.draws import Ints


@dataclass(frozen=True)
class Account:
    """Where the losses of one service went, (paths,) each: lost = returned + carried + gone."""

    lost: Floats
    returned: Floats
    carried: Floats
    """Comes back after the horizon."""
    gone: Floats


class Back(NamedTuple):
    """What comes back of the losses of one cause."""

    cell: Ints
    """(entries,) place of each entry in a flat array of months and paths."""
    amount: Floats
    """(entries,)"""
    inside: Floats
    """(paths,) all that comes back within the horizon."""
    whole: Floats
    """(paths,) all that ever comes back, after the horizon too."""


class _Plateaus(NamedTuple):
    """The months over which what is recovered of single events comes back."""

    event: Ints
    """(entries,)"""
    cell: Ints
    """(entries,) place in a flat array of months and paths."""
    share: Floats
    """(entries,) of what comes back of the event."""
    inside: Floats
    """(events,) share that comes back within the horizon."""


class Returning:
    """What comes back of the losses of one cause, for each service.

    Net loss of cause k in a month: base * max(0, 1 - F_k) * product of min(1, F_j) of the other causes, so that what
    two causes share is gone. It is shared among the events of the cause by what each took, and comes back evenly over
    `within` after the event's end (model: section 5).
    """

    def __init__(self, name: str, blows: Mapping[str, Blow], calendar: Calendar, paths: int) -> None:
        self.name = name
        self.blows = blows
        self.calendar = calendar
        self.paths = paths
        self.blow = blows[name]

    @property
    def event(self) -> Ints:
        """(entries,) the event of each entry of what comes back; none of a spell."""
        return self._plateaus.event

    @cached_property
    def _hits(self) -> Hits:
        assert isinstance(self.blow.hits, Hits)  # a spell goes its own way
        return self.blow.hits

    @cached_property
    def _shared(self) -> Ints:
        """Entries whose cell holds another one."""
        cells = self._hits.cell
        return np.flatnonzero(np.bincount(cells).take(cells) > 1)

    @cached_property
    def _lost_where_shared(self) -> Mapping[Key, Floats]:
        return self._hits.lost(self._shared)

    @cached_property
    def _plateaus(self) -> _Plateaus:
        hits = self._hits
        within = _of(self.blow.within, hits.path_of_event)
        event, month, days = overlaps(hits.end, hits.end + within, self.calendar)
        share = days / (within[event] if len(self.blow.within) > 1 else self.blow.within)
        inside = sums(event, share, len(hits.end))
        return _Plateaus(event, month * self.paths + hits.path_of_event[event], share, inside)

    def of(self, service: str, base: Floats) -> Back | None:
        """What comes back of a service; `base` is its amount before shocks, (months, paths).

        Nothing when the cause takes nothing of the service, or gives nothing back.
        """
        key, hits = ("amount", service), self.blow.hits
        if hits is None or key not in self.blow.factors or service not in self.blow.recovered:
            return None
        if isinstance(hits, Spell):
            return self._of_spell(hits, key, base)
        loss = self._part(self._loss(key, base), key)
        back = sums(hits.event, loss, len(hits.end))
        back *= _of(self.blow.recovered[service], hits.path_of_event)
        plateaus = self._plateaus
        inside, whole = (sums(hits.path_of_event, all_of, self.paths) for all_of in (back * plateaus.inside, back))
        return Back(plateaus.cell, back[plateaus.event] * plateaus.share, inside, whole)

    def _loss(self, key: Key, base: Floats) -> Floats:
        """(entries,) net loss of the cell of each entry."""
        own, others = self.blow.capped(key), self._others(key)
        loss = np.empty((len(base), self.paths))
        for month, row in enumerate(loss):  # a row of paths stays near the processor
            np.subtract(1.0, own[month], out=row)
            row *= base[month]
            for other in others:
                row *= other[month]
        return loss.reshape(-1).take(self._hits.cell)

    def _part(self, loss: Floats, key: Key) -> Floats:
        """(entries,) the part of each entry in the loss of its cell; most cells have one entry."""
        if len(self._shared):
            cells, mine = self._hits.cell[self._shared], np.maximum(self._lost_where_shared[key], 0)
            whole = sums(cells, mine, 0)[cells]
            loss[self._shared] *= np.divide(mine, whole, out=np.zeros_like(mine), where=whole > 0)
        return loss

    def _of_spell(self, spell: Spell, key: Key, base: Floats) -> Back:
        loss = base[spell.rows] * (1 - self.blow.capped(key)[spell.rows])
        for other in self._others(key):
            loss = loss * other[spell.rows]
        whole = np.broadcast_to(loss.sum(axis=0) * self.blow.recovered[key[1]], self.paths)
        opening, closing = self.calendar.edges[:-1, None], self.calendar.edges[1:, None]
        days = np.minimum(closing, spell.end + self.blow.within) - np.maximum(opening, spell.end)
        share = np.maximum(days, 0) / self.blow.within
        month, column = np.nonzero(share)
        some = share[month, column]
        if share.shape[1] == 1:  # the same months in every path
            column = np.tile(np.arange(self.paths), len(month))
            month, some = np.repeat(month, self.paths), np.repeat(some, self.paths)
        return Back(month * self.paths + column, whole[column] * some, whole * share.sum(axis=0), whole)

    def _others(self, key: Key) -> list[Floats]:
        """What the other causes leave of the trade."""
        return [
            self.blows[name].capped(key)
            for name in sorted(self.blows)
            if name != self.name and key in self.blows[name].factors
        ]


def _of(values: Floats, path: Ints) -> Floats:
    return values[path] if len(values) > 1 else np.broadcast_to(values, path.shape)
