"""An estimate: a figure from a finite number of paths, with its simulation error."""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy.special import betaincinv

Z95 = 1.959963984540054
FEW = 10
"""Hits or misses below which a chance gets the interval of Clopper and Pearson instead of Wilson's."""


class Estimate(NamedTuple):
    """A value and the 95% interval of its simulation error."""

    value: float
    low: float
    high: float


def interval(hits: float, n: int) -> Estimate:
    """A chance and its 95% interval: Wilson's, or Clopper and Pearson's when fewer than ten hit or miss."""
    p = hits / n
    if min(hits, n - hits) < FEW:
        low = float(betaincinv(hits, n - hits + 1, 0.025)) if hits > 0 else 0.0
        high = float(betaincinv(hits + 1, n - hits, 0.975)) if hits < n else 1.0
        return Estimate(p, low, high)
    centre = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * math.sqrt(p * (1 - p) / n + (Z95 / (2 * n)) ** 2)
    return Estimate(p, centre - half, centre + half)
