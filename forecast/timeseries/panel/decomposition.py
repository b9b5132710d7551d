"""Classical decomposition of many series at once: seasonal indices by moving averages, believed or shrunk.

Factors where a series is positive, differences where it is not (Hyndman and Athanasopoulos 2021, section 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from forecast.arrays import Bools, Floats, Ints
from forecast.timeseries.panel.panel import Panel, PanelForecast, inner_products

SEASONALITY_Z = 1.6448536269514722
"""How many standard deviations the autocorrelation at the season must be from 0 (90%, both sides)."""
MIN_INDEX = 0.01
"""Factors below this are not believed."""


@dataclass(frozen=True)
class SeasonalIndices:
    """The seasonal indices of a panel."""

    panel: Panel
    indices: Floats
    """(series, season): factors of positive series, differences for others, the last that of the last period; 1, or 0,
    where there are none."""

    def deseasonalise(self) -> Floats:
        """(series, periods): the values without their season."""
        values = self.panel.values
        taken = self.indices[:, _season_positions(values.shape[1], self.panel.season)]
        return np.where(self.panel.is_positive[:, None], values / np.where(taken > 0, taken, 1.0), values - taken)

    def reseasonalise(self, mean: Floats, sd: Floats) -> PanelForecast:
        """Means and standard deviations without a season, (series, horizon), with it."""
        added = self.indices[:, np.arange(mean.shape[1]) % self.panel.season]
        positive = self.panel.is_positive[:, None]
        factor = np.where(positive, added, 1.0)
        return PanelForecast.from_moments(self.panel, np.where(positive, mean * factor, mean + added), sd * factor)


def estimate_seasonal_indices(panel: Panel, *, tested: bool) -> SeasonalIndices:
    """The season of each series of two seasons and more.

    With `tested` as it is where the autocorrelation says that there is one (the rule of the M3 competition), else
    shrunk as far as it is noise.
    """
    season, values = panel.season, panel.values
    positive = panel.is_positive[:, None]
    neutral = np.where(positive, 1.0, 0.0) * np.ones((1, season))
    if season == 1 or values.shape[1] < 2 * season:
        return SeasonalIndices(panel, neutral)
    trend = _moving_average(values, season)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(positive, values / trend, values - trend)
        means = _means_by_position(apart, season)
        middle = means.mean(axis=1, keepdims=True)
        indices = np.where(positive, means / middle, means - middle)
    credible = ~panel.is_positive | (indices > MIN_INDEX).all(axis=1)
    usable = np.isfinite(indices).all(axis=1) & (panel.lengths >= 2 * season) & credible
    indices = np.where(usable[:, None], indices, neutral)
    if tested:
        return SeasonalIndices(panel, np.where(_is_seasonal(panel)[:, None], indices, neutral))
    return SeasonalIndices(panel, _shrink(apart, indices, panel))


def _season_positions(periods: int, season: int) -> Ints:
    """(periods,): the place of each period in the season, the last of the panel being the last of the season."""
    return (np.arange(periods) - periods) % season


def _moving_average(values: Floats, season: int) -> Floats:
    """(series, periods): centred over a season, with half of each end where it is even; NaN at the ends."""
    weights = np.full(season + 1 - season % 2, 1.0 / season)
    if season % 2 == 0:
        weights[[0, -1]] /= 2
    side = len(weights) // 2
    found = np.full_like(values, np.nan)
    found[:, side : values.shape[1] - side] = sliding_window_view(values, len(weights), axis=1) @ weights
    return found


def _means_by_position(apart: Floats, season: int) -> Floats:
    """(series, season): mean of each place of the season over the periods that are known, NaN without any."""
    blank = np.full((len(apart), -apart.shape[1] % season), np.nan)
    years = np.concatenate([blank, apart], axis=1).reshape(len(apart), -1, season)
    known = np.isfinite(years)
    counts = known.sum(axis=1)
    sums = np.where(known, years, 0.0).sum(axis=1)
    return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))


def _is_seasonal(panel: Panel) -> Bools:
    """(series,): whether the autocorrelation at the season is not chance, by the standard error of Bartlett (1946)."""
    known = ~np.isnan(panel.values)
    lengths = np.maximum(panel.lengths, 1)
    mean = np.where(known, panel.values, 0.0).sum(axis=1) / lengths
    apart = np.where(known, panel.values - mean[:, None], 0.0)
    total = inner_products(apart, apart)
    lags = np.array([inner_products(apart[:, lag:], apart[:, :-lag]) for lag in range(1, panel.season + 1)])
    lags = np.divide(lags, total, out=np.zeros_like(lags), where=total > 0)
    return np.asarray(np.abs(lags[-1]) > SEASONALITY_Z * np.sqrt((1 + 2 * (lags[:-1] ** 2).sum(axis=0)) / lengths))


def _shrink(apart: Floats, indices: Floats, panel: Panel) -> Floats:
    """Indices (series, season) shrunk towards none as far as they are noise, factors as logs.

    By 1 - (variance of the rest / years) / variance of the indices, not below 0: empirical Bayes, as Miller and
    Williams (2003) do, without the (s - 3) / (s - 1) of James and Stein on the share that is taken off. `apart`
    (series, periods) are the values without their trend.
    """
    positive = panel.is_positive[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(positive, apart, 1.0))
        own = np.where(positive, np.log(np.where(positive, indices, 1.0)), indices)
    left = np.where(positive, logs, apart) - own[:, _season_positions(apart.shape[1], panel.season)]
    known = np.isfinite(left)
    counts = np.maximum(known.sum(axis=1), 1)
    left = np.where(known, left, 0.0)
    rest = (inner_products(left, left) - left.sum(axis=1) ** 2 / counts) / np.maximum(counts - panel.season, 1)
    noise = rest * panel.season / counts
    size = inner_products(own, own) / (panel.season - 1)
    kept = np.clip(1 - np.divide(noise, size, out=np.ones_like(size), where=size > 0), 0.0, 1.0)
    own = kept[:, None] * own
    return np.where(positive, np.exp(np.where(positive, own, 0.0)), own)
