"""Weights of the members, once per panel, from their errors at origins inside its own series.

At each origin the siblings are forecast by every member. The weights that would have had the least absolute errors
there, in those of the seasonal naive, are drawn towards prior weights: the more origins and siblings, the less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import nnls

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.stats.scoring import seasonal_scale
from forecast.timeseries.panel.members import MEMBERS, MemberForecasts
from forecast.timeseries.panel.origins import SiblingOrigin

__all__ = ["learn_weights", "prior_weights"]

MONTHLY_PRIOR_WEIGHTS: Mapping[str, float] = {
    "smoothing": 0.4,
    "standard theta": 0.4 / 3,
    "dynamic theta": 0.4 / 3,
    "weighted theta": 0.4 / 3,
    "airline": 0.2,
}
PRIOR_WEIGHTS: Mapping[str, float] = {
    "smoothing": 0.5,
    "standard theta": 1 / 6,
    "dynamic theta": 1 / 6,
    "weighted theta": 1 / 6,
}
"""Prior weights of months, and of other seasons; 0 for members that are not named [chosen on M1]."""
MONTHLY_PRIOR_ORIGINS, PRIOR_ORIGINS = 1.5, 4.0
"""Origins that the prior weights are worth, of months and of other seasons: one origin moves the weights by .4, and by
.2, of the way [C: on the quarters of M1 every move harms]."""
PRIOR_WEIGHT_SIBLINGS = 20.0
"""Siblings that the prior weights are worth [C]."""
REWEIGHTINGS = 15
"""Least squares, each weighed by the errors of the one before, that approach the least absolute errors."""
MIN_SCALED_ERROR = 0.05
"""Seasonal naive errors below which an error has no larger weight."""
MOMENT_RIDGE_SHARE = 1e-9
"""Share of the trace on the diagonal, for members whose forecasts are equal."""
SUM_WEIGHT = 1e3
"""Weight of the equation that the weights sum to 1, in root mean square errors."""


def prior_weights(season: int) -> Floats:
    """Weights before any evidence.

    Parameters
    ----------
    season : int
        Periods of a season, two or more.

    Returns
    -------
    Floats
        (members,), in the order of `MEMBERS`, summing to 1.
    """
    prior = MONTHLY_PRIOR_WEIGHTS if season >= SEASON_MONTHS else PRIOR_WEIGHTS
    return np.array([prior.get(name, 0.0) for name in MEMBERS])


def learn_weights(season: int, origins: Sequence[SiblingOrigin], forecasts: Sequence[MemberForecasts]) -> Floats:
    """Weights from the errors at origins.

    Parameters
    ----------
    season : int
        Periods of a season, two or more.
    origins : sequence of SiblingOrigin
        Origins, the latest first.
    forecasts : sequence of MemberForecasts
        Those of the members at each origin.

    Returns
    -------
    Floats
        (members,), in the order of `MEMBERS`, summing to 1; the prior weights without any error to learn from.
    """
    prior = prior_weights(season)
    errors = [_scaled_errors(*each) for each in zip(origins, forecasts, strict=True)]
    joined = np.concatenate([np.empty((0, len(prior))), *errors])
    if not len(joined):
        return prior
    siblings = len(origins[0].actual)
    prior_origins = MONTHLY_PRIOR_ORIGINS if season >= SEASON_MONTHS else PRIOR_ORIGINS
    evidence = len(origins) / (len(origins) + prior_origins) * siblings / (siblings + PRIOR_WEIGHT_SIBLINGS)
    return np.asarray(prior + evidence * (least_absolute_weights(joined) - prior))


def _scaled_errors(origin: SiblingOrigin, forecasts: MemberForecasts) -> Floats:
    """(errors, members): errors in those of the seasonal naive, of series that every member forecasts."""
    scale = seasonal_scale(origin.panel.values, origin.panel.season)
    rows = forecasts.is_usable.all(axis=0) & np.isfinite(scale)
    errors = (origin.actual[rows] - forecasts.mean[:, rows]) / scale[rows, None]
    return errors.reshape(len(errors), -1).T


def least_absolute_weights(errors: Floats) -> Floats:
    """(members,): weights, none below 0 and with a sum of 1, of the least mean absolute error, (errors, members)."""
    count = errors.shape[1]
    weights = np.full(count, 1 / count)
    target = np.append(np.zeros(count), SUM_WEIGHT)
    for _ in range(REWEIGHTINGS):
        scaled = errors / np.sqrt(np.maximum(np.abs(errors @ weights), MIN_SCALED_ERROR))[:, None]
        moments = scaled.T @ scaled
        size = np.trace(moments)
        if not size > 0:
            break
        factor = np.linalg.cholesky(moments / size + MOMENT_RIDGE_SHARE * np.eye(count)).T
        weights = nnls(np.vstack([factor, np.full(count, SUM_WEIGHT)]), target)[0]
        weights /= weights.sum()
    return weights
