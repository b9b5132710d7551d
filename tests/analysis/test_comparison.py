"""Differences between two runs, path by path."""

from __future__ import annotations

import pytest

from forecast.analysis.bridge import compute_bridge
from forecast.analysis.comparison import bridge_difference, monthly_differences, paired_difference
from tests.support.plans import TWO_SERVICES, simulate_plan


def test_a_run_does_not_differ_from_itself() -> None:
    run = simulate_plan(TWO_SERVICES, keep=8_000)
    difference = paired_difference(run, run, "revenue", "2021")
    assert difference.mean == (0, 0, 0)
    assert difference.chances["revenue"].value == 0


def test_a_target_of_another_figure_is_another_target() -> None:
    run, other = (simulate_plan(TWO_SERVICES, keep=500, targets__revenue__measure=m) for m in ("revenue", "revenue.a"))
    difference = paired_difference(run, other, "revenue", "2021")
    assert "revenue" in run.scenario.targets.keys() & other.scenario.targets.keys()
    assert "revenue" not in difference.chances


def test_common_random_numbers_give_a_shifted_mean_without_error() -> None:
    run, shifted = (
        simulate_plan(TWO_SERVICES, keep=8_000, services__a__baseline__annual=f"normal({mean} tỷ, 5 tỷ)")
        for mean in (120, 125)
    )
    difference = paired_difference(run, shifted, "revenue", "2021")
    assert list(difference.mean) == pytest.approx([5e9] * 3, rel=1e-6)
    assert difference.chances["revenue"].value == shifted.chance("revenue").value - run.chance("revenue").value
    assert difference.chances["revenue"].low > 0


def test_the_months_of_a_difference_are_paired_and_add_up_to_the_year() -> None:
    run, raised = (
        simulate_plan(
            TWO_SERVICES, keep=8_000, keep_months="revenue", services__a__baseline__annual=f"normal({mean} tỷ, 5 tỷ)"
        )
        for mean in (120, 125)
    )
    months = monthly_differences(run, raised, "revenue")
    assert len(months) == 12
    assert sum(month.mean for month in months) == pytest.approx(5e9, rel=1e-9)
    for month in months:
        assert [month.low, month.high, month.p10, month.p90] == pytest.approx([month.mean] * 4, rel=1e-5)
    spread = raised.tally("revenue", months[0].month)
    assert spread.quantile(0.9).value - spread.quantile(0.1).value > 10 * (months[0].p90 - months[0].p10)


def test_runs_that_kept_no_months_have_no_differences_by_month() -> None:
    run = simulate_plan(TWO_SERVICES, keep=500, targets=None)
    assert monthly_differences(run, run, "revenue.a") == ()  # no target asks for its months


def test_the_causes_of_a_difference_add_up_exactly_and_a_missing_cause_counts_whole() -> None:
    strike = "shocks: {strike: {kind: event, from: 2021-03, until: 2021-04, effect: {volume: {a: -20% to -5%}}}}"
    run, without = (simulate_plan(TWO_SERVICES + shocks, keep=500) for shocks in (strike, ""))
    bridges = compute_bridge(run), compute_bridge(without)
    assert bridges[0] is not None
    assert bridges[1] is not None
    steps = bridge_difference(*bridges)
    assert steps is not None
    total = sum(step.amount for step in steps.steps)
    assert steps.start.amount + total == pytest.approx(steps.end.amount, rel=1e-12)
    lost = {step.name: step.amount for step in bridges[0].steps if step.name.startswith("shocks.")}
    assert lost
    assert {step.name: -step.amount for step in steps.steps if step.name.startswith("shocks.")} == lost
    same = bridge_difference(bridges[0], bridges[0])
    assert same is not None
    assert same.steps == ()
