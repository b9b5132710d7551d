"""Recovery of losses, shock by shock, and the account of what is not recovered (docs/model.md, section 4).

Arrays are (months, paths), or sparse entries of one event, one month and one path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecast.arrays import Floats
from forecast.periods import Calendar, month_overlaps
from forecast.simulation.model.impacts import (
    DriverKey,
    Episode,
    EventLosses,
    Impact,
    row_strips,
    sum_by_cell,
    values_at,
)

if TYPE_CHECKING:
    from forecast.arrays import Ints


@dataclass(frozen=True)
class LossAccount:
    """Losses of one service in the horizon, (paths,) or (1,) each: lost = returned + carried + permanent."""

    lost: Floats
    returned: Floats
    """Recovered within the horizon."""
    carried: Floats
    """Recovered after the horizon."""
    permanent: Floats
    brought: Floats
    """Recovered within the horizon of what was lost before it; no part of the losses above."""


class RecoveredLoss(NamedTuple):
    """Recovered losses of one shock."""

    cell: Ints
    """(entries,) index of each entry in a flat array of months and paths."""
    amount: Floats
    """(entries,)"""
    within_horizon: Floats
    """(paths,) recovered within the horizon of what was lost there."""
    total: Floats
    """(paths,) recovered within the horizon and after it, of the same losses."""
    brought: Floats
    """(paths,) or (1,) recovered within the horizon of what was lost before it."""


class _RecoverySchedule(NamedTuple):
    """Months over which the losses of single events are recovered."""

    event: Ints
    """(entries,) the event of each."""
    cell: Ints
    """(entries,) index in a flat array of months and paths."""
    share: Floats
    """(entries,) share of the event's recovered loss."""
    within_horizon: Floats
    """(events,) share of the recovered loss that falls within the horizon."""


@dataclass(frozen=True)
class ShockedPaths:
    """An amount after shocks, before recovery."""

    amount: Floats
    """(months, paths)"""
    lost: Floats
    """(paths,) loss of the horizon to all shocks together, without gains."""
    net_losses: Mapping[str, Floats]
    """By shock with recovery, (months, paths) the loss to it alone."""


def apply_impacts(
    base: Floats,
    service: str,
    impacts: Mapping[str, Impact],
    earlier: int = 0,
    *,
    may_be_negative: bool = True,
) -> ShockedPaths:
    """Multiply an amount (months, paths) by the factors of all shocks, in order of their names.

    The loss to shock k alone is base * max(0, 1 - F_k) * product of min(1, F_j) over the others, so that a loss which
    two shocks share is permanent (docs/model.md, section 4). Months go in strips. A month below zero loses and gains
    shares of its size. The first `earlier` months lie before the horizon and count in no loss. `may_be_negative` is
    False where the scale of the months is known to be above zero.
    """
    if may_be_negative and base.min() < 0:
        return _apply_to_sizes(base, service, impacts, earlier)
    key: DriverKey = ("amount", service)
    acting = {name: impact for name, impact in sorted(impacts.items()) if key in impact.factors}
    loss_factors = {name: impact.loss_factors(key) for name, impact in acting.items()}
    has_gains = any(loss_factors[name] is not impact.factors[key] for name, impact in acting.items())
    net_losses = {
        name: np.empty(base.shape)
        for name, impact in acting.items()
        if impact.losses is not None and service in impact.recovered
    }
    amount, lost = np.empty(base.shape), np.zeros(base.shape[1])
    for rows in row_strips(*base.shape):
        remaining = unshocked = base[rows]
        for impact in acting.values():
            remaining = np.multiply(remaining, impact.factors[key][rows], out=amount[rows])
        if not acting:
            amount[rows] = unshocked
        if has_gains:
            remaining = unshocked.copy()
            for factor in loss_factors.values():
                remaining *= factor[rows]
        counted = slice(max(0, earlier - rows.start), None)
        for unshocked_month, remaining_month in zip(unshocked[counted], remaining[counted], strict=True):
            lost += unshocked_month
            lost -= remaining_month
        _fill_net_losses(net_losses, loss_factors, unshocked, rows)
    return ShockedPaths(amount, lost, net_losses)


def _fill_net_losses(
    net_losses: Mapping[str, Floats], loss_factors: Mapping[str, Floats], unshocked: Floats, rows: slice
) -> None:
    """Fill a strip of rows of the loss to each shock alone."""
    for name, net_loss_of_shock in net_losses.items():
        net_loss = net_loss_of_shock[rows]
        np.subtract(1.0, loss_factors[name][rows], out=net_loss)
        net_loss *= unshocked
        for other, factor in loss_factors.items():
            if other != name:
                net_loss *= factor[rows]


def _apply_to_sizes(base: Floats, service: str, impacts: Mapping[str, Impact], earlier: int) -> ShockedPaths:
    """The same where months lie below zero: shocks act on the sizes |x|, and x + (|x| F - |x|) is what remains."""
    below_zero = 2 * np.minimum(base, 0.0)  # x - |x|
    shocked = apply_impacts(np.abs(base), service, impacts, earlier, may_be_negative=False)
    return ShockedPaths(shocked.amount + below_zero, shocked.lost, shocked.net_losses)


