"""The tornado: what a target's figure does as one assumption lies low or high."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.analysis.sensitivity import compute_sensitivity
from tests.support.plans import TWO_SERVICES, simulate_plan


def test_the_wider_assumption_has_the_wider_bar_and_its_share_of_variance() -> None:
    graded = "{value: 'normal(130 tỷ, 12 tỷ)', grade: B, source: a ledger}"
    run = simulate_plan(TWO_SERVICES, keep=8_000, services__b__baseline__annual=graded)
    sensitivity = compute_sensitivity(run, "revenue")
    assert sensitivity is not None
    assert [bar.name for bar in sensitivity.bars] == [f"services.{name}.baseline.annual" for name in "ba"]
    assert all(bar.low < 0 < bar.high for bar in sensitivity.bars)
    assert sensitivity.judgement_share == pytest.approx(25 / 169, abs=0.03)  # only a, of sd 5, is judgement


def test_a_run_without_a_path_sample_has_no_sensitivity() -> None:
    assert compute_sensitivity(simulate_plan(TWO_SERVICES, paths=1_000), "revenue") is None


SIX_YEARS = """
name: Six years
horizon: {from: 2021-01, months: 72}
services:
  a: {growth: 2% to 12%, baseline: {method: given, annual: 120 tỷ, shape: flat}}
  b: {growth: {value: 1% to 8%, grade: B, source: books}, baseline: {method: given, annual: 130 tỷ, shape: flat}}
targets:
  late: {measure: revenue, period: 2026, at_least: 300 tỷ}
  early: {measure: revenue, period: 2022, at_least: 265 tỷ}
"""


def test_the_years_of_a_growth_are_one_bar_in_either_form() -> None:
    by_year = ", ".join(f"{year}: 2% to 12%" for year in range(2022, 2027))
    for growth in (None, f"{{{by_year}}}"):
        settings = {} if growth is None else {"services__a__growth": growth}
        run = simulate_plan(SIX_YEARS, paths=20_000, keep=20_000, **settings)
        sensitivity = compute_sensitivity(run, "late")
        assert sensitivity is not None
        assert [bar.name for bar in sensitivity.bars] == ["services.a.growth", "services.b.growth"]
        assert sensitivity.bars[0].text == ("2% to 12%" if growth is None else "2022: 2% to 12% … 2026: 2% to 12%")
        revenue_a = run.values("revenue.a", "2026")
        share = np.log(revenue_a).var() * revenue_a.mean() ** 2 / run.values("revenue", "2026").var()
        assert sensitivity.judgement_share == pytest.approx(share, abs=0.03)  # years are not counted twice
        fifth = np.sort(revenue_a)[: len(revenue_a) // 5].mean() - revenue_a.mean()
        assert sensitivity.bars[0].low == pytest.approx(fifth, rel=0.05)


def test_a_target_hangs_on_the_years_up_to_its_period() -> None:
    run = simulate_plan(SIX_YEARS, paths=20_000, keep=20_000, growth_correlation="0")
    sensitivity = compute_sensitivity(run, "early")
    assert sensitivity is not None
    revenue_a = run.values("revenue.a", "2022")
    fifth = np.sort(revenue_a)[: len(revenue_a) // 5].mean() - revenue_a.mean()
    assert sensitivity.bars[0].low == pytest.approx(fifth, rel=0.05)
