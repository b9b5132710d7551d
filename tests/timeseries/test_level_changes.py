"""Temporary changes and level shifts of a ledger, from YAML to the simulated year, its notes and its laws."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.history.ledger import read_history
from forecast.periods import format_month, parse_month
from forecast.plan.scenario import Scenario
from forecast.timeseries.baseline import ServiceBaseline, fit_baseline, unfitted_notes
from forecast.timeseries.evaluation.backtest import backtest_baseline

PLAN = """
name: {{en: A plan}}
currency: EUR
horizon: {{from: 2021-01, months: {months}}}
history: {history}
services: {{{services}}}
"""
PATHS = 8192
MORE_TEMPORARY_CHANGES = ((46, 12, 0.3), (20, 1, 0.1), (56, 3, 0.05), (30, 7, 2.5), (44, 9, 0.6))
"""Row of the first month, number of months, share that is left."""
Write = Callable[..., Scenario]


def calm(count: int = 60, seed: int = 1, noise: float = 0.025) -> np.ndarray:
    """(count,) months that end in December, with a season and noise, about 12,000 a year."""
    age = np.arange(count) - count
    season = 0.1 * np.sin(2 * np.pi * age / 12)
    return np.asarray(1000 * np.exp(season + np.random.default_rng(seed).normal(0, noise, count)))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def plan(
        ledgers: dict[str, np.ndarray] | np.ndarray, settings: str = "", history: str = "ledger.csv", months: int = 12
    ) -> Scenario:
        by_service = ledgers if isinstance(ledgers, dict) else {"a": ledgers}
        rows = []
        for name, values in by_service.items():
            first = parse_month("2021-01") - len(values)
            rows += [f"{format_month(first + row)},{name},{value:.2f},actual" for row, value in enumerate(values)]
        (tmp_path / "ledger.csv").write_text("\n".join(["month,service,revenue,status", *rows, ""]), encoding="utf-8")
        services = ", ".join(f"{name}: {{{settings}}}" for name in by_service)
        text = PLAN.format(months=months, history=history, services=services)
        (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
        return forecast.read(tmp_path / "plan.yaml")

    return plan


def simulated_year(scenario: Scenario) -> tuple[np.ndarray, ServiceBaseline]:
    """P10, P50 and P90 of 2021, and the baseline of service a."""
    baseline = fit_baseline(scenario)
    run = forecast.simulate(scenario, paths=PATHS, baseline=baseline, keep=PATHS)
    quantiles = np.quantile(run.draws("revenue", "2021"), (0.1, 0.5, 0.9))
    assert quantiles == pytest.approx(baseline.services["a"].annual_quantiles[2021], rel=0.15)
    return quantiles, baseline.services["a"]


def keys(service: ServiceBaseline) -> list[str]:
    return [key for key, _params in service.notes]


@pytest.mark.parametrize(
    ("first", "length", "share"),
    [
        (50, 3, 0.05),
        *(pytest.param(*change, marks=pytest.mark.slow) for change in MORE_TEMPORARY_CHANGES),
    ],
)
def test_a_temporary_change_leaves_the_forecast_as_it_was(write: Write, first: int, length: int, share: float) -> None:
    values = calm()
    without, _ = simulated_year(write(values))
    values[first : first + length] *= share
    changed, service = simulated_year(write(values))
    assert keys(service) == ["baseline_odd_months"]
    assert changed[1] == pytest.approx(without[1], rel=0.01 if length < 12 else 0.02)  # a year less to learn from
    assert changed[2] - changed[0] < 1.5 * (without[2] - without[0])


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.05, 0.6])
def test_months_that_confirm_a_new_level_narrow_the_interval(write: Write, share: float) -> None:
    widths = []
    for age in (3, 6, 9, 12, 18):
        values = calm(72)
        values[-age:] *= share
        (low, middle, high), service = simulated_year(write(values))
        widths.append(high - low)
        assert low < 1.02 * 12_000 * share
        if age == 3:
            assert keys(service) == ["baseline_level_recent"]
            assert high > 0.98 * 12_000
    assert widths == sorted(widths, reverse=True)
    assert keys(service) == ["baseline_level_moved"]
    assert middle == pytest.approx(12_000 * share, rel=0.03)
    assert widths[-1] < 0.04 * middle


@pytest.mark.slow
@pytest.mark.parametrize(("age", "share"), [(1, 0.1), (2, 2.0)])
def test_the_last_two_months_carry_the_doubt_too(write: Write, age: int, share: float) -> None:
    values = calm()
    values[-age:] *= share
    (low, _middle, high), service = simulated_year(write(values))
    assert keys(service) == ["baseline_level_recent"]
    assert low < 1.05 * min(1, share) * 12_000
    assert high > 0.95 * max(1, share) * 12_000


@pytest.mark.slow
def test_a_named_shock_and_a_mask_take_the_doubt_away(write: Write) -> None:
    values = calm()
    without, _ = simulated_year(write(values))
    values[-3:] *= 0.05
    shocks = "{closed: {kind: event, from: 2020-10-01, until: 2020-12-31, effect: {volume: {a: -95%}}}}"
    for scenario in (
        write(values, history=f"{{file: ledger.csv, shocks: {shocks}}}"),
        write(values, "baseline: {mask: [2020-10, 2020-11, 2020-12]}"),
    ):
        year, service = simulated_year(scenario)
        assert "baseline_level_recent" not in keys(service)
        assert year == pytest.approx(without, rel=0.02)


@pytest.mark.slow
def test_growth_over_a_year_of_two_levels_is_the_planners_and_noted(write: Write) -> None:
    values = calm()
    values[-3:] *= 0.05
    (_low, middle, _high), service = simulated_year_of_planner(write(values, "growth: 0%"))
    assert middle == pytest.approx(values[-12:].sum(), rel=0.01)
    (key, params), _width = service.notes
    assert key == "baseline_year_of_two_levels"
    amounts = {name: float(value) for name, value in params if name in ("booked", "before", "after")}
    assert amounts == {
        "booked": pytest.approx(values[-12:].sum(), abs=1),
        "before": pytest.approx(12_000, rel=0.03),
        "after": pytest.approx(600, rel=0.03),
    }


@pytest.mark.slow
def test_growth_over_a_disturbed_year_is_noted(write: Write) -> None:
    values = calm()
    values[50:54] *= 0.2
    _, service = simulated_year_of_planner(write(values, "growth: 0%"))
    assert keys(service) == ["baseline_odd_months", "baseline_year_disturbed", "growth_narrower_than_months"]
    params = dict(service.notes[1][1])
    assert params["months"] == "2020-03..2020-06"
    assert float(params["undisturbed"]) == pytest.approx(12_000, rel=0.03)


def simulated_year_of_planner(scenario: Scenario) -> tuple[np.ndarray, ServiceBaseline]:
    """P10, P50 and P90 of a year that the planner's growth sets, and the baseline of service a."""
    baseline = fit_baseline(scenario)
    run = forecast.simulate(scenario, paths=4096, baseline=baseline, keep=4096)
    return np.quantile(run.draws("revenue", "2021"), (0.1, 0.5, 0.9)), baseline.services["a"]


