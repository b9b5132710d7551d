"""Automatic forecasts of many series, whatever a ledger holds."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.timeseries.panel.automatic import combine_panel, forecast_panel
from forecast.timeseries.panel.panel import Panel


def test_forecasts_scale_with_the_unit(m3_series: list[np.ndarray]) -> None:
    few = m3_series[:5]
    original, thousandth = (
        combine_panel(Panel.from_series([each * unit for each in few], 12), 6) for unit in (1.0, 1e-3)
    )
    for share in (0.1, 0.5, 0.9):
        assert thousandth.quantile(share) * 1e3 == pytest.approx(original.quantile(share), rel=1e-6)


def test_the_same_panel_gives_the_same_bytes(m3_series: list[np.ndarray]) -> None:
    first, second = (forecast_panel(Panel.from_series(m3_series[:12], 12), 6) for _ in range(2))
    assert first.mean.tobytes() == second.mean.tobytes()
    assert first.quantile(0.9).tobytes() == second.quantile(0.9).tobytes()


UNUSUAL_SERIES = {
    "constant": np.full(60, 7.0),
    "zeros": np.where(np.arange(60) % 3 == 0, 5.0, 0.0),
    "all zero": np.zeros(40),
    "negative correction": np.where(np.arange(60) == 30, -50.0, 100.0 + np.arange(60)),
    "first month an outlier": np.where(np.arange(60) == 0, 1e5, 100.0 + np.sin(np.arange(60))),
    "level shift": np.where(np.arange(60) < 40, 100.0, 300.0) + np.cos(np.arange(60)),
    "seven months": np.array([10.0, 12, 11, 13, 12, 14, 13]),
    "one month": np.array([10.0]),
    "doubling": 2.0 ** np.arange(40),
    "300 months": 100 + 10 * np.sin(np.arange(300) * np.pi / 6) + 0.3 * np.arange(300),
}


@pytest.mark.parametrize("season", [1, 4, 12])
def test_unusual_series_are_forecast_without_a_warning(season: int) -> None:
    panel = Panel.from_series(list(UNUSUAL_SERIES.values()), season)
    forecasts = forecast_panel(panel, 18)
    low, high = forecasts.quantile(0.1), forecasts.quantile(0.9)
    assert np.isfinite(forecasts.mean).all()
    assert np.isfinite(low).all()
    assert np.isfinite(high).all()
    assert np.all(low <= high)
    assert forecasts.mean[list(UNUSUAL_SERIES).index("constant")] == pytest.approx(np.full(18, 7.0), rel=1e-6)
    assert np.all(forecasts.mean[panel.is_positive] > 0)


def test_season_and_trend_continue() -> None:
    age = np.arange(96)
    truth = (50 + 0.5 * age) * np.exp(0.2 * np.sin(age * np.pi / 6))
    forecasts = combine_panel(Panel.from_series([truth[:84]], 12), 12)
    assert np.max(np.abs(forecasts.mean[0] / truth[84:] - 1)) < 0.04


def test_a_short_history_is_halfway_to_the_last_season() -> None:
    values = 100 + 10 * np.random.default_rng(3).standard_normal(27)
    short, enough = (Panel.from_series([values[-count:]], 12) for count in (26, 27))
    correlations = [np.corrcoef(combine_panel(each, 12).mean[0], values[-12:])[0, 1] for each in (short, enough)]
    assert correlations[0] > 0.9 > correlations[1]
