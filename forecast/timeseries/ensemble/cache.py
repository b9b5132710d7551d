"""Fits in a folder, each under the hash of all that went into it: what was fitted once is not fitted again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from forecast.arrays import Floats
from forecast.files.cache import Cache, CacheEntry
from forecast.files.fingerprint import code_version
from forecast.timeseries.ensemble.fit import Ensemble, Fit, FitTask
from forecast.timeseries.ensemble.interval_calibration import OriginCheck

FITTING_CODE = ("timeseries/models", "timeseries/panel", "timeseries/ensemble", "stats/scoring.py")
FITTING_LIBRARIES = ("holidays", "numpy", "pandas", "scipy", "statsmodels")


def restore_fits(tasks: list[FitTask], festival: str, folder: Path) -> Ensemble | None:
    """The kept fits of these tasks; None where there are none, or they cannot be read whole."""
    entry = Cache(folder).get(_cache_key(tasks, festival))
    if entry is None:
        return None
    try:
        services = {task.service: _fit_from_entry(entry, task.service) for task in tasks}
    except (KeyError, TypeError, ValueError):
        return None
    return Ensemble(services, entry.arrays.get("correlation"))


def store_fits(tasks: list[FitTask], festival: str, folder: Path, fits: Ensemble) -> None:
    """Leave the fits of these tasks for the next run; a folder that cannot be written is no harm."""
    about = {}
    arrays: dict[str, Floats] = {}
    for service, fit in fits.services.items():
        kept = asdict(fit)
        arrays |= {f"{key}:{service}": kept.pop(key) for key in ("mean", "cholesky")}
        about[service] = kept
    if fits.correlation is not None:
        arrays["correlation"] = fits.correlation
    Cache(folder).put(_cache_key(tasks, festival), about, arrays)


def _fit_from_entry(entry: CacheEntry, service: str) -> Fit:
    """One fit of an entry as it was; KeyError, TypeError or ValueError where it is of another make."""
    kept = dict(entry.metadata[service])
    kept["notes"] = tuple((key, tuple((k, v) for k, v in facts)) for key, facts in kept["notes"])
    kept["checks"] = tuple(_check_from_fields(**check) for check in kept["checks"])
    mean, root = (entry.arrays[f"{key}:{service}"] for key in ("mean", "cholesky"))
    if root.shape != (len(mean), len(mean)):
        raise ValueError("the root is not that of these months")
    return Fit(mean=mean, cholesky=root, **kept)


def fitting_version() -> tuple[str, ...]:
    """The code and the libraries that a fit depends on."""
    return code_version(FITTING_CODE, FITTING_LIBRARIES)


def _cache_key(tasks: list[FitTask], festival: str) -> str:
    """The name of all that a fit depends on."""
    parts: list[object] = [festival, *fitting_version()]
    for task in sorted(tasks, key=lambda task: task.service):
        past = task.series
        parts += [task.service, task.kind, task.scale, past.calendar.first, past.calendar.count]
        parts += [past.values.tobytes(), past.masked.tobytes()]
    return Cache.key("fit", *parts)


def _check_from_fields(first_month: int, **rows: list[float | None]) -> OriginCheck:
    """A check as it was before it was kept."""
    return OriginCheck(first_month, *(tuple(rows[key]) for key in ("mean", "sd", "actual")))  # type: ignore[arg-type]
