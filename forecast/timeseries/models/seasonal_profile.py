"""Seasonal profile by least squares: a level, a slope where two years can teach it, twelve months and the holiday."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import Model, PredictiveNormal, TimeSeries

__all__ = [
    "PRIOR_MONTHS",
    "PRIOR_RESIDUAL_SD",
    "SeasonalProfileModel",
    "fit_seasonal_profile",
    "holiday_penalty",
]

PRIOR_RESIDUAL_SD = 0.06
"""Prior standard deviation of a month's log residual [C]."""
PRIOR_MONTHS = 12
"""Months of residuals that this prior is worth."""
HOLIDAY_EFFECT_SD = 0.25
"""Standard deviation of a holiday's log effect around its prior, where a history can teach it [C]."""
POOLED_SEASON_YEARS = 1.0
"""Years of its own that the season of the siblings is worth, until a history has three years."""
FIXED_EFFECT_MONTHS = 1e6
"""Months of residuals that a prior is worth which no month may move."""
IDENTIFYING_PENALTY = 1e-6
"""Ridge on the twelve months, so that a level and twelve months have one solution."""
LEVEL_SHARE = 0.3
"""Share of a month's residual that stays in the level of the months after it [C]."""
SLOPE_SHARE = 0.5
"""Share of the slope that is extrapolated: it was learnt from few years and seldom lasts [C]."""
NEIGHBOURS_EACH_SIDE = 2
"""Unmasked months on each side whose residuals an estimate of a month takes over."""


@dataclass(frozen=True)
class SeasonalProfile:
    """Least squares of the unmasked months, holiday effects shrunk towards their prior."""

    season: Floats
    """(12,): sums to 0."""
    holiday_coefficients: Floats
    """(columns,)."""
    level: float
    """Level at the last month."""
    slope: float
    """Slope per month."""
    fitted: Floats
    """(months,): fitted values."""
    residuals: Floats
    """(months,): values less the fit; NaN where masked."""
    df: int
    """Unmasked months less the numbers fitted."""

    @property
    def sd(self) -> float:
        """Standard deviation of a month's residual, shrunk to the prior."""
        squares = np.nansum(self.residuals**2) if self.df > 0 else 0.0
        return float(np.sqrt((PRIOR_MONTHS * PRIOR_RESIDUAL_SD**2 + squares) / (PRIOR_MONTHS + max(self.df, 0))))

    def extrapolate(self, series: TimeSeries, months: int) -> Floats:
        """(months,): level, part of the slope, season and holiday after the series."""
        first = series.calendar.last + 1
        season = self.season[np.arange(first, first + months) % SEASON_MONTHS]
        growth = SLOPE_SHARE * self.slope * np.arange(1, months + 1)
        return self.level + growth + season + series.holiday_effect_ahead(self.holiday_coefficients, months)


def fit_seasonal_profile(series: TimeSeries, pooled_season: Floats | None = None) -> SeasonalProfile:
    """Fit a profile by penalised least squares.

    Parameters
    ----------
    series : TimeSeries
        Months of one service.
    pooled_season : (12,), optional
        Season of the siblings, towards which that of a short history is drawn.

    Returns
    -------
    SeasonalProfile
        Level, slope, season and holiday effects, on the scale of the series.
    """
    observed, count = ~series.masked, series.calendar.count
    months = np.array(series.calendar.months) % SEASON_MONTHS
    age = np.arange(count) - (count - 1.0)
    trend = [np.ones(count), age] if count >= 2 * SEASON_MONTHS else [np.ones(count)]
    # under a year the season is that of the siblings, removed before the level is fitted
    borrowed = np.zeros(SEASON_MONTHS) if pooled_season is None else pooled_season
    dummies = np.eye(SEASON_MONTHS)[months] if count >= SEASON_MONTHS else np.zeros((count, 0))
    design = np.column_stack([*trend, dummies, series.regressors])
    penalty = np.zeros(design.shape[1])
    seasonal = slice(len(trend), len(trend) + dummies.shape[1])
    is_unpooled = pooled_season is None or count >= 3 * SEASON_MONTHS
    penalty[seasonal] = IDENTIFYING_PENALTY if is_unpooled else POOLED_SEASON_YEARS
    penalty[seasonal.stop :] = holiday_penalty(series)
    prior = np.concatenate([np.zeros(seasonal.stop), series.holiday_prior])
    x, y = design[observed], (series.values - borrowed[months])[observed]
    coefficients = np.linalg.solve(x.T @ x + np.diag(penalty), x.T @ y + penalty * prior)
    fitted = borrowed[months] + design @ coefficients
    season = borrowed + coefficients[seasonal] if dummies.shape[1] else borrowed
    return SeasonalProfile(
        season=season - season.mean(),
        holiday_coefficients=coefficients[seasonal.stop :],
        level=float(coefficients[0] + season.mean()),
        slope=float(coefficients[1]) if len(trend) == 2 else 0.0,
        fitted=fitted,
        residuals=np.where(observed, series.values - fitted, np.nan),
        df=int(observed.sum()) - len(trend) - max(dummies.shape[1] - 1, 0) - series.n_estimable,
    )


