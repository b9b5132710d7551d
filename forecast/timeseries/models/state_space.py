"""What a fitted linear state space of statsmodels says of the months ahead, with the covariance between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecast.arrays import Floats
from forecast.timeseries.models.base import ModelFailed, Outlook, Past

WIDEST = 1.0
"""Standard deviation of the twelfth month, as a log, beyond which a fit is of no use."""


@dataclass(frozen=True)
class FittedStateSpace:
    """y = Z a + d + X b + e, a' = T a + c + R n; the state after the last month is known with mean and covariance."""

    named: tuple[tuple[str, float], ...]
    design: Floats
    """Z, (states,)."""
    transition: Floats
    """T, (states, states)."""
    intercept: Floats
    """c, (states,)."""
    state_noise: Floats
    """R Q R', (states, states)."""
    noise: float
    """Variance of e."""
    state: Floats
    """Mean of the state of the first month ahead, (states,)."""
    covariance: Floats
    """Its covariance, (states, states)."""
    festival: Floats
    """b, (columns,)."""
    start: tuple[Floats, Floats]
    """Mean and covariance of the state before the first month is seen, (states,) and (states, states)."""
    past: Past

    @property
    def parameters(self) -> Mapping[str, float]:
        """As statsmodels names them."""
        return dict(self.named)

    def forecast(self, months: int) -> Outlook:
        """Carry state and covariance month by month; Cov(y_i, y_j) = Z T^(j-i) P_i Z'."""
        mean = np.zeros(months)
        covariance = np.zeros((months, months))
        carried = np.zeros((len(self.state), months))
        state, spread = self.state, self.covariance
        for month in range(months):
            mean[month] = self.design @ state
            carried[:, month] = spread @ self.design
            covariance[month, : month + 1] = self.design @ carried[:, : month + 1]
            covariance[month, month] += self.noise
            carried[:, : month + 1] = self.transition @ carried[:, : month + 1]
            state = self.transition @ state + self.intercept
            spread = self.transition @ spread @ self.transition.T + self.state_noise
        covariance += np.tril(covariance, -1).T
        return Outlook(mean + self.past.effect_ahead(self.festival, months), covariance)

    def at(self, past: Past) -> FittedStateSpace:
        """The Kalman filter with the same parameters over another past (Durbin and Koopman 2012, section 4.3)."""
        state, spread = self.start
        for value in past.seen - past.effect(self.festival):
            if not np.isnan(value):
                carried = spread @ self.design
                gain = carried / (self.design @ carried + self.noise)
                state = state + gain * (value - self.design @ state)
                spread = spread - np.outer(gain, carried)
            state = self.transition @ state + self.intercept
            spread = self.transition @ spread @ self.transition.T + self.state_noise
        return replace(self, state=state, covariance=spread, past=past)


def taught_apart(past: Past) -> tuple[Floats, Floats | None]:
    """The months that are seen without the effects that are held at their prior, and the columns to learn, if any."""
    held = past.regressors[:, past.taught :] @ past.prior[past.taught :]
    return past.seen - held, past.regressors[:, : past.taught] if past.taught else None


def fitted_state_space(fitted: Any, past: Past, prefix: str) -> FittedStateSpace:
    """Take what is needed out of a statsmodels result; the festival's coefficients are named `prefix`1, 2, ..., and
    those that were not fitted are the prior's.

    ModelFailed when the fit is not finite or knows nothing of the year ahead.
    """
    filtered = fitted.filter_results  # its covariances hold the scale, those of the model may not
    selection, shocks = _last(filtered.selection), _last(filtered.state_cov)
    named = tuple(zip(fitted.model.param_names, map(float, fitted.params), strict=True))
    numbers = dict(named)
    learned = sum(name.removeprefix(prefix).isdigit() for name in numbers if name.startswith(prefix))
    taught = [numbers[f"{prefix}{column + 1}"] for column in range(learned)]
    found = FittedStateSpace(
        named=named,
        design=_last(filtered.design)[0],
        transition=_last(filtered.transition),
        intercept=_last(filtered.state_intercept),
        state_noise=selection @ shocks @ selection.T,
        noise=float(_last(filtered.obs_cov)[0, 0]),
        state=_last(filtered.predicted_state),
        covariance=_last(filtered.predicted_state_cov),
        festival=np.concatenate([taught, past.prior[learned:]]),
        start=(np.array(filtered.initial_state, float), np.array(filtered.initial_state_cov, float)),
        past=past,
    )
    year = found.forecast(12)
    if not np.all(np.isfinite(year.mean)) or not np.all(np.isfinite(year.covariance)):
        raise ModelFailed("model_failed")
    usual = max(1.0, float(np.ptp(past.values)))
    if np.sqrt(year.covariance[11, 11]) > WIDEST * usual:
        raise ModelFailed("model_says_nothing")
    return found


def _last(array: Any) -> Floats:
    """A matrix of the filter at the last month."""
    return np.array(array[..., -1], float)
