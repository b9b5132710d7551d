"""Chances: how a number that we are not sure of is spread.

Every chance is drawn through its quantile function alone, so that one uniform number keeps its meaning when a range is
widened, and scenarios share their luck. `quantile` is exact; `draw` may take it from a table, in 64 bits or in 32.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr, ndtri

from forecast.arrays import Floats
from forecast.stats.quantile_table import FloatT, QuantileTable
from forecast.stats.transforms import TRANSFORM_BOUNDS, Transform, centre_and_sd, inverse

BETA_TABLE_CELLS = 4096
"""Cells of the table that stands for the inverse of the regularised incomplete beta function."""


class Distribution(Protocol):
    """What a number may be, and how likely."""

    @property
    def is_constant(self) -> bool:
        """Whether it has one value only."""
        ...

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value that it can take."""
        ...

    def ppf(self, u: Floats) -> Floats:
        """Values below which the shares `u` (inside 0 to 1) of the chance lie, same shape."""
        ...

    def transform_uniform(self, u: NDArray[FloatT]) -> NDArray[FloatT]:
        """Quantiles of many uniform numbers (values,), of their precision and within 1e-5 of the exact spread."""
        ...


@dataclass(frozen=True)
class Constant:
    """One value, known."""

    value: float

    @property
    def is_constant(self) -> bool:
        """Always."""
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


class _NonConstant:
    """A chance of more than one value."""

    @property
    def is_constant(self) -> bool:
        """Never."""
        return False

    def ppf(self, u: Floats) -> Floats:
        """The quantile function of the chance."""
        raise NotImplementedError

    def transform_uniform(self, u: NDArray[FloatT]) -> NDArray[FloatT]:
        """The quantile function itself, where it is quick enough."""
        return self.ppf(u.astype(np.float64)).astype(u.dtype)


@lru_cache(maxsize=512)
def _quantile_table(chance: _NormalBased, precision: np.dtype[Any]) -> QuantileTable:
    return QuantileTable.from_normal_transform(precision, chance.transform_normal)


class _NormalBased(_NonConstant):
    """A chance that is a growing function of a standard normal."""

    def transform_normal(self, z: Floats) -> Floats:
        """Values whose shares are those of standard normals; `z` is used up."""
        raise NotImplementedError

    def ppf(self, u: Floats) -> Floats:
        """Worked out for each number."""
        return self.transform_normal(ndtri(u))

    def transform_uniform(self, u: NDArray[FloatT]) -> NDArray[FloatT]:
        """From a table."""
        return _quantile_table(self, u.dtype)(u)


@dataclass(frozen=True)
class QuantileRange(_NormalBased):
    """`low to high`: P10 to P90 of a normal on the line that `link` names."""

    low: float
    high: float
    transform: Transform

    @property
    def bounds(self) -> tuple[float, float]:
        """Those of the link: a share stays in 0..1, an amount above 0."""
        return TRANSFORM_BOUNDS[self.transform]

    def transform_normal(self, z: Floats) -> Floats:
        """Normal on the line: centre and sd from the two ends."""
        centre, sd = centre_and_sd(self.low, self.high, self.transform)
        z *= -sd if self.transform == "loss" else sd  # the larger loss is the lower value
        z += centre
        return inverse(self.transform, z)


@dataclass(frozen=True)
class Normal(_NormalBased):
    """A normal, cut at the bounds of its key (an amount never falls below 0)."""

    mean: float
    sd: float
    low: float = -np.inf
    high: float = np.inf

    @property
    def bounds(self) -> tuple[float, float]:
        """Where it is cut."""
        return self.low, self.high

    @property
    def share_outside_bounds(self) -> float:
        """The share of the uncut normal that lies outside its bounds."""
        return float(ndtr(self._standardise(self.low)) + ndtr(-self._standardise(self.high)))

    def _standardise(self, value: float) -> float:
        return (value - self.mean) / self.sd

    def transform_normal(self, z: Floats) -> Floats:
        """The cut normal: below the mean by its lower tail, above it by its upper one, so that neither is rounded."""
        low, high = self._standardise(self.low), self._standardise(self.high)
        if math.isinf(low) and math.isinf(high):
            return self.mean + self.sd * z
        kept = ndtr(high) - ndtr(low)
        lower, upper = ndtri(ndtr(low) + ndtr(z) * kept), -ndtri(ndtr(-high) + ndtr(-z) * kept)
        return np.clip(self.mean + self.sd * np.where(z < 0, lower, upper), self.low, self.high)


