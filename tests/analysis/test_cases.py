"""Cases are compared with the plan path by path."""

from __future__ import annotations

import numpy as np
import pytest

import forecast
from forecast.analysis.cases import case_row, evaluate_case
from forecast.simulation.side_by_side import simulate_targets
from forecast.stats.intervals import Estimate
from forecast.timeseries.baseline import fit_baseline
from forecast.workflows.cases import simulate_cases
from forecast.workflows.request import MAX_CASE_PATHS, RunRequest
from tests.support.plans import ROOT, TWO_SERVICES, read_plan_text, simulate_plan

PLAN = (
    TWO_SERVICES
    + """  b_alone: {measure: revenue.b, period: 2021, at_least: 135 tỷ}
cases:
  weaker: {services: {a: {baseline: {annual: "normal(115 tỷ, 5 tỷ)"}}}}
  other_targets: {targets: {b_alone: null, new: {measure: revenue, period: 2021, at_least: 240 tỷ}}}
  higher: {targets: {revenue: {at_least: 260 tỷ}}}
"""
)


def rows(paths: int) -> tuple[dict[str, dict[str, Estimate]], forecast.Simulation]:
    run = simulate_plan(PLAN, paths=paths)
    cases = simulate_cases(RunRequest.from_simulation(run))
    return {case.name: dict(case_row(run, case).chances) for case in cases}, run


@pytest.mark.parametrize("paths", [3_000, 3 * MAX_CASE_PATHS])
def test_a_case_that_cannot_touch_a_figure_has_the_number_of_the_plan(paths: int) -> None:
    chances, run = rows(paths)
    assert chances["weaker"]["b_alone"] == run.chance("b_alone")
    assert chances["other_targets"]["revenue"] == run.chance("revenue")
    assert chances["weaker"]["revenue"].value < run.chance("revenue").value - 0.05


def test_a_case_is_the_plan_and_the_difference_on_the_first_paths() -> None:
    paths = 3 * MAX_CASE_PATHS
    chances, run = rows(paths)
    case = forecast.simulate(run.scenario.cases["weaker"], paths=MAX_CASE_PATHS, seed=run.seed)
    met = run.values("revenue", "2021")[:MAX_CASE_PATHS] >= 255e9
    difference = np.mean(case.values("revenue", "2021") >= 255e9) - met.mean()
    assert chances["weaker"]["revenue"].value == pytest.approx(run.chance("revenue").value + difference, abs=1e-12)
    every_path = forecast.simulate(run.scenario.cases["weaker"], paths=paths, seed=run.seed).chance("revenue")
    assert chances["weaker"]["revenue"].low < every_path.value < chances["weaker"]["revenue"].high
    alone = case.chance("revenue")
    assert chances["weaker"]["revenue"].high - chances["weaker"]["revenue"].low < 0.9 * (alone.high - alone.low)


def test_a_target_of_the_case_alone_has_its_own_chance() -> None:
    chances, run = rows(3_000)
    assert chances["other_targets"].keys() == {"new", "revenue"}
    assert chances["other_targets"]["new"].value == np.mean(run.values("revenue", "2021") >= 240e9)
    assert chances["higher"]["revenue"].value == np.mean(run.values("revenue", "2021") >= 260e9)


def test_the_docs_say_on_how_many_paths_cases_are_compared() -> None:
    assert f"the same first {MAX_CASE_PATHS:,}" in (ROOT / "docs" / "model.md").read_text(encoding="utf-8")


def test_standing_cases_come_after_those_of_the_plan() -> None:
    chances, _ = rows(1_000)
    assert list(chances) == ["higher", "other_targets", "weaker", "wider_ranges"]


def test_a_case_without_a_title_is_called_by_its_name() -> None:
    plan = read_plan_text(PLAN)
    scenarios = {"plan": plan, "case": plan.cases["weaker"]}
    simulated = simulate_targets({name: (each, fit_baseline(each)) for name, each in scenarios.items()}, 500)
    named = evaluate_case("weaker_than_that", simulated["case"], simulated["plan"])
    assert named.label.en == "Weaker than that"
