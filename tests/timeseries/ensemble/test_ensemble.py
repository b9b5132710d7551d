"""The ensemble forecasts far enough for every plan, and its months ahead have a common level."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.periods import Calendar
from forecast.timeseries.ensemble.ensemble import FORECAST_MONTHS, FitTask, fit_ensemble
from forecast.timeseries.ensemble.interval_calibration import COMMON_LEVEL_SHARE
from forecast.timeseries.models.base import PredictiveNormal
from tests.support.series import cleaned_series, noisy_log_sales


def test_forecast_months_cover_the_longest_horizon() -> None:
    longest = max(Calendar(month, 120).full_years().last - month + 1 for month in range(12))
    assert longest <= FORECAST_MONTHS


@pytest.mark.parametrize("share", [0.0, 0.15, 1.0])
def test_a_common_level_widens_sums_and_no_month(share: float) -> None:
    sd = np.linspace(1, 3, 12)
    forecast = PredictiveNormal(np.arange(12.0), np.diag(sd**2)).with_common_level(share)
    assert np.diag(forecast.covariance) == pytest.approx(sd**2)
    assert forecast.covariance.sum() == pytest.approx((1 - share) * np.sum(sd**2) + share * np.sum(sd) ** 2)
    shorter = PredictiveNormal(np.arange(6.0), np.diag(sd[:6] ** 2)).with_common_level(share)
    assert np.array_equal(shorter.covariance, forecast.covariance[:6, :6])


def test_the_months_ahead_of_a_fit_have_a_common_level() -> None:
    past = cleaned_series(noisy_log_sales(48))
    fit = fit_ensemble([FitTask("a", "actual", "log", past)]).services["a"]
    covariance = fit.cholesky @ fit.cholesky.T
    sd = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(sd, sd)
    assert 0.1 <= COMMON_LEVEL_SHARE < correlation[:24, :24].min()
    assert {score.length for check in fit.checks for score in check.sums} == {"1", "3", "6", "12", "year"}
