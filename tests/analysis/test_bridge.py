"""The bridge from the plan to the forecast."""

from __future__ import annotations

import numpy as np

import forecast
from tests.support.plans import SCENARIOS

YEAR = ("revenue", "2021")


def test_bridge_steps_sum_to_the_forecast_in_every_path() -> None:
    run = forecast.simulate(forecast.read(SCENARIOS / "covid-and-floods.yaml"), paths=5_000)
    steps = sum(run.values(*key) for key in run.tallies if key[0].startswith("bridge."))
    assert np.allclose(steps, run.values(*YEAR), rtol=1e-12)
