"""Theta of one service: the dynamic optimised form (Fiorucci and others 2016), without its season and its holiday."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import Model, ModelFailed, PredictiveNormal, TimeSeries, forecast_covariance
from forecast.timeseries.models.seasonal_profile import SeasonalProfile, fit_seasonal_profile, season_covariance
from forecast.timeseries.panel.theta import (
    TrendLines,
    fit_trend_lines,
    search_theta,
    step_sd,
    theta_means,
    theta_responses,
    theta_state,
)


@dataclass(frozen=True)
class FittedTheta:
    """The dynamic optimised theta of the months without season and holiday."""

    alpha: float
    line_weight: float
    """1 - 1 / theta."""
    initial_level: float
    """Level before the first month."""
    sd: float
    """Standard deviation of the errors of one step."""
    profile: SeasonalProfile
    series: TimeSeries

    @property
    def parameters(self) -> Mapping[str, float]:
        """Alpha, 1 - 1 / theta, level before the first month, sd of one step."""
        return {"alpha": self.alpha, "share": self.line_weight, "first": self.initial_level, "sd": self.sd}

    def forecast(self, months: int) -> PredictiveNormal:
        """The recursion carried on, with the season known by as many years as the series has."""
        alpha, line_weight = np.array([self.alpha]), np.array([self.line_weight])
        state = theta_state(_adjusted_lines(self.series, self.profile), alpha, np.array([self.initial_level]))
        season = self.profile.season[(self.series.calendar.last + 1 + np.arange(months)) % SEASON_MONTHS]
        mean = theta_means(state, alpha, line_weight, months)[0] + season
        covariance = forecast_covariance(theta_responses(alpha, line_weight, state.lengths, months)[0], self.sd)
        covariance = covariance + season_covariance(self.sd, self.series.calendar.count, months)
        holiday = self.series.holiday_effect_ahead(self.profile.holiday_coefficients, months)
        return PredictiveNormal(mean + holiday, covariance)

    def with_series(self, series: TimeSeries) -> FittedTheta:
        """The same parameters over another series, its season and holiday solved again in closed form."""
        return replace(self, profile=fit_seasonal_profile(series), series=series)


class DynamicThetaModel(Model):
    """The dynamic optimised theta of one service, by the panel's recursion."""

    def fit(self, series: TimeSeries) -> FittedTheta:
        """Least squares of the months without season and holiday; ModelFailed under two years."""
        if series.calendar.count < 2 * SEASON_MONTHS:
            raise ModelFailed("model_needs_two_years")
        profile = fit_seasonal_profile(series)
        lines = _adjusted_lines(series, profile)
        solution = search_theta(lines, "dynamic")
        sd = float(step_sd(lines, solution, "dynamic")[0])
        if not np.isfinite(sd):
            raise ModelFailed("model_failed")
        return FittedTheta(
            alpha=float(solution.alpha[0]),
            line_weight=float(solution.line_weight[0]),
            initial_level=float(solution.initial_level[0]),
            sd=sd,
            profile=profile,
            series=series,
        )


def _adjusted_lines(series: TimeSeries, profile: SeasonalProfile) -> TrendLines:
    """Trend lines of the months without season and holiday; the errors of masked months do not count."""
    season = profile.season[np.array(series.calendar.months) % SEASON_MONTHS]
    adjusted = series.values - season - series.holiday_effect(profile.holiday_coefficients)
    return fit_trend_lines(adjusted[None, :], series.masked[None, :])
