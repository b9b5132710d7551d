"""Differences between two runs, path by path."""

from __future__ import annotations

import pytest

from forecast.analysis.comparison import paired_difference
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