def holiday_penalty(series: TimeSeries) -> Floats:
    """Compute the penalty that draws each holiday column to its prior.

    Parameters
    ----------
    series : TimeSeries
        Months of one service.

    Returns
    -------
    Floats
        (columns,), in months of residuals.
    """
    count = series.regressors.shape[1]
    if series.n_estimable == 0:
        return np.full(count, FIXED_EFFECT_MONTHS)
    return np.full(count, (PRIOR_RESIDUAL_SD / HOLIDAY_EFFECT_SD) ** 2)


def season_covariance(sd: float, count: int, months: int) -> Floats:
    """(months, months): covariance of the season, each month known from the years of `count` months with this `sd`."""
    month = np.arange(months) % SEASON_MONTHS
    return sd**2 / max(1.0, count / SEASON_MONTHS) * np.equal.outer(month, month)


def impute_from_profile(series: TimeSeries, unknown: NDArray[np.bool_]) -> TimeSeries:
    """The series with `unknown` months estimated: the fit, moved by the median residual of the nearest months."""
    profile = fit_seasonal_profile(series)
    values = series.values.copy()
    observed = np.flatnonzero(~np.isnan(profile.residuals))
    for month in np.flatnonzero(unknown):
        position = int(np.searchsorted(observed, month))
        neighbours = observed[max(0, position - NEIGHBOURS_EACH_SIDE) : position + NEIGHBOURS_EACH_SIDE]
        residual = float(np.median(profile.residuals[neighbours])) if len(neighbours) else 0.0
        values[month] = profile.fitted[month] + residual
    return replace(series, values=values)


@dataclass(frozen=True)
class FittedSeasonalProfile:
    """The profile of a series, and the season of its siblings."""

    profile: SeasonalProfile
    pooled_season: tuple[float, ...]
    """(12,), or empty without siblings."""
    series: TimeSeries

    @property
    def parameters(self) -> Mapping[str, float]:
        """Level, slope, sd, season and holiday."""
        named = {"level": self.profile.level, "slope": self.profile.slope, "sd": self.profile.sd}
        named |= {f"season_{month + 1}": float(value) for month, value in enumerate(self.profile.season)}
        return named | {f"festival_{i}": float(value) for i, value in enumerate(self.profile.holiday_coefficients)}

    def forecast(self, months: int) -> PredictiveNormal:
        """The profile extrapolated: residuals of which a share stays in the level, and an uncertain season."""
        sd = self.profile.sd
        steps = np.arange(months)
        errors = sd**2 * (np.eye(months) + LEVEL_SHARE**2 * np.minimum.outer(steps, steps))
        season = season_covariance(sd, self.series.calendar.count, months)
        return PredictiveNormal(self.profile.extrapolate(self.series, months), errors + season)

    def with_series(self, series: TimeSeries) -> FittedSeasonalProfile:
        """The profile of another series, in closed form."""
        return SeasonalProfileModel(self.pooled_season).fit(series)


@dataclass(frozen=True)
class SeasonalProfileModel(Model):
    """The seasonal profile as a model."""

    pooled_season: tuple[float, ...] = ()
    """(12,): season of the siblings; empty without siblings."""

    def fit(self, series: TimeSeries) -> FittedSeasonalProfile:
        """Fit by least squares.

        Parameters
        ----------
        series : TimeSeries
            Months of one service; any length will do.

        Returns
        -------
        FittedSeasonalProfile
            The fitted profile.
        """
        pooled_season = np.array(self.pooled_season) if self.pooled_season else None
        return FittedSeasonalProfile(fit_seasonal_profile(series, pooled_season), self.pooled_season, series)
