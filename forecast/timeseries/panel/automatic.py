"""The automatic forecaster of many series: a combination of exponential smoothing and three kinds of theta.

Series with a season: half smoothing, half theta, its three kinds alike. Without one: the median of smoothing, the
standard and the dynamic optimised theta, period by period. A history of months under two years and a quarter is too
short to tell its season: half of its forecast is the seasonal naive.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.panel.calibration import CalibratedForecast, calibrate_panel
from forecast.timeseries.panel.ets import forecast_ets
from forecast.timeseries.panel.panel import Panel, PanelForecast
from forecast.timeseries.panel.theta import ThetaKind, forecast_theta

__all__ = ["combine_panel", "forecast_panel"]

THETA_WEIGHTS: Mapping[ThetaKind, float] = {"standard": 1 / 6, "dynamic": 1 / 6, "weighted": 1 / 6}
"""Weight of each kind where there is a season; smoothing has the remainder [chosen on M1]."""
NONSEASONAL_THETAS: tuple[ThetaKind, ...] = ("standard", "dynamic")
"""Kinds of theta whose median with smoothing is taken where there is no season."""
SHORT_HISTORY_MARGIN_MONTHS = 3
"""Months beyond two years under which a history is too short to tell its season."""


def forecast_panel(panel: Panel, horizon: int) -> CalibratedForecast:
    """Forecast each series of a panel with calibrated intervals.

    Parameters
    ----------
    panel : Panel
        Series in their units.
    horizon : int
        Periods ahead.

    Returns
    -------
    CalibratedForecast
        Means and quantiles, (series, horizon); intervals are as wide as the errors on the panel's own series ask for.
    """
    return calibrate_panel(panel, horizon, combine_panel).calibrate(combine_panel(panel, horizon))


def combine_panel(panel: Panel, horizon: int) -> PanelForecast:
    """Combine smoothing and theta, without calibration.

    Parameters
    ----------
    panel : Panel
        Series in their units.
    horizon : int
        Periods ahead.

    Returns
    -------
    PanelForecast
        The combination of the members; its spread is that of their mixture.
    """
    kinds: tuple[ThetaKind, ...] = tuple(THETA_WEIGHTS) if panel.season > 1 else NONSEASONAL_THETAS
    forecasts = [forecast_ets(panel, horizon), *(forecast_theta(panel, horizon, kind) for kind in kinds)]
    means = np.array([each.mean for each in forecasts])
    if panel.season > 1:
        weights = np.array([1 - sum(THETA_WEIGHTS.values()), *THETA_WEIGHTS.values()])
        mean = np.einsum("k,ksh->sh", weights, means)
    else:
        weights = np.full(len(forecasts), 1 / len(forecasts))
        mean = np.median(means, axis=0)
    squares = np.array([each.value_sd for each in forecasts]) ** 2 + (means - mean) ** 2
    sd = np.sqrt(np.einsum("k,ksh->sh", weights, squares))
    return PanelForecast.from_moments(panel, _average_with_naive(panel, mean), sd)


def _average_with_naive(panel: Panel, mean: Floats) -> Floats:
    """(series, horizon): the mean, of short histories of months halfway to the same month of the last year."""
    season = panel.season
    short = (panel.lengths >= season) & (panel.lengths < 2 * season + SHORT_HISTORY_MARGIN_MONTHS)
    if season != SEASON_MONTHS or not short.any():  # on the quarters of M1 it harms
        return mean
    naive = panel.values[:, -season:][:, np.arange(mean.shape[1]) % season]
    return np.where(short[:, None], (mean + naive) / 2, mean)
