"""Difference of two scenarios, path by path, with common random numbers."""

from __future__ import annotations

import math

import numpy as np

from forecast.analysis.findings import Bridge, BridgeStep, Difference, MonthDifference
from forecast.arrays import Floats
from forecast.periods import format_month
from forecast.plan.scenario import Scenario
from forecast.plan.targets import Target
from forecast.simulation.results import Simulation
from forecast.stats.bins import meets
from forecast.stats.intervals import Z975, Estimate

__all__ = ["bridge_difference", "monthly_differences", "paired_difference"]


def paired_difference(first: Simulation, second: Simulation, measure: str, period: str) -> Difference:
    """Second run less first run: the mean of a figure, and the chance of each target that both plans have.

    A target that has the same name in both plans and another figure is another target.

    The values are over all paths; the errors come from the sampled paths, in pairs.

    Parameters
    ----------
    first, second : Simulation
        With the same seed and number of paths, each with a sample of its paths.
    measure : str
        Such as `revenue` or `revenue@442`.
    period : str
        As written: `2021`, `2021-Q2`, `2021-06`.

    Returns
    -------
    Difference
        The mean in the plan's currency and chances from 0 to 1, each with its 95% simulation interval.

    Raises
    ------
    ValueError
        The runs do not share their seed and number of paths, or have no sample of paths.
    KeyError
        One run lacks the figure.

    References
    ----------
    Law (2015), Simulation Modeling and Analysis, section 11.2 (common random numbers); Agresti and Min (2005),
    Statistics in Medicine 24, 729-740 (difference of two paired proportions).
    """
    if (first.seed, first.paths) != (second.seed, second.paths):
        raise ValueError("the runs do not share their random numbers")
    mean = second.tally(measure, period).mean - first.tally(measure, period).mean
    differences = _path_values(second, (measure, period)) - _path_values(first, (measure, period))
    chances = {}
    for name in _shared_targets(first.scenario, second.scenario):
        difference = second.chance(name).value - first.chance(name).value
        figure = first.target_figure(first.scenario.targets[name])
        if figure == second.target_figure(second.scenario.targets[name]) and _has_same_outcomes(
            first, second, name, figure
        ):
            chances[name] = Estimate(difference, difference, difference)
        else:
            chances[name] = _paired_chance_estimate(
                difference, _target_met(second, name) - _target_met(first, name), first.paths
            )
    return Difference(measure, period, _paired_estimate(mean, differences, first.paths), chances)


def monthly_differences(first: Simulation, second: Simulation, measure: str) -> tuple[MonthDifference, ...]:
    """Second run less first run, month by month, for the months that both have.

    Parameters
    ----------
    first, second : Simulation
        With the same seed and number of paths, each with the months of the measure among the paths that were kept
        (`simulate(..., keep=32_768, keep_months="revenue")`).
    measure : str
        Such as `revenue`.

    Returns
    -------
    tuple of MonthDifference
        In the plan's currency; a month that is closed in a run has one value there. Empty where no month was kept.

    Raises
    ------
    ValueError
        The runs do not share their seed and number of paths, or have no sample of paths.
    """
    if (first.seed, first.paths) != (second.seed, second.paths):
        raise ValueError("the runs do not share their random numbers")
    rows = []
    for month in sorted(set(first.horizon.months) & set(second.horizon.months)):
        figure = (measure, format_month(month))
        if figure not in first.tallies or figure not in second.tallies:
            continue
        values = [_month_values(run, figure) for run in (first, second)]
        if values[0] is None or values[1] is None:
            return ()
        differences = np.atleast_1d(values[1] - values[0])
        mean = second.tally(*figure).mean - first.tally(*figure).mean
        p10, p90 = (float(value) for value in np.quantile(differences, (0.1, 0.9)))
        estimate = (mean, mean, mean) if len(differences) == 1 else _paired_estimate(mean, differences, first.paths)
        rows.append(MonthDifference(figure[1], *estimate, p10, p90))
    return tuple(rows)


