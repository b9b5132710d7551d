"""Theta of one service: the dynamic optimised form (Fiorucci and others 2016), without its season and its festival."""

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
    """The dynamic optimised theta of the months without season and festival."""

    alpha: float
    line_weight: float
    """1 - 1 / theta."""
    initial_level: float
    """The level before the first month."""
    sd: float
    """Of one step."""
    profile: SeasonalProfile
    series: TimeSeries

    @property
    def parameters(self) -> Mapping[str, float]:
        """Smoothing, 1 - 1 / theta, level before the first month, sd of one step."""
        return {"alpha": self.alpha, "share": self.line_weight, "first": self.initial_level, "sd": self.sd}

    def forecast(self, months: int) -> PredictiveNormal:
        """What a shock leaves behind stays; the season is known by as many years as there are."""
        alpha, share = np.array([self.alpha]), np.array([self.line_weight])
        state = theta_state(_adjusted_lines(self.series, self.profile), alpha, np.array([self.initial_level]))
        season = self.profile.season[(self.series.calendar.last + 1 + np.arange(months)) % SEASON_MONTHS]
        mean = theta_means(state, alpha, share, months)[0] + season
        covariance = forecast_covariance(theta_responses(alpha, share, state.lengths, months)[0], self.sd)
        covariance = covariance + season_covariance(self.sd, self.series.calendar.count, months)
        return PredictiveNormal(
            mean + self.series.holiday_effect_ahead(self.profile.holiday_coefficients, months), covariance
        )

    def with_series(self, past: TimeSeries) -> FittedTheta:
        """The same parameters over another past; its season and festival are found anew, in closed form."""
        return replace(self, profile=fit_seasonal_profile(past), series=past)


class DynamicThetaModel(Model):
    """The dynamic optimised theta of one service, by the batched core."""

    def fit(self, past: TimeSeries) -> FittedTheta:
        """Take season and festival out by least squares, then fit; ModelFailed under two years."""
        if past.calendar.count < 2 * SEASON_MONTHS:
            raise ModelFailed("model_needs_two_years")
        profile = fit_seasonal_profile(past)
        lines = _adjusted_lines(past, profile)
        solved = search_theta(lines, "dynamic")
        sd = float(step_sd(lines, solved, "dynamic")[0])
        if not np.isfinite(sd):
            raise ModelFailed("model_failed")
        return FittedTheta(
            float(solved.alpha[0]), float(solved.line_weight[0]), float(solved.initial_level[0]), sd, profile, past
        )


def _adjusted_lines(past: TimeSeries, profile: SeasonalProfile) -> TrendLines:
    """The months without season and festival; the errors of those that are masked do not count."""
    season = profile.season[np.array(past.calendar.months) % SEASON_MONTHS]
    calm = past.values - season - past.holiday_effect(profile.holiday_coefficients)
    return fit_trend_lines(calm[None, :], past.masked[None, :])
