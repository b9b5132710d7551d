"""The rows of targets: their chance, and the range of the other assumption cases."""

from __future__ import annotations

from forecast.analysis.findings import CaseRow
from forecast.analysis.targets import evaluate_targets
from forecast.stats.intervals import Estimate
from tests.support.plans import TWO_SERVICES, simulate_plan


def test_a_target_has_the_chance_and_the_shortfall_of_its_run() -> None:
    run = simulate_plan(TWO_SERVICES)
    (row,) = evaluate_targets(run, ())
    chance = run.chance("revenue")
    assert (row.name, row.threshold, row.direction, row.chance) == ("revenue", 255e9, "at_least", chance)
    values = run.values("revenue", "2021")
    missed = values[values < 255e9]
    assert abs(row.average_shortfall - (255e9 - missed.mean())) < 1


def test_the_spread_of_a_chance_includes_the_other_cases() -> None:
    run = simulate_plan(TWO_SERVICES)
    case = CaseRow("weak", None, {"revenue": Estimate(0.05, 0.04, 0.06)})
    (row,) = evaluate_targets(run, (case,))
    assert row.spread[0] == 0.05
    assert row.spread[1] >= row.chance.value
