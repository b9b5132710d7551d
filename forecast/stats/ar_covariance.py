"""Covariance of the noise of months, averaged over paths that have a noise each."""

from __future__ import annotations

import numpy as np

from forecast.arrays import Floats

__all__ = ["mean_ar_covariance", "mean_ar_factor"]


def mean_ar_covariance(
    sd: Floats, persistence: Floats, other_sd: Floats, other_persistence: Floats, months: int
) -> Floats:
    """Compute the mean covariance of two AR(1) series whose shocks of a month are the same normal.

    Both begin in their stationary distribution with one normal. So c_0 = s t, c_m = a b c_(m-1) +
    s t sqrt((1 - a^2)(1 - b^2)), and the covariance over a lag is c_m times a power of the persistence of the one that
    comes later.

    Parameters
    ----------
    sd, other_sd : ndarray
        (paths,) or (1,) stationary standard deviations s and t.
    persistence, other_persistence : ndarray
        (paths,) or (1,) correlations a and b of neighbouring months.
    months : int
        Number of months.

    Returns
    -------
    ndarray
        (months, months), the months of the first series in rows. Shocks of correlation r have r times it.
    """
    paths = max(len(values) for values in (sd, persistence, other_sd, other_persistence))
    a, b, scale = (np.broadcast_to(x, paths) for x in (persistence, other_persistence, sd * other_sd))
    same = np.empty((months, paths))
    same[0] = scale
    fresh = scale * np.sqrt((1 - np.square(a)) * (1 - np.square(b)))
    for month in range(1, months):
        same[month] = a * b * same[month - 1] + fresh
    later_first, later_second = (_powers(x, months) @ same.T / paths for x in (a, b))
    covariance = np.empty((months, months))
    for month in range(months):
        ahead = months - month
        covariance[month:, month] = later_first[:ahead, month]
        covariance[month, month:] = later_second[:ahead, month]
    return covariance


def mean_ar_factor(sd: Floats, persistence: Floats, months: int) -> Floats:
    """Compute the mean weights of the shocks in the months of an AR(1) series that begins in its stationary state.

    Parameters
    ----------
    sd, persistence : ndarray
        (paths,) or (1,) of the series.
    months : int
        Number of months.

    Returns
    -------
    ndarray
        (months, months) lower triangular; a column for each shock, a standard normal.
    """
    powers = _powers(persistence, months)
    first = np.mean(sd * powers, axis=1)
    later = np.mean(sd * np.sqrt(1 - np.square(persistence)) * powers, axis=1)
    factor = np.zeros((months, months))
    factor[:, 0] = first
    for month in range(1, months):
        factor[month:, month] = later[: months - month]
    return factor


def _powers(base: Floats, count: int) -> Floats:
    """(count, paths) powers 0, 1, 2 and so on, as products: raising many numbers takes ten times as long."""
    powers = np.ones((count, len(base)))
    for row in range(1, count):
        np.multiply(powers[row - 1], base, out=powers[row])
    return powers
