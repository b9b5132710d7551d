"""Rolling origins: each model is asked what it would have said, and weighed by how far it was off.

No origin sees a later month: masks and estimates are those of the months known to it, and parameters are fitted at the
first origin and again every `REFIT` origins, never later than the origin that uses them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.stats.scoring import mase
from forecast.timeseries.ensemble.interval_calibration import OriginCheck, StandardisedErrors, sd_factors
from forecast.timeseries.models.base import FittedModel, Model, ModelFailed, PredictiveNormal, TimeSeries
from forecast.timeseries.models.combination import combine
from forecast.timeseries.models.outliers import clean_as_of

MAX_ORIGINS = 24
"""Months at the end of the history from which the models are asked, where two years stand before them."""
CV_HORIZON_MONTHS = SEASON_MONTHS
"""Months that are asked of each origin, where so many came."""
REFIT_EVERY_ORIGINS = 12
"""Origins over which the parameters are held."""
ERROR_WEIGHT_SHARE = 0.5
"""Share of a weight that follows the errors; the rest is shared alike, for few origins say little."""
MIN_MEAN_SQUARED_ERROR = 1e-8
"""Least mean squared error, so that a perfect past does not divide by zero."""
Z90 = 1.2815515655446004
Z975 = 1.959963984540054
"""Half-widths of the central intervals of a standard normal."""

FIT_ERRORS = (ValueError, ArithmeticError, IndexError, np.linalg.LinAlgError)
"""What a model's fit may raise when a history does not suit it."""


@dataclass(frozen=True)
class OriginForecasts:
    """One origin: what each model said, and what came."""

    forecasts: Mapping[str, PredictiveNormal]
    actual: Floats
    """(months,), NaN where masked."""
    n_known: int = 0
    """Months that were known."""

    def squared_errors(self, model: str) -> Floats:
        """Squared errors of a model, without the masked months."""
        found = (self.forecasts[model].mean - self.actual) ** 2
        return found[~np.isnan(found)]

    def is_disjoint_from(self, other: OriginForecasts) -> bool:
        """Whether the months that were asked of the two have none in common."""
        first, second = sorted((self, other), key=lambda asked: asked.n_known)
        return first.n_known + len(first.actual) <= second.n_known


def rolling_origins(count: int) -> range:
    """Months known at each origin of a history of so many months: two years and more, the last 24 at most."""
    return range(max(2 * SEASON_MONTHS, count - MAX_ORIGINS), count)


def cross_validate(models: Mapping[str, Model], past: TimeSeries) -> list[OriginForecasts]:
    """What the models would have said at each origin, up to a year ahead."""
    held: dict[str, FittedModel] = {}
    found = []
    for place, known in enumerate(rolling_origins(past.calendar.count)):
        then = clean_as_of(past, known)
        came = _actual_after(past, known)
        said = {}
        for name, model in models.items():
            try:
                fitted = held.get(name)
                fitted = (
                    model.fit(then)
                    if fitted is None or place % REFIT_EVERY_ORIGINS == 0
                    else _with_series(fitted, model, then)
                )
                outlook = fitted.forecast(len(came))
            except (ModelFailed, *FIT_ERRORS):
                continue
            if np.all(np.isfinite(outlook.mean)) and np.all(np.isfinite(outlook.covariance)):
                held[name], said[name] = fitted, outlook
        if said:
            found.append(OriginForecasts(said, came, known))
    return found


def _actual_after(past: TimeSeries, known: int) -> Floats:
    """Up to a year after the months known, NaN where masked and from where the level moved for good: no model could
    know, and such a risk is the scenario's."""
    values = (past.source or past).values
    came = np.where(past.masked, np.nan, values)[known : known + CV_HORIZON_MONTHS]
    for row, _step in past.level_shifts:
        if row >= known:
            came[row - known :] = np.nan
    return came


def _with_series(fitted: FittedModel, model: Model, past: TimeSeries) -> FittedModel:
    return fitted.with_series(past) if hasattr(fitted, "with_series") else model.fit(past)


