"""Exponential smoothing with additive errors, several forms weighed by AICc (statsmodels ETSModel)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.chance import Floats
from forecast.models.mixture import mixture, weights_by_aicc
from forecast.models.model import LONG, SEASON, Model, ModelFailed, Outlook, Past, toeplitz_root
from forecast.models.profile import profile_of

FORMS = {"ANA": (None, False), "AAdA": ("add", True), "AAA": ("add", False)}
"""Form -> trend, whether it is damped; the last only for a long history."""


@dataclass(frozen=True)
class Form:
    """One form, fitted: the class 1 state space of Hyndman and others (2008)."""

    alpha: float
    beta: float
    gamma: float
    phi: float
    level: float
    slope: float
    season: Floats
    """(12,): the next twelve months."""
    sd: float
    aicc: float

    def outlook(self, months: int) -> Outlook:
        """Mean and covariance in closed form: c_j = alpha + beta (phi + ... + phi^j) + gamma [12 divides j]."""
        steps = np.arange(1, months + 1)
        damped = np.cumsum(self.phi**steps)
        mean = self.level + self.slope * damped + self.season[(steps - 1) % SEASON]
        responses = np.ones(months)
        responses[1:] = self.alpha + self.beta * damped[:-1] + self.gamma * (steps[:-1] % SEASON == 0)
        root = toeplitz_root(responses, self.sd)
        return Outlook(mean, root @ root.T)


@dataclass(frozen=True)
class FittedEts:
    """The forms and their weights."""

    forms: Mapping[str, Form]
    weights: Mapping[str, float]
    festival: Floats
    past: Past

    @property
    def parameters(self) -> Mapping[str, float]:
        """Weight and smoothing of each form."""
        found = {}
        for name, form in self.forms.items():
            found[f"{name}.weight"] = self.weights[name]
            found |= {f"{name}.{key}": float(getattr(form, key)) for key in ("alpha", "beta", "gamma", "phi", "sd")}
        return found

    def forecast(self, months: int) -> Outlook:
        """The mixture of the forms, and the festival."""
        mixed = mixture({name: form.outlook(months) for name, form in self.forms.items()}, self.weights)
        return Outlook(mixed.mean + self.past.regressors_ahead(months) @ self.festival, mixed.covariance)


class Ets(Model):
    """Exponential smoothing of the level, a damped slope and the season."""

    def fit(self, past: Past) -> FittedEts:
        """Fit each form by maximum likelihood; ModelFailed under two years."""
        if past.calendar.count < 2 * SEASON:
            raise ModelFailed("model_needs_two_years")
        festival = profile_of(past).festival
        calm = past.values - past.regressors @ festival
        names = list(FORMS) if past.calendar.count >= LONG else list(FORMS)[:2]
        forms = {name: _fit(calm, past, *FORMS[name]) for name in names}
        return FittedEts(forms, weights_by_aicc({name: form.aicc for name, form in forms.items()}), festival, past)


def _fit(calm: Floats, past: Past, trend: str | None, damped: bool) -> Form:
    import pandas as pd
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    series = pd.Series(calm, index=pd.RangeIndex(len(calm)))
    model = ETSModel(series, error="add", trend=trend, damped_trend=damped, seasonal="add", seasonal_periods=SEASON)
    fitted: Any = model.fit(disp=False, maxiter=300)
    seen = np.asarray(fitted.resid)[~past.masked]
    sd = float(np.sqrt(np.sum(seen**2) / max(len(seen) - 3 - 2 * (trend is not None), 1)))
    if not (np.isfinite(sd) and np.isfinite(fitted.aicc)):
        raise ModelFailed("model_failed")
    return Form(
        alpha=float(fitted.smoothing_level),
        beta=float(fitted.smoothing_trend) if trend else 0.0,
        gamma=float(fitted.smoothing_seasonal),
        phi=float(fitted.damping_trend) if damped else 1.0,
        level=float(np.asarray(fitted.level)[-1]),
        slope=float(np.asarray(fitted.slope)[-1]) if trend else 0.0,
        season=np.asarray(fitted.season)[-SEASON:].astype(float),
        sd=sd,
        aicc=float(fitted.aicc),
    )
