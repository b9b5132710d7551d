"""The fit of every service of a history: each model is fitted, now and at past origins, and the forecasts combined."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from forecast.arrays import Floats
from forecast.engines.engine import Engine
from forecast.engines.pair import PairEngine
from forecast.engines.serial import SerialEngine
from forecast.errors import OutputError
from forecast.files.fingerprint import code_version
from forecast.i18n import Note
from forecast.periods import SEASON_MONTHS
from forecast.stats.cholesky import cholesky
from forecast.timeseries.ensemble.interval_calibration import COMMON_LEVEL_SHARE, OriginCheck
from forecast.timeseries.ensemble.residuals import Residuals, compute_residuals, residual_correlation
from forecast.timeseries.models.base import Model, ModelFailed, PredictiveNormal, TimeSeries, ValueScale
from forecast.timeseries.models.combination import combine
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY, TET_HOLIDAY, MovingHoliday

if TYPE_CHECKING:
    from forecast.timeseries.ensemble.cross_validation import OriginForecasts
    from forecast.timeseries.ensemble.interval_calibration import StandardisedErrors

__all__ = [
    "MAX_FITTED_MONTHS",
    "MIN_MONTHS_FOR_MODELS",
    "Ensemble",
    "Fit",
    "FitTask",
    "HistoryKind",
    "forecast_by_model",
    "holiday_for_currency",
    "mean_month_size",
]

FORECAST_MONTHS = 132
"""Months that are always forecast, so that a longer horizon begins with a shorter one: 120, and a partial year."""
MIN_MONTHS_FOR_MODELS = 36
"""Months from which a history can teach every model."""
MAX_FITTED_MONTHS = 180
"""Last months to which models are fitted [C]: their parameters do not hold for ever, and the time of a fit grows with
the months. Hyndman and Athanasopoulos (2021), Forecasting: Principles and Practice, section 13.7."""
FITTING_CODE = (
    "timeseries/models",
    "timeseries/panel",
    "timeseries/ensemble",
    "periods.py",
    "stats/censored_normal.py",
    "stats/cholesky.py",
    "stats/intervals.py",
    "stats/scoring.py",
    "stats/transforms.py",
)
"""Folders and files of the package whose code moves the figures of a fit."""
FITTING_LIBRARIES = ("holidays", "numpy", "pandas", "scipy", "statsmodels")
"""Libraries whose versions move the figures of a fit."""

HistoryKind = Literal["actual", "reconstructed"]


@dataclass(frozen=True)
class FitTask:
    """One service to be fitted."""

    service: str
    kind: HistoryKind
    scale: ValueScale
    series: TimeSeries
    """Months on `scale`."""


@dataclass(frozen=True)
class Fit:
    """The combined forecast of one service; all of it can be stored."""

    mean: Floats
    """(`FORECAST_MONTHS`,) after the last month, on the scale of the series; fewer where the fit was pinned."""
    cholesky: Floats
    """(months of the mean, months of the mean), lower triangular."""
    weights: Mapping[str, float]
    """Model -> weight in the combination."""
    mase: float | None
    """Mean absolute scaled error at past origins; None without any."""
    coverage80: float | None
    """Share of past months inside the 80% interval; None without any."""
    coverage95: float | None
    checks: tuple[OriginCheck, ...]
    """Forecast and actual at the past origins, which the three scores above are of."""
    noise: float | None
    """Standard deviation of one month's residual; None where reconstructed."""
    persistence: float | None
    """Correlation of neighbouring residuals; None where reconstructed."""
    parameters: Mapping[str, Mapping[str, float]]
    """Model -> fitted numbers."""
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Ensemble:
    """The fits of all services, and the correlation of their residuals."""

    services: Mapping[str, Fit]
    correlation: Floats | None
    """(services, services), by sorted name; None when the history cannot teach it."""


def fit_ensemble(tasks: list[FitTask], engine: Engine | None = None) -> Ensemble:
    """The fits of all services, on both cores; an `engine` fits one service a task where it works."""
    with _single_threaded(tasks):
        tasks = [_with_last_months(task) for task in tasks]
        _, fits = _fit_services(tasks, engine or PairEngine())
        correlation = None
        if len(tasks) > 1 and all(_teaches_every_model(task) for task in tasks):
            residuals = {task.service: (task.series.calendar.last, compute_residuals(task.series)) for task in tasks}
            correlation = residual_correlation(tuple(sorted(fits)), residuals)
    return Ensemble(fits, correlation)


def _with_last_months(task: FitTask) -> FitTask:
    """The task with the months that models are fitted to."""
    return replace(task, series=task.series.tail(MAX_FITTED_MONTHS))


