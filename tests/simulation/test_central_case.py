"""The central case: one path with every draw at its median."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.simulation.central_case import simulate_central_case
from forecast.simulation.compiled import compile_plan
from forecast.timeseries.baseline import fit_baseline
from tests.support.plans import FULL_PLAN, SCENARIOS, TWO_SERVICES, read_plan_text, simulate_plan
from tests.support.workbook_plans import central_case_of


def test_year_of_the_central_case_is_the_median_of_each_service() -> None:
    central = central_case_of(read_plan_text(TWO_SERVICES))
    assert {name: months.sum() for name, months in central.months.items()} == pytest.approx(
        {"revenue.a": 120e9, "revenue.b": 130e9}, rel=1e-12
    )


def test_noise_of_the_months_moves_nothing() -> None:
    plan = "services: {a: {growth: 10%, baseline: {method: given, annual: 100 tỷ, shape: flat, noise: 30%}}}"
    central = central_case_of(read_plan_text(f"name: x\nhorizon: {{from: 2021-01, months: 24}}\n{plan}\n"))
    assert central.months["revenue.a"].reshape(2, 12).sum(axis=1) == pytest.approx([100e9, 110e9], rel=1e-12)


def test_no_random_event_happens() -> None:
    """Waves, floods and works leave no trace; the drift and the likely initiative act."""
    with_events = central_case_of(read_plan_text(FULL_PLAN))
    without = central_case_of(read_plan_text(FULL_PLAN, shocks__waves=None, shocks__floods=None, shocks__works=None))
    assert with_events.months["revenue.a"].tolist() == without.months["revenue.a"].tolist()
    assert with_events.trade.initiatives.happens == {}
    no_drift = central_case_of(read_plan_text(FULL_PLAN, shocks__rivals=None))
    assert np.all(with_events.months["revenue.a"] < no_drift.months["revenue.a"])


def test_central_case_is_close_to_the_median_of_the_plan_without_events() -> None:
    events = {"shocks__waves": None, "shocks__floods": None, "shocks__works": None, "initiatives": None}
    central = central_case_of(read_plan_text(FULL_PLAN, **events))
    run = simulate_plan(FULL_PLAN, paths=20_000, **events)
    total = sum(central.months[f"revenue.{name}"].sum() for name in ("a", "b"))
    assert total == pytest.approx(run.tally("revenue", "2021").quantile(0.5).value, rel=0.005)


def test_plan_with_closed_months_has_no_central_case() -> None:
    from forecast.plan.loading.loader import read

    scenario = read(SCENARIOS / "months" / "2025-01.yaml")
    with pytest.raises(ValueError, match="closed months"):
        simulate_central_case(compile_plan(scenario, fit_baseline(scenario)))
