"""The bridge from the plan to the forecast."""

from __future__ import annotations

import numpy as np
import pytest

import forecast
from forecast.analysis.bridge import compute_bridge, effects_by_cause
from tests.support.plans import SCENARIOS

YEAR = ("revenue", "2021")


def test_bridge_steps_sum_to_the_forecast_in_every_path() -> None:
    run = forecast.simulate(forecast.read(SCENARIOS / "covid-and-floods.yaml"), paths=5_000)
    steps = sum(run.values(*key) for key in run.tallies if key[0].startswith("bridge."))
    assert np.allclose(steps, run.values(*YEAR), rtol=1e-12)


def test_the_bridge_leads_from_last_year_to_the_forecast() -> None:
    run = forecast.simulate(forecast.read(SCENARIOS / "covid-and-floods.yaml"), paths=5_000)
    bridge = compute_bridge(run)
    assert bridge is not None
    assert bridge.start.name == "last_year"
    assert bridge.start.amount == pytest.approx(249e9)  # as the document states it, with its gap
    assert bridge.plan == run.scenario.targets["revenue"].threshold.value
    assert bridge.start.amount + sum(step.amount for step in bridge.steps) == pytest.approx(bridge.end.amount, rel=1e-9)
    assert bridge.end.amount == run.tally("revenue", "2021").mean
    effects = effects_by_cause(run)
    by_name = {step.name: step.amount for step in bridge.steps}
    assert {name: effect.mean for name, effect in effects.items()} == {name: by_name[name] for name in effects}
    waves = effects["shocks.covid_waves"]
    assert waves.worst < waves.p10 < waves.mean < waves.p90


def test_a_profit_is_explained_by_the_lines_of_its_accounts_from_nothing() -> None:
    run = forecast.simulate(forecast.read(SCENARIOS / "shop-chain.yaml"), paths=2_000)
    bridge = compute_bridge(run)
    assert bridge is not None
    assert (bridge.start.name, bridge.start.amount) == ("from_nothing", 0.0)
    assert sum(step.amount for step in bridge.steps) == pytest.approx(bridge.end.amount, rel=1e-9)
    signs = [step.amount > 0 for step in bridge.steps]
    assert signs == sorted(signs, reverse=True)  # revenue first, then costs


def test_a_plan_without_a_year_before_starts_at_nothing() -> None:
    run = forecast.simulate(forecast.read(SCENARIOS / "without-history.yaml"), paths=500)
    bridge = compute_bridge(run)
    assert bridge is not None
    assert bridge.start.name == "from_nothing"


def test_the_bridge_is_that_of_the_main_target() -> None:
    """The year is the main one of two targets of revenue, whatever their names."""
    scenario = forecast.read(SCENARIOS / "months" / "2025-06.yaml")
    run = forecast.simulate(scenario, paths=500)
    assert run.bridge_period == scenario.targets[scenario.main_target].period.text
