"""A drift: a change that grows evenly, then stays."""

from __future__ import annotations

from typing import Literal

import numpy as np

from forecast.periods import ramp
from forecast.plan.assumption import Duration
from forecast.plan.shocks.shock import Effects, Shock
from forecast.simulation.model.impacts import Impact, SimulationContext, effects_of
from forecast.simulation.sampling.random_streams import Draws


class Drift(Shock):
    """A slow change: competition, a new habit. Nothing of it comes back."""

    kind: Literal["drift"]
    over: Duration
    """Time from the first day of the horizon until the change is whole."""
    effect: Effects
    """When it is whole."""

    def strike(self, name: str, draws: Draws, context: SimulationContext) -> Impact:
        """The change times the share of it that has come by each month."""
        come = ramp(context.calendar.edges[:1], draws(self.over), context.calendar) * self.reached(draws)
        effects = effects_of(draws, self.effect, context.services)
        return Impact({key: np.maximum(0.0, 1 + change * come) for key, change in effects.items()})
