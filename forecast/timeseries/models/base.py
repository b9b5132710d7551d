"""What a model is: it is fitted to the past of one service and says what the months ahead may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.periods import Calendar
from forecast.stats.cholesky import cholesky
from forecast.timeseries.models.moving_holidays import MovingHoliday

MIN_HOLIDAY_OCCURRENCES = 3
"""Feasts from which a history teaches the effect of a festival."""
LONG_HISTORY_MONTHS = 60
"""Months from which a history can teach more than one column of a festival, or a season that changes."""


class ModelFailed(Exception):  # noqa: N818 - an outcome, not a fault
    """A model that cannot be fitted, or whose fit is of no use; the others go on without it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        """Key of the sentence that says why, in `i18n/messages/data.toml`."""


@dataclass(frozen=True)
class TimeSeries:
    """The months of one service on the scale on which it is fitted, with the dated shocks taken out."""

    calendar: Calendar
    values: Floats
    """(months,): logs where every month that is read is above zero."""
    masked: NDArray[np.bool_]
    """(months,): months that teach nothing; their values are estimates."""
    moving_holiday: MovingHoliday
    source: TimeSeries | None = None
    """The months before any was estimated, NaN where there is none to read; None where nothing was estimated."""
    is_log: bool = True
    """Whether the values are logs."""
    level_shifts: tuple[tuple[int, float], ...] = ()
    """Rows at which the level moved for good, and how far; the values before are read at the last level."""

    def head(self, count: int) -> TimeSeries:
        """The first `count` months alone, estimates as they are: an origin wants `estimates.known_until`."""
        calendar = Calendar(self.calendar.first, count)
        return TimeSeries(calendar, self.values[:count], self.masked[:count], self.moving_holiday, is_log=self.is_log)

    @property
    def observed(self) -> Floats:
        """(months,): the values, NaN where a month is masked."""
        return np.where(self.masked, np.nan, self.values)

    @cached_property
    def regressors(self) -> Floats:
        """(months, columns) of the festival."""
        return self.moving_holiday(self.calendar)

    def regressors_ahead(self, months: int) -> Floats:
        """(months, columns) of the festival after the last month."""
        return self.moving_holiday(Calendar(self.calendar.last + 1, months))

    def holiday_effect(self, coefficients: Floats) -> Floats:
        """(months,): the festival's effect with coefficients that another past may have taught."""
        return self.regressors @ coefficients

    def holiday_effect_ahead(self, coefficients: Floats, months: int) -> Floats:
        """(months,): the same after the last month."""
        return self.regressors_ahead(months) @ coefficients

    @cached_property
    def holiday_prior(self) -> Floats:
        """(columns,): the festival's effect before the past is seen, on the scale of the past."""
        unit = (
            1.0
            if self.is_log
            else float(np.median(np.abs(self.values[~self.masked])))
            if not self.masked.all()
            else 0.0
        )
        return unit * self.moving_holiday.prior_effects

    @cached_property
    def n_estimable(self) -> int:
        """How many columns of the festival the past can teach: none with fewer than three feasts, the days before it
        alone while the history is short; the others are held at the prior."""
        rows = self.moving_holiday.complete_occurrences(self.calendar)
        feasts = sum(not self.masked[first : last + 1].any() for first, last in rows)
        if feasts < MIN_HOLIDAY_OCCURRENCES:
            return 0
        return self.regressors.shape[1] if self.calendar.count >= LONG_HISTORY_MONTHS else 1


@dataclass(frozen=True)
class PredictiveNormal:
    """What may come, on the scale of the past: a normal with this mean and covariance."""

    mean: Floats
    """(months,)."""
    covariance: Floats
    """(months, months)."""

    def transform_normal(self, z: Floats) -> Floats:
        """Months of standard normals `z`, both of shape (months, paths)."""
        return self.mean[:, None] + cholesky(self.covariance) @ z

    def with_scaled_sd(self, factors: Floats) -> PredictiveNormal:
        """Every month's standard deviation times its factor, (months,); the correlations stay."""
        return PredictiveNormal(self.mean, self.covariance * np.outer(factors, factors))


class FittedModel(Protocol):
    """A model that has seen the past."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """The numbers it was fitted with."""
        ...

    def forecast(self, months: int) -> PredictiveNormal:
        """The months after the last one of the past; a longer outlook begins with a shorter one."""
        ...

    def with_series(self, past: TimeSeries) -> FittedModel:
        """The same parameters with the states of another past; what is found in closed form may be found anew."""
        ...


class Model(Protocol):
    """A way to read the past."""

    def fit(self, past: TimeSeries) -> FittedModel:
        """Fit to the past; ModelFailed when that cannot be done."""
        ...


@dataclass(frozen=True)
class Forecast:
    """What the months of a calendar may be: back(mean + root @ z), z standard normal."""

    mean: Floats
    """(months,), on `scale`."""
    cholesky: Floats
    """(months, months), lower triangular; the rows of months that are known are zero."""
    scale: Literal["log", "raw"]

    def transform_normal(self, z: Floats) -> Floats:
        """Months in the unit of the history, shape (months, paths), of normals `z` of that shape."""
        plain = self.mean[:, None] + self.cholesky @ z
        return np.exp(plain) if self.scale == "log" else plain


def forecast_covariance(responses: Floats, sd: float) -> Floats:
    """Covariance of e_h = sum_i responses[h - i] shock_i, (months, months), shocks apart and of one standard deviation.

    C[i, j] = C[i-1, j-1] + sd^2 c_i c_j: summed so, a longer one begins with a shorter one to the last bit.
    """
    covariance = sd**2 * np.outer(responses, responses)
    for row in range(1, len(responses)):
        covariance[row, 1:] += covariance[row - 1, :-1]
    return covariance
