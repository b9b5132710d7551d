"""The interface of a model: it is fitted to the series of one service and forecasts the months ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.periods import Calendar
from forecast.stats.censored_normal import unit_censored_normal
from forecast.stats.cholesky import cholesky
from forecast.timeseries.models.moving_holidays import MovingHoliday

__all__ = [
    "FittedModel",
    "Forecast",
    "Model",
    "ModelFailed",
    "MonthScale",
    "PredictiveNormal",
    "TimeSeries",
    "ValueScale",
]

ValueScale = Literal["log", "raw"]
"""Scale of the months of a series: their logarithms, or as they are."""

MonthScale = Literal["log", "raw", "censored"]
"""Scale of simulated months: lognormal, normal, or a normal censored at zero (docs/model.md, section 2)."""
MIN_HOLIDAY_OCCURRENCES = 3
"""Complete occurrences from which a history can teach the effect of a holiday."""
LONG_HISTORY_MONTHS = 60
"""Months from which a history can teach more than one column of a holiday, or a season that changes."""


class ModelFailed(Exception):  # noqa: N818 - an outcome, not a fault
    """A model that cannot be fitted, or whose fit is of no use; the others go on without it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        """Key of the sentence that gives the reason, in `i18n/messages/data.toml`."""


@dataclass(frozen=True)
class TimeSeries:
    """The months of one service on the scale of the fit, with the dated shocks removed."""

    calendar: Calendar
    values: Floats
    """(months,): logs where every month that is read is above zero."""
    masked: NDArray[np.bool_]
    """(months,): True for months that teach nothing; their values are estimates."""
    moving_holiday: MovingHoliday
    source: TimeSeries | None = None
    """The months before any was estimated, NaN where there is none to read; None where nothing was estimated."""
    is_log: bool = True
    """True where the values are logs."""
    level_shifts: tuple[tuple[int, float], ...] = ()
    """Rows at which the level moved for good, and the size of each move; earlier values are read at the last level."""

    def head(self, count: int) -> TimeSeries:
        """Cut the series after its first months, estimates as they are; for an origin use `outliers.clean_as_of`.

        Parameters
        ----------
        count : int
            Months to keep.

        Returns
        -------
        TimeSeries
            The first `count` months.
        """
        calendar = Calendar(self.calendar.first, count)
        return TimeSeries(calendar, self.values[:count], self.masked[:count], self.moving_holiday, is_log=self.is_log)

    def tail(self, count: int) -> TimeSeries:
        """Cut the series before its last months; all of it where it has no more.

        Parameters
        ----------
        count : int
            Months to keep, at most.

        Returns
        -------
        TimeSeries
            The last `count` months, with their estimates and the level shifts inside them.
        """
        dropped = self.calendar.count - count
        if dropped <= 0:
            return self
        return replace(
            self,
            calendar=Calendar(self.calendar.first + dropped, count),
            values=self.values[dropped:],
            masked=self.masked[dropped:],
            source=None if self.source is None else self.source.tail(count),
            level_shifts=tuple((row - dropped, step) for row, step in self.level_shifts if row > dropped),
        )

    @property
    def observed(self) -> Floats:
        """(months,): the values, NaN where a month is masked."""
        return np.where(self.masked, np.nan, self.values)

    @cached_property
    def regressors(self) -> Floats:
        """(months, columns) of the holiday."""
        return self.moving_holiday(self.calendar)

    def regressors_ahead(self, months: int) -> Floats:
        """Compute the regressors of the holiday after the last month.

        Parameters
        ----------
        months : int
            Months ahead.

        Returns
        -------
        Floats
            (months, columns).
        """
        return self.moving_holiday(Calendar(self.calendar.last + 1, months))

    def holiday_effect(self, coefficients: Floats) -> Floats:
        """Compute the holiday's effect with coefficients that another series may have taught.

        Parameters
        ----------
        coefficients : (columns,)
            On the scale of the series.

        Returns
        -------
        Floats
            (months,).
        """
        return self.regressors @ coefficients

    def holiday_effect_ahead(self, coefficients: Floats, months: int) -> Floats:
        """Compute the holiday's effect after the last month.

        Parameters
        ----------
        coefficients : (columns,)
            On the scale of the series.
        months : int
            Months ahead.

        Returns
        -------
        Floats
            (months,).
        """
        return self.regressors_ahead(months) @ coefficients

    @cached_property
    def holiday_prior(self) -> Floats:
        """(columns,): the prior effect of the holiday, on the scale of the series."""
        if self.is_log:
            return self.moving_holiday.prior_effects
        typical = 0.0 if self.masked.all() else float(np.median(np.abs(self.values[~self.masked])))
        return typical * self.moving_holiday.prior_effects

    @cached_property
    def n_estimable(self) -> int:
        """Number of columns of the holiday that the series can teach; the others keep their prior."""
        # none with fewer than three occurrences, and the days before it alone while the history is short
        rows = self.moving_holiday.complete_occurrences(self.calendar)
        occurrences = sum(not self.masked[first : last + 1].any() for first, last in rows)
        if occurrences < MIN_HOLIDAY_OCCURRENCES:
            return 0
        return self.regressors.shape[1] if self.calendar.count >= LONG_HISTORY_MONTHS else 1


