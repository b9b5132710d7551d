"""A structural model: a level that wanders around a straight line, a season, the festival (UnobservedComponents)."""

from __future__ import annotations

from typing import Any

from forecast.periods import SEASON
from forecast.timeseries.models.base import LONG, Model, ModelFailed, Past
from forecast.timeseries.models.state_space import FittedStateSpace, fitted_state_space, taught_apart


class Structural(Model):
    """Masked months are missing to it, so that nothing of a shock reaches it."""

    def fit(self, past: Past) -> FittedStateSpace:
        """Maximum likelihood by the Kalman filter; ModelFailed under two years of seen months."""
        if (~past.masked).sum() < 2 * SEASON:
            raise ModelFailed("model_needs_two_years")
        from statsmodels.tsa.statespace.structural import UnobservedComponents

        series, exog = taught_apart(past)
        model = UnobservedComponents(
            series,
            level="lldtrend",
            seasonal=SEASON,
            stochastic_seasonal=past.calendar.count >= LONG,
            exog=exog,
        )
        fitted: Any = model.fit(disp=0, maxiter=200, cov_type="none")
        return fitted_state_space(fitted, past, "beta.x")
