"""Closed forms against plans in YAML: every figure agrees within its own simulation error."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

import forecast
from forecast.periods import Calendar
from forecast.simulation.results import Simulation
from tests.support.plans import ONE_SERVICE, TWO_SERVICES, read_plan_text, simulate_plan
from tests.validation import coverage
from tests.validation.closed_forms import Oracle, oracles
from tests.validation.oracles import SEEDS as LARGE_SEEDS
from tests.validation.oracles import measured, rows_of

SEEDS = range(1, 41)


PATHS = 8_192


Z90 = float(ndtri(0.9))


ONE_DISTRIBUTION_A_SERVICE = """
name: One chance a service
horizon: {from: 2021-01, months: 12}
baseline: {method: given, shape: flat}
services:
"""


MU, SIGMA = math.log(100 * 140) / 2, math.log(1.4) / 2 / Z90  # of 100 tỷ to 140 tỷ, P10 to P90


DISTRIBUTIONS: dict[str, tuple[str, float, float]] = {
    "pert": ("pert(100 tỷ, 120 tỷ, 180 tỷ)", 380 / 3, math.sqrt((380 / 3 - 100) * (180 - 380 / 3) / 7)),
    "triangular": ("triangular(100 tỷ, 120 tỷ, 180 tỷ)", 400 / 3, math.sqrt((56_800 - 51_600) / 18)),
    "uniform": ("uniform(100 tỷ, 180 tỷ)", 140, 80 / math.sqrt(12)),
    "normal": ("normal(120 tỷ, 5 tỷ)", 120, 5),
    "discrete": ("discrete(100 tỷ at 30%, 150 tỷ at 70%)", 135, 50 * math.sqrt(0.21)),
    "range": (
        "100 tỷ to 140 tỷ",
        math.exp(MU + SIGMA**2 / 2),
        math.exp(MU + SIGMA**2 / 2) * math.sqrt(math.expm1(SIGMA**2)),
    ),
}


def z_scores(runs: list[Simulation], measure: str, mean: float, sd: float) -> list[float]:
    return [(run.tally(measure, "2021").mean - mean) / (sd / math.sqrt(run.paths)) for run in runs]


def assert_standard_normal(z: list[float]) -> None:
    assert max(map(abs, z)) < 5
    assert abs(np.mean(z)) < 0.6
    assert 0.7 < np.std(z, ddof=1) < 1.35


@pytest.fixture(scope="module")
def over_seeds() -> list[Simulation]:
    text = ONE_DISTRIBUTION_A_SERVICE + "".join(
        f'  {name}: {{baseline: {{annual: "{amount}"}}}}\n' for name, (amount, _, _) in DISTRIBUTIONS.items()
    )
    scenario = read_plan_text(text)
    return [forecast.simulate(scenario, paths=PATHS, seed=seed) for seed in SEEDS]


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_mean_of_each_distribution_is_exact(name: str, over_seeds: list[Simulation]) -> None:
    _, mean, sd = DISTRIBUTIONS[name]
    assert_standard_normal(z_scores(over_seeds, f"revenue.{name}", mean * 1e9, sd * 1e9))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_sd_of_each_distribution_is_exact(name: str, over_seeds: list[Simulation]) -> None:
    _, _, sd = DISTRIBUTIONS[name]
    values = np.concatenate([run.values(f"revenue.{name}", "2021") for run in over_seeds]) / 1e9
    fourth = np.mean((values - values.mean()) ** 4)
    error = math.sqrt((fourth - sd**4) / len(values)) / (2 * sd)
    assert abs(values.std() - sd) < 5 * error


def test_a_tenth_of_the_draws_lies_beyond_each_end_of_a_range(over_seeds: list[Simulation]) -> None:
    values = np.concatenate([run.values("revenue.range", "2021") for run in over_seeds])
    for share in (np.mean(values < 100e9), np.mean(values > 140e9)):
        assert abs(share - 0.1) < 5 * math.sqrt(0.09 / len(values))


def test_a_plan_without_history_is_a_sum_of_normals() -> None:
    """250 tỷ on average, sd 13, so that 255 tỷ is reached with chance Phi(-5/13)."""
    run = simulate_plan(TWO_SERVICES, paths=100_000, seed=20210111)
    chance = run.chance("revenue")
    assert chance.low <= ndtr(-5 / 13) <= chance.high
    tally = run.tally("revenue", "2021")
    assert abs(tally.mean - 250e9) < 3 * 13e9 / math.sqrt(100_000)
    assert abs(tally.sd - 13e9) < 3 * 13e9 / math.sqrt(200_000)


def test_average_shortfall_of_a_normal_is_exact() -> None:
    tally = simulate_plan(TWO_SERVICES, paths=100_000).tally("revenue", "2021")
    density = math.exp(-(float(ndtri(0.05)) ** 2) / 2) / math.sqrt(2 * math.pi)
    cvar = tally.cvar(0.05)
    assert cvar.low - 1e8 <= 250e9 - 13e9 * density / 0.05 <= cvar.high + 1e8


def test_correlated_normals_have_the_variance_of_their_sum() -> None:
    """sd 3 and 4, correlation .5: the sum has sd 6.083. A rank correlation of (6/pi) asin(r/2) stands behind r."""
    text = TWO_SERVICES.replace("normal(120 tỷ, 5 tỷ)", "normal(120 tỷ, 3 tỷ)").replace(
        "normal(130 tỷ, 12 tỷ)", "normal(130 tỷ, 4 tỷ)"
    )
    rank = 6 / math.pi * math.asin(0.25)
    run = simulate_plan(
        text,
        paths=60_000,
        correlations__c=f"{{between: [services.a.baseline.annual, services.b.baseline.annual], rank: {rank:.12f}}}",
    )
    assert abs(run.tally("revenue", "2021").sd / 1e9 - math.sqrt(37)) < 5 * math.sqrt(37) / math.sqrt(2 * 60_000)


@pytest.mark.parametrize("oracle", oracles(), ids=lambda oracle: oracle.name)
def test_every_closed_form_is_met_within_its_own_error(oracle: Oracle) -> None:
    """A few paths of what `python -m tests.validation.oracles` measures; a bias of one error would show in the mean."""
    for row in rows_of(oracle, paths=8_192, seeds=range(1, 13)):
        assert row.agrees, row
        assert abs(row.mean) < 5 / math.sqrt(12), row
        assert row.sd < 2, row


@pytest.mark.slow
def test_every_closed_form_is_met_at_a_million_paths() -> None:
    large, small = measured()
    assert [row for row in large if not row.agrees or len(row.z) != len(LARGE_SEEDS)] == []
    assert [row for row in small if not row.centred] == []


FLOOD = """{kind: flood, per_year: 2, season: {5: 1, 9: 3},
    classes: {c: {weight: 1, reach: 100%, days: 2, loss_share: {all: 50%}, repair_per_place: 10 to 40 triệu}}}"""


def test_repair_is_a_compound_poisson_sum() -> None:
    """Mean lam E X, variance lam E X^2, nothing with chance e^-lam; X lognormal with P10 10 and P90 40 triệu."""
    run = simulate_plan(ONE_SERVICE, paths=60_000, places="{count: 1}", shocks__f=FLOOD)
    mu, sd = math.log(400) / 2, math.log(4) / 2 / Z90
    first, second = math.exp(mu + sd * sd / 2), math.exp(2 * mu + 2 * sd * sd)
    tally = run.tally("cost.f", "2021")
    assert abs(tally.mean / 1e6 - 2 * first) < 5 * math.sqrt(2 * second / 60_000)
    assert abs(tally.variance / 1e12 / (2 * second) - 1) < 0.06
    none = np.mean(run.values("cost.f", "2021") == 0)
    assert abs(none - math.exp(-2)) < 5 * math.sqrt(math.exp(-2) / 60_000)


def test_events_fall_in_the_months_of_their_season() -> None:
    months = {f"targets__m{m}": f"{{measure: cost, period: 2021-{m:02d}, at_least: 1 VND}}" for m in (4, 5, 9)}
    run = simulate_plan(ONE_SERVICE, paths=40_000, places="{count: 1}", shocks__f=FLOOD, **months)
    for name, weight in (("m4", 0.0), ("m5", 0.25), ("m9", 0.75)):
        expected = -math.expm1(-2 * weight)
        assert abs(run.chance(name).value - expected) < 5 * math.sqrt(0.25 / 40_000)


def test_no_day_of_overlapping_waves_counts_twice() -> None:
    """A day is inside a wave with chance 1 - exp(-lam min(t, L)) where none is known to be active on the first day."""
    wave = "{kind: epidemic, waves_per_year: 6, length: 60 days, mild: {effect: {volume: {all: -20%}}}}"
    run = simulate_plan(ONE_SERVICE, paths=60_000, as_of="2020-12-31", shocks__w=wave)
    calendar = Calendar(12 * 2021, 12)
    edges = calendar.edges - calendar.edges[0]
    lost = 0.0
    for start, end in pairwise(edges):
        t = np.linspace(start, end, 2_001)
        lost += np.trapezoid(-np.expm1(-6 / 365 * np.minimum(t, 60)), t) / (end - start) * 10e9 * 0.2
    tally = run.tally("revenue", "2021")
    assert abs(tally.mean - (120e9 - lost)) < 5 * tally.sd / math.sqrt(60_000)


def test_a_hard_episode_replaces_the_mild_days_it_covers() -> None:
    """One wave of 50 days, 20 of them hard: 30 mild and 20 hard days, wherever they lie."""
    wave = """{kind: epidemic, waves_per_year: 0.3, length: 50 days, mild: {effect: {volume: {all: -10%}}},
        hard: {chance: 100%, length: 20 days, reach: 50%, effect: {volume: {all: -60%}}}}"""
    text = ONE_SERVICE.replace("months: 12", "months: 36")
    run = simulate_plan(text, paths=40_000, keep=40_000, as_of="2020-12-31", shocks__w=wave)
    assert run.path_sample is not None
    lost = run.values("lost.a", "horizon")
    single_wave = (run.path_sample.occurrences["shocks.w"] == 1) & (lost > 0)
    daily = 10e9 / 30.4375
    expected = daily * (30 * 0.1 + 20 * (0.5 * 0.6 + 0.5 * 0.1))
    early = single_wave & (np.abs(lost / expected - 1) < 0.15)  # a wave cut by the horizon loses less
    assert early.sum() / single_wave.sum() > 0.95
    assert abs(lost[early].mean() / expected - 1) < 0.01


@pytest.mark.parametrize("drivers", [("volume", "price"), ("volume", "revenue"), ("price", "revenue")])
def test_changes_of_two_drivers_multiply(drivers: tuple[str, str]) -> None:
    effect = ", ".join(f"{driver}: {{a: 10%}}" for driver in drivers)
    run = simulate_plan(ONE_SERVICE, paths=10, initiatives__i=f"{{start: 2021-01, effect: {{{effect}}}}}")
    assert run.tally("revenue", "2021").mean == pytest.approx(120e9 * 1.21, rel=1e-12)


def test_a_ramp_is_the_exact_mean_over_each_month() -> None:
    """From 1 July over 92 days: a straight line through July, August and September, then the full effect."""
    run = simulate_plan(
        ONE_SERVICE, paths=10, initiatives__i="{start: 2021-07, ramp: 92 days, effect: {volume: {a: 12%}}}"
    )
    july, august, september = 31 / 2 / 92, (31 + 31 / 2) / 92, (62 + 30 / 2) / 92
    expected = 120e9 + 10e9 * 0.12 * (july + august + september + 3)
    assert run.tally("revenue", "2021").mean == pytest.approx(expected, rel=1e-12)


def test_a_dated_event_includes_both_of_its_days() -> None:
    run = simulate_plan(
        ONE_SERVICE,
        paths=10,
        shocks__e="{kind: event, from: 2021-05-04, until: 2021-07-31, effect: {volume: {a: -30%}}}",
    )
    expected = 120e9 - 10e9 * 0.3 * (28 / 31 + 1 + 1)
    assert run.tally("revenue", "2021").mean == pytest.approx(expected, rel=1e-12)


def test_recovery_is_even_after_the_end_of_a_shock() -> None:
    """Half of what May loses comes back over 61 days from 1 June: 30 days in June, 31 in July."""
    shock = """{kind: event, from: 2021-05-01, until: 2021-05-31, effect: {volume: {a: -40%}},
        recovered: {a: 50%}, within: 61 days}"""
    targets = {f"targets__m{m}": f"{{measure: revenue, period: 2021-{m:02d}, at_least: 1 tỷ}}" for m in (5, 6, 7, 8)}
    run = simulate_plan(ONE_SERVICE, paths=10, shocks__e=shock, **targets)
    months = {5: 6e9, 6: 10e9 + 2e9 * 30 / 61, 7: 10e9 + 2e9 * 31 / 61, 8: 10e9}
    for month, expected in months.items():
        assert run.tally("revenue", f"2021-{month:02d}").mean == pytest.approx(expected, rel=1e-12)


def test_a_loss_that_two_shocks_share_is_permanent() -> None:
    """Two shocks of 50% over the same days: each loses 25% alone, 25% is shared and never returns."""
    shock = "{kind: event, from: 2021-05-01, until: 2021-05-31, effect: {volume: {a: -50%}}, recovered: {a: 100%}}"
    run = simulate_plan(ONE_SERVICE, paths=10, shocks__e=shock, shocks__f=shock)
    figures = {
        outcome: run.tally(f"{outcome}.a", "horizon").mean for outcome in ("lost", "returned", "carried", "gone")
    }
    assert figures == pytest.approx({"lost": 7.5e9, "returned": 5e9, "carried": 0, "gone": 2.5e9}, abs=1)


def test_months_follow_their_autoregression() -> None:
    """Log months have the standard deviation of the noise, and k months apart the correlation phi^k."""
    text = ONE_SERVICE.replace("shape: flat", "shape: flat, noise: 5%, persistence: 50%")
    periods = {f"m{month}": f"2021-{month:02}" for month in (1, 3, 5)}
    targets = {
        f"targets__{name}": f"{{measure: revenue, period: {period}, at_least: 1 tỷ}}"
        for name, period in periods.items()
    }
    run = simulate_plan(text, paths=40_000, **targets)
    months = np.log([run.values("revenue", period) for period in periods.values()])
    assert months.std(axis=1) == pytest.approx(0.05, rel=0.02)
    assert np.corrcoef(months)[0, 1:] == pytest.approx([0.5**2, 0.5**4], abs=0.02)


def test_twice_the_money_gives_exactly_twice_the_figures() -> None:
    double = (
        TWO_SERVICES.replace("120", "240")
        .replace("5 tỷ)", "10 tỷ)")
        .replace("130 tỷ, 12", "260 tỷ, 24")
        .replace("255", "510")
    )
    base, doubled = simulate_plan(TWO_SERVICES), simulate_plan(double)
    assert np.array_equal(2 * base.values("revenue", "2021"), doubled.values("revenue", "2021"))
    assert base.chance("revenue") == doubled.chance("revenue")


def test_two_halves_with_one_draw_equal_one_service() -> None:
    halves = """
