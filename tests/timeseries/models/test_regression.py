"""Regression with autocorrelated errors."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.timeseries.models import MODELS
from tests.support.series import ar1_noise, log_sales, log_series

pytestmark = pytest.mark.usefixtures("quiet_models")


def test_draws_have_the_moments_of_the_forecast() -> None:
    outlook = MODELS["regression"].fit(log_series(log_sales(48) + ar1_noise(48, seed=3))).forecast(6)
    drawn = outlook.transform_normal(np.random.default_rng(1).standard_normal((6, 40_000)))
    assert drawn.mean(axis=1) == pytest.approx(outlook.mean, abs=0.002)
    assert np.cov(drawn) == pytest.approx(outlook.covariance, rel=0.1, abs=1e-4)


def test_persistence_of_errors_is_estimated() -> None:
    fits = [
        MODELS["regression"].fit(log_series(log_sales(120) + ar1_noise(120, seed, persistence=0.7)))
        for seed in range(8)
    ]
    assert np.mean([fitted.parameters["lasting"] for fitted in fits]) == pytest.approx(0.7, abs=0.1)


def test_the_last_error_carries_into_the_first_months() -> None:
    values = log_sales(72) + ar1_noise(72, seed=6, persistence=0.7)
    fitted = MODELS["regression"].fit(log_series(values))
    raised = values.copy()
    raised[-1] += 0.1
    ahead = (
        MODELS["regression"].fit(log_series(values)).with_series(log_series(raised)).forecast(6).mean
        - fitted.forecast(6).mean
    )
    assert ahead[0] > 0.4 * 0.1
    assert np.all(np.diff(ahead[:5]) < 0)
    sd = np.sqrt(np.diag(fitted.forecast(6).covariance))
    assert sd[0] < 0.9 * sd[5]
