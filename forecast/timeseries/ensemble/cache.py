"""Fits in a folder, each under the hash of all that went into it: what was fitted once is not fitted again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from forecast.arrays import Floats
from forecast.engines.engine import Engine
from forecast.files.cache import Cache, CacheEntry
from forecast.timeseries.ensemble.ensemble import FORECAST_MONTHS, Ensemble, Fit, FitTask, fit_ensemble, fitting_version
from forecast.timeseries.ensemble.interval_calibration import OriginCheck


def fit_with_cache(
    tasks: list[FitTask],
    currency: str,
    folder: Path | None,
    months: int = FORECAST_MONTHS,
    engine: Engine | None = None,
) -> Ensemble:
    """Restore the fits of `months` ahead or more from the folder, or make them and leave them there.

    An `engine` asks the models of each service where it works, one service a task.
    """
    fits = restore_fits(tasks, currency, folder) if folder else None
    if fits and all(len(fit.mean) >= months for fit in fits.services.values()):
        return fits
    fits = fit_ensemble(tasks, engine)
    if folder:
        store_fits(tasks, currency, folder, fits)
    return fits


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
