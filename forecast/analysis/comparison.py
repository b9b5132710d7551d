"""What does one scenario do that another does not, on the same luck?"""

from __future__ import annotations

import math

import numpy as np

from forecast.analysis.findings import Difference
from forecast.arrays import Floats
from forecast.simulation.simulate import Simulation
from forecast.stats.bins import meets
from forecast.stats.intervals import Z975, Estimate


def paired_difference(first: Simulation, second: Simulation, measure: str, period: str) -> Difference:
    """`second` less `first`: the mean of a figure, and the chance of each target that both have.

    The values are over all paths, the errors from the paths that both runs kept, taken in pairs. ValueError when the
    runs do not share their seed and their number of paths, or kept no path; KeyError for a figure that one lacks.
    """
    if (first.seed, first.paths) != (second.seed, second.paths):
        raise ValueError("the runs do not share their luck")
    mean = second.tally(measure, period).mean - first.tally(measure, period).mean
    pairs = _path_values(second, (measure, period)) - _path_values(first, (measure, period))
    chances = {}
    for name in sorted(set(first.scenario.targets) & set(second.scenario.targets)):
        change = second.chance(name).value - first.chance(name).value
        figure = first.target_figure(first.scenario.targets[name])
        if figure == second.target_figure(second.scenario.targets[name]) and _has_same_outcomes(
            first, second, name, figure
        ):
            chances[name] = Estimate(change, change, change)
        else:
            chances[name] = _paired_chance_estimate(
                change, _target_met(second, name) - _target_met(first, name), first.paths
            )
    return Difference(measure, period, _paired_estimate(mean, pairs, first.paths), chances)


def _has_same_outcomes(first: Simulation, second: Simulation, name: str, figure: tuple[str, str]) -> bool:
    """Whether a target asks the same of the same figures in every path that both kept."""
    asked = [run.scenario.targets[name] for run in (first, second)]
    same = asked[0].threshold.value == asked[1].threshold.value and asked[0].basis == asked[1].basis
    return same and np.array_equal(_path_values(first, figure), _path_values(second, figure))


def _path_values(run: Simulation, figure: tuple[str, str]) -> Floats:
    if run.path_sample is None:
        raise ValueError("no path was kept")
    return run.path_sample.figures[figure][: run.paths]


def _target_met(run: Simulation, name: str) -> Floats:
    target = run.scenario.targets[name]
    values = _path_values(run, run.target_figure(target))
    return meets(values, target.threshold.value, target.at_least is not None).astype(np.float64)


def _paired_estimate(value: float, pairs: Floats, paths: int) -> Estimate:
    half = Z975 * float(pairs.std(ddof=1)) / math.sqrt(paths) if len(pairs) > 1 else math.inf
    return Estimate(value, value - half, value + half)


def _paired_chance_estimate(value: float, pairs: Floats, paths: int) -> Estimate:
    """Of pairs that change sides, -1 or 1, or do not, with half a path more each way (Agresti and Min 2005)."""
    count = len(pairs) + 2
    up, down = np.count_nonzero(pairs > 0) + 0.5, np.count_nonzero(pairs < 0) + 0.5
    half = Z975 * math.sqrt(((up + down) / count - ((up - down) / count) ** 2) / paths)
    return Estimate(value, value - half, value + half)
