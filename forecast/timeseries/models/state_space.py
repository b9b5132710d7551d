"""Forecasts of a fitted linear state space of statsmodels, with the covariance between the months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import ModelFailed, PredictiveNormal, TimeSeries

MAX_YEAR_AHEAD_SD = 1.0
"""Standard deviation of the twelfth month, in logs or ranges of the series, beyond which a fit is of no use."""


@dataclass(frozen=True)
class FittedStateSpace:
    """y = Z a + d + X b + e, a' = T a + c + R n; the state after the last month has a mean and a covariance."""

    named_parameters: tuple[tuple[str, float], ...]
    design: Floats
    """Z, (states,)."""
    transition: Floats
    """T, (states, states)."""
    intercept: Floats
    """c, (states,)."""
    state_noise: Floats
    """R Q R', (states, states)."""
    observation_variance: float
    """Variance of e."""
    state: Floats
    """Mean of the state of the first month ahead, (states,)."""
    state_covariance: Floats
    """Its covariance, (states, states)."""
    holiday_coefficients: Floats
    """b, (columns,)."""
    initial_state: tuple[Floats, Floats]
    """Mean and covariance of the state before the first month, (states,) and (states, states)."""
    series: TimeSeries

    @property
    def parameters(self) -> Mapping[str, float]:
        """Parameters as statsmodels names them."""
        return dict(self.named_parameters)

    def forecast(self, months: int) -> PredictiveNormal:
        """State and covariance carried month by month; Cov(y_i, y_j) = Z T^(j-i) P_i Z'."""
        mean = np.zeros(months)
        covariance = np.zeros((months, months))
        carried = np.zeros((len(self.state), months))
        state, state_covariance = self.state, self.state_covariance
        for month in range(months):
            mean[month] = self.design @ state
            carried[:, month] = state_covariance @ self.design
            covariance[month, : month + 1] = self.design @ carried[:, : month + 1]
            covariance[month, month] += self.observation_variance
            carried[:, : month + 1] = self.transition @ carried[:, : month + 1]
            state, state_covariance = self._next_state(state, state_covariance)
        covariance += np.tril(covariance, -1).T
        return PredictiveNormal(mean + self.series.holiday_effect_ahead(self.holiday_coefficients, months), covariance)

    def with_series(self, series: TimeSeries) -> FittedStateSpace:
        """The Kalman filter with the same parameters over another series (Durbin and Koopman 2012, section 4.3)."""
        state, state_covariance = self.initial_state
        for value in series.observed - series.holiday_effect(self.holiday_coefficients):
            if not np.isnan(value):
                carried = state_covariance @ self.design
                gain = carried / (self.design @ carried + self.observation_variance)
                state = state + gain * (value - self.design @ state)
                state_covariance = state_covariance - np.outer(gain, carried)
            state, state_covariance = self._next_state(state, state_covariance)
        return replace(self, state=state, state_covariance=state_covariance, series=series)

    def _next_state(self, state: Floats, covariance: Floats) -> tuple[Floats, Floats]:
        """Mean and covariance of the state one month on."""
        state = self.transition @ state + self.intercept
        return state, self.transition @ covariance @ self.transition.T + self.state_noise


def estimable_regression(series: TimeSeries) -> tuple[Floats, Floats | None]:
    """Observed months less the effects kept at their prior, and the columns to estimate, if any."""
    fixed = series.regressors[:, series.n_estimable :] @ series.holiday_prior[series.n_estimable :]
    return series.observed - fixed, series.regressors[:, : series.n_estimable] if series.n_estimable else None


def extract_state_space(fitted: Any, series: TimeSeries, prefix: str) -> FittedStateSpace:
    """The state space of a statsmodels result with holiday coefficients `prefix`1, 2, ...; ModelFailed if of no use."""
    filtered = fitted.filter_results  # its covariances hold the scale, those of the model may not
    selection, shocks = _last_month(filtered.selection), _last_month(filtered.state_cov)
    named = tuple(zip(fitted.model.param_names, map(float, fitted.params), strict=True))
    by_name = dict(named)
    n_estimated = sum(name.removeprefix(prefix).isdigit() for name in by_name if name.startswith(prefix))
    estimated = [by_name[f"{prefix}{column + 1}"] for column in range(n_estimated)]
    state_space = FittedStateSpace(
        named_parameters=named,
        design=_last_month(filtered.design)[0],
        transition=_last_month(filtered.transition),
        intercept=_last_month(filtered.state_intercept),
        state_noise=selection @ shocks @ selection.T,
        observation_variance=float(_last_month(filtered.obs_cov)[0, 0]),
        state=_last_month(filtered.predicted_state),
        state_covariance=_last_month(filtered.predicted_state_cov),
        holiday_coefficients=np.concatenate([estimated, series.holiday_prior[n_estimated:]]),
        initial_state=(np.array(filtered.initial_state, float), np.array(filtered.initial_state_cov, float)),
        series=series,
    )
    _check_usable(state_space)
    return state_space


def _check_usable(state_space: FittedStateSpace) -> None:
    """Raise ModelFailed where the forecast of a year is not finite or too wide to be of use."""
    year = state_space.forecast(SEASON_MONTHS)
    if not np.all(np.isfinite(year.mean)) or not np.all(np.isfinite(year.covariance)):
        raise ModelFailed("model_failed")
    scale = max(1.0, float(np.ptp(state_space.series.values)))
    if np.sqrt(year.covariance[-1, -1]) > MAX_YEAR_AHEAD_SD * scale:
        raise ModelFailed("model_says_nothing")


def _last_month(array: Any) -> Floats:
    """The matrix of the filter at the last month."""
    return np.array(array[..., -1], float)
