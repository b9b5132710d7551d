"""The laws of the design, on plans in YAML simulated through the public interface."""

from __future__ import annotations

import json

import numpy as np
import pytest

import forecast
from forecast.simulation import block, chunks, compiled
from forecast.simulation.results import Simulation
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.timeseries.baseline import fit_baseline
from tests.support.overlapping_waves import MANY_WAVES
from tests.support.plans import FULL_PLAN, ONE_SERVICE, SCENARIOS, TWO_SERVICES, read_plan_text, simulate_plan

YEAR = ("revenue", "2021")


def tally_figures(run: Simulation) -> dict[str, list[float]]:
    return {
        f"{m} {p}": [t.n, t.mean, t.sd, t.minimum, t.maximum, t.quantile(0.1).value]
        for (m, p), t in run.tallies.items()
    }


def test_results_do_not_depend_on_the_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecast.simulation.simulate.MAX_SERIAL_PATHS", 0)
    monkeypatch.setattr(chunks, "BLOCKS_PER_CHUNK", 2)
    scenario = read_plan_text(FULL_PLAN)
    one_worker, two_workers = (
        forecast.simulate(
            scenario, paths=5 * PATHS_PER_BLOCK - 7, seed=3, execution=forecast.ExecutionOptions(workers=w)
        )
        for w in (1, 2)
    )
    assert json.dumps(tally_figures(one_worker)) == json.dumps(tally_figures(two_workers))
    assert one_worker.values(*YEAR).tobytes() == two_workers.values(*YEAR).tobytes()


def test_a_run_is_repeatable_after_another_plan() -> None:
    first = simulate_plan(FULL_PLAN).values(*YEAR)
    simulate_plan(TWO_SERVICES)
    assert np.array_equal(first, simulate_plan(FULL_PLAN).values(*YEAR))


def test_same_as_shares_one_draw() -> None:
    run = simulate_plan(TWO_SERVICES, services__b__baseline__annual="{same_as: services.a.baseline.annual}")
    assert np.array_equal(run.values("revenue.a", "2021"), run.values("revenue.b", "2021"))


def test_more_paths_keep_the_first_paths() -> None:
    few, many = simulate_plan(FULL_PLAN, paths=5_000), simulate_plan(FULL_PLAN, paths=13_000)
    assert np.array_equal(few.values(*YEAR), many.values(*YEAR)[:5_000])


def test_a_longer_horizon_keeps_the_first_months() -> None:
    short, long = simulate_plan(FULL_PLAN), simulate_plan(FULL_PLAN, horizon__months=30)
    for period in ("2021-03", "2021"):
        assert np.array_equal(short.values("revenue", period), long.values("revenue", period))


def test_a_longer_horizon_keeps_every_month_of_overlapping_waves() -> None:
    short, long = (
        compiled.compile_plan(s, fit_baseline(s), 8 * PATHS_PER_BLOCK, 5)
        for s in (read_plan_text(MANY_WAVES), read_plan_text(MANY_WAVES, horizon__months=24))
    )
    for start in (0, 4):
        few, many = (
            block.simulate_block(compiled_plan, range(start, start + 4)).figures for compiled_plan in (short, long)
        )
        for month in range(1, 13):
            assert np.array_equal(few["revenue.a", f"2021-{month:02}"], many["revenue.a", f"2021-{month:02}"]), month


def test_a_certain_flood_loses_exactly_its_share() -> None:
    of_class = "{weight: 1, reach: 10%, days: 400, loss_share: {all: 60%}}"
    flood = f"{{kind: flood, per_year: 3, season: {{1: 1}}, recovered: {{all: 0%}}, classes: {{c: {of_class}}}}}"
    target = "{measure: revenue, period: 2021-12, at_least: 1 tỷ}"
    run = simulate_plan(ONE_SERVICE, keep=8_000, as_of="2020-12-31", shocks__f=flood, targets__december=target)
    assert run.path_sample is not None
    december, floods = run.values("revenue", "2021-12"), run.path_sample.occurrences["shocks.f"]
    assert np.allclose(december, 10e9 * 0.94 ** floods[: len(december)], rtol=1e-13)


def test_a_horizon_of_part_of_a_year_keeps_its_months() -> None:
    full_year, three_months = (
        simulate_plan(FULL_PLAN, targets__revenue=None),
        simulate_plan(FULL_PLAN, targets__revenue=None, horizon__months=3),
    )
    assert np.array_equal(full_year.values("revenue", "2021-03"), three_months.values("revenue", "2021-03"))


def test_an_empty_overlay_changes_no_path() -> None:
    parent = forecast.read(SCENARIOS / "storms-and-floods.yaml")
    child = read_plan_text("extends: storms-and-floods.yaml\nname: The same again\n")
    runs = [forecast.simulate(scenario, paths=9_000) for scenario in (parent, child)]
    assert np.all(runs[0].values(*YEAR) - runs[1].values(*YEAR) == 0)


