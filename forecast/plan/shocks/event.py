"""A dated event: it happens or it does not, from one day until another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import Field

from forecast.arrays import Floats, Ints
from forecast.periods import overlaps
from forecast.plan.assumption import Day, LastDay, Share
from forecast.plan.shocks.shock import Effects, Shock
from forecast.simulation.model.impacts import (
    Episode,
    EventLosses,
    Impact,
    Key,
    SimulationContext,
    effects_of,
    summed,
    taking,
)
from forecast.simulation.sampling.random_streams import Draws


class Event(Shock):
    """Something with a date: street works, a lockdown on record."""

    kind: Literal["event"]
    chance: Share | None = None
    """Chance that it happens; certain where nothing is said."""
    from_: Day = Field(alias="from")
    """Its first day, counted."""
    until: LastDay
    """Its last day, counted."""
    effect: Effects
    """Of a day, where it reaches."""

    def strike(self, name: str, draws: Draws, context: SimulationContext) -> Impact:
        """One interval in each path in which it happens; both of its days count."""
        happens = np.ones(1) if self.chance is None else draws.happens(name, draws(self.chance)).astype(float)
        start, end = draws(self.from_), draws(self.until) + 1
        weight = happens * self.reached(draws)
        effects = effects_of(draws, self.effect, context.services)
        taken = {key: -change * weight for key, change in effects.items()}
        hits: EventLosses | Episode
        if len(start) == len(end) == 1:
            hits = _episode(taken, float(start[0]), float(end[0]), context)
            factors = {key: _factor(hits, lost, context.calendar.count) for key, lost in hits.lost.items()}
        else:
            hits, factors = _hits(
                taken, np.broadcast_to(start, context.paths), np.broadcast_to(end, context.paths), context
            )
        return Impact(
            factors=factors,
            losses=hits,
            recovered=self.returning(draws, context.services),
            within=self.spread(draws),
            events=happens if len(happens) > 1 else None,
        )


def _episode(taken: Mapping[Key, Floats], start: float, end: float, context: SimulationContext) -> Episode:
    """Of dates that are sure: the same days in every path."""
    edges = context.calendar.edges
    days = np.maximum(0, np.minimum(edges[1:], end) - np.maximum(edges[:-1], start))
    touched = np.flatnonzero(days)
    rows = slice(touched[0], touched[-1] + 1) if len(touched) else slice(0, 0)
    part = (days / context.calendar.days)[rows, None]
    return Episode(rows, {key: part * share for key, share in taken.items()}, end)


def _factor(episode: Episode, lost: Floats, months: int) -> Floats:
    """(months, paths) or (months, 1)."""
    factor = np.ones((months, lost.shape[1]))
    factor[episode.rows] = np.maximum(0.0, 1 - lost)
    return factor


def _hits(
    taken: Mapping[Key, Floats], start: Floats, end: Floats, context: SimulationContext
) -> tuple[EventLosses, dict[Key, Floats]]:
    """Of dates that are not: each path has its own days; and what they leave of each month."""
    path, month, days = overlaps(start, end, context.calendar)
    part = days / context.calendar.days[month]
    lost = {key: _of(share, path) * part for key, share in taken.items()}
    shape = (context.calendar.count, context.paths)
    hits = EventLosses(path, month * context.paths + path, taking(lost), end, np.arange(len(end)))
    return hits, summed(hits.cell, lost, shape)


def _of(values: Floats, path: Ints) -> Floats:
    return values[path] if len(values) > 1 else np.broadcast_to(values, path.shape)
