"""Months at or below zero: simulated as the history has them, and changed by shares of their size."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.simulation.results import Simulation
from forecast.timeseries.baseline import Baseline, fit_baseline
from tests.support.command_line import run_command
from tests.support.signed_ledgers import LEDGERS, NEVER_BELOW_ZERO, month_targets, read_signed_plan, write_plan

YEAR = ("revenue", "2026")
LOCKDOWN = "{{kind: event, from: 2026-03-01, until: 2026-03-31, effect: {{{effect}}}{more}}}"


def simulate_ledger(
    folder: Path, name: str, settings: str = "", text: str = "", paths: int = 8_000
) -> tuple[Simulation, Baseline]:
    """A plan of one service `a` on a ledger, with its months kept in every path."""
    scenario = read_signed_plan(folder, {"a": LEDGERS[name]}, f"{{a: {{{settings}}}}}", month_targets("a") + text)
    baseline = fit_baseline(scenario)
    return forecast.simulate(scenario, paths=paths, seed=5, baseline=baseline), baseline


def months(run: Simulation, service: str = "a", year: int = 2026) -> np.ndarray:
    """(12, paths) revenue of a service."""
    return np.array([run.values(f"revenue.{service}", f"{year}-{month:02}") for month in range(1, 13)])


def mean_forecast(baseline: Baseline, rows: slice = slice(None)) -> np.ndarray:
    """(months,) means of the history's forecast."""
    predicted = baseline.services["a"].forecast
    assert predicted is not None
    variance = np.square(predicted.cholesky).sum(axis=1)
    means = np.exp(predicted.mean + variance / 2) if predicted.scale == "log" else predicted.mean
    return np.asarray(means[rows])


@pytest.mark.parametrize("name", LEDGERS)
def test_simulated_months_have_the_means_of_the_forecast_from_the_history(tmp_path: Path, name: str) -> None:
    run, baseline = simulate_ledger(tmp_path, name, paths=20_000)
    expected, values = mean_forecast(baseline), months(run)
    errors = values.std(axis=1) / np.sqrt(values.shape[1])
    assert np.all(np.abs(values.mean(axis=1) - expected) <= 4 * errors)
    year = run.values(*YEAR)
    assert abs(year.mean() - expected.sum()) < 4 * year.std() / np.sqrt(len(year))
    last_year, mean_year = LEDGERS[name][-12:].sum(), LEDGERS[name].sum() / 5
    assert abs(expected.sum() - mean_year) < max(abs(last_year - mean_year), 0.1 * abs(mean_year)) + year.std()


@pytest.mark.parametrize("name", LEDGERS)
def test_the_row_of_the_history_alone_is_that_of_the_simulation(tmp_path: Path, name: str) -> None:
    """P10, P50 and P90 of the year by the history alone, from 4,000 draws, and those of the run."""
    run, baseline = simulate_ledger(tmp_path, name, paths=20_000)
    year = run.values(*YEAR)
    for p, quantile in zip((0.1, 0.5, 0.9), baseline.services["a"].annual_quantiles[2026], strict=True):
        share = np.mean(year <= quantile)
        assert abs(share - p) < 4 * np.sqrt(p * (1 - p) * (1 / 4_000 + 1 / 20_000))


