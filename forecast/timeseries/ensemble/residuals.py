"""Residuals of a history: their size, their persistence, and their correlation between services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import TimeSeries
from forecast.timeseries.models.seasonal_profile import PRIOR_MONTHS, PRIOR_RESIDUAL_SD, holiday_penalty

PRIOR_PERSISTENCE = 0.4
"""Prior share of a month's residual that remains in the next [C]."""
PRIOR_PAIR_MONTHS = 24
"""Months that this prior, and a correlation of 0, are worth."""
MAX_RESIDUAL_PERSISTENCE = 0.9
"""Upper bound of the persistence."""
LEVEL_PENALTY = 1e-6
"""Ridge on years and months, so that levels and months have one solution."""


@dataclass(frozen=True)
class Residuals:
    """Months less the level of their calendar year, their season and the holiday."""

    values: Floats
    """(months,), NaN where masked."""
    df: int
    """Unmasked months less the numbers fitted."""

    @property
    def noise(self) -> float:
        """Standard deviation of one month, shrunk to the prior."""
        squares = float(np.nansum(self.values**2)) if self.df > 0 else 0.0
        return float(np.sqrt((PRIOR_MONTHS * PRIOR_RESIDUAL_SD**2 + squares) / (PRIOR_MONTHS + self.df)))

    @property
    def persistence(self) -> float:
        """Correlation of neighbouring months, shrunk to the prior, between 0 and 0.9."""
        pairs = self.values[1:] * self.values[:-1]
        known = pairs[~np.isnan(pairs)]
        if self.df <= 0 or not len(known):
            return PRIOR_PERSISTENCE
        variance = float(np.nanmean(self.values**2))
        # fitted means lower the correlation of n months by about (1 + 3 phi) / n, here of each year
        correlation = float(np.mean(known)) / variance if variance > 0 else 0.0
        correlation = (correlation + 1 / SEASON_MONTHS) / (1 - 3 / SEASON_MONTHS)
        weight = self.df / (self.df + PRIOR_PAIR_MONTHS)
        shrunk = weight * correlation + (1 - weight) * PRIOR_PERSISTENCE
        return float(np.clip(shrunk, 0.0, MAX_RESIDUAL_PERSISTENCE))


def compute_residuals(series: TimeSeries) -> Residuals:
    """The residuals of least squares on years, months of the year and the holiday, without masked months."""
    observed = ~series.masked
    months = np.array(series.calendar.months)
    years = months // SEASON_MONTHS - months[0] // SEASON_MONTHS
    levels = np.eye(years[-1] + 1)[years]
    season = np.eye(SEASON_MONTHS)[months % SEASON_MONTHS]
    design = np.column_stack([levels, season, series.regressors])
    penalty = np.full(design.shape[1], LEVEL_PENALTY)
    penalty[levels.shape[1] + SEASON_MONTHS :] = holiday_penalty(series)
    prior = np.concatenate([np.zeros(levels.shape[1] + SEASON_MONTHS), series.holiday_prior])
    x, y = design[observed], series.values[observed]
    coefficients = np.linalg.solve(x.T @ x + np.diag(penalty), x.T @ y + penalty * prior)
    residuals = np.where(observed, series.values - design @ coefficients, np.nan)
    n_fitted = len(np.unique(years[observed])) + len(np.unique(months[observed] % SEASON_MONTHS)) - 1
    n_fitted += series.n_estimable
    return Residuals(residuals, max(0, int(observed.sum()) - n_fitted))


def residual_correlation(services: tuple[str, ...], residuals: Mapping[str, tuple[int, Residuals]]) -> Floats:
    """(services, services): correlation shrunk to none, from service -> (last month, residuals); 0 for the others."""
    count = len(services)
    correlation = np.eye(count)
    names = [service for service in services if service in residuals]
    if len(names) < 2:
        return correlation
    length = min(len(residuals[name][1].values) for name in names)
    values = np.array([residuals[name][1].values[-length:] for name in names])
    common = values[:, ~np.isnan(values).any(axis=0)]
    if common.shape[1] < SEASON_MONTHS or np.any(common.std(axis=1) == 0):
        return correlation
    # one weight for all pairs keeps the matrix positive definite
    weight = common.shape[1] / (common.shape[1] + PRIOR_PAIR_MONTHS)
    shrunk = weight * np.corrcoef(common) + (1 - weight) * np.eye(len(names))
    rows = [services.index(name) for name in names]
    correlation[np.ix_(rows, rows)] = shrunk
    np.fill_diagonal(correlation, 1.0)
    return correlation
