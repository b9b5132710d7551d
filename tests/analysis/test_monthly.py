"""The months of a measure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.analysis.monthly import summarise_months
from forecast.plan.accounts import read_plan_history
from tests.support.plans import FULL_PLAN, SCENARIOS, simulate_plan
from tests.support.signed_ledgers import LEDGERS, read_signed_plan


def test_monthly_bars_have_the_ascending_quantiles_of_their_tallies() -> None:
    run = simulate_plan(FULL_PLAN)
    months = summarise_months(run, None)
    assert [bar.month for bar in months.bars] == [f"2021-{month:02d}" for month in range(1, 13)]
    assert months.history == ()
    for bar in months.bars:
        tally = run.tally("revenue", bar.month)
        assert bar.p5 < bar.p10 < bar.p25 < bar.p50 < bar.p75 < bar.p90 < bar.p95
        assert (bar.p10, bar.p90, bar.mean) == (tally.quantile(0.1).value, tally.quantile(0.9).value, tally.mean)


def test_a_target_is_spread_over_months_of_any_sign(tmp_path: Path) -> None:
    """A year above its forecast plans no month below it, also where the forecast is below zero."""
    target = "targets: {r: {measure: revenue, period: 2026, at_least: 500 EUR}}\n"
    scenario = read_signed_plan(tmp_path, {"a": LEDGERS["all_negative"]}, "{a: {}}", target)
    bars = summarise_months(forecast.simulate(scenario, paths=2_000), None).bars
    plans = [bar.plan for bar in bars if bar.plan is not None]
    assert sum(plans) == pytest.approx(500)
    assert np.ptp([plan - bar.mean for plan, bar in zip(plans, bars, strict=True)]) < 1e-6


def test_months_are_those_of_the_main_target() -> None:
    """A plan of a profit shows its profit, whose target is spread by equal differences where a month is at a loss."""
    run = forecast.simulate(forecast.read(SCENARIOS / "shop-chain.yaml"), paths=2_000)
    months = summarise_months(run, read_plan_history(run.scenario))
    assert months.measure == "profit"
    assert sum(bar.plan or 0.0 for bar in months.bars) == pytest.approx(60_000)
    assert months.history == ()  # its books have no costs


def test_up_to_five_years_of_months_stand_before_the_horizon() -> None:
    run = forecast.simulate(forecast.read(SCENARIOS / "covid.yaml"), paths=500)
    months = summarise_months(run, read_plan_history(run.scenario))
    assert [months.history[0][0], months.history[-1][0], len(months.history)] == ["2018-01", "2020-12", 36]
    assert months.bars[0].previous_year == {month: value for month, value, _ in months.history}["2020-01"]
