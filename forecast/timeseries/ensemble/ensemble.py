"""Fits of the services of a history: every model is asked, now and at past months, and what they say is blended."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecast.arrays import Floats
from forecast.engines import Engine, Serial
from forecast.errors import OutputError
from forecast.periods import SEASON
from forecast.stats.cholesky import cholesky
from forecast.timeseries.ensemble.cache import fitting_version, keep, restore
from forecast.timeseries.ensemble.fit import Fit, Fits, Note, Task
from forecast.timeseries.ensemble.residuals import correlation_of, surprises_of
from forecast.timeseries.models.base import Model, ModelFailed, Outlook
from forecast.timeseries.models.combination import mixture
from forecast.timeseries.models.moving_holidays import Festival, no_festival, tet

if TYPE_CHECKING:
    from forecast.timeseries.ensemble.cross_validation import Asked
    from forecast.timeseries.ensemble.interval_calibration import Misses

STEPS = 132
"""Months that are always forecast, so that a longer horizon begins with a shorter one: 120, and a year not whole."""
ENOUGH = 36
"""Months from which a history may teach all."""


def fits_of(
    tasks: list[Task], festival: str, kept: Path | None, months: int = STEPS, engine: Engine | None = None
) -> Fits:
    """Restore the fits from the folder `kept`, or make them and leave them there; of `months` ahead or more.

    An `engine` asks the models of each service where it works, one service a task.
    """
    found = restore(tasks, festival, kept) if kept else None
    if found and all(len(fit.mean) >= months for fit in found.services.values()):
        return found
    with _undisturbed(tasks):
        found = _fit_all(tasks, engine or Serial())
    if kept:
        keep(tasks, festival, kept, found)
    return found


def said_of(tasks: list[Task]) -> dict[str, tuple[Mapping[str, Outlook], Fit]]:
    """Service -> what each model says of the months ahead, and the fit that blends them; nothing is kept."""
    with _undisturbed(tasks):
        asked, services = _fit_each(tasks, Serial())
    return {name: (asked[name].models, fit) for name, fit in services.items()}


@contextmanager
def _undisturbed(tasks: list[Task]) -> Iterator[None]:
    """Fit in one thread, without the warnings of the libraries."""
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings():
        if any(task.past.calendar.count >= ENOUGH for task in tasks):
            from forecast.timeseries.models import preload

            preload()  # statsmodels sets filters of its own, so it comes before ours
        warnings.simplefilter("ignore")  # a fit that warns is judged by its outlook
        with threadpool_limits(1), np.errstate(all="ignore"):
            yield


@dataclass(frozen=True)
class _Asked:
    """One service: what each model says, and what they would have said."""

    models: Mapping[str, Outlook]
    parameters: Mapping[str, Mapping[str, float]]
    notes: tuple[Note, ...]
    origins: tuple[Asked, ...]
    misses: Misses | None
    """Of the blend at the origins; None without any."""


@dataclass(frozen=True)
class _Work:
    """What is asked of the models of each service."""

    tasks: list[Task]
    pooled: Floats | None
    made_by: tuple[str, ...]
    """What the code and the libraries must be where the work is done; empty where they cannot be others."""


def _fit_each(tasks: list[Task], engine: Engine) -> tuple[dict[str, _Asked], dict[str, Fit]]:
    made_by = fitting_version() if engine.afar else ()
    work = _Work(tasks, _pooled_season(tasks), made_by)
    with closing(engine.map(_ask_one, work, range(len(tasks)))) as answers:
        asked = {task.service: answer for task, answer in zip(tasks, answers, strict=True)}
    misses = {name: each.misses for name, each in asked.items() if each.misses is not None}
    return asked, {task.service: _fit(task, asked[task.service], misses) for task in tasks}


def _ask_one(work: _Work, number: int) -> _Asked:
    """Ask of one service, by its number; OutputError where this is not the program that asks."""
    if not work.made_by:
        return _ask(work.tasks[number], work.pooled)
    if work.made_by != fitting_version():
        raise OutputError("worker_differs")
    with _undisturbed([work.tasks[number]]):
        return _ask(work.tasks[number], work.pooled)


def _fit_all(tasks: list[Task], engine: Engine) -> Fits:
    _, services = _fit_each(tasks, engine)
    teach = [task for task in tasks if task.kind == "actual" and task.past.calendar.count >= ENOUGH]
    correlation = None
    if len(teach) == len(tasks) > 1:
        found = {task.service: (task.past.calendar.last, surprises_of(task.past)) for task in teach}
        correlation = correlation_of(tuple(sorted(services)), found)
    return Fits(services, correlation)


def _ask(task: Task, pooled: Floats | None) -> _Asked:
    """Ask every model of a service, now and at the rolling origins."""
    from forecast.timeseries.ensemble.cross_validation import BROKEN, ask, blends_of, misses_of

    models, notes = _models_of(task, pooled)
    outlooks: dict[str, Outlook] = {}
    parameters: dict[str, Mapping[str, float]] = {}
    for name, model in models.items():
        try:
            fitted = model.fit(task.past)
            outlook = fitted.forecast(STEPS)
        except ModelFailed as failed:
            notes.append((failed.code, (("model", name),)))
        except BROKEN:
            notes.append(("model_failed", (("model", name),)))
        else:
            outlooks[name], parameters[name] = outlook, dict(fitted.parameters)
    if not outlooks:
        from forecast.timeseries.models.seasonal_profile import ProfileModel

        fitted = ProfileModel().fit(task.past)
        outlooks, parameters = {"profile": fitted.forecast(STEPS)}, {"profile": dict(fitted.parameters)}
    origins: list[Asked] = []
    if task.kind == "actual" and task.past.calendar.count >= ENOUGH:
        origins = ask({name: models[name] for name in outlooks if name in models}, task.past)
    misses = misses_of(origins, blends_of(origins), task.past) if origins else None
    return _Asked(outlooks, parameters, tuple(notes), tuple(origins), misses)


def _fit(task: Task, asked: _Asked, misses: Mapping[str, Misses]) -> Fit:
    """Weigh and blend what the models of one service say, as wide as the misses of all services ask for."""
    from forecast.timeseries.ensemble.cross_validation import judge, weights_of
    from forecast.timeseries.ensemble.interval_calibration import stretched, widths_of

    weights = weights_of(sorted(asked.models), asked.origins)
    siblings = [misses[name] for name in sorted(misses) if name != task.service]
    judgement = judge(asked.origins, task.past, task.scale, siblings)
    blend = mixture(asked.models, weights)
    if asked.misses is not None:
        widths = widths_of([asked.misses, *siblings])
        blend = blend.widened(stretched(widths, STEPS))
    scores = (judgement.mase, judgement.coverage80, judgement.coverage95, judgement.checks)
    root = cholesky(blend.covariance)
    return Fit(blend.mean, root, weights, *scores, *_taught(task), asked.parameters, asked.notes)


def _taught(task: Task) -> tuple[float | None, float | None]:
    """Noise and persistence that the history teaches."""
    if task.kind == "reconstructed":
        return None, None
    surprises = surprises_of(task.past)
    usual = 1.0 if task.scale == "log" else max(abs(float(np.mean(task.past.values))), 1e-12)
    if task.scale == "raw":
        surprises = type(surprises)(surprises.rest / usual, surprises.freedom)
    return surprises.noise, surprises.persistence


def _models_of(task: Task, pooled: Floats | None) -> tuple[Mapping[str, Model], list[Note]]:
    """The models that a history of this length may be read with, and what is to be said of it."""
    count = task.past.calendar.count
    facts = (("months", str(count)), ("service", task.service))
    if count >= ENOUGH:
        from forecast.timeseries.models import MODELS

        return MODELS, []
    from forecast.timeseries.models.seasonal_naive import SeasonalNaive
    from forecast.timeseries.models.seasonal_profile import ProfileModel

    profile = ProfileModel(() if pooled is None else tuple(map(float, pooled)))
    if count >= SEASON:
        return {"profile": profile, "seasonal_naive": SeasonalNaive()}, [("baseline_short_history", facts)]
    note = "baseline_under_a_year_flat" if pooled is None else "baseline_under_a_year"
    return {"profile": profile}, [(note, facts)]


def _pooled_season(tasks: list[Task]) -> Floats | None:
    """The mean season of the services with a year and more, (12,); None without any."""
    from forecast.timeseries.models.seasonal_profile import profile_of

    known = [task for task in tasks if task.past.calendar.count >= SEASON and task.scale == "log"]
    if not known:
        return None
    seasons = np.array([profile_of(task.past).season for task in known])
    return np.asarray(seasons.mean(axis=0), float)


FESTIVALS: Mapping[str, Festival] = {"VND": tet}
"""Currency -> the festival that moves in its country."""


def festival_of(currency: str) -> Festival:
    """What moves in the calendar of the country whose money this is."""
    return FESTIVALS.get(currency, no_festival)
