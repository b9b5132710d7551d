"""How much wider or narrower the intervals of a blend must be, learned from what it missed at rolling origins.

Each month's standard deviation is multiplied by a factor of its place ahead, pooled over the services of a plan and
drawn strongly towards the usual one, for a few services and two years of origins that overlap know little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats

PRIOR_ERROR_COUNT = 60.0
"""How many misses that are independent the usual factor is worth."""
PRIOR_SD_FACTOR = 0.85
"""The factor before any miss is seen: a mixture is wider than its members, which err alike. Both numbers were tuned on
45 monthly series of M1: the 80% and 95% intervals of the year after them held 85% and 95%, against 89% and 97%."""
MAX_ERROR_SDS = 3.0
"""Standard deviations at which a miss is cut, so that no single month sets a width."""
NEIGHBOUR_MONTHS = 1
"""Neighbouring places that are read together."""


@dataclass(frozen=True)
class StandardisedErrors:
    """What came less what was said, in standard deviations of what was said."""

    first_months: NDArray[np.int_]
    """(origins,): the first month that was asked of each."""
    values: Floats
    """(origins, months ahead); NaN where nothing came or it was masked."""

    def without_overlap(self, start: int, ahead: int) -> StandardisedErrors:
        """The origins whose `ahead` months have none in common with those from the month `start`."""
        apart = np.abs(self.first_months - start) >= ahead
        return StandardisedErrors(self.first_months[apart], self.values[apart])


@dataclass(frozen=True)
class OriginCheck:
    """One origin: what the blend said, as wide as it is said now, and what came; on the scale of the past."""

    first_month: int
    """The first month ahead."""
    mean: tuple[float, ...]
    """(months,)."""
    sd: tuple[float, ...]
    """(months,)."""
    actual: tuple[float | None, ...]
    """(months,), None where masked."""


def sd_factors(misses: Sequence[StandardisedErrors]) -> Floats:
    """Factor of the standard deviation of each month ahead, (months ahead,).

    The root of the mean of u^2 and of `PRIOR` times the square of the usual factor: misses that lie h months ahead of
    origins one month apart overlap, so n of them count for n / h.
    """
    ahead = misses[0].values.shape[1]
    squares, weights = np.zeros(ahead), np.zeros(ahead)
    for each in misses:
        cut = np.minimum(np.abs(each.values), MAX_ERROR_SDS) ** 2
        counts = np.count_nonzero(~np.isnan(cut), axis=0) / np.arange(1, ahead + 1)
        means = np.nansum(cut, axis=0) / np.maximum(np.count_nonzero(~np.isnan(cut), axis=0), 1)
        squares += counts * means
        weights += counts
    near = np.abs(np.subtract.outer(np.arange(ahead), np.arange(ahead))) <= NEIGHBOUR_MONTHS
    return np.asarray(
        np.sqrt((PRIOR_ERROR_COUNT * PRIOR_SD_FACTOR**2 + near @ squares) / (PRIOR_ERROR_COUNT + near @ weights)), float
    )


def extend(widths: Floats, months: int) -> Floats:
    """Factors of so many months: those beyond the last that was learned are as the last."""
    return widths[np.minimum(np.arange(months), len(widths) - 1)]
