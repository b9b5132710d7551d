"""What of a loss comes back, cause by cause, and where the rest went (model: section 5).

Arrays are (months, paths), or sparse entries of one event, one month and one path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    path: Ints
    """(entries,)"""
    amount: Floats
    """(entries,)"""
    whole: Floats
    """(paths,) all that ever comes back, after the horizon too."""


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
        hits = self.blow.hits
        if isinstance(hits, Hits):
            self._cells = hits.cells(paths)
            self._shared = np.flatnonzero(np.bincount(self._cells)[self._cells] > 1)
            within = _of(self.blow.within, hits.path_of_event)
            self._event, month, days = overlaps(hits.end, hits.end + within, calendar)
            self._share = days / within[self._event]
            self._back_path = hits.path_of_event[self._event]
            self._back_cells = month * paths + self._back_path

    @property
    def event(self) -> Ints:
        """(entries,) the event of each entry of what comes back; none of a spell."""
        return self._event

    def of(self, service: str, base: Floats) -> Back | None:
        """What comes back of a service; `base` is its amount before shocks, (months, paths).

        Nothing when the cause takes nothing of the service, or gives nothing back.
        """
        key, hits = ("amount", service), self.blow.hits
        if hits is None or key not in hits.lost or service not in self.blow.recovered:
            return None
        if isinstance(hits, Spell):
            return self._of_spell(hits, key, base)
        loss = self._part(self._loss(key, base), hits.lost[key])
        share = _of(self.blow.recovered[service], hits.path_of_event)
        back = sums(hits.event, loss, len(hits.end)) * share
        whole = sums(hits.path_of_event, back, self.paths)
        return Back(self._back_cells, self._back_path, back[self._event] * self._share, whole)

    def _loss(self, key: Key, base: Floats) -> Floats:
        """(entries,) net loss of the cell of each entry."""
        loss = 1 - _at(self.blow.capped(key), self._cells)
        loss *= _at(base, self._cells)
        for other in self._others(key):
            loss *= _at(np.broadcast_to(other, base.shape), self._cells)
        return loss

    def _part(self, loss: Floats, lost: Floats) -> Floats:
        """(entries,) the part of each entry in the loss of its cell; most cells have one entry."""
        if len(self._shared):
            cells, mine = self._cells[self._shared], np.maximum(lost[self._shared], 0)
            whole = sums(cells, mine, 0)[cells]
            loss[self._shared] *= np.divide(mine, whole, out=np.zeros_like(mine), where=whole > 0)
        return loss

    def _of_spell(self, spell: Spell, key: Key, base: Floats) -> Back:
        loss = base[spell.rows] * (1 - self.blow.capped(key)[spell.rows])
        for other in self._others(key):
            loss = loss * other[spell.rows]
        whole = loss.sum(axis=0) * self.blow.recovered[key[1]]
        opening, closing = self.calendar.edges[:-1, None], self.calendar.edges[1:, None]
        days = np.minimum(closing, spell.end + self.blow.within) - np.maximum(opening, spell.end)
        month, column = np.nonzero(days > 0)
        share = (days / self.blow.within)[month, column]
        if days.shape[1] == 1:  # the same months in every path
            path = np.tile(np.arange(self.paths), len(month))
            month, share = np.repeat(month, self.paths), np.repeat(share, self.paths)
        else:
            path = column
        whole = np.broadcast_to(whole, self.paths)
        return Back(month * self.paths + path, path, whole[path] * share, whole)

    def _others(self, key: Key) -> list[Floats]:
        """What the other causes leave of the trade."""
        return [
            self.blows[name].capped(key)
            for name in sorted(self.blows)
            if name != self.name and key in self.blows[name].factors
        ]


def _at(array: Floats, cells: Ints) -> Floats:
    return np.asarray(array.reshape(-1)[cells])


def _of(values: Floats, path: Ints) -> Floats:
    return values[path] if len(values) > 1 else np.broadcast_to(values, path.shape)
