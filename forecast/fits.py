"""Fits of the services of a history: made once, then kept by the content of all that goes in."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from forecast.chance import Floats
from forecast.engines import Engine, Serial
from forecast.errors import OutputError
from forecast.models.mixture import mixture
from forecast.models.model import SEASON, Model, ModelFailed, Outlook, Past, root_of
from forecast.surprises import correlation_of, surprises_of
from forecast.tet import Festival, no_festival, tet
from forecast.widths import Check

if TYPE_CHECKING:
    from forecast.rolling import Asked
    from forecast.widths import Misses

STEPS = 132
"""Months that are always forecast, so that a longer horizon begins with a shorter one: 120, and a year not whole."""
ENOUGH = 36
"""Months from which a history may teach all."""
Kind = Literal["actual", "reconstructed"]
Scale = Literal["log", "raw"]
Note = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Task:
    """One service to be fitted."""

    service: str
    kind: Kind
    scale: Scale
    past: Past


@dataclass(frozen=True)
class Fit:
    """What the models say of one service; all of it can be kept."""

    mean: Floats
    """(STEPS,) after the last month, on the scale of the past; fewer where they were pinned."""
    root: Floats
    """(STEPS, STEPS), or as many, lower triangular."""
    weights: Mapping[str, float]
    mase: float | None
    coverage80: float | None
    coverage95: float | None
    checks: tuple[Check, ...]
    """What the blend would have said at past months, of which the three before are."""
    noise: float | None
    persistence: float | None
    parameters: Mapping[str, Mapping[str, float]]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Fits:
    """The fits of all services, and how their surprises move together."""

    services: Mapping[str, Fit]
    correlation: Floats | None
    """(services, services), by sorted name; None when the history may not teach it."""


def fits_of(
    tasks: list[Task], festival: str, kept: Path | None, months: int = STEPS, engine: Engine | None = None
) -> Fits:
    """Restore the fits from the folder `kept`, or make them and leave them there; of `months` ahead or more.

    An `engine` asks the models of each service where it works, one service a task.
    """
    path = kept / f"fit-{_key(tasks, festival)}.npz" if kept else None
    if path and (found := _restore(path, tasks)) and all(len(fit.mean) >= months for fit in found.services.values()):
        return found
    with _undisturbed(tasks):
        found = _fit_all(tasks, engine or Serial())
    if path:
        _keep(path, found)
    return found


def keep(tasks: list[Task], festival: str, kept: Path, fits: Fits) -> None:
    """Leave fits in the folder `kept` for `fits_of`, in the place of what it would fit."""
    _keep(kept / f"fit-{_key(tasks, festival)}.npz", fits)


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
            from forecast.models import preload

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
    made_by = (code_digest(), *versions()) if engine.afar else ()
    work = _Work(tasks, _pooled_season(tasks), made_by)
    with closing(engine.map(_ask_one, work, range(len(tasks)))) as answers:
        asked = {task.service: answer for task, answer in zip(tasks, answers, strict=True)}
    misses = {name: each.misses for name, each in asked.items() if each.misses is not None}
    return asked, {task.service: _fit(task, asked[task.service], misses) for task in tasks}


def _ask_one(work: _Work, number: int) -> _Asked:
    """Ask of one service, by its number; OutputError where this is not the program that asks."""
    if not work.made_by:
        return _ask(work.tasks[number], work.pooled)
    if work.made_by != (code_digest(), *versions()):
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
    from forecast.rolling import BROKEN, ask, blends_of, misses_of

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
        from forecast.models.profile import ProfileModel

        fitted = ProfileModel().fit(task.past)
        outlooks, parameters = {"profile": fitted.forecast(STEPS)}, {"profile": dict(fitted.parameters)}
    origins: list[Asked] = []
    if task.kind == "actual" and task.past.calendar.count >= ENOUGH:
        origins = ask({name: models[name] for name in outlooks if name in models}, task.past)
    misses = misses_of(origins, blends_of(origins), task.past) if origins else None
    return _Asked(outlooks, parameters, tuple(notes), tuple(origins), misses)


def _fit(task: Task, asked: _Asked, misses: Mapping[str, Misses]) -> Fit:
    """Weigh and blend what the models of one service say, as wide as the misses of all services ask for."""
    from forecast.rolling import judge, weights_of
    from forecast.widths import stretched, widths_of

    weights = weights_of(sorted(asked.models), asked.origins)
    siblings = [misses[name] for name in sorted(misses) if name != task.service]
    judgement = judge(asked.origins, task.past, task.scale, siblings)
    blend = mixture(asked.models, weights)
    if asked.misses is not None:
        widths = widths_of([asked.misses, *siblings])
        blend = blend.widened(stretched(widths, STEPS))
    scores = (judgement.mase, judgement.coverage80, judgement.coverage95, judgement.checks)
    root = root_of(blend.covariance)
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
        from forecast.models import MODELS

        return MODELS, []
    from forecast.models.profile import ProfileModel
    from forecast.models.seasonal_naive import SeasonalNaive

    profile = ProfileModel(() if pooled is None else tuple(map(float, pooled)))
    if count >= SEASON:
        return {"profile": profile, "seasonal_naive": SeasonalNaive()}, [("baseline_short_history", facts)]
    note = "baseline_under_a_year_flat" if pooled is None else "baseline_under_a_year"
    return {"profile": profile}, [(note, facts)]


def _pooled_season(tasks: list[Task]) -> Floats | None:
    """The mean season of the services with a year and more, (12,); None without any."""
    from forecast.models.profile import profile_of

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


def _key(tasks: list[Task], festival: str) -> str:
    """Hash of all that a fit depends on."""
    content = hashlib.sha256()
    for part in (festival, code_digest(), *versions()):
        content.update(part.encode() + b"\0")
    for task in sorted(tasks, key=lambda task: task.service):
        about = (task.service, task.kind, task.scale, task.past.calendar.first, task.past.calendar.count)
        content.update(json.dumps(about).encode())
        content.update(task.past.values.tobytes() + task.past.masked.tobytes())
    return content.hexdigest()[:32]


@cache
def code_digest() -> str:
    """Hash of the code that fits."""
    folder = Path(__file__).parent
    files = sorted(folder.glob("models/*.py"))
    files += [folder / f"{name}.py" for name in ("fits", "rolling", "scores", "surprises", "tet", "widths")]
    content = hashlib.sha256()
    for file in files:
        content.update(file.name.encode() + file.read_bytes())
    return content.hexdigest()


@cache
def versions() -> tuple[str, ...]:
    """The libraries that a fit depends on, with their versions."""
    from importlib.metadata import version

    return tuple(f"{name} {version(name)}" for name in ("holidays", "numpy", "pandas", "scipy", "statsmodels"))


def _restore(path: Path, tasks: list[Task]) -> Fits | None:
    """The kept fits; None where there are none, or they cannot be read whole."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            about = json.loads(bytes(found["about"]).decode())
            services = {}
            for task in tasks:
                kept = about[task.service]
                kept["notes"] = tuple((key, tuple((k, v) for k, v in facts)) for key, facts in kept["notes"])
                kept["checks"] = tuple(_check(**check) for check in kept["checks"])
                arrays = {key: found[f"{key}:{task.service}"] for key in ("mean", "root")}
                if arrays["root"].shape != (len(arrays["mean"]), len(arrays["mean"])):
                    return None
                services[task.service] = Fit(**arrays, **kept)
            return Fits(services, found.get("correlation"))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None


def _check(first: int, **rows: list[float | None]) -> Check:
    """A check as it was before it was kept."""
    return Check(first, *(tuple(rows[key]) for key in ("mean", "sd", "came")))  # type: ignore[arg-type]


def _keep(path: Path, fits: Fits) -> None:
    """Leave the fits for the next run; a folder that cannot be written is no harm."""
    about = {}
    arrays: dict[str, Floats] = {}
    for service, fit in fits.services.items():
        kept = asdict(fit)
        arrays |= {f"{key}:{service}": kept.pop(key) for key in ("mean", "root")}
        about[service] = kept
    if fits.correlation is not None:
        arrays["correlation"] = fits.correlation
    content = np.frombuffer(json.dumps(about).encode(), np.uint8)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".fit-", suffix=".npz")
        try:
            with os.fdopen(descriptor, "wb") as file:
                np.savez(file, about=content, allow_pickle=False, **arrays)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError:
        return
