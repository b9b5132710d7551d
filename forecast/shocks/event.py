"""A dated event: it happens or it does not, from one day until another."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from forecast.assumption import Day, Share
from forecast.chance import Floats
from forecast.draws import BLOCK, Draws
from forecast.effects import Blow, Hits, Stage, effects_of, overlaps, summed
from forecast.shocks.shock import Effects, Shock


class Event(Shock):
    """Something with a date: street works, a lockdown on record."""

    kind: Literal["event"]
    chance: Share | None = None
    """Chance that it happens; certain where nothing is said."""
    from_: Day = Field(alias="from")
    """Its first day, counted."""
    until: Day
    """Its last day, counted."""
    effect: Effects
    """Of a day, where it reaches."""

    def strike(self, name: str, draws: Draws, stage: Stage) -> Blow:
        """One interval in each path in which it happens; both of its days count."""
        happens = np.ones(BLOCK, bool) if self.chance is None else draws.happens(name, draws(self.chance))
        path = np.flatnonzero(happens)
        start, end = _of(draws(self.from_), path), _of(draws(self.until), path) + 1
        event, month, days = overlaps(start, end, stage.calendar)
        part = days / stage.calendar.days[month] * _of(self.reached(draws), path[event])
        effects = effects_of(draws, self.effect, stage.services)
        lost = {key: -_of(change, path[event]) * part for key, change in effects.items()}
        hits = Hits(event, month, path[event], lost, end)
        return Blow(
            factors=summed(hits, stage.calendar, BLOCK),
            hits=hits,
            recovered=self.returning(draws, stage.services),
            within=self.spread(draws),
            events=happens.astype(float),
        )


def _of(values: Floats, path: Floats) -> Floats:
    return values[path] if len(values) > 1 else np.broadcast_to(values, path.shape)
