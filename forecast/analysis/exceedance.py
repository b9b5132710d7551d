"""Exceedance curve: the chance of at least each amount."""

from __future__ import annotations

import numpy as np

from forecast.analysis.findings import Exceedance
from forecast.simulation.simulate import Simulation

CURVE_POINTS = 121
"""Amounts at which the curve is evaluated."""


def exceedance_curve(run: Simulation, name: str) -> Exceedance:
    """Return the curve of a target's figure, from its P0.1 to its P99.9 and past the target."""
    target = run.scenario.targets[name]
    measure, period = run.target_figure(target)
    tally = run.tally(measure, period)
    limit = target.threshold.value
    low = min(tally.quantile(0.001).value, limit)
    high = max(tally.quantile(0.999).value, limit)
    slack = 0.02 * (high - low)
    amounts = np.linspace(low - slack, high + slack, CURVE_POINTS)
    return Exceedance(
        measure=target.measure,
        period=period,
        amounts=tuple(float(x) for x in amounts),
        chances=tuple(tally.chance_at_least(float(x)).value for x in amounts),
        target=limit,
        target_chance=run.chance(name),
        higher_is_better=target.at_least is not None,
    )
