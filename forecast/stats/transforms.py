"""Transforms under which a range is normal: none, or the log of the amount, of the change, or of the odds."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

from forecast.arrays import Floats

__all__ = ["Z90", "Transform", "forward"]

Transform = Literal["plain", "log", "change", "share"]

Z90 = 1.2815515655446004
"""Standard normal quantile of 90%: a range `a to b` is P10 to P90."""


def forward(transform: Transform, value: float) -> float:
    """Transform a value to the scale on which its range is normal.

    Parameters
    ----------
    transform : Transform
        The scale.
    value : float
        Inside its bounds.

    Returns
    -------
    float
        On that scale; infinite at a bound.
    """
    x = np.float64(value)
    with np.errstate(divide="ignore"):  # a bound goes to infinity, as it should
        match transform:
            case "plain":
                return value
            case "log":
                return float(np.log(x))
            case "change":
                return float(np.log1p(x))
            case "share":
                return float(np.log(x) - np.log1p(-x))


def inverse(transform: Transform, y: Floats) -> Floats:
    """Transform values back, in the shape of `y`, which is overwritten."""
    match transform:
        case "log":
            np.exp(y, out=y)
        case "change":
            np.exp(y, out=y)  # a third of the time of expm1, and within 1e-16 of it
            y -= 1
        case "share":
            np.exp(np.negative(y, out=y), out=y)
            y += 1
            np.divide(1.0, y, out=y)
    return y


@lru_cache(maxsize=8192)
def centre_and_sd(low: float, high: float, transform: Transform) -> tuple[float, float]:
    """Mean and standard deviation, on the transformed scale, of the normal whose P10 and P90 are two values."""
    low_end, high_end = forward(transform, low), forward(transform, high)
    return (low_end + high_end) / 2, (high_end - low_end) / (2 * Z90)


TRANSFORM_BOUNDS: dict[Transform, tuple[float, float]] = {
    "plain": (-np.inf, np.inf),
    "log": (0.0, np.inf),
    "change": (-1.0, np.inf),
    "share": (0.0, 1.0),
}
"""Open interval of the values under each transform."""
