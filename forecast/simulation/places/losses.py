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
from forecast.plan.geography import Geography
from forecast.simulation.model.footprints import PlaceRanges, overlap_ranges
from forecast.simulation.model.impacts import EventLosses, Footprint, Impact, sum_by_cell
from forecast.simulation.model.recovery import Recovery
from forecast.simulation.model.service_paths import ServicePaths
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK

MIN_UNTOUCHED_SHARE = 1e-9
"""Least trade of an untouched place, as a share of its trade before shocks, that levels are counted in."""


class _LevelChanges(NamedTuple):
    """What pieces of places add in single cells: `amount` (services, pieces) to a place of weight 1."""

    cell: Ints
    low: Ints
    high: Ints
    amount: Floats


class _WalkSteps(NamedTuple):
    """What the walk adds as it enters and leaves pieces, in order of the places where it does."""

    first_step: Ints
    """(places + 2,) the first step of each place."""
    cell: Ints
    path: Ints
    amount: Floats
    """(services, steps)"""


def _build_walk_steps(changes: _LevelChanges, places: int) -> _WalkSteps:
    where = np.concatenate([changes.high, changes.low])
    order = np.argsort(where, kind="stable")
    cell = np.concatenate([changes.cell, changes.cell])[order]
    amount = np.concatenate([-changes.amount, changes.amount], axis=1)[:, order]
    return _WalkSteps(np.searchsorted(where[order], np.arange(places + 2)), cell, cell % PATHS_PER_BLOCK, amount)


