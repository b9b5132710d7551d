"""Calibration of the combination's intervals by its errors at rolling origins.

Each month's standard deviation is multiplied by a factor of its step ahead, pooled over the services of a plan and
drawn strongly towards a prior, for a few services and two years of overlapping origins know little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.timeseries.ensemble.sum_scores import SumScore

__all__ = ["OriginCheck"]

PRIOR_ERROR_COUNT = 60.0
"""Independent errors that the prior factor is worth."""
PRIOR_SD_FACTOR = 0.85
"""Prior factor: a mixture is wider than its members, whose errors are alike. Both numbers were tuned on 45 monthly
series of M1: the 80% and 95% intervals of the year after them held 85% and 95%, against 89% and 97%."""
COMMON_LEVEL_SHARE = 0.15
"""Share of a month's variance that all months ahead have in common, beside what the models say."""
MAX_ERROR_SDS = 3.0
"""Standard deviations at which an error is cut, so that no single month sets a factor."""
NEIGHBOUR_MONTHS = 1
"""Neighbouring steps ahead that are pooled."""


@dataclass(frozen=True)
class StandardisedErrors:
    """Actual less forecast, in standard deviations of the forecast."""

    first_months: NDArray[np.int_]
    """(origins,): the first month ahead of each origin."""
    values: Floats
    """(origins, months ahead); NaN where there is no actual, or it is masked."""

    def without_overlap(self, start: int, ahead: int) -> StandardisedErrors:
        """The origins whose `ahead` months share none with those from the month `start`."""
        disjoint = np.abs(self.first_months - start) >= ahead
        return StandardisedErrors(self.first_months[disjoint], self.values[disjoint])


@dataclass(frozen=True)
class OriginCheck:
    """Calibrated forecast of the combination at one origin, and the actual, on the scale of the series."""

    first_month: int
    """The first month ahead."""
    mean: tuple[float, ...]
    """(months,)."""
    sd: tuple[float, ...]
    """(months,)."""
    actual: tuple[float | None, ...]
    """(months,), None where masked."""
    sums: tuple[SumScore, ...] = ()
    """Scores of its months and of sums of them, in the unit of the history."""


def independent_shares(first_months: NDArray[np.int_], ahead: int) -> Floats:
    """(origins, months ahead): independent errors that each error counts for, from the first months of the origins."""
    # errors h months ahead of origins g months apart, in their order, overlap unless g >= h: each counts for g / h
    gaps = np.diff(first_months, append=first_months[-1:] + 1)
    return np.minimum(1.0, gaps[:, None] / np.arange(1, ahead + 1))


def sd_factors(errors: Sequence[StandardisedErrors]) -> Floats:
    """(months ahead,): factor of the standard deviation, the root of the mean square of errors and prior."""
    ahead = errors[0].values.shape[1]
    squares, weights = np.zeros(ahead), np.zeros(ahead)
    for each in errors:
        shares = np.where(np.isnan(each.values), 0.0, independent_shares(each.first_months, ahead))
        squares += np.sum(shares * np.nan_to_num(np.minimum(np.abs(each.values), MAX_ERROR_SDS)) ** 2, axis=0)
        weights += shares.sum(axis=0)
    pool = np.abs(np.subtract.outer(np.arange(ahead), np.arange(ahead))) <= NEIGHBOUR_MONTHS
    variance = (PRIOR_ERROR_COUNT * PRIOR_SD_FACTOR**2 + pool @ squares) / (PRIOR_ERROR_COUNT + pool @ weights)
    return np.asarray(np.sqrt(variance), float)


def extend(factors: Floats, months: int) -> Floats:
    """(months,): the factors, the last repeated beyond those that were learnt."""
    return factors[np.minimum(np.arange(months), len(factors) - 1)]
