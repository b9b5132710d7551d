"""Seasonal ARIMA with the festival as a regressor, the best of a small grid by AICc (SARIMAX)."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.periods import SEASON
from forecast.timeseries.models.base import LONG, Model, ModelFailed, Past
from forecast.timeseries.models.state_space import FittedStateSpace, fitted_state_space, taught_apart

GRID = (
    ((1, 0, 0), (0, 1, 1, SEASON), "c"),
    ((0, 1, 1), (0, 1, 1, SEASON), None),
    ((1, 0, 1), (0, 1, 1, SEASON), "c"),
)
"""Orders and trend; a short history tries the first two."""
SEARCH = 30
"""Steps of the search for the likeliest numbers of each order; more moved forecasts by less than the models differ."""
BURN = SEASON + 1
"""First months that no order is judged by, so that all are judged by the same."""
Order = tuple[tuple[int, int, int], tuple[int, int, int, int], str | None]


class Sarimax(Model):
    """Masked months are missing to it, so that nothing of a shock reaches it."""

    def fit(self, past: Past) -> FittedStateSpace:
        """Maximum likelihood of each order; ModelFailed under two years of seen months.

        Without masked months the orders are searched on differences taken beforehand, which halves the states (their
        likelihood is the same but for the start), and only the best is filtered whole, with its numbers.
        """
        if (~past.masked).sum() < 2 * SEASON:
            raise ModelFailed("model_needs_two_years")
        orders = GRID if past.calendar.count >= LONG else GRID[:2]
        differenced = not past.masked.any()
        tried = [_fit(past, order, differenced=differenced) for order in orders]
        best = min(range(len(orders)), key=lambda place: _aicc(tried[place], past))
        found = tried[best]
        if differenced:
            found = _model(past, orders[best]).smooth(found.params, cov_type="none")
        return fitted_state_space(found, past, "x")


def _fit(past: Past, order: Order, *, differenced: bool) -> Any:
    return _model(past, order, differenced=differenced).fit(disp=0, maxiter=SEARCH, cov_type="none")


def _model(past: Past, order: Order, *, differenced: bool = False) -> Any:
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    plain, seasonal, trend = order
    series, exog = taught_apart(past)
    model = SARIMAX(
        series,
        exog=exog,
        order=plain,
        seasonal_order=seasonal,
        trend=trend,
        concentrate_scale=True,
        simple_differencing=differenced,
    )
    lost = plain[1] + SEASON * seasonal[1] if differenced else 0
    model.ssm.loglikelihood_burn = BURN - lost
    return model


def _aicc(fitted: Any, past: Past) -> float:
    count = int((~past.masked[BURN:]).sum())
    numbers = len(fitted.params) + 1  # and the variance
    if count - numbers < 2 or not np.isfinite(fitted.llf):
        return np.inf
    return float(-2 * fitted.llf + 2 * numbers * count / (count - numbers - 1))
