"""Small plans for tests: written in YAML, read and simulated through the public interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import forecast
from forecast.plan.scenario import Scenario
from forecast.simulation.results import Simulation

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"

ONE_SERVICE = """
name: One service
horizon: {from: 2021-01, months: 12}
services:
  a: {baseline: {method: given, annual: 120 tỷ, shape: flat}}
"""
"""120 tỷ a year, certain, the same in every month."""

TWO_SERVICES = """
name: Two services
horizon: {from: 2021-01, months: 12}
services:
  a: {baseline: {method: given, annual: "normal(120 tỷ, 5 tỷ)", shape: flat}}
  b: {baseline: {method: given, annual: "normal(130 tỷ, 12 tỷ)", shape: flat}}
targets:
  revenue: {measure: revenue, period: 2021, at_least: 255 tỷ}
"""

FULL_PLAN = """
name: A little of everything
horizon: {from: 2021-01, months: 12}
places: {count: 216}
climate: {shape: 2.3}
services:
  a:
    growth: 2% to 8%
    baseline: {method: given, annual: 100 tỷ to 140 tỷ, shape: flat, noise: 4% to 8%, persistence: 30%, level_noise: 3%}
  b: {baseline: {method: given, annual: 130 tỷ, shape: [9, 8, 8, 7, 7, 7, 8, 8, 9, 9, 10, 10], noise: 6%}}
shocks:
  waves:
    kind: epidemic
    waves_per_year: 1 to 4
    length: 4 to 10 weeks
    mild: {effect: {volume: {a: -8% to -2%, b: -6% to -1%}}}
    upstream: {chance: 40%, length: 15 to 45 days, effect: {volume: {all: -30% to -10%}}}
    hard: {chance: 50%, length: 10 to 30 days, reach: "pert(5%, 70%, 100%)", effect: {volume: {all: -80% to -35%}}}
    recovered: {all: 30% to 70%}
  floods:
    kind: flood
    per_year: 0.5 to 2
    season: {9: 2, 10: 8}
    classes:
      local:
        {weight: 2, reach: 5% to 20%, days: 1 to 4, loss_share: {all: 60% to 90%}, repair_per_place: 5 to 30 triệu}
      wide: {weight: 1, reach: 40% to 70%, days: 2 to 6, loss_share: {all: 60% to 90%}}
    recovered: {all: 30% to 90%}
  works:
    kind: event
    from: 2021-05-04
    until: 2021-07-31
    chance: 50%
    effect: {volume: {a: -20% to -5%}}
    recovered: {a: 20%}
  rivals: {kind: drift, over: 12 months, effect: {price: {a: -4% to 1%}}}
initiatives:
  shop:
    chance: 60%
    start: "uniform(2021-02, 2021-08)"
    ramp: 3 months
    effect: {revenue: {b: 2% to 6%}}
    takes_from: {a: 20%}
  app: {needs: [shop], start: 2021-03, effect: {volume: {a: 1% to 3%}}}
targets:
  revenue: {measure: revenue, period: 2021, at_least: 250 tỷ}
  march: {measure: revenue, period: 2021-03, at_least: 20 tỷ}
"""


def read_plan_text(text: str, **settings: Any) -> Scenario:
    """The scenario of a plan in YAML, with settings such as `shocks__floods=None` for `shocks.floods: null`."""
    from forecast.plan.loading.loader import read_text

    overrides = {key.replace("__", "."): value for key, value in settings.items()}
    return read_text(text, folder=SCENARIOS, set=overrides or None)


def simulate_plan(
    text: str, paths: int = 8_000, seed: int = 1, *, keep: int = 0, keep_months: str = "", **settings: Any
) -> Simulation:
    """A plan in YAML, simulated."""
    scenario = read_plan_text(text, **settings)
    return forecast.simulate(scenario, paths=paths, seed=seed, keep=keep, keep_months=keep_months)
