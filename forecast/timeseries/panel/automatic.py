"""The automatic forecaster of many series: a weighted combination of its members.

Series with a season: half smoothing and half theta, of months two fifths each beside the airline model, before the
errors at origins inside the panel move the weights. Without a season: the median of smoothing, the standard and the
dynamic optimised theta, period by period. A history of months under two years and a quarter is too short to tell its
season: half of its forecast is the seasonal naive.
"""

from __future__ import annotations

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.panel.calibration import CalibratedForecast, calibrate_at_origin
from forecast.timeseries.panel.members import MemberForecasts, forecast_members
from forecast.timeseries.panel.origins import sibling_origins
from forecast.timeseries.panel.panel import Panel, PanelForecast
from forecast.timeseries.panel.weights import learn_weights, prior_weights

__all__ = ["combine_panel", "forecast_panel"]

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
        Means and quantiles, (series, horizon); weights of the members and widths of the intervals are those that the
        errors on the panel's own series ask for.
    """
    is_seasonal = panel.season > 1
    origins = sibling_origins(panel, horizon) if is_seasonal else sibling_origins(panel, horizon, 1)
    evidence = [forecast_members(origin.panel, horizon) for origin in origins]
    weights = learn_weights(panel.season, origins, evidence) if is_seasonal else None
    latest = [combine_members(each, weights) for each in evidence[:1]]
    factors = calibrate_at_origin(latest, origins, panel.season, horizon)
    return factors.calibrate(combine_members(forecast_members(panel, horizon), weights))


def combine_panel(panel: Panel, horizon: int) -> PanelForecast:
    """Combine the members by their prior weights, without calibration.

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
    weights = prior_weights(panel.season) if panel.season > 1 else None
    return combine_members(forecast_members(panel, horizon), weights)


def combine_members(members: MemberForecasts, weights: Floats | None) -> PanelForecast:
    """The mixture of the members by `weights` (members,), or their median and equal weights where there are none."""
    if weights is None:
        share = np.full(members.mean.shape[:2], 1 / len(members.mean))
        mean = np.median(members.mean, axis=0)
    else:
        share = weights[:, None] * members.is_usable
        share /= share.sum(axis=0)
        mean = np.einsum("ks,ksh->sh", share, members.mean)
    variance = np.einsum("ks,ksh->sh", share, members.sd**2 + (members.mean - mean) ** 2)
    return PanelForecast.from_moments(members.panel, _average_with_naive(members.panel, mean), np.sqrt(variance))


def _average_with_naive(panel: Panel, mean: Floats) -> Floats:
    """(series, horizon): the mean, of short histories of months halfway to the same month of the last year."""
    season = panel.season
    short = (panel.lengths >= season) & (panel.lengths < 2 * season + SHORT_HISTORY_MARGIN_MONTHS)
    if season != SEASON_MONTHS or not short.any():  # on the quarters of M1 it harms
        return mean
    naive = panel.values[:, -season:][:, np.arange(mean.shape[1]) % season]
    return np.where(short[:, None], (mean + naive) / 2, mean)
