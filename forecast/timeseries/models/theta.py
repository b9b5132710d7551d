"""Theta of one service: the dynamic optimised form (Fiorucci and others 2016), without its season and its festival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from forecast.periods import SEASON
from forecast.timeseries.models.base import Model, ModelFailed, Outlook, Past, covariance_of
from forecast.timeseries.models.seasonal_profile import Profile, profile_of, season_covariance
from forecast.timeseries.panel.theta_recursion import Lines, lines_of, means_ahead, responses_ahead, state_of
from forecast.timeseries.panel.theta_search import sd_of, search


@dataclass(frozen=True)
class FittedTheta:
    """The dynamic optimised theta of the months without season and festival."""

    alpha: float
    share: float
    """1 - 1 / theta."""
    first: float
    """The level before the first month."""
    sd: float
    """Of one step."""
    profile: Profile
    past: Past

    @property
    def parameters(self) -> Mapping[str, float]:
        """Smoothing, 1 - 1 / theta, level before the first month, sd of one step."""
        return {"alpha": self.alpha, "share": self.share, "first": self.first, "sd": self.sd}

    def forecast(self, months: int) -> Outlook:
        """What a shock leaves behind stays; the season is known by as many years as there are."""
        alpha, share = np.array([self.alpha]), np.array([self.share])
        state = state_of(_calm(self.past, self.profile), alpha, np.array([self.first]))
        season = self.profile.season[(self.past.calendar.last + 1 + np.arange(months)) % SEASON]
        mean = means_ahead(state, alpha, share, months)[0] + season
        covariance = covariance_of(responses_ahead(alpha, share, state.lengths, months)[0], self.sd)
        covariance = covariance + season_covariance(self.sd, self.past.calendar.count, months)
        return Outlook(mean + self.past.effect_ahead(self.profile.festival, months), covariance)

    def at(self, past: Past) -> FittedTheta:
        """The same parameters over another past; its season and festival are found anew, in closed form."""
        return replace(self, profile=profile_of(past), past=past)


class Theta(Model):
    """The dynamic optimised theta of one service, by the batched core."""

    def fit(self, past: Past) -> FittedTheta:
        """Take season and festival out by least squares, then fit; ModelFailed under two years."""
        if past.calendar.count < 2 * SEASON:
            raise ModelFailed("model_needs_two_years")
        profile = profile_of(past)
        lines = _calm(past, profile)
        solved = search(lines, "dynamic")
        sd = float(sd_of(lines, solved, "dynamic")[0])
        if not np.isfinite(sd):
            raise ModelFailed("model_failed")
        return FittedTheta(float(solved.alpha[0]), float(solved.share[0]), float(solved.first[0]), sd, profile, past)


def _calm(past: Past, profile: Profile) -> Lines:
    """The months without season and festival; the errors of those that are masked do not count."""
    season = profile.season[np.array(past.calendar.months) % SEASON]
    calm = past.values - season - past.effect(profile.festival)
    return lines_of(calm[None, :], past.masked[None, :])
