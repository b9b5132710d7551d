"""Initiatives: when they start, whether they happen, what they cost and what they take from other services."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.arrays import Floats
from forecast.simulation.results import Simulation
from tests.support.plans import simulate_plan


def test_takes_from_counts_the_gain_of_other_services_only(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "name: n\ncurrency: EUR\nhorizon: {from: 2021-01, months: 12}\nservices:\n"
        "  a: {baseline: {method: given, annual: 1200 EUR}}\n  b: {baseline: {method: given, annual: 600 EUR}}\n"
        "initiatives: {i: {start: 2021-01, effect: {revenue: {a: 10%, b: 5%}}, takes_from: {b: 20%}}}\n",
        encoding="utf-8",
    )
    run = forecast.simulate(forecast.read(tmp_path / "a.yaml"), paths=64)
    assert run.tally("revenue.a", "2021").mean == pytest.approx(1200 * 1.1)
    assert run.tally("revenue.b", "2021").mean == pytest.approx(600 * 1.05 * (1 - 0.2 * 120 / 600))


SHOPS = """
name: Initiatives that need others
horizon: {from: 2021-01, months: 12}
services:
  a: {baseline: {method: given, annual: 120 tỷ, shape: flat}}
  b: {baseline: {method: given, annual: 240 tỷ, shape: flat}}
costs: {rent: {per_month: 0 tỷ}}
initiatives:
  app: {needs: [shop, web], start: 2021-02, effect: {volume: {b: 20%}, price: {b: 10%}}, cost: {per_month: 2 tỷ}}
  shop: {start: 2021-06, effect: {volume: {a: 5%}}, cost: {once: 6 tỷ, per_month: 1 tỷ}}
  web: {start: 2021-03, ramp: 2 months, effect: {revenue: {a: 30%}}}
"""
DECEMBER = (
    "{r: {measure: revenue.b, period: 2021-12, at_least: 20 tỷ}, c: {measure: cost, period: 2021-12, at_most: 1 tỷ}}"
)


def months(run: Simulation, measure: str) -> Floats:
    """(12,) a figure of each month of 2021 that every path has, in tỷ."""
    tallies = [run.tally(measure, f"2021-{month:02}") for month in range(1, 13)]
    assert all(tally.maximum - tally.minimum <= 1e-9 * abs(tally.maximum) for tally in tallies)
    return np.array([tally.maximum for tally in tallies]) / 1e9


def test_an_initiative_starts_with_the_last_of_what_it_needs() -> None:
    run = simulate_plan(SHOPS, paths=64)
    starts_in_june = np.arange(12) >= 5
    assert months(run, "revenue.b") == pytest.approx(20 * np.where(starts_in_june, 1.2 * 1.1, 1))
    once = 6 * (np.arange(12) == 5)
    assert months(run, "cost") == pytest.approx(once + 3 * starts_in_june, abs=1e-9)


def test_a_ramp_begins_at_nothing_and_stays_whole_after_its_end() -> None:
    ramp = months(simulate_plan(SHOPS, paths=64), "revenue.a") / 10 / np.where(np.arange(12) >= 5, 1.05, 1)
    assert ramp[:2] == pytest.approx(1)
    assert ramp[2:4] == pytest.approx([1 + 0.3 * 31 / 2 / 60.875, 1 + 0.3 * (31 + 60.875) / 2 / 60.875], abs=2e-3)
    assert ramp[4:] == pytest.approx(1.3)


def test_an_initiative_happens_only_where_all_that_it_needs_happens() -> None:
    chances = {"initiatives__web__chance": "60%", "initiatives__shop__chance": "50%"}
    run = simulate_plan(SHOPS, paths=8_192, keep=8_192, **chances, targets=DECEMBER)
    assert run.path_sample is not None
    shop, web = (run.path_sample.occurrences[f"initiatives.{name}"] for name in ("shop", "web"))
    december = np.where(shop * web, 20 * 1.2 * 1.1, 20)
    assert run.values("revenue.b", "2021-12") / 1e9 == pytest.approx(december)
    assert run.values("cost", "2021-12") / 1e9 == pytest.approx(shop + 2 * shop * web, abs=1e-9)
    assert abs(np.mean(shop * web) - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 8_192)


@pytest.mark.parametrize("off", ["shop", "web"])
def test_what_needs_an_initiative_that_is_left_out_does_not_happen(off: str) -> None:
    run = simulate_plan(SHOPS, paths=64, **{f"initiatives__{off}__active": "false"})
    assert months(run, "revenue.b") == pytest.approx(20)
    assert months(run, "cost")[-1] == pytest.approx(1 if off == "web" else 0, abs=1e-9)


def test_initiatives_of_one_driver_multiply_and_a_donor_loses_no_more_than_all() -> None:
    more = {
        "initiatives__tax": "{start: 2021-01, effect: {volume: {a: -50%}}}",
        "initiatives__move": "{start: 2021-01, effect: {revenue: {b: 100%}}, takes_from: {a: 90%}}",
    }
    run = simulate_plan(SHOPS, paths=64, **more)
    assert months(run, "revenue.a") == pytest.approx(0, abs=1e-9)
    less = {**more, "initiatives__move": "{start: 2021-01, effect: {revenue: {b: 10%}}, takes_from: {a: 50%}}"}
    january = months(simulate_plan(SHOPS, paths=64, **less), "revenue.a")[0]
    assert january == pytest.approx(10 * 0.5 * (1 - 0.5 * 2 / 10))


def test_an_initiative_that_starts_before_the_horizon_costs_nothing_once() -> None:
    started = "{start: 2020-11, effect: {volume: {a: 10%}}, cost: {once: 6 tỷ, per_month: 1 tỷ}}"
    run = simulate_plan(SHOPS.partition("initiatives:")[0] + f"initiatives: {{old: {started}}}", paths=64)
    assert months(run, "cost") == pytest.approx(1)
    assert months(run, "revenue.a") == pytest.approx(11)
