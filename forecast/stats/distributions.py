"""Distributions of the numbers that a plan is not sure of.

Every distribution is sampled through its quantile function alone, so that one uniform number keeps its meaning when a
range is widened, and scenarios use common random numbers. `ppf` is exact; `transform_uniform` may take it from a table,
in 64 bits or in 32.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.stats.quantile_table import FloatT, QuantileTable
from forecast.stats.transforms import TRANSFORM_BOUNDS, Z90, Transform, centre_and_sd, inverse

__all__ = [
    "Beta",
    "Constant",
    "Discrete",
    "Distribution",
    "Empirical",
    "Normal",
    "QuantileRange",
    "Triangular",
    "Uniform",
]

UNCLIPPED = (-math.inf, math.inf)
"""Bounds that clip nothing."""
BETA_TABLE_CELLS = 4096
"""Cells of the table that stands for the inverse of the regularised incomplete beta function."""


class Distribution(Protocol):
    """Values that a number may take, and how likely they are."""

    @property
    def is_constant(self) -> bool:
        """True for a single value."""
        ...

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value that it can take."""
        ...

    def ppf(self, u: Floats) -> Floats:
        """Quantiles of the probabilities `u`, inside 0 to 1, in the shape of `u`."""
        ...

    def transform_uniform(self, u: NDArray[FloatT]) -> NDArray[FloatT]:
        """Quantiles of uniform numbers (values,), in their precision and within 1e-5 sd of the exact ones."""
        ...

    def widened(self, factor: float, low: float, high: float) -> Distribution:
        """The same middle and `factor` times the width, inside the bounds `low` to `high` of its key."""
        ...

    def moved(self, step: float, low: float, high: float) -> Distribution:
        """The same width, `step` further on the scale on which it has one, inside the bounds `low` to `high`."""
        ...


@dataclass(frozen=True)
class Constant:
    """A value that is known.

    Parameters
    ----------
    value : float
        The value.
    """

    value: float

    @property
    def is_constant(self) -> bool:
        """True."""
        return True

    @property
    def bounds(self) -> tuple[float, float]:
        """The value, twice."""
        return self.value, self.value

    def ppf(self, u: Floats) -> Floats:
        """The value, in the shape of `u`."""
        return np.full_like(u, self.value)

    def transform_uniform(self, u: NDArray[FloatT]) -> NDArray[FloatT]:
        """The value, in the shape of `u`."""
        return np.full_like(u, self.value)

    def widened(self, factor: float, low: float, high: float) -> Constant:
        """The value: what is known has no width."""
        return self

    def moved(self, step: float, low: float, high: float) -> Constant:
        """The value plus the step."""
        return Constant(min(max(self.value + step, low), high))


def _widened_ends(low: float, high: float, factor: float, bounds: tuple[float, float]) -> tuple[float, float]:
    """Both ends moved out by the same amount, so that their distance is `factor` times as large, cut at the bounds."""
    step = (factor - 1) / 2 * (high - low)
    return max(bounds[0], low - step), min(bounds[1], high + step)


def _moved_values(values: tuple[float, ...], step: float, low: float, high: float) -> tuple[float, ...]:
    """Ascending values plus a step, which is shorter where one of them would pass a bound."""
    allowed = min(max(step, min(low - values[0], 0.0)), max(high - values[-1], 0.0))
    return tuple(value + allowed for value in values)


class _NonConstant:
    """Base of the distributions that have more than one value."""

    @property
    def is_constant(self) -> bool:
        """False."""
        return False

    def ppf(self, u: Floats) -> Floats:
        """Quantiles, in the shape of `u`."""
        raise NotImplementedError

    def transform_uniform(self, u: NDArray[FloatT]) -> NDArray[FloatT]:
        """Quantiles without a table, where they are quick enough."""
        return self.ppf(u.astype(np.float64)).astype(u.dtype)


@lru_cache(maxsize=512)
def _quantile_table(distribution: _NormalBased, precision: np.dtype[Any]) -> QuantileTable:
    return QuantileTable.from_normal_transform(precision, distribution.transform_normal)


