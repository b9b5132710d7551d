"""The lines on which ranges are normal: plain, or a logarithm of the amount, of the change, or of the odds."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from scipy.special import ndtri

from forecast.arrays import Floats

Transform = Literal["plain", "log", "change", "share", "loss"]

Z90 = float(ndtri(0.9))
"""The standard normal quantile of 90%: a range `a to b` is P10 to P90."""


def forward(link: Transform, value: float) -> float:
    """Carry a value to the line on which its range is normal."""
    x = np.float64(value)
    with np.errstate(divide="ignore"):  # a bound goes to infinity, as it should
        match link:
            case "plain":
                return value
            case "log":
                return float(np.log(x))
            case "change":
                return float(np.log1p(x))
            case "share":
                return float(np.log(x) - np.log1p(-x))
            case "loss":
                return float(np.log(-x) - np.log1p(x))


def inverse(link: Transform, y: Floats) -> Floats:
    """Bring a value back from the line; `y` is used up."""
    match link:
        case "log":
            np.exp(y, out=y)
        case "change":
            np.exp(y, out=y)  # a third of the time of expm1, and within 1e-16 of it
            y -= 1
        case "share" | "loss":
            np.exp(np.negative(y, out=y), out=y)
            y += 1
            np.divide(1.0 if link == "share" else -1.0, y, out=y)
    return y


@lru_cache(maxsize=8192)
def centre_and_sd(low: float, high: float, link: Transform) -> tuple[float, float]:
    """Of the normal on the line whose P10 and P90 are two values."""
    left, right = forward(link, low), forward(link, high)
    return (left + right) / 2, abs(right - left) / (2 * Z90)


TRANSFORM_BOUNDS: dict[Transform, tuple[float, float]] = {
    "plain": (-np.inf, np.inf),
    "log": (0.0, np.inf),
    "change": (-1.0, np.inf),
    "share": (0.0, 1.0),
    "loss": (-1.0, 0.0),
}
