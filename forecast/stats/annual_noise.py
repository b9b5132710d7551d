"""Variance of a year's total that comes from the noise of its months, in closed form.

A year is Σ w_m exp(e_m) with shares w that sum to 1. The noise e is AR(1) from a stationary start, plus a random walk
of the level that starts at 0 in each year.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import polynomial
from scipy.special import ndtr

from forecast.arrays import Bools, Floats
from forecast.periods import SEASON_MONTHS

__all__ = ["MonthlyNoise", "spread_left_to_growth"]

MAX_FIRST_ORDER_VARIANCE = 0.04
"""Variance of a month up to which that of a year is taken to the first order: within 3% of it."""
HERMITE_TERMS = 8
"""Terms of the covariance of two censored normals; those beyond are below 1% of it."""


@dataclass(frozen=True)
class MonthlyNoise:
    """Noise of the months of one service, by path.

    Parameters
    ----------
    sd : ndarray
        (paths,) or (1,) stationary standard deviation of a month.
    persistence : ndarray
        (paths,) or (1,) correlation of neighbouring months.
    level_sd : ndarray
        (paths,) or (1,) standard deviation of the random walk of the level over a year.
    """

    sd: Floats
    persistence: Floats
    level_sd: Floats

    def year_variance(self, weights: Floats) -> Floats:
        """Compute the variance w'Cw of the weighted sum of a year's noise.

        Parameters
        ----------
        weights : ndarray
            (12,) of the months.

        Returns
        -------
        ndarray
            (paths,) or (1,).
        """
        return np.square(self.sd) * _sum_of_products(weights, self.persistence) + self._walk_variance(weights)

    def mean_variance(self, weights: Floats) -> Floats:
        """Compute the mean variance w'diag(C) of a month.

        Parameters
        ----------
        weights : ndarray
            (12,) of the months, of sum 1.

        Returns
        -------
        ndarray
            (paths,) or (1,).
        """
        walk = weights @ np.arange(1, SEASON_MONTHS + 1) / SEASON_MONTHS
        return np.square(self.sd) + np.square(self.level_sd) * walk

    def lognormal_year(self, weights: Floats) -> tuple[Floats, Floats]:
        """Compute the lognormal that has the mean and the variance of a year of months exp(e).

        Parameters
        ----------
        weights : ndarray
            (12,) of the months, of sum 1.

        Returns
        -------
        variance, log_mean : ndarray
            (paths,) or (1,) variance of the year's logarithm, and logarithm of the year's mean. To the first order in
            the variance of the noise where that is small; else both moments are exact.

        References
        ----------
        Fenton (1960), The sum of log-normal probability distributions in scatter transmission systems.
        """
        variance, log_mean = self.year_variance(weights), self.mean_variance(weights) / 2
        is_wide = (
            np.broadcast_to(np.square(self.sd) + np.square(self.level_sd), variance.shape) > MAX_FIRST_ORDER_VARIANCE
        )
        if is_wide.any():
            variance, log_mean = variance.copy(), np.broadcast_to(log_mean, variance.shape).copy()
            variance[is_wide], log_mean[is_wide] = self._select(is_wide)._exact_lognormal_year(weights)
        return variance, log_mean

    def _select(self, paths: Bools) -> MonthlyNoise:
        """The noise of some paths."""
        return MonthlyNoise(
            *(np.broadcast_to(values, paths.shape)[paths] for values in (self.sd, self.persistence, self.level_sd))
        )

    def _exact_lognormal_year(self, weights: Floats) -> tuple[Floats, Floats]:
        """(paths,) each: variance of the year's logarithm and logarithm of its mean, by both moments."""
        steps = np.arange(1, SEASON_MONTHS + 1)
        first, second = np.triu_indices(SEASON_MONTHS)
        walk = np.square(self.level_sd) / SEASON_MONTHS
        with np.errstate(divide="ignore"):  # a month without trade
            logs = np.log(weights)[:, None]
        means = logs + (np.square(self.sd) + walk * steps[:, None]) / 2
        lags = (second - first)[:, None]
        covariance = (
            np.square(self.sd) * self.persistence**lags + walk * np.minimum(steps[first], steps[second])[:, None]
        )
        pairs = means[first] + means[second] + covariance + np.where(lags > 0, math.log(2), 0.0)
        log_mean = np.logaddexp.reduce(means, axis=0)
        return np.logaddexp.reduce(pairs, axis=0) - 2 * log_mean, log_mean

    def censored_year_variance(self, weights: Floats, location: Floats, scale: Floats) -> Floats:
        """Compute the variance of the logarithm of a year of months max(0, location + scale z) exp(walk).

        Parameters
        ----------
        weights : ndarray
            (12,) of the months, of sum 1.
        location, scale : ndarray
            (paths,) or (1,) of the latent normal, solved so that a month has mean 1; z has the persistence of the
            noise.

        Returns
        -------
        ndarray
            (paths,) or (1,) log(1 + squared coefficient of variation), as if the year were lognormal. The covariance of
            two censored normals of correlation r is their Hermite series Σ c_k² r^k / k!.
        """
        low = -location / np.maximum(scale, np.finfo(float).tiny)
        density = np.exp(-np.square(np.clip(low, -40.0, 40.0)) / 2) / np.sqrt(2 * np.pi)
        covariance = np.square(scale * ndtr(-low)) * _sum_of_products(weights, self.persistence)
        previous, hermite = np.zeros_like(low), np.ones_like(low)  # He_-1, He_0 at the limit of zero
        for k in range(2, HERMITE_TERMS + 1):
            coefficient = np.square(scale * hermite * density) / math.factorial(k)
            covariance = covariance + coefficient * _sum_of_products(weights, self.persistence**k)
            previous, hermite = hermite, low * hermite - (k - 2) * previous
        return np.log1p(covariance) + self._walk_variance(weights)

    def _walk_variance(self, weights: Floats) -> Floats:
        steps = np.arange(1, SEASON_MONTHS + 1)
        return np.square(self.level_sd) * (weights @ np.minimum.outer(steps, steps) @ weights / SEASON_MONTHS)


def _sum_of_products(weights: Floats, correlation: Floats) -> Floats:
    """Σ w_i w_j r^|i - j| over all pairs of months, in the shape of the correlation r."""
    lags = [float(weights[lag:] @ weights[: len(weights) - lag]) for lag in range(len(weights))]
    return np.asarray(polynomial.polyval(correlation, [lags[0], *(2 * lag for lag in lags[1:])]))


def spread_left_to_growth(year_variance: Floats, growth_variance: Floats) -> Floats:
    """Compute the factor of a growth's normal score that leaves the year as wide as the growth's range.

    Parameters
    ----------
    year_variance : ndarray
        (paths,) or (1,) variance of the year by its months alone.
    growth_variance : ndarray
        (paths,) or (1,) variance of the growth by its range.

    Returns
    -------
    ndarray
        (paths,) or (1,) sqrt(1 - year_variance / growth_variance), 0 where the months are wider than the range.
    """
    widest = np.broadcast_arrays(year_variance, growth_variance)[0].shape
    share = np.divide(year_variance, growth_variance, out=np.ones(widest), where=growth_variance > 0)
    return np.asarray(np.sqrt(np.clip(1 - share, 0.0, 1.0)))
