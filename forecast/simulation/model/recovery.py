"""What of a loss comes back, cause by cause, and where the rest went (model: section 5).

Arrays are (months, paths), or sparse entries of one event, one month and one path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    """Where the losses of one service went, (paths,) each: lost = returned + carried + gone."""

    lost: Floats
    returned: Floats
    carried: Floats
    """Comes back after the horizon."""
    permanent: Floats


StepRecorder = Callable[[str, int, Floats], None]


class RecoveredLoss(NamedTuple):
    """What comes back of the losses of one cause."""

    cell: Ints
    """(entries,) place of each entry in a flat array of months and paths."""
    amount: Floats
    """(entries,)"""
    within_horizon: Floats
    """(paths,) all that comes back within the horizon."""
    total: Floats
    """(paths,) all that ever comes back, after the horizon too."""


class _RecoverySchedule(NamedTuple):
    """The months over which what is recovered of single events comes back."""

    event: Ints
    """(entries,)"""
    cell: Ints
    """(entries,) place in a flat array of months and paths."""
    share: Floats
    """(entries,) of what comes back of the event."""
    within_horizon: Floats
    """(events,) share that comes back within the horizon."""


@dataclass(frozen=True)
class ShockedPaths:
    """What shocks make of an amount, before anything comes back."""

    amount: Floats
    """(months, paths)"""
    lost: Floats
    """(paths,) what they take together, gains apart."""
    net_losses: Mapping[str, Floats]
    """By cause that gives something back, (months, paths) what it alone takes."""


def apply_impacts(
    base: Floats, service: str, impacts: Mapping[str, Impact], tell: StepRecorder = lambda name, month, part: None
) -> ShockedPaths:
    """All shocks on one amount (months, paths), in order of their names and month by month.

    What a cause k alone takes of a month is base * max(0, 1 - F_k) * product of min(1, F_j) of the others, so that what
    two causes share is gone (model: section 4). `tell` is told what every shock has left of some months,
    (months, paths), and which is the first.
    """
    key: DriverKey = ("amount", service)
    ordered = sorted(impacts.items())
    taking = {name: impact for name, impact in ordered if key in impact.factors}
    left = {name: impact.loss_factors(key) for name, impact in taking.items()}
    gaining = any(left[name] is not impact.factors[key] for name, impact in taking.items())
    net = {
        name: np.empty(base.shape)
        for name, impact in taking.items()
        if impact.losses is not None and service in impact.recovered
    }
    amount, lost = np.empty(base.shape), np.zeros(base.shape[1])
    for rows in row_strips(*base.shape):
        whole, part = base[rows], amount[rows]
        np.copyto(part, whole)
        for name, impact in ordered:
            if name in taking:
                part *= impact.factors[key][rows]
            tell(name, rows.start, part)
        kept = part
        if gaining:
            kept = whole.copy()
            for factor in left.values():
                kept *= factor[rows]
        for before, after in zip(whole, kept, strict=True):
            lost += before
            lost -= after
        for name, loss in net.items():
            mine = loss[rows]
            np.subtract(1.0, left[name][rows], out=mine)
            mine *= whole
            for other, factor in left.items():
                if other != name:
                    mine *= factor[rows]
    return ShockedPaths(amount, lost, net)


class Recovery:
    """What comes back of the losses of one cause, for each service.

    What it alone takes of a month is shared among its events by what each took, and comes back evenly over `within`
    after the event's end.
    """

    def __init__(self, impact: Impact, calendar: Calendar, paths: int) -> None:
        self.impact = impact
        self.calendar = calendar
        self.paths = paths

    @property
    def event(self) -> Ints:
        """(entries,) the event of each entry of what comes back; none of an episode."""
        return self._schedule.event

    @cached_property
    def _losses(self) -> EventLosses:
        assert isinstance(self.impact.losses, EventLosses)  # an episode goes its own way
        return self.impact.losses

    @cached_property
    def _shared_entries(self) -> Ints:
        """Entries whose cell holds another one."""
        cells = self._losses.cell
        return np.flatnonzero(np.bincount(cells).take(cells) > 1)

    @cached_property
    def _shared_losses(self) -> Mapping[DriverKey, Floats]:
        return self._losses.lost(self._shared_entries)

    @cached_property
    def _schedule(self) -> _RecoverySchedule:
        losses = self._losses
        within = values_at(losses.path_of_event, self.impact.within)
        event, month, days = month_overlaps(losses.end, losses.end + within, self.calendar)
        share = days / (within[event] if len(self.impact.within) > 1 else self.impact.within)
        inside = np.minimum(sum_by_cell(event, share, len(losses.end)), 1.0)  # days have rounding of their own
        return _RecoverySchedule(event, month * self.paths + losses.path_of_event[event], share, inside)

    def recover(self, service: str, net: Floats) -> RecoveredLoss:
        """What comes back of a service; `net` (months, paths) is what this cause alone takes of it."""
        if isinstance(self.impact.losses, Episode):
            return self._recover_episode(self.impact.losses, service, net)
        losses, plateaus = self._losses, self._schedule
        loss = self._share_among_events(net.reshape(-1).take(losses.cell), ("amount", service))
        back = sum_by_cell(losses.event, loss, len(losses.end))
        back *= values_at(losses.path_of_event, self.impact.recovered[service])
        inside, whole = (
            sum_by_cell(losses.path_of_event, all_of, self.paths) for all_of in (back * plateaus.within_horizon, back)
        )
        return RecoveredLoss(plateaus.cell, back[plateaus.event] * plateaus.share, inside, whole)

    def _share_among_events(self, loss: Floats, key: DriverKey) -> Floats:
        """(entries,) the part of each entry in the loss of its cell; most cells have one entry."""
        if len(self._shared_entries):
            cells, mine = self._losses.cell[self._shared_entries], np.maximum(self._shared_losses[key], 0)
            whole = sum_by_cell(cells, mine, 0)[cells]
            loss[self._shared_entries] *= np.divide(mine, whole, out=np.zeros_like(mine), where=whole > 0)
        return loss

    def _recover_episode(self, episode: Episode, service: str, net: Floats) -> RecoveredLoss:
        whole = net[episode.rows].sum(axis=0) * self.impact.recovered[service]
        opening, closing = self.calendar.edges[:-1, None], self.calendar.edges[1:, None]
        days = np.minimum(closing, episode.end + self.impact.within) - np.maximum(opening, episode.end)
        share = np.divide(days, self.impact.within, out=np.zeros(days.shape), where=days > 0)
        month, column = np.nonzero(share)
        some = share[month, column]
        if share.shape[1] == 1:  # the same months in every path
            column = np.tile(np.arange(self.paths), len(month))
            month, some = np.repeat(month, self.paths), np.repeat(some, self.paths)
        return RecoveredLoss(month * self.paths + column, whole[column] * some, whole * share.sum(axis=0), whole)
