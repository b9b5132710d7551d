"""A series for every model."""

from __future__ import annotations

import pytest

from forecast.timeseries.models.base import TimeSeries
from tests.support.series import ar1_noise, log_sales, log_series


@pytest.fixture(scope="module")
def four_years() -> TimeSeries:
    return log_series(log_sales(48) + ar1_noise(48, seed=1), masked=(27, 28, 33, 34))