def _teaches_every_model(task: FitTask) -> bool:
    """True for an actual history of three years and more."""
    return task.kind == "actual" and task.series.calendar.count >= MIN_MONTHS_FOR_MODELS


def fitting_version() -> tuple[str, ...]:
    """Digest of the code that fits, and versions of its libraries."""
    return code_version(FITTING_CODE, FITTING_LIBRARIES)


def forecast_by_model(tasks: list[FitTask]) -> dict[str, tuple[Mapping[str, PredictiveNormal], Fit]]:
    """Fit every service without a cache, and keep the forecasts of its models.

    Parameters
    ----------
    tasks : list of FitTask
        Services to fit.

    Returns
    -------
    dict of str to (mapping of str to PredictiveNormal, Fit)
        By service: the forecast of each model, and the fit that combines them.
    """
    with _single_threaded(tasks):
        forecasts, fits = _fit_services([_with_last_months(task) for task in tasks], SerialEngine())
    return {name: (forecasts[name].forecasts, fit) for name, fit in fits.items()}


@contextmanager
def _single_threaded(tasks: list[FitTask]) -> Iterator[None]:
    """Context in which linear algebra has one thread and libraries raise no warnings."""
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings():
        if any(task.series.calendar.count >= MIN_MONTHS_FOR_MODELS for task in tasks):
            from forecast.timeseries.models import preload

            preload()  # statsmodels sets filters of its own, so it comes before ours
        warnings.simplefilter("ignore")  # a fit that warns is judged by its forecast
        with threadpool_limits(1), np.errstate(all="ignore"):
            yield


@dataclass(frozen=True)
class _ServiceForecasts:
    """The forecasts of the models of one service, now and at past origins."""

    forecasts: Mapping[str, PredictiveNormal]
    parameters: Mapping[str, Mapping[str, float]]
    notes: tuple[Note, ...]
    origins: tuple[OriginForecasts, ...]
    standardised_errors: StandardisedErrors | None
    """Errors of the combination at the origins; None without any."""


@dataclass(frozen=True)
class _FitJob:
    """The work that an engine shares out by service."""

    tasks: list[FitTask]
    pooled_season: Floats | None
    code_version: tuple[str, ...]
    """Code and libraries that a worker must have; empty where they cannot differ."""


def _fit_services(tasks: list[FitTask], engine: Engine) -> tuple[dict[str, _ServiceForecasts], dict[str, Fit]]:
    """Forecasts of the models, and the fit that combines them, by service."""
    version = fitting_version() if engine.is_remote else ()
    job = _FitJob(tasks, _pooled_season(tasks), version)
    with closing(engine.map(_run_job, job, range(len(tasks)))) as results:
        forecasts = {task.service: result for task, result in zip(tasks, results, strict=True)}
    errors = {
        name: each.standardised_errors for name, each in forecasts.items() if each.standardised_errors is not None
    }
    return forecasts, {task.service: _combine_service(task, forecasts[task.service], errors) for task in tasks}


def _run_job(job: _FitJob, number: int) -> _ServiceForecasts:
    """Forecasts of one service, by its number; OutputError where the worker runs another version."""
    if not job.code_version:
        return _forecast_service(job.tasks[number], job.pooled_season)
    if job.code_version != fitting_version():
        raise OutputError("worker_differs")
    with _single_threaded([job.tasks[number]]):
        return _forecast_service(job.tasks[number], job.pooled_season)


def _forecast_service(task: FitTask, pooled_season: Floats | None) -> _ServiceForecasts:
    """Forecasts of every model of a service, now and at the rolling origins."""
    from forecast.timeseries.ensemble.cross_validation import combine_at_origins, cross_validate, standardised_errors

    models, notes = _select_models(task, pooled_season)
    forecasts, parameters, failures = _fit_models(models, task.series)
    notes += failures
    if not forecasts:
        from forecast.timeseries.models.seasonal_profile import SeasonalProfileModel

        profile = SeasonalProfileModel().fit(task.series)
        forecasts, parameters = {"profile": profile.forecast(FORECAST_MONTHS)}, {"profile": dict(profile.parameters)}
    origins: list[OriginForecasts] = []
    if _teaches_every_model(task):
        origins = cross_validate({name: models[name] for name in forecasts if name in models}, task.series)
    errors = standardised_errors(origins, combine_at_origins(origins), task.series) if origins else None
    return _ServiceForecasts(forecasts, parameters, tuple(notes), tuple(origins), errors)


