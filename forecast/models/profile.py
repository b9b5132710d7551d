"""The profile: a level, a slope where two years can teach it, twelve months and the festival, by least squares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.chance import Floats
from forecast.models.model import SEASON, Model, Outlook, Past

PRIOR_SD = 0.06
"""Standard deviation of a month's log surprise before a history is seen [C]."""
PRIOR_MONTHS = 12
"""How many months of surprises that prior is worth."""
FESTIVAL_SD = 0.25
"""Size of a festival's effect, as a log, before a history is seen [C]."""
LEVEL_SHARE = 0.3
"""Share of a month's surprise that stays in the level of the months after it [C]."""


@dataclass(frozen=True)
class Profile:
    """Least squares of the months that are not masked, festival effects shrunk towards 0."""

    season: Floats
    """(12,), sums to 0."""
    festival: Floats
    """(columns,)."""
    level: float
    """At the last month."""
    slope: float
    """A month."""
    fitted: Floats
    """(months,): the fit inside the past."""
    rest: Floats
    """(months,): values less the fit; NaN where masked."""
    freedom: int
    """Months seen, less the numbers fitted."""

    @property
    def sd(self) -> float:
        """Standard deviation of a month's surprise, shrunk to the prior."""
        squares = np.nansum(self.rest**2) if self.freedom > 0 else 0.0
        return float(np.sqrt((PRIOR_MONTHS * PRIOR_SD**2 + squares) / (PRIOR_MONTHS + max(self.freedom, 0))))

    def at(self, past: Past, months: int) -> Floats:
        """The months after the past, shape (months,)."""
        first = past.calendar.last + 1
        season = self.season[np.arange(first, first + months) % SEASON]
        # half the slope: it was learnt from few years and seldom lasts
        growth = 0.5 * self.slope * np.arange(1, months + 1)
        return self.level + growth + season + past.regressors_ahead(months) @ self.festival


def profile_of(past: Past, pooled: Floats | None = None) -> Profile:
    """Fit a profile; `pooled` (12,) is the season of the siblings, towards which a short history is drawn."""
    seen = ~past.masked
    count = past.calendar.count
    months = np.array(past.calendar.months) % SEASON
    age = np.arange(count) - (count - 1.0)
    trend = [np.ones(count), age] if count >= 2 * SEASON else [np.ones(count)]
    seasonal = np.eye(SEASON)[months] if count >= SEASON else np.zeros((count, 0))
    design = np.column_stack([*trend, seasonal, past.regressors])
    columns = seasonal.shape[1]
    prior = np.zeros(design.shape[1])
    penalty = np.zeros(design.shape[1])
    ridge = PRIOR_SD**2
    penalty[len(trend) : len(trend) + columns] = 1e-6 if pooled is None else _pull(count)
    penalty[len(trend) + columns :] = ridge / FESTIVAL_SD**2
    if pooled is not None and columns:
        prior[len(trend) : len(trend) + columns] = pooled
    x, y = design[seen], past.values[seen] - design[seen] @ prior
    fitted = prior + np.linalg.solve(x.T @ x + np.diag(penalty), x.T @ y)
    season = np.zeros(SEASON) if pooled is None else pooled
    season = fitted[len(trend) : len(trend) + columns] if columns else season
    rest = np.where(seen, past.values - design @ fitted, np.nan)
    freedom = int(seen.sum()) - len(trend) - max(columns - 1, 0) - past.regressors.shape[1]
    level = float(fitted[0] + season.mean())
    if not columns and pooled is not None:
        level = float(np.mean((past.values - pooled[months] - past.regressors @ fitted[len(trend) :])[seen]))
    slope = float(fitted[1]) if len(trend) == 2 else 0.0
    return Profile(season - season.mean(), fitted[len(trend) + columns :], level, slope, design @ fitted, rest, freedom)


def with_estimates(past: Past, where: NDArray[np.bool_]) -> Past:
    """The same past, its values at `where` estimated from the months that are not masked."""
    return Past(past.calendar, np.where(where, profile_of(past).fitted, past.values), past.masked, past.festival)


def _pull(count: int) -> float:
    """How many years of its own a service's season is worth against the pooled one: one, until three years stand."""
    return 1.0 if count < 3 * SEASON else 1e-6


@dataclass(frozen=True)
class FittedProfile:
    """The profile, carried on."""

    profile: Profile
    past: Past

    @property
    def parameters(self) -> Mapping[str, float]:
        """Level, slope, sd, season and festival."""
        named = {"level": self.profile.level, "slope": self.profile.slope, "sd": self.profile.sd}
        named |= {f"season_{month + 1}": float(value) for month, value in enumerate(self.profile.season)}
        return named | {f"festival_{i}": float(value) for i, value in enumerate(self.profile.festival)}

    def forecast(self, months: int) -> Outlook:
        """Surprises of a month, of which a share stays in the level, and a level and a season known by a few years."""
        sd = self.profile.sd
        steps = np.arange(months)
        staying = sd**2 * (np.eye(months) + LEVEL_SHARE**2 * np.minimum.outer(steps, steps))
        years = max(1.0, self.past.calendar.count / SEASON)
        same_month = np.equal.outer(steps % SEASON, steps % SEASON)
        return Outlook(self.profile.at(self.past, months), staying + sd**2 / years * same_month)


@dataclass(frozen=True)
class ProfileModel(Model):
    """The profile as a model."""

    pooled: tuple[float, ...] = ()
    """(12,) season of the siblings."""

    def fit(self, past: Past) -> FittedProfile:
        """Fit by least squares."""
        return FittedProfile(profile_of(past, np.array(self.pooled) if self.pooled else None), past)
