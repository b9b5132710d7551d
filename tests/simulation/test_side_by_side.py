"""Plans side by side have the values that each has alone, and what they have in common is simulated once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.plan.scenario import Scenario
from forecast.simulation import side_by_side
from forecast.simulation.side_by_side import simulate_targets
from forecast.timeseries.baseline import fit_baseline
from tests.support.place_plans import WITH_SHOCKS, read_plan
from tests.support.plans import FULL_PLAN, read_plan_text

PATHS = 5_000


def correlation(first: str, second: str) -> dict[str, object]:
    return {"pair": {"between": [first, second], "rank": "0.5"}}


CASES = {
    "plan": {},
    "higher_target": {"targets.revenue.at_least": "260 tỷ"},
    "target_of_a_quarter": {"targets.march.period": "2021-Q1"},
    "more_growth": {"services.a.baseline.annual": "110 tỷ to 150 tỷ"},
    "no_shop": {"initiatives": None},
    "more_waves": {"shocks.waves.waves_per_year": "2 to 5"},
    "certain_climate": {"climate": None},
    "correlated_shock": {
        "correlations.x": {"between": ["shocks.waves.waves_per_year", "services.a.baseline.annual"], "rank": "0.5"}
    },
    "correlated_months": {"correlations.x": {"between": ["services.a", "services.b"], "rank": "0.5"}},
    "other_year": {"horizon.from": "2020-07", "targets": {"revenue": {"period": "2020-12", "at_least": "20 tỷ"}}},
}
"""By name, what a case sets otherwise."""


def count_calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Count how often the shocks and the trade of a batch are simulated from now on."""
    calls = {"sample_shocks": 0, "simulate_trade": 0}
    for name in calls:
        function = getattr(side_by_side, name)

        def counted(*arguments: object, name: str = name, function: object = function) -> object:
            calls[name] += 1
            return function(*arguments)  # type: ignore[operator]

        monkeypatch.setattr(side_by_side, name, counted)
    return calls


def assert_values_are_those_alone(scenarios: dict[str, Scenario]) -> None:
    together = simulate_targets({name: (each, fit_baseline(each)) for name, each in scenarios.items()}, PATHS, 3)
    for name, scenario in scenarios.items():
        alone = forecast.simulate(scenario, paths=PATHS, seed=3, keep=PATHS)
        assert together[name].values.keys() == scenario.targets.keys()
        for target, values in together[name].values.items():
            kept = alone.draws(*alone.target_figure(scenario.targets[target]))
            assert np.array_equal(values, kept), (name, target)


def test_plans_side_by_side_have_the_values_that_each_has_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    scenarios = {name: read_plan_text(FULL_PLAN, **changes) for name, changes in CASES.items()}
    calls = count_calls(monkeypatch)
    assert_values_are_those_alone(scenarios)
    # the plan's shocks also serve the growth, the initiatives and the months that are correlated, and no other case
    assert calls == {"sample_shocks": 5, "simulate_trade": 8}


def test_values_of_places_side_by_side_are_those_alone(tmp_path: Path) -> None:
    of_place = "  p2: {measure: revenue, period: 2021, place: p2, at_least: 20 tỷ}\n"
    plan = WITH_SHOCKS.replace("targets:\n", f"targets:\n{of_place}")
    assert_values_are_those_alone(
        {
            "plan": read_plan(tmp_path, plan),
            "less_noise": read_plan(tmp_path, plan, places__noise="5%"),
            "without_the_place": read_plan(tmp_path, WITH_SHOCKS),
        }
    )


def test_a_case_that_reads_a_target_otherwise_simulates_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = count_calls(monkeypatch)
    cases = (
        "cases:\n  higher: {targets: {revenue: {at_least: 260 tỷ}}}\n  later: {targets: {march: {period: 2021-04}}}\n"
    )
    plan = read_plan_text(FULL_PLAN + cases)
    scenarios = {"": plan, **plan.cases}
    simulate_targets({name: (each, fit_baseline(each)) for name, each in scenarios.items()}, PATHS, 3)
    assert calls == {"sample_shocks": 1, "simulate_trade": 1}
