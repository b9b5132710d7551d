"""The automatic forecaster of many series: smoothing by weights and theta in three forms, blended.

Series with a season: half smoothing, half theta, its three forms alike. Without one: the median of smoothing, the
standard and the dynamic optimised theta, period by period. A history of months under two years and a quarter is too
short to tell its season: half of it is the seasonal naive.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON
from forecast.timeseries.panel.calibration import Calibrated, factors
from forecast.timeseries.panel.ets import ets_panel
from forecast.timeseries.panel.panel import Panel, PanelForecast
from forecast.timeseries.panel.theta import theta_panel
from forecast.timeseries.panel.theta_search import Kind

THETAS: Mapping[Kind, float] = {"standard": 1 / 6, "dynamic": 1 / 6, "weighted": 1 / 6}
"""Share of each where there is a season; the rest is smoothing's [chosen on M1]."""
VOTERS: tuple[Kind, ...] = ("standard", "dynamic")
"""The thetas that stand for the median beside smoothing, without a season."""


def automatic(panel: Panel, horizon: int) -> Calibrated:
    """What may come of each series, its intervals as wide as the series of the panel had to have them."""
    return factors(panel, horizon, blend).widen(blend(panel, horizon))


def blend(panel: Panel, horizon: int) -> PanelForecast:
    """The blend of the members as they are; the spread is that of their mixture."""
    kinds: tuple[Kind, ...] = tuple(THETAS) if panel.season > 1 else VOTERS
    said = [ets_panel(panel, horizon), *(theta_panel(panel, horizon, kind) for kind in kinds)]
    means = np.array([each.mean for each in said])
    if panel.season > 1:
        shares = np.array([1 - sum(THETAS.values()), *THETAS.values()])
        mean = np.einsum("k,ksh->sh", shares, means)
    else:
        shares = np.full(len(said), 1 / len(said))
        mean = np.median(means, axis=0)
    spread = np.array([each.sd_of_values for each in said]) ** 2 + (means - mean) ** 2
    sd = np.sqrt(np.einsum("k,ksh->sh", shares, spread))
    return PanelForecast.of(panel, _with_naive(panel, mean), sd)


def _with_naive(panel: Panel, mean: Floats) -> Floats:
    """The mean, of short histories of months halfway to the same month of the last year; on M1's quarters it harms."""
    season = panel.season
    short = (panel.lengths >= season) & (panel.lengths < 2 * season + 3)
    if season != SEASON or not short.any():
        return mean
    naive = panel.values[:, -season:][:, np.arange(mean.shape[1]) % season]
    return np.where(short[:, None], (mean + naive) / 2, mean)
