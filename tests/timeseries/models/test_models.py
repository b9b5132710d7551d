"""Every model forecasts simulated series whose truth is known; masked months do not move it."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.stats.cholesky import cholesky
from forecast.timeseries.models import MODELS
from forecast.timeseries.models.base import ModelFailed, TimeSeries
from tests.support.series import ar1_noise, log_sales, log_series

pytestmark = pytest.mark.usefixtures("quiet_models")


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_series_with_season_and_tet_is_forecast_well(name: str, four_years: TimeSeries) -> None:
    outlook = MODELS[name].fit(four_years).forecast(12)
    errors = outlook.mean - log_sales(60)[48:]
    assert np.sqrt(np.mean(errors**2)) < 0.09
    assert np.all(np.abs(errors) < 4 * np.sqrt(np.diag(outlook.covariance)))


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_longer_forecast_begins_with_the_shorter_one(name: str, four_years: TimeSeries) -> None:
    fitted = MODELS[name].fit(four_years)
    short, long = fitted.forecast(12), fitted.forecast(24)
    assert np.array_equal(long.mean[:12], short.mean)
    assert np.array_equal(long.covariance[:12, :12], short.covariance)
    assert np.array_equal(cholesky(long.covariance)[:12, :12], cholesky(short.covariance))
    root = cholesky(long.covariance)
    assert np.array_equal(root, np.tril(root))
    assert root @ root.T == pytest.approx(long.covariance, rel=1e-6, abs=1e-12)
    assert all(isinstance(number, float) for number in fitted.parameters.values())


@pytest.mark.parametrize("name", ["ets", "sarimax", "structural"])
def test_masked_months_do_not_change_a_model_that_skips_them(name: str, four_years: TimeSeries) -> None:
    struck = np.where(four_years.masked, four_years.values + np.log(0.5), four_years.values)
    original = MODELS[name].fit(four_years).forecast(24)
    moved = MODELS[name].fit(log_series(struck, (27, 28, 33, 34))).forecast(24)
    assert np.array_equal(original.mean, moved.mean)
    assert np.array_equal(original.covariance, moved.covariance)


@pytest.mark.parametrize("name", ["regression", "sarimax", "seasonal_naive", "structural"])
def test_parameters_are_kept_for_another_series(name: str) -> None:
    """Kept parameters forecast the same from the same series, and from a longer series use its last months."""
    series = log_series(log_sales(60) + ar1_noise(60, seed=4), masked=(40,))
    fitted = MODELS[name].fit(series.head(48))
    same, longer = fitted.with_series(series.head(48)).forecast(12), fitted.with_series(series).forecast(12)
    assert same.mean == pytest.approx(fitted.forecast(12).mean, abs=2e-6)
    assert same.covariance == pytest.approx(fitted.forecast(12).covariance, rel=1e-4, abs=1e-7)
    assert np.sqrt(np.mean((longer.mean - log_sales(72)[60:]) ** 2)) < 0.12


def test_models_that_need_two_years_fail_below_it() -> None:
    for name in sorted(set(MODELS) - {"seasonal_naive"}):
        with pytest.raises(ModelFailed):
            MODELS[name].fit(log_series(log_sales(20)))
