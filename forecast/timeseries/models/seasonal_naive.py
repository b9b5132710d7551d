"""Seasonal naive: the same month of the last year, the holiday moved to where it falls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import Model, ModelFailed, PredictiveNormal, TimeSeries
from forecast.timeseries.models.seasonal_profile import PRIOR_RESIDUAL_SD, fit_seasonal_profile

__all__ = ["SeasonalNaiveModel"]

PRIOR_YEARS = 1
"""Years of changes that the prior is worth."""
MAX_PERSISTENCE = 0.95
"""Upper bound of the correlation of neighbouring changes."""


@dataclass(frozen=True)
class FittedSeasonalNaive:
    """The last year, and the spread of the changes from one year to the next."""

    last_year: Floats
    """(12,): the last year without its holiday."""
    holiday_coefficients: Floats
    """(columns,): effects of the holiday."""
    sd: float
    """Standard deviation of the change of a month from the year before."""
    persistence: float
    """Correlation of the changes of neighbouring months."""
    series: TimeSeries

    @property
    def parameters(self) -> Mapping[str, float]:
        """Standard deviation and persistence of a year's change."""
        return {"sd": self.sd, "persistence": self.persistence}

    def forecast(self, months: int) -> PredictiveNormal:
        """The last year repeated; each year adds changes that are correlated inside the year."""
        steps = np.arange(months)
        cycle, month = steps // SEASON_MONTHS, steps % SEASON_MONTHS
        correlation = self.persistence ** np.abs(np.subtract.outer(month, month))
        covariance = self.sd**2 * (np.minimum.outer(cycle, cycle) + 1) * correlation
        return PredictiveNormal(
            self.last_year[month] + self.series.holiday_effect_ahead(self.holiday_coefficients, months), covariance
        )

    def with_series(self, series: TimeSeries) -> FittedSeasonalNaive:
        """The model fitted to another series, in closed form."""
        return SeasonalNaiveModel().fit(series)


class SeasonalNaiveModel(Model):
    """The same month of the last year."""

    def fit(self, series: TimeSeries) -> FittedSeasonalNaive:
        """Measure the changes from the year before.

        Parameters
        ----------
        series : TimeSeries
            Months of one service.

        Returns
        -------
        FittedSeasonalNaive
            The last year, and size and persistence of its changes, drawn towards a prior.

        Raises
        ------
        ModelFailed
            The series is shorter than a year.
        """
        if series.calendar.count < SEASON_MONTHS:
            raise ModelFailed("model_needs_a_year")
        coefficients = fit_seasonal_profile(series).holiday_coefficients
        adjusted = series.values - series.holiday_effect(coefficients)
        changes = np.where(
            series.masked[SEASON_MONTHS:] | series.masked[:-SEASON_MONTHS],
            np.nan,
            adjusted[SEASON_MONTHS:] - adjusted[:-SEASON_MONTHS],
        )
        observed = changes[~np.isnan(changes)]
        prior_months = PRIOR_YEARS * SEASON_MONTHS
        squares = prior_months * 2 * PRIOR_RESIDUAL_SD**2 + np.sum(observed**2)
        variance = squares / (prior_months + len(observed))
        pairs = changes[1:] * changes[:-1]
        pairs = pairs[~np.isnan(pairs)]
        correlation = np.sum(pairs) / ((len(pairs) + prior_months) * variance)
        persistence = float(np.clip(correlation, 0.0, MAX_PERSISTENCE))
        return FittedSeasonalNaive(
            adjusted[-SEASON_MONTHS:], coefficients, float(np.sqrt(variance)), persistence, series
        )