@pytest.mark.slow
def test_a_page_says_the_same_of_history_and_forecast(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    plan = write_plan(tmp_path / "scenarios", {"a": LEDGERS["all_negative"]}, "{a: {}}")
    result = run_command("run", plan.relative_to(tmp_path), "--paths", "8192", cwd=tmp_path)
    assert result.code == 0, result.err
    summary = json.loads((tmp_path / "reports" / "plan" / "summary.json").read_text(encoding="utf-8"))
    of_history, of_run = summary["baseline"]["a"]["said"]["2026"], summary["measures"]["revenue.a"]["2026"]
    for key in ("p10", "p50", "p90"):
        assert of_run[key] == pytest.approx(of_history[key], rel=0.02)
    assert of_run["p90"] < 0


@pytest.mark.parametrize("name", NEVER_BELOW_ZERO)
@pytest.mark.parametrize("settings", ["", "growth: -5% to 10%"])
def test_a_ledger_that_never_goes_below_zero_gives_months_that_never_do(
    tmp_path: Path, name: str, settings: str
) -> None:
    run, _ = simulate_ledger(tmp_path, name, settings)
    values = months(run)
    assert values.min() == 0
    zeros_of_ledger = np.mean(LEDGERS[name] == 0)
    assert np.mean(values == 0) == pytest.approx(zeros_of_ledger, abs=0.3)
    if name == "seasonal_to_zero":
        assert not values[6:].any()
        assert values[1:5].min() > 0


@pytest.mark.parametrize("name", ["mixed_sign", *NEVER_BELOW_ZERO])
def test_growth_sets_the_level_of_the_year_and_keeps_its_months(tmp_path: Path, name: str) -> None:
    text = "horizon: {from: 2026-01, months: 24}\n"
    plan = write_plan(tmp_path, {"a": LEDGERS[name]}, "{a: {growth: 5%}}", month_targets("a"))
    plan.write_text(plan.read_text(encoding="utf-8").replace("horizon: {from: 2026-01, months: 12}\n", text), "utf-8")
    run = forecast.simulate(forecast.read(plan), paths=4_000)
    base = LEDGERS[name][-12:].round(2).sum()
    for year, growth in ((run.values(*YEAR), 1.05), (run.values("revenue", "2027"), 1.05**2)):
        assert year.mean() == pytest.approx(growth * base, abs=4 * year.std() / np.sqrt(4_000))
    shape = fit_baseline(forecast.read(plan)).services["a"].shape[:12]
    expected = shape * 1.05 * base / shape.sum()
    if name == "mixed_sign":
        expected = 1.05 * (base / 12 + shape - shape.mean())
        assert np.all(months(run).mean(axis=1)[8:10] < -20)
    correlation = np.corrcoef(months(run).mean(axis=1), expected)[0, 1]
    assert correlation > 0.9


def test_a_year_with_a_shape_below_zero_has_exactly_its_months(tmp_path: Path) -> None:
    """Without noise in the ledger, growth multiplies each month, also those below zero."""
    year = np.array([50.0, 40, 30, 20, 10, -30, -40, -20, 60, 70, 80, 90])
    scenario = read_signed_plan(tmp_path, {"a": np.tile(year, 5)}, "{a: {growth: 10%}}", month_targets("a"))
    run = forecast.simulate(scenario, paths=8_000)
    values = months(run)
    assert values.mean(axis=1) == pytest.approx(1.1 * year, abs=4 * values.std() / np.sqrt(8_000))


PLANNER_AND_HISTORY = ("growth: 5%", "growth: 5%, baseline: {level: history}")


def test_a_mixture_takes_the_planner_or_the_history_in_each_path(tmp_path: Path) -> None:
    run, _ = simulate_ledger(tmp_path, "mixed_sign", "growth: 5%, baseline: {level: mixture(60%)}")
    year = run.values(*YEAR)
    both = [simulate_ledger(tmp_path, "mixed_sign", settings)[0].values(*YEAR) for settings in PLANNER_AND_HISTORY]
    planned, by_history = (np.isclose(year, other, rtol=1e-5, atol=0.1) for other in both)
    assert np.all(planned | by_history)
    assert planned.mean() == pytest.approx(0.6, abs=0.03)


def test_volumes_below_zero_are_worth_their_price(tmp_path: Path) -> None:
    rows = [
        row.replace(",actual", ",2.5,actual")
        for row in write_plan(tmp_path, {"a": LEDGERS["all_negative"]}, "{a: {}}")
        .with_name("ledger.csv")
        .read_text(encoding="utf-8")
        .splitlines()[1:]
    ]
    counted = "\n".join(["month,service,volume,price,status", *rows, ""])
    (tmp_path / "ledger.csv").write_text(counted, encoding="utf-8")
    run = forecast.simulate(forecast.read(tmp_path / "plan.yaml"), paths=4_000)
    assert run.values("revenue.a", "2026") == pytest.approx(2.5 * run.values("volume.a", "2026"))
    assert run.tally("volume.a", "2026").mean == pytest.approx(-3_600, rel=0.1)


def test_services_below_zero_keep_their_correlation(tmp_path: Path) -> None:
    ledgers = {"a": LEDGERS["all_negative"], "b": LEDGERS["mixed_sign"]}
    targets = month_targets("a") + month_targets("b").replace("targets:\n", "").replace("  m", "  n")
    text = targets + "correlations: {c: {between: [services.a, services.b], rank: 0.7}}\n"
    run = forecast.simulate(read_signed_plan(tmp_path, ledgers, "{a: {}, b: {}}", text), paths=8_000)
    a, b = months(run, "a")[0], months(run, "b")[0]
    ranks = [np.argsort(np.argsort(values)) for values in (a, b)]
    assert np.corrcoef(*ranks)[0, 1] == pytest.approx(0.7, abs=0.03)


@pytest.mark.parametrize("name", ["all_negative", "mixed_sign", *NEVER_BELOW_ZERO])
@pytest.mark.parametrize("growth", ["", "growth: 0% to 5%"])
def test_a_longer_horizon_keeps_months_at_or_below_zero(tmp_path: Path, name: str, growth: str) -> None:
    if name == "all_negative" and growth:
        return
    runs = []
    for count in (12, 36):
        plan = write_plan(tmp_path, {"a": LEDGERS[name]}, f"{{a: {{{growth}}}}}", month_targets("a"))
        plan.write_text(plan.read_text(encoding="utf-8").replace("months: 12", f"months: {count}"), encoding="utf-8")
        runs.append(months(forecast.simulate(forecast.read(plan), paths=2_000)))
    assert np.array_equal(*runs)


def struck(folder: Path, shock: str, settings: str = "") -> tuple[np.ndarray, np.ndarray, Simulation]:
    """(12, paths) months without and with shocks, all below zero, and the run with them."""
    calm, _ = simulate_ledger(folder, "all_negative", settings)
    run, _ = simulate_ledger(folder, "all_negative", settings, shock)
    return months(calm), months(run), run


@pytest.mark.parametrize("driver", ["volume", "revenue", "price"])
@pytest.mark.parametrize(("change", "factor"), [("-60%", 1.6), ("-100%", 2.0), ("25%", 0.75)])
def test_a_loss_is_a_loss_and_a_gain_a_gain_below_zero(tmp_path: Path, driver: str, change: str, factor: float) -> None:
    effect = LOCKDOWN.format(effect=f"{driver}: {{a: {change}}}", more="")
    calm, shaken, _ = struck(tmp_path, f"shocks: {{e: {effect}}}\n")
    assert shaken[2] == pytest.approx(calm[2] + (1 - factor) * np.abs(calm[2]))
    assert shaken[2][calm[2] < 0] == pytest.approx(factor * calm[2][calm[2] < 0])
    assert np.array_equal(np.delete(shaken, 2, axis=0), np.delete(calm, 2, axis=0))


def test_lost_is_recovered_carried_over_or_permanent_below_zero(tmp_path: Path) -> None:
    weather = "{kind: flood, per_year: 3 to 6, season: {2: 1, 12: 2}, recovered: {all: 20% to 60%}, classes: {c: "
    weather += "{weight: 1, reach: 20% to 60%, days: 5 to 20, loss_share: {all: 60% to 90%}}}}"
    dated = LOCKDOWN.format(effect="volume: {a: -60%}", more=", recovered: {a: 50%}, within: 3 months")
    calm, shaken, run = struck(tmp_path, f"shocks: {{e: {dated}, w: {weather}}}\n")
    lost, returned, carried, gone = (
        run.values(f"{word}.a", "horizon") for word in ("lost", "returned", "carried", "gone")
    )
    assert np.abs(lost - returned - carried - gone).max() < 1e-9
    assert min(lost.min(), returned.min(), carried.min(), gone.min()) >= 0
    assert np.abs(calm.sum(axis=0) - shaken.sum(axis=0) - (lost - returned)).max() < 1e-2
    assert lost.mean() > 0.6 * 250


@pytest.mark.parametrize("effect", ["volume: {a: 0%}", "revenue: {a: 0%}", "price: {a: 0%}"])
def test_a_shock_of_zero_size_changes_no_bit_below_zero(tmp_path: Path, effect: str) -> None:
    drift = f"{{kind: drift, over: 3 months, effect: {{{effect}}}}}"
    event = LOCKDOWN.format(effect=effect, more=", recovered: {a: 50%}")
    calm, shaken, _ = struck(
        tmp_path, f"shocks: {{d: {drift}, e: {event}}}\ninitiatives: {{i: {{start: 2026-02, effect: {{{effect}}}}}}}\n"
    )
    assert np.array_equal(calm, shaken)


def test_drifts_and_initiatives_change_a_month_by_its_size(tmp_path: Path) -> None:
    text = "shocks: {d: {kind: drift, over: 0 days, effect: {volume: {a: -20%}}}}\n"
    text += "initiatives: {i: {start: 2026-01, effect: {revenue: {a: 5%}}}}\n"
    calm, shaken, _ = struck(tmp_path, text)
    below = calm < 0
    assert shaken[below] == pytest.approx(calm[below] * 1.2 * 0.95)


@pytest.mark.slow
def test_a_donor_below_zero_loses_its_share_of_each_amount_gained(tmp_path: Path) -> None:
    ledgers = {"a": LEDGERS["all_negative"], "b": LEDGERS["one_refund"]}
    initiative = "initiatives: {i: {start: 2026-01, effect: {revenue: {b: 10%}}, takes_from: {a: 20%}}}\n"
    runs = [
        forecast.simulate(read_signed_plan(tmp_path, ledgers, "{a: {}, b: {}}", text), paths=2_000)
        for text in ("", initiative)
    ]
    calm, after = (run.values("revenue.a", "2026") for run in runs)
    gained = runs[1].values("revenue.b", "2026") - runs[0].values("revenue.b", "2026")
    # a month that is hardly below zero cannot lose more than its size
    assert np.mean(np.isclose(calm - after, 0.2 * gained, rtol=1e-4)) > 0.95
    assert np.all(after < calm)


def test_a_past_shock_is_taken_out_of_months_below_zero(tmp_path: Path) -> None:
    """A base year that lost 60% of the size of four months, three of them below zero, is read without that loss."""
    plain, hit = LEDGERS["mixed_sign"], LEDGERS["mixed_sign"].copy()
    hit[54:58] -= 0.6 * np.abs(plain[54:58])
    assert (plain[54:58] < 0).sum() == 3
    shocks = "{x: {kind: event, from: 2025-07-01, until: 2025-10-31, effect: {volume: {all: -60%}}}}"
    plan = write_plan(tmp_path, {"a": hit}, "{a: {growth: 0%}}")
    text = plan.read_text(encoding="utf-8").replace("ledger.csv", f"{{file: ledger.csv, shocks: {shocks}}}")
    plan.write_text(text, encoding="utf-8")
    scenario = forecast.read(plan)
    base = plain[-12:].sum()
    assert fit_baseline(scenario).services["a"].base_undisturbed == pytest.approx(base, abs=0.1)
    year = forecast.simulate(scenario, paths=4_000).values(*YEAR)
    assert year.mean() == pytest.approx(base, abs=4 * year.std() / np.sqrt(4_000))


def test_a_given_year_never_falls_below_zero(tmp_path: Path) -> None:
    services = "{a: {}, b: {baseline: {method: given, annual: 100 EUR to 900 EUR, shape: flat, noise: 60%}}}"
    text = (
        month_targets("b")
        + "shocks: {e: {kind: event, from: 2026-03-01, until: 2026-05-31, effect: {volume: {all: -100%}}}}\n"
    )
    run = forecast.simulate(read_signed_plan(tmp_path, {"a": LEDGERS["all_negative"]}, services, text), paths=4_000)
    assert months(run, "b").min() >= 0
    assert run.tally("revenue.a", "2026").mean < -3_000
