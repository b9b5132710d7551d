"""Outlooks blended by weights: the first two moments of their mixture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecast.timeseries.models.base import PredictiveNormal


def combine(outlooks: Mapping[str, PredictiveNormal], weights: Mapping[str, float]) -> PredictiveNormal:
    """Mean and covariance of a mixture; where the models disagree, the covariance says so."""
    names = sorted(outlooks)
    first = outlooks[names[0]]
    mean = np.zeros_like(first.mean)
    for name in names:
        mean = mean + weights[name] * outlooks[name].mean
    covariance = np.zeros_like(first.covariance)
    for name in names:
        apart = outlooks[name].mean - mean
        covariance = covariance + weights[name] * (outlooks[name].covariance + np.outer(apart, apart))
    return PredictiveNormal(mean, covariance)
