"""What shocks leave of each place, month by month, next to a place that no event reaches: its level.

A hit lowers the levels of the places in its arc, a return raises them. So a level is 1 and a sum over the pieces that
hold the place, and walking the places in order changes only the cells in which a piece begins or ends. The level of a
district is the mean of its places' levels by weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from forecast.arrays import Floats, Floats32, Ints
from forecast.plan.geography import Terrain
from forecast.simulation.model.footprints import Arcs, pieces_of
from forecast.simulation.model.impacts import EventLosses, Footprint, Impact, sums
from forecast.simulation.model.recovery import Returning
from forecast.simulation.model.service_paths import Trade
from forecast.simulation.sampling.random_streams import BLOCK

LEAST = 1e-9
"""Least trade of an untouched place, as a share of its trade before shocks, that levels are counted in."""


class _Changes(NamedTuple):
    """What pieces of places add in single cells: `amount` (services, pieces) to a place of weight 1."""

    cell: Ints
    low: Ints
    high: Ints
    amount: Floats


class _Steps(NamedTuple):
    """What the walk adds as it enters and leaves pieces, in order of the places where it does."""

    at: Ints
    """(places + 2,) the first step of each place."""
    cell: Ints
    path: Ints
    amount: Floats
    """(services, steps)"""


def _steps(changes: _Changes, places: int) -> _Steps:
    where = np.concatenate([changes.high, changes.low])
    order = np.argsort(where, kind="stable")
    cell = np.concatenate([changes.cell, changes.cell])[order]
    amount = np.concatenate([-changes.amount, changes.amount], axis=1)[:, order]
    return _Steps(np.searchsorted(where[order], np.arange(places + 2)), cell, cell % BLOCK, amount)


class Levels:
    """The levels of one block, (services, months, paths), at one place after another."""

    def __init__(
        self,
        terrain: Terrain,
        trades: Mapping[str, Trade],
        returning: Mapping[str, Returning],
        rows: slice,
    ) -> None:
        self.terrain = terrain
        self.services = tuple(sorted(trades))
        self._trades = [trades[service] for service in self.services]
        self._before = [trade.before for trade in self._trades]
        self._shape = self._before[0].shape
        self._impacts = {name: cause.impact for name, cause in sorted(returning.items())}
        self._footprints = {
            name: impact.footprint for name, impact in self._impacts.items() if impact.footprint is not None
        }
        self._rows = rows
        untouched = np.array([self._untouched(service, n) for n, service in enumerate(self.services)])
        back, spread = self._returns(returning)
        untouched += spread
        changes = _joined([self._hit(untouched - spread), *back])
        self._ground = np.maximum(untouched, LEAST * np.array(self._before))
        self._changes = self._in_order(changes)
        self.levels = np.ones((len(self.services), *self._shape), np.float32)
        """Of the place that the walk has come to."""
        self._exact = np.ones((len(self.services), self._shape[0] * self._shape[1]))
        self.still = not len(self._changes.cell)
        """Whether every place is always as the others."""
        self._worth = [_worth(trade) for trade in self._trades]
        self._at = [-1] * len(self.services)
        value = np.zeros_like(self._exact)
        for n, ground in enumerate(self._ground):
            np.multiply(ground[rows], self._worth[n][rows], out=value[n].reshape(self._shape)[rows])
        self._worths = self._steps.amount * value[:, self._steps.cell]
        """(services, steps) revenue of the told months that each step of the walk adds."""
        self.kept = np.array([self._told(n, self._ground[n]) for n in range(len(self.services))])
        """(services, paths) what the place keeps of the told months, next to weight 1."""
        self.calm = np.array([self._told(n, before) for n, before in enumerate(self._before)])
        """The same without shocks."""

    def _told(self, n: int, amount: Floats) -> Floats:
        """(paths,) revenue of the told months."""
        return np.asarray(np.einsum("mp,mp->p", amount[self._rows], self._worth[n][self._rows]))

    def _untouched(self, service: str, n: int) -> Floats:
        """What is left, before returns, of a place that no arc holds."""
        left = self._before[n].copy()
        for impact in self._impacts.values():
            footprint = impact.footprint
            held = impact.factors.get(("amount", service)) if footprint is None else footprint.outside.get(service)
            if held is not None:
                left *= held
        return left

    def _hit(self, untouched: Floats) -> _Changes:
        """What hits take, all causes together: the hits of one place in one month multiply."""
        size = self.terrain.count
        prints = list(self._footprints.values())
        if not prints:
            return _none(len(self.services))
        cells = np.concatenate([one.cell for one in prints])
        arcs = Arcs(
            np.concatenate([one.arcs.first[one.arc] for one in prints]),
            np.concatenate([one.arcs.count[one.arc] for one in prints]),
        )
        taken = {
            service: np.concatenate([one.taken.get(service, np.zeros(len(one.cell))) for one in prints])
            for service in self.services
        }
        pieces = pieces_of(cells, arcs, taken, size)
        flat = untouched.reshape(len(self.services), -1)
        amount = np.array([flat[n][pieces.cell] * (pieces.left[s] - 1) for n, s in enumerate(self.services)])
        return _Changes(pieces.cell, pieces.low, pieces.high, amount)

    def _returns(self, returning: Mapping[str, Returning]) -> tuple[list[_Changes], Floats]:
        """What comes back: to the places of each event's arcs, and (services, months, paths) to all alike."""
        spread = np.zeros((len(self.services), self._shape[0] * self._shape[1]))
        found = []
        for name, cause in sorted(returning.items()):
            backs = {n: trade.returns[name] for n, trade in enumerate(self._trades) if name in trade.returns}
            footprint = self._footprints.get(name)
            if footprint is not None and backs:
                found.append(self._laid(cause, footprint, backs, spread))
                continue
            for n, back in backs.items():
                spread[n] += sums(back.cell, back.amount, spread.shape[1])
        return found, spread.reshape(len(self.services), *self._shape)

    def _laid(
        self, cause: Returning, footprint: Footprint, backs: Mapping[int, NamedTuple], spread: Floats
    ) -> _Changes:
        """Returns of one cause, each event's to its arcs in proportion to what was lost there."""
        losses = cause.impact.losses
        assert isinstance(losses, EventLosses)  # what has a footprint has single events
        arcs, event = footprint.arcs, footprint.event
        order = np.argsort(event, kind="stable")
        held = order[arcs.count[order] > 0]
        counts = np.bincount(event[held], minlength=len(losses.end))
        first = np.cumsum(counts) - counts
        times = counts[cause.event]
        entry = np.repeat(np.arange(len(times)), times)
        arc = held[first[cause.event][entry] + np.arange(len(entry)) - (np.cumsum(times) - times)[entry]]
        cell = next(iter(backs.values())).cell  # type: ignore[attr-defined]
        amount = np.zeros((len(self.services), len(entry)))
        for n, back in backs.items():
            weight = arcs.weight(self.terrain.before[self.services[n]])
            part = self._part(n, footprint, losses, weight)
            mine = back.amount[entry] * part[arc]  # type: ignore[attr-defined]
            amount[n] = np.divide(mine, weight[arc], out=np.zeros_like(mine), where=weight[arc] > 0)
            rest = back.amount - sums(entry, amount[n] * weight[arc], len(back.amount))  # type: ignore[attr-defined]
            spread[n] += sums(cell, np.maximum(rest, 0), spread.shape[1])
        piece, low, high = arcs.some(arc).unrolled(self.terrain.count)
        return _Changes(cell[entry][piece], low, high, amount[:, piece])

    def _part(self, n: int, footprint: Footprint, losses: EventLosses, weight: Floats) -> Floats:
        """(arcs,) the part of each in what its event takes of one service."""
        service = self.services[n]
        before = self._before[n].reshape(-1)
        taken = footprint.taken[service] * weight[footprint.arc] * before[footprint.cell]
        if service in footprint.outside:
            taken *= footprint.outside[service].reshape(-1)[footprint.cell]
        mine = sums(footprint.arc, taken, len(weight))
        lost = losses.lost(np.arange(len(losses.cell)))["amount", service] * before[losses.cell]
        whole = sums(losses.event, lost, len(losses.end))[footprint.event]
        part = np.divide(mine, whole, out=np.zeros_like(mine), where=whole > 0)
        return np.clip(part, 0.0, 1.0)

    def _in_order(self, changes: _Changes) -> _Changes:
        """Changes as levels, in the order in which the walk meets their beginnings."""
        flat = self._ground.reshape(len(self.services), -1)[:, changes.cell]
        level = np.divide(changes.amount, flat, out=np.zeros_like(changes.amount), where=flat > 0)
        some = np.flatnonzero((level != 0).any(axis=0))
        order = some[np.argsort(changes.low[some], kind="stable")]
        in_order = _Changes(changes.cell[order], changes.low[order], changes.high[order], level[:, order])
        self._opens = np.searchsorted(in_order.low, np.arange(self.terrain.count + 1))
        self._steps = _steps(in_order, self.terrain.count)
        return in_order

    def walk_to(self, n: int, place: int) -> None:
        """Step to a place in one service; places are walked in order."""
        steps, last = self._steps, self._at[n] + 1
        self._at[n] = place
        moved = slice(steps.at[last], steps.at[place + 1])
        cell, exact = steps.cell[moved], self._exact[n]
        if len(cell):
            np.add.at(exact, cell, steps.amount[n, moved])
            self.levels[n].reshape(-1)[cell] = np.maximum(exact[cell], 0)
            np.add.at(self.kept[n], steps.path[moved], self._worths[n, moved])

    def of_rows(self, n: int, start: int, stop: int) -> Floats32 | None:
        """(months, paths) the mean level of some places by weight; none where each is 1."""
        before = self.terrain.before[self.services[n]]
        whole = before[stop] - before[start]
        changes = self._changes
        reached = np.flatnonzero(
            (changes.low[: self._opens[stop]] < stop) & (changes.high[: self._opens[stop]] > start)
        )
        if not len(reached) or whole <= 0:
            return None
        low, high = np.maximum(changes.low[reached], start), np.minimum(changes.high[reached], stop)
        part = changes.amount[n, reached] * ((before[high] - before[low]) / whole)
        level = 1 + sums(changes.cell[reached], part, self._shape[0] * self._shape[1])
        return np.maximum(level, 0).astype(np.float32).reshape(self._shape)

    def lost(self, causes: Sequence[str], paths: int) -> tuple[Floats, Floats]:
        """(causes, places) what each cause takes of the told months before others and returns, and (places,) the calm.

        Sums over the first `paths` paths.
        """
        size = self.terrain.count
        found, calm = np.zeros((len(causes), size)), np.zeros(size)
        for n, service in enumerate(self.services):
            weights = self.terrain.weights(service)
            worth = self._before[n][self._rows, :paths] * self._worth[n][self._rows, :paths]
            calm += weights * worth.sum()
            for row, name in enumerate(causes):
                found[row] += weights * self._taken(n, service, self._impacts[name], worth, paths)
        return found, calm

    def _taken(self, n: int, service: str, impact: Impact, worth: Floats, paths: int) -> Floats | float:
        """(places,) or one figure: what a cause takes of a place of weight 1."""
        footprint = impact.footprint
        if footprint is None:
            factor = impact.factors.get(("amount", service))
            return 0.0 if factor is None else float((worth * (1 - factor[self._rows, :paths])).sum())
        alike = 0.0
        if service not in footprint.taken:
            return alike
        month, path = np.divmod(footprint.cell, BLOCK)
        told = np.flatnonzero((month >= self._rows.start) & (month < self._rows.stop) & (path < paths))
        amount = footprint.taken[service][told] * worth[month[told] - self._rows.start, path[told]]
        if service in footprint.outside:
            outside = footprint.outside[service]
            alike = float((worth * (1 - outside[self._rows, :paths])).sum())
            amount *= outside[month[told], path[told]]
        piece, low, high = footprint.arcs.some(footprint.arc[told]).unrolled(self.terrain.count)
        steps = sums(low, amount[piece], self.terrain.count + 1) - sums(high, amount[piece], self.terrain.count + 1)
        return alike + np.cumsum(steps)[:-1]


def _worth(trade: Trade) -> Floats:
    """(months, paths) revenue of one unit of a service's amount."""
    return np.broadcast_to(np.ones(1) if trade.worth is None else trade.worth, trade.before.shape)


def _none(services: int) -> _Changes:
    nothing = np.empty(0, np.intp)
    return _Changes(nothing, nothing, nothing, np.empty((services, 0)))


def _joined(parts: Sequence[_Changes]) -> _Changes:
    cell, low, high = (np.concatenate([part[column] for part in parts]) for column in range(3))
    return _Changes(cell, low, high, np.concatenate([part.amount for part in parts], axis=1))
