"""The normal distribution censored at zero, by its mean and its coefficient of variation (Tobin 1958)."""

from __future__ import annotations

from functools import cache

import numpy as np

from forecast.arrays import Floats

__all__ = ["unit_censored_normal"]

MIN_SCORE = -8.0
"""Least mean of the latent normal, in its standard deviations: one value in 10^15 is above zero."""
MIN_MATCHED_SCORE = -1.5
"""Score down to which the spread is exact; 93% of the values are zero there, and the coefficient of variation is 5.1.
Below, an exact spread would make up a small mean from rare values of many times its size [C]."""
MAX_SCORE = 8.0
"""Score from which censoring changes no digit (one value in 10^15 is below zero)."""
KNOTS_PER_SD = 512
"""Knots of the table of scores: the spread is exact within 1e-5, the mean to the last digits."""


def unit_censored_normal(cv: Floats) -> tuple[Floats, Floats]:
    """Solve location and scale so that max(0, location + scale z), z standard normal, has mean 1 and a given spread.

    Parameters
    ----------
    cv : ndarray
        Standard deviations as shares of the mean, 0 or more.

    Returns
    -------
    location, scale : ndarray
        As `cv`. The standard deviation is `cv` up to 5.1 (93% zeros); beyond, `scale` goes on in proportion to `cv`,
        and the standard deviation stays below it.

    References
    ----------
    Tobin (1958), Estimation of relationships for limited dependent variables.
    """
    scores, means, sds = _score_table()
    matched = scores >= MIN_MATCHED_SCORE
    cvs = sds[matched] / means[matched]
    scale_per_cv = 1 / sds[matched][0]
    score = np.interp(-cv, -cvs, scores[matched])  # the larger the score, the smaller the spread
    is_wide, is_narrow = cv > cvs[0], cv < cvs[-1]
    if np.any(is_wide):
        score = np.where(is_wide, np.interp(-np.log(np.maximum(scale_per_cv * cv, 1.0)), np.log(means), scores), score)
    mean, _ = _moments(score)
    return np.where(is_narrow, 1.0, score / mean), np.where(is_narrow, cv, 1 / mean)


@cache
def _score_table() -> tuple[Floats, Floats, Floats]:
    """Scores in ascending order, with mean and standard deviation of max(0, score + z)."""
    scores = np.linspace(MIN_SCORE, MAX_SCORE, round((MAX_SCORE - MIN_SCORE) * KNOTS_PER_SD) + 1)
    return scores, *_moments(scores)


def _moments(score: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of max(0, score + z) with z standard normal."""
    from scipy.special import ndtr

    above, density = ndtr(score), np.exp(-np.square(score) / 2) / np.sqrt(2 * np.pi)
    mean = score * above + density
    square = (np.square(score) + 1) * above + score * density
    return mean, np.sqrt(np.maximum(square - np.square(mean), 0.0))
