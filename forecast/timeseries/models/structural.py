"""A structural model: a level that wanders around a straight line, a season, the festival (UnobservedComponents)."""

from __future__ import annotations

from typing import Any

from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import LONG_HISTORY_MONTHS, Model, ModelFailed, TimeSeries
from forecast.timeseries.models.state_space import FittedStateSpace, estimable_regression, extract_state_space


class StructuralModel(Model):
    """Masked months are missing to it, so that nothing of a shock reaches it."""

    def fit(self, past: TimeSeries) -> FittedStateSpace:
        """Maximum likelihood by the Kalman filter; ModelFailed under two years of seen months."""
        if (~past.masked).sum() < 2 * SEASON_MONTHS:
            raise ModelFailed("model_needs_two_years")
        from statsmodels.tsa.statespace.structural import UnobservedComponents

        series, exog = estimable_regression(past)
        model = UnobservedComponents(
            series,
            level="lldtrend",
            seasonal=SEASON_MONTHS,
            stochastic_seasonal=past.calendar.count >= LONG_HISTORY_MONTHS,
            exog=exog,
        )
        fitted: Any = model.fit(disp=0, maxiter=200, cov_type="none")
        return extract_state_space(fitted, past, "beta.x")
