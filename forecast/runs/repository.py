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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forecast.errors import CheckError, OutputError
from forecast.files import atomic as store
from forecast.runs.manifest import MANIFEST_SCHEMA, RunInputs

RUN_MANIFEST_NAME = "manifest.json"
_RUNS_FOLDER = ".runs"


@dataclass(frozen=True)
class StoredRun:
    """A run on disk."""

    folder: Path
    manifest: Mapping[str, Any]
    """Content of manifest.json."""
    is_reused: bool = False
    """Whether it was on disk already when it was requested, so that nothing was simulated."""

    @property
    def run_id(self) -> str:
        """Start of the hash of all that went in."""
        return str(self.manifest["run_id"])

    @property
    def scenario(self) -> str:
        """Name of the folder that shows its newest run."""
        return str(self.manifest["scenario"])

    @property
    def created(self) -> float:
        """When, in seconds since 1970."""
        return self.folder.stat().st_mtime

    def summary(self) -> dict[str, Any]:
        """summary.json; OutputError where it cannot be read."""
        return _read_json(self.folder / "summary.json")


def json_bytes(content: Any) -> bytes:
    """JSON as we write it: UTF-8, indented, no NaN, one newline at the end."""
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def prepare_reports(reports: Path, names: tuple[str, ...] = ()) -> None:
    """Before anything is played: sweep strays, and raise OutputError if the runs of `names` could not be written."""
    store.check_writable(reports)
    store.check_writable(reports / _RUNS_FOLDER)
    store.remove_stale_temporaries(reports)
    store.remove_stale_temporaries(reports / _RUNS_FOLDER)
    for name in names:
        shown = reports / name
        if shown.is_dir() and not shown.is_symlink():
            raise OutputError("not_a_link", path=str(shown))


def find_run(reports: Path, inputs: RunInputs) -> StoredRun | None:
    """The run of these inputs, if it is there whole."""
    folder = reports / _RUNS_FOLDER / inputs.run_id
    if not folder.is_dir():
        return None
    try:
        run = open_run(folder)
    except OutputError:
        return None
    return None if damaged_outputs(run) else replace(run, is_reused=True)


def publish_run(
    reports: Path, inputs: RunInputs, files: Mapping[str, bytes], parameters: Mapping[str, Any]
) -> StoredRun:
    """Write a run whole, then let `reports/<scenario>` show it; OutputError leaves what was there as it was.

    `files`: name (`figures/fan.png`) -> content. `parameters`: what was fitted, as JSON.
    """
    outputs = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    manifest = {**inputs.manifest, "parameters": parameters, "outputs": outputs}
    final = reports / _RUNS_FOLDER / inputs.run_id
    if final.exists() and find_run(reports, inputs) is None:
        _remove_run(final)
    with store.new_folder(final) as folder:
        store.write_files(folder, {**files, RUN_MANIFEST_NAME: json_bytes(manifest)})
    kept = open_run(final)
    link_run(reports, kept)
    return kept


def link_run(reports: Path, kept: StoredRun) -> None:
    """Let `reports/<scenario>` lead to this run, in one step."""
    name = reports / kept.scenario
    with lock_reports(reports):
        if not (name.is_symlink() and name.resolve() == kept.folder.resolve()) and not store.replace_link(
            kept.folder, name
        ):
            store.write_file(name, f"{_RUNS_FOLDER}/{kept.run_id}\n".encode())


def lock_reports(reports: Path) -> AbstractContextManager[None]:
    """Keep other processes from changing what `reports` shows."""
    return store.hold_lock(reports / _RUNS_FOLDER / ".lock")


def open_run(path: Path | str) -> StoredRun:
    """The run in a folder, behind a link or behind a file that names it; OutputError where there is none to read."""
    folder = _resolve_link(Path(path))
    if not folder.is_dir():
        raise OutputError("no_run", path=str(path))
    manifest = _read_json(folder / RUN_MANIFEST_NAME)
    known = {"schema", "run_id", "scenario", "outputs"} <= set(manifest) and isinstance(manifest["outputs"], dict)
    if not known:
        raise OutputError("not_a_run", path=str(path))
    if manifest["schema"] != MANIFEST_SCHEMA:
        raise OutputError("other_schema", path=str(path), schema=manifest["schema"], ours=MANIFEST_SCHEMA)
    return StoredRun(folder, manifest)