def test_a_changed_distribution_keeps_its_uniform_draws() -> None:
    low, high = (
        simulate_plan(TWO_SERVICES, services__a__baseline__annual=f"normal({mean} tỷ, 5 tỷ)") for mean in (120, 125)
    )
    shift = high.values("revenue.a", "2021") - low.values("revenue.a", "2021")
    assert np.allclose(shift, 5e9, rtol=1e-9)
    assert np.array_equal(low.values("revenue.b", "2021"), high.values("revenue.b", "2021"))


@pytest.mark.parametrize("rate", ["shocks.waves.waves_per_year", "shocks.floods.per_year"])
def test_a_higher_rate_keeps_every_event_and_adds_losses(rate: str) -> None:
    text = FULL_PLAN.replace("a: -8% to -2%, b: -6% to -1%", "all: -8% to -2%")
    shock = rate.split(".")[1]
    fewer, more = (
        simulate_plan(text, paths=8_000, keep=8_000, as_of="2020-12-31", **{rate.replace(".", "__"): value})
        for value in ("1.5", "6")
    )
    assert fewer.path_sample is not None
    assert more.path_sample is not None
    few, many = fewer.path_sample.occurrences[f"shocks.{shock}"], more.path_sample.occurrences[f"shocks.{shock}"]
    assert np.all(many >= few)
    same = many == few
    assert 0 < same.mean() < 1
    difference = more.values(*YEAR) - fewer.values(*YEAR)
    assert np.all(difference[same] == 0)
    assert difference[~same].mean() < 0


@pytest.mark.parametrize(
    ("shock", "nothing"),
    [
        ("floods", {"shocks__floods__per_year": "0"}),
        ("floods", {"shocks__floods__reach": "0%"}),
        ("waves", {"shocks__waves__waves_per_year": "0"}),
        ("waves", {"shocks__waves__reach": "0%"}),
        ("works", {"shocks__works__chance": "0%"}),
        ("works", {"shocks__works__effect__volume__a": "0%"}),
        ("rivals", {"shocks__rivals__effect__price__a": "0%"}),
    ],
)
def test_a_shock_of_zero_size_equals_no_shock(shock: str, nothing: dict[str, str]) -> None:
    zero, absent = simulate_plan(FULL_PLAN, **nothing), simulate_plan(FULL_PLAN, **{f"shocks__{shock}": None})
    assert np.array_equal(zero.values(*YEAR), absent.values(*YEAR))


def test_order_of_names_in_the_file_changes_nothing() -> None:
    scenario = read_plan_text(FULL_PLAN)
    turned = scenario.model_copy(
        update={
            key: dict(reversed(getattr(scenario, key).items()))
            for key in ("services", "shocks", "initiatives", "targets")
        }
    )
    runs = [forecast.simulate(plan, paths=6_000) for plan in (scenario, turned)]
    assert np.array_equal(runs[0].values(*YEAR), runs[1].values(*YEAR))


def test_a_service_of_zero_does_not_change_the_total() -> None:
    text = FULL_PLAN.replace("services:\n", "services:\n  aa: {baseline: {method: given, annual: 0 tỷ, shape: flat}}\n")
    assert np.array_equal(simulate_plan(text).values(*YEAR), simulate_plan(FULL_PLAN).values(*YEAR))


def test_services_and_gap_sum_to_the_total_in_every_path() -> None:
    run = forecast.simulate(forecast.read(SCENARIOS / "covid-and-floods.yaml"), paths=8_000)
    parts = sum(run.values(f"revenue.{s}", "2021") for s in run.scenario.service_names)
    assert np.allclose(parts + run.values("gap", "2021"), run.values(*YEAR), rtol=1e-15)
    assert np.allclose(parts, run.values("revenue:parts", "2021"), rtol=1e-15)


def test_months_sum_to_the_year_in_every_path() -> None:
    months = {f"targets__m{m}": f"{{measure: revenue, period: 2021-{m:02d}, at_least: 1 tỷ}}" for m in range(1, 13)}
    run = simulate_plan(FULL_PLAN, **months)
    total = sum(run.values("revenue", f"2021-{month:02d}") for month in range(1, 13))
    assert np.allclose(total, run.values(*YEAR), rtol=1e-13)


def test_losses_are_recovered_carried_over_or_permanent() -> None:
    run = simulate_plan(FULL_PLAN, horizon__months=11, targets__revenue=None)
    for service in "ab":
        lost, returned, carried, permanent = (
            run.values(f"{w}.{service}", "horizon") for w in ("lost", "returned", "carried", "gone")
        )
        assert np.allclose(lost, returned + carried + permanent, atol=1e-3)
        assert min(returned.min(), carried.min(), permanent.min()) > -1  # đồng: rounding
        assert returned.mean() > 0
        assert carried.mean() > 0
        assert permanent.mean() > 0


