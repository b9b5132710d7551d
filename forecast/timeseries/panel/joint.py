"""Joint distribution of the periods ahead of a calibrated forecast, and of their sums.

A forecaster whose errors are sums of responses to shocks that come one a period, e_h = sum_i c_(h-i) shock_i, has
var e_h = sum_j c_j^2: the growth of its own standard deviation says what its responses are, and they how far the errors
of two periods go together. Nothing is estimated. The correlation of a series is the mean of its own and that of the
panel. The distribution of each period stays the calibrated one: a Gaussian copula joins them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast.arrays import Floats, Ints
from forecast.stats.scoring import crps_sample
from forecast.timeseries.panel.calibration import CalibratedForecast

__all__ = ["JointForecast", "SumForecast"]

JOINT_SEED = 11
"""Seed of the normals, with the number of the period beside it, so that a longer horizon keeps the first ones."""
JOINT_DRAWS = 1_000
"""Draws of a sum, half of them the other half mirrored."""
PANEL_SHARE = 0.5
"""Weight of the panel's mean correlation beside a series' own [chosen on M1 by the CRPS of sums of twelve months]."""
CORRELATION_RIDGE = 1e-9
"""Added to the diagonal of a correlation, for a series whose standard deviation does not grow."""
CHUNK_DRAWN_SERIES = 64
"""Series that are drawn together, so that their draws stay in the processor's cache."""


@dataclass(frozen=True)
class JointForecast:
    """Joint distribution of the periods ahead."""

    margins: CalibratedForecast

    @cached_property
    def sd(self) -> Floats:
        """(series, horizon): calibrated standard deviation, of the logs where the forecast is one of logs."""
        forecast = self.margins.forecast
        return np.asarray(forecast.sd * self.margins.factors.sd_factor[: forecast.sd.shape[1]])

    @cached_property
    def correlation(self) -> Floats:
        """(series, horizon, horizon): correlation of the errors, on the scale of the forecast."""
        factor = response_factor(self.sd)
        by_series = factor @ factor.transpose(0, 2, 1)
        return np.asarray((1 - PANEL_SHARE) * by_series + PANEL_SHARE * by_series.mean(axis=0))

    @cached_property
    def factor(self) -> Floats:
        """(series, horizon, horizon): triangular factor of the correlation."""
        return np.asarray(
            np.linalg.cholesky(self.correlation + CORRELATION_RIDGE * np.eye(self.sd.shape[1])), np.float64
        )

    @property
    def covariance(self) -> Floats:
        """(series, horizon, horizon): covariance of the errors, of the logs where the forecast is one of logs."""
        return np.asarray(self.correlation * self.sd[:, :, None] * self.sd[:, None, :])

    def sums(self, periods: range) -> SumForecast:
        """Distribution of the sum of some periods.

        Parameters
        ----------
        periods : range
            Periods ahead, 0 for the first: `range(12)` is the first year, and a calendar year any twelve months.

        Returns
        -------
        SumForecast
            Its draws, the same for the same forecast.

        Raises
        ------
        ValueError
            No period, or one beyond the horizon.
        """
        selected = self._checked(periods)
        normals = standard_normals(max(periods) + 1)
        draws = np.empty((len(self.sd), JOINT_DRAWS))
        for first in range(0, len(draws), CHUNK_DRAWN_SERIES):
            rows = slice(first, first + CHUNK_DRAWN_SERIES)
            correlated = normals @ self.factor[rows, selected, : normals.shape[1]].transpose(0, 2, 1)
            draws[rows] = self._values(correlated, rows, selected).sum(axis=2)
        return SumForecast(draws)

    def sum_sd(self, periods: range) -> Floats:
        """Standard deviation of the sum of some periods, to the first order where the forecast is one of logs.

        Parameters
        ----------
        periods : range
            Periods ahead, 0 for the first.

        Returns
        -------
        Floats
            (series,), in the unit of the series.

        Raises
        ------
        ValueError
            No period, or one beyond the horizon.
        """
        selected = self._checked(periods)
        forecast = self.margins.forecast
        sd = np.where(forecast.is_log[:, None], self.sd * forecast.mean, self.sd)[:, selected]
        correlation = self.correlation[:, selected[:, None], selected]
        return np.asarray(np.sqrt(np.einsum("sh,shg,sg->s", sd, correlation, sd)))

    def _checked(self, periods: range) -> Ints:
        """The periods as an array; ValueError where there is none, or one beyond the horizon."""
        horizon = self.sd.shape[1]
        if not len(periods) or min(periods) < 0 or max(periods) >= horizon:
            raise ValueError(f"the periods of a sum lie in 0 to {horizon - 1}, not in {periods}")
        return np.array(periods)

    def _values(self, normals: Floats, rows: slice, periods: Ints) -> Floats:
        """(series, draws, periods): values at standard normals, by the calibrated quantiles of each period."""
        forecast, factors = self.margins.forecast, self.margins.factors
        deviations = factors.scale_normals(normals, periods) * forecast.sd[rows, None, periods]
        is_log, mean = forecast.is_log[rows, None, None], forecast.mean[rows, None, periods]
        return np.where(is_log, mean * np.exp(np.where(is_log, deviations, 0.0)), mean + deviations)


@dataclass(frozen=True)
class SumForecast:
    """Distribution of a sum of periods of each series, by draws."""

    draws: Floats
    """(series, draws), in the unit of the series."""

    def quantile(self, share: float) -> Floats:
        """Quantile of the sum of each series.

        Parameters
        ----------
        share : float
            Probability below the quantile, between 0 and 1.

        Returns
        -------
        Floats
            (series,), in the unit of the series.
        """
        return np.asarray(np.quantile(self.draws, share, axis=1))

    def crps(self, actual: Floats) -> Floats:
        """Continuous ranked probability score of each sum.

        Parameters
        ----------
        actual : Floats
            (series,), the actual sums.

        Returns
        -------
        Floats
            (series,), in the unit of the series.
        """
        return crps_sample(actual, self.draws)


def response_factor(sd: Floats) -> Floats:
    """(series, horizon, horizon): factor of the correlation by the growth of the running maximum of the sd."""
    variance = np.square(np.maximum.accumulate(sd, axis=1))
    responses = np.sqrt(np.diff(variance, axis=1, prepend=0.0))
    horizon = sd.shape[1]
    factor = np.zeros((len(sd), horizon, horizon))
    for shock in range(horizon):
        factor[:, shock:, shock] = responses[:, : horizon - shock]
    size = np.sqrt(variance)[:, :, None]
    return np.where(size > 0, factor / np.where(size > 0, size, 1.0), np.eye(horizon))  # without spread: independent


def standard_normals(periods: int) -> Floats:
    """(draws, periods): standard normals of each period, half of them mirrored."""
    half = np.array(
        [np.random.default_rng((JOINT_SEED, period)).standard_normal(JOINT_DRAWS // 2) for period in range(periods)]
    )
    return np.concatenate([half, -half], axis=1).T
