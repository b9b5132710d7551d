"""What is asked to move together does, under both copulas, and nothing else changes: plans in YAML."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import forecast
from forecast.analysis.correlation import achieved_correlations, rank_correlation
from forecast.errors import InputError
from forecast.simulation.simulate import Simulation
from forecast.stats.copula import build_correlated_groups, pearson_from_spearman, t_copula_spearman
from tests.support.plans import TWO_SERVICES, read_plan_text, simulate_plan

PATHS = 40_000
YEAR = "2021"

ALL = """
name: All that is drawn once a path
horizon: {from: 2021-01, months: 24}
places: {count: 1}
climate: {shape: 2.3}
baseline: {method: given, shape: flat}
services:
  a: {growth: 0% to 10%, baseline: {annual: 100 tỷ to 140 tỷ, noise: 4%, level_noise: 3%}}
  b: {baseline: {annual: "normal(130 tỷ, 12 tỷ)", noise: 6%, persistence: 30%, level_noise: 2%}}
  c: {baseline: {annual: "pert(50 tỷ, 60 tỷ, 90 tỷ)", noise: 5%}}
shocks:
  works: {kind: event, from: 2021-05-04, until: 2021-07-31, chance: 50%, effect: {volume: {a: -20% to -5%}}}
  floods:
    kind: flood
    per_year: 0.5 to 2
    season: {9: 2, 10: 8}
    classes: {c: {weight: 1, reach: 50%, days: 2, loss_share: {all: 50%}, repair_per_place: 1 tỷ}}
initiatives:
  shop: {chance: 60%, start: "uniform(2021-02, 2021-08)", ramp: 3 months, effect: {revenue: {b: 2% to 6%}}}
  app: {chance: 40%, start: 2021-03, effect: {volume: {a: 1% to 3%}}}
targets:
  revenue: {measure: revenue, period: 2021, at_least: 250 tỷ}
