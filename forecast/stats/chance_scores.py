"""Scores of chances: how near the stated chances came to what happened, and whether they mean what they say."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from forecast.arrays import Floats
from forecast.stats.intervals import Estimate, binomial_interval

__all__ = ["MIN_OUTCOMES_FOR_CHANCES", "ReliabilityBin", "brier_score", "outcome_weights", "reliability_bins"]

MIN_OUTCOMES_FOR_CHANCES = 20
"""Independent outcomes from which chances can be judged."""
RELIABILITY_BIN_COUNT = 5
"""Equal bins of the stated chance."""


@dataclass(frozen=True)
class ReliabilityBin:
    """Chances of similar size, and how often what they speak of happened."""

    low: float
    """Lowest chance of the bin, 0 to 1."""
    high: float
    outcomes: float
    """Outcomes; one that was forecast several times counts in parts."""
    mean_chance: float
    observed: Estimate
    """Share that happened, and its 95% interval."""


def outcome_weights(outcomes: Sequence[Hashable]) -> Floats:
    """Weigh forecasts so that each outcome counts once, however often it was forecast.

    Parameters
    ----------
    outcomes : sequence of hashable
        The outcome that each forecast is of, (forecasts,).

    Returns
    -------
    Floats
        (forecasts,), 1 / number of forecasts of the same outcome; the sum is the number of outcomes.
    """
    counts: dict[Hashable, int] = {}
    for outcome in outcomes:
        counts[outcome] = counts.get(outcome, 0) + 1
    return np.array([1 / counts[outcome] for outcome in outcomes])


def brier_score(chances: ArrayLike, happened: ArrayLike, weights: ArrayLike) -> float:
    """Mean of (p - o)^2: 0 for chances that are always right, 0.25 for 50% every time.

    Parameters
    ----------
    chances : array_like
        p, 0 to 1, (forecasts,).
    happened : array_like
        o, 1 where it happened, else 0, (forecasts,).
    weights : array_like
        Of the forecasts, (forecasts,), such as `outcome_weights`.

    Returns
    -------
    float
        0 to 1, lower is better.

    References
    ----------
    Brier (1950), Verification of forecasts expressed in terms of probability, halved for two classes.
    """
    squares = (np.asarray(chances, float) - np.asarray(happened, float)) ** 2
    return float(np.average(squares, weights=np.asarray(weights, float)))


def reliability_bins(
    chances: ArrayLike, happened: ArrayLike, weights: ArrayLike, bins: int = RELIABILITY_BIN_COUNT
) -> tuple[ReliabilityBin, ...]:
    """Compare stated chances with how often they came true, bin by bin.

    Parameters
    ----------
    chances, happened, weights : array_like
        As in `brier_score`, (forecasts,).
    bins : int
        Equal bins of the chance.

    Returns
    -------
    tuple of ReliabilityBin
        From the lowest chances, without the bins that no chance lies in.

    Raises
    ------
    ValueError
        The weights sum to less than `MIN_OUTCOMES_FOR_CHANCES`: so few outcomes say nothing about chances.

    References
    ----------
    Broecker and Smith (2007), Increasing the reliability of reliability diagrams.
    """
    p, o, w = (np.asarray(values, float) for values in (chances, happened, weights))
    if w.sum() < MIN_OUTCOMES_FOR_CHANCES - 1e-9:
        raise ValueError(f"{w.sum():g} outcomes are too few for a table of reliability")
    rows = np.minimum((bins * p).astype(int), bins - 1)
    result = []
    for row in range(bins):
        is_here = rows == row
        if not is_here.any():
            continue
        count = float(w[is_here].sum())
        hits = float((w * o)[is_here].sum())
        mean = float(np.average(p[is_here], weights=w[is_here]))
        result.append(ReliabilityBin(row / bins, (row + 1) / bins, count, mean, binomial_interval(hits, count)))
    return tuple(result)
