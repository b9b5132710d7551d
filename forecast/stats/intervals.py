"""Estimates from a finite number of paths, with their simulation error."""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy.special import betaincinv

__all__ = ["Z975", "Estimate", "binomial_interval"]

Z975 = 1.959963984540054
"""Standard normal quantile of 97.5%."""
MIN_HITS_FOR_WILSON = 10
"""Hits, or misses, below which a chance gets the interval of Clopper and Pearson instead of Wilson's."""


class Estimate(NamedTuple):
    """A value and the 95% interval of its simulation error."""

    value: float
    low: float
    high: float


def binomial_interval(hits: float, n: int) -> Estimate:
    """Estimate a chance and its 95% interval.

    Parameters
    ----------
    hits : float
        Paths that hit.
    n : int
        Paths.

    Returns
    -------
    Estimate
        Wilson's interval; Clopper and Pearson's when fewer than `MIN_HITS_FOR_WILSON` paths hit or miss.

    References
    ----------
    Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion.
    """
    # statsmodels' proportion_confint gives the same ends in 70 times the time (Wilson) and 41 times (Clopper, Pearson)
    p = hits / n
    if min(hits, n - hits) < MIN_HITS_FOR_WILSON:
        low = float(betaincinv(hits, n - hits + 1, 0.025)) if hits > 0 else 0.0
        high = float(betaincinv(hits + 1, n - hits, 0.975)) if hits < n else 1.0
        return Estimate(p, low, high)
    centre = (p + Z975**2 / (2 * n)) / (1 + Z975**2 / n)
    half = Z975 / (1 + Z975**2 / n) * math.sqrt(p * (1 - p) / n + (Z975 / (2 * n)) ** 2)
    return Estimate(p, centre - half, centre + half)
