"""Draws of yearly changes: one random number a year, each pair of years equally correlated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from forecast.stats.cholesky import cholesky

__all__ = ["YearlyDraws"]


@dataclass(frozen=True)
class YearlyDraws:
    """Years in which the growth of a service, a price or a cost is drawn, and how two of them are correlated."""

    first_years: Mapping[str, int]
    """By name of the draw, the calendar year that has the random number of the name itself."""
    correlation: float
    """Correlation of the normal scores of any two years, 0 to 1."""


@lru_cache(maxsize=512)
def year_loadings(years_after_first: int, correlation: float) -> tuple[float, ...]:
    """Weights in the normal score of a year of the independent normals of the years up to it.

    A row of the Cholesky factor of the matrix with 1 on the diagonal and `correlation` elsewhere: a longer horizon
    keeps the rows of a shorter one, and the first year is its own normal.
    """
    count = years_after_first + 1
    matrix = np.full((count, count), correlation) + (1 - correlation) * np.eye(count)
    return tuple(cholesky(matrix)[-1].tolist())
