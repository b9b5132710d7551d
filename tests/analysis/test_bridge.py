"""The bridge from the plan to the forecast."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.analysis.bridge import compute_bridge, effects_by_cause
from forecast.arrays import Floats
from forecast.simulation.results import Simulation
from tests.support.closed_plans import write_closed_plan
from tests.support.plans import ONE_SERVICE, SCENARIOS, simulate_plan
from tests.support.signed_ledgers import LEDGERS, month_targets, read_signed_plan

YEAR = ("revenue", "2021")
LOSS = "{kind: event, from: 2021-03-01, until: 2021-06-30, effect: {volume: {a: -60%}}, recovered: {a: 30%}}"
SHOP = "{start: 2021-02-01, effect: {volume: {a: 30%}, price: {a: 10%}}}"


def bridge_steps(run: Simulation) -> dict[str, Floats]:
    """By step, (paths,) its change in each path that was kept, with one step for each cause."""
    assert run.path_sample is not None
    figures = run.path_sample.figures.items()
    steps = {measure.removeprefix("bridge."): values for (measure, _), values in figures if "bridge." in measure}
    del steps["causes"]
    return steps


def test_bridge_steps_sum_to_the_forecast_in_every_path() -> None:
    run = forecast.simulate(forecast.read(SCENARIOS / "covid-and-floods.yaml"), paths=5_000, keep=4_096)
    steps = bridge_steps(run)
    assert {"initiatives", "shocks.competition", "shocks.covid_waves", "shocks.floods", "shocks.storms"} < set(steps)
    assert np.allclose(sum(steps.values()), run.values(*YEAR)[:4_096], rtol=1e-12)
    together = sum(run.values(*key) for key in run.tallies if key[0].startswith("bridge."))
    assert np.allclose(together, run.values(*YEAR), rtol=1e-12)


def test_bridge_steps_sum_where_months_are_closed(tmp_path: Path) -> None:
    run = forecast.simulate(forecast.read(write_closed_plan(tmp_path)), paths=500, keep=500)
    steps = bridge_steps(run)
    assert np.allclose(sum(steps.values())[:500], run.draws("revenue", "2025"), rtol=1e-12)
    assert "initiatives" in steps


def test_bridge_steps_sum_where_months_are_below_zero(tmp_path: Path) -> None:
    """Two shocks of the same size take the same share of the size of each month, whatever its sign."""
    shock = "{kind: event, from: 2026-02-01, until: 2026-09-30, effect: {volume: {a: -40%}, price: {a: 20%}}}"
    text = f"""{month_targets("a")}
shocks:
  x: {shock}
  y: {shock}
  z: {{kind: drift, over: 12 months, effect: {{volume: {{a: -30%}}}}}}