def _month_values(run: Simulation, figure: tuple[str, str]) -> Floats | None:
    """Figure of a month in each sampled path, (paths,), or (1,) of a closed month; None where no month was kept."""
    if run.path_sample is None:
        raise ValueError("the run has no sample of paths")
    values = run.path_sample.figures.get(figure)
    sampled_paths = max(map(len, run.path_sample.figures.values()), default=0)
    if values is not None and len(values) == sampled_paths:
        return values[: run.paths]
    tally = run.tally(*figure)  # of a closed month one value is kept, not one a path
    return np.array([tally.mean]) if tally.quantile(0.0).value == tally.quantile(1.0).value else None


def bridge_difference(first: Bridge, second: Bridge) -> Bridge | None:
    """Steps from one forecast to another: for each cause what the second bridge has more of it than the first.

    Parameters
    ----------
    first, second : Bridge
        Bridges of one measure and period.

    Returns
    -------
    Bridge or None
        From the mean of the first forecast to that of the second; its steps add up exactly, in order of the second
        bridge, then of the first. Their intervals are as wide as if the runs were independent: with common random
        numbers the true ones are narrower. None where the bridges are of other figures.
    """
    if (first.measure, first.period) != (second.measure, second.period):
        return None
    before = {step.name: step for step in (first.start, *first.steps)}
    after = {step.name: step for step in (second.start, *second.steps)}
    steps = tuple(
        step
        for name in dict.fromkeys((*after, *before))
        if (step := _step_difference(before.get(name), after.get(name))).amount != 0
    )
    return Bridge(first.measure, first.period, first.end, steps, second.end, second.plan)


def _step_difference(before: BridgeStep | None, after: BridgeStep | None) -> BridgeStep:
    """Second step less first step; a step that a bridge lacks is zero in it."""
    known = after or before
    assert known is not None
    amount = (after.amount if after else 0.0) - (before.amount if before else 0.0)
    half_width = math.hypot(*((step.high - step.low) / 2 for step in (before, after) if step))
    return BridgeStep(known.name, known.label, amount, amount - half_width, amount + half_width)


def _shared_targets(first: Scenario, second: Scenario) -> list[str]:
    """Names of the targets that have the same figure and direction in both plans; their thresholds may differ."""

    def goal(target: Target) -> tuple[object, ...]:
        return target.measure, target.place, target.period.text, target.at_least is not None

    names = sorted(set(first.targets) & set(second.targets))
    return [name for name in names if goal(first.targets[name]) == goal(second.targets[name])]


def _has_same_outcomes(first: Simulation, second: Simulation, name: str, figure: tuple[str, str]) -> bool:
    """Return True if a target has the same threshold and the same figures in every sampled path of both runs."""
    targets = [run.scenario.targets[name] for run in (first, second)]
    has_same_threshold = (
        targets[0].threshold.value == targets[1].threshold.value and targets[0].basis == targets[1].basis
    )
    return has_same_threshold and np.array_equal(_path_values(first, figure), _path_values(second, figure))


def _path_values(run: Simulation, figure: tuple[str, str]) -> Floats:
    if run.path_sample is None:
        raise ValueError("the run has no sample of paths")
    return run.path_sample.figures[figure][: run.paths]


def _target_met(run: Simulation, name: str) -> Floats:
    target = run.scenario.targets[name]
    values = _path_values(run, run.target_figure(target))
    return meets(values, target.threshold.value, target.at_least is not None).astype(np.float64)


def _paired_estimate(value: float, differences: Floats, paths: int) -> Estimate:
    half_width = Z975 * float(differences.std(ddof=1)) / math.sqrt(paths) if len(differences) > 1 else math.inf
    return Estimate(value, value - half_width, value + half_width)


def _paired_chance_estimate(value: float, changes: Floats, paths: int) -> Estimate:
    """Return a difference in chance with its 95% interval; `changes` is -1, 0 or 1 for each sampled path, (paths,)."""
    # half a path more each way keeps the interval honest where few paths change (Agresti and Min 2005)
    count = len(changes) + 2
    up, down = np.count_nonzero(changes > 0) + 0.5, np.count_nonzero(changes < 0) + 0.5
    half_width = Z975 * math.sqrt(((up + down) / count - ((up - down) / count) ** 2) / paths)
    return Estimate(value, value - half_width, value + half_width)
