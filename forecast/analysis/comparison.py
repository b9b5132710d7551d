"""Difference of two scenarios, path by path, with common random numbers."""

from __future__ import annotations

import math

import numpy as np

from forecast.analysis.findings import Difference
from forecast.arrays import Floats
from forecast.plan.scenario import Scenario
from forecast.plan.targets import Target
from forecast.simulation.simulate import Simulation
from forecast.stats.bins import meets
from forecast.stats.intervals import Z975, Estimate

__all__ = ["paired_difference"]


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
