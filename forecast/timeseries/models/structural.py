"""Structural model: a level that wanders around a straight line, a season and the holiday (UnobservedComponents)."""

from __future__ import annotations

from typing import Any

from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import LONG_HISTORY_MONTHS, Model, ModelFailed, TimeSeries
from forecast.timeseries.models.state_space import FittedStateSpace, estimable_regression, extract_state_space

MAX_LIKELIHOOD_STEPS = 200
"""Steps of the search for the maximum of the likelihood."""


class StructuralModel(Model):
    """Unobserved components; masked months are missing to it, so that no effect of a shock reaches it."""

    def fit(self, series: TimeSeries) -> FittedStateSpace:
        """The maximum likelihood by the Kalman filter; ModelFailed under two years of unmasked months."""
        if (~series.masked).sum() < 2 * SEASON_MONTHS:
            raise ModelFailed("model_needs_two_years")
        from statsmodels.tsa.statespace.structural import UnobservedComponents

        values, exog = estimable_regression(series)
        model = UnobservedComponents(
            values,
            level="lldtrend",
            seasonal=SEASON_MONTHS,
            stochastic_seasonal=series.calendar.count >= LONG_HISTORY_MONTHS,
            exog=exog,
        )
        fitted: Any = model.fit(disp=0, maxiter=MAX_LIKELIHOOD_STEPS, cov_type="none")
        return extract_state_space(fitted, series, "beta.x")
