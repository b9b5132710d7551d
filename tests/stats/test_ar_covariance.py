"""Mean covariance of AR(1) series that share their shocks, against draws and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.stats.ar_covariance import mean_ar_covariance, mean_ar_factor


def test_one_series_has_the_covariance_of_a_stationary_series() -> None:
    covariance = mean_ar_covariance(np.array([0.2]), np.array([0.6]), np.array([0.2]), np.array([0.6]), 5)
    lags = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    assert np.allclose(covariance, 0.04 * 0.6**lags)


def test_two_series_have_the_covariance_of_their_factors() -> None:
    one, other = (np.array([0.2]), np.array([0.7])), (np.array([0.3]), np.array([0.1]))
    factors = [mean_ar_factor(*series, 6) for series in (one, other)]
    assert np.allclose(mean_ar_covariance(*one, *other, 6), factors[0] @ factors[1].T)


def test_paths_are_averaged() -> None:
    sd, persistence = np.array([0.1, 0.3]), np.array([0.2, 0.8])
    each = [mean_ar_covariance(sd[[i]], persistence[[i]], np.array([0.2]), persistence[[i]], 4) for i in range(2)]
    assert np.allclose(mean_ar_covariance(sd, persistence, np.array([0.2]), persistence, 4), np.mean(each, axis=0))
    factors = [mean_ar_factor(sd[[i]], persistence[[i]], 4) for i in range(2)]
    assert np.allclose(mean_ar_factor(sd, persistence, 4), np.mean(factors, axis=0))


def test_months_follow_their_shocks() -> None:
    factor = mean_ar_factor(np.array([0.5]), np.array([0.4]), 3)
    assert factor[0].tolist() == pytest.approx([0.5, 0, 0])
    assert factor[1].tolist() == pytest.approx([0.2, 0.5 * np.sqrt(0.84), 0])
