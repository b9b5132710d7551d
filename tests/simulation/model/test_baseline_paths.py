"""Baseline paths: spread of a forecast by history, noise, level, prices, base year and gap, in closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.arrays import Floats
from forecast.simulation.model.baseline_paths import draw_baseline, put_together
from forecast.simulation.results import Simulation
from forecast.timeseries.baseline import fit_baseline
from tests.support.plans import ONE_SERVICE, simulate_plan

PATHS = 8_192
MONTHS = (
    "targets: {"
    + ", ".join(f"m{month}: {{measure: revenue.a, period: 2021-{month:02}, at_least: 1 tỷ}}" for month in range(1, 13))
    + "}\n"
)
"""Targets that keep each month of a service in every path."""


def months(run: Simulation) -> Floats:
    """(12, paths) revenue of `a` in each month of 2021, in tỷ."""
    return np.array([run.values("revenue.a", f"2021-{month:02}") for month in range(1, 13)]) / 1e9


def noisy(settings: str, seed: int = 1) -> Simulation:
    """A service of 120 tỷ a year, in every path, with the noise of some settings."""
    text = ONE_SERVICE.replace("shape: flat", f"shape: flat, {settings}") + MONTHS
    return simulate_plan(text, paths=PATHS, seed=seed)


def write_ledger(folder: Path, values: Floats, status: str, first_year: int) -> None:
    rows = [f"{first_year + row // 12}-{row % 12 + 1:02},a,{value},{status}" for row, value in enumerate(values)]
    (folder / "h.csv").write_text("\n".join(["month,service,revenue,status", *rows, ""]), encoding="utf-8")


def simulate_ledger(folder: Path, text: str, paths: int = 64) -> Simulation:
    """A plan on a ledger of three years of 100 a month, or of what the folder holds."""
    if not (folder / "h.csv").exists():
        write_ledger(folder, np.tile([90.0, 110, 100, 100], 9), "reconstructed", 2018)
    head = "name: n\ncurrency: EUR\nhorizon: {from: 2021-01, months: 24}\n"
    (folder / "a.yaml").write_text(head + text, encoding="utf-8")
    return forecast.simulate(forecast.read(folder / "a.yaml"), paths=paths)


def test_noise_is_autoregressive_from_a_steady_start() -> None:
    logs = np.log(months(noisy("noise: 2%, persistence: 60%")))
    assert logs.std(axis=1) == pytest.approx(0.02, rel=0.04)
    steps = np.diff(logs, axis=0)
    assert steps.std(axis=1) == pytest.approx(0.02 * np.sqrt(2 * 0.4), rel=0.04)
    assert np.std(logs[11] - logs[0]) == pytest.approx(0.02 * np.sqrt(2 * (1 - 0.6**11)), rel=0.04)


def test_a_level_that_wanders_has_the_spread_of_a_year_after_twelve_months() -> None:
    logs = np.log(months(noisy("level_noise: 6%")))
    assert np.diff(logs, axis=0).std(axis=1) == pytest.approx(0.06 / np.sqrt(12), rel=0.04)
    assert np.std(logs[11] - logs[0]) == pytest.approx(0.06 * np.sqrt(11 / 12), rel=0.04)
    both = np.log(months(noisy("noise: 4%, level_noise: 6%")))
    assert np.diff(both, axis=0).std(axis=1) == pytest.approx(np.sqrt(2 * 0.04**2 + 0.06**2 / 12), rel=0.04)


def test_paths_without_noise_have_even_months_beside_paths_with_noise() -> None:
    values = months(noisy('noise: "discrete(0% at 50%, 10% at 50%)"'))
    is_even = np.ptp(values, axis=0) < 1e-5
    assert abs(is_even.mean() - 0.5) < 4 * 0.5 / np.sqrt(PATHS)
    assert np.diff(np.log(values[:, ~is_even]), axis=0).std() == pytest.approx(0.1 * np.sqrt(2), rel=0.04)


@pytest.mark.parametrize("seed", [1, 2])  # the first path has no persistence, or all
def test_each_path_has_the_persistence_that_it_draws(seed: int) -> None:
    values = months(noisy('noise: 4%, persistence: "discrete(0% at 50%, 100% at 50%)"', seed))
    is_even = np.ptp(values, axis=0) < 1e-5
    assert is_even[0] == (seed == 2)
    assert abs(is_even.mean() - 0.5) < 4 * 0.5 / np.sqrt(PATHS)
    assert np.diff(np.log(values[:, ~is_even]), axis=0).std() == pytest.approx(0.04 * np.sqrt(2), rel=0.04)


@pytest.mark.parametrize("noise", ["3000%, persistence: 90%", "60%, level_noise: 40%", "5% to 150%"])
def test_the_widest_noise_has_finite_months(noise: str) -> None:
    assert np.isfinite(months(noisy(f"noise: {noise}"))).all()


@pytest.mark.parametrize(
    ("until", "effect", "undisturbed"), [("2020-06", "-50%", 1_200), ("2020-12", "-100%", 1_200 / 0.05)]
)
def test_growth_is_over_the_year_without_its_past_shocks(
    tmp_path: Path, until: str, effect: str, undisturbed: float
) -> None:
    """Where a year of 1,200 has lost all, a twentieth is taken to have remained."""
    values = np.full(36, 100.0)
    values[24:30] *= 0.5 if effect == "-50%" else 1
    write_ledger(tmp_path, values, "reconstructed", 2018)
    text = (
        "history:\n  file: h.csv\n"
        f"  shocks: {{e: {{kind: event, from: 2020-01, until: {until}, effect: {{volume: {{a: {effect}}}}}}}}}\n"
        "services: {a: {growth: 10%, baseline: {noise: 0%}}}\n"
    )
    run = simulate_ledger(tmp_path, text)
    assert run.tally("revenue.a", "2021").mean == pytest.approx(1.1 * undisturbed)
    assert run.tally("revenue.a", "2022").mean == pytest.approx(1.1**2 * undisturbed)


def test_growth_is_over_a_year_of_both_signs_without_its_past_shocks(tmp_path: Path) -> None:
    undisturbed = np.array([200.0, 100, 100, 100, -50, 100] * 6)
    values = undisturbed.copy()
    values[24:28] *= 0.5
    write_ledger(tmp_path, values, "actual", 2018)
    text = (
        "history:\n  file: h.csv\n"
        "  shocks: {e: {kind: event, from: 2020-01, until: 2020-04, effect: {volume: {a: -50%}}}}\n"
        "services: {a: {growth: 10%, baseline: {noise: 0%}}}\n"
    )
    run = simulate_ledger(tmp_path, text)
    for year, grown in (("2021", 1.1), ("2022", 1.1**2)):
        assert run.tally("revenue.a", year).mean == pytest.approx(grown * undisturbed[:12].sum())


def test_the_gap_is_the_stated_total_less_all_that_is_stated(tmp_path: Path) -> None:
    services = "history: h.csv\nservices:\n  a: {growth: 0%, baseline: {noise: 0%}}\n"
    services += "  b: {baseline: {method: given, annual: 800 EUR}}\n"
    stated = "stated: {2020: {total: 2000 EUR, services: {a: 1200 EUR, b: 700 EUR}, gap: {at_most: 10%}}}\n"
    run = simulate_ledger(tmp_path, services + stated)
    for year in ("2021", "2022"):
        assert run.tally("gap", year).mean == pytest.approx(100, rel=1e-9)
        assert run.tally("revenue", year).mean == pytest.approx(1200 + 800 + 100)
    without = stated.replace(", b: 700 EUR", "")
    assert simulate_ledger(tmp_path, services + without.replace("10%", "90%")).tally("gap", "2021").mean == (
        pytest.approx(800, rel=1e-9)
    )


def test_a_year_that_censoring_leaves_empty_leads_to_no_empty_years(tmp_path: Path) -> None:
    values = np.tile([0.0, 200, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0], 3)
    write_ledger(tmp_path, values, "actual", 2018)
    text = "history: h.csv\nservices: {a: {growth: 10%, baseline: {noise: 400%}}}\n" + MONTHS.replace("1 tỷ", "1 EUR")
    run = simulate_ledger(tmp_path, text, paths=4_096)
    years = [run.values("revenue.a", year) for year in ("2021", "2022")]
    for year, level in zip(years, (330, 363), strict=True):
        assert year.mean() == pytest.approx(level, abs=4 * year.std() / np.sqrt(len(year)))
    is_empty = years[0] == 0
    assert 0.1 < is_empty.mean() < 0.9
    assert years[1][is_empty].mean() > 300


@pytest.mark.parametrize("lowest", [100.0, -20.0])
def test_what_booked_months_lost_comes_back_as_they_would_have_been(tmp_path: Path, lowest: float) -> None:
    """From March on: January and February are booked with half of what they would have been, not as last year."""
    write_ledger(tmp_path, np.array([95.0, 105, 100, lowest] * 6 + [130, 160]), "actual", 2019)
    lost = "effect: {volume: {a: -50%}}, recovered: {a: 80%}, within: 31 days"
    (tmp_path / "a.yaml").write_text(
        "name: n\ncurrency: EUR\nhorizon: {from: 2021-03, months: 10}\nservices: {a: {}}\n"
        "history:\n  file: h.csv\n"
        f"  shocks: {{e: {{kind: event, from: 2021-01-01, until: 2021-02-28, {lost}}}}}\n",
        encoding="utf-8",
    )
    brought = forecast.simulate(forecast.read(tmp_path / "a.yaml"), paths=64).tally("brought.a", "horizon")
    assert (brought.minimum, brought.maximum) == pytest.approx((0.8 * (130 + 160), 0.8 * (130 + 160)))


PRICED = "month,service,price,volume,status\n" + "\n".join(
    f"{year}-{month:02},a,{10 * (1 + (year - 2018) / 10)},10,reconstructed"
    for year in (2018, 2019, 2020)
    for month in range(1, 13)
)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("growth: 10%, price_change: 5%", (1440 * 1.1 * 1.05, 1440 * 1.1**2 * 1.05**2)),
        ("growth: 10%, price_change: {2021: 0%, 2022: 5%}", (1440 * 1.1, 1440 * 1.1**2 * 1.05)),
        ("growth: {2021: 10%, 2022: 20%}", (1440 * 1.1, 1440 * 1.1 * 1.2)),
    ],
)
def test_pieces_grow_and_their_price_changes(tmp_path: Path, settings: str, expected: tuple[float, float]) -> None:
    (tmp_path / "h.csv").write_text(PRICED + "\n", encoding="utf-8")
    run = simulate_ledger(tmp_path, f"history: h.csv\nservices: {{a: {{{settings}, baseline: {{noise: 0%}}}}}}\n")
    assert tuple(run.tally("revenue.a", year).mean for year in ("2021", "2022")) == pytest.approx(expected)


def test_baseline_paths_of_a_block_do_not_depend_on_those_beside_it() -> None:
    from forecast.simulation.compiled import compile_plan
    from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler
    from tests.support.plans import FULL_PLAN, read_plan_text

    scenario = read_plan_text(FULL_PLAN)
    plan = compile_plan(scenario, fit_baseline(scenario), 2 * PATHS_PER_BLOCK)
    samplers = [Sampler(plan.seed, blocks, plan.groups) for blocks in (range(2), range(1, 2))]
    both, second = (put_together(plan.baseline, draw_baseline(plan.baseline, sampler), sampler) for sampler in samplers)
    for service, amount in second.amount.items():
        assert np.array_equal(both.amount[service][:, PATHS_PER_BLOCK:], amount)


def test_a_forecast_by_history_has_its_mean_and_covariance_in_the_paths(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    values = 1_000 * np.exp(0.05 * rng.standard_normal(48) + 0.03 * np.cumsum(rng.standard_normal(48)))
    write_ledger(tmp_path, values.round(2), "actual", 2017)
    text = "history: h.csv\nservices: {a: {}}\n" + MONTHS.replace("1 tỷ", "1 EUR")
    run = simulate_ledger(tmp_path, text, paths=4 * PATHS)
    predicted = run.baseline.services["a"].forecast
    assert predicted is not None
    assert predicted.scale == "log"
    logs = np.log(months(run) * 1e9)
    covariance = (predicted.cholesky @ predicted.cholesky.T)[:12, :12]
    sd = np.sqrt(np.diag(covariance))
    assert np.all(sd > 0.03)
    assert np.abs((logs.mean(axis=1) - predicted.mean[:12]) / sd).max() < 4.5 / np.sqrt(4 * PATHS)
    assert np.abs(np.cov(logs) - covariance).max() < 0.04 * sd.max() ** 2
    assert logs.std(axis=1) == pytest.approx(sd, rel=0.02)