def resolve_run_path(text: str, reports: Path) -> Path:
    """The path of a run that is named by a path, by its scenario, or by the start of its id."""
    given = Path(text)
    if given.exists() or given.is_symlink() or "/" in text or os.sep in text:
        return given
    if (reports / text).exists():
        return reports / text
    starts = [kept.folder for kept in all_runs(reports) if kept.run_id.startswith(text)] if len(text) >= 4 else []
    return starts[0] if len(starts) == 1 else given


def damaged_outputs(kept: StoredRun) -> tuple[str, ...]:
    """Names of the outputs that are missing, changed or not the run's own."""
    outputs: Mapping[str, str] = kept.manifest["outputs"]
    found = {path.relative_to(kept.folder).as_posix() for path in kept.folder.rglob("*") if not path.is_dir()}
    strange = found - set(outputs) - {RUN_MANIFEST_NAME}
    changed = {name for name in outputs if _file_digest(kept.folder / name) != outputs[name]}
    return tuple(sorted(strange | changed))


def verify(path: Path | str) -> StoredRun:
    """The run at `path`, every file of it as it was written; CheckError names those that are not."""
    kept = open_run(path)
    if names := damaged_outputs(kept):
        raise CheckError("run_damaged", path=str(path), names=", ".join(names))
    return kept


def all_runs(reports: Path) -> Iterator[StoredRun]:
    """Every run that can be read, newest first."""
    found = []
    if (reports / _RUNS_FOLDER).is_dir():
        for folder in (reports / _RUNS_FOLDER).iterdir():
            if folder.is_dir() and ".tmp-" not in folder.name:
                with suppress(OutputError):
                    found.append(open_run(folder))
    yield from sorted(found, key=lambda kept: (-kept.created, kept.run_id))


def linked_run_ids(reports: Path) -> frozenset[str]:
    """Ids of the runs that a link of `reports` shows."""
    shown = set()
    for entry in reports.iterdir() if reports.is_dir() else ():
        if entry.is_symlink() or (entry.is_file() and entry.suffix == ""):
            shown.add(_resolve_link(entry).name)
    return frozenset(shown)


def prune_runs(reports: Path) -> tuple[str, ...]:
    """Remove the runs that no link shows; their ids."""
    with lock_reports(reports):
        shown = linked_run_ids(reports)
        old = [kept for kept in all_runs(reports) if kept.folder.name not in shown]
        for kept in old:
            _remove_run(kept.folder)
    return tuple(kept.run_id for kept in old)


def _remove_run(folder: Path) -> None:
    """Take a run away: first its name, in one step, then its files."""
    with store.translate_disk_errors(folder):
        away = store.temporary_name(folder)
        os.rename(folder, away)
    shutil.rmtree(away, ignore_errors=True)


def _resolve_link(path: Path) -> Path:
    """The folder of a run, from a link, from a file that names it, or from itself."""
    if path.is_file():
        with suppress(OSError, UnicodeDecodeError):
            if path.stat().st_size < 200:
                return path.parent / path.read_text(encoding="utf-8").strip()
    with suppress(OSError):
        return path.resolve()
    return path


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise OutputError("no_run", path=str(path.parent)) from None
    except (OSError, ValueError, RecursionError) as fault:
        raise OutputError("not_a_run", path=str(path)) from fault
    if not isinstance(content, dict):
        raise OutputError("not_a_run", path=str(path))
    return content


def _file_digest(path: Path) -> str:
    with suppress(OSError):
        if stat.S_ISREG(path.lstat().st_mode):
            return hashlib.sha256(path.read_bytes()).hexdigest()
    return ""
