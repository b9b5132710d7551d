"""Long lists of places are counted as their values are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from tests.support.place_plans import WITH_SHOCKS, place_list, read_plan


def test_counts_of_a_place_agree_with_its_values(tmp_path: Path) -> None:
    target = "  t: {measure: revenue, place: '00007', period: 2021, at_least: 5 tỷ}\n"
    scenario = read_plan(tmp_path, WITH_SHOCKS.replace("targets:\n", "targets:\n" + target), place_list(45))
    run = forecast.simulate(scenario, paths=12_000)
    values = run.values("revenue@00007", "2021")
    assert run.places is not None
    assert run.places.n == 12_000
    assert run.places.mean(7).value == pytest.approx(values.mean(), rel=1e-9)
    for p in (0.1, 0.5, 0.9):
        assert run.places.quantile(7, p).value == pytest.approx(np.quantile(values, p), rel=1e-3)
    assert 0 < run.places.severe_loss_chance(7).value < 1


def test_severe_loss_chance_agrees_with_the_paths(tmp_path: Path) -> None:
    text = """
name: Sure but for floods
horizon: {from: 2021-01, months: 12}
places: {file: places.csv}
services: {a: {baseline: {method: given, annual: 120 tỷ, shape: flat}}}
shocks:
  floods:
    kind: flood
    per_year: 3
    season: {4: 1, 6: 1}
    classes: {one: {weight: 1, reach: 10% to 60%, days: 20 to 60, loss_share: {all: 60% to 95%}}}
    recovered: {all: 10% to 40%}
targets: {t: {measure: revenue, place: "00011", period: 2021, at_least: 3 tỷ}}
"""
    run = forecast.simulate(read_plan(tmp_path, text, place_list(40)), paths=20_000)
    relative_revenue = run.values("revenue@00011", "2021") / (120e9 / 40)
    assert run.places is not None
    chance = run.places.severe_loss_chance(11).value
    assert 0.05 < chance < 0.95
    assert chance == pytest.approx(np.mean(relative_revenue < 0.9), abs=2e-3)
    loss_share = run.places.loss_shares(slice(11, 12))["floods"]
    assert loss_share > 1 - relative_revenue.mean() > 0  # before what comes back, each flood by itself


@pytest.mark.parametrize(("count", "districts"), [(90, 2), (80, 40), (1, 1), (33, 33)])
def test_long_lists_add_up_in_few_and_many_districts(tmp_path: Path, count: int, districts: int) -> None:
    run = forecast.simulate(read_plan(tmp_path, WITH_SHOCKS, place_list(count, districts)), paths=PATHS_PER_BLOCK)
    province_mean = run.tally("revenue", "2021").mean
    codes = [f"d{row:03d}" for row in range(districts)]
    assert sum(run.tally(f"revenue@{code}", "2021").mean for code in codes) == pytest.approx(province_mean, rel=1e-11)
    assert run.places is not None
    assert sum(run.places.mean(row).value for row in range(count)) == pytest.approx(province_mean, rel=1e-11)
