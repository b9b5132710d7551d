"""Runs on disk: published whole or not at all, found again by what went in, checked against their manifest.

A run lives in `reports/.runs/<id>`; `reports/<scenario>` is a link to the newest one (a file that names it, where the
system has no links).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast.errors import CheckError, OutputError
from forecast.files import atomic as store
from forecast.runs.manifest import SCHEMA, Inputs

MANIFEST = "manifest.json"
_RUNS = ".runs"


@dataclass(frozen=True)
class Kept:
    """A run on disk."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def run_id(self) -> str:
        """Start of the hash of all that went in."""
        return str(self.manifest["run_id"])

    @property
    def scenario(self) -> str:
        """Name of the folder that shows its newest run."""
        return str(self.manifest["scenario"])

    @property
    def made(self) -> float:
        """When, in seconds since 1970."""
        return self.folder.stat().st_mtime

    def summary(self) -> dict[str, Any]:
        """summary.json; OutputError where it cannot be read."""
        return _json(self.folder / "summary.json")


def json_bytes(content: Any) -> bytes:
    """JSON as we write it: UTF-8, indented, no NaN, one newline at the end."""
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def prepare(reports: Path, names: tuple[str, ...] = ()) -> None:
    """Before anything is played: sweep strays, and raise OutputError if the runs of `names` could not be written."""
    store.check_writable(reports)
    store.check_writable(reports / _RUNS)
    store.sweep(reports)
    store.sweep(reports / _RUNS)
    for name in names:
        shown = reports / name
        if shown.is_dir() and not shown.is_symlink():
            raise OutputError("not_a_link", path=str(shown))


def find(reports: Path, inputs: Inputs) -> Kept | None:
    """The run of these inputs, if it is there whole."""
    folder = reports / _RUNS / inputs.run_id
    if not folder.is_dir():
        return None
    try:
        kept = open_run(folder)
    except OutputError:
        return None
    return None if damaged(kept) else kept


def publish(reports: Path, inputs: Inputs, files: Mapping[str, bytes], parameters: Mapping[str, Any]) -> Kept:
    """Write a run whole, then let `reports/<scenario>` show it; OutputError leaves what was there as it was.

    `files`: name (`figures/fan.png`) -> content. `parameters`: what was fitted, as JSON.
    """
    outputs = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    manifest = {**inputs.manifest, "parameters": parameters, "outputs": outputs}
    final = reports / _RUNS / inputs.run_id
    if final.exists() and find(reports, inputs) is None:
        _discard(final)
    with store.new_folder(final) as folder:
        store.fill(folder, {**files, MANIFEST: json_bytes(manifest)})
    kept = open_run(final)
    show(reports, kept)
    return kept


def show(reports: Path, kept: Kept) -> None:
    """Let `reports/<scenario>` lead to this run, in one step."""
    name = reports / kept.scenario
    with alone(reports):
        if not (name.is_symlink() and name.resolve() == kept.folder.resolve()) and not store.link(kept.folder, name):
            store.write_file(name, f"{_RUNS}/{kept.run_id}\n".encode())


def alone(reports: Path) -> AbstractContextManager[None]:
    """Keep other processes from changing what `reports` shows."""
    return store.locked(reports / _RUNS / ".lock")


def open_run(path: Path | str) -> Kept:
    """The run in a folder, behind a link or behind a file that names it; OutputError where there is none to read."""
    folder = _follow(Path(path))
    if not folder.is_dir():
        raise OutputError("no_run", path=str(path))
    manifest = _json(folder / MANIFEST)
    known = {"schema", "run_id", "scenario", "outputs"} <= set(manifest) and isinstance(manifest["outputs"], dict)
    if not known:
        raise OutputError("not_a_run", path=str(path))
    if manifest["schema"] != SCHEMA:
        raise OutputError("other_schema", path=str(path), schema=manifest["schema"], ours=SCHEMA)
    return Kept(folder, manifest)


def named(text: str, reports: Path) -> Path:
    """The path of a run that is named by a path, by its scenario, or by the start of its id."""
    given = Path(text)
    if given.exists() or given.is_symlink() or "/" in text or os.sep in text:
        return given
    if (reports / text).exists():
        return reports / text
    starts = [kept.folder for kept in all_runs(reports) if kept.run_id.startswith(text)] if len(text) >= 4 else []
    return starts[0] if len(starts) == 1 else given


def damaged(kept: Kept) -> tuple[str, ...]:
    """Names of the outputs that are missing, changed or not the run's own."""
    outputs: Mapping[str, str] = kept.manifest["outputs"]
    found = {path.relative_to(kept.folder).as_posix() for path in kept.folder.rglob("*") if not path.is_dir()}
    strange = found - set(outputs) - {MANIFEST}
    changed = {name for name in outputs if _digest(kept.folder / name) != outputs[name]}
    return tuple(sorted(strange | changed))


def verify(path: Path | str) -> Kept:
    """The run at `path`, every file of it as it was written; CheckError names those that are not."""
    kept = open_run(path)
    if names := damaged(kept):
        raise CheckError("run_damaged", path=str(path), names=", ".join(names))
    return kept


def all_runs(reports: Path) -> Iterator[Kept]:
    """Every run that can be read, newest first."""
    found = []
    if (reports / _RUNS).is_dir():
        for folder in (reports / _RUNS).iterdir():
            if folder.is_dir() and ".tmp-" not in folder.name:
                with suppress(OutputError):
                    found.append(open_run(folder))
    yield from sorted(found, key=lambda kept: (-kept.made, kept.run_id))


def shown_runs(reports: Path) -> frozenset[str]:
    """Ids of the runs that a link of `reports` shows."""
    shown = set()
    for entry in reports.iterdir() if reports.is_dir() else ():
        if entry.is_symlink() or (entry.is_file() and entry.suffix == ""):
            shown.add(_follow(entry).name)
    return frozenset(shown)


def prune(reports: Path) -> tuple[str, ...]:
    """Remove the runs that no link shows; their ids."""
    with alone(reports):
        shown = shown_runs(reports)
        old = [kept for kept in all_runs(reports) if kept.folder.name not in shown]
        for kept in old:
            _discard(kept.folder)
    return tuple(kept.run_id for kept in old)


def _discard(folder: Path) -> None:
    """Take a run away: first its name, in one step, then its files."""
    with store.writing(folder):
        away = store.temporary_name(folder)
        os.rename(folder, away)
    shutil.rmtree(away, ignore_errors=True)


def _follow(path: Path) -> Path:
    """The folder of a run, from a link, from a file that names it, or from itself."""
    if path.is_file():
        with suppress(OSError, UnicodeDecodeError):
            if path.stat().st_size < 200:
                return path.parent / path.read_text(encoding="utf-8").strip()
    with suppress(OSError):
        return path.resolve()
    return path


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise OutputError("no_run", path=str(path.parent)) from None
    except (OSError, ValueError, RecursionError) as fault:
        raise OutputError("not_a_run", path=str(path)) from fault
    if not isinstance(content, dict):
        raise OutputError("not_a_run", path=str(path))
    return content


def _digest(path: Path) -> str:
    with suppress(OSError):
        if stat.S_ISREG(path.lstat().st_mode):
            return hashlib.sha256(path.read_bytes()).hexdigest()
    return ""
