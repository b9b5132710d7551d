"""Seasonal ARIMA with the festival as a regressor, the best of a small grid by AICc (SARIMAX)."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import LONG_HISTORY_MONTHS, Model, ModelFailed, TimeSeries
from forecast.timeseries.models.state_space import FittedStateSpace, estimable_regression, extract_state_space

CANDIDATE_ORDERS = (
    ((1, 0, 0), (0, 1, 1, SEASON_MONTHS), "c"),
    ((0, 1, 1), (0, 1, 1, SEASON_MONTHS), None),
    ((1, 0, 1), (0, 1, 1, SEASON_MONTHS), "c"),
)
"""Orders and trend; a short history tries the first two."""
MAX_ITERATIONS = 30
"""Steps of the search for the likeliest numbers of each order; more moved forecasts by less than the models differ."""
BURN_IN_MONTHS = SEASON_MONTHS + 1
"""First months that no order is judged by, so that all are judged by the same."""
SarimaxOrder = tuple[tuple[int, int, int], tuple[int, int, int, int], str | None]


class SarimaxModel(Model):
    """Masked months are missing to it, so that nothing of a shock reaches it."""

    def fit(self, past: TimeSeries) -> FittedStateSpace:
        """Maximum likelihood of each order; ModelFailed under two years of seen months.

        Without masked months the orders are searched on differences taken beforehand, which halves the states (their
        likelihood is the same but for the start), and only the best is filtered whole, with its numbers.
        """
        if (~past.masked).sum() < 2 * SEASON_MONTHS:
            raise ModelFailed("model_needs_two_years")
        orders = CANDIDATE_ORDERS if past.calendar.count >= LONG_HISTORY_MONTHS else CANDIDATE_ORDERS[:2]
        differenced = not past.masked.any()
        tried = [_fit_order(past, order, differenced=differenced) for order in orders]
        best = min(range(len(orders)), key=lambda place: _aicc(tried[place], past))
        found = tried[best]
        if differenced:
            found = _build_model(past, orders[best]).smooth(found.params, cov_type="none")
        return extract_state_space(found, past, "x")


def _fit_order(past: TimeSeries, order: SarimaxOrder, *, differenced: bool) -> Any:
    return _build_model(past, order, differenced=differenced).fit(disp=0, maxiter=MAX_ITERATIONS, cov_type="none")


def _build_model(past: TimeSeries, order: SarimaxOrder, *, differenced: bool = False) -> Any:
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    plain, seasonal, trend = order
    series, exog = estimable_regression(past)
    model = SARIMAX(
        series,
        exog=exog,
        order=plain,
        seasonal_order=seasonal,
        trend=trend,
        concentrate_scale=True,
        simple_differencing=differenced,
    )
    lost = plain[1] + SEASON_MONTHS * seasonal[1] if differenced else 0
    model.ssm.loglikelihood_burn = BURN_IN_MONTHS - lost
    return model


def _aicc(fitted: Any, past: TimeSeries) -> float:
    count = int((~past.masked[BURN_IN_MONTHS:]).sum())
    numbers = len(fitted.params) + 1  # and the variance
    if count - numbers < 2 or not np.isfinite(fitted.llf):
        return np.inf
    return float(-2 * fitted.llf + 2 * numbers * count / (count - numbers - 1))
