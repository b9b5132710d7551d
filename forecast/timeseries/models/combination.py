"""Combination of forecasts by weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecast.timeseries.models.base import PredictiveNormal

__all__ = ["combine"]


def combine(forecasts: Mapping[str, PredictiveNormal], weights: Mapping[str, float]) -> PredictiveNormal:
    """Compute the first two moments of the weighted mixture of forecasts (law of total covariance).

    Parameters
    ----------
    forecasts : mapping of str to PredictiveNormal
        By model; mean (months,), covariance (months, months).
    weights : mapping of str to float
        By model, summing to 1.

    Returns
    -------
    PredictiveNormal
        Mean and covariance of the mixture; where the models disagree, the covariance is wider.

    References
    ----------
    Bates and Granger (1969), The combination of forecasts.
    """
    names = sorted(forecasts)  # a fixed order of sums: the same bits everywhere
    first = forecasts[names[0]]
    mean = np.zeros_like(first.mean)
    for name in names:
        mean = mean + weights[name] * forecasts[name].mean
    covariance = np.zeros_like(first.covariance)
    for name in names:
        deviation = forecasts[name].mean - mean
        covariance = covariance + weights[name] * (forecasts[name].covariance + np.outer(deviation, deviation))
    return PredictiveNormal(mean, covariance)
