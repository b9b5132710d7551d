"""Shares of a variance that an input carries, from draws of the input and the outcome alone (given data)."""

from __future__ import annotations

import math

import numpy as np

from forecast.arrays import Floats, Ints
from forecast.stats.intervals import Z975, Estimate

__all__ = ["first_order_share", "regression_share", "tail_weights"]

PATHS_PER_BIN = 512
MIN_BINS, MAX_BINS = 8, 64


def first_order_share(values: Floats, outcome: Floats, ranks: Floats | None = None) -> Estimate:
    """Estimate the share of the variance that is explained by an input alone: Var(E[Y|X]) / Var(Y).

    Parameters
    ----------
    values : ndarray
        (paths,) draws of the input X, continuous or with ties, such as counts.
    outcome : ndarray
        (paths,) the outcome Y.
    ranks : ndarray, optional
        (paths,) uniform numbers above 0 and below 1 in the order of the values, where they are at hand; else the values
        are sorted.

    Returns
    -------
    Estimate
        Of the share, with the 95% interval of its simulation error; 0 where nothing varies. The mean of Y is a straight
        line in each bin of X, and the noise that these lines fit is taken out, so that the share may lie a little below
        0. Equal values share a bin.

    References
    ----------
    McKay (1995), Evaluating prediction uncertainty (correlation ratio). Da Veiga and Gamboa (2013), Efficient
    estimation of sensitivity indices, Journal of Nonparametric Statistics 25 (variance of the estimate).
    """
    paths = len(outcome)
    deviation = outcome - outcome.mean()
    if not np.square(deviation).mean() > 0:
        return Estimate(0.0, 0.0, 0.0)
    count = min(MAX_BINS, max(MIN_BINS, paths // PATHS_PER_BIN))
    bin_of = _equal_bins(values, count) if ranks is None else (ranks * count).astype(int)
    counts = np.maximum(np.bincount(bin_of), 1)
    means = np.bincount(bin_of, deviation) / counts
    from_middle = values - (np.bincount(bin_of, values) / counts)[bin_of]
    spread = np.bincount(bin_of, np.square(from_middle))
    has_slope = (spread > 0) & (counts > 2)
    slopes = np.bincount(bin_of, from_middle * deviation) / np.where(has_slope, spread, 1.0) * has_slope
    fitted = means[bin_of] + slopes[bin_of] * from_middle
    errors = np.bincount(bin_of, np.square(deviation - fitted))
    in_bin = errors / np.maximum(counts - 1 - has_slope, 1)  # variance around the line
    noise = (1 - counts / paths + has_slope) * in_bin / paths
    return _with_interval(float(noise.sum()), fitted, deviation, 2 * float((in_bin * noise).sum()) / paths)


def _equal_bins(values: Floats, count: int) -> Ints:
    """(paths,) number of the bin of each draw: about as many draws in each, equal values in one."""
    ranks = np.arange(1, count) * len(values) // count
    edges = np.unique(np.partition(values, ranks)[ranks])
    return np.searchsorted(edges, values, side="left")


def regression_share(fitted: Floats, outcome: Floats, parameters: int) -> Estimate:
    """Estimate the share of the variance that a least-squares fit explains, free of the bias of its parameters.

    Parameters
    ----------
    fitted : ndarray
        (paths,) fitted values.
    outcome : ndarray
        (paths,) the outcome.
    parameters : int
        Coefficients of the fit beside the constant.

    Returns
    -------
    Estimate
        Of the share, with the 95% interval of its simulation error.
    """
    paths = len(outcome)
    deviation = outcome - outcome.mean()
    if not np.square(deviation).mean() > 0:
        return Estimate(0.0, 0.0, 0.0)
    centred = fitted - fitted.mean()
    residual = float(np.square(deviation - centred).mean()) * paths / max(1, paths - parameters - 1)
    return _with_interval(residual * parameters / paths, centred, deviation, 2 * parameters * (residual / paths) ** 2)


def _with_interval(noise: float, fitted: Floats, deviation: Floats, of_noise: float) -> Estimate:
    """Share of a fit less its noise, with the interval of its influence function; `of_noise` is its variance by noise.

    The influence of noisy fitted values has that variance twice.
    """
    variance = float(np.square(deviation).mean())
    share: float = (float(np.square(fitted).mean()) - noise) / variance
    influence = fitted * (2 * deviation - fitted) - share * np.square(deviation)
    total = max(of_noise, float(influence.var()) / len(deviation) - of_noise)
    half = Z975 * math.sqrt(total) / variance
    return Estimate(share, share - half, share + half)


def tail_weights(values: Floats, share: float) -> tuple[Floats, Floats]:
    """Weigh draws so that the lowest, and the highest, make a given share of all; equal values have one weight.

    Parameters
    ----------
    values : ndarray
        (paths,) draws, continuous or with ties.
    share : float
        Of the paths at each end.

    Returns
    -------
    tuple of ndarray
        (paths,) weights 0 to 1 of the low end and of the high end; each sums to the share of the paths.
    """
    return _low_weights(values, share), _low_weights(-values, share)


def _low_weights(values: Floats, share: float) -> Floats:
    wanted = share * len(values)
    edge = np.partition(values, min(len(values) - 1, int(wanted)))[min(len(values) - 1, int(wanted))]
    below, ties = values < edge, values == edge
    weights: Floats = below + ties * ((wanted - np.count_nonzero(below)) / np.count_nonzero(ties))
    return weights
