"""Fifty equally likely outcomes of a figure, and how many of them reach a target."""

from __future__ import annotations

from math import ceil, floor

from forecast.analysis.findings import QuantileDots
from forecast.simulation.results import Simulation

__all__ = ["DOT_COUNT", "count_reached", "likely_outcomes"]

DOT_COUNT = 50
"""Outcomes, each for 2% of the paths."""


def likely_outcomes(run: Simulation) -> QuantileDots:
    """Find fifty equally likely outcomes of the main target's figure, or of the revenue where there is no target.

    Parameters
    ----------
    run : Simulation
        The simulated plan.

    Returns
    -------
    QuantileDots
        Quantiles at 1%, 3%, … 99%, in units of the measure.
    """
    name = run.scenario.main_target
    target = run.scenario.targets[name] if name else None
    figure = ("revenue", run.bridge_period) if target is None else run.target_figure(target)
    tally = run.tally(*figure)
    amounts = tuple(tally.quantile((row + 0.5) / DOT_COUNT).value for row in range(DOT_COUNT))
    if target is None:
        return QuantileDots("revenue", run.bridge_period, amounts, None, None, True, 0)
    chance = run.chance(name)
    required = target.required
    reached = count_reached(chance.value, required)
    threshold, is_at_least = target.threshold.value, target.at_least is not None
    return QuantileDots(target.measure, figure[1], amounts, threshold, chance, is_at_least, reached)


def count_reached(chance: float, required: float | None, count: int = DOT_COUNT) -> int:
    """Count the outcomes of `count` that stand for a chance, never rounded across the required one.

    Parameters
    ----------
    chance : float
        From 0 to 1.
    required : float, optional
        Chance that is required.
    count : int
        Equally likely outcomes.

    Returns
    -------
    int
        The nearest whole number whose share lies on the chance's side of the required one; all of them, or none, for a
        chance between 0 and 1 only where that side has no other.
    """
    exact = round(chance * count, 9)
    nearest = min(max(floor(exact + 0.5), int(chance > 0)), count - int(chance < 1))
    if required is not None and (chance >= required) != (nearest / count >= required - 1e-9):
        return floor(exact) if nearest > exact else ceil(exact)
    return nearest