initiatives: {{shop: {{start: 2026-02-01, effect: {{volume: {{a: 25%}}}}}}}}
"""
    scenario = read_signed_plan(tmp_path, {"a": LEDGERS["mixed_sign"]}, "{a: {}}", text)
    run = forecast.simulate(scenario, paths=500, keep=500)
    steps = bridge_steps(run)
    assert np.allclose(sum(steps.values())[:500], run.draws("revenue", run.bridge_period), rtol=1e-12)
    assert np.allclose(steps["shocks.x"], steps["shocks.y"], rtol=1e-12)
    assert run.values("revenue.a", "2026-09").min() < 0 < run.values("revenue.a", "2026-05").min()


@pytest.mark.parametrize(("first", "second", "third"), [("a", "b", "c"), ("z", "m", "k")])
def test_equal_shocks_have_equal_steps_whatever_their_names(first: str, second: str, third: str) -> None:
    """Each of three shocks of -60% has the mean over all orders; recovered losses are their own."""
    wave = LOSS.replace("2021-06-30", "2021-04-30").replace("-60%", "-20%")
    settings = {f"shocks__{name}": LOSS for name in (first, second, third)}
    run = simulate_plan(ONE_SERVICE, paths=64, keep=64, shocks__l=wave, initiatives__shop=SHOP, **settings)
    steps = bridge_steps(run)
    assert np.allclose(steps[f"shocks.{first}"], steps[f"shocks.{second}"], rtol=1e-12)
    assert np.allclose(steps[f"shocks.{first}"], steps[f"shocks.{third}"], rtol=1e-12)
    assert abs(steps["shocks.l"][0]) < 0.5 * abs(steps[f"shocks.{first}"][0])
    assert np.allclose(sum(steps.values())[:64], run.values(*YEAR), rtol=1e-12)


def test_two_equal_shocks_share_what_they_take_together() -> None:
    """Two losses of 60% take 840 of 1,000 together: 420 each, not 600 by the first name and 240 by the second."""
    loss = "{kind: event, from: 2021-03-01, until: 2021-03-31, effect: {volume: {a: -60%}}}"
    plan = (
        ONE_SERVICE.replace("120 tỷ", "12000 đồng") + "targets: {r: {measure: revenue, period: 2021, at_least: 1 tỷ}}\n"
    )
    run = simulate_plan(plan, paths=64, keep=64, shocks__x=loss, shocks__y=loss)
    bridge = compute_bridge(run)
    assert bridge is not None
    amounts = {step.name: step.amount for step in bridge.steps if step.name.startswith("shocks.")}
    assert amounts == pytest.approx({"shocks.x": -420, "shocks.y": -420})


def test_steps_of_the_paths_that_were_kept_tie_with_the_mean_of_all() -> None:
    """A step lies within three of its half widths of that over all paths, which is narrower by little alone."""
    scenario = forecast.read(SCENARIOS / "covid-and-floods.yaml")
    runs = [forecast.simulate(scenario, paths=32_768, keep=keep) for keep in (4_096, 32_768)]
    few, every = (compute_bridge(run) for run in runs)
    assert few is not None
    assert every is not None
    assert few.end == every.end
    assert few.start.amount + sum(step.amount for step in few.steps) == pytest.approx(few.end.amount, rel=1e-12)
    for step, known in zip(few.steps, every.steps, strict=True):
        half_width, known_half_width = ((each.high - each.low) / 2 for each in (step, known))
        assert abs(step.amount - known.amount) <= 1.5 * half_width
        assert known_half_width <= half_width * (1 + 1e-9)
        is_cause = step.name.startswith(("shocks.", "initiatives"))
        assert is_cause == (half_width > 1.05 * known_half_width)
    assert few.steps != every.steps


def test_no_causes_are_told_apart_where_no_path_was_kept() -> None:
    run = simulate_plan(ONE_SERVICE, paths=64, shocks__x=LOSS)
    assert compute_bridge(run) is None
    assert effects_by_cause(run) == {}


def test_the_bridge_leads_from_last_year_to_the_forecast() -> None:
    run = forecast.simulate(forecast.read(SCENARIOS / "covid-and-floods.yaml"), paths=5_000, keep=5_000)
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
    run = forecast.simulate(forecast.read(SCENARIOS / "without-history.yaml"), paths=500, keep=500)
    bridge = compute_bridge(run)
    assert bridge is not None
    assert bridge.start.name == "from_nothing"


def test_the_bridge_is_that_of_the_main_target() -> None:
    """The year is the main one of two targets of revenue, whatever their names."""
    scenario = forecast.read(SCENARIOS / "months" / "2025-06.yaml")
    run = forecast.simulate(scenario, paths=500)
    assert run.bridge_period == scenario.targets[scenario.main_target].period.text


def test_what_comes_back_of_losses_before_the_horizon_is_of_their_shock() -> None:
    early = LOSS.replace("2021-03-01", "2020-12-01").replace("2021-06-30", "2021-01-20")
    run = simulate_plan(ONE_SERVICE, paths=64, keep=64, shocks__e=early, shocks__x=LOSS)
    assert run.tally("brought.a", "horizon").mean > 1e9
    assert np.allclose(sum(bridge_steps(run).values())[:64], run.values(*YEAR), rtol=1e-12)


def test_a_single_cause_is_known_in_all_paths() -> None:
    """It is its own control variate, so its mean and its error are those of all paths."""
    shock = LOSS.replace("-60%", '"uniform(-80%, -20%)"')
    plan = ONE_SERVICE + "targets: {r: {measure: revenue, period: 2021, at_least: 1 tỷ}}\n"
    run = simulate_plan(plan, paths=20_000, keep=4_096, shocks__x=shock)
    bridge = compute_bridge(run)
    assert bridge is not None
    (step,) = (step for step in bridge.steps if step.name == "shocks.x")
    known = run.tally("bridge.causes", "2021").mean_estimate()
    assert (step.amount, step.low, step.high) == pytest.approx(known, rel=1e-9)
    assert step.high - step.low > 0.001 * abs(step.amount)
