"""The batched theta against its recursion written out, against statsmodels, and on unusual series."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from forecast.timeseries.panel.panel import Panel
from forecast.timeseries.panel.theta import INITIAL_LEVEL_WEIGHT, THETA_KINDS, fit_theta, forecast_theta
from tests.support.series import random_walk_sales


def recursion(values: np.ndarray, alpha: float, share: float, first: float, horizon: int) -> tuple[float, np.ndarray]:
    """Equations 20 to 24 of Fiorucci and others (2016), period by period: squared errors, and what is ahead."""
    level, intercept, slope, mean, errors, ahead = first, 0.0, 0.0, 0.0, [], []
    for period in range(1, len(values) + horizon + 1):
        line = (1 - alpha) ** (period - 1) * intercept + (1 - (1 - alpha) ** period) / alpha * slope
        mu = level + share * line
        known = period <= len(values)
        value = values[period - 1] if known else mu
        (errors if known else ahead).append(value - mu if known else mu)
        slope = ((period - 2) * slope + 6 / period * (value - mean)) / (period + 1) if period > 1 else 0.0
        mean = ((period - 1) * mean + value) / period
        intercept = mean - (period + 1) / 2 * slope
        level = alpha * value + (1 - alpha) * level
    return float(np.sum(np.square(errors[3:]))), np.array(ahead)


@pytest.mark.parametrize("seed", range(4))
def test_the_batch_equals_the_recursion(seed: int) -> None:
    values = [random_walk_sales(months, seed, season=0.0) for months in (20, 47)]
    fitted = fit_theta(Panel.from_series(values, 1), "dynamic")
    member = fitted.members[0].solution
    for row, each in enumerate(values):
        sse, ahead = recursion(each, member.alpha[row], member.line_weight[row], member.initial_level[row], 18)
        assert fitted.forecast(18).mean[row] == pytest.approx(ahead, rel=1e-9)
        begun = (1 - member.line_weight[row]) * each[0] - member.initial_level[row]
        assert member.sse[row] == pytest.approx(sse + INITIAL_LEVEL_WEIGHT * begun**2, rel=1e-7)


@pytest.mark.parametrize("seed", range(6))
def test_the_search_is_near_the_optimum_of_all_parameters(seed: int) -> None:
    values = random_walk_sales(60, seed, season=0.0)

    def loss(point: np.ndarray) -> float:
        first = point[2] * values[0]
        return (
            recursion(values, point[0], point[1], first, 0)[0]
            + INITIAL_LEVEL_WEIGHT * ((1 - point[1]) * values[0] - first) ** 2
        )

    sse = fit_theta(Panel.from_series([values], 1), "dynamic").members[0].solution.sse[0]
    bounds = [(0.1, 0.99), (0.0, 1.0), (-2.0, 4.0)]
    best = min(
        minimize(loss, [alpha, 0.5, 1.0], bounds=bounds, method="Nelder-Mead", options={"maxiter": 600}).fun
        for alpha in (0.2, 0.5, 0.8)
    )
    assert best * (1 - 0.05) <= sse
    assert sse <= best * 1.01


@pytest.mark.parametrize("season", [0.0, 0.25])
def test_standard_theta_agrees_with_statsmodels(season: float) -> None:
    from statsmodels.tsa.forecasting.theta import ThetaModel

    values = [
        random_walk_sales(months, seed, season, growth=0.001, noise=0.03)
        for seed, months in enumerate((48, 61, 75, 90, 108))
    ]
    ours = forecast_theta(Panel.from_series(values, 12), 18, "standard").mean
    for mean, each in zip(ours, values, strict=True):
        model = ThetaModel(pd.Series(each), period=12, deseasonalize=season > 0, method="multiplicative")
        assert mean == pytest.approx(model.fit().forecast(18, theta=2).to_numpy(), rel=1e-4)
        assert (np.ptp(mean) > 300) == (season > 0)


def test_theta_fits_do_not_depend_on_other_series() -> None:
    values = [random_walk_sales(months, seed) for seed, months in enumerate((30, 64, 101))]
    for kind in THETA_KINDS:
        together = forecast_theta(Panel.from_series(values, 12), 12, kind)
        for row, each in enumerate(values):
            alone = forecast_theta(Panel.from_series([each], 12), 12, kind)
            assert together.mean[row] == pytest.approx(alone.mean[0], rel=1e-7)
            assert together.sd[row] == pytest.approx(alone.sd[0], rel=1e-7)


@pytest.mark.parametrize("kind", THETA_KINDS)
def test_theta_forecasts_scale_with_the_unit(kind: str) -> None:
    values = random_walk_sales(70, 3)
    original, scaled = (forecast_theta(Panel.from_series([unit * values], 12), 12, kind) for unit in (1.0, 1e6))
    assert 1e6 * original.mean == pytest.approx(scaled.mean, rel=1e-7)
    assert original.quantile(0.1) * 1e6 == pytest.approx(scaled.quantile(0.1), rel=1e-7)


@pytest.mark.parametrize("kind", THETA_KINDS)
def test_a_steady_seasonal_series_continues(kind: str) -> None:
    age = np.arange(84)
    positive = 500 * (1 + 0.2 * np.cos(2 * np.pi * age / 12))
    partly_negative = positive - 550  # below zero at times: differences instead of factors
    for values in (positive, partly_negative):
        assert forecast_theta(Panel.from_series([values[:72]], 12), 12, kind).mean[0] == pytest.approx(
            values[72:], abs=8
        )


@pytest.mark.parametrize("kind", THETA_KINDS)
@pytest.mark.parametrize("season", [1, 12])
def test_unusual_series_are_forecast(kind: str, season: int) -> None:
    rng = np.random.default_rng(0)
    strange = [
        np.full(40, 7.0),
        np.zeros(40),
        np.array([5.0]),
        np.array([3.0, 4.0]),
        np.r_[1e6, rng.uniform(90, 110, 50)],
        np.r_[np.full(30, 10.0), np.full(30, 1000.0)],
        np.r_[np.zeros(30), random_walk_sales(30, 4)],
        np.r_[random_walk_sales(40, 5), -3.0],
        -random_walk_sales(50, 1),
        random_walk_sales(7, 2),
        random_walk_sales(300, 3),
    ]
    forecasts = forecast_theta(Panel.from_series(strange, season), 14, kind)
    assert np.isfinite(forecasts.mean).all()
    assert np.isfinite(forecasts.sd).all()
    assert (forecasts.sd >= 0).all()
    assert forecasts.mean[0] == pytest.approx(7.0)
    assert forecasts.mean[1] == pytest.approx(0.0)
    assert forecasts.mean[2] == pytest.approx(5.0)
    assert (forecasts.quantile(0.1) <= forecasts.quantile(0.9)).all()


@pytest.mark.parametrize("kind", THETA_KINDS)
def test_kept_parameters_do_not_use_dropped_periods(kind: str) -> None:
    values = [random_walk_sales(80, 1), random_walk_sales(60, 2)]
    panel = Panel.from_series(values, 12)
    fitted = fit_theta(panel, kind)
    assert np.array_equal(fitted.with_panel(panel).forecast(6).mean, fitted.forecast(6).mean)
    later = Panel.from_series([np.r_[each[:-6], 3 * each[-6:]] for each in values], 12)
    then = fitted.with_panel(panel.drop_last(6)).forecast(6).mean
    assert np.array_equal(fitted.with_panel(later.drop_last(6)).forecast(6).mean, then)
    refit = fit_theta(panel.drop_last(6), kind).forecast(6).mean
    assert then == pytest.approx(refit, rel=0.1)
    assert not np.array_equal(then, refit)


def test_a_noisy_season_is_shrunk_and_a_clear_one_kept() -> None:
    noise = [random_walk_sales(60, seed, season=0.0, noise=0.1) for seed in range(30)]
    swing = [np.ptp(np.log(forecast_theta(Panel.from_series(noise, 12), 12).mean), axis=1).mean()]
    clear = [random_walk_sales(60, seed, season=0.3, noise=0.02) for seed in range(30)]
    swing.append(np.ptp(np.log(forecast_theta(Panel.from_series(clear, 12), 12).mean), axis=1).mean())
    assert swing[0] < 0.15
    assert 0.5 < swing[1] < 0.75


def test_theta_intervals_cover_a_random_walk() -> None:
    rng = np.random.default_rng(5)
    walks = 1000 + np.cumsum(rng.normal(0, 5, (400, 92)), axis=1)
    for kind in THETA_KINDS:
        forecasts = forecast_theta(Panel(walks[:, :80], 1), 12, kind)
        inside = (forecasts.quantile(0.1) <= walks[:, 80:]) & (walks[:, 80:] <= forecasts.quantile(0.9))
        assert 0.7 < inside.mean() < 0.85


def test_growth_on_the_log_scale_is_limited() -> None:
    rising = 100 * np.exp(0.4 * np.maximum(0, np.arange(40) - 20))
    for kind in ("standard", "dynamic", "weighted"):
        forecasts = forecast_theta(Panel(rising[None], 1), 24, kind)
        assert forecasts.mean.max() <= 20.001 * rising.max()
