"""Fits of the services of a history: every model is asked, now and at past months, and what they say is blended."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from forecast.arrays import Floats
from forecast.engines.engine import Engine
from forecast.engines.serial import SerialEngine
from forecast.errors import OutputError
from forecast.files.fingerprint import code_version
from forecast.periods import SEASON_MONTHS
from forecast.stats.cholesky import cholesky
from forecast.timeseries.ensemble.interval_calibration import OriginCheck
from forecast.timeseries.ensemble.residuals import compute_residuals, residual_correlation
from forecast.timeseries.models.base import Model, ModelFailed, PredictiveNormal, TimeSeries
from forecast.timeseries.models.combination import combine
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY, TET_HOLIDAY, MovingHoliday

if TYPE_CHECKING:
    from forecast.timeseries.ensemble.cross_validation import OriginForecasts
    from forecast.timeseries.ensemble.interval_calibration import StandardisedErrors

FORECAST_MONTHS = 132
"""Months that are always forecast, so that a longer horizon begins with a shorter one: 120, and a year not whole."""
MIN_MONTHS_FOR_MODELS = 36
"""Months from which a history may teach all."""


FITTING_CODE = ("timeseries/models", "timeseries/panel", "timeseries/ensemble", "stats/scoring.py")
FITTING_LIBRARIES = ("holidays", "numpy", "pandas", "scipy", "statsmodels")

HistoryKind = Literal["actual", "reconstructed"]
ValueScale = Literal["log", "raw"]
Note = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class FitTask:
    """One service to be fitted."""

    service: str
    kind: HistoryKind
    scale: ValueScale
    series: TimeSeries


@dataclass(frozen=True)
class Fit:
    """What the models say of one service; all of it can be kept."""

    mean: Floats
    """(`fits.STEPS`,) after the last month, on the scale of the past; fewer where they were pinned."""
    cholesky: Floats
    """(months of the mean, months of the mean), lower triangular."""
    weights: Mapping[str, float]
    mase: float | None
    coverage80: float | None
    coverage95: float | None
    checks: tuple[OriginCheck, ...]
    """What the blend would have said at past months, of which the three before are."""
    noise: float | None
    persistence: float | None
    parameters: Mapping[str, Mapping[str, float]]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Ensemble:
    """The fits of all services, and how their surprises move together."""

    services: Mapping[str, Fit]
    correlation: Floats | None
    """(services, services), by sorted name; None when the history may not teach it."""


def fit_ensemble(tasks: list[FitTask], engine: Engine | None = None) -> Ensemble:
    """Fit and blend the models of every service; an `engine` fits one service a task where it works."""
    with _single_threaded(tasks):
        return _fit_all(tasks, engine or SerialEngine())


def fitting_version() -> tuple[str, ...]:
    """The code and the libraries that a fit depends on."""
    return code_version(FITTING_CODE, FITTING_LIBRARIES)


def forecast_by_model(tasks: list[FitTask]) -> dict[str, tuple[Mapping[str, PredictiveNormal], Fit]]:
    """Service -> what each model says of the months ahead, and the fit that blends them; nothing is kept."""
    with _single_threaded(tasks):
        asked, services = _fit_each(tasks, SerialEngine())
    return {name: (asked[name].forecasts, fit) for name, fit in services.items()}


@contextmanager
def _single_threaded(tasks: list[FitTask]) -> Iterator[None]:
    """Fit in one thread, without the warnings of the libraries."""
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings():
        if any(task.series.calendar.count >= MIN_MONTHS_FOR_MODELS for task in tasks):
            from forecast.timeseries.models import preload

            preload()  # statsmodels sets filters of its own, so it comes before ours
        warnings.simplefilter("ignore")  # a fit that warns is judged by its outlook
        with threadpool_limits(1), np.errstate(all="ignore"):
            yield


@dataclass(frozen=True)
class _ServiceForecasts:
    """One service: what each model says, and what they would have said."""

    forecasts: Mapping[str, PredictiveNormal]
    parameters: Mapping[str, Mapping[str, float]]
    notes: tuple[Note, ...]
    origins: tuple[OriginForecasts, ...]
    standardised_errors: StandardisedErrors | None
    """Of the blend at the origins; None without any."""


@dataclass(frozen=True)
class _FitJob:
    """What is asked of the models of each service."""

    tasks: list[FitTask]
    pooled_season: Floats | None
    code_version: tuple[str, ...]
    """What the code and the libraries must be where the work is done; empty where they cannot be others."""


def _fit_each(tasks: list[FitTask], engine: Engine) -> tuple[dict[str, _ServiceForecasts], dict[str, Fit]]:
    made_by = fitting_version() if engine.is_remote else ()
    work = _FitJob(tasks, _pooled_season(tasks), made_by)
    with closing(engine.map(_run_job, work, range(len(tasks)))) as answers:
        asked = {task.service: answer for task, answer in zip(tasks, answers, strict=True)}
    misses = {name: each.standardised_errors for name, each in asked.items() if each.standardised_errors is not None}
    return asked, {task.service: _combine_service(task, asked[task.service], misses) for task in tasks}


def _run_job(work: _FitJob, number: int) -> _ServiceForecasts:
    """Ask of one service, by its number; OutputError where this is not the program that asks."""
    if not work.code_version:
        return _forecast_service(work.tasks[number], work.pooled_season)
    if work.code_version != fitting_version():
        raise OutputError("worker_differs")
    with _single_threaded([work.tasks[number]]):
        return _forecast_service(work.tasks[number], work.pooled_season)


def _fit_all(tasks: list[FitTask], engine: Engine) -> Ensemble:
    _, services = _fit_each(tasks, engine)
    teach = [task for task in tasks if task.kind == "actual" and task.series.calendar.count >= MIN_MONTHS_FOR_MODELS]
    correlation = None
    if len(teach) == len(tasks) > 1:
        found = {task.service: (task.series.calendar.last, compute_residuals(task.series)) for task in teach}
        correlation = residual_correlation(tuple(sorted(services)), found)
    return Ensemble(services, correlation)


def _forecast_service(task: FitTask, pooled: Floats | None) -> _ServiceForecasts:
    """Ask every model of a service, now and at the rolling origins."""
    from forecast.timeseries.ensemble.cross_validation import (
        FIT_ERRORS,
        combine_at_origins,
        cross_validate,
        standardised_errors,
    )

    models, notes = _select_models(task, pooled)
    outlooks: dict[str, PredictiveNormal] = {}
    parameters: dict[str, Mapping[str, float]] = {}
    for name, model in models.items():
        try:
            fitted = model.fit(task.series)
            outlook = fitted.forecast(FORECAST_MONTHS)
        except ModelFailed as failed:
            notes.append((failed.code, (("model", name),)))
        except FIT_ERRORS:
            notes.append(("model_failed", (("model", name),)))
        else:
            outlooks[name], parameters[name] = outlook, dict(fitted.parameters)
    if not outlooks:
        from forecast.timeseries.models.seasonal_profile import SeasonalProfileModel

        fitted = SeasonalProfileModel().fit(task.series)
        outlooks, parameters = {"profile": fitted.forecast(FORECAST_MONTHS)}, {"profile": dict(fitted.parameters)}
    origins: list[OriginForecasts] = []
    if task.kind == "actual" and task.series.calendar.count >= MIN_MONTHS_FOR_MODELS:
        origins = cross_validate({name: models[name] for name in outlooks if name in models}, task.series)
    misses = standardised_errors(origins, combine_at_origins(origins), task.series) if origins else None
    return _ServiceForecasts(outlooks, parameters, tuple(notes), tuple(origins), misses)


def _combine_service(task: FitTask, asked: _ServiceForecasts, misses: Mapping[str, StandardisedErrors]) -> Fit:
    """Weigh and blend what the models of one service say, as wide as the misses of all services ask for."""
    from forecast.timeseries.ensemble.cross_validation import combination_weights, evaluate
    from forecast.timeseries.ensemble.interval_calibration import extend, sd_factors

    weights = combination_weights(sorted(asked.forecasts), asked.origins)
    siblings = [misses[name] for name in sorted(misses) if name != task.service]
    judgement = evaluate(asked.origins, task.series, task.scale, siblings)
    blend = combine(asked.forecasts, weights)
    if asked.standardised_errors is not None:
        widths = sd_factors([asked.standardised_errors, *siblings])
        blend = blend.with_scaled_sd(extend(widths, FORECAST_MONTHS))
    scores = (judgement.mase, judgement.coverage80, judgement.coverage95, judgement.checks)
    root = cholesky(blend.covariance)
    return Fit(blend.mean, root, weights, *scores, *_estimate_noise(task), asked.parameters, asked.notes)


def _estimate_noise(task: FitTask) -> tuple[float | None, float | None]:
    """Noise and persistence that the history teaches."""
    if task.kind == "reconstructed":
        return None, None
    surprises = compute_residuals(task.series)
    usual = 1.0 if task.scale == "log" else max(abs(float(np.mean(task.series.values))), 1e-12)
    if task.scale == "raw":
        surprises = type(surprises)(surprises.values / usual, surprises.df)
    return surprises.noise, surprises.persistence


def _select_models(task: FitTask, pooled: Floats | None) -> tuple[Mapping[str, Model], list[Note]]:
    """The models that a history of this length may be read with, and what is to be said of it."""
    count = task.series.calendar.count
    facts = (("months", str(count)), ("service", task.service))
    if count >= MIN_MONTHS_FOR_MODELS:
        from forecast.timeseries.models import MODELS

        return MODELS, []
    from forecast.timeseries.models.seasonal_naive import SeasonalNaiveModel
    from forecast.timeseries.models.seasonal_profile import SeasonalProfileModel

    profile = SeasonalProfileModel(() if pooled is None else tuple(map(float, pooled)))
    if count >= SEASON_MONTHS:
        return {"profile": profile, "seasonal_naive": SeasonalNaiveModel()}, [("baseline_short_history", facts)]
    note = "baseline_under_a_year_flat" if pooled is None else "baseline_under_a_year"
    return {"profile": profile}, [(note, facts)]


def _pooled_season(tasks: list[FitTask]) -> Floats | None:
    """The mean season of the services with a year and more, (12,); None without any."""
    from forecast.timeseries.models.seasonal_profile import fit_seasonal_profile

    known = [task for task in tasks if task.series.calendar.count >= SEASON_MONTHS and task.scale == "log"]
    if not known:
        return None
    seasons = np.array([fit_seasonal_profile(task.series).season for task in known])
    return np.asarray(seasons.mean(axis=0), float)


HOLIDAY_BY_CURRENCY: Mapping[str, MovingHoliday] = {"VND": TET_HOLIDAY}
"""Currency -> the festival that moves in its country."""


def holiday_for_currency(currency: str) -> MovingHoliday:
    """What moves in the calendar of the country whose money this is."""
    return HOLIDAY_BY_CURRENCY.get(currency, NO_HOLIDAY)
