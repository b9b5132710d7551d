"""The profile: a level, a slope where two years can teach it, twelve months and the festival, by least squares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import Model, PredictiveNormal, TimeSeries

PRIOR_RESIDUAL_SD = 0.06
"""Standard deviation of a month's log surprise before a history is seen [C]."""
PRIOR_MONTHS = 12
"""How many months of surprises that prior is worth."""
HOLIDAY_EFFECT_SD = 0.25
"""Standard deviation of a festival's effect around its prior, as a log, where a history can teach it [C]."""
POOLED_SEASON_YEARS = 1.0
"""Years of its own that the season of the siblings is worth, until three years stand."""
FIXED_EFFECT_MONTHS = 1e6
"""Months of surprises that a prior is worth which no month may move."""
IDENTIFYING_PENALTY = 1e-6
"""So that a level and twelve months have one solution."""
LEVEL_SHARE = 0.3
"""Share of a month's surprise that stays in the level of the months after it [C]."""


@dataclass(frozen=True)
class SeasonalProfile:
    """Least squares of the months that are not masked, festival effects shrunk towards their prior."""

    season: Floats
    """(12,), sums to 0."""
    holiday_coefficients: Floats
    """(columns,)."""
    level: float
    """At the last month."""
    slope: float
    """A month."""
    fitted: Floats
    """(months,): the fit inside the past."""
    residuals: Floats
    """(months,): values less the fit; NaN where masked."""
    df: int
    """Months seen, less the numbers fitted."""

    @property
    def sd(self) -> float:
        """Standard deviation of a month's surprise, shrunk to the prior."""
        squares = np.nansum(self.residuals**2) if self.df > 0 else 0.0
        return float(np.sqrt((PRIOR_MONTHS * PRIOR_RESIDUAL_SD**2 + squares) / (PRIOR_MONTHS + max(self.df, 0))))

    def extrapolate(self, past: TimeSeries, months: int) -> Floats:
        """The months after the past, shape (months,)."""
        first = past.calendar.last + 1
        season = self.season[np.arange(first, first + months) % SEASON_MONTHS]
        # half the slope: it was learnt from few years and seldom lasts
        growth = 0.5 * self.slope * np.arange(1, months + 1)
        return self.level + growth + season + past.holiday_effect_ahead(self.holiday_coefficients, months)


def fit_seasonal_profile(past: TimeSeries, pooled: Floats | None = None) -> SeasonalProfile:
    """Fit a profile; `pooled` (12,) is the season of the siblings, towards which a short history is drawn."""
    seen, count = ~past.masked, past.calendar.count
    months = np.array(past.calendar.months) % SEASON_MONTHS
    age = np.arange(count) - (count - 1.0)
    trend = [np.ones(count), age] if count >= 2 * SEASON_MONTHS else [np.ones(count)]
    # under a year the season is that of the siblings, taken out before the level is sought
    borrowed = np.zeros(SEASON_MONTHS) if pooled is None else pooled
    own = np.eye(SEASON_MONTHS)[months] if count >= SEASON_MONTHS else np.zeros((count, 0))
    design = np.column_stack([*trend, own, past.regressors])
    penalty = np.zeros(design.shape[1])
    seasonal = slice(len(trend), len(trend) + own.shape[1])
    penalty[seasonal] = IDENTIFYING_PENALTY if pooled is None or count >= 3 * SEASON_MONTHS else POOLED_SEASON_YEARS
    penalty[seasonal.stop :] = holiday_penalty(past)
    expected = np.concatenate([np.zeros(seasonal.stop), past.holiday_prior])
    x, y = design[seen], (past.values - borrowed[months])[seen]
    found = np.linalg.solve(x.T @ x + np.diag(penalty), x.T @ y + penalty * expected)
    fitted = borrowed[months] + design @ found
    season = borrowed + found[seasonal] if own.shape[1] else borrowed
    return SeasonalProfile(
        season=season - season.mean(),
        holiday_coefficients=found[seasonal.stop :],
        level=float(found[0] + season.mean()),
        slope=float(found[1]) if len(trend) == 2 else 0.0,
        fitted=fitted,
        residuals=np.where(seen, past.values - fitted, np.nan),
        df=int(seen.sum()) - len(trend) - max(own.shape[1] - 1, 0) - past.n_estimable,
    )


def holiday_penalty(past: TimeSeries) -> Floats:
    """(columns,): how strongly least squares holds each column of the festival at its prior, in months of surprises."""
    free = np.arange(past.regressors.shape[1]) < (
        past.n_estimable if past.n_estimable == 0 else past.regressors.shape[1]
    )
    return np.where(free, (PRIOR_RESIDUAL_SD / HOLIDAY_EFFECT_SD) ** 2, FIXED_EFFECT_MONTHS)


def season_covariance(sd: float, count: int, months: int) -> Floats:
    """(months, months): of the season of the months ahead, each known by as many months of standard deviation `sd` as
    a past of `count` months has years."""
    month = np.arange(months) % SEASON_MONTHS
    return sd**2 / max(1.0, count / SEASON_MONTHS) * np.equal.outer(month, month)


def impute_from_profile(past: TimeSeries, where: NDArray[np.bool_]) -> TimeSeries:
    """The same past, its values at `where` estimated from the months that are not masked.

    The fit, moved by the median of the rest of the nearest months that are seen, two on each side.
    """
    profile = fit_seasonal_profile(past)
    values = past.values.copy()
    seen = np.flatnonzero(~np.isnan(profile.residuals))
    for month in np.flatnonzero(where):
        place = int(np.searchsorted(seen, month))
        near = seen[max(0, place - 2) : place + 2]
        values[month] = profile.fitted[month] + (float(np.median(profile.residuals[near])) if len(near) else 0.0)
    return replace(past, values=values)


@dataclass(frozen=True)
class FittedSeasonalProfile:
    """The profile, carried on."""

    profile: SeasonalProfile
    pooled_season: tuple[float, ...]
    series: TimeSeries

    @property
    def parameters(self) -> Mapping[str, float]:
        """Level, slope, sd, season and festival."""
        named = {"level": self.profile.level, "slope": self.profile.slope, "sd": self.profile.sd}
        named |= {f"season_{month + 1}": float(value) for month, value in enumerate(self.profile.season)}
        return named | {f"festival_{i}": float(value) for i, value in enumerate(self.profile.holiday_coefficients)}

    def forecast(self, months: int) -> PredictiveNormal:
        """Surprises of a month, of which a share stays in the level, and a level and a season known by a few years."""
        sd = self.profile.sd
        steps = np.arange(months)
        staying = sd**2 * (np.eye(months) + LEVEL_SHARE**2 * np.minimum.outer(steps, steps))
        season = season_covariance(sd, self.series.calendar.count, months)
        return PredictiveNormal(self.profile.extrapolate(self.series, months), staying + season)

    def with_series(self, past: TimeSeries) -> FittedSeasonalProfile:
        """Solved anew, in closed form."""
        return SeasonalProfileModel(self.pooled_season).fit(past)


@dataclass(frozen=True)
class SeasonalProfileModel(Model):
    """The profile as a model."""

    pooled_season: tuple[float, ...] = ()
    """(12,) season of the siblings."""

    def fit(self, past: TimeSeries) -> FittedSeasonalProfile:
        """Fit by least squares."""
        return FittedSeasonalProfile(
            fit_seasonal_profile(past, np.array(self.pooled_season) if self.pooled_season else None),
            self.pooled_season,
            past,
        )
