"""A year at the planner's level is as wide as its growth, or as its months where they are wider."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.simulation.compiled import compile_plan
from forecast.simulation.model.baseline_paths import draw_baseline
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler
from forecast.timeseries.baseline import fit_baseline, unfitted_notes
from tests.support.plans import read_plan_text
from tests.support.signed_ledgers import LEDGERS, write_plan

PATHS = 100_000
POINTS = 0.2
"""Percentage points within which an end of a year is right; the error of simulation is below 0.06."""
SHAPES = {
    "flat": "flat",
    "season": "[9, 8, 8, 7, 7, 7, 8, 8, 9, 9, 10, 10]",
    "peak": "[1, 1, 1, 1, 1, 2.5, 1, 1, 1, 1, 1, 1]",
}
PLAN = """
name: One service
horizon: {{from: 2021-01, months: {months}}}
services:
  a: {{growth: {growth}, baseline: {{method: given, annual: {annual}, shape: {shape}, {noise}}}}}
"""
CALM = "noise: 4% to 10%, persistence: 60%, level_noise: 2% to 4%"


def years(growth: str, noise: str, shape: str = "flat", annual: str = "100 tỷ", months: int = 36) -> np.ndarray:
    """(years, PATHS) revenue, in tỷ."""
    text = PLAN.format(growth=growth, noise=noise, shape=shape, annual=annual, months=months)
    run = forecast.simulate(read_plan_text(text), paths=PATHS, keep=PATHS)
    return np.array([run.draws("revenue", str(year)) for year in range(2021, 2021 + months // 12)]) / 1e9


def growth_ends(by_year: np.ndarray) -> np.ndarray:
    """(years after the first, 3) P10, P50 and P90 of each year over the year before, in percent."""
    return 100 * (np.quantile(by_year[1:] / by_year[:-1], (0.1, 0.5, 0.9), axis=1).T - 1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("low", "high"), [(0, 20), (-10, 5)])
def test_a_year_is_as_wide_as_its_growth(shape: str, low: float, high: float) -> None:
    middle = 100 * (np.sqrt((1 + low / 100) * (1 + high / 100)) - 1)
    by_year = years(f"{low}% to {high}%", CALM, SHAPES[shape])
    assert growth_ends(by_year) == pytest.approx(np.tile([low, middle, high], (2, 1)), abs=POINTS)


def test_a_given_year_is_as_wide_as_its_amount() -> None:
    (first,) = years("0%", "noise: 10%", annual="80 tỷ to 125 tỷ", months=12)
    assert np.quantile(first, (0.1, 0.5, 0.9)) == pytest.approx([80, 100, 125], abs=POINTS)


def test_half_a_year_is_part_of_a_year_of_that_width() -> None:
    two_years = PLAN.format(growth="0% to 20%", noise=CALM, shape="flat", annual="100 tỷ", months=24)
    two_years += "targets: {half: {measure: revenue, period: 2022-Q2, at_least: 20 tỷ}}"
    one_and_a_half = two_years.replace("months: 24", "months: 18")
    runs = [forecast.simulate(read_plan_text(text), paths=5_000, keep=5_000) for text in (two_years, one_and_a_half)]
    assert np.array_equal(*(run.draws("revenue", "2022-Q2") for run in runs))


@pytest.mark.parametrize(
    ("growth", "noise"),
    [("3% to 6%", "noise: 2% to 5%, persistence: 60%"), ("4.5%", "noise: 5%, level_noise: 3%")],
)
def test_months_that_are_wider_than_growth_make_the_year_and_the_note_says_its_ends(growth: str, noise: str) -> None:
    text = PLAN.format(growth=growth, noise=noise, shape=SHAPES["season"], annual="100 tỷ", months=24)
    notes = dict(unfitted_notes(read_plan_text(text), None))
    (key,) = (key for key in notes if key.startswith("growth_narrower_than_months"))
    params = dict(notes[key])
    printed = [float(params[name].rstrip("%").replace("\N{MINUS SIGN}", "-")) for name in ("low", "high")]
    ends = growth_ends(years(growth, noise, SHAPES["season"], months=24))[0]
    assert printed == pytest.approx(ends[[0, 2]], abs=POINTS)
    assert ends[1] == pytest.approx(4.5, abs=POINTS)
    assert params["low.vi"] == params["low"].replace(".", ",")


def test_the_noise_that_a_note_names_keeps_the_range() -> None:
    plan = PLAN.format(growth="3% to 6%", noise="noise: 4%, level_noise: 2%", shape="flat", annual="100 tỷ", months=24)
    notes = dict(unfitted_notes(read_plan_text(plan), None))
    params = dict(notes["growth_narrower_than_months_and_level"])
    calmer = f"noise: {params['noise']}, level_noise: {params['level_noise']}"
    ends = growth_ends(years("3% to 6%", calmer, months=24))[0]
    assert ends[[0, 2]] == pytest.approx([3, 6], abs=POINTS)


def test_a_wide_growth_has_no_note() -> None:
    text = PLAN.format(growth="0% to 20%", noise=CALM, shape="flat", annual="100 tỷ to 140 tỷ", months=24)
    assert unfitted_notes(read_plan_text(text), None) == []


def test_a_list_of_growths_keeps_its_chances() -> None:
    by_year = years("'discrete(0% at 30%, 100% at 70%)'", "noise: 5%", months=24)
    assert np.mean(by_year[1] / by_year[0] > 1.5) == pytest.approx(0.7, abs=0.005)


def test_without_noise_nothing_but_the_growth_moves_a_year() -> None:
    by_year = years("5%", "persistence: 60%", SHAPES["season"], months=24)
    np.testing.assert_allclose(by_year, np.outer([100, 105], np.ones(PATHS)), rtol=1e-12)


def test_the_level_walks_from_the_middle_of_each_year() -> None:
    text = PLAN.format(growth="0%", noise="level_noise: 20%", shape="flat", annual="120 tỷ", months=24)
    text += "targets: {january: {measure: revenue, period: 2022-01, at_least: 1 tỷ}}"
    run = forecast.simulate(read_plan_text(text), paths=PATHS, keep=PATHS)
    year = run.draws("revenue", "2021")
    january = run.draws("revenue", "2022-01")
    assert np.std(np.log(january / year)) == pytest.approx(0.2 / np.sqrt(12), rel=0.02)


def test_months_before_they_are_cut_at_zero_are_below_it_where_the_cut_ones_are_zero(tmp_path: Path) -> None:
    values = LEDGERS["zeros_30"]
    scenario = forecast.read(write_plan(tmp_path, {"a": values}, "{a: {growth: 0% to 9%, baseline: {noise: 60%}}}"))
    plan = compile_plan(scenario, fit_baseline(scenario), PATHS_PER_BLOCK)
    draws = draw_baseline(plan.baseline, Sampler(plan.seed, range(1), plan.groups, plan.yearly)).services["a"].planned
    assert draws is not None
    cut, uncut = draws.months(), draws.months(is_cut=False)
    assert cut.min() == 0 > uncut.min()
    assert np.array_equal(np.maximum(uncut, 0.0), cut)
    deviations = dict(enumerate(draws.deviations))
    assert np.allclose(draws.with_deviations(deviations).months(), cut)
    moved = draws.with_deviations({3: deviations[3] + 1.0}).months()
    assert np.array_equal(np.delete(moved, 3, axis=0), np.delete(cut, 3, axis=0))
    assert moved[3].mean() > 1.5 * cut[3].mean()


def test_a_booked_month_leaves_the_other_months_of_its_year(tmp_path: Path) -> None:
    scenario = forecast.read(write_plan(tmp_path, {"a": LEDGERS["zeros_30"]}, "{a: {growth: 0% to 9%}}"))
    plan = compile_plan(scenario, fit_baseline(scenario), PATHS_PER_BLOCK)
    draws = draw_baseline(plan.baseline, Sampler(plan.seed, range(1), plan.groups, plan.yearly)).services["a"].planned
    assert draws is not None
    months = draws.months()
    booked = draws.months(booked={0: np.array([5.0]), 1: np.array([6.0]), 4: np.arange(float(PATHS_PER_BLOCK))})
    assert np.array_equal(np.delete(booked, [0, 1, 4], axis=0), np.delete(months, [0, 1, 4], axis=0))
    assert set(booked[0]) == {5.0}
    assert np.array_equal(booked[4], np.arange(PATHS_PER_BLOCK))
