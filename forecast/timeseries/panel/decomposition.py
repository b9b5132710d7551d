"""Classical decomposition of many series at once: seasonal indices by moving averages, tested or shrunk.

Factors where a series is positive, differences where it is not (Hyndman and Athanasopoulos 2021, section 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from forecast.arrays import Bools, Floats, Ints
from forecast.timeseries.panel.panel import Panel, PanelForecast, inner_products

SEASONALITY_Z = 1.6448536269514722
"""Standard errors by which the autocorrelation at the season must differ from 0 (90%, both sides)."""
MIN_INDEX = 0.01
"""Least seasonal factor: with one below it a series has no season."""


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
        indices = self.indices[:, _season_positions(values.shape[1], self.panel.season)]
        return np.where(self.panel.is_positive[:, None], values / np.where(indices > 0, indices, 1.0), values - indices)

    def reseasonalise(self, mean: Floats, sd: Floats) -> PanelForecast:
        """The forecast with its season, from means and standard deviations without, (series, horizon)."""
        indices = self.indices[:, np.arange(mean.shape[1]) % self.panel.season]
        positive = self.panel.is_positive[:, None]
        factor = np.where(positive, indices, 1.0)
        return PanelForecast.from_moments(self.panel, np.where(positive, mean * factor, mean + indices), sd * factor)


def estimate_seasonal_indices(panel: Panel, *, tested: bool) -> SeasonalIndices:
    """Indices of each series of two seasons and more, kept or dropped by a test (as in M3) or shrunk."""
    season, values = panel.season, panel.values
    positive = panel.is_positive[:, None]
    neutral = np.where(positive, 1.0, 0.0) * np.ones((1, season))
    if season == 1 or values.shape[1] < 2 * season:
        return SeasonalIndices(panel, neutral)
    trend = _moving_average(values, season)
    with np.errstate(divide="ignore", invalid="ignore"):
        detrended = np.where(positive, values / trend, values - trend)
        means = _means_by_position(detrended, season)
        average = means.mean(axis=1, keepdims=True)
        indices = np.where(positive, means / average, means - average)
    credible = ~panel.is_positive | (indices > MIN_INDEX).all(axis=1)
    usable = np.isfinite(indices).all(axis=1) & (panel.lengths >= 2 * season) & credible
    indices = np.where(usable[:, None], indices, neutral)
    if tested:
        return SeasonalIndices(panel, np.where(_is_seasonal(panel)[:, None], indices, neutral))
    return SeasonalIndices(panel, _shrink(detrended, indices, panel))


def _season_positions(periods: int, season: int) -> Ints:
    """(periods,): position of each period in the season, the last period of the panel at the last position."""
    return (np.arange(periods) - periods) % season


def _moving_average(values: Floats, season: int) -> Floats:
    """(series, periods): centred over a season, with half of each end where it is even; NaN at the ends."""
    weights = np.full(season + 1 - season % 2, 1.0 / season)
    if season % 2 == 0:
        weights[[0, -1]] /= 2
    side = len(weights) // 2
    average = np.full_like(values, np.nan)
    average[:, side : values.shape[1] - side] = sliding_window_view(values, len(weights), axis=1) @ weights
    return average


def _means_by_position(detrended: Floats, season: int) -> Floats:
    """(series, season): mean of each position of the season over the known periods, NaN without any."""
    blank = np.full((len(detrended), -detrended.shape[1] % season), np.nan)
    years = np.concatenate([blank, detrended], axis=1).reshape(len(detrended), -1, season)
    known = np.isfinite(years)
    counts = known.sum(axis=1)
    sums = np.where(known, years, 0.0).sum(axis=1)
    return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))


def _is_seasonal(panel: Panel) -> Bools:
    """(series,): True where the autocorrelation at the season is significant (standard error of Bartlett 1946)."""
    known = ~np.isnan(panel.values)
    lengths = np.maximum(panel.lengths, 1)
    mean = np.where(known, panel.values, 0.0).sum(axis=1) / lengths
    deviations = np.where(known, panel.values - mean[:, None], 0.0)
    total = inner_products(deviations, deviations)
    lags = np.array([inner_products(deviations[:, lag:], deviations[:, :-lag]) for lag in range(1, panel.season + 1)])
    lags = np.divide(lags, total, out=np.zeros_like(lags), where=total > 0)
    return np.asarray(np.abs(lags[-1]) > SEASONALITY_Z * np.sqrt((1 + 2 * (lags[:-1] ** 2).sum(axis=0)) / lengths))


def _shrink(detrended: Floats, indices: Floats, panel: Panel) -> Floats:
    """Indices (series, season) shrunk towards none, factors as logs, by the share of their variance that is noise."""
    # times 1 - (residual variance / years) / variance of the indices, not below 0: empirical Bayes, as Miller and
    # Williams (2003) do, without the (s - 3) / (s - 1) of James and Stein on the share that is taken off
    positive = panel.is_positive[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(positive, np.log(np.where(positive, detrended, 1.0)), detrended)
        effects = np.where(positive, np.log(np.where(positive, indices, 1.0)), indices)
    residuals = values - effects[:, _season_positions(detrended.shape[1], panel.season)]
    known = np.isfinite(residuals)
    counts = np.maximum(known.sum(axis=1), 1)
    residuals = np.where(known, residuals, 0.0)
    squares = inner_products(residuals, residuals) - residuals.sum(axis=1) ** 2 / counts
    variance = squares / np.maximum(counts - panel.season, 1)
    noise = variance * panel.season / counts
    size = inner_products(effects, effects) / (panel.season - 1)
    factor = np.clip(1 - np.divide(noise, size, out=np.ones_like(size), where=size > 0), 0.0, 1.0)
    shrunk = factor[:, None] * effects
    return np.where(positive, np.exp(np.where(positive, shrunk, 0.0)), shrunk)
