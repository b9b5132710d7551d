"""Calibration of a panel's intervals by the errors on its own series, pooled over siblings.

Siblings are forecast again, parameters and all, from one horizon before their end: parameters held from the whole
history would have seen the periods they are tested on. Errors are measured in standard deviations of the forecast, and
the 80% and the 95% quantile of their size, at each period ahead with its neighbours, say how many times wider the two
intervals must be; tails heavier than the normal's show as a second factor above the first. Factors are drawn towards 1,
because siblings that are shorter by a horizon have larger errors, and more so where there are few siblings. One series
alone says too little about its own tails.

How far they are drawn, how many neighbours and how many siblings was tuned on the series of M1 alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from forecast.arrays import Floats, Ints
from forecast.stats.intervals import Z975
from forecast.stats.transforms import Z90
from forecast.timeseries.panel.origins import SiblingOrigin
from forecast.timeseries.panel.panel import PanelForecast

__all__ = ["CalibratedForecast", "IntervalFactors", "calibrate_at_origin"]

PRIOR_SIBLINGS = 20.0
"""Number of siblings that the prior factor of 1 is worth [C]."""
CALIBRATION_SHARES, MONTHLY_CALIBRATION_SHARES = (0.9, 1.0), (0.6, 0.6)
"""Share of the way from 1 to the siblings' factor at 80% and at 95%; less where the season has
`MONTHLY_SEASON_PERIODS` or more, for there a horizon less of history costs more than its share of the seasons
[tuned on M1]."""
MONTHLY_SEASON_PERIODS = 12
NEIGHBOUR_HORIZON_SHARE = 1 / 2
"""Share of the horizon, on either side, whose errors are pooled with a period ahead [tuned on M1]."""
MIN_SD_FACTOR, MAX_SD_FACTOR = 0.5, 3.0
"""Bounds of a factor before it is drawn towards 1."""


@dataclass(frozen=True)
class CalibratedForecast:
    """A forecast with calibrated intervals."""

    forecast: PanelForecast
    factors: IntervalFactors

    @property
    def mean(self) -> Floats:
        """(series, horizon): the mean of the forecast, which calibration does not move."""
        return self.forecast.mean

    def quantile(self, share: float) -> Floats:
        """Quantile of each series in each period ahead.

        Parameters
        ----------
        share : float
            Probability below the quantile, between 0 and 1.

        Returns
        -------
        Floats
            (series, horizon), in the unit of the series; rises with the share.
        """
        z = self.factors.scaled_normal_quantile(float(ndtri(share)))[: self.forecast.mean.shape[1]]
        return self.forecast.at_deviation(z * self.forecast.sd)


@dataclass(frozen=True)
class IntervalFactors:
    """Factors of the half-widths of the 80% and the 95% interval, at each period ahead."""

    factor80: Floats
    """(horizon,)."""
    factor95: Floats
    """(horizon,), not so far below the first that the intervals would cross."""
    n_siblings: int
    """Series that the factors rest on; 0 leaves every factor at 1."""
    coverage80: float | None
    """Share of periods inside the 80% interval, each half of the siblings calibrated by the other; None under two."""
    coverage95: float | None

    def scaled_normal_quantile(self, z: float) -> Floats:
        """(horizon,): image of the standard normal quantile `z`, linear between 0 and both interval ends."""
        return self.scale_normals(np.array(z), np.arange(len(self.factor80)))

    def scale_normals(self, z: Floats, periods: Ints) -> Floats:
        """Image of standard normals at periods ahead, linear between 0 and both interval ends.

        Parameters
        ----------
        z : Floats
            Standard normals, (..., periods) or of a shape that broadcasts.
        periods : Ints
            (periods,), 0 for the first.

        Returns
        -------
        Floats
            (..., periods), in standard deviations of the forecast before calibration.
        """
        size, factor80, factor95 = np.abs(z), self.factor80[periods], self.factor95[periods]
        beyond = Z90 * factor80 + (size - Z90) / (Z975 - Z90) * (Z975 * factor95 - Z90 * factor80)
        return np.asarray(np.sign(z) * np.where(size <= Z90, size * factor80, beyond))

    @property
    def sd_factor(self) -> Floats:
        """(horizon,): the geometric mean of both factors, for a normal."""
        return np.asarray(np.sqrt(self.factor80 * self.factor95))

    def calibrate(self, forecast: PanelForecast) -> CalibratedForecast:
        """The forecast with its intervals scaled by these factors."""
        return CalibratedForecast(forecast, self)


def calibrate_at_origin(
    forecasts: Sequence[PanelForecast], origins: Sequence[SiblingOrigin], season: int, horizon: int
) -> IntervalFactors:
    """Factors from the errors of the forecasts, one for each origin; 1 without any.

    Parameters
    ----------
    forecasts : sequence of PanelForecast
        Of the siblings, from the latest origins.
    origins : sequence of SiblingOrigin
        Origins, the latest first.
    season : int
        Periods of a season.
    horizon : int
        Periods ahead.

    Returns
    -------
    IntervalFactors
        Factors of the half-widths of the 80% and the 95% interval.
    """
    shares = MONTHLY_CALIBRATION_SHARES if season >= MONTHLY_SEASON_PERIODS else CALIBRATION_SHARES
    errors = [standardised_panel_errors(each, origin.actual) for each, origin in zip(forecasts, origins, strict=False)]
    return interval_factors(np.concatenate([np.empty((0, horizon)), *errors]), shares)


def standardised_panel_errors(forecast: PanelForecast, actual: Floats) -> Floats:
    """(series, horizon): actual less forecast, in standard deviations; NaN where either is undefined."""
    is_log = forecast.is_log[:, None] & (actual > 0)
    usable = (forecast.sd > 0) & (actual > 0) | (forecast.sd > 0) & ~forecast.is_log[:, None]
    ratio = np.where(is_log, actual, 1.0) / np.where(is_log, forecast.mean, 1.0)
    errors = np.where(is_log, np.log(ratio), actual - forecast.mean)
    return np.where(usable, errors / np.where(forecast.sd > 0, forecast.sd, 1.0), np.nan)


def interval_factors(errors: Floats, shares: tuple[float, float] = MONTHLY_CALIBRATION_SHARES) -> IntervalFactors:
    """Factors from standardised errors (siblings, horizon), `shares` of the way from 1 to what they ask for."""
    factor80, factor95 = _quantile_factors(errors, shares)
    count = int(np.isfinite(errors).any(axis=1).sum())
    if count < 2:
        return IntervalFactors(factor80, factor95, count, None, None)
    inside = []
    for half in (0, 1):
        inner, outer = _quantile_factors(errors[half::2], shares)
        sizes = np.abs(errors[1 - half :: 2])
        known = np.isfinite(sizes)
        inside.append([(sizes <= width)[known] for width in (Z90 * inner, Z975 * outer)])
    coverage80, coverage95 = (float(np.concatenate(each).mean()) for each in zip(*inside, strict=True))
    return IntervalFactors(factor80, factor95, count, coverage80, coverage95)


def _quantile_factors(errors: Floats, shares: tuple[float, float]) -> tuple[Floats, Floats]:
    """Factors of the 80% and of the 95% interval, each (horizon,)."""
    horizon = errors.shape[1]
    side = int(NEIGHBOUR_HORIZON_SHARE * horizon)
    factors = np.ones((2, horizon))
    for step in range(horizon):
        pooled = errors[:, max(0, step - side) : step + side + 1]
        known = np.isfinite(pooled)
        count = known.any(axis=1).sum()
        if not count:
            continue
        quantiles = np.quantile(np.abs(pooled[known]), (0.8, 0.95)) / np.array([Z90, Z975])
        factors[:, step] = 1 + np.array(shares) * count / (count + PRIOR_SIBLINGS) * (
            np.clip(quantiles, MIN_SD_FACTOR, MAX_SD_FACTOR) - 1
        )
    return factors[0], np.maximum(factors[1], factors[0] * Z90 / Z975)