class PlaceLevels:
    """The levels of one block, (services, months, paths), at one place after another."""

    def __init__(
        self,
        terrain: Geography,
        trades: Mapping[str, ServicePaths],
        returning: Mapping[str, Recovery],
        rows: slice,
    ) -> None:
        self.geography = terrain
        self.services = tuple(sorted(trades))
        self._service_paths = [trades[service] for service in self.services]
        self._unshocked = [trade.unshocked for trade in self._service_paths]
        self._shape = self._unshocked[0].shape
        self._impacts = {name: cause.impact for name, cause in sorted(returning.items())}
        self._footprints = {
            name: impact.footprint for name, impact in self._impacts.items() if impact.footprint is not None
        }
        self._rows = rows
        untouched = np.array([self._unreached_amount(service, n) for n, service in enumerate(self.services)])
        back, spread = self._recovery_changes(returning)
        untouched += spread
        changes = _concatenate_changes([self._loss_changes(untouched - spread), *back])
        self._untouched_amounts = np.maximum(untouched, MIN_UNTOUCHED_SHARE * np.array(self._unshocked))
        self._changes = self._order_changes(changes)
        self.levels = np.ones((len(self.services), *self._shape), np.float32)
        """Of the place that the walk has come to."""
        self._exact_levels = np.ones((len(self.services), self._shape[0] * self._shape[1]))
        self.is_unchanged = not len(self._changes.cell)
        """Whether every place is always as the others."""
        self._prices = [_unit_price(trade) for trade in self._service_paths]
        self._last_places = [-1] * len(self.services)
        value = np.zeros_like(self._exact_levels)
        for n, ground in enumerate(self._untouched_amounts):
            np.multiply(ground[rows], self._prices[n][rows], out=value[n].reshape(self._shape)[rows])
        self._step_revenue = self._walk_steps.amount * value[:, self._walk_steps.cell]
        """(services, steps) revenue of the told months that each step of the walk adds."""
        self.shocked_revenue = np.array(
            [self._period_revenue(n, self._untouched_amounts[n]) for n in range(len(self.services))]
        )
        """(services, paths) what the place keeps of the told months, next to weight 1."""
        self.baseline_revenue = np.array([self._period_revenue(n, before) for n, before in enumerate(self._unshocked)])
        """The same without shocks."""

    def _period_revenue(self, n: int, amount: Floats) -> Floats:
        """(paths,) revenue of the told months."""
        return np.asarray(np.einsum("mp,mp->p", amount[self._rows], self._prices[n][self._rows]))

    def _unreached_amount(self, service: str, n: int) -> Floats:
        """What is left, before returns, of a place that no arc holds."""
        left = self._unshocked[n].copy()
        for impact in self._impacts.values():
            footprint = impact.footprint
            held = (
                impact.factors.get(("amount", service)) if footprint is None else footprint.outside_factors.get(service)
            )
            if held is not None:
                left *= held
        return left

    def _loss_changes(self, untouched: Floats) -> _LevelChanges:
        """What hits take, all causes together: the hits of one place in one month multiply."""
        size = self.geography.count
        prints = list(self._footprints.values())
        if not prints:
            return _no_changes(len(self.services))
        cells = np.concatenate([one.cell for one in prints])
        arcs = PlaceRanges(
            np.concatenate([one.ranges.first[one.range_index] for one in prints]),
            np.concatenate([one.ranges.count[one.range_index] for one in prints]),
        )
        taken = {
            service: np.concatenate([one.loss_shares.get(service, np.zeros(len(one.cell))) for one in prints])
            for service in self.services
        }
        pieces = overlap_ranges(cells, arcs, taken, size)
        flat = untouched.reshape(len(self.services), -1)
        amount = np.array([flat[n][pieces.cell] * (pieces.factors[s] - 1) for n, s in enumerate(self.services)])
        return _LevelChanges(pieces.cell, pieces.low, pieces.high, amount)

    def _recovery_changes(self, returning: Mapping[str, Recovery]) -> tuple[list[_LevelChanges], Floats]:
        """What comes back: to the places of each event's arcs, and (services, months, paths) to all alike."""
        spread = np.zeros((len(self.services), self._shape[0] * self._shape[1]))
        found = []
        for name, cause in sorted(returning.items()):
            backs = {n: trade.recovered[name] for n, trade in enumerate(self._service_paths) if name in trade.recovered}
            footprint = self._footprints.get(name)
            if footprint is not None and backs:
                found.append(self._allocate_recovery(cause, footprint, backs, spread))
                continue
            for n, back in backs.items():
                spread[n] += sum_by_cell(back.cell, back.amount, spread.shape[1])
        return found, spread.reshape(len(self.services), *self._shape)

    def _allocate_recovery(
        self, cause: Recovery, footprint: Footprint, backs: Mapping[int, NamedTuple], spread: Floats
    ) -> _LevelChanges:
        """Returns of one cause, each event's to its arcs in proportion to what was lost there."""
        losses = cause.impact.losses
        assert isinstance(losses, EventLosses)  # what has a footprint has single events
        arcs, event = footprint.ranges, footprint.event
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
            weight = arcs.weight(self.geography.cumulative_weight[self.services[n]])
            part = self._range_shares(n, footprint, losses, weight)
            mine = back.amount[entry] * part[arc]  # type: ignore[attr-defined]
            amount[n] = np.divide(mine, weight[arc], out=np.zeros_like(mine), where=weight[arc] > 0)
            rest = back.amount - sum_by_cell(entry, amount[n] * weight[arc], len(back.amount))  # type: ignore[attr-defined]
            spread[n] += sum_by_cell(cell, np.maximum(rest, 0), spread.shape[1])
        piece, low, high = arcs.select(arc).unroll(self.geography.count)
        return _LevelChanges(cell[entry][piece], low, high, amount[:, piece])

    def _range_shares(self, n: int, footprint: Footprint, losses: EventLosses, weight: Floats) -> Floats:
        """(arcs,) the part of each in what its event takes of one service."""
        service = self.services[n]
        before = self._unshocked[n].reshape(-1)
        taken = footprint.loss_shares[service] * weight[footprint.range_index] * before[footprint.cell]
        if service in footprint.outside_factors:
            taken *= footprint.outside_factors[service].reshape(-1)[footprint.cell]
        mine = sum_by_cell(footprint.range_index, taken, len(weight))
        lost = losses.lost(np.arange(len(losses.cell)))["amount", service] * before[losses.cell]
        whole = sum_by_cell(losses.event, lost, len(losses.end))[footprint.event]
        part = np.divide(mine, whole, out=np.zeros_like(mine), where=whole > 0)
        return np.clip(part, 0.0, 1.0)

    def _order_changes(self, changes: _LevelChanges) -> _LevelChanges:
        """Changes as levels, in the order in which the walk meets their beginnings."""
        flat = self._untouched_amounts.reshape(len(self.services), -1)[:, changes.cell]
        level = np.divide(changes.amount, flat, out=np.zeros_like(changes.amount), where=flat > 0)
        some = np.flatnonzero((level != 0).any(axis=0))
        order = some[np.argsort(changes.low[some], kind="stable")]
        in_order = _LevelChanges(changes.cell[order], changes.low[order], changes.high[order], level[:, order])
        self._range_starts = np.searchsorted(in_order.low, np.arange(self.geography.count + 1))
        self._walk_steps = _build_walk_steps(in_order, self.geography.count)
        return in_order

    def walk_to(self, n: int, place: int) -> None:
        """Step to a place in one service; places are walked in order."""
        steps, last = self._walk_steps, self._last_places[n] + 1
        self._last_places[n] = place
        moved = slice(steps.first_step[last], steps.first_step[place + 1])
        cell, exact = steps.cell[moved], self._exact_levels[n]
        if len(cell):
            np.add.at(exact, cell, steps.amount[n, moved])
            self.levels[n].reshape(-1)[cell] = np.maximum(exact[cell], 0)
            np.add.at(self.shocked_revenue[n], steps.path[moved], self._step_revenue[n, moved])

    def mean_level(self, n: int, start: int, stop: int) -> Floats32 | None:
        """(months, paths) the mean level of some places by weight; none where each is 1."""
        before = self.geography.cumulative_weight[self.services[n]]
        whole = before[stop] - before[start]
        changes = self._changes
        reached = np.flatnonzero(
            (changes.low[: self._range_starts[stop]] < stop) & (changes.high[: self._range_starts[stop]] > start)
        )
        if not len(reached) or whole <= 0:
            return None
        low, high = np.maximum(changes.low[reached], start), np.minimum(changes.high[reached], stop)
        part = changes.amount[n, reached] * ((before[high] - before[low]) / whole)
        level = 1 + sum_by_cell(changes.cell[reached], part, self._shape[0] * self._shape[1])
        return np.maximum(level, 0).astype(np.float32).reshape(self._shape)

    def sum_losses(self, causes: Sequence[str], paths: int) -> tuple[Floats, Floats]:
        """(causes, places) what each cause takes of the told months before others and returns, and (places,) the calm.

        Sums over the first `paths` paths.
        """
        size = self.geography.count
        found, calm = np.zeros((len(causes), size)), np.zeros(size)
        for n, service in enumerate(self.services):
            weights = self.geography.weights(service)
            worth = self._unshocked[n][self._rows, :paths] * self._prices[n][self._rows, :paths]
            calm += weights * worth.sum()
            for row, name in enumerate(causes):
                found[row] += weights * self._cause_loss(n, service, self._impacts[name], worth, paths)
        return found, calm

    def _cause_loss(self, n: int, service: str, impact: Impact, worth: Floats, paths: int) -> Floats | float:
        """(places,) or one figure: what a cause takes of a place of weight 1."""
        footprint = impact.footprint
        if footprint is None:
            factor = impact.factors.get(("amount", service))
            return 0.0 if factor is None else float((worth * (1 - factor[self._rows, :paths])).sum())
        alike = 0.0
        if service not in footprint.loss_shares:
            return alike
        month, path = np.divmod(footprint.cell, PATHS_PER_BLOCK)
        told = np.flatnonzero((month >= self._rows.start) & (month < self._rows.stop) & (path < paths))
        amount = footprint.loss_shares[service][told] * worth[month[told] - self._rows.start, path[told]]
        if service in footprint.outside_factors:
            outside = footprint.outside_factors[service]
            alike = float((worth * (1 - outside[self._rows, :paths])).sum())
            amount *= outside[month[told], path[told]]
        piece, low, high = footprint.ranges.select(footprint.range_index[told]).unroll(self.geography.count)
        steps = sum_by_cell(low, amount[piece], self.geography.count + 1) - sum_by_cell(
            high, amount[piece], self.geography.count + 1
        )
        return alike + np.cumsum(steps)[:-1]


def _unit_price(trade: ServicePaths) -> Floats:
    """(months, paths) revenue of one unit of a service's amount."""
    return np.broadcast_to(np.ones(1) if trade.price is None else trade.price, trade.unshocked.shape)


def _no_changes(services: int) -> _LevelChanges:
    nothing = np.empty(0, np.intp)
    return _LevelChanges(nothing, nothing, nothing, np.empty((services, 0)))


def _concatenate_changes(parts: Sequence[_LevelChanges]) -> _LevelChanges:
    cell, low, high = (np.concatenate([part[column] for part in parts]) for column in range(3))
    return _LevelChanges(cell, low, high, np.concatenate([part.amount for part in parts], axis=1))