@dataclass(frozen=True)
class Uniform(_NonConstant):
    """Every value between two ends alike."""

    low: float
    high: float

    @property
    def bounds(self) -> tuple[float, float]:
        """The two ends."""
        return self.low, self.high

    def ppf(self, u: Floats) -> Floats:
        """A straight line."""
        return self.low + (self.high - self.low) * u


@dataclass(frozen=True)
class Triangular(_NonConstant):
    """Lowest, likeliest and highest value joined by straight lines."""

    low: float
    mode: float
    high: float

    @property
    def bounds(self) -> tuple[float, float]:
        """The two ends."""
        return self.low, self.high

    def ppf(self, u: Floats) -> Floats:
        """The inverse of two parabolas that meet at the mode."""
        width = self.high - self.low
        knee = (self.mode - self.low) / width
        rising = self.low + np.sqrt(u * width * (self.mode - self.low))
        falling = self.high - np.sqrt((1 - u) * width * (self.high - self.mode))
        return np.where(u < knee, rising, falling)


@lru_cache(maxsize=512)
def _beta_table(a: float, b: float) -> tuple[Floats, Floats]:
    """Quantiles of a beta at even steps, the two ends 0 and 1; and what each cell adds."""
    knots = np.asarray(betaincinv(a, b, np.linspace(0, 1, BETA_TABLE_CELLS + 1)))
    return knots, np.diff(knots)


@dataclass(frozen=True)
class Beta(_NonConstant):
    """A beta of shapes a and b, stretched from `low` to `high`.

    Drawn from a table of 4,096 cells with straight lines between: its mean is within 1e-6 of its width.
    """

    a: float
    b: float
    low: float = 0.0
    high: float = 1.0

    @classmethod
    def pert(cls, low: float, mode: float, high: float) -> Beta:
        """PERT: mean (low + 4 mode + high) / 6, shapes that sum to 6 (Clark 1962)."""
        width = high - low
        return cls(1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width, low, high)

    @property
    def bounds(self) -> tuple[float, float]:
        """The two ends."""
        return self.low, self.high

    def ppf(self, u: Floats) -> Floats:
        """Straight lines between the entries of the table."""
        # scipy's betaincinv takes 320 times as long for each value, scipy.stats 350 times
        knots, steps = _beta_table(self.a, self.b)
        place = u * BETA_TABLE_CELLS
        cell = place.astype(np.intp)
        place -= cell
        place *= steps[cell]
        place += knots[cell]
        place *= self.high - self.low
        place += self.low
        return place


@dataclass(frozen=True)
class Discrete(_NonConstant):
    """Some values, each with its weight; values ascend."""

    values: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def bounds(self) -> tuple[float, float]:
        """The first and the last value."""
        return self.values[0], self.values[-1]

    def ppf(self, u: Floats) -> Floats:
        """The first value whose cumulative weight exceeds `u`."""
        steps = np.cumsum(self.weights) / np.sum(self.weights)
        chosen = np.searchsorted(steps, u, side="right")
        return np.asarray(self.values)[np.minimum(chosen, len(self.values) - 1)]


@dataclass(frozen=True)
class Empirical(_NonConstant):
    """The values of a column, each as likely as another; values ascend."""

    values: tuple[float, ...]

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value seen."""
        return self.values[0], self.values[-1]

    def ppf(self, u: Floats) -> Floats:
        """The inverse of the step function, no value invented between two."""
        return np.asarray(self.values)[(u * len(self.values)).astype(np.intp)]
