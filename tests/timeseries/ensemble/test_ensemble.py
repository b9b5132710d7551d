"""The ensemble forecasts far enough for every plan, and its months ahead have a common level."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.periods import Calendar
from forecast.timeseries.ensemble import ensemble
from forecast.timeseries.ensemble.ensemble import FORECAST_MONTHS, MAX_FITTED_MONTHS, FitTask, fit_ensemble
from forecast.timeseries.ensemble.interval_calibration import COMMON_LEVEL_SHARE
from forecast.timeseries.models.base import PredictiveNormal, TimeSeries
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY
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


def test_models_are_fitted_to_the_last_months_of_a_long_history(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[FitTask] = []
    monkeypatch.setattr(ensemble, "_fit_services", lambda tasks, engine: (fitted.extend(tasks), ({}, {}))[1])
    for count in (MAX_FITTED_MONTHS, 300, 600):
        past = cleaned_series(noisy_log_sales(count))
        fit_ensemble([FitTask("a", "actual", "log", past)])
        assert fitted[-1].series.calendar.count == MAX_FITTED_MONTHS
        assert fitted[-1].series.calendar.last == past.calendar.last
        assert np.array_equal(fitted[-1].series.values, past.values[-MAX_FITTED_MONTHS:])
        assert np.array_equal(fitted[-1].series.observed, past.observed[-MAX_FITTED_MONTHS:], equal_nan=True)


def test_the_tail_of_a_series_keeps_what_lies_inside_it() -> None:
    calendar, values, masked = Calendar(24_000, 40), np.arange(40.0), np.arange(40) % 7 == 0
    source = TimeSeries(calendar, values + 100, masked, NO_HOLIDAY)
    series = TimeSeries(calendar, values, masked, NO_HOLIDAY, source, level_shifts=((9, 1.0), (16, 2.0), (20, 3.0)))
    tail = series.tail(24)
    assert (tail.calendar.first, tail.calendar.last) == (24_016, series.calendar.last)
    assert np.array_equal(tail.observed, series.observed[16:], equal_nan=True)
    assert tail.source is not None
    assert np.array_equal(tail.source.values, source.values[16:])
    assert tail.level_shifts == ((4, 3.0),)  # at the first month left, all earlier months are gone
    assert series.tail(40) is series
