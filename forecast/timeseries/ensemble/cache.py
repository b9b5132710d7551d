"""Fits in a folder, each under the hash of all that went into it: what was fitted once is not fitted again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from forecast.arrays import Floats
from forecast.files.cache import Cache, Entry
from forecast.files.fingerprint import code_version
from forecast.timeseries.ensemble.fit import Fit, Fits, Task
from forecast.timeseries.ensemble.interval_calibration import Check

FITTING_CODE = ("timeseries/models", "timeseries/panel", "timeseries/ensemble", "stats/scoring.py")
FITTING_LIBRARIES = ("holidays", "numpy", "pandas", "scipy", "statsmodels")


def restore(tasks: list[Task], festival: str, folder: Path) -> Fits | None:
    """The kept fits of these tasks; None where there are none, or they cannot be read whole."""
    entry = Cache(folder).get(_key(tasks, festival))
    if entry is None:
        return None
    try:
        services = {task.service: _fit(entry, task.service) for task in tasks}
    except (KeyError, TypeError, ValueError):
        return None
    return Fits(services, entry.arrays.get("correlation"))


def keep(tasks: list[Task], festival: str, folder: Path, fits: Fits) -> None:
    """Leave the fits of these tasks for the next run; a folder that cannot be written is no harm."""
    about = {}
    arrays: dict[str, Floats] = {}
    for service, fit in fits.services.items():
        kept = asdict(fit)
        arrays |= {f"{key}:{service}": kept.pop(key) for key in ("mean", "root")}
        about[service] = kept
    if fits.correlation is not None:
        arrays["correlation"] = fits.correlation
    Cache(folder).put(_key(tasks, festival), about, arrays)


def _fit(entry: Entry, service: str) -> Fit:
    """One fit of an entry as it was; KeyError, TypeError or ValueError where it is of another make."""
    kept = dict(entry.facts[service])
    kept["notes"] = tuple((key, tuple((k, v) for k, v in facts)) for key, facts in kept["notes"])
    kept["checks"] = tuple(_check(**check) for check in kept["checks"])
    mean, root = (entry.arrays[f"{key}:{service}"] for key in ("mean", "root"))
    if root.shape != (len(mean), len(mean)):
        raise ValueError("the root is not that of these months")
    return Fit(mean=mean, root=root, **kept)


def fitting_version() -> tuple[str, ...]:
    """The code and the libraries that a fit depends on."""
    return code_version(FITTING_CODE, FITTING_LIBRARIES)


def _key(tasks: list[Task], festival: str) -> str:
    """The name of all that a fit depends on."""
    parts: list[object] = [festival, *fitting_version()]
    for task in sorted(tasks, key=lambda task: task.service):
        past = task.past
        parts += [task.service, task.kind, task.scale, past.calendar.first, past.calendar.count]
        parts += [past.values.tobytes(), past.masked.tobytes()]
    return Cache.key("fit", *parts)


def _check(first: int, **rows: list[float | None]) -> Check:
    """A check as it was before it was kept."""
    return Check(first, *(tuple(rows[key]) for key in ("mean", "sd", "came")))  # type: ignore[arg-type]
