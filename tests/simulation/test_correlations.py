"""Correlated draws move together under both copulas, and nothing else changes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from forecast.analysis.correlation import achieved_correlations
from forecast.simulation.results import Simulation
from forecast.stats.copula import pearson_from_spearman
from tests.support.correlated_plans import ALL_DRAWN_ONCE, correlated_plan
from tests.support.plans import TWO_SERVICES, simulate_plan

PATHS = 40_000


YEAR = "2021"


def test_correlated_occurrences_have_the_joint_chance_of_the_copula() -> None:
    """Both at once: 40% and 60% that are correlated; by the orthant of the normals behind them."""
    r = pearson_from_spearman(0.8)
    run = simulate_plan(
        correlated_plan(("initiatives.app.happens", "initiatives.shop.happens"), 0.8), paths=PATHS, keep=PATHS
    )
    assert run.path_sample is not None
    app, shop = (run.path_sample.occurrences[f"initiatives.{name}"] for name in ("app", "shop"))
    z = stats.norm.ppf([0.4, 0.6])
    expected = float(stats.multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf(z))
    assert abs(np.mean(app * shop) - expected) < 5 * math.sqrt(0.25 / PATHS)
    assert abs(app.mean() - 0.4) < 5 * math.sqrt(0.25 / PATHS)


def test_an_occurrence_is_correlated_with_an_amount() -> None:
    pair = ("initiatives.shop.happens", "services.b.baseline.annual")
    run = simulate_plan(correlated_plan(pair, 0.7), paths=PATHS, keep=PATHS)
    assert run.path_sample is not None
    shop, b = run.path_sample.occurrences["initiatives.shop"], run.path_sample.uniforms["services.b.baseline.annual"]
    assert b[shop == 1].mean() > b[shop == 0].mean() + 0.2


def test_the_climate_is_correlated_with_growth() -> None:
    run = simulate_plan(correlated_plan(("climate.2021", "services.a.growth"), 0.9), paths=PATHS, keep=PATHS)
    assert run.path_sample is not None
    floods, growth = run.path_sample.occurrences["shocks.floods"], run.path_sample.uniforms["services.a.growth"]
    assert floods[growth > 0.8].mean() > 1.5 * floods[growth < 0.2].mean()


def test_a_correlated_climate_keeps_its_distribution() -> None:
    text = ALL_DRAWN_ONCE.replace("months: 24", "months: 12").replace("per_year: 0.5 to 2", "per_year: 2")
    alone = simulate_plan(text, paths=PATHS, keep=PATHS)
    moved = simulate_plan(
        text + "correlations: {c: {between: [climate.2021, services.a.growth], rank: 0.5}}\n", paths=PATHS, keep=PATHS
    )
    for run in (alone, moved):
        assert run.path_sample is not None
        none = float(np.mean(run.path_sample.occurrences["shocks.floods"] == 0))
        assert abs(none - (2.3 / 4.3) ** 2.3) < 5 * math.sqrt(0.25 / PATHS)


ANNUALS = "{between: [services.a.baseline.annual, services.b.baseline.annual], rank: 0.5}"


MONTHS = "{between: [services.a, services.b], rank: 0.5}"


def joint_tail_share(run: Simulation, p: float = 0.02) -> float:
    """Share of the paths in which both years lie below their own quantile."""
    a, b = (run.values(f"revenue.{service}", YEAR) for service in "ab")
    return float(np.mean((a < np.quantile(a, p)) & (b < np.quantile(b, p))))


def test_the_joint_tail_is_heavier_under_a_t_copula() -> None:
    gauss, heavy = (
        simulate_plan(TWO_SERVICES, paths=120_000, correlations__c=ANNUALS, copula=c) for c in ("gaussian", "t(3)")
    )
    correlations = [achieved_correlations(run)[0] for run in (gauss, heavy)]
    assert all(abs(correlation.achieved - 0.5) < 2 * correlation.error for correlation in correlations)
    assert joint_tail_share(heavy) > 1.4 * joint_tail_share(gauss) > 1.4 * 0.02**2 * 5


@pytest.mark.parametrize("copula", ["gaussian", "t(3)"])
def test_a_correlation_does_not_change_the_margins(copula: str) -> None:
    independent, correlated = (
        simulate_plan(TWO_SERVICES, paths=PATHS),
        simulate_plan(TWO_SERVICES, paths=PATHS, correlations__c=ANNUALS, copula=copula),
    )
    for service in "ab":
        independent_values, correlated_values = (
            run.values(f"revenue.{service}", YEAR) for run in (independent, correlated)
        )
        assert stats.ks_2samp(independent_values, correlated_values).pvalue > 0.001


@pytest.mark.parametrize("copula", ["gaussian", "t(3)"])
def test_correlated_months_keep_the_distribution_of_each_service(copula: str) -> None:
    """Not only each month: also how far two months lie apart, whose tail a common scale would lengthen."""
    text = TWO_SERVICES.replace("shape: flat", "shape: flat, noise: 5%")
    months = {f"targets__m{m}": f"{{measure: revenue.a, period: 2021-{m:02d}, at_least: 1 tỷ}}" for m in (3, 8)}
    run = simulate_plan(text, paths=PATHS, correlations__c=MONTHS, copula=copula, **months)
    march, august = (np.log(run.values("revenue.a", f"2021-{m:02d}")) for m in (3, 8))
    step = (march - august) / (0.05 * math.sqrt(2))
    assert stats.kstest(step, "norm").pvalue > 0.001
    assert abs(stats.kurtosis(step)) < 5 * math.sqrt(24 / PATHS)


def test_correlated_months_have_heavier_joint_tails_under_a_t_copula() -> None:
    text = TWO_SERVICES.replace("shape: flat", "shape: flat, noise: 5%")
    seen = {}
    for copula in ("gaussian", "t(3)"):
        march = {f"targets__{s}": f"{{measure: revenue.{s}, period: 2021-03, at_least: 1 tỷ}}" for s in "ab"}
        april = {f"targets__{s}4": f"{{measure: revenue.{s}, period: 2021-04, at_least: 1 tỷ}}" for s in "ab"}
        run = simulate_plan(text, paths=120_000, correlations__c=MONTHS, copula=copula, **march, **april)
        a, b = (run.values(f"revenue.{s}", "2021-03") / run.values(f"revenue.{s}", "2021-04") for s in "ab")
        seen[copula] = np.mean((a < np.quantile(a, 0.01)) & (b < np.quantile(b, 0.01)))
    assert seen["t(3)"] > 1.2 * seen["gaussian"]


def test_a_new_member_of_a_correlation_changes_no_other() -> None:
    two = simulate_plan(correlated_plan(("services.a.growth", "services.b.baseline.annual"), 0.5))
    more = ("services.a.growth", "services.b.baseline.annual", "services.c.baseline.annual")
    three = simulate_plan(correlated_plan(more, 0.5))
    for service in "ab":
        assert np.array_equal(two.values(f"revenue.{service}", YEAR), three.values(f"revenue.{service}", YEAR))


def test_more_paths_and_a_longer_horizon_keep_correlated_draws() -> None:
    text = correlated_plan(("services.a", "services.b"), 0.5, "t(4)")
    short, long = (
        simulate_plan(text, paths=3_000, horizon__months=12),
        simulate_plan(text, paths=5_000, horizon__months=36),
    )
    assert np.array_equal(short.values("revenue", YEAR), long.values("revenue", YEAR)[:3_000])
