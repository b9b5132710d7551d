"""Seasonal ARIMA with the holiday as a regressor, the best of a small grid of orders by AICc (SARIMAX)."""

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
"""Steps of the likelihood search of each order; more moved forecasts by less than the models differ."""
BURN_IN_MONTHS = SEASON_MONTHS + 1
"""First months that do not count in the likelihood, so that all orders are compared on the same months."""
SarimaxOrder = tuple[tuple[int, int, int], tuple[int, int, int, int], str | None]


class SarimaxModel(Model):
    """Seasonal ARIMA; masked months are missing to it, so that no effect of a shock reaches it."""

    def fit(self, series: TimeSeries) -> FittedStateSpace:
        """The order with the least AICc; ModelFailed under two years of unmasked months."""
        if (~series.masked).sum() < 2 * SEASON_MONTHS:
            raise ModelFailed("model_needs_two_years")
        orders = CANDIDATE_ORDERS if series.calendar.count >= LONG_HISTORY_MONTHS else CANDIDATE_ORDERS[:2]
        # without masked months the orders are searched on differences taken beforehand, which halves the states (their
        # likelihood is the same but for the start), and only the best is filtered in full, with its parameters
        differenced = not series.masked.any()
        tried = [_fit_order(series, order, differenced=differenced) for order in orders]
        best = min(range(len(orders)), key=lambda number: _aicc(tried[number], series))
        fitted = tried[best]
        if differenced:
            fitted = _build_model(series, orders[best]).smooth(fitted.params, cov_type="none")
        return extract_state_space(fitted, series, "x")


def _fit_order(series: TimeSeries, order: SarimaxOrder, *, differenced: bool) -> Any:
    """The statsmodels result of one order."""
    return _build_model(series, order, differenced=differenced).fit(disp=0, maxiter=MAX_ITERATIONS, cov_type="none")


def _build_model(series: TimeSeries, order: SarimaxOrder, *, differenced: bool = False) -> Any:
    """The statsmodels model of one order, with `differenced` on differences taken beforehand."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    regular, seasonal, trend = order
    values, exog = estimable_regression(series)
    model = SARIMAX(
        values,
        exog=exog,
        order=regular,
        seasonal_order=seasonal,
        trend=trend,
        concentrate_scale=True,
        simple_differencing=differenced,
    )
    n_differenced = regular[1] + SEASON_MONTHS * seasonal[1] if differenced else 0
    model.ssm.loglikelihood_burn = BURN_IN_MONTHS - n_differenced
    return model


def _aicc(fitted: Any, series: TimeSeries) -> float:
    """AIC of a statsmodels result, corrected for short series; infinite where there are too few months."""
    n_observed = int((~series.masked[BURN_IN_MONTHS:]).sum())
    n_parameters = len(fitted.params) + 1  # and the variance
    if n_observed - n_parameters < 2 or not np.isfinite(fitted.llf):
        return np.inf
    return float(-2 * fitted.llf + 2 * n_parameters * n_observed / (n_observed - n_parameters - 1))
