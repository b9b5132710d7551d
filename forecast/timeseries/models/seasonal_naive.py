"""Seasonal naive: the same month of the last year, the festival moved to where it falls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import Model, ModelFailed, PredictiveNormal, TimeSeries
from forecast.timeseries.models.seasonal_profile import PRIOR_RESIDUAL_SD, fit_seasonal_profile

PRIOR_YEARS = 1
"""How many years of changes the prior is worth."""


@dataclass(frozen=True)
class FittedSeasonalNaive:
    """The last year, and how far a month strays from the year before."""

    last_year: Floats
    """(12,) the last year without its festival."""
    holiday_coefficients: Floats
    """Effects of the festival on the months ahead, by regressor, shape (columns,)."""
    sd: float
    persistence: float
    """Correlation of the changes of neighbouring months."""
    series: TimeSeries

    @property
    def parameters(self) -> Mapping[str, float]:
        """Standard deviation and persistence of a year's change."""
        return {"sd": self.sd, "persistence": self.persistence}

    def forecast(self, months: int) -> PredictiveNormal:
        """Each year adds changes that go together inside the year."""
        steps = np.arange(months)
        cycle, month = steps // SEASON_MONTHS, steps % SEASON_MONTHS
        together = self.persistence ** np.abs(np.subtract.outer(month, month))
        covariance = self.sd**2 * (np.minimum.outer(cycle, cycle) + 1) * together
        return PredictiveNormal(
            self.last_year[month] + self.series.holiday_effect_ahead(self.holiday_coefficients, months), covariance
        )

    def with_series(self, past: TimeSeries) -> FittedSeasonalNaive:
        """Measured anew, in closed form."""
        return SeasonalNaiveModel().fit(past)


class SeasonalNaiveModel(Model):
    """The same month of the last year."""

    def fit(self, past: TimeSeries) -> FittedSeasonalNaive:
        """Measure the changes on the year before; ModelFailed under a year."""
        if past.calendar.count < SEASON_MONTHS:
            raise ModelFailed("model_needs_a_year")
        festival = fit_seasonal_profile(past).holiday_coefficients
        calm = past.values - past.holiday_effect(festival)
        changes = np.where(
            past.masked[SEASON_MONTHS:] | past.masked[:-SEASON_MONTHS],
            np.nan,
            calm[SEASON_MONTHS:] - calm[:-SEASON_MONTHS],
        )
        seen = changes[~np.isnan(changes)]
        prior = PRIOR_YEARS * SEASON_MONTHS
        variance = (prior * 2 * PRIOR_RESIDUAL_SD**2 + np.sum(seen**2)) / (prior + len(seen))
        pairs = changes[1:] * changes[:-1]
        pairs = pairs[~np.isnan(pairs)]
        persistence = float(np.clip(np.sum(pairs) / ((len(pairs) + prior) * variance), 0.0, 0.95))
        return FittedSeasonalNaive(calm[-SEASON_MONTHS:], festival, float(np.sqrt(variance)), persistence, past)
