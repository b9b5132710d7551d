"""Impact of a drift: a change that grows evenly, then stays."""

from __future__ import annotations

import numpy as np

from forecast.periods import ramp
from forecast.plan.shocks import Drift
from forecast.simulation.model.impacts import Impact, SimulationContext
from forecast.simulation.model.shocks.shock import driver_changes, reached_share
from forecast.simulation.sampling.random_streams import Sampler


def drift_impact(shock: Drift, name: str, sampler: Sampler, context: SimulationContext) -> Impact:
    """Linear ramp from no change to the full change; nothing is recovered."""
    calendar = context.calendar
    progress = ramp(calendar.edges[:1], sampler(shock.over), calendar) * reached_share(shock, sampler)
    by_driver = driver_changes(sampler, shock.effect, context.services)
    return Impact({key: np.maximum(0.0, 1 + change * progress) for key, change in by_driver.items()})
