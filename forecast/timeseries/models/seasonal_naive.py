"""Seasonal naive: the same month of the last year, the festival moved to where it falls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON
from forecast.timeseries.models.base import Model, ModelFailed, Outlook, Past
from forecast.timeseries.models.seasonal_profile import PRIOR_SD, profile_of

PRIOR_YEARS = 1
"""How many years of changes the prior is worth."""


@dataclass(frozen=True)
class FittedSeasonalNaive:
    """The last year, and how far a month strays from the year before."""

    last: Floats
    """(12,) the last year without its festival."""
    ahead: Floats
    """Effects of the festival on the months ahead, by regressor, shape (columns,)."""
    sd: float
    persistence: float
    """Correlation of the changes of neighbouring months."""
    past: Past

    @property
    def parameters(self) -> Mapping[str, float]:
        """Standard deviation and persistence of a year's change."""
        return {"sd": self.sd, "persistence": self.persistence}

    def forecast(self, months: int) -> Outlook:
        """Each year adds changes that go together inside the year."""
        steps = np.arange(months)
        cycle, month = steps // SEASON, steps % SEASON
        together = self.persistence ** np.abs(np.subtract.outer(month, month))
        covariance = self.sd**2 * (np.minimum.outer(cycle, cycle) + 1) * together
        return Outlook(self.last[month] + self.past.effect_ahead(self.ahead, months), covariance)

    def at(self, past: Past) -> FittedSeasonalNaive:
        """Measured anew, in closed form."""
        return SeasonalNaive().fit(past)


class SeasonalNaive(Model):
    """The same month of the last year."""

    def fit(self, past: Past) -> FittedSeasonalNaive:
        """Measure the changes on the year before; ModelFailed under a year."""
        if past.calendar.count < SEASON:
            raise ModelFailed("model_needs_a_year")
        festival = profile_of(past).festival
        calm = past.values - past.effect(festival)
        changes = np.where(past.masked[SEASON:] | past.masked[:-SEASON], np.nan, calm[SEASON:] - calm[:-SEASON])
        seen = changes[~np.isnan(changes)]
        prior = PRIOR_YEARS * SEASON
        variance = (prior * 2 * PRIOR_SD**2 + np.sum(seen**2)) / (prior + len(seen))
        pairs = changes[1:] * changes[:-1]
        pairs = pairs[~np.isnan(pairs)]
        persistence = float(np.clip(np.sum(pairs) / ((len(pairs) + prior) * variance), 0.0, 0.95))
        return FittedSeasonalNaive(calm[-SEASON:], festival, float(np.sqrt(variance)), persistence, past)
