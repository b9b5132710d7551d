"""Levels of places: revenue after shocks and recovery, month by month, as a share of that of an unreached place.

A hit lowers the revenue of the places in its range, recovery raises it; of a month below zero it lowers what is below
zero further, so that the level rises. A level is 1 plus a sum over the pieces that
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
from forecast.simulation.model.recovery import RecoveredLoss, Recovery
from forecast.simulation.model.service_paths import ServicePaths
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK

MIN_UNTOUCHED_SHARE = 1e-9
"""Least amount of an unreached place, as a share of its amount before shocks, that levels are divided by."""


class _LevelChanges(NamedTuple):
    """Changes of pieces of places in single cells: `amount` (services, pieces) for a place of weight 1."""

    cell: Ints
    low: Ints
    high: Ints
    amount: Floats


class _WalkSteps(NamedTuple):
    """Steps of the walk as it enters and leaves pieces, in order of the places where it does."""

    first_step: Ints
    """(places + 2,) the first step of each place."""
    cell: Ints
    path: Ints
    amount: Floats
    """(services, steps)"""


def _build_walk_steps(changes: _LevelChanges, places: int) -> _WalkSteps:
    rows_of_places = np.concatenate([changes.high, changes.low])
    order = np.argsort(rows_of_places, kind="stable")
    cell = np.concatenate([changes.cell, changes.cell])[order]
    amount = np.concatenate([-changes.amount, changes.amount], axis=1)[:, order]
    return _WalkSteps(
        np.searchsorted(rows_of_places[order], np.arange(places + 2)), cell, cell % PATHS_PER_BLOCK, amount
    )


class PlaceLevels:
    """The levels of one block, (services, months, paths), at one place after another.

    Months are those of the shocks: the first `earlier` lie before the horizon. `rows` of the horizon are recorded.
    """

    def __init__(
        self,
        geography: Geography,
        services: Mapping[str, ServicePaths],
        recoveries: Mapping[str, Recovery],
        rows: slice,
    ) -> None:
        self.geography = geography
        self.services = tuple(sorted(services))
        self._service_paths = [services[service] for service in self.services]
        self._unshocked = [service.unshocked for service in self._service_paths]
        self._sizes = [np.abs(unshocked) for unshocked in self._unshocked]
        """Months without their signs, which losses are shares of."""
        self.earlier = len(self._service_paths[0].earlier)
        self._shape = self._unshocked[0].shape
        self._impacts = {name: recovery.impact for name, recovery in sorted(recoveries.items())}
        self._footprints = {
            name: impact.footprint for name, impact in self._impacts.items() if impact.footprint is not None
        }
        self._rows = slice(rows.start + self.earlier, rows.stop + self.earlier)
        untouched_sizes = np.array([self._unreached_size(service, n) for n, service in enumerate(self.services)])
        recovered, spread = self._recovery_changes(recoveries)
        untouched = untouched_sizes + 2 * np.minimum(self._unshocked, 0.0) + spread
        changes = _concatenate_changes([self._loss_changes(untouched_sizes), *recovered])
        least = MIN_UNTOUCHED_SHARE * np.array(self._sizes)
        self._untouched_amounts = np.where(untouched < 0, np.minimum(untouched, -least), np.maximum(untouched, least))
        self._changes = self._order_changes(changes)
        self.levels = np.ones((len(self.services), *self._shape), np.float32)
        """(services, months, paths) at the place that the walk has come to."""
        self._exact_levels = np.ones((len(self.services), self._shape[0] * self._shape[1]))
        self.is_unchanged = not len(self._changes.cell)
        """True where every level is 1."""
        self._prices = [self._unit_price(service) for service in self._service_paths]
        self._last_places = [-1] * len(self.services)
        value = np.zeros_like(self._exact_levels)
        for n, untouched_amount in enumerate(self._untouched_amounts):
            recorded = self._rows
            np.multiply(
                untouched_amount[recorded], self._prices[n][recorded], out=value[n].reshape(self._shape)[recorded]
            )
        self._step_revenue = self._walk_steps.amount * value[:, self._walk_steps.cell]
        """(services, steps) revenue of the recorded months that each step of the walk adds."""
        self.shocked_revenue = np.array(
            [self._period_revenue(n, self._untouched_amounts[n]) for n in range(len(self.services))]
        )
        """(services, paths) revenue of the recorded months at the place of the walk, for weight 1."""
        self.baseline_revenue = np.array([self._period_revenue(n, amount) for n, amount in enumerate(self._unshocked)])
        """The same without shocks."""

    def _unit_price(self, service: ServicePaths) -> Floats:
        """(months, paths) revenue of one unit of a service's amount; 1 before the horizon, which is not recorded."""
        if service.price is None or not self.earlier:
            return np.broadcast_to(np.ones(1) if service.price is None else service.price, self._shape)
        before = np.ones((self.earlier, service.price.shape[1]))
        return np.broadcast_to(np.concatenate([before, service.price]), self._shape)

    def _period_revenue(self, n: int, amount: Floats) -> Floats:
        """(paths,) revenue of the recorded months."""
        return np.asarray(np.einsum("mp,mp->p", amount[self._rows], self._prices[n][self._rows]))

    def _unreached_size(self, service: str, n: int) -> Floats:
        """(months, paths) size of a month, before recovery, at a place outside every range."""
        size = self._sizes[n].copy()
        for impact in self._impacts.values():
            footprint = impact.footprint
            factor_outside = (
                impact.factors.get(("amount", service)) if footprint is None else footprint.outside_factors.get(service)
            )
            if factor_outside is not None:
                size *= factor_outside
        return size

    def _loss_changes(self, untouched_sizes: Floats) -> _LevelChanges:
        """Losses to hits of all shocks together: the hits of one place in one month multiply."""
        place_count = self.geography.count
        footprints = list(self._footprints.values())
        if not footprints:
            return _no_changes(len(self.services))
        cells = np.concatenate([footprint.cell for footprint in footprints])
        ranges = PlaceRanges(
            np.concatenate([footprint.ranges.first[footprint.range_index] for footprint in footprints]),
            np.concatenate([footprint.ranges.count[footprint.range_index] for footprint in footprints]),
        )
        loss_shares = {
            service: np.concatenate([each.loss_shares.get(service, np.zeros(len(each.cell))) for each in footprints])
            for service in self.services
        }
        overlaps = overlap_ranges(cells, ranges, loss_shares, place_count)
        sizes = untouched_sizes.reshape(len(self.services), -1)
        amount = np.array([sizes[n][overlaps.cell] * (overlaps.factors[s] - 1) for n, s in enumerate(self.services)])
        return _LevelChanges(overlaps.cell, overlaps.low, overlaps.high, amount)

    def _recovery_changes(self, recoveries: Mapping[str, Recovery]) -> tuple[list[_LevelChanges], Floats]:
        """Recovery of the places in each event's ranges, and (services, months, paths) of all places by weight."""
        spread = np.zeros((len(self.services), self._shape[0] * self._shape[1]))
        changes = []
        for name, recovery in sorted(recoveries.items()):
            recovered_by_service = {
                n: service.recovered[name] for n, service in enumerate(self._service_paths) if name in service.recovered
            }
            footprint = self._footprints.get(name)
            if footprint is not None and recovered_by_service:
                changes.append(self._allocate_recovery(recovery, footprint, recovered_by_service, spread))
                continue
            for n, recovered in recovered_by_service.items():
                spread[n] += sum_by_cell(recovered.cell, recovered.amount, spread.shape[1])
        return changes, spread.reshape(len(self.services), *self._shape)

    def _allocate_recovery(
        self,
        recovery: Recovery,
        footprint: Footprint,
        recovered_by_service: Mapping[int, RecoveredLoss],
        spread: Floats,
    ) -> _LevelChanges:
        """Recovery of one shock, each event's to its ranges in proportion to the losses there."""
        losses = recovery.impact.losses
        assert isinstance(losses, EventLosses)  # a shock with a footprint has single events
        ranges, event = footprint.ranges, footprint.event
        order = np.argsort(event, kind="stable")
        hitting = order[ranges.count[order] > 0]
        counts = np.bincount(event[hitting], minlength=len(losses.end))
        first = np.cumsum(counts) - counts
        times = counts[recovery.event]
        entry = np.repeat(np.arange(len(times)), times)
        range_of_entry = hitting[
            first[recovery.event][entry] + np.arange(len(entry)) - (np.cumsum(times) - times)[entry]
        ]
        cell = next(iter(recovered_by_service.values())).cell
        amount = np.zeros((len(self.services), len(entry)))
        for n, recovered in recovered_by_service.items():
            weight = ranges.weight(self.geography.cumulative_weight[self.services[n]])
            share = self._range_shares(n, footprint, recovery, weight)
            range_loss = recovered.amount[entry] * share[range_of_entry]
            amount[n] = np.divide(
                range_loss, weight[range_of_entry], out=np.zeros_like(range_loss), where=weight[range_of_entry] > 0
            )
            unplaced = recovered.amount - sum_by_cell(entry, amount[n] * weight[range_of_entry], len(recovered.amount))
            spread[n] += sum_by_cell(cell, np.maximum(unplaced, 0), spread.shape[1])
        piece, low, high = ranges.select(range_of_entry).unroll(self.geography.count)
        return _LevelChanges(cell[entry][piece], low, high, amount[:, piece])

    def _range_shares(self, n: int, footprint: Footprint, recovery: Recovery, weight: Floats) -> Floats:
        """(ranges,) share of each in the loss of one service to its event, of the losses that may come back."""
        service, losses = self.services[n], recovery.impact.losses
        assert isinstance(losses, EventLosses)  # a shock with a footprint has single events
        sizes = self._sizes[n].reshape(-1)
        losses_of_entries = footprint.loss_shares[service] * weight[footprint.range_index] * sizes[footprint.cell]
        if service in footprint.outside_factors:
            losses_of_entries *= footprint.outside_factors[service].reshape(-1)[footprint.cell]
        losses_of_entries = recovery.keep_since(recovery.first_month, footprint.cell, losses_of_entries)
        range_loss = sum_by_cell(footprint.range_index, losses_of_entries, len(weight))
        lost = losses.lost(np.arange(len(losses.cell)))["amount", service] * sizes[losses.cell]
        lost = recovery.keep_since(recovery.first_month, losses.cell, lost)
        total = sum_by_cell(losses.event, lost, len(losses.end))[footprint.event]
        share = np.divide(range_loss, total, out=np.zeros_like(range_loss), where=total > 0)
        return np.clip(share, 0.0, 1.0)

    def _order_changes(self, changes: _LevelChanges) -> _LevelChanges:
        """Changes as levels, in the order in which the walk meets their beginnings."""
        amounts = self._untouched_amounts.reshape(len(self.services), -1)[:, changes.cell]
        level = np.divide(changes.amount, amounts, out=np.zeros_like(changes.amount), where=amounts != 0)
        changed = np.flatnonzero((level != 0).any(axis=0))
        order = changed[np.argsort(changes.low[changed], kind="stable")]
        in_order = _LevelChanges(changes.cell[order], changes.low[order], changes.high[order], level[:, order])
        self._range_starts = np.searchsorted(in_order.low, np.arange(self.geography.count + 1))
        self._walk_steps = _build_walk_steps(in_order, self.geography.count)
        return in_order

    def walk_to(self, n: int, place: int) -> None:
        """Step to a place in one service; places are walked in order."""
        steps, last = self._walk_steps, self._last_places[n] + 1
        self._last_places[n] = place
        steps_to_take = slice(steps.first_step[last], steps.first_step[place + 1])
        cell, exact_levels = steps.cell[steps_to_take], self._exact_levels[n]
        if len(cell):
            np.add.at(exact_levels, cell, steps.amount[n, steps_to_take])
            self.levels[n].reshape(-1)[cell] = np.maximum(exact_levels[cell], 0)
            np.add.at(self.shocked_revenue[n], steps.path[steps_to_take], self._step_revenue[n, steps_to_take])

    def level(self, n: int) -> Floats32:
        """(months, paths) the level of one service in the horizon, at the place that the walk has come to."""
        return np.asarray(self.levels[n, self.earlier :])

    def mean_level(self, n: int, start: int, stop: int) -> Floats32 | None:
        """(months, paths) the mean level of some places in the horizon by weight; None where each is 1."""
        cumulative_weight = self.geography.cumulative_weight[self.services[n]]
        total = cumulative_weight[stop] - cumulative_weight[start]
        changes = self._changes
        reached = np.flatnonzero(
            (changes.low[: self._range_starts[stop]] < stop) & (changes.high[: self._range_starts[stop]] > start)
        )
        if not len(reached) or total <= 0:
            return None
        low, high = np.maximum(changes.low[reached], start), np.minimum(changes.high[reached], stop)
        share = changes.amount[n, reached] * ((cumulative_weight[high] - cumulative_weight[low]) / total)
        level = 1 + sum_by_cell(changes.cell[reached], share, self._shape[0] * self._shape[1])
        return np.maximum(level, 0).astype(np.float32).reshape(self._shape)[self.earlier :]

    def sum_losses(self, shocks: Sequence[str], paths: int) -> tuple[Floats, Floats]:
        """(shocks, places) losses to each shock alone in the recorded months, and (places,) revenue without shocks.

        Sums over the first `paths` paths, before recovery.
        """
        place_count = self.geography.count
        losses, baseline = np.zeros((len(shocks), place_count)), np.zeros(place_count)
        for n, service in enumerate(self.services):
            weights = self.geography.weights(service)
            revenue = self._unshocked[n][self._rows, :paths] * self._prices[n][self._rows, :paths]
            baseline += weights * revenue.sum()
            for row, name in enumerate(shocks):
                losses[row] += weights * self._shock_loss(n, service, self._impacts[name], np.abs(revenue), paths)
        return losses, baseline

    def _shock_loss(self, n: int, service: str, impact: Impact, revenue: Floats, paths: int) -> Floats | float:
        """(places,) or one figure: loss to one shock of a place of weight 1; `revenue` without its signs."""
        footprint = impact.footprint
        if footprint is None:
            factor = impact.factors.get(("amount", service))
            return 0.0 if factor is None else float((revenue * (1 - factor[self._rows, :paths])).sum())
        loss_outside = 0.0
        if service not in footprint.loss_shares:
            return loss_outside
        month, path = np.divmod(footprint.cell, PATHS_PER_BLOCK)
        recorded = np.flatnonzero((month >= self._rows.start) & (month < self._rows.stop) & (path < paths))
        amount = footprint.loss_shares[service][recorded] * revenue[month[recorded] - self._rows.start, path[recorded]]
        if service in footprint.outside_factors:
            outside = footprint.outside_factors[service]
            loss_outside = float((revenue * (1 - outside[self._rows, :paths])).sum())
            amount *= outside[month[recorded], path[recorded]]
        piece, low, high = footprint.ranges.select(footprint.range_index[recorded]).unroll(self.geography.count)
        steps = sum_by_cell(low, amount[piece], self.geography.count + 1) - sum_by_cell(
            high, amount[piece], self.geography.count + 1
        )
        return loss_outside + np.cumsum(steps)[:-1]


def _no_changes(services: int) -> _LevelChanges:
    nothing = np.empty(0, np.intp)
    return _LevelChanges(nothing, nothing, nothing, np.empty((services, 0)))


def _concatenate_changes(parts: Sequence[_LevelChanges]) -> _LevelChanges:
    cell, low, high = (np.concatenate([part[column] for part in parts]) for column in range(3))
    return _LevelChanges(cell, low, high, np.concatenate([part.amount for part in parts], axis=1))