name: Halves
horizon: {from: 2021-01, months: 12}
services:
  a: {baseline: {method: given, annual: "normal(60 tỷ, 6 tỷ)", shape: flat}}
  b: {baseline: {method: given, annual: {same_as: services.a.baseline.annual}, shape: flat}}
"""
    one_service = simulate_plan(ONE_SERVICE, services__a__baseline__annual="normal(120 tỷ, 12 tỷ)").values(
        "revenue", "2021"
    )
    assert np.allclose(simulate_plan(halves).values("revenue", "2021"), one_service, rtol=1e-12)


def test_chances_fall_as_the_threshold_rises() -> None:
    tally = simulate_plan(TWO_SERVICES).tally("revenue", "2021")
    chances = [tally.chance_at_least(x * 1e9).value for x in range(200, 300, 5)]
    assert chances == sorted(chances, reverse=True)


def test_a_larger_shock_lowers_revenue_in_every_path() -> None:
    def revenue(depth: str, days: str) -> np.ndarray:
        shock = (
            FLOOD.replace("50%", depth)
            .replace("days: 2", f"days: {days}")
            .replace(", repair_per_place: 10 to 40 triệu", "")
        )
        return simulate_plan(ONE_SERVICE, shocks__f=shock).values("revenue", "2021")

    mild, deep, long = revenue("40%", "2"), revenue("80%", "2"), revenue("40%", "5")
    assert np.all(deep <= mild)
    assert np.all(long <= mild)
    assert (deep < mild).mean() == pytest.approx(1 - math.exp(-2), abs=0.03)


def test_the_interval_of_a_chance_covers_at_its_rate() -> None:
    """Wilson, and Clopper and Pearson near the ends: at least 93.5 in 100 over a grid of chances."""
    from forecast.stats.intervals import binomial_interval

    random = np.random.default_rng(5)
    for p in (0.002, 0.05, 0.3, 0.9):
        hits = random.binomial(4096, p, 2_000)
        intervals = [binomial_interval(float(h), 4096) for h in hits]
        assert 0.935 <= np.mean([e.low <= p <= e.high for e in intervals]) <= 0.999


def test_the_intervals_of_mean_quantile_shortfall_and_cvar_cover_at_their_rate() -> None:
    from forecast.stats.bins import Bins
    from forecast.stats.tally import Tally

    random = np.random.default_rng(11)
    density = math.exp(-(float(ndtri(0.05)) ** 2) / 2) / math.sqrt(2 * math.pi)
    mean_shortfall = math.exp(-0.5) / math.sqrt(2 * math.pi) / float(ndtr(-1)) - 1
    truths = {"mean": 0.0, "p10": float(ndtri(0.1)), "cvar": -density / 0.05, "miss": mean_shortfall}
    covered = dict.fromkeys(truths, 0)
    trials = 1_500
    for _ in range(trials):
        values = random.standard_normal(4096)
        tally = Tally(Bins.from_values(values), (-1.0,))
        tally.add(values)
        estimates = {
            "mean": tally.mean_estimate(),
            "p10": tally.quantile(0.1),
            "cvar": tally.cvar(0.05),
            "miss": tally.average_shortfall(-1.0),
        }
        for name, estimate in estimates.items():
            covered[name] += estimate.low <= truths[name] <= estimate.high
    for name, count in covered.items():
        assert 0.93 <= count / trials <= 0.97, name


@pytest.mark.slow
def test_every_printed_interval_covers_at_its_rate() -> None:
    """A fifth of the seeds of `python -m tests.validation.coverage`: a hundred rows, each within four errors of 95%."""
    for row in coverage.measured(400):
        tolerance = 4 * math.sqrt(0.95 * 0.05 / row.seeds)
        assert row.coverage >= 0.95 - tolerance, row
        assert row.wide or row.coverage <= 0.95 + tolerance, row
