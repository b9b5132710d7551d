"""The batched airline model against statsmodels, and on unusual series."""

from __future__ import annotations

import warnings
from itertools import product

import numpy as np
import pytest
from statsmodels.tsa.statespace.sarimax import SARIMAX

from benchmarks.competition import load_series
from forecast.arrays import Floats
from forecast.timeseries.panel import airline
from forecast.timeseries.panel.airline import SEASONAL_THETAS, THETAS, fit_airline
from forecast.timeseries.panel.panel import Panel

POINTS = list(product(THETAS, SEASONAL_THETAS))
SEASONS = {4: "quarterly", 12: "monthly"}


def few_series(season: int, step: int) -> list[Floats]:
    return load_series("m3", SEASONS[season])[0][::step]


def model(values: Floats, season: int, **options: bool) -> SARIMAX:
    return SARIMAX(values, order=(0, 1, 1), seasonal_order=(0, 1, 1, season), simple_differencing=True, **options)


def innovations(values: Floats, season: int, theta: float, seasonal_theta: float) -> tuple[float, float]:
    """Sum of squared innovations and log determinant by statsmodels, both by the variance of the errors."""
    filtered = model(values, season).filter([-theta, -seasonal_theta, 1.0]).filter_results
    variance = filtered.forecasts_error_cov[0, 0]
    return float(np.sum(filtered.forecasts_error[0] ** 2 / variance)), float(np.sum(np.log(variance)))


@pytest.mark.parametrize("season", sorted(SEASONS))
def test_errors_and_likelihood_equal_those_of_statsmodels(season: int) -> None:
    series = few_series(season, 150)
    fitted = fit_airline(Panel.from_series(series, season), 6)
    for row, values in enumerate(series):
        for scale, scaled in enumerate((values, np.log(values))):
            count = len(values) - season - 1
            jacobian = 2 * float(np.sum(np.log(values)[season + 1 :])) if scale else 0.0
            for point in range(row, len(POINTS), 17):
                sse, log_determinant = innovations(scaled, season, *POINTS[point])
                assert fitted.sse[scale, point, row] == pytest.approx(sse, rel=1e-6)
                deviance = count * np.log(sse / count) + log_determinant + jacobian
                assert fitted.deviance[scale, point, row] == pytest.approx(deviance, abs=1e-3)


@pytest.mark.parametrize(("season", "step", "percentile"), [(4, 40, 90), (12, 60, 95)])
def test_the_best_point_of_the_grid_is_close_to_the_optimum_of_statsmodels(
    season: int, step: int, percentile: int
) -> None:
    series = few_series(season, step)
    fitted = fit_airline(Panel.from_series(series, season), 6)
    ratios = []
    for row, values in enumerate(series):
        count = len(values) - season - 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            starts = ([-0.3, -0.3], [-0.6, -0.6], [-0.2, -0.9])
            fits = [model(values, season, concentrate_scale=True).fit(start, disp=False) for start in starts]
        theta, seasonal_theta = -max(fits, key=lambda fit: fit.llf).params
        sse, log_determinant = innovations(values, season, theta, seasonal_theta)
        # sums of squares, each times the geometric mean of the variances of its innovations
        reference = count * np.log(sse / count) + log_determinant
        ratios.append(np.exp((fitted.deviance[0, :, row].min() - reference) / count))
    assert min(ratios) >= 1 - 1e-3
    assert np.percentile(ratios, percentile) <= 1.01


@pytest.mark.parametrize("season", sorted(SEASONS))
def test_forecasts_equal_those_of_statsmodels(season: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airline, "THETAS", (0.4,))
    monkeypatch.setattr(airline, "SEASONAL_THETAS", (0.6,))
    series = [values - values.mean() for values in few_series(season, 150)]  # partly negative: no logs
    horizon = 2 * season + 3
    fitted = fit_airline(Panel.from_series(series, season), horizon)
    for row, values in enumerate(series):
        ahead = model(values, season).filter([-0.4, -0.6, 1.0]).get_forecast(horizon).predicted_mean
        path = list(values)
        for difference in ahead:
            path.append(difference + path[-1] + path[-season] - path[-season - 1])
        assert fitted.mean[row] == pytest.approx(np.array(path[len(values) :]), rel=1e-6, abs=1e-6 * np.ptp(values))
        steps = SARIMAX(values, order=(0, 1, 1), seasonal_order=(0, 1, 1, season)).filter([-0.4, -0.6, 1.0])
        psi = steps.impulse_responses(horizon - 1)
        step_sd = np.sqrt(fitted.sse[0, 0, row] / (len(values) - season - 3))
        assert fitted.sd[row] == pytest.approx(step_sd * np.sqrt(np.cumsum(psi**2)), rel=1e-6)


def test_fits_do_not_depend_on_other_series() -> None:
    series = few_series(12, 200)
    together = fit_airline(Panel.from_series(series, 12), 18)
    for row, values in enumerate(series):
        alone = fit_airline(Panel.from_series([values], 12), 18)
        assert alone.mean[0] == pytest.approx(together.mean[row], rel=1e-9)
        assert alone.sd[0] == pytest.approx(together.sd[row], rel=1e-9)


def test_forecasts_scale_with_the_unit() -> None:
    series = few_series(12, 300)
    original, scaled = (
        fit_airline(Panel.from_series([unit * values for values in series], 12), 12) for unit in (1.0, 1e-4)
    )
    assert scaled.mean * 1e4 == pytest.approx(original.mean, rel=1e-7)
    assert scaled.sd * 1e4 == pytest.approx(original.sd, rel=1e-7)


def test_series_without_two_seasons_of_differences_are_not_fitted() -> None:
    series = [100 + np.random.default_rng(count).normal(0, 5, count) for count in (1, 13, 26, 27, 40)]
    fitted = fit_airline(Panel.from_series(series, 12), 5)
    assert fitted.is_fitted.tolist() == [False, False, False, True, True]
    assert not fitted.mean[:3].any()


@pytest.mark.parametrize("season", sorted(SEASONS))
def test_constant_and_exact_series_are_forecast(season: int) -> None:
    age = np.arange(60.0)
    line = 10 + age + 5 * np.cos(2 * np.pi * age / season)
    fitted = fit_airline(Panel.from_series([np.full(60, 7.0), np.zeros(60), line[:52]], season), 8)
    assert fitted.mean[0] == pytest.approx(np.full(8, 7.0), rel=1e-6)
    assert fitted.mean[1] == pytest.approx(np.zeros(8))
    assert fitted.mean[2] == pytest.approx(line[52:], rel=1e-4)
    assert np.isfinite(fitted.sd).all()