def test_a_month_stands_in_one_note(write: Write, tmp_path: Path) -> None:
    """A correction, a spike, a dip and a recent level: every month that is named is named once."""
    values = calm(72)
    values[20], values[30] = -50.0, 8_000.0
    values[40:45] *= 0.1
    values[-4:] *= [0.4, 0.05, 0.05, 0.05]
    scenario = write(values)
    notes = unfitted_notes(scenario, read_history(tmp_path / "ledger.csv", "EUR"))
    named = [dict(params) for _key, params in notes]
    assert sorted(params.get("months") or params["month"] for params in named) == [
        "2016-09",
        "2017-07, 2018-05..2018-09",
        "2020-09",
    ]


@pytest.mark.slow
def test_a_stopped_service_has_one_note_with_the_doubt(write: Write) -> None:
    values = calm(60)
    values[-4:] = 0.0
    (low, _middle, high), service = simulated_year(write(values))
    assert [key for key in keys(service) if key != "baseline_not_above_zero"] == ["baseline_stopped_lately"]
    assert low < 1_500
    assert high > 9_000


@pytest.mark.slow
def test_services_that_fell_together_come_back_together(write: Write) -> None:
    ledgers = {name: calm(seed=seed) for seed, name in enumerate("ab")}
    for values in ledgers.values():
        values[-3:] *= 0.1
    run = forecast.simulate(write(ledgers), paths=PATHS, keep=PATHS)
    first, second = (run.draws(f"revenue.{name}", "2021") for name in "ab")
    assert np.corrcoef(first, second)[0, 1] > 0.98


@pytest.mark.slow
def test_the_doubt_keeps_the_laws_of_random_numbers(write: Write) -> None:
    values = calm()
    values[-3:] *= 0.1
    scenario, longer = write(values), write(values, months=24)
    baseline = fit_baseline(scenario)
    run = forecast.simulate(scenario, paths=PATHS, baseline=baseline, keep=PATHS)
    year = run.draws("revenue", "2021")
    fewer = forecast.simulate(scenario, paths=4096, baseline=baseline, keep=4096)
    assert np.array_equal(year[:4096], fewer.draws("revenue", "2021"))
    both = forecast.simulate(longer, paths=PATHS, keep=PATHS)
    assert np.array_equal(year, both.draws("revenue", "2021"))


@pytest.mark.slow
def test_the_backtest_carries_the_doubt_at_an_origin_after_a_shift(write: Write, tmp_path: Path) -> None:
    values = calm(72)
    values[-4:] *= 0.1
    scenario = write(values)
    result = backtest_baseline(scenario, read_history(tmp_path / "ledger.csv", "EUR"), origins=2)
    before, after = (origin.forecasts["blend"] for origin in result.services["a"].origins)
    assert before.sd.max() < 0.1
    assert after.sd.min() > 0.5
