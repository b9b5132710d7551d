"""Theta: half the slope of a straight line, and simple smoothing of the level (statsmodels ThetaModel)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.chance import Floats
from forecast.models.model import SEASON, Model, ModelFailed, Outlook, Past, toeplitz_root
from forecast.models.profile import Profile, profile_of


@dataclass(frozen=True)
class FittedTheta:
    """Simple smoothing with drift (Hyndman and Billah 2003) of the months without season and festival."""

    level: float
    """After the last month."""
    drift: float
    """A month: half the slope of the straight line."""
    alpha: float
    sd: float
    profile: Profile
    past: Past

    @property
    def parameters(self) -> Mapping[str, float]:
        """Smoothing, drift a month, sd of one step."""
        return {"alpha": self.alpha, "drift": self.drift, "sd": self.sd}

    def forecast(self, months: int) -> Outlook:
        """One step's error stays in the level with weight alpha; the season is known by as many years as there are."""
        steps = np.arange(months)
        first = self.past.calendar.last + 1
        season = self.profile.season[np.arange(first, first + months) % SEASON]
        mean = self.level + self.drift * (steps + _lag(self.alpha, self.past.calendar.count))
        responses = np.full(months, self.alpha)
        responses[0] = 1.0
        root = toeplitz_root(responses, self.sd)
        years = self.past.calendar.count / SEASON
        same_month = np.equal.outer(steps % SEASON, steps % SEASON)
        covariance = root @ root.T + self.sd**2 / years * same_month
        return Outlook(mean + season + self.past.regressors_ahead(months) @ self.profile.festival, covariance)


class Theta(Model):
    """The model that won the M3 competition."""

    def fit(self, past: Past) -> FittedTheta:
        """Take season and festival out by least squares, then fit; ModelFailed under two years."""
        if past.calendar.count < 2 * SEASON:
            raise ModelFailed("model_needs_two_years")
        import pandas as pd
        from statsmodels.tsa.forecasting.theta import ThetaModel

        profile = profile_of(past)
        season = profile.season[np.array(past.calendar.months) % SEASON]
        calm = past.values - season - past.regressors @ profile.festival
        series = pd.Series(calm, index=pd.RangeIndex(len(calm)))
        fitted: Any = ThetaModel(series, period=1, deseasonalize=False).fit()
        alpha, slope = float(fitted.params["alpha"]), float(fitted.params["b0"])
        level, errors = _smooth(calm, alpha, slope / 2)
        seen = errors[1:][~past.masked[1:]]
        sd = float(np.sqrt(np.sum(seen**2) / max(len(seen) - 2, 1)))
        if not np.isfinite(sd):
            raise ModelFailed("model_failed")
        return FittedTheta(level, slope / 2, alpha, sd, profile, past)


def _smooth(values: Floats, alpha: float, drift: float) -> tuple[float, Floats]:
    """Simple smoothing with drift: the last level and the errors of one step, shape (months,)."""
    level = float(values[0])
    errors = np.zeros(len(values))
    for month in range(1, len(values)):
        errors[month] = values[month] - level - drift * _lag(alpha, month)
        level += alpha * (values[month] - level)
    return level, errors


def _lag(alpha: float, months: int) -> float:
    """Months by which smoothing lags a straight line after so many months: (1 - (1 - alpha)^months) / alpha."""
    return (1 - (1 - alpha) ** months) / alpha if alpha > 1e-6 else float(months)
