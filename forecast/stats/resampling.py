"""Systematic resampling: copies of weighted paths, so that paths stay without weights."""

from __future__ import annotations

import numpy as np

from forecast.arrays import Floats, Ints

__all__ = ["effective_draws", "resample_paths"]


def resample_paths(log_weights: Floats) -> Ints:
    """Choose the path that each path becomes, in proportion to weights.

    Parameters
    ----------
    log_weights : ndarray
        (paths,) logarithms of weights that need not sum to 1.

    Returns
    -------
    ndarray
        (paths,) number of a path for each path. A path that is chosen keeps its place; the others take the surplus
        copies in order. Equal weights change none.

    References
    ----------
    Kitagawa (1996), Monte Carlo filter and smoother for non-Gaussian nonlinear state space models; here with an offset
    of 1/2 in place of a random one.
    """
    count = len(log_weights)
    ends = np.cumsum(_shares(log_weights)) * count
    copies = np.diff(np.floor(ends + 0.5), prepend=0.0).astype(np.intp)  # points k + 1/2 below each end
    copies[-1] += count - copies.sum()  # the last bits of the sum
    paths = np.arange(count)
    surplus = np.repeat(paths, np.maximum(copies - 1, 0))
    chosen = paths.copy()
    chosen[copies == 0] = surplus
    return chosen


def effective_draws(log_weights: Floats) -> float:
    """Compute the number of equally weighted paths that tell as much: (Σ w)² / Σ w².

    Parameters
    ----------
    log_weights : ndarray
        (paths,) logarithms of weights.

    Returns
    -------
    float
        1 to the number of paths.

    References
    ----------
    Kong, Liu and Wong (1994), Sequential imputations and Bayesian missing data problems.
    """
    return float(1 / np.sum(np.square(_shares(log_weights))))


def _shares(log_weights: Floats) -> Floats:
    """(paths,) weights of sum 1; equal ones where no path explains anything."""
    highest = log_weights.max()
    if not np.isfinite(highest):
        return np.full(len(log_weights), 1 / len(log_weights))
    weights = np.exp(log_weights - highest)
    return np.asarray(weights / weights.sum())
