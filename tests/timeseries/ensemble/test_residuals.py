"""Noise, persistence and correlation of residuals."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.timeseries.ensemble.residuals import compute_residuals, residual_correlation
from tests.support.series import ar1_noise, log_sales, log_series

pytestmark = pytest.mark.usefixtures("quiet_models")


def test_noise_and_persistence_are_estimated() -> None:
    estimates = [
        compute_residuals(log_series(log_sales(96) + ar1_noise(96, seed, sd=0.05, persistence=0.5)))
        for seed in range(20)
    ]
    assert np.mean([residuals.noise for residuals in estimates]) == pytest.approx(0.05, rel=0.1)
    assert np.mean([residuals.persistence for residuals in estimates]) == pytest.approx(0.47, abs=0.08)


def test_correlation_of_residuals_is_estimated_and_shrunk() -> None:
    common = ar1_noise(60, seed=5)
    own_noises = [0.5 * ar1_noise(60, seed) for seed in (6, 7)]
    residuals = {
        name: (0, compute_residuals(log_series(log_sales(60) + common + own_noise)))
        for name, own_noise in zip("ab", own_noises, strict=True)
    }
    correlation = residual_correlation(("a", "b", "c"), residuals)
    assert 0.4 < correlation[0, 1] < 0.8
    assert np.array_equal(correlation[2], [0, 0, 1])
    assert np.linalg.eigvalsh(correlation).min() > 0
