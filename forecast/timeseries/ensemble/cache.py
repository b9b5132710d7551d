"""Fits in a folder, each under the hash of all that went into it: a fit is made once."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from forecast.arrays import Floats
from forecast.engines.engine import Engine
from forecast.files.cache import Cache, CacheEntry
from forecast.timeseries.ensemble.ensemble import FORECAST_MONTHS, Ensemble, Fit, FitTask, fit_ensemble, fitting_version
from forecast.timeseries.ensemble.interval_calibration import OriginCheck
from forecast.timeseries.ensemble.stored_fit import check_correlation, check_fit
from forecast.timeseries.ensemble.sum_scores import SumScore

__all__ = ["fit_with_cache", "store_fits"]


def fit_with_cache(
    tasks: list[FitTask],
    currency: str,
    folder: Path | None,
    months: int = FORECAST_MONTHS,
    engine: Engine | None = None,
) -> Ensemble:
    """Restore the fits from a folder, or make them and store them there.

    Parameters
    ----------
    tasks : list of FitTask
        Services to fit.
    currency : str
        ISO 4217 code; chooses the moving holiday.
    folder : Path or None
        Folder of the cache; None fits without one.
    months : int
        Months ahead that a stored fit must have.
    engine : Engine, optional
        Fits one service a task where it works; by default in this process.

    Returns
    -------
    Ensemble
        The fits of all tasks.
    """
    stored = restore_fits(tasks, currency, folder) if folder else None
    if stored and all(len(fit.mean) >= months for fit in stored.services.values()):
        return stored
    fits = fit_ensemble(tasks, engine)
    if folder:
        store_fits(tasks, currency, folder, fits)
    return fits


def restore_fits(tasks: list[FitTask], currency: str, folder: Path) -> Ensemble | None:
    """The stored fits of these tasks; None where there are none, or they cannot be read in full."""
    entry = Cache(folder).get(_cache_key(tasks, currency))
    if entry is None:
        return None
    try:
        services = {task.service: _fit_from_entry(entry, task.service) for task in tasks}
        correlation = entry.arrays.get("correlation")
        if correlation is not None:
            correlation = check_correlation(correlation, len(tasks))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return Ensemble(services, correlation)


def store_fits(tasks: list[FitTask], currency: str, folder: Path, fits: Ensemble) -> None:
    """Store the fits of these tasks for the next run; a folder that cannot be written is no error.

    Parameters
    ----------
    tasks : list of FitTask
        Services that were fitted.
    currency : str
        ISO 4217 code.
    folder : Path
        Folder of the cache.
    fits : Ensemble
        Their fits.
    """
    metadata = {}
    arrays: dict[str, Floats] = {}
    for service, fit in fits.services.items():
        fields = asdict(fit)
        arrays |= {f"{key}:{service}": fields.pop(key) for key in ("mean", "cholesky")}
        metadata[service] = fields
    if fits.correlation is not None:
        arrays["correlation"] = fits.correlation
    Cache(folder).put(_cache_key(tasks, currency), metadata, arrays)


def _fit_from_entry(entry: CacheEntry, service: str) -> Fit:
    """One fit of an entry; KeyError, TypeError, ValueError or AttributeError where the entry has another form."""
    fields = dict(entry.metadata[service])
    fields["notes"] = tuple((key, tuple((k, v) for k, v in params)) for key, params in fields["notes"])
    fields["checks"] = tuple(_check_from_fields(**check) for check in fields["checks"])
    mean, factor = (entry.arrays[f"{key}:{service}"] for key in ("mean", "cholesky"))
    return check_fit(Fit(mean=mean, cholesky=factor, **fields))


def _cache_key(tasks: list[FitTask], currency: str) -> str:
    """Hash of all that a fit depends on: code, libraries, holiday, and each series with its months before cleaning."""
    parts: list[object] = [currency, *fitting_version()]
    for task in sorted(tasks, key=lambda task: task.service):
        series = task.series
        source = series.source or series  # cross-validation cleans it again at each origin
        parts += [task.service, task.kind, task.scale, series.calendar.first, series.calendar.count]
        parts += [array.tobytes() for each in (series, source) for array in (each.values, each.masked)]
    return Cache.key("fit", *parts)


def _check_from_fields(first_month: int, sums: list[dict[str, Any]], **columns: list[float | None]) -> OriginCheck:
    """The check of an origin from its stored fields."""
    mean, sd, actual = (tuple(columns[key]) for key in ("mean", "sd", "actual"))
    return OriginCheck(first_month, mean, sd, actual, tuple(SumScore(**score) for score in sums))  # type: ignore[arg-type]