@dataclass(frozen=True)
class PredictiveNormal:
    """Predictive distribution of the months ahead, a normal on the scale of the series."""

    mean: Floats
    """(months,)."""
    covariance: Floats
    """(months, months)."""

    def transform_normal(self, z: Floats) -> Floats:
        """Transform standard normals to the months ahead.

        Parameters
        ----------
        z : (months, paths)
            Standard normals.

        Returns
        -------
        Floats
            (months, paths), on the scale of the series.
        """
        return self.mean[:, None] + cholesky(self.covariance) @ z

    def with_scaled_sd(self, factors: Floats) -> PredictiveNormal:
        """Scale the standard deviation of every month; the correlations stay.

        Parameters
        ----------
        factors : (months,)
            Factor of each month.

        Returns
        -------
        PredictiveNormal
            The same mean with the scaled covariance.
        """
        return PredictiveNormal(self.mean, self.covariance * np.outer(factors, factors))

    def with_common_level(self, share: float) -> PredictiveNormal:
        """Give a share of every month's variance to one level that all months have in common; the variances stay.

        Parameters
        ----------
        share : float
            0 to 1: r, where the correlation C of two months becomes (1 - r) C + r.

        Returns
        -------
        PredictiveNormal
            The same months, whose sums are wider.
        """
        sd = np.sqrt(np.diag(self.covariance))
        return PredictiveNormal(self.mean, (1 - share) * self.covariance + share * np.outer(sd, sd))


class FittedModel(Protocol):
    """A model fitted to a series."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """Fitted numbers by name."""
        ...

    def forecast(self, months: int) -> PredictiveNormal:
        """Forecast the months after the last one of the series; a longer forecast begins with a shorter one.

        Parameters
        ----------
        months : int
            Months ahead.

        Returns
        -------
        PredictiveNormal
            Mean and covariance of those months, on the scale of the series.
        """
        ...

    def with_series(self, series: TimeSeries) -> FittedModel:
        """Apply the same parameters to another series; estimates in closed form may be solved again.

        Parameters
        ----------
        series : TimeSeries
            Of the same service.

        Returns
        -------
        FittedModel
            The model with the states of that series.
        """
        ...


class Model(Protocol):
    """A kind of model, before it is fitted."""

    def fit(self, series: TimeSeries) -> FittedModel:
        """Fit to a series.

        Parameters
        ----------
        series : TimeSeries
            Months of one service.

        Returns
        -------
        FittedModel
            The model with its parameters and states.

        Raises
        ------
        ModelFailed
            The series is too short for the model, or its fit is of no use.
        """
        ...


@dataclass(frozen=True)
class Forecast:
    """Distribution of the months of a calendar: mean + cholesky @ z with z standard normal, on a scale."""

    mean: Floats
    """(months,): on `log` the mean of the logs, else that of the month itself, in the unit of the history."""
    cholesky: Floats
    """(months, months), lower triangular; the rows of months that are known are zero."""
    scale: MonthScale

    def transform_normal(self, z: Floats, deviations: Floats | float = 0.0) -> Floats:
        """Transform standard normals to the months of the calendar.

        Parameters
        ----------
        z : (months, paths)
            Standard normals.
        deviations : (months, paths), optional
            Added on `scale`.

        Returns
        -------
        Floats
            (months, paths), in the unit of the history.
        """
        return self.to_amounts(self.mean[:, None] + self.cholesky @ z + deviations)

    def to_amounts(self, normals: NDArray[Any]) -> NDArray[Any]:
        """Transform correlated normals to amounts by the scale of the months.

        Parameters
        ----------
        normals : (months, paths)
            mean + cholesky @ z.

        Returns
        -------
        Floats
            (months, paths), in the unit of the history and of the type of `normals`.
        """
        if self.scale == "log":
            return np.asarray(np.exp(normals))
        if self.scale == "raw":
            return normals
        mean, location, slope = (column.astype(normals.dtype) for column in (self.mean[:, None], *self._censoring))
        return np.asarray(np.maximum(location + slope * (normals - mean), 0))

    def to_normals(self, row: int, amounts: Floats) -> Floats:
        """Transform amounts of one month back to correlated normals, mean + cholesky @ z.

        Parameters
        ----------
        row : int
            Of the calendar.
        amounts : (paths,)
            In the unit of the history; above zero where the scale is not `raw`.

        Returns
        -------
        Floats
            (paths,).
        """
        if self.scale == "log":
            return np.log(amounts)
        if self.scale == "raw":
            return amounts
        location, slope = (column[row, 0] for column in self._censoring)
        deviation = np.zeros_like(amounts) if slope == 0 else (amounts - location) / slope
        return np.asarray(self.mean[row] + deviation)

    @cached_property
    def _censoring(self) -> tuple[Floats, Floats]:
        """Each (months, 1): a month is max(0, location + slope deviation), of the mean and the spread of the normal."""
        sd = np.sqrt(np.square(self.cholesky).sum(axis=1))
        cv = np.divide(sd, self.mean, out=np.zeros_like(sd), where=self.mean > 0)
        location, scale = unit_censored_normal(cv)
        slope = np.divide(scale, cv, out=np.zeros_like(cv), where=cv > 0)
        return (location * self.mean)[:, None], slope[:, None]


def forecast_covariance(responses: Floats, sd: float) -> Floats:
    """(months, months): covariance of e_h = sum_i responses[h - i] shock_i, shocks independent with the same `sd`."""
    # C[i, j] = C[i-1, j-1] + sd^2 c_i c_j: summed so, a longer one begins with a shorter one to the last bit
    covariance = sd**2 * np.outer(responses, responses)
    for row in range(1, len(responses)):
        covariance[row, 1:] += covariance[row - 1, :-1]
    return covariance
