"""The automatic forecaster of many series: smoothing by weights and theta in three forms, blended.

Series with a season: half smoothing, half theta, its three forms alike. Without one: the median of smoothing, the
standard and the dynamic optimised theta, period by period. A history of months under two years and a quarter is too
short to tell its season: half of it is the seasonal naive.
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

THETA_WEIGHTS: Mapping[ThetaKind, float] = {"standard": 1 / 6, "dynamic": 1 / 6, "weighted": 1 / 6}
"""Share of each where there is a season; the rest is smoothing's [chosen on M1]."""
NONSEASONAL_THETAS: tuple[ThetaKind, ...] = ("standard", "dynamic")
"""The thetas that stand for the median beside smoothing, without a season."""


def forecast_panel(panel: Panel, horizon: int) -> CalibratedForecast:
    """What may come of each series, its intervals as wide as the series of the panel had to have them."""
    return calibrate_panel(panel, horizon, combine_panel).calibrate(combine_panel(panel, horizon))


def combine_panel(panel: Panel, horizon: int) -> PanelForecast:
    """The blend of the members as they are; the spread is that of their mixture."""
    kinds: tuple[ThetaKind, ...] = tuple(THETA_WEIGHTS) if panel.season > 1 else NONSEASONAL_THETAS
    said = [forecast_ets(panel, horizon), *(forecast_theta(panel, horizon, kind) for kind in kinds)]
    means = np.array([each.mean for each in said])
    if panel.season > 1:
        shares = np.array([1 - sum(THETA_WEIGHTS.values()), *THETA_WEIGHTS.values()])
        mean = np.einsum("k,ksh->sh", shares, means)
    else:
        shares = np.full(len(said), 1 / len(said))
        mean = np.median(means, axis=0)
    spread = np.array([each.value_sd for each in said]) ** 2 + (means - mean) ** 2
    sd = np.sqrt(np.einsum("k,ksh->sh", shares, spread))
    return PanelForecast.from_moments(panel, _average_with_naive(panel, mean), sd)


def _average_with_naive(panel: Panel, mean: Floats) -> Floats:
    """The mean, of short histories of months halfway to the same month of the last year; on M1's quarters it harms."""
    season = panel.season
    short = (panel.lengths >= season) & (panel.lengths < 2 * season + 3)
    if season != SEASON_MONTHS or not short.any():
        return mean
    naive = panel.values[:, -season:][:, np.arange(mean.shape[1]) % season]
    return np.where(short[:, None], (mean + naive) / 2, mean)
