"""Estimates from a finite number of paths, with their simulation error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import stdev
from typing import NamedTuple

__all__ = [
    "Z975",
    "Estimate",
    "PairedHits",
    "binomial_interval",
    "clip_share",
    "group_half_width",
    "shifted_chance",
]

Z975 = 1.959963984540054
"""Standard normal quantile of 97.5%."""
MIN_HITS_FOR_WILSON = 10
"""Hits, or misses, below which a chance gets the interval of Clopper and Pearson instead of Wilson's."""


class Estimate(NamedTuple):
    """A value and the 95% interval of its simulation error."""

    value: float
    low: float
    high: float


def clip_share(share: Estimate) -> Estimate:
    """Clip an estimated share of a whole to what a share can be.

    Parameters
    ----------
    share : Estimate
        Its simulation error may put it below 0 or above 1.

    Returns
    -------
    Estimate
        Value and both ends from 0 to 1.
    """
    return Estimate(*(min(1.0, max(0.0, end)) for end in share))


class PairedHits(NamedTuple):
    """Hits of two events over the same paths."""

    paths: int
    hits: int
    """Paths that hit the event."""
    base_hits: int | None = None
    """Paths that hit the event that it is compared with; None where there is none."""
    both: int = 0
    """Paths that hit both."""


def binomial_interval(hits: float, n: float) -> Estimate:
    """Estimate a chance and its 95% interval.

    Parameters
    ----------
    hits : float
        Paths that hit.
    n : float
        Paths; an effective number of them need not be whole.

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
        from scipy.special import betaincinv

        low = float(betaincinv(hits, n - hits + 1, 0.025)) if hits > 0 else 0.0
        high = float(betaincinv(hits + 1, n - hits, 0.975)) if hits < n else 1.0
        return Estimate(p, low, high)
    centre = (p + Z975**2 / (2 * n)) / (1 + Z975**2 / n)
    half = Z975 / (1 + Z975**2 / n) * math.sqrt(p * (1 - p) / n + (Z975 / (2 * n)) ** 2)
    return Estimate(p, centre - half, centre + half)


def group_half_width(values: Sequence[float]) -> float:
    """Estimate half the 95% interval of a mean from a few groups of paths, or of orders, that were drawn independently.

    Parameters
    ----------
    values : sequence of float
        The figure of each group, two or more.

    Returns
    -------
    float
        By Student's t, in the unit of the figure.
    """
    from scipy.special import stdtrit

    return float(stdtrit(len(values) - 1, 0.975)) * stdev(values) / math.sqrt(len(values))


def shifted_chance(base: Estimate, base_paths: int, paired: PairedHits) -> Estimate:
    """Estimate a chance from another one that is known over more paths, and the difference over the first of them.

    Parameters
    ----------
    base : Estimate
        Chance of the base event over `base_paths` paths.
    base_paths : int
        Paths, of which those of `paired` are the first.
    paired : PairedHits
        Hits of both events over the first paths.

    Returns
    -------
    Estimate
        Base plus difference, between 0 and 1: exactly `base` where no path tells the two events apart, and the share of
        hits where there are no more paths. The interval is that of `binomial_interval` at the number of paths of the
        same variance.

    References
    ----------
    Law (2015), Simulation Modeling and Analysis, 11.2 and 11.4 (common random numbers, control variates).
    """
    n, hits, base_hits, both = paired.paths, paired.hits, paired.base_hits or 0, paired.both
    if hits == base_hits == both:
        return base
    if n == base_paths:
        return binomial_interval(hits, n)
    difference = (hits - base_hits) / n
    value = min(1.0, max(0.0, base.value + difference))
    # D is the event less the base event in a path, B the base event: D is known on n paths, B on all
    variance_d = (hits + base_hits - 2 * both) / n - difference**2
    covariance = (both - base_hits) / n - difference * base_hits / n
    base_variance = base.value * (1 - base.value) + 2 * covariance
    variance = variance_d / n + base_variance / max(base_paths, n)
    if not (0 < value < 1 and variance > 0):
        _, low, high = binomial_interval(hits, n)
        return Estimate(value, min(value, low), max(value, high))
    effective_paths = value * (1 - value) / variance
    _, low, high = binomial_interval(value * effective_paths, effective_paths)
    return Estimate(value, low, high)