def test_revenue_is_the_baseline_less_losses_plus_recovery() -> None:
    with_shocks, without_shocks = (
        simulate_plan(FULL_PLAN, initiatives=None),
        simulate_plan(FULL_PLAN, initiatives=None, shocks=None),
    )
    missing = without_shocks.values("revenue.b", "2021") - with_shocks.values("revenue.b", "2021")
    lost, returned, brought = (with_shocks.values(f"{word}.b", "horizon") for word in ("lost", "returned", "brought"))
    assert missing.mean() > 1e9
    assert brought.mean() > 1e8
    assert np.allclose(missing, lost - returned - brought, atol=1.0)  # đồng: rounding


def test_losses_never_exceed_revenue() -> None:
    run = simulate_plan(
        FULL_PLAN,
        shocks__floods__per_year="40",
        shocks__waves__waves_per_year="20",
        shocks__waves__hard__effect__volume__all="-100%",
        shocks__waves__hard__reach="100%",
    )
    for service in "ab":
        assert run.tally(f"revenue.{service}", "2021").minimum >= 0
        assert run.tally(f"gone.{service}", "horizon").minimum > -1


def test_event_counts_are_whole_and_poisson() -> None:
    run = simulate_plan(
        ONE_SERVICE,
        paths=40_000,
        keep=40_000,
        shocks__f="""{kind: flood, per_year: 0.5, season: {5: 1}, recovered: {all: 0%},
        classes: {c: {weight: 1, reach: 100%, days: 3, loss_share: {all: 50%}}}}""",
    )
    assert run.path_sample is not None
    count = run.path_sample.occurrences["shocks.f"]
    revenue = run.values(*YEAR)
    none = count == 0
    assert np.all(revenue[none] == revenue.max())
    assert abs(none.mean() - np.exp(-0.5)) < 4 * np.sqrt(0.24 / 40_000)
    assert np.all(revenue[~none] < revenue.max())


def test_growth_range_holds_for_the_year_with_noise_counted_once() -> None:
    """With nothing else on, P10 and P90 of simulated growth are the two ends of the range."""
    text = """
name: Growth and noise
horizon: {from: 2021-01, months: 12}
history: ../data/revenue-monthly.csv
baseline: {noise: 10%, persistence: 50%, level_noise: 4%}
services: {postal: {growth: 0% to 20%}, finance: {growth: 0% to 15%}, distribution: {growth: -10% to 5%}}
"""
    run = simulate_plan(text, paths=60_000)
    for service, last, low, high in (
        ("postal", 61e9, 0.0, 0.2),
        ("finance", 52e9, 0.0, 0.15),
        ("distribution", 137e9, -0.1, 0.05),
    ):
        tally = run.tally(f"revenue.{service}", "2021")
        for p, end in ((0.1, low), (0.9, high)):
            quantile = tally.quantile(p)
            width = quantile.high - quantile.low
            assert abs(quantile.value - last * (1 + end)) < 1.5 * width


def test_a_requested_correlation_is_achieved_without_changing_the_margins() -> None:
    between = "{between: [services.a.baseline.annual, services.b.baseline.annual], rank: 0.6}"
    independent, correlated = (
        simulate_plan(TWO_SERVICES, paths=40_000),
        simulate_plan(TWO_SERVICES, paths=40_000, correlations__c=between),
    )
    a, b = (correlated.values(f"revenue.{s}", "2021").argsort().argsort() for s in "ab")
    assert abs(np.corrcoef(a, b)[0, 1] - 0.6) < 0.015
    for service in "ab":
        for p in (0.05, 0.5, 0.95):
            independent_quantile, correlated_quantile = (
                run.tally(f"revenue.{service}", "2021").quantile(p) for run in (independent, correlated)
            )
            assert independent_quantile.low <= correlated_quantile.high
            assert correlated_quantile.low <= independent_quantile.high


@pytest.mark.parametrize("first", range(1, 40, 3))
def test_a_certain_year_equal_to_its_target_meets_it(first: int) -> None:
    text = (
        f"  a: {{baseline: {{method: given, annual: {first} tỷ, shape: flat}}}}\n"
        "  b: {baseline: {method: given, annual: 12.7 tỷ, shape: flat}}\n"
        f"targets:\n  over: {{measure: revenue, period: 2021, at_least: {first + 12.7:.1f} tỷ}}\n"
        f"  under: {{measure: revenue, period: 2021, at_most: {first + 12.7:.1f} tỷ}}\n"
        f"  july: {{measure: revenue.a, period: 2021-07, at_most: {first / 12:.15f} tỷ}}\n"
    )
    run = simulate_plan("name: Sure\nhorizon: {from: 2021-01, months: 12}\nservices:\n" + text, paths=10)
    assert run.chance("over").value == run.chance("under").value == 1
    assert run.joint_chance is not None
    assert run.joint_chance.value == run.chance("july").value
