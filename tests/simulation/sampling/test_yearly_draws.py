"""Yearly changes: a draw a year, any two years correlated; the first year keeps the draw of its name."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import spearmanr

from forecast.arrays import Floats
from forecast.simulation.results import Simulation
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler
from forecast.simulation.sampling.yearly_draws import YearlyDraws, year_loadings
from tests.support.plans import simulate_plan

PATHS = 5 * PATHS_PER_BLOCK
PLAN = """
name: Six years
horizon: {from: 2021-01, months: 72}
services:
  a: {growth: 2% to 12%, baseline: {method: given, annual: 120 tỷ, shape: flat}}
  b: {growth: -3% to 9%, baseline: {method: given, annual: 130 tỷ, shape: flat}}
costs:
  rent: {per_month: 1 tỷ, change_per_year: 0% to 8%}
"""
BOTH = "correlations: {c: {between: [services.a.growth, services.b.growth], rank: 0.6}}\n"


def yearly_scores(run: Simulation, measure: str, low: float, high: float) -> Floats:
    """(years, paths): normal scores of the changes of a measure from year to year, whose range is `low` to `high`."""
    totals = np.array([run.values(measure, str(year)) for year in range(2021, 2027)])
    logs = np.log(totals[1:] / totals[:-1])
    low, high = math.log1p(low), math.log1p(high)
    return (logs - (low + high) / 2) / ((high - low) / (2 * ndtri(0.9)))


@pytest.mark.parametrize(("correlation", "width"), [(0.0, 2.236), (0.5, 3.873), (1.0, 5.0)])
def test_the_fifth_year_is_as_wide_as_the_correlation_of_the_years_says(correlation: float, width: float) -> None:
    run = simulate_plan(PLAN, paths=PATHS, growth_correlation=correlation)
    scores = yearly_scores(run, "revenue.a", 0.02, 0.12)
    assert scores.sum(axis=0).std() / scores[0].std() == pytest.approx(width, rel=0.02)
    for first, second in itertools.combinations(scores, 2):
        assert np.corrcoef(first, second)[0, 1] == pytest.approx(correlation, abs=0.02)
    assert np.allclose(scores.std(axis=1), 1, atol=0.02)


def test_half_is_what_holds_where_nothing_is_said() -> None:
    written, unwritten = simulate_plan(PLAN, growth_correlation="0.5"), simulate_plan(PLAN)
    assert np.array_equal(written.values("revenue", "2026"), unwritten.values("revenue", "2026"))


def test_at_one_the_years_are_one_draw() -> None:
    growth = np.exp(yearly_scores(simulate_plan(PLAN, growth_correlation="1"), "revenue.a", 0.02, 0.12))
    assert np.allclose(growth, growth[0], rtol=1e-9)


def test_the_first_year_has_the_draw_of_the_name_to_the_bit() -> None:
    run = simulate_plan(PLAN, paths=PATHS, keep=PATHS)
    assert run.path_sample is not None
    u = run.path_sample.uniforms["services.a.growth"]
    growth = run.scenario.services["a"].growth.distribution.transform_uniform(u)  # type: ignore[union-attr]
    assert np.allclose(run.values("revenue.a", "2022"), 120e9 * (1 + growth), rtol=1e-12)
    assert np.array_equal(Sampler(1, range(5), {}).uniform("services.a.growth"), u)


def test_a_longer_horizon_keeps_the_years_that_both_have() -> None:
    short, long = simulate_plan(PLAN + BOTH, horizon__months=36), simulate_plan(PLAN + BOTH, horizon__months=120)
    for year in ("2021", "2022", "2023"):
        for measure in ("revenue", "cost"):
            assert np.array_equal(short.values(measure, year), long.values(measure, year))


def test_both_forms_of_a_growth_have_the_same_draws() -> None:
    by_year = ", ".join(f"{year}: 2% to 12%" for year in range(2022, 2027))
    single, several = simulate_plan(PLAN), simulate_plan(PLAN, services__a__growth=f"{{{by_year}}}")
    assert np.array_equal(single.values("revenue", "2026"), several.values("revenue", "2026"))
    wider = simulate_plan(PLAN, services__a__growth=f"{{{by_year.replace('2024: 2%', '2024: 1%')}}}")
    for year, is_same in (("2023", True), ("2024", False)):
        assert np.array_equal(single.values("revenue.a", year), wider.values("revenue.a", year)) == is_same


@pytest.mark.parametrize("copula", ["gaussian", "t(4)"])
@pytest.mark.parametrize("correlation", [0.0, 0.5, 1.0])
def test_growths_are_correlated_as_asked_in_every_year(copula: str, correlation: float) -> None:
    run = simulate_plan(PLAN + BOTH, paths=PATHS, copula=copula, growth_correlation=correlation)
    a, b = yearly_scores(run, "revenue.a", 0.02, 0.12), yearly_scores(run, "revenue.b", -0.03, 0.09)
    for year in range(5):
        assert spearmanr(a[year], b[year]).statistic == pytest.approx(0.6, abs=0.02)
    normal = 2 * math.sin(math.pi * 0.6 / 6)
    for year, other in itertools.permutations(range(5), 2):  # of two years: the product of both correlations
        assert np.corrcoef(a[year], b[other])[0, 1] == pytest.approx(correlation * normal, abs=0.025)


def test_a_t_copula_makes_the_extremes_of_two_years_no_more_alike() -> None:
    """Each year has a chi-square of its own, as each month has."""
    run = simulate_plan(PLAN + BOTH, paths=PATHS, copula="t(2)", growth_correlation="0")
    scores = np.square(yearly_scores(run, "revenue.a", 0.02, 0.12))
    for first, second in itertools.combinations(scores, 2):
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.035


def test_a_cost_that_begins_a_year_earlier_is_correlated_in_the_same_years() -> None:
    pair = "correlations: {c: {between: [services.a.growth, costs.rent.change_per_year], rank: 0.6}}\n"
    run = simulate_plan(PLAN + pair, paths=PATHS, growth_correlation="0.2")
    growth = yearly_scores(run, "revenue.a", 0.02, 0.12)  # of 2022 to 2026
    sampler = Sampler(1, range(5), run.groups, YearlyDraws(dict.fromkeys(run.groups, 2021), 0.2))
    for row, year in enumerate(range(2022, 2027)):
        cost = sampler.uniform_in_year("costs.rent.change_per_year", year)
        assert spearmanr(growth[row], cost).statistic == pytest.approx(0.6, abs=0.02)


def test_a_price_and_a_cost_change_anew_each_year() -> None:
    plan = PLAN.replace("growth: 2% to 12%", "price_change: 2% to 12%")
    run = simulate_plan(plan, paths=PATHS, growth_correlation="0")
    scores = yearly_scores(run, "revenue.a", 0.02, 0.12)
    assert abs(np.corrcoef(scores[0], scores[1])[0, 1]) < 0.03
    months = {f"targets__m{y}": f"{{measure: cost, period: {y}-01, at_most: 2 tỷ}}" for y in range(2021, 2027)}
    run = simulate_plan(PLAN, paths=PATHS, growth_correlation="0", **months)
    january = np.array([np.broadcast_to(run.values("cost", f"{year}-01"), PATHS) for year in range(2021, 2027)])
    changes = np.log(january[1:] / january[:-1])
    assert abs(np.corrcoef(changes[0], changes[1])[0, 1]) < 0.03
    assert np.quantile(changes[3], [0.1, 0.9]) == pytest.approx(np.log1p([0.0, 0.08]), abs=0.002)


def test_a_certain_cost_grows_month_by_month_at_the_rate_of_its_year() -> None:
    rates = "{2021: 12%, 2022: 0%, 2023: 24%, 2024: 0%, 2025: 0%, 2026: 0%}"
    months = {
        f"targets__m{i}": f"{{measure: cost, period: {month}, at_most: 2 tỷ}}"
        for i, month in enumerate(("2021-07", "2022-06", "2023-07", "2024-05"))
    }
    run = simulate_plan(PLAN, costs__rent__change_per_year=rates, **months)
    values = [float(run.values("cost", target.period.text)[0]) / 1e9 for target in run.scenario.targets.values()]
    assert values == pytest.approx([1.12**0.5, 1.12, 1.12 * 1.24**0.5, 1.12 * 1.24])


def test_same_as_shares_the_draw_of_every_year() -> None:
    run = simulate_plan(PLAN, services__b__growth="{same_as: services.a.growth}")
    for year in range(2021, 2027):
        ratio = run.values("revenue.b", str(year)) / run.values("revenue.a", str(year))
        assert np.allclose(ratio, 130 / 120, rtol=1e-12)
    entries = ", ".join(f"{year}: {{same_as: services.a.growth}}" for year in range(2022, 2027))
    by_year = simulate_plan(PLAN, services__b__growth=f"{{{entries}}}")
    assert np.array_equal(by_year.values("revenue.b", "2026"), run.values("revenue.b", "2026"))


def test_loadings_are_rows_of_the_factor_of_equal_correlation() -> None:
    for correlation in (0.0, 0.2, 0.5, 0.99, 1.0):
        rows = np.zeros((10, 10))
        for year in range(10):
            rows[year, : year + 1] = year_loadings(year, correlation)
        expected = np.where(np.eye(10, dtype=bool), 1.0, correlation)
        assert np.allclose(rows @ rows.T, expected, atol=1e-9)