class Recovery:
    """Recovery of the losses to one shock, service by service.

    The loss to it alone is divided among its events by the loss to each, and recovered evenly over `within` after the
    end of the event. Losses are those of the months of the impact, of which the first `earlier` lie before the horizon;
    only those of the last `recovered_months` of them may come back.
    """

    def __init__(
        self, impact: Impact, horizon: Calendar, paths: int, earlier: int = 0, recovered_months: int = 0
    ) -> None:
        self.impact = impact
        self.horizon = horizon
        self.paths = paths
        self.earlier = earlier
        self.first_month = earlier - recovered_months
        """Row of the first month whose losses come back."""

    @property
    def event(self) -> Ints:
        """(entries,) the event of each entry of the recovered loss; none of an episode."""
        return self._schedule.event

    @cached_property
    def _losses(self) -> EventLosses:
        assert isinstance(self.impact.losses, EventLosses)  # an episode goes its own way
        return self.impact.losses

    @cached_property
    def _shared_entries(self) -> Ints:
        """Entries whose cell holds another entry."""
        cells = self._losses.cell
        return np.flatnonzero(np.bincount(cells).take(cells) > 1)

    @cached_property
    def _shared_losses(self) -> Mapping[DriverKey, Floats]:
        return self._losses.lost(self._shared_entries)

    @cached_property
    def _schedule(self) -> _RecoverySchedule:
        losses = self._losses
        within = values_at(losses.path_of_event, self.impact.within)
        event, month, days = month_overlaps(losses.end, losses.end + within, self.horizon)
        share = days / (within[event] if len(self.impact.within) > 1 else self.impact.within)
        within_horizon = np.minimum(sum_by_cell(event, share, len(losses.end)), 1.0)  # days have rounding of their own
        cell = (month + self.earlier) * self.paths + losses.path_of_event[event]
        return _RecoverySchedule(event, cell, share, within_horizon)

    def recover(self, service: str, net_loss: Floats) -> RecoveredLoss:
        """Recovered loss of a service; `net_loss` (months, paths) is its loss to this shock alone."""
        if isinstance(self.impact.losses, Episode):
            return self._recover_episode(self.impact.losses, service, net_loss)
        losses, schedule = self._losses, self._schedule
        losses_of_entries = self._share_among_events(net_loss.reshape(-1).take(losses.cell), ("amount", service))
        losses_of_entries = self.keep_since(self.first_month, losses.cell, losses_of_entries)
        recovered = self._recovered_by_event(service, losses_of_entries)
        of_horizon, brought = recovered, np.zeros(1)
        if self.first_month < self.earlier:
            losses_of_entries = self.keep_since(self.earlier, losses.cell, losses_of_entries)
            of_horizon = self._recovered_by_event(service, losses_of_entries)
            brought = self._sum_by_path((recovered - of_horizon) * schedule.within_horizon)
        return RecoveredLoss(
            schedule.cell,
            recovered[schedule.event] * schedule.share,
            self._sum_by_path(of_horizon * schedule.within_horizon),
            self._sum_by_path(of_horizon),
            brought,
        )

    def keep_since(self, month: int, cell: Ints, losses: Floats) -> Floats:
        """(entries,) losses in cells of the months from one row on; 0 before it."""
        return np.where(cell < month * self.paths, 0.0, losses) if month else losses

    def _recovered_by_event(self, service: str, losses_of_entries: Floats) -> Floats:
        """(events,) what is ever recovered of the losses of some entries."""
        recovered = sum_by_cell(self._losses.event, losses_of_entries, len(self._losses.end))
        recovered *= values_at(self._losses.path_of_event, self.impact.recovered[service])
        return recovered

    def _sum_by_path(self, by_event: Floats) -> Floats:
        return sum_by_cell(self._losses.path_of_event, by_event, self.paths)

    def _share_among_events(self, losses_of_entries: Floats, key: DriverKey) -> Floats:
        """(entries,) the part of each entry in the loss of its cell; most cells have one entry."""
        if len(self._shared_entries):
            cells, lost = self._losses.cell[self._shared_entries], np.maximum(self._shared_losses[key], 0)
            total = sum_by_cell(cells, lost, 0)[cells]
            losses_of_entries[self._shared_entries] *= np.divide(lost, total, out=np.zeros_like(lost), where=total > 0)
        return losses_of_entries

    def _recover_episode(self, episode: Episode, service: str, net_loss: Floats) -> RecoveredLoss:
        first, stop = max(episode.rows.start, self.first_month), episode.rows.stop
        share_recovered = self.impact.recovered[service]
        opens = min(max(first, self.earlier), stop)
        before = net_loss[first:opens].sum(axis=0) * share_recovered
        total = net_loss[opens:stop].sum(axis=0) * share_recovered
        opening, closing = self.horizon.edges[:-1, None], self.horizon.edges[1:, None]
        days = np.minimum(closing, episode.end + self.impact.within) - np.maximum(opening, episode.end)
        share = np.divide(days, self.impact.within, out=np.zeros(days.shape), where=days > 0)
        month, column = np.nonzero(share)
        share_of_entry = share[month, column]
        if share.shape[1] == 1:  # the same months in every path
            column = np.tile(np.arange(self.paths), len(month))
            month, share_of_entry = np.repeat(month, self.paths), np.repeat(share_of_entry, self.paths)
        share_of_horizon = share.sum(axis=0)
        return RecoveredLoss(
            (month + self.earlier) * self.paths + column,
            (before + total)[column] * share_of_entry,
            total * share_of_horizon,
            total,
            before * share_of_horizon,
        )