def combination_weights(names: list[str], origins: Sequence[OriginForecasts]) -> dict[str, float]:
    """Weights of the models by their mean squared errors, half of the way from equal; they sum to 1.

    A model that no origin could ask gets the median of the others.
    """
    errors = {}
    for name in names:
        squares = [asked.squared_errors(name) for asked in origins if name in asked.forecasts]
        joined = np.concatenate(squares) if squares else np.array([])
        if len(joined):
            errors[name] = max(float(joined.mean()), MIN_MEAN_SQUARED_ERROR)
    if not errors:
        return dict.fromkeys(names, 1 / len(names))
    middle = float(np.median(list(errors.values())))
    inverse = {name: 1 / errors.get(name, middle) for name in names}
    total = sum(inverse.values())
    return {name: (1 - ERROR_WEIGHT_SHARE) / len(names) + ERROR_WEIGHT_SHARE * inverse[name] / total for name in names}


def combine_at_origins(origins: Sequence[OriginForecasts]) -> list[PredictiveNormal]:
    """The blend at each origin, weighed by the origins that share no month with it."""
    found = []
    for asked in origins:
        apart = [other for other in origins if other.is_disjoint_from(asked)]
        found.append(combine(asked.forecasts, combination_weights(sorted(asked.forecasts), apart)))
    return found


def standardised_errors(
    origins: Sequence[OriginForecasts], blends: Sequence[PredictiveNormal], past: TimeSeries
) -> StandardisedErrors:
    """How many of its standard deviations each month ahead of each origin came away from the blend."""
    rows = np.full((len(origins), CV_HORIZON_MONTHS), np.nan)
    for row, asked, blend in zip(rows, origins, blends, strict=True):
        sd = np.sqrt(np.diag(blend.covariance))
        row[: len(asked.actual)] = (asked.actual - blend.mean) / np.where(sd > 0, sd, np.nan)
    return StandardisedErrors(past.calendar.first + np.array([asked.n_known for asked in origins], int), rows)


@dataclass(frozen=True)
class Evaluation:
    """How the blend did at the origins; None where nothing came or there is nothing to scale by."""

    mase: float | None = None
    coverage80: float | None = None
    coverage95: float | None = None
    checks: tuple[OriginCheck, ...] = ()


def evaluate(
    origins: Sequence[OriginForecasts], past: TimeSeries, scale: str, siblings: Sequence[StandardisedErrors] = ()
) -> Evaluation:
    """MASE in the unit of the history, and the share of months inside the 80% and the 95% interval.

    Every origin is judged by weights and widths of origins, its own and those of the `siblings`, that share no month
    with it.
    """
    blends = combine_at_origins(origins)
    misses = standardised_errors(origins, blends, past)
    scaled = np.full_like(misses.values, np.nan)
    checks = []
    for row, (start, asked, blend) in enumerate(zip(misses.first_months, origins, blends, strict=True)):
        widths = sd_factors([each.without_overlap(int(start), CV_HORIZON_MONTHS) for each in (misses, *siblings)])
        scaled[row] = misses.values[row] / widths
        sd = np.sqrt(np.diag(blend.covariance)) * widths[: len(asked.actual)]
        came = tuple(None if np.isnan(value) else float(value) for value in asked.actual)
        checks.append(OriginCheck(int(start), tuple(map(float, blend.mean)), tuple(map(float, sd)), came))
    seen = np.abs(scaled[~np.isnan(scaled)])
    if not len(seen):
        return Evaluation(checks=tuple(checks))
    errors = [_from_scale(b.mean, scale) - _from_scale(a.actual, scale) for a, b in zip(origins, blends, strict=True)]
    off = float(mase(np.concatenate(errors), _from_scale(past.observed, scale)))
    inside80, inside95 = (float(np.mean(seen <= z)) for z in (Z90, Z975))
    return Evaluation(off if np.isfinite(off) else None, inside80, inside95, tuple(checks))


def _from_scale(values: Floats, scale: str) -> Floats:
    return np.exp(values) if scale == "log" else values
