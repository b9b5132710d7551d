"""Fits in a manifest, so that another machine simulates the same run without fitting anything.

Numbers are decimal texts that give back the very same float. Of every service the combination is stored: mean and
Cholesky factor of the months that the plan needs, noise and persistence, and the series that it was fitted to.
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecast.arrays import Floats
from forecast.errors import InputError, Location, Problem
from forecast.files.paths import real_path
from forecast.files.stored_json import MAX_JSON_BYTES, changed_entries, read_json_object
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.ensemble.ensemble import Ensemble, Fit, FitTask
from forecast.timeseries.ensemble.interval_calibration import OriginCheck
from forecast.timeseries.ensemble.stored_fit import check_correlation, check_fit, parse_pinned
from forecast.timeseries.ensemble.sum_scores import SumLength, SumScore

__all__ = ["COMBINATION_KEY", "PinnedFits", "pin_parameters", "read_pinned_fits", "restore_pinned", "serialise_fit"]

COMBINATION_KEY = "blend"
"""Key of the combination beside the models, in the parameters of a service."""
MAX_RELATIVE_DIFFERENCE = 1e-9
"""Relative difference of a month beyond which the series is another one."""
MANIFEST_FILE = "manifest.json"
MAX_ENTRIES_CHARACTERS = 300
"""Characters of the names of entries that a message shows."""


@dataclass(frozen=True)
class PinnedFits:
    """The fits of a manifest."""

    file: str
    """Path as the user wrote it, for problems."""
    combinations: Mapping[str, Mapping[str, Any]]
    """Service -> its combination, from `serialise_fit`."""
    models: Mapping[str, Mapping[str, Any]]
    """Service -> model -> its parameters."""
    history_digest: str
    """SHA-256 of the history that they were fitted to."""

    @property
    def digest(self) -> str:
        """SHA-256 of the combinations and their history: two pins that differ make two runs."""
        content = json.dumps([self.history_digest, self.combinations], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()


def serialise_fit(task: FitTask, fits: Ensemble, months: int, history_digest: str) -> dict[str, Any]:
    """Serialise the combination of one service.

    Parameters
    ----------
    task : FitTask
        The service and its series.
    fits : Ensemble
        Fits of all services.
    months : int
        Months ahead to store, at least twelve.
    history_digest : str
        SHA-256 of the history.

    Returns
    -------
    dict of str to Any
        The combination as JSON.
    """
    fit, names = fits.services[task.service], sorted(fits.services)
    count = min(max(months, SEASON_MONTHS), len(fit.mean))
    row = None if fits.correlation is None else fits.correlation[names.index(task.service)]
    return {
        "history": history_digest,
        "first": task.series.calendar.first,
        "scale": task.scale,
        "past": _decimal_text(task.series.values),
        "masked": "".join(str(int(month)) for month in task.series.masked),
        "mean": _decimal_text(fit.mean[:count]),
        "root": [_decimal_text(fit.cholesky[month, : month + 1]) for month in range(count)],
        "weights": dict(fit.weights),
        "mase": fit.mase,
        "coverage80": fit.coverage80,
        "coverage95": fit.coverage95,
        "noise": fit.noise,
        "persistence": fit.persistence,
        "correlation": None if row is None else dict(zip(names, map(float, row), strict=True)),
        "notes": [[key, [list(param) for param in params]] for key, params in fit.notes],
        "checks": [
            [
                check.first_month,
                *map(_decimal_text, (check.mean, check.sd, check.actual)),
                [[score.length, _decimal_text(_sum_numbers(score))] for score in check.sums],
            ]
            for check in fit.checks
        ],
    }


def read_pinned_fits(path: Path) -> PinnedFits:
    """Read the fits of a run.

    Parameters
    ----------
    path : Path
        A manifest, or the folder of a run.

    Returns
    -------
    PinnedFits
        The combinations and the parameters of their models.

    Raises
    ------
    InputError
        The file cannot be read, holds no fits, or is not as its run wrote it.
    """
    shown = str(path)
    try:
        content = read_json_object(real_path(path / MANIFEST_FILE if path.is_dir() else path))
        parameters = content["parameters"]
        if not isinstance(parameters, dict):
            raise ValueError("no parameters of services")
        if edited := changed_entries(content):
            raise InputError([_problem(shown, "pin_edited", names=", ".join(edited)[:MAX_ENTRIES_CHARACTERS])])
    except OSError as fault:
        if fault.errno == errno.EFBIG:
            most = f"{MAX_JSON_BYTES // 2**20} MB"
            raise InputError.of(Location(shown), "--reuse-fit", "file_too_large", file=shown, most=most) from fault
        raise InputError([_problem(shown, "pin_not_read", reason=fault.strerror or "")]) from fault
    except (ValueError, KeyError) as fault:
        raise InputError([_problem(shown, "pin_without_fits")]) from fault
    return pin_parameters(parameters, shown)


def pin_parameters(parameters: Any, shown: str) -> PinnedFits:
    """Take fits from the parameters of a run.

    Parameters
    ----------
    parameters : object
        JSON that was read back: service -> model -> its parameters, as a manifest has them.
    shown : str
        File that holds them, for problems.

    Returns
    -------
    PinnedFits
        The combinations and the parameters of their models.

    Raises
    ------
    InputError
        They hold no fits.
    """
    try:
        combinations = {
            service: models[COMBINATION_KEY] for service, models in parameters.items() if COMBINATION_KEY in models
        }
        parsed = {service: parse_pinned(combination) for service, combination in combinations.items()}
        (history_digest,) = {combination.history for combination in parsed.values()}
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise InputError([_problem(shown, "pin_without_fits")]) from fault
    models = {service: {m: p for m, p in parameters[service].items() if m != COMBINATION_KEY} for service in parsed}
    return PinnedFits(shown, combinations, models, history_digest)


def restore_pinned(pin: PinnedFits, tasks: Sequence[FitTask], months: int, history_digest: str) -> Ensemble:
    """Restore the fits of tasks from pinned ones.

    Parameters
    ----------
    pin : PinnedFits
        From `read_pinned_fits`.
    tasks : sequence of FitTask
        Services to restore.
    months : int
        Months ahead that are needed.
    history_digest : str
        SHA-256 of the history.

    Returns
    -------
    Ensemble
        The fits as they were pinned.

    Raises
    ------
    InputError
        The pin is of other data, ends too early or cannot be read.
    """
    if pin.history_digest != history_digest:
        params = {"digest": pin.history_digest[:12], "ours": history_digest[:12]}
        raise InputError([_problem(pin.file, "pin_other_data", **params)])
    problems, services = [], {}
    for task in tasks:
        try:
            combination = pin.combinations[task.service]
            if (problem := _check_pin(pin, combination, task, months)) is not None:
                problems.append(problem)
            else:
                services[task.service] = _fit_from_json(combination, pin.models[task.service])
        except KeyError:
            problems.append(_problem(pin.file, "pin_other_past", service=task.service))
        except (ValueError, TypeError, IndexError, AttributeError) as fault:
            raise InputError([_problem(pin.file, "pin_without_fits")]) from fault
    if problems:
        raise InputError(problems)
    try:
        return Ensemble(services, _correlation(pin, sorted(services)))
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise InputError([_problem(pin.file, "pin_without_fits")]) from fault


def _check_pin(pin: PinnedFits, combination: Mapping[str, Any], task: FitTask, months: int) -> Problem | None:
    """The problem of a combination of another series, or with too few months; None where it can be used."""
    if not _is_same_series(combination, task):
        return _problem(pin.file, "pin_other_past", service=task.service)
    if len(combination["root"]) < months:
        return _problem(pin.file, "pin_too_short", months=months, pinned=len(combination["root"]))
    return None


def _is_same_series(combination: Mapping[str, Any], task: FitTask) -> bool:
    """True where a combination was fitted to the series of a task, but for rounding."""
    series = task.series
    values, masked = _parse_floats(combination["past"]), "".join(str(int(month)) for month in series.masked)
    identity = (combination["first"], combination["scale"], combination["masked"], len(values))
    if identity != (series.calendar.first, task.scale, masked, len(series.values)):
        return False
    tolerance = MAX_RELATIVE_DIFFERENCE * np.maximum(np.abs(values), 1.0)
    return bool(np.all(np.abs(values - series.values) <= tolerance))


def _fit_from_json(combination: Mapping[str, Any], parameters: Mapping[str, Any]) -> Fit:
    """The fit of a combination; ValueError, TypeError or AttributeError where it is none."""
    rows = [_parse_floats(row) for row in combination["root"]]
    mean = _parse_floats(combination["mean"])
    if len(mean) != len(rows) or any(len(row) != month + 1 for month, row in enumerate(rows)):
        raise ValueError("a Cholesky factor of other months than the mean")
    factor = np.zeros((len(rows), len(rows)))
    for month, row in enumerate(rows):
        factor[month, : month + 1] = row
    fit = Fit(
        mean=mean,
        cholesky=factor,
        **{key: combination[key] for key in ("mase", "coverage80", "coverage95", "noise", "persistence")},
        weights=dict(combination["weights"]),
        checks=tuple(_check_from_json(*check) for check in combination["checks"]),
        parameters=dict(parameters),
        notes=tuple((key, tuple((name, value) for name, value in params)) for key, params in combination["notes"]),
    )
    return check_fit(fit)


def _check_from_json(
    first_month: int, mean: str, sd: str, actual: str, sums: Sequence[tuple[SumLength, str]]
) -> OriginCheck:
    """The check of an origin from its decimal texts."""
    actuals = tuple(None if np.isnan(value) else float(value) for value in _parse_floats(actual))
    means, sds = (tuple(map(float, _parse_floats(text))) for text in (mean, sd))
    return OriginCheck(first_month, means, sds, actuals, tuple(_sum_from_json(*score) for score in sums))


def _sum_numbers(score: SumScore) -> tuple[float | None, ...]:
    """The numbers of a sum's score, in the order in which `_sum_from_json` reads them."""
    return score.pit, score.scaled_crps, score.quantile_loss, score.actual


def _sum_from_json(length: SumLength, numbers: str) -> SumScore:
    """The score of a sum from its decimal text."""
    pit, scaled_crps, quantile_loss, actual = map(float, _parse_floats(numbers))
    return SumScore(length, pit, None if np.isnan(scaled_crps) else scaled_crps, quantile_loss, actual)


def _correlation(pin: PinnedFits, names: list[str]) -> Floats | None:
    """(services, services): correlation of these services; None where one has none."""
    rows = [pin.combinations[name]["correlation"] for name in names]
    if not rows or any(row is None for row in rows):
        return None
    return check_correlation(np.array([[float(row[name]) for name in names] for row in rows]), len(names))


def _decimal_text(values: Sequence[float | None] | Floats) -> str:
    """Floats as decimal text: `repr` gives back the same float."""
    return " ".join("nan" if value is None else repr(float(value)) for value in values)


def _parse_floats(text: str) -> Floats:
    """(values,): floats of a decimal text."""
    return np.array([float(part) for part in text.split()], float)


def _problem(file: str, code: str, **params: object) -> Problem:
    """A problem of the option that names the file."""
    return Problem.of(Location(file), "--reuse-fit", code, **params)
