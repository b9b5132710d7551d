"""Impact of a dated event: it happens or it does not, from one day until another."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecast.arrays import Floats
from forecast.periods import month_overlaps
from forecast.plan.assumption import Assumption
from forecast.plan.shocks import Event
from forecast.simulation.model.impacts import DriverKey, Episode, EventLosses, Impact, SimulationContext, values_at
from forecast.simulation.model.shocks.shock import (
    PathEvent,
    additive_factors,
    driver_changes,
    reached_share,
    recovered_shares,
    recovery_days,
    select_rows,
)
from forecast.simulation.sampling.random_streams import Sampler
from forecast.stats.distributions import Distribution

BISECTION_STEPS = 40
"""Halvings of the unit interval: chances within 1e-12."""

MAX_EARLIER_CHANCE = 1 - 1e-6
"""Chance of an earlier day from which on no later one is drawn."""


def event_impact(shock: Event, name: str, sampler: Sampler, context: SimulationContext) -> Impact:
    """One interval in each path in which the event happens; its first and last day both count."""
    happens = np.ones(1) if shock.chance is None else sampler.happens(name, sampler(shock.chance)).astype(float)
    start, end = _first_days(shock.from_, sampler, context), sampler(shock.until) + 1
    weight = happens * reached_share(shock, sampler)
    by_driver = driver_changes(sampler, shock.effect, context.services)
    daily_losses = {key: -change * weight for key, change in by_driver.items()}
    losses: Episode | EventLosses
    if len(start) == len(end) == 1:
        losses = _episode(daily_losses, float(start[0]), float(end[0]), context)
        factors = {key: _factor(losses.rows, lost, context.calendar.count) for key, lost in losses.lost.items()}
    else:
        days = np.broadcast_to(start, context.paths), np.broadcast_to(end, context.paths)
        losses, factors = _event_losses(daily_losses, *days, context)
    return Impact(
        factors=factors,
        losses=losses,
        recovered=recovered_shares(shock, sampler, context.services),
        within=recovery_days(shock, sampler),
        event_counts=happens if len(happens) > 1 else None,
    )


def event_of_path(shock: Event, name: str, sampler: Sampler, context: SimulationContext, path: int) -> list[PathEvent]:
    """The event with its days in one path; none where it does not happen."""
    happens = True if shock.chance is None else bool(sampler.happens(name, sampler(shock.chance))[path])
    if not happens:
        return []
    rows = np.array([path])
    days = _first_days(shock.from_, sampler, context), sampler(shock.until) + 1, reached_share(shock, sampler)
    return [PathEvent(name, "event", *(float(values_at(rows, values)[0]) for values in days))]


def _first_days(day: Assumption, sampler: Sampler, context: SimulationContext) -> Floats:
    """(paths,) or (1,) first day of the event; an uncertain one lies after the day up to which all is known.

    With the chance P of an earlier day, its uniform number u becomes P + (1 - P) u. Dates that all are earlier stay.
    """
    earlier = _chance_before(day.distribution, context.first_moment)
    if not 0 < earlier < MAX_EARLIER_CHANCE:
        return sampler(day)
    return day.distribution.transform_uniform(earlier + (1 - earlier) * sampler.uniform(day.stream_name))


def _chance_before(distribution: Distribution, moment: float) -> float:
    """Chance of a value below a moment: the inverse of the quantile function, by bisection."""
    if distribution.is_constant or np.isinf(moment):
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(BISECTION_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if distribution.ppf(np.array([middle]))[0] < moment else (low, middle)
    return low


def _episode(daily_losses: Mapping[DriverKey, Floats], start: float, end: float, context: SimulationContext) -> Episode:
    """Losses between certain dates: the same days in every path."""
    edges = context.calendar.edges
    days = np.maximum(0, np.minimum(edges[1:], end) - np.maximum(edges[:-1], start))
    months = np.flatnonzero(days)
    rows = slice(months[0], months[-1] + 1) if len(months) else slice(0, 0)
    share_of_month = (days / context.calendar.days)[rows, None]
    return Episode(rows, {key: share_of_month * lost for key, lost in daily_losses.items()}, end)


def _factor(rows: slice, lost: Floats, months: int) -> Floats:
    """(months, paths) or (months, 1) factor of the losses of some months."""
    factor = np.ones((months, lost.shape[1]))
    factor[rows] = np.maximum(0.0, 1 - lost)
    return factor


def _event_losses(
    daily_losses: Mapping[DriverKey, Floats], start: Floats, end: Floats, context: SimulationContext
) -> tuple[EventLosses, dict[DriverKey, Floats]]:
    """Losses between uncertain dates, each path with its own days, and the factors (months, paths)."""
    path, month, days = month_overlaps(start, end, context.calendar)
    share_of_month = days / context.calendar.days[month]
    lost = {key: values_at(path, share) * share_of_month for key, share in daily_losses.items()}
    cell = month * context.paths + path
    losses = EventLosses(path, cell, select_rows(lost), end, np.arange(len(end)))
    return losses, additive_factors(cell, lost, context.shape)