def _fit_models(
    models: Mapping[str, Model], series: TimeSeries
) -> tuple[dict[str, PredictiveNormal], dict[str, Mapping[str, float]], list[Note]]:
    """Forecasts and parameters of the models that fit, and a note for each that does not."""
    from forecast.timeseries.ensemble.cross_validation import FIT_ERRORS

    forecasts: dict[str, PredictiveNormal] = {}
    parameters: dict[str, Mapping[str, float]] = {}
    failures: list[Note] = []
    for name, model in models.items():
        try:
            fitted = model.fit(series)
            forecast = fitted.forecast(FORECAST_MONTHS)
        except ModelFailed as failed:
            failures.append((failed.code, (("model", name),)))
        except FIT_ERRORS:
            failures.append(("model_failed", (("model", name),)))
        else:
            forecasts[name], parameters[name] = forecast, dict(fitted.parameters)
    return forecasts, parameters, failures


def _combine_service(task: FitTask, result: _ServiceForecasts, errors: Mapping[str, StandardisedErrors]) -> Fit:
    """The weighted combination of one service, as wide as the `errors` of all services ask for."""
    from forecast.timeseries.ensemble.cross_validation import combination_weights, evaluate
    from forecast.timeseries.ensemble.interval_calibration import extend, sd_factors

    weights = combination_weights(sorted(result.forecasts), result.origins)
    siblings = [errors[name] for name in sorted(errors) if name != task.service]
    evaluation = evaluate(result.origins, task.series, task.scale, siblings)
    combined = combine(result.forecasts, weights)
    if result.standardised_errors is not None:
        factors = sd_factors([result.standardised_errors, *siblings])
        combined = combined.with_scaled_sd(extend(factors, FORECAST_MONTHS)).with_common_level(COMMON_LEVEL_SHARE)
    noise, persistence = _estimate_noise(task)
    return Fit(
        mean=combined.mean,
        cholesky=cholesky(combined.covariance),
        weights=weights,
        mase=evaluation.mase,
        coverage80=evaluation.coverage80,
        coverage95=evaluation.coverage95,
        checks=evaluation.checks,
        noise=noise,
        persistence=persistence,
        parameters=result.parameters,
        notes=result.notes,
    )


def _estimate_noise(task: FitTask) -> tuple[float | None, float | None]:
    """Noise and persistence that the history teaches, the noise as a share of the mean size of a month."""
    if task.kind == "reconstructed":
        return None, None
    residuals = compute_residuals(task.series)
    residuals = Residuals(residuals.values / max(mean_month_size(task), 1e-12), residuals.df)
    return residuals.noise, residuals.persistence


def mean_month_size(task: FitTask) -> float:
    """Compute the size of a month, of which its noise is a share.

    Parameters
    ----------
    task : FitTask
        A service and its series.

    Returns
    -------
    float
        Mean of the months' absolute values in the unit of the history; 1 on the log scale.
    """
    return 1.0 if task.scale == "log" else float(np.mean(np.abs(task.series.values)))


def _select_models(task: FitTask, pooled_season: Floats | None) -> tuple[Mapping[str, Model], list[Note]]:
    """Models for a history of this length, and notes on it."""
    count = task.series.calendar.count
    params = (("months", str(count)), ("service", task.service))
    if count >= MIN_MONTHS_FOR_MODELS:
        from forecast.timeseries.models import MODELS

        return MODELS, []
    from forecast.timeseries.models.seasonal_naive import SeasonalNaiveModel
    from forecast.timeseries.models.seasonal_profile import SeasonalProfileModel

    profile = SeasonalProfileModel(() if pooled_season is None else tuple(map(float, pooled_season)))
    if count >= SEASON_MONTHS:
        return {"profile": profile, "seasonal_naive": SeasonalNaiveModel()}, [("baseline_short_history", params)]
    note = "baseline_under_a_year_flat" if pooled_season is None else "baseline_under_a_year"
    return {"profile": profile}, [(note, params)]


def _pooled_season(tasks: list[FitTask]) -> Floats | None:
    """(12,): mean season of the services with a year and more; None without any."""
    from forecast.timeseries.models.seasonal_profile import fit_seasonal_profile

    long = [task for task in tasks if task.series.calendar.count >= SEASON_MONTHS and task.scale == "log"]
    if not long:
        return None
    seasons = np.array([fit_seasonal_profile(task.series).season for task in long])
    return np.asarray(seasons.mean(axis=0), float)


HOLIDAY_BY_CURRENCY: Mapping[str, MovingHoliday] = {"VND": TET_HOLIDAY}
"""Currency -> the holiday that moves in its country."""


def holiday_for_currency(currency: str) -> MovingHoliday:
    """Find the holiday that moves in the country of a currency.

    Parameters
    ----------
    currency : str
        ISO 4217 code.

    Returns
    -------
    MovingHoliday
        Its holiday, `NO_HOLIDAY` for a currency without one.
    """
    return HOLIDAY_BY_CURRENCY.get(currency, NO_HOLIDAY)
