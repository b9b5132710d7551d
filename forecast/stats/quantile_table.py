"""Quantile functions from a table, in a quarter of the time of the exact ones.

Measured on 16,384 values of a lognormal: scipy's ndtri and exp take 4.2 times as long in 64 bits and 6.4 times in 32,
scipy.stats 5.5 and 11 times.

The table has straight lines between knots that lie at even shares of each doubling of the odds u / (1 - u), so that it
is as fine in the tails as in the middle, and the bits of the odds are the number of the cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats

FloatT = TypeVar("FloatT", np.float32, np.float64)

ODDS_MANTISSA_BITS = 7
"""Bits of the mantissa of the odds that tell a cell: 128 cells a doubling."""


@dataclass(frozen=True)
class _CellGrid:
    """Cells of the odds of numbers of one precision."""

    int_type: type[np.signedinteger[Any]]
    shift: int
    first: int
    """Bits of the odds of the first cell, shifted."""
    odds: NDArray[Any]
    """Knots, (cells + 1,)."""

    @classmethod
    def for_precision(
        cls, float_type: type[np.floating[Any]], int_type: type[np.signedinteger[Any]], octaves: int
    ) -> _CellGrid:
        """Make cells from 2^-octaves to 2^octaves, beyond which a uniform number of that precision never lies."""
        shift = np.finfo(float_type).nmant - ODDS_MANTISSA_BITS
        low, high = (int(np.array(2.0**power, float_type).view(int_type)) >> shift for power in (-octaves, octaves))
        return cls(int_type, shift, low, (np.arange(low, high + 1, dtype=int_type) << shift).view(float_type))


_CELL_GRIDS = {
    np.dtype(np.float64): _CellGrid.for_precision(np.float64, np.int64, 56),
    np.dtype(np.float32): _CellGrid.for_precision(np.float32, np.int32, 26),
}


@lru_cache(maxsize=2)
def normal_knots(precision: np.dtype[Any]) -> Floats:
    """Standard normal quantiles of the knots of a precision, (cells + 1,)."""
    from scipy.special import ndtri

    odds = _CELL_GRIDS[precision].odds.astype(np.float64)
    return np.where(odds <= 1, ndtri(odds / (1 + odds)), -ndtri(1 / (1 + odds)))


@dataclass(frozen=True)
class QuantileTable:
    """One quantile function as a line in each cell: constant + slope x odds, (cells,) each."""

    precision: np.dtype[Any]
    constant: NDArray[Any]
    slope: NDArray[Any]

    @classmethod
    def from_normal_transform(
        cls, precision: np.dtype[Any], transform_normal: Callable[[Floats], Floats]
    ) -> QuantileTable:
        """Tabulate a growing function of a standard normal; it is called once, with the quantiles of all knots."""
        odds = _CELL_GRIDS[precision].odds.astype(np.float64)
        knots = transform_normal(normal_knots(precision).copy())
        slope = np.diff(knots) / np.diff(odds)
        return cls(precision, (knots[:-1] - slope * odds[:-1]).astype(precision), slope.astype(precision))

    def __call__(self, u: NDArray[FloatT]) -> NDArray[FloatT]:
        """Quantiles of `u` (values,) of the table's precision, within 5e-6 sd where the function is linear."""
        cells = _CELL_GRIDS[self.precision]
        odds: NDArray[FloatT] = np.subtract(1, u)
        np.divide(u, odds, out=odds)
        cell = (odds.view(cells.int_type) >> cells.shift).astype(np.intp, copy=False)
        cell -= cells.first
        odds *= np.take(self.slope, cell, mode="clip")
        odds += np.take(self.constant, cell, mode="clip")
        return odds
