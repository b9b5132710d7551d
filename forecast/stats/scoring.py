"""How good a forecast was: errors of its middle, and how well its chances fitted what came.

The last axis is the months: what is said of (horizon,) holds for (series, horizon) row by row. Months that are NaN do
not count; where none is left, or there is nothing to scale by, the score is NaN. Lower is better, but for coverage.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.stats.transforms import Z90

"""Months of a season."""


def seasonal_scale(history: Floats, season: int = SEASON_MONTHS) -> Floats:
    """Mean absolute change on the same month a year before, the Q of Hyndman and Koehler (2006).

    `history` is (..., months), shorter ones filled up with NaN at either end; `season` is m, 1 for years. The result
    is (...,), NaN where no change was seen or all of them are 0.
    """
    scale = _nanmean(np.abs(history[..., season:] - history[..., :-season]))
    return np.where(scale > 0, scale, np.nan)[()]


def mase(errors: Floats, history: Floats, season: int = SEASON_MONTHS) -> Floats:
    """Mean absolute scaled error (Hyndman and Koehler 2006): mean |e_t| / Q.

    `errors` (..., horizon) are forecast less actual, `history` (..., months) gives the scale Q.
    """
    return np.asarray(_nanmean(np.abs(errors)) / seasonal_scale(history, season))[()]


def smape(actual: Floats, forecast: Floats) -> Floats:
    """Symmetric mean absolute percentage error in percent (Makridakis and Hibon 2000): mean 200 |X - F| / (|X| + |F|).

    Both are (..., horizon). 0 where actual and forecast are both 0.
    """
    apart, size = np.abs(actual - forecast), np.abs(actual) + np.abs(forecast)
    return _nanmean(200 * np.divide(apart, size, out=np.zeros_like(apart), where=size != 0))


def pinball(actual: ArrayLike, quantile: ArrayLike, level: ArrayLike) -> Floats:
    """Loss of a quantile q at the level tau (Koenker and Bassett 1978): (tau - 1{y < q}) (y - q); month by month."""
    y, q, tau = (np.asarray(value, float) for value in (actual, quantile, level))
    return np.asarray((tau - (y < q)) * (y - q))


def interval_score(actual: Floats, low: Floats, high: Floats, alpha: float) -> Floats:
    """Score of the central (1 - alpha) interval from l to u (Gneiting and Raftery 2007, equation 43); month by month.

    (u - l) + 2 / alpha (l - x) 1{x < l} + 2 / alpha (x - u) 1{x > u}.
    """
    outside = np.maximum(low - actual, 0.0) + np.maximum(actual - high, 0.0)
    return np.asarray(high - low + 2 / alpha * outside)


def msis(
    actual: Floats, low: Floats, high: Floats, history: Floats, alpha: float, season: int = SEASON_MONTHS
) -> Floats:
    """Mean scaled interval score (Makridakis, Spiliotis and Assimakopoulos 2020): mean interval score / Q.

    `actual`, `low` and `high` are (..., horizon), `history` (..., months); alpha is 0.05 for an interval of 95%.
    """
    return np.asarray(_nanmean(interval_score(actual, low, high, alpha)) / seasonal_scale(history, season))[()]


def within_interval(actual: Floats, low: Floats, high: Floats) -> Floats:
    """1 where the interval, its ends included, holds the actual value, else 0; NaN where there is none."""
    return np.where(np.isnan(actual), np.nan, (low <= actual) & (actual <= high))


def coverage(actual: Floats, low: Floats, high: Floats) -> Floats:
    """Share of the months inside their interval, (...,) of (..., horizon)."""
    return _nanmean(within_interval(actual, low, high))


def within_central_80(actual: Floats, mean: Floats, sd: Floats) -> Floats:
    """1 where a normal's central 80% holds the actual value, else 0; NaN where there is none."""
    return within_interval(actual, mean - Z90 * sd, mean + Z90 * sd)


def crps_normal(actual: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> Floats:
    """Continuous ranked probability score of N(mu, sigma^2), month by month, in the unit of the actual.

    sigma (w (2 Phi(w) - 1) + 2 phi(w) - 1 / sqrt(pi)), w = (y - mu) / sigma (Gneiting and Raftery 2007, equation 21,
    its sign turned). |y - mu| where sigma is 0.
    """
    y, mu, sigma = np.broadcast_arrays(*(np.asarray(value, float) for value in (actual, mean, sd)))
    w = np.divide(y - mu, sigma, out=np.zeros(y.shape), where=sigma > 0)
    score = sigma * (w * (2 * ndtr(w) - 1) + 2 * _normal_pdf(w) - 1 / np.sqrt(np.pi))
    return np.asarray(np.where(sigma > 0, score, np.abs(y - mu)))[()]


def crps_lognormal(actual: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> Floats:
    """Continuous ranked probability score of a value whose log is N(mu, sigma^2), month by month.

    y (2 Phi(w) - 1) - 2 exp(mu + sigma^2 / 2) (Phi(w - sigma) + Phi(sigma / sqrt(2)) - 1), w = (log y - mu) / sigma
    (Baran and Lerch 2015). |y - exp(mu)| where sigma is 0; an actual at or below 0 lies under every draw.
    """
    y, mu, sigma = np.broadcast_arrays(*(np.asarray(value, float) for value in (actual, mean, sd)))
    log = np.log(y, out=np.full(y.shape, -np.inf), where=y > 0)
    log = np.where(np.isnan(y), np.nan, log)
    w = np.divide(log - mu, sigma, out=np.zeros(y.shape), where=sigma > 0)
    below = ndtr(w - sigma) + ndtr(sigma / np.sqrt(2)) - 1
    score = y * (2 * ndtr(w) - 1) - 2 * np.exp(mu + sigma**2 / 2) * below
    return np.asarray(np.where(sigma > 0, score, np.abs(y - np.exp(mu))))[()]


def crps_sample(actual: ArrayLike, draws: Floats) -> Floats:
    """Continuous ranked probability score of the draws (..., draws), each as likely as another; (...,) as `actual`.

    E|X - y| - E|X - X'| / 2 (Gneiting and Raftery 2007, equation 20), the second mean over all ordered pairs, had from
    the sorted draws: E|X - X'| = 2 / M^2 sum_i (2 i - M - 1) x_(i).
    """
    y, count = np.asarray(actual, float), draws.shape[-1]
    ranks = 2.0 * np.arange(1, count + 1) - count - 1
    spread = np.sum(np.sort(draws, axis=-1) * ranks, axis=-1) / count**2
    return np.asarray(np.mean(np.abs(draws - y[..., None]), axis=-1) - spread)[()]


def _normal_pdf(w: Floats) -> Floats:
    return np.asarray(np.exp(-(w**2) / 2) / np.sqrt(2 * np.pi))


def _nanmean(values: Floats) -> Floats:
    """Mean over the last axis without the NaN; NaN where nothing is left."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(values, axis=-1))[()]
