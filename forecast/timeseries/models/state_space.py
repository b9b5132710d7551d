"""What a fitted linear state space of statsmodels says of the months ahead, with the covariance between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecast.arrays import Floats
from forecast.timeseries.models.base import ModelFailed, PredictiveNormal, TimeSeries

MAX_YEAR_AHEAD_SD = 1.0
"""Standard deviation of the twelfth month, as a log, beyond which a fit is of no use."""


@dataclass(frozen=True)
class FittedStateSpace:
    """y = Z a + d + X b + e, a' = T a + c + R n; the state after the last month is known with mean and covariance."""

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
    """Mean and covariance of the state before the first month is seen, (states,) and (states, states)."""
    series: TimeSeries

    @property
    def parameters(self) -> Mapping[str, float]:
        """As statsmodels names them."""
        return dict(self.named_parameters)

    def forecast(self, months: int) -> PredictiveNormal:
        """Carry state and covariance month by month; Cov(y_i, y_j) = Z T^(j-i) P_i Z'."""
        mean = np.zeros(months)
        covariance = np.zeros((months, months))
        carried = np.zeros((len(self.state), months))
        state, spread = self.state, self.state_covariance
        for month in range(months):
            mean[month] = self.design @ state
            carried[:, month] = spread @ self.design
            covariance[month, : month + 1] = self.design @ carried[:, : month + 1]
            covariance[month, month] += self.observation_variance
            carried[:, : month + 1] = self.transition @ carried[:, : month + 1]
            state = self.transition @ state + self.intercept
            spread = self.transition @ spread @ self.transition.T + self.state_noise
        covariance += np.tril(covariance, -1).T
        return PredictiveNormal(mean + self.series.holiday_effect_ahead(self.holiday_coefficients, months), covariance)

    def with_series(self, past: TimeSeries) -> FittedStateSpace:
        """The Kalman filter with the same parameters over another past (Durbin and Koopman 2012, section 4.3)."""
        state, spread = self.initial_state
        for value in past.observed - past.holiday_effect(self.holiday_coefficients):
            if not np.isnan(value):
                carried = spread @ self.design
                gain = carried / (self.design @ carried + self.observation_variance)
                state = state + gain * (value - self.design @ state)
                spread = spread - np.outer(gain, carried)
            state = self.transition @ state + self.intercept
            spread = self.transition @ spread @ self.transition.T + self.state_noise
        return replace(self, state=state, state_covariance=spread, series=past)


def estimable_regression(past: TimeSeries) -> tuple[Floats, Floats | None]:
    """The months that are seen without the effects that are held at their prior, and the columns to learn, if any."""
    held = past.regressors[:, past.n_estimable :] @ past.holiday_prior[past.n_estimable :]
    return past.observed - held, past.regressors[:, : past.n_estimable] if past.n_estimable else None


def extract_state_space(fitted: Any, past: TimeSeries, prefix: str) -> FittedStateSpace:
    """Take what is needed out of a statsmodels result; the festival's coefficients are named `prefix`1, 2, ..., and
    those that were not fitted are the prior's.

    ModelFailed when the fit is not finite or knows nothing of the year ahead.
    """
    filtered = fitted.filter_results  # its covariances hold the scale, those of the model may not
    selection, shocks = _last_month(filtered.selection), _last_month(filtered.state_cov)
    named = tuple(zip(fitted.model.param_names, map(float, fitted.params), strict=True))
    numbers = dict(named)
    learned = sum(name.removeprefix(prefix).isdigit() for name in numbers if name.startswith(prefix))
    taught = [numbers[f"{prefix}{column + 1}"] for column in range(learned)]
    found = FittedStateSpace(
        named_parameters=named,
        design=_last_month(filtered.design)[0],
        transition=_last_month(filtered.transition),
        intercept=_last_month(filtered.state_intercept),
        state_noise=selection @ shocks @ selection.T,
        observation_variance=float(_last_month(filtered.obs_cov)[0, 0]),
        state=_last_month(filtered.predicted_state),
        state_covariance=_last_month(filtered.predicted_state_cov),
        holiday_coefficients=np.concatenate([taught, past.holiday_prior[learned:]]),
        initial_state=(np.array(filtered.initial_state, float), np.array(filtered.initial_state_cov, float)),
        series=past,
    )
    year = found.forecast(12)
    if not np.all(np.isfinite(year.mean)) or not np.all(np.isfinite(year.covariance)):
        raise ModelFailed("model_failed")
    usual = max(1.0, float(np.ptp(past.values)))
    if np.sqrt(year.covariance[11, 11]) > MAX_YEAR_AHEAD_SD * usual:
        raise ModelFailed("model_says_nothing")
    return found


def _last_month(array: Any) -> Floats:
    """A matrix of the filter at the last month."""
    return np.array(array[..., -1], float)