class _NormalBased(_NonConstant):
    """Base of the distributions that are a growing function of a standard normal."""

    def transform_normal(self, z: Floats) -> Floats:
        """Values of standard normals, in the shape of `z`, which is overwritten."""
        raise NotImplementedError

    def ppf(self, u: Floats) -> Floats:
        """Quantiles, each computed on its own."""
        from scipy.special import ndtri

        return self.transform_normal(ndtri(u))

    def transform_uniform(self, u: NDArray[FloatT]) -> NDArray[FloatT]:
        """Quantiles from a table."""
        return _quantile_table(self, u.dtype)(u)


@dataclass(frozen=True)
class QuantileRange(_NormalBased):
    """Range `low to high`: P10 to P90 of a normal on a transformed scale, clipped where its kind ends.

    Clipping moves what lies beyond a bound onto it (a censored normal). Every quantile inside the bounds stays exact,
    and a bound at P10 or P90 moves the mean by 0.047 standard deviations; a truncated normal cannot keep P10, P50 and
    P90 together.

    Parameters
    ----------
    low, high : float
        P10 and P90.
    transform : Transform
        Scale on which the range is normal.
    clip : tuple of float, optional
        Lowest and highest value.
    """

    low: float
    high: float
    transform: Transform
    clip: tuple[float, float] = UNCLIPPED

    @property
    def bounds(self) -> tuple[float, float]:
        """Bounds of the transform and of the clipping: a share stays in 0..1, an amount above 0, a loss below."""
        low, high = TRANSFORM_BOUNDS[self.transform]
        return max(low, self.clip[0]), min(high, self.clip[1])

    @property
    def kelly_skewness(self) -> float:
        """Kelly's skewness, (P10 + P90 - 2 P50) / (P90 - P10): 0 where the middle is halfway between the ends."""
        middle = float(self.ppf(np.array([0.5]))[0])
        return (self.low + self.high - 2 * middle) / (self.high - self.low)

    def ppf(self, u: Floats) -> Floats:
        """Quantiles, in the shape of `u`."""
        return self._clip(super().ppf(u))

    def values_of_normals(self, z: Floats) -> Floats:
        """Values of standard normals, in the shape of `z`, which is overwritten."""
        return self._clip(self.transform_normal(z))

    def transform_uniform(self, u: NDArray[FloatT]) -> NDArray[FloatT]:
        """Quantiles from a table, clipped after it: a line of the table would round the corner at a bound."""
        return self._clip(super().transform_uniform(u))

    def _clip(self, values: NDArray[FloatT]) -> NDArray[FloatT]:
        return values if self.clip == UNCLIPPED else np.clip(values, *self.clip, out=values)

    def transform_normal(self, z: Floats) -> Floats:
        """Values of standard normals before they are clipped, in the shape of `z`, which is overwritten."""
        centre, sd = centre_and_sd(self.low, self.high, self.transform)
        z *= sd
        z += centre
        return inverse(self.transform, z)

    def widened(self, factor: float, low: float, high: float) -> QuantileRange:
        """P10 and P90 further from the median on the transformed scale, clipped as before."""
        return self._with_ends(np.array([-factor * Z90, factor * Z90]))

    def moved(self, step: float, low: float, high: float) -> QuantileRange:
        """P10 and P90 both `step` further on the transformed scale, clipped as before."""
        shift = step / centre_and_sd(self.low, self.high, self.transform)[1]
        return self._with_ends(np.array([shift - Z90, shift + Z90]))

    def _with_ends(self, z: Floats) -> QuantileRange:
        """The range whose P10 and P90 are the values of two standard normals."""
        return replace(self, **dict(zip(("low", "high"), sorted(self.transform_normal(z).tolist()), strict=True)))


