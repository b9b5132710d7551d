"""What a history teaches about a month's surprise: its size, how long it lasts, and how services move together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import TimeSeries
from forecast.timeseries.models.seasonal_profile import PRIOR_MONTHS, PRIOR_RESIDUAL_SD, holiday_penalty

PRIOR_PERSISTENCE = 0.4
"""Share of a month's surprise that is left in the next, before a history is seen [C]."""
PRIOR_PAIR_MONTHS = 24
"""How many months that persistence, and a correlation of 0, are worth."""


@dataclass(frozen=True)
class Residuals:
    """Months less their calendar year's level, their season and the festival."""

    values: Floats
    """(months,), NaN where masked."""
    df: int

    @property
    def noise(self) -> float:
        """Standard deviation of one month, shrunk to the prior."""
        squares = float(np.nansum(self.values**2)) if self.df > 0 else 0.0
        return float(np.sqrt((PRIOR_MONTHS * PRIOR_RESIDUAL_SD**2 + squares) / (PRIOR_MONTHS + self.df)))

    @property
    def persistence(self) -> float:
        """Correlation of neighbouring months, shrunk to the prior, inside 0 to 0.9."""
        pairs = self.values[1:] * self.values[:-1]
        seen = pairs[~np.isnan(pairs)]
        if self.df <= 0 or not len(seen):
            return PRIOR_PERSISTENCE
        variance = float(np.nanmean(self.values**2))
        # fitted means pull the correlation of n months down by about (1 + 3 phi) / n, here of each year
        own = float(np.mean(seen)) / variance if variance > 0 else 0.0
        own = (own + 1 / SEASON_MONTHS) / (1 - 3 / SEASON_MONTHS)
        weight = self.df / (self.df + PRIOR_PAIR_MONTHS)
        return float(np.clip(weight * own + (1 - weight) * PRIOR_PERSISTENCE, 0.0, 0.9))


def compute_residuals(past: TimeSeries) -> Residuals:
    """Take years, months of the year and the festival out by least squares, masked months apart."""
    seen = ~past.masked
    months = np.array(past.calendar.months)
    years = months // SEASON_MONTHS - months[0] // SEASON_MONTHS
    levels = np.eye(years[-1] + 1)[years]
    season = np.eye(SEASON_MONTHS)[months % SEASON_MONTHS]
    design = np.column_stack([levels, season, past.regressors])
    penalty = np.full(design.shape[1], 1e-6)
    penalty[levels.shape[1] + SEASON_MONTHS :] = holiday_penalty(past)
    expected = np.concatenate([np.zeros(levels.shape[1] + SEASON_MONTHS), past.holiday_prior])
    x, y = design[seen], past.values[seen]
    fitted = np.linalg.solve(x.T @ x + np.diag(penalty), x.T @ y + penalty * expected)
    rest = np.where(seen, past.values - design @ fitted, np.nan)
    numbers = len(np.unique(years[seen])) + len(np.unique(months[seen] % SEASON_MONTHS)) - 1 + past.n_estimable
    return Residuals(rest, max(0, int(seen.sum()) - numbers))


def residual_correlation(services: tuple[str, ...], found: Mapping[str, tuple[int, Residuals]]) -> Floats:
    """Correlation of the surprises of all services, shrunk towards none, (services, services).

    `found` maps a service to the last month of its history and its surprises; a service without has no correlation.
    """
    count = len(services)
    correlation = np.eye(count)
    names = [service for service in services if service in found]
    if len(names) < 2:
        return correlation
    length = min(len(found[name][1].values) for name in names)
    rests = np.array([found[name][1].values[-length:] for name in names])
    common = rests[:, ~np.isnan(rests).any(axis=0)]
    if common.shape[1] < SEASON_MONTHS or np.any(common.std(axis=1) == 0):
        return correlation
    # one share for all pairs keeps the matrix positive definite
    weight = common.shape[1] / (common.shape[1] + PRIOR_PAIR_MONTHS)
    together = weight * np.corrcoef(common) + (1 - weight) * np.eye(len(names))
    rows = [services.index(name) for name in names]
    correlation[np.ix_(rows, rows)] = together
    np.fill_diagonal(correlation, 1.0)
    return correlation
