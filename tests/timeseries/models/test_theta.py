"""The theta model of one service."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.timeseries.models.base import ModelFailed
from forecast.timeseries.models.theta import DynamicThetaModel
from tests.support.series import log_series, random_walk_sales


def test_masked_months_do_not_widen_theta() -> None:
    values = np.log(random_walk_sales(60, 1))
    struck = values.copy()
    struck[40] -= 0.5
    free, masked = DynamicThetaModel().fit(log_series(struck)), DynamicThetaModel().fit(log_series(struck, (40,)))
    plain = DynamicThetaModel().fit(log_series(values))
    assert masked.sd < 1.3 * plain.sd < 0.8 * free.sd


def test_theta_parameters_are_kept_for_a_shorter_series() -> None:
    values = np.log(random_walk_sales(72, 2))
    fitted = DynamicThetaModel().fit(log_series(values))
    again = fitted.with_series(log_series(values[:60]))
    assert fitted.with_series(log_series(values)).forecast(12).mean == pytest.approx(
        fitted.forecast(12).mean, abs=1e-12
    )
    assert again.parameters == fitted.parameters
    changed = values.copy()
    changed[60:] += 1.0
    assert np.array_equal(fitted.with_series(log_series(changed[:60])).forecast(12).mean, again.forecast(12).mean)
    assert np.abs(again.forecast(12).mean - values[60:]).max() < 0.3


def test_theta_spread_grows_with_the_horizon() -> None:
    outlook = DynamicThetaModel().fit(log_series(np.log(random_walk_sales(72, 2)))).forecast(24)
    sd = np.sqrt(np.diag(outlook.covariance))
    assert np.all(np.diff(sd) >= -1e-12)
    assert np.linalg.eigvalsh(outlook.covariance).min() > -1e-12


def test_theta_needs_two_years() -> None:
    with pytest.raises(ModelFailed):
        DynamicThetaModel().fit(log_series(np.log(random_walk_sales(23, 1))))
