"""What a history teaches about a month's surprise: its size, how long it lasts, and how services move together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON
from forecast.timeseries.models.base import Past
from forecast.timeseries.models.seasonal_profile import PRIOR_MONTHS, PRIOR_SD, festival_penalty

PRIOR_PERSISTENCE = 0.4
"""Share of a month's surprise that is left in the next, before a history is seen [C]."""
PRIOR_PAIRS = 24
"""How many months that persistence, and a correlation of 0, are worth."""


@dataclass(frozen=True)
class Surprises:
    """Months less their calendar year's level, their season and the festival."""

    rest: Floats
    """(months,), NaN where masked."""
    freedom: int

    @property
    def noise(self) -> float:
        """Standard deviation of one month, shrunk to the prior."""
        squares = float(np.nansum(self.rest**2)) if self.freedom > 0 else 0.0
        return float(np.sqrt((PRIOR_MONTHS * PRIOR_SD**2 + squares) / (PRIOR_MONTHS + self.freedom)))

    @property
    def persistence(self) -> float:
        """Correlation of neighbouring months, shrunk to the prior, inside 0 to 0.9."""
        pairs = self.rest[1:] * self.rest[:-1]
        seen = pairs[~np.isnan(pairs)]
        if self.freedom <= 0 or not len(seen):
            return PRIOR_PERSISTENCE
        variance = float(np.nanmean(self.rest**2))
        # fitted means pull the correlation of n months down by about (1 + 3 phi) / n, here of each year
        own = float(np.mean(seen)) / variance if variance > 0 else 0.0
        own = (own + 1 / SEASON) / (1 - 3 / SEASON)
        weight = self.freedom / (self.freedom + PRIOR_PAIRS)
        return float(np.clip(weight * own + (1 - weight) * PRIOR_PERSISTENCE, 0.0, 0.9))


def surprises_of(past: Past) -> Surprises:
    """Take years, months of the year and the festival out by least squares, masked months apart."""
    seen = ~past.masked
    months = np.array(past.calendar.months)
    years = months // SEASON - months[0] // SEASON
    levels = np.eye(years[-1] + 1)[years]
    season = np.eye(SEASON)[months % SEASON]
    design = np.column_stack([levels, season, past.regressors])
    penalty = np.full(design.shape[1], 1e-6)
    penalty[levels.shape[1] + SEASON :] = festival_penalty(past)
    expected = np.concatenate([np.zeros(levels.shape[1] + SEASON), past.prior])
    x, y = design[seen], past.values[seen]
    fitted = np.linalg.solve(x.T @ x + np.diag(penalty), x.T @ y + penalty * expected)
    rest = np.where(seen, past.values - design @ fitted, np.nan)
    numbers = len(np.unique(years[seen])) + len(np.unique(months[seen] % SEASON)) - 1 + past.taught
    return Surprises(rest, max(0, int(seen.sum()) - numbers))


def correlation_of(services: tuple[str, ...], found: Mapping[str, tuple[int, Surprises]]) -> Floats:
    """Correlation of the surprises of all services, shrunk towards none, (services, services).

    `found` maps a service to the last month of its history and its surprises; a service without has no correlation.
    """
    count = len(services)
    correlation = np.eye(count)
    names = [service for service in services if service in found]
    if len(names) < 2:
        return correlation
    length = min(len(found[name][1].rest) for name in names)
    rests = np.array([found[name][1].rest[-length:] for name in names])
    common = rests[:, ~np.isnan(rests).any(axis=0)]
    if common.shape[1] < SEASON or np.any(common.std(axis=1) == 0):
        return correlation
    # one share for all pairs keeps the matrix positive definite
    weight = common.shape[1] / (common.shape[1] + PRIOR_PAIRS)
    together = weight * np.corrcoef(common) + (1 - weight) * np.eye(len(names))
    rows = [services.index(name) for name in names]
    correlation[np.ix_(rows, rows)] = together
    np.fill_diagonal(correlation, 1.0)
    return correlation
