"""Equally likely outcomes, and how many of them stand for a chance."""

from __future__ import annotations

import pytest

from forecast.analysis.quantile_dots import DOT_COUNT, count_reached, likely_outcomes
from tests.support.plans import FULL_PLAN, simulate_plan


@pytest.mark.parametrize(
    ("chance", "required", "reached"),
    [
        (0.78, None, 39),
        (0.784, 0.8, 39),
        (0.794, None, 40),
        (0.794, 0.8, 39),
        (0.7999, 0.8, 39),
        (0.8, 0.8, 40),
        (0.801, 0.81, 40),
        (0.815, 0.81, 41),
        (1.0, 0.8, 50),
        (0.999, 0.8, 49),
        (0.999, 0.99, 50),
        (0.0, 0.8, 0),
        (0.001, 0.8, 1),
        (0.001, 0.01, 0),
    ],
)
def test_dots_are_whole_and_never_cross_the_required_chance(
    chance: float, required: float | None, reached: int
) -> None:
    assert count_reached(chance, required) == reached


def test_outcomes_are_the_quantiles_of_the_main_target() -> None:
    run = simulate_plan(FULL_PLAN)
    dots = likely_outcomes(run)
    target = run.scenario.targets[run.scenario.main_target]
    tally = run.tally(*run.target_figure(target))
    assert len(dots.amounts) == DOT_COUNT
    assert dots.amounts[0] == tally.quantile(0.01).value
    assert dots.amounts[-1] == tally.quantile(0.99).value
    assert list(dots.amounts) == sorted(dots.amounts)
    assert dots.target == target.threshold.value
    assert abs(dots.reached / DOT_COUNT - run.chance(run.scenario.main_target).value) <= 0.02
