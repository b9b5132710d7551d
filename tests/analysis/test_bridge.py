"""The bridge from the plan to the forecast."""

from __future__ import annotations

import numpy as np
import pytest

import forecast
from forecast.analysis.bridge import compute_bridge
from tests.support.plans import SCENARIOS

YEAR = ("revenue", "2021")


def test_bridge_steps_sum_to_the_forecast_in_every_path() -> None:
    run = forecast.simulate(forecast.read(SCENARIOS / "covid-and-floods.yaml"), paths=5_000)
    steps = sum(run.values(*key) for key in run.tallies if key[0].startswith("bridge."))
    assert np.allclose(steps, run.values(*YEAR), rtol=1e-12)


def test_the_bridge_leads_from_the_target_to_the_forecast() -> None:
    run = forecast.simulate(forecast.read(SCENARIOS / "covid-and-floods.yaml"), paths=5_000)
    bridge = compute_bridge(run)
    assert bridge is not None
    assert bridge.start.amount == run.scenario.targets["revenue"].threshold.value
    assert bridge.start.amount + sum(step.amount for step in bridge.steps) == pytest.approx(bridge.end.amount, rel=1e-9)
    assert bridge.end.amount == run.tally("revenue", "2021").mean
