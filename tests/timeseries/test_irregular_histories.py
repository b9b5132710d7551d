"""Irregular ledgers: each is fitted with a note, or rejected with advice; a warning fails the test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.errors import InputError
from forecast.i18n import Translator
from forecast.periods import format_month, parse_month
from forecast.plan.scenario import Scenario
from forecast.timeseries.baseline import ServiceBaseline, fit_baseline

PLAN = """
name: {en: A plan}
currency: EUR
horizon: {from: 2021-01, months: 12}
history: ledger.csv
services:
  a: {}
"""
Booked = Callable[..., Scenario]


def usual(count: int, seed: int = 1) -> np.ndarray:
    """A service that grows by 5% a year, has a season, and noise of 5% a month."""
    age = np.arange(count)
    season = 0.1 * np.sin(2 * np.pi * (age + parse_month("2021-01") - count) / 12)
    return np.exp(8 + 0.004 * age + season + np.random.default_rng(seed).normal(0, 0.05, count))


@pytest.fixture
def booked(tmp_path: Path) -> Booked:
    def write(values: np.ndarray, settings: str = "") -> Scenario:
        first = parse_month("2021-01") - len(values)
        rows = [f"{format_month(first + row)},a,{value:.2f},actual" for row, value in enumerate(values)]
        (tmp_path / "ledger.csv").write_text("\n".join(["month,service,revenue,status", *rows, ""]), encoding="utf-8")
        (tmp_path / "plan.yaml").write_text(PLAN.replace("a: {}", f"a: {{{settings}}}"), encoding="utf-8")
        return forecast.read(tmp_path / "plan.yaml")

    return write


def fit_and_simulate(scenario: Scenario) -> tuple[ServiceBaseline, set[str]]:
    """The baseline, after a simulation on it, and the keys of its notes, which have text in both languages."""
    baseline = fit_baseline(scenario)
    service = baseline.services["a"]
    assert np.all(np.isfinite(service.shape))
    assert np.all(np.isfinite(service.annual_quantiles[2021]))
    assert service.annual_quantiles[2021][0] <= service.annual_quantiles[2021][1] <= service.annual_quantiles[2021][2]
    for key, facts in service.notes:
        assert Translator("vi")(key, **dict(facts)) != Translator("en")(key, **dict(facts))
    run = forecast.simulate(scenario, paths=4096, baseline=baseline)
    assert np.isfinite(run.tally("revenue", "2021").mean)
    return service, {key for key, _ in service.notes}


def width(service: ServiceBaseline) -> float:
    """Of the central 80% of the year by the history alone, as a share of its middle."""
    low, middle, high = service.annual_quantiles[2021]
    return (high - low) / middle


@pytest.fixture(scope="module")
def plain() -> float:
    """The year after `usual(60)` in truth, without noise."""
    age = np.arange(60, 72)
    return float(np.exp(8 + 0.004 * age + 0.1 * np.sin(2 * np.pi * (age - 60) / 12)).sum())


@pytest.mark.parametrize("times", [20.0, 0.05])
@pytest.mark.parametrize("count", [pytest.param(60, marks=pytest.mark.slow), 30])
def test_an_outlier_in_the_first_month_hardly_changes_the_forecast(booked: Booked, times: float, count: int) -> None:
    values = usual(count)
    original, _ = fit_and_simulate(booked(values))
    values[0] *= times
    service, notes = fit_and_simulate(booked(values))
    assert "baseline_odd_months" in notes
    assert service.annual_quantiles[2021][1] == pytest.approx(original.annual_quantiles[2021][1], rel=0.02)
    assert width(service) < 1.25 * width(original)


@pytest.mark.parametrize(("row", "times"), [(12, 0.4), (30, 2.0), (42, 2.0)])
def test_a_level_shift_is_noted_and_the_interval_stays_narrow(
    booked: Booked, plain: float, row: int, times: float
) -> None:
    values = usual(60)
    values[row:] *= times
    service, notes = fit_and_simulate(booked(values))
    assert "baseline_level_moved" in notes
    facts = dict(next(facts for key, facts in service.notes if key == "baseline_level_moved"))
    assert facts["month"] == format_month(parse_month("2016-01") + row)
    assert service.annual_quantiles[2021][1] == pytest.approx(times * plain, rel=0.08)
    assert width(service) < 0.25
    assert service.noise == pytest.approx(0.05, abs=0.02)


@pytest.mark.slow
def test_isolated_zeros_are_corrections_and_yearly_zeros_are_seasonal(booked: Booked) -> None:
    values = usual(60)
    values[[20, 33]] = 0
    service, notes = fit_and_simulate(booked(values))
    assert "baseline_corrections" in notes
    assert service.forecast is not None
    assert service.forecast.scale == "log"
    values = usual(60)
    values[7::12] = 0
    service, notes = fit_and_simulate(booked(values))
    assert "baseline_not_above_zero" in notes
    assert service.forecast is not None
    assert service.forecast.mean[7] < 0.3 * service.forecast.mean[6]


def test_intermittent_sales_use_the_raw_scale(booked: Booked) -> None:
    values = usual(48) * (np.random.default_rng(3).random(48) > 0.4)
    values[0], values[-1] = 2_000.0, 2_000.0
    service, notes = fit_and_simulate(booked(values))
    assert notes == {"baseline_not_above_zero"}
    assert service.annual_quantiles[2021][1] == pytest.approx(values[-24:].sum() / 2, rel=0.4)


def test_leading_zeros_are_not_months_of_the_service(booked: Booked) -> None:
    values = usual(60)
    values[:35] = 0
    service, notes = fit_and_simulate(booked(values))
    late, _ = fit_and_simulate(booked(values[35:]))
    assert {"baseline_late_start", "baseline_short_history"} <= notes
    assert service.annual_quantiles == late.annual_quantiles


def test_a_stopped_service_is_noted(booked: Booked) -> None:
    """One that stopped lately may come back; after twenty months it hardly does."""
    values = usual(48)
    values[-6:] = 0
    service, notes = fit_and_simulate(booked(values))
    assert "baseline_stopped_lately" in notes
    assert service.annual_quantiles[2021][0] < 0.3 * values[:12].sum() < service.annual_quantiles[2021][2]
    values[-20:] = 0
    service, notes = fit_and_simulate(booked(values))
    assert "baseline_stopped" in notes
    assert service.annual_quantiles[2021][2] < 0.5 * values[:12].sum()


@pytest.mark.parametrize("count", [7, 12, 24, 60])
def test_a_constant_series_stays_constant(booked: Booked, count: int) -> None:
    service, _ = fit_and_simulate(booked(np.full(count, 500.0)))
    assert service.annual_quantiles[2021][1] == pytest.approx(6_000, rel=0.02)
    assert service.mase is None


@pytest.mark.parametrize(
    ("count", "row"), [(24, 7), *(pytest.param(60, row, marks=pytest.mark.slow) for row in (25, 58))]
)
def test_a_negative_correction_does_not_change_the_forecast(booked: Booked, count: int, row: int) -> None:
    values = usual(count)
    original, _ = fit_and_simulate(booked(values))
    values[row] = -300
    service, notes = fit_and_simulate(booked(values))
    assert "baseline_corrections" in notes
    assert service.base_total == pytest.approx(values[-12:].sum(), abs=1)
    assert service.annual_quantiles[2021][1] == pytest.approx(original.annual_quantiles[2021][1], rel=0.04)
    assert np.all(service.base_weights > 0.05)


def test_seven_months_give_a_level(booked: Booked) -> None:
    service, notes = fit_and_simulate(booked(usual(7)))
    assert notes == {"baseline_under_a_year_flat"}
    assert service.annual_quantiles[2021][1] == pytest.approx(12 * usual(7).mean(), rel=0.05)
    with pytest.raises(InputError, match="7 months without one; add the months of last year, or leave 'growth' out"):
        fit_baseline(booked(usual(7), "growth: 0% to 9%"))


def test_one_month_gives_a_level(booked: Booked) -> None:
    service, notes = fit_and_simulate(booked(np.array([5.0])))
    assert notes == {"baseline_under_a_year_flat"}
    assert service.annual_quantiles[2021][1] == pytest.approx(60, rel=0.02)


@pytest.mark.slow
def test_a_history_of_twenty_five_years_is_fitted(booked: Booked) -> None:
    values = usual(300)
    service, notes = fit_and_simulate(booked(values))
    assert notes == {"baseline_long_history"}
    assert service.annual_quantiles[2021][1] == pytest.approx(values[-12:].sum() * 1.05, rel=0.05)
    assert service.coverage80 is not None


def test_a_service_without_sales_is_rejected(booked: Booked) -> None:
    with pytest.raises(InputError, match=r"every month of 'a' is 0; take it out of the file, and in the plan write"):
        fit_baseline(booked(np.zeros(40)))
