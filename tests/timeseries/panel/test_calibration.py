"""Interval calibration of a panel: errors of all series set the factors, weighted by their number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from forecast.stats.intervals import Z975
from forecast.stats.transforms import Z90
from forecast.timeseries.panel.calibration import (
    CalibratedForecast,
    IntervalFactors,
    calibrate_at_origin,
    interval_factors,
    standardised_panel_errors,
)
from forecast.timeseries.panel.origins import sibling_origins
from forecast.timeseries.panel.panel import Panel, PanelForecast

PanelForecaster = Callable[[Panel, int], PanelForecast]


def walks(series: int, periods: int, seed: int = 0) -> Panel:
    return Panel(1000 + np.cumsum(np.random.default_rng(seed).normal(0, 5, (series, periods)), axis=1), 4)


def last_value(claimed: float) -> PanelForecaster:
    """The last value of a random walk of steps of sd 5, with a standard deviation of `claimed` times the true one."""

    def forecaster(panel: Panel, horizon: int) -> PanelForecast:
        sd = 5 * claimed * np.sqrt(np.arange(1, horizon + 1))
        mean = np.repeat(panel.values[:, -1:], horizon, axis=1)
        return PanelForecast(mean, np.broadcast_to(sd, mean.shape), np.zeros(len(mean), bool))

    return forecaster


def calibrate(panel: Panel, horizon: int, forecaster: PanelForecaster) -> IntervalFactors:
    """Factors from the errors of a forecaster at the latest origin."""
    origins = sibling_origins(panel, horizon, 1)
    forecasts = [forecaster(origin.panel, horizon) for origin in origins]
    return calibrate_at_origin(forecasts, origins, panel.season, horizon)


def inside(forecast: PanelForecast | CalibratedForecast, actual: np.ndarray, share: float) -> float:
    low, high = (forecast.quantile(tail) for tail in ((1 - share) / 2, (1 + share) / 2))
    return float(((low <= actual) & (actual <= high)).mean())


def test_narrow_intervals_are_widened_to_their_level() -> None:
    panel, forecaster = walks(400, 68), last_value(0.6)
    known = panel.drop_last(8)
    forecast = forecaster(known, 8)
    actual = panel.values[:, -8:]
    calibrated = calibrate(known, 8, forecaster).calibrate(forecast)
    assert inside(forecast, actual, 0.8) < 0.62
    assert inside(forecast, actual, 0.95) < 0.8
    assert 0.72 < inside(calibrated, actual, 0.8) < 0.83
    assert 0.88 < inside(calibrated, actual, 0.95) < 0.97


def test_correct_intervals_are_unchanged() -> None:
    factors = calibrate(walks(400, 60), 8, last_value(1.0))
    assert factors.factor80 == pytest.approx(1.0, abs=0.08)
    assert factors.factor95 == pytest.approx(1.0, abs=0.08)
    assert factors.coverage80 == pytest.approx(0.8, abs=0.03)
    assert factors.coverage95 == pytest.approx(0.95, abs=0.02)
    assert factors.n_siblings == 400


def test_heavy_tails_widen_only_the_outer_interval() -> None:
    errors = np.random.default_rng(2).standard_t(2.5, (500, 6))
    factors = interval_factors(errors * 0.9 / np.quantile(np.abs(errors), 0.8) * Z90)
    assert np.all(factors.factor80 < 1.0)
    assert np.all(factors.factor95 > 1.1)


def test_few_series_hardly_change_the_factor() -> None:
    wild = np.random.default_rng(3).normal(0, 2, (300, 6))
    by_count = [interval_factors(wild[:count], (1.0, 1.0)).factor80[0] for count in (0, 1, 3, 30, 300)]
    assert by_count[0] == 1.0
    assert np.all(np.diff(by_count) > 0)
    assert by_count[1] < 1.1
    assert by_count[4] > 1.5
    assert interval_factors(wild[:1]).coverage80 is None


def test_short_series_are_not_used_for_calibration() -> None:
    def refuses(panel: Panel, horizon: int) -> PanelForecast:
        raise AssertionError

    assert calibrate(walks(50, 15), 8, refuses).n_siblings == 0
    mixed = Panel.from_series([*walks(3, 15).values, *walks(7, 40).values], 4)
    assert calibrate(mixed, 8, last_value(1.0)).n_siblings == 7


def test_calibration_does_not_see_the_periods_it_forecasts() -> None:
    panel = walks(40, 60)
    seen: list[Panel] = []

    def spies(known: Panel, horizon: int) -> PanelForecast:
        seen.append(known)
        return last_value(1.0)(known, horizon)

    calibrate(panel, 8, spies)
    assert [each.values.shape for each in seen] == [(40, 52)]
    assert np.array_equal(seen[0].values, panel.values[:, :52])


def test_calibrated_quantiles_ascend_around_the_mean() -> None:
    errors = np.random.default_rng(4).standard_t(2, (200, 6)) * np.linspace(0.4, 3, 6)
    mean = np.full((3, 6), 100.0)
    for log in (False, True):
        sd = np.full((3, 6), 0.1 if log else 10.0)
        calibrated = interval_factors(errors).calibrate(PanelForecast(mean, sd, np.full(3, log)))
        shares = (0.001, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.999)
        assert np.all(np.diff([calibrated.quantile(share) for share in shares], axis=0) > 0)
        assert calibrated.quantile(0.5) == pytest.approx(mean)


def test_interval_ends_follow_the_factors() -> None:
    factors = interval_factors(np.random.default_rng(5).normal(0, 1.5, (200, 6)))
    assert factors.scaled_normal_quantile(Z90) == pytest.approx(Z90 * factors.factor80)
    assert factors.scaled_normal_quantile(Z90 + 1e-9) == pytest.approx(Z90 * factors.factor80)
    assert factors.scaled_normal_quantile(-Z975) == pytest.approx(-Z975 * factors.factor95)


def test_a_series_is_not_scored_with_its_own_widths() -> None:
    errors = np.random.default_rng(6).normal(0, 1, (400, 6)) * np.resize([0.5, 2.0], 400)[:, None]
    factors = interval_factors(errors, (1.0, 1.0))
    assert factors.coverage80 is not None
    assert factors.coverage80 < 0.72


def test_errors_are_standardised_on_the_scale_of_the_forecast() -> None:
    forecast = PanelForecast(
        np.full((3, 2), 100.0), np.array([[10.0], [0.1], [0.0]]) * np.ones(2), np.array([False, True, False])
    )
    actual = np.array([[120.0, 95.0], [100 * np.exp(0.2), -1.0], [1.0, 2.0]])
    errors = standardised_panel_errors(forecast, actual)
    assert errors[:2] == pytest.approx(np.array([[2.0, -0.5], [2.0, np.nan]]), nan_ok=True)
    assert np.isnan(errors[2]).all()
