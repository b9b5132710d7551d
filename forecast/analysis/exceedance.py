"""Exceedance curve: the chance of at least each amount.

Its bad tail: return levels, and the expected shortfall.
"""

from __future__ import annotations

import numpy as np

from forecast.analysis.findings import Exceedance, ReturnLevel, TailRisk
from forecast.simulation.results import Simulation

CURVE_POINTS = 121
"""Amounts at which the curve is evaluated."""
RETURN_LEVEL_CHANCES = (0.20, 0.10, 0.05)
"""Chances of a worse outcome whose amounts are reported: return periods of 5, 10 and 20."""
CVAR_SHARE = 0.05
"""Share of the paths, the worst, whose mean is the expected shortfall."""


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


def tail_risk(run: Simulation, name: str) -> TailRisk:
    """Return the amounts of a target's figure with a chance of 20%, 10% and 5% of worse, and the worst 5%'s mean."""
    target = run.scenario.targets[name]
    measure, period = run.target_figure(target)
    tally = run.tally(measure, period)
    higher_is_better = target.at_least is not None
    levels = (
        ReturnLevel(chance, tally.quantile(chance if higher_is_better else 1 - chance))
        for chance in RETURN_LEVEL_CHANCES
    )
    cvar = tally.cvar(CVAR_SHARE, lower=higher_is_better)
    return TailRisk(target.measure, period, higher_is_better, tuple(levels), cvar)
