"""The ensemble forecasts far enough for every plan."""

from __future__ import annotations

from forecast.periods import Calendar
from forecast.timeseries.ensemble.ensemble import FORECAST_MONTHS


def test_forecast_months_cover_the_longest_horizon() -> None:
    longest = max(Calendar(month, 120).full_years().last - month + 1 for month in range(12))
    assert longest <= FORECAST_MONTHS
