"""Fits as a manifest holds them, so that another machine plays the same run without fitting anything.

Numbers are decimal texts that give back the very same float. Of every service the blend is kept: mean and root of the
months that the plan needs, what the history taught about surprises, and the past that all of it was learned from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecast.arrays import Floats
from forecast.errors import InputError, Location, Problem
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.ensemble.ensemble import Ensemble, Fit, FitTask
from forecast.timeseries.ensemble.interval_calibration import OriginCheck

COMBINATION_KEY = "blend"
"""Key of a service's parameters under which its blend stands beside the models."""
MAX_RELATIVE_DIFFERENCE = 1e-9
"""Relative difference of a month from which the past is another one."""
MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True)
class PinnedFits:
    """The fits of a manifest."""

    file: str
    """As it was written, for complaints."""
    combinations: Mapping[str, Mapping[str, Any]]
    """Service -> what `written` made of its fit."""
    models: Mapping[str, Mapping[str, Any]]
    """Service -> model -> what it was fitted with."""
    history_digest: str
    """SHA-256 of the history that they were fitted to."""

    @property
    def digest(self) -> str:
        """Of all that they say: two pins that differ make two runs."""
        content = json.dumps([self.history_digest, self.combinations], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()


def serialise_fit(task: FitTask, fits: Ensemble, months: int, history: str) -> dict[str, Any]:
    """The blend of one service as JSON: its first `months` after the history."""
    fit, names = fits.services[task.service], sorted(fits.services)
    count = min(max(months, SEASON_MONTHS), len(fit.mean))
    row = None if fits.correlation is None else fits.correlation[names.index(task.service)]
    return {
        "history": history,
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
        "notes": [[key, [list(fact) for fact in facts]] for key, facts in fit.notes],
        "checks": [
            [check.first_month, *map(_decimal_text, (check.mean, check.sd, check.actual))] for check in fit.checks
        ],
    }


def read_pinned_fits(path: Path) -> PinnedFits:
    """The fits in a manifest, or in the folder of a run; InputError where there are none to read."""
    shown, file = str(path), path / MANIFEST_FILE if path.is_dir() else path
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        blends = {
            service: dict(models[COMBINATION_KEY])
            for service, models in content["parameters"].items()
            if COMBINATION_KEY in models
        }
        (history,) = {str(blend["history"]) for blend in blends.values()}
    except OSError as fault:
        raise InputError([_problem(shown, "pin_not_read", reason=fault.strerror or "")]) from fault
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise InputError([_problem(shown, "pin_without_fits")]) from fault
    models = {
        service: {m: p for m, p in content["parameters"][service].items() if m != COMBINATION_KEY} for service in blends
    }
    return PinnedFits(shown, blends, models, history)


def restore_pinned(pin: PinnedFits, tasks: Sequence[FitTask], months: int, history: str) -> Ensemble:
    """The fits of `tasks` as they were pinned; InputError where they were of other data or end too early."""
    if pin.history_digest != history:
        raise InputError([_problem(pin.file, "pin_other_data", digest=pin.history_digest[:12], ours=history[:12])])
    wrong, services = [], {}
    for task in tasks:
        try:
            blend = pin.combinations[task.service]
            if not _is_same_series(blend, task):
                wrong.append(_problem(pin.file, "pin_other_past", service=task.service))
            elif len(blend["root"]) < months:
                facts = {"months": months, "pinned": len(blend["root"])}
                wrong.append(_problem(pin.file, "pin_too_short", **facts))
            else:
                services[task.service] = _fit_from_json(blend, pin.models[task.service])
        except KeyError:
            wrong.append(_problem(pin.file, "pin_other_past", service=task.service))
        except (ValueError, TypeError, IndexError, AttributeError) as fault:
            raise InputError([_problem(pin.file, "pin_without_fits")]) from fault
    if wrong:
        raise InputError(wrong)
    try:
        return Ensemble(services, _correlation(pin, sorted(services)))
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise InputError([_problem(pin.file, "pin_without_fits")]) from fault


def _is_same_series(blend: Mapping[str, Any], task: FitTask) -> bool:
    values, masked = _parse_floats(blend["past"]), "".join(str(int(month)) for month in task.series.masked)
    about = (blend["first"], blend["scale"], blend["masked"], len(values))
    if about != (task.series.calendar.first, task.scale, masked, len(task.series.values)):
        return False
    return bool(
        np.all(np.abs(values - task.series.values) <= MAX_RELATIVE_DIFFERENCE * np.maximum(np.abs(values), 1.0))
    )


def _fit_from_json(blend: Mapping[str, Any], parameters: Mapping[str, Any]) -> Fit:
    rows = [_parse_floats(row) for row in blend["root"]]
    root = np.zeros((len(rows), len(rows)))
    for month, row in enumerate(rows):
        root[month, : month + 1] = row
    noise, persistence = (None if blend[key] is None else float(blend[key]) for key in ("noise", "persistence"))
    if not (0 <= (noise or 0) < np.inf and 0 <= (persistence or 0) <= 1):
        raise ValueError("a noise or a persistence that no fit has")
    return Fit(
        mean=_parse_floats(blend["mean"]),
        cholesky=root,
        weights=dict(blend["weights"]),
        mase=blend["mase"],
        coverage80=blend["coverage80"],
        coverage95=blend["coverage95"],
        checks=tuple(_check_from_json(*check) for check in blend["checks"]),
        noise=noise,
        persistence=persistence,
        parameters=dict(parameters),
        notes=tuple((key, tuple((name, fact) for name, fact in facts)) for key, facts in blend["notes"]),
    )


def _check_from_json(first: int, mean: str, sd: str, came: str) -> OriginCheck:
    seen = tuple(None if np.isnan(value) else float(value) for value in _parse_floats(came))
    return OriginCheck(first, tuple(map(float, _parse_floats(mean))), tuple(map(float, _parse_floats(sd))), seen)


def _correlation(pin: PinnedFits, names: list[str]) -> Floats | None:
    rows = [pin.combinations[name]["correlation"] for name in names]
    if not rows or any(row is None for row in rows):
        return None
    matrix = np.array([[float(row[name]) for name in names] for row in rows])
    if not (np.abs(matrix) <= 1).all():
        raise ValueError("a correlation beyond 1")
    return matrix


def _decimal_text(values: Sequence[float | None] | Floats) -> str:
    """Floats as decimal text: `repr` gives back the same float."""
    return " ".join("nan" if value is None else repr(float(value)) for value in values)


def _parse_floats(text: str) -> Floats:
    return np.array([float(part) for part in text.split()], float)


def _problem(file: str, code: str, **facts: object) -> Problem:
    return Problem.of(Location(file), "--reuse-fit", code, **facts)
