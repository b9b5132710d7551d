"""The automatic forecaster of many series: smoothing by weights and theta in three forms, blended.

Series with a season: half smoothing, half theta, its three forms alike. Without one: the median of smoothing, the
standard and the dynamic optimised theta, period by period. A history under two seasons and three periods is too short
to tell its season: half of it is the seasonal naive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.chance import Floats
from forecast.models.ets import EtsPanel, fit_ets
from forecast.models.panel import Panel, PanelForecast
from forecast.models.theta import FittedThetas, Kind, fit_theta

SHARES: Mapping[Kind | None, float] = {None: 1 / 2, "standard": 1 / 6, "dynamic": 1 / 6, "weighted": 1 / 6}
"""Of a series with a season; None is smoothing [chosen on M1]."""
VOTERS: tuple[Kind, ...] = ("standard", "dynamic")
"""The thetas that stand for the median beside smoothing, without a season."""


@dataclass(frozen=True)
class FittedAutomatic:
    """The members, fitted."""

    panel: Panel
    smoothing: EtsPanel
    thetas: Mapping[Kind, FittedThetas]

    def forecast(self, horizon: int) -> PanelForecast:
        """The blend of the members; the spread is that of their mixture."""
        said = [self.smoothing.forecast(horizon), *(each.forecast(horizon) for each in self.thetas.values())]
        means = np.array([each.mean for each in said])
        if self.panel.season > 1:
            shares = np.array([SHARES[None], *(SHARES[kind] for kind in self.thetas)])
            mean = np.einsum("k,ksh->sh", shares, means)
        else:
            shares = np.full(len(said), 1 / len(said))
            mean = np.median(means, axis=0)
        spread = np.array([each.sd_of_values for each in said]) ** 2 + (means - mean) ** 2
        sd = np.sqrt(np.einsum("k,ksh->sh", shares, spread))
        return PanelForecast.of(self.panel, _with_naive(self.panel, mean), sd)

    def at(self, panel: Panel) -> FittedAutomatic:
        """The same parameters over another panel of the same series from the same start."""
        thetas = {kind: each.at(panel) for kind, each in self.thetas.items()}
        return FittedAutomatic(panel, self.smoothing.at(panel), thetas)


def fit_automatic(panel: Panel) -> FittedAutomatic:
    """Fit every member to every series."""
    kinds: tuple[Kind, ...] = tuple(kind for kind in SHARES if kind) if panel.season > 1 else VOTERS
    return FittedAutomatic(panel, fit_ets(panel), {kind: fit_theta(panel, kind) for kind in kinds})


def automatic(panel: Panel, horizon: int) -> PanelForecast:
    """What may come of each series."""
    return fit_automatic(panel).forecast(horizon)


def _with_naive(panel: Panel, mean: Floats) -> Floats:
    """The mean, of short histories halfway to the same period of the last season."""
    season = panel.season
    short = (panel.lengths >= season) & (panel.lengths < 2 * season + 3)
    if season == 1 or not short.any():
        return mean
    naive = panel.values[:, -season:][:, np.arange(mean.shape[1]) % season]
    return np.where(short[:, None], (mean + naive) / 2, mean)
