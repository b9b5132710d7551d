"""Long lists of places are counted as their values are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.simulation.places.histograms import PlaceTally, find_place_atoms
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


NOT_EVERY_YEAR = """
name: Floods that come or do not
horizon: {from: 2021-01, months: 12}
places: {file: places.csv}
services: {a: {baseline: {method: given, annual: 120 tỷ, shape: flat}}}
shocks:
  floods:
    kind: flood
    per_year: RATE
    season: {4: 1}
    classes: {one: {weight: 1, reach: 30%, days: 10, loss_share: {all: 50%}}}
targets: {t: {measure: revenue, period: 2021, at_least: 100 tỷ}}
"""


@pytest.mark.parametrize(("rate", "spared"), [("0.5", (0.2, 0.5)), ("1.2", (0.4, 0.9)), ("3", (0.7, 0.9))])
def test_the_quantile_of_a_place_that_is_spared_is_its_full_revenue(
    tmp_path: Path, rate: str, spared: tuple[float, float]
) -> None:
    scenario = read_plan(tmp_path, NOT_EVERY_YEAR.replace("RATE", rate), place_list(40))
    run = forecast.simulate(scenario, paths=9_000)
    assert run.places is not None
    full_revenue = 120e9 / 40
    for place in (0, 7, 39):
        for p in spared:
            assert run.places.quantile(place, p).value == pytest.approx(full_revenue, rel=2e-6)


def test_histograms_of_places_keep_several_atoms_and_zero() -> None:
    rng = np.random.default_rng(1)
    values = rng.uniform(2.1e9, 2.9e9, 12_000).astype(np.float32).astype(np.float64)
    atoms = {0.0: 0.12, 1.5e9: 0.2, 2.0e9: 0.1, 3.0e9: 0.4}
    ends = np.concatenate([[0.0], np.cumsum(list(atoms.values()))])
    u = rng.random(len(values))
    for atom, low, high in zip(atoms, ends[:-1], ends[1:], strict=True):
        values[(low <= u) & (u < high)] = atom
    values *= 1 + 5e-8 * rng.integers(-1, 2, len(values))  # the last bits of 32
    blocks = np.split(values, 3)
    atoms_of_place = find_place_atoms(blocks[0])
    upper_bounds = np.array([4.2e9, 4.2e9])
    tally, later = (PlaceTally(upper_bounds, (), ((), atoms_of_place)) for _ in range(2))
    for counted, block in zip((tally, tally, later), blocks, strict=True):
        counted.add(0, block, 0)
        counted.add(1, block, 0)
        counted.n += len(block)
    tally.merge(later)
    restored = PlaceTally(upper_bounds, (), ((), atoms_of_place))
    restored.restore(tally.state(), len(values))
    for p, quantile in ((0.05, 0.0), (0.1, 0.0), (0.3, 1.5e9), (0.4, 2.0e9), (0.5, None), (0.9, 3.0e9)):
        expected = np.quantile(values, p) if quantile is None else quantile
        assert restored.quantile(1, p).value == pytest.approx(expected, rel=2e-3 if quantile is None else 1e-6)


def test_noisy_revenues_of_a_place_have_no_atom() -> None:
    """Some of many lie within the rounding of 32 bits by chance."""
    rng = np.random.default_rng(11)
    for paths in (100, PATHS_PER_BLOCK):
        for _ in range(200):
            assert find_place_atoms(1.2e9 * np.exp(rng.normal(0, 0.05, paths))) == ()