"""

PAIRS = {
    "a growth and a rate": ("services.a.growth", "shocks.floods.per_year"),
    "an amount and an effect": ("services.c.baseline.annual", "initiatives.shop.effect.revenue.b"),
    "a start and a loss": ("initiatives.shop.start", "shocks.works.effect.volume.a"),
    "two services' months": ("services.a", "services.c"),
    "two initiatives": ("initiatives.app.happens", "initiatives.shop.happens"),
    "a success and an amount": ("initiatives.shop.happens", "services.b.baseline.annual"),
    "an event and a loss": ("shocks.works.happens", "shocks.works.effect.volume.a"),
    "a climate and a growth": ("climate.2021", "services.a.growth"),
    "two climates": ("climate.2021", "climate.2022"),
}


def correlated(pair: tuple[str, ...], rank: float, copula: str = "gaussian") -> str:
    return ALL + f"copula: {copula}\ncorrelations: {{c: {{between: [{', '.join(pair)}], rank: {rank}}}}}\n"


@pytest.mark.parametrize("copula", ["gaussian", "t(4)"])
@pytest.mark.parametrize("rank", [0.6, -0.4])
@pytest.mark.parametrize("pair", PAIRS)
def test_the_rank_that_is_asked_is_achieved(pair: str, rank: float, copula: str) -> None:
    run = simulate_plan(correlated(PAIRS[pair], rank, copula), paths=8_192)
    (found,) = achieved_correlations(run)
    assert found.requested == rank
    assert abs(found.achieved - rank) < 2 * found.error  # four standard errors
    assert 0.001 < found.error < 0.025


def test_more_than_two_with_a_happening_among_them_hold_every_rank() -> None:
    names = ("initiatives.shop.happens", "services.a.growth", "services.b.baseline.annual", "climate.2021")
    found = achieved_correlations(simulate_plan(correlated(names, 0.5), paths=8_192))
    assert len(found) == 6
    assert all(abs(one.achieved - 0.5) < 2 * one.error for one in found)


def test_what_happens_together_moves_the_figures() -> None:
    """Both at once: 40% and 60% that share their luck; by the orthant of the normals behind them."""
    r = pearson_from_spearman(0.8)
    run = simulate_plan(
        correlated(("initiatives.app.happens", "initiatives.shop.happens"), 0.8), paths=PATHS, keep=PATHS
    )
    assert run.path_sample is not None
    app, shop = (run.path_sample.occurrences[f"initiatives.{name}"] for name in ("app", "shop"))
    z = stats.norm.ppf([0.4, 0.6])
    expected = float(stats.multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf(z))
    assert abs(np.mean(app * shop) - expected) < 5 * math.sqrt(0.25 / PATHS)
    assert abs(app.mean() - 0.4) < 5 * math.sqrt(0.25 / PATHS)


def test_a_success_comes_where_the_other_number_is_high() -> None:
    pair = ("initiatives.shop.happens", "services.b.baseline.annual")
    run = simulate_plan(correlated(pair, 0.7), paths=PATHS, keep=PATHS)
    assert run.path_sample is not None
    shop, b = run.path_sample.occurrences["initiatives.shop"], run.path_sample.uniforms["services.b.baseline.annual"]
    assert b[shop == 1].mean() > b[shop == 0].mean() + 0.2


def test_a_wet_year_comes_where_the_other_number_is_high() -> None:
    run = simulate_plan(correlated(("climate.2021", "services.a.growth"), 0.9), paths=PATHS, keep=PATHS)
    assert run.path_sample is not None
    floods, growth = run.path_sample.occurrences["shocks.floods"], run.path_sample.uniforms["services.a.growth"]
    assert floods[growth > 0.8].mean() > 1.5 * floods[growth < 0.2].mean()


def test_the_climate_keeps_its_margin_when_it_is_correlated() -> None:
    text = ALL.replace("months: 24", "months: 12").replace("per_year: 0.5 to 2", "per_year: 2")
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


def tails(run: Simulation, p: float = 0.02) -> float:
    """Share of the paths in which both years lie below their own quantile."""
    a, b = (run.values(f"revenue.{service}", YEAR) for service in "ab")
    return float(np.mean((a < np.quantile(a, p)) & (b < np.quantile(b, p))))


def test_the_joint_tail_is_higher_under_t_at_the_same_rank() -> None:
    gauss, heavy = (
        simulate_plan(TWO_SERVICES, paths=120_000, correlations__c=ANNUALS, copula=c) for c in ("gaussian", "t(3)")
    )
    found = [achieved_correlations(run)[0] for run in (gauss, heavy)]
    assert all(abs(one.achieved - 0.5) < 2 * one.error for one in found)
    assert tails(heavy) > 1.4 * tails(gauss) > 1.4 * 0.02**2 * 5


@pytest.mark.parametrize("copula", ["gaussian", "t(3)"])
def test_a_correlation_leaves_every_margin_alone(copula: str) -> None:
    apart, moved = (
        simulate_plan(TWO_SERVICES, paths=PATHS),
        simulate_plan(TWO_SERVICES, paths=PATHS, correlations__c=ANNUALS, copula=copula),
    )
    for service in "ab":
        one, two = (run.values(f"revenue.{service}", YEAR) for run in (apart, moved))
        assert stats.ks_2samp(one, two).pvalue > 0.001


@pytest.mark.parametrize("copula", ["gaussian", "t(3)"])
def test_correlated_months_leave_the_months_of_one_service_alone(copula: str) -> None:
    """Not only each month: also how far two months lie apart, whose tail a common scale would lengthen."""
    text = TWO_SERVICES.replace("shape: flat", "shape: flat, noise: 5%")
    months = {f"targets__m{m}": f"{{measure: revenue.a, period: 2021-{m:02d}, at_least: 1 tỷ}}" for m in (3, 8)}
    run = simulate_plan(text, paths=PATHS, correlations__c=MONTHS, copula=copula, **months)
    march, august = (np.log(run.values("revenue.a", f"2021-{m:02d}")) for m in (3, 8))
    step = (march - august) / (0.05 * math.sqrt(2))
    assert stats.kstest(step, "norm").pvalue > 0.001
    assert abs(stats.kurtosis(step)) < 5 * math.sqrt(24 / PATHS)


def test_correlated_months_share_their_bad_months_more_under_t() -> None:
    text = TWO_SERVICES.replace("shape: flat", "shape: flat, noise: 5%")
    seen = {}
    for copula in ("gaussian", "t(3)"):
        march = {f"targets__{s}": f"{{measure: revenue.{s}, period: 2021-03, at_least: 1 tỷ}}" for s in "ab"}
        april = {f"targets__{s}4": f"{{measure: revenue.{s}, period: 2021-04, at_least: 1 tỷ}}" for s in "ab"}
        run = simulate_plan(text, paths=120_000, correlations__c=MONTHS, copula=copula, **march, **april)
        a, b = (run.values(f"revenue.{s}", "2021-03") / run.values(f"revenue.{s}", "2021-04") for s in "ab")
        seen[copula] = np.mean((a < np.quantile(a, 0.01)) & (b < np.quantile(b, 0.01)))
    assert seen["t(3)"] > 1.2 * seen["gaussian"]


def test_a_new_member_of_a_common_rank_moves_no_other() -> None:
    two = simulate_plan(correlated(("services.a.growth", "services.b.baseline.annual"), 0.5))
    more = ("services.a.growth", "services.b.baseline.annual", "services.c.baseline.annual")
    three = simulate_plan(correlated(more, 0.5))
    for service in "ab":
        assert np.array_equal(two.values(f"revenue.{service}", YEAR), three.values(f"revenue.{service}", YEAR))


def test_more_paths_and_a_longer_horizon_keep_correlated_draws() -> None:
    text = correlated(("services.a", "services.b"), 0.5, "t(4)")
    short, long = (
        simulate_plan(text, paths=3_000, horizon__months=12),
        simulate_plan(text, paths=5_000, horizon__months=36),
    )
    assert np.array_equal(short.values("revenue", YEAR), long.values("revenue", YEAR)[:3_000])


@pytest.mark.parametrize("freedom", [2, 3, 5, 10, 40])
@pytest.mark.parametrize("r", [-0.7, 0.3, 0.9])
def test_the_rank_of_a_t_agrees_with_samples_of_it(freedom: int, r: float) -> None:
    random = np.random.default_rng(freedom)
    z = random.multivariate_normal([0, 0], [[1, r], [r, 1]], 200_000)
    t = z / np.sqrt(random.chisquare(freedom, 200_000) / freedom)[:, None]
    found = rank_correlation(t[:, 0], t[:, 1])
    assert abs(found.value - t_copula_spearman(r, freedom)) < 2.5 * (found.high - found.low) / 2
    assert t_copula_spearman(pearson_from_spearman(0.4, freedom), freedom) == pytest.approx(0.4, abs=1e-9)


def test_the_error_of_a_rank_correlation_is_that_of_its_samples() -> None:
    random = np.random.default_rng(8)
    pairs = random.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], (400, 2_000))
    found = [rank_correlation(pair[:, 0], pair[:, 1]) for pair in pairs]
    error = np.std([one.value for one in found], ddof=1)
    assert np.mean([one.high - one.low for one in found]) / (2 * 1.96) == pytest.approx(error, rel=0.12)


def test_a_rank_of_one_or_minus_one_is_exact() -> None:
    assert [pearson_from_spearman(rank) for rank in (-1.0, 0.0, 1.0)] == [-1.0, 0.0, 1.0]
    group = build_correlated_groups({"c": (("a", "b"), 1.0)})["a"]
    assert group.factor == ((1.0, 0.0), (1.0, 0.0))


@pytest.mark.parametrize(
    "name",
    ["initiatives.shop.happen", "initiatives.nothing.happens", "shocks.floods.happens", "climate.2030", "climate"],
)
def test_what_is_not_drawn_once_a_path_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"correlations\.c\.between"):
        read_plan_text(correlated(("services.a.growth", name), 0.5))


def test_months_and_a_happening_cannot_be_correlated() -> None:
    with pytest.raises(InputError, match="is a service and"):
        read_plan_text(correlated(("services.a", "initiatives.shop.happens"), 0.5))


def test_a_deleted_initiative_takes_its_happening_out_of_a_correlation() -> None:
    text = correlated(("initiatives.shop.happens", "services.a.growth", "services.b.baseline.annual"), 0.5)
    scenario = read_plan_text(text, initiatives__shop="null")
    assert scenario.correlations["c"].between == ("services.a.growth", "services.b.baseline.annual")


def test_summary_and_report_say_what_was_achieved(tmp_path: Path) -> None:
    run = simulate_plan(correlated(("initiatives.shop.happens", "services.a.growth"), 0.5), paths=8_192)
    folder = forecast.report(run, tmp_path)
    summary = json.loads(next(Path(tmp_path).rglob("summary.json")).read_text(encoding="utf-8"))
    (said,) = summary["correlations"]
    assert said["asked"] == 0.5
    assert abs(said["achieved"] - 0.5) < 2 * said["error"]
    page = next(Path(tmp_path).rglob("report.html")).read_text(encoding="utf-8")
    assert "initiatives.shop.happens ~ services.a.growth" in page
    assert folder is not None
