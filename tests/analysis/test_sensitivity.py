"""The tornado: what a target's figure does as one assumption lies low or high."""

from __future__ import annotations

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
