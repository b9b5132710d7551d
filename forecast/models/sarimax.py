"""Seasonal ARIMA with the festival as a regressor, the best of a small grid by AICc (SARIMAX)."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.models.model import LONG, SEASON, Model, ModelFailed, Past
from forecast.models.state_space import FittedStateSpace, fitted_state_space

GRID = (
    ((1, 0, 0), (0, 1, 1, SEASON), "c"),
    ((0, 1, 1), (0, 1, 1, SEASON), None),
    ((1, 0, 1), (0, 1, 1, SEASON), "c"),
)
"""Orders and trend; a short history tries the first two."""
STEPS_TO_BEST = 30
"""Of the search for the likeliest numbers; more of them moved forecasts by less than the models differ."""
BURN = SEASON + 1
"""First months that no order is judged by, so that all are judged by the same."""


class Sarimax(Model):
    """Masked months are missing to it, so that nothing of a shock reaches it."""

    def fit(self, past: Past) -> FittedStateSpace:
        """Maximum likelihood of each order; ModelFailed under two years of seen months."""
        if (~past.masked).sum() < 2 * SEASON:
            raise ModelFailed("model_needs_two_years")
        tried = [_fit(past, *orders) for orders in (GRID if past.calendar.count >= LONG else GRID[:2])]
        return fitted_state_space(min(tried, key=lambda fitted: _aicc(fitted, past)), past, "x")


def _fit(past: Past, order: tuple[int, int, int], seasonal: tuple[int, int, int, int], trend: str | None) -> Any:
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    exog = past.regressors if past.regressors.shape[1] else None
    model = SARIMAX(past.seen, exog=exog, order=order, seasonal_order=seasonal, trend=trend, concentrate_scale=True)
    model.ssm.loglikelihood_burn = BURN
    return model.fit(disp=0, maxiter=STEPS_TO_BEST, cov_type="none")


def _aicc(fitted: Any, past: Past) -> float:
    count = int((~past.masked[BURN:]).sum())
    numbers = len(fitted.params) + 1  # and the variance
    if count - numbers < 2 or not np.isfinite(fitted.llf):
        return np.inf
    return float(-2 * fitted.llf + 2 * numbers * count / (count - numbers - 1))