@dataclass(frozen=True)
class Normal(_NormalBased):
    """A normal truncated at the bounds of its key: an amount never falls below 0.

    Parameters
    ----------
    mean, sd : float
        Of the normal before it is truncated.
    low, high : float
        Bounds.
    """

    mean: float
    sd: float
    low: float = -np.inf
    high: float = np.inf

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value."""
        return self.low, self.high

    @property
    def share_outside_bounds(self) -> float:
        """Share of the normal that lies outside the bounds."""
        from scipy.special import ndtr

        return float(ndtr(self._standardise(self.low)) + ndtr(-self._standardise(self.high)))

    def _standardise(self, value: float) -> float:
        return (value - self.mean) / self.sd

    def transform_normal(self, z: Floats) -> Floats:
        """Values of standard normals, in the shape of `z`, by the nearer tail of each so that none is rounded."""
        low, high = self._standardise(self.low), self._standardise(self.high)
        if math.isinf(low) and math.isinf(high):
            return self.mean + self.sd * z
        from scipy.special import ndtr, ndtri

        inside = ndtr(high) - ndtr(low)
        lower, upper = ndtri(ndtr(low) + ndtr(z) * inside), -ndtri(ndtr(-high) + ndtr(-z) * inside)
        return np.clip(self.mean + self.sd * np.where(z < 0, lower, upper), self.low, self.high)

    def widened(self, factor: float, low: float, high: float) -> Normal:
        """`factor` times the standard deviation, truncated as before."""
        return replace(self, sd=factor * self.sd)

    def moved(self, step: float, low: float, high: float) -> Normal:
        """The mean before it is truncated plus the step, truncated as before."""
        return replace(self, mean=self.mean + step)


@dataclass(frozen=True)
class Uniform(_NonConstant):
    """Every value between two ends is equally likely.

    Parameters
    ----------
    low, high : float
        Ends.
    """

    low: float
    high: float

    @property
    def bounds(self) -> tuple[float, float]:
        """Both ends."""
        return self.low, self.high

    def ppf(self, u: Floats) -> Floats:
        """Quantiles, in the shape of `u`."""
        return self.low + (self.high - self.low) * u

    def widened(self, factor: float, low: float, high: float) -> Uniform:
        """Both ends moved out, cut at the bounds."""
        return Uniform(*_widened_ends(self.low, self.high, factor, (low, high)))

    def moved(self, step: float, low: float, high: float) -> Uniform:
        """Both ends plus the step, which is shorter where one of them would pass a bound."""
        return Uniform(*_moved_values((self.low, self.high), step, low, high))


@dataclass(frozen=True)
class Triangular(_NonConstant):
    """Density of straight lines from the lowest over the likeliest to the highest value.

    Parameters
    ----------
    low, mode, high : float
        Ascending.
    """

    low: float
    mode: float
    high: float

    @property
    def bounds(self) -> tuple[float, float]:
        """Both ends."""
        return self.low, self.high

    def ppf(self, u: Floats) -> Floats:
        """Quantiles, in the shape of `u`: the inverse of two parabolas that meet at the mode."""
        width = self.high - self.low
        knee = (self.mode - self.low) / width
        rising = self.low + np.sqrt(u * width * (self.mode - self.low))
        falling = self.high - np.sqrt((1 - u) * width * (self.high - self.mode))
        return np.where(u < knee, rising, falling)

    def widened(self, factor: float, low: float, high: float) -> Triangular:
        """Both ends moved out, cut at the bounds; the mode stays."""
        lowest, highest = _widened_ends(self.low, self.high, factor, (low, high))
        return Triangular(lowest, self.mode, highest)

    def moved(self, step: float, low: float, high: float) -> Triangular:
        """The mode and both ends plus the step, which is shorter where an end would pass a bound."""
        return Triangular(*_moved_values((self.low, self.mode, self.high), step, low, high))


@lru_cache(maxsize=512)
def _beta_table(a: float, b: float) -> tuple[Floats, Floats]:
    """Quantiles of a beta at even steps (cells + 1,), and the rise of each cell (cells,)."""
    from scipy.special import betaincinv

    knots = np.asarray(betaincinv(a, b, np.linspace(0, 1, BETA_TABLE_CELLS + 1)))
    return knots, np.diff(knots)


@dataclass(frozen=True)
class Beta(_NonConstant):
    """A beta distribution between two ends.

    It is sampled from a table of 4,096 cells with straight lines between: its mean is within 1e-6 of its width.

    Parameters
    ----------
    a, b : float
        Shapes, above 0.
    low, high : float
        Ends.
    """

    a: float
    b: float
    low: float = 0.0
    high: float = 1.0

    @classmethod
    def pert(cls, low: float, mode: float, high: float) -> Beta:
        """Make the PERT distribution of mean (low + 4 mode + high) / 6, shapes that sum to 6 (Clark 1962)."""
        width = high - low
        return cls(1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width, low, high)

    @property
    def bounds(self) -> tuple[float, float]:
        """Both ends."""
        return self.low, self.high

    def ppf(self, u: Floats) -> Floats:
        """Quantiles, in the shape of `u`: straight lines between the entries of the table."""
        # scipy's betaincinv takes 320 times as long for each value, scipy.stats 350 times
        knots, steps = _beta_table(self.a, self.b)
        position = u * BETA_TABLE_CELLS
        cell = position.astype(np.intp)
        position -= cell
        position *= steps[cell]
        position += knots[cell]
        position *= self.high - self.low
        position += self.low
        return position

    def widened(self, factor: float, low: float, high: float) -> Beta:
        """The PERT whose ends are moved out and cut at the bounds, the mode stays; itself where no end can move."""
        lowest, highest = _widened_ends(self.low, self.high, factor, (low, high))
        if (lowest, highest) == (self.low, self.high):
            return self
        mode = self.low + (self.a - 1) / (self.a + self.b - 2) * (self.high - self.low)
        return Beta.pert(lowest, mode, highest)

    def moved(self, step: float, low: float, high: float) -> Beta:
        """Both ends plus the step, which is shorter where one of them would pass a bound; the shapes stay."""
        lowest, highest = _moved_values((self.low, self.high), step, low, high)
        return replace(self, low=lowest, high=highest)


@dataclass(frozen=True)
class Discrete(_NonConstant):
    """Some values, each with its weight.

    Parameters
    ----------
    values : tuple of float
        Ascending.
    weights : tuple of float
        Above 0, by value.
    """

    values: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def bounds(self) -> tuple[float, float]:
        """First and last value."""
        return self.values[0], self.values[-1]

    def ppf(self, u: Floats) -> Floats:
        """Quantiles, in the shape of `u`: the first value whose cumulative weight exceeds it."""
        cumulative = np.cumsum(self.weights) / np.sum(self.weights)
        chosen = np.searchsorted(cumulative, u, side="right")
        return np.asarray(self.values)[np.minimum(chosen, len(self.values) - 1)]

    def widened(self, factor: float, low: float, high: float) -> Discrete:
        """The same values: a list has no scale on which it could be wider."""
        return self

    def moved(self, step: float, low: float, high: float) -> Discrete:
        """Every value plus the step, which is shorter where one of them would pass a bound."""
        return replace(self, values=_moved_values(self.values, step, low, high))


@dataclass(frozen=True)
class Empirical(_NonConstant):
    """Values of a column, each as likely as another.

    Parameters
    ----------
    values : tuple of float
        Ascending.
    """

    values: tuple[float, ...]

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value of the column."""
        return self.values[0], self.values[-1]

    def ppf(self, u: Floats) -> Floats:
        """Quantiles, in the shape of `u`: the inverse of the step function, no value between two."""
        return np.asarray(self.values)[(u * len(self.values)).astype(np.intp)]

    def widened(self, factor: float, low: float, high: float) -> Empirical:
        """The same values: what is on record is not made wider."""
        return self

    def moved(self, step: float, low: float, high: float) -> Empirical:
        """Every value plus the step, which is shorter where one of them would pass a bound."""
        return replace(self, values=_moved_values(self.values, step, low, high))
