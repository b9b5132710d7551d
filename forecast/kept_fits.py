"""Fits in a folder, each under the hash of all that went into it: what was fitted once is not fitted again."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.chance import Floats
from forecast.fit import Fit, Fits, Task
from forecast.widths import Check


def restore(tasks: list[Task], festival: str, folder: Path) -> Fits | None:
    """The kept fits of these tasks; None where there are none, or they cannot be read whole."""
    path = _file(tasks, festival, folder)
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
    content = np.frombuffer(json.dumps(about).encode(), np.uint8)
    _write(_file(tasks, festival, folder), about=content, **arrays)


@cache
def code_digest() -> str:
    """Hash of the code that fits."""
    folder = Path(__file__).parent
    files = sorted(folder.glob("models/*.py"))
    names = ("fit", "fits", "kept_fits", "rolling", "scores", "surprises", "tet", "widths")
    files += [folder / f"{name}.py" for name in names]
    content = hashlib.sha256()
    for file in files:
        content.update(file.name.encode() + file.read_bytes())
    return content.hexdigest()


@cache
def versions() -> tuple[str, ...]:
    """The libraries that a fit depends on, with their versions."""
    from importlib.metadata import version

    return tuple(f"{name} {version(name)}" for name in ("holidays", "numpy", "pandas", "scipy", "statsmodels"))


def _file(tasks: list[Task], festival: str, folder: Path) -> Path:
    """Where the fits of these tasks are kept."""
    return folder / f"fit-{_key(tasks, festival)}.npz"


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


def _check(first: int, **rows: list[float | None]) -> Check:
    """A check as it was before it was kept."""
    return Check(first, *(tuple(rows[key]) for key in ("mean", "sd", "came")))  # type: ignore[arg-type]


def _write(path: Path, **arrays: NDArray[Any]) -> None:
    """Write the arrays whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".fit-", suffix=".npz")
        try:
            with os.fdopen(descriptor, "wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError:
        return
