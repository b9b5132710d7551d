"""Runs on disk: published whole or not at all, found again by their inputs, checked against their manifest.

A run lives in `reports/.runs/<id>`; `reports/<scenario>` is a link to the newest one (a file that names it, where the
system has no links).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forecast.errors import CheckError, OutputError
from forecast.files import atomic
from forecast.files.fingerprint import to_jsonable
from forecast.files.paths import read_regular_bytes
from forecast.files.stored_json import changed_entries, read_json_object, seal
from forecast.runs.integrity import describe_entries, edited_entries
from forecast.runs.manifest import MANIFEST_SCHEMA, RunInputs
from forecast.runs.stored_schema import check_manifest, check_summary

__all__ = [
    "StoredRun",
    "all_runs",
    "find_run",
    "json_bytes",
    "link_run",
    "linked_run_ids",
    "lock_reports",
    "open_run",
    "prepare_reports",
    "prune_runs",
    "publish_run",
    "require_folder",
    "resolve_run_path",
    "verify",
]

RUN_MANIFEST_NAME = "manifest.json"
SUMMARY_NAME = "summary.json"
MAX_OUTPUT_BYTES = 256 * 2**20
"""Size of a file of a run; a report of 10,000 places has 20 MiB."""
MIN_ID_LENGTH = 4
"""Characters of a run id that name the run."""
MAX_POINTER_BYTES = 200
"""Size of a file that stands for a link."""
_RUNS_FOLDER = ".runs"


@dataclass(frozen=True)
class StoredRun:
    """A run on disk."""

    folder: Path
    """Folder with its files, `reports/.runs/<id>`."""
    manifest: Mapping[str, Any]
    """Content of manifest.json."""
    is_reused: bool = False
    """Whether it was on disk already when it was requested, so that nothing was simulated."""

    @property
    def run_id(self) -> str:
        """Start of the hash of its inputs."""
        return str(self.manifest["run_id"])

    @property
    def scenario(self) -> str:
        """Name of the folder that shows its newest run."""
        return str(self.manifest["scenario"])

    @property
    def created(self) -> float:
        """Time at which it was published, in seconds since 1970."""
        return self.folder.stat().st_mtime

    def summary(self) -> dict[str, Any]:
        """Read summary.json.

        Returns
        -------
        dict
            Its content.

        Raises
        ------
        OutputError
            It cannot be read, or is not of the schema of its kind.
        """
        path = self.folder / SUMMARY_NAME
        summary = _read_json(path)
        try:
            check_summary(summary, self.manifest["kind"])
        except ValueError as fault:
            raise OutputError("not_a_run", path=str(path)) from fault
        return summary


def json_bytes(content: Any) -> bytes:
    """Encode JSON as the files of a run have it: UTF-8, indented, no NaN, one newline at the end.

    Parameters
    ----------
    content : object
        What `json.dumps` takes.

    Returns
    -------
    bytes
        The content of the file.
    """
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def prepare_reports(reports: Path, names: tuple[str, ...] = ()) -> None:
    """Sweep strays, and refuse before anything is simulated if a run could not be written.

    Parameters
    ----------
    reports : Path
        Folder of the reports.
    names : tuple of str
        Names under which runs will be shown.

    Raises
    ------
    OutputError
        The folder cannot be written, or a name is taken by a folder that is no link.
    """
    atomic.check_writable(reports)
    atomic.check_writable(reports / _RUNS_FOLDER)
    atomic.remove_stale_temporaries(reports)
    atomic.remove_stale_temporaries(reports / _RUNS_FOLDER)
    for name in names:
        link = reports / name
        if link.is_dir() and not link.is_symlink():
            raise OutputError("not_a_link", path=str(link))


def require_folder(reports: Path) -> None:
    """Refuse a file, a pipe or a device where the folder of the reports should be.

    Parameters
    ----------
    reports : Path
        Folder of the reports; it need not exist.

    Raises
    ------
    OutputError
        Something else stands there.
    """
    with atomic.translate_disk_errors(reports):
        if reports.exists() and not reports.is_dir():
            raise OutputError("not_a_folder", path=str(reports))


def find_run(reports: Path, inputs: RunInputs) -> StoredRun | None:
    """Find the run of the same inputs.

    Parameters
    ----------
    reports : Path
        Folder of the reports.
    inputs : RunInputs
        What the run is made of.

    Returns
    -------
    StoredRun or None
        The run, marked as reused; None where there is none, or one of its files is damaged.
    """
    folder = reports / _RUNS_FOLDER / inputs.run_id
    if not folder.is_dir():
        return None
    try:
        run = open_run(folder)
        run.summary()
    except OutputError:
        return None
    return None if edited_entries(run.manifest, run.folder) or damaged_outputs(run) else replace(run, is_reused=True)


def publish_run(
    reports: Path, inputs: RunInputs, files: Mapping[str, bytes], parameters: Mapping[str, Any]
) -> StoredRun:
    """Write a run whole, then let `reports/<scenario>` show it.

    Parameters
    ----------
    reports : Path
        Folder of the reports.
    inputs : RunInputs
        What the run is made of: its id and its manifest.
    files : mapping of str to bytes
        Content by name: `figures/fan.png`.
    parameters : mapping
        What was fitted, as JSON, for the manifest.

    Returns
    -------
    StoredRun
        The published run.

    Raises
    ------
    OutputError
        The disk refuses; what was there is as it was.
    """
    outputs = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    content = {**inputs.manifest, "parameters": to_jsonable(parameters), "outputs": outputs}
    manifest = seal(json.loads(json_bytes(content)))
    final = reports / _RUNS_FOLDER / inputs.run_id
    if final.exists() and find_run(reports, inputs) is None:
        _remove_run(final)
    with atomic.new_folder(final) as folder:
        atomic.write_files(folder, {**files, RUN_MANIFEST_NAME: json_bytes(manifest)})
    run = open_run(final)
    link_run(reports, run)
    return run


def link_run(reports: Path, run: StoredRun) -> None:
    """Let `reports/<scenario>` lead to a run, in one step.

    Parameters
    ----------
    reports : Path
        Folder of the reports.
    run : StoredRun
        The run to show.

    Raises
    ------
    OutputError
        The link cannot be written.
    """
    link = reports / run.scenario
    with lock_reports(reports):
        is_linked = link.is_symlink() and link.resolve() == run.folder.resolve()
        if not is_linked and not atomic.replace_link(run.folder, link):
            atomic.write_file(link, f"{_RUNS_FOLDER}/{run.run_id}\n".encode())


def lock_reports(reports: Path) -> AbstractContextManager[None]:
    """Hold the lock on what `reports` shows.

    Parameters
    ----------
    reports : Path
        Folder of the reports.

    Returns
    -------
    context manager
        While it is open no other process changes the links.
    """
    return atomic.hold_lock(reports / _RUNS_FOLDER / ".lock")


def open_run(path: Path | str) -> StoredRun:
    """Open a run.

    Parameters
    ----------
    path : Path or str
        Its folder, a link to it, or a file that names it: `reports/covid`.

    Returns
    -------
    StoredRun
        The run.

    Raises
    ------
    OutputError
        There is no run, it cannot be read, or its schema is another one.

    Examples
    --------
    >>> import forecast
    >>> folder = forecast.report(forecast.simulate(forecast.read("plan.yaml"), paths=300), "reports")
    >>> forecast.open_run("reports/plan").summary()["paths"]
    300
    """
    folder = _resolve_link(Path(path))
    if not folder.is_dir():
        raise OutputError("no_run", path=str(path))
    manifest = _read_manifest(folder, path)
    try:
        check_manifest(manifest)
    except ValueError as fault:
        raise OutputError("not_a_run", path=str(path)) from fault
    return StoredRun(folder, manifest)


def _read_manifest(folder: Path, shown: Path | str) -> dict[str, Any]:
    """manifest.json as JSON of our schema; its keys are not checked."""
    manifest = _read_json(folder / RUN_MANIFEST_NAME)
    schema = manifest.get("schema")
    if type(schema) is not int:
        raise OutputError("not_a_run", path=str(shown))
    if schema != MANIFEST_SCHEMA:
        raise OutputError("other_schema", path=str(shown), schema=schema, ours=MANIFEST_SCHEMA)
    return manifest


def resolve_run_path(text: str, reports: Path) -> Path:
    """Resolve the name of a run.

    Parameters
    ----------
    text : str
        A path, the name of a scenario, or at least four characters from the start of a run id.
    reports : Path
        Folder of the reports.

    Returns
    -------
    Path
        Path of the run; `text` as a path where no run or more than one fits.
    """
    path = Path(text)
    if path.exists() or path.is_symlink() or "/" in text or os.sep in text:
        return path
    if (reports / text).exists():
        return reports / text
    if len(text) < MIN_ID_LENGTH:
        return path
    folders = [run.folder for run in all_runs(reports) if run.run_id.startswith(text)]
    return folders[0] if len(folders) == 1 else path


def damaged_outputs(run: StoredRun) -> tuple[str, ...]:
    """Names of the files of a run that are missing, changed or not in its manifest; its summary if of another run."""
    outputs: Mapping[str, str] = run.manifest["outputs"]
    entries = (path for path in run.folder.rglob("*") if path.is_symlink() or not path.is_dir())
    unknown = {path.relative_to(run.folder).as_posix() for path in entries} - set(outputs) - {RUN_MANIFEST_NAME}
    changed = {name for name in outputs if _file_digest(run.folder / name) != outputs[name]}
    if not changed and run.summary()["run_id"] != run.run_id:
        changed = {SUMMARY_NAME}
    return tuple(sorted(unknown | changed))


def verify(path: Path | str) -> StoredRun:
    """Check that every file of a run, its manifest included, is as it was written.

    Parameters
    ----------
    path : Path or str
        Folder of the run, or a link to it: `reports/covid`.

    Returns
    -------
    StoredRun
        The run.

    Raises
    ------
    CheckError
        Some files are not as they were written; the message names them, and the entries of the manifest.
    OutputError
        There is no run to read.

    Examples
    --------
    >>> import forecast
    >>> folder = forecast.report(forecast.simulate(forecast.read("plan.yaml"), paths=300), "reports")
    >>> forecast.verify("reports/plan").scenario
    'plan'
    """
    folder = _resolve_link(Path(path))
    if folder.is_dir() and (names := changed_entries(_read_manifest(folder, path))):
        raise CheckError("run_damaged", path=str(path), names=describe_entries(RUN_MANIFEST_NAME, names))
    run = open_run(path)
    if names := edited_entries(run.manifest, run.folder):
        raise CheckError("run_damaged", path=str(path), names=describe_entries(RUN_MANIFEST_NAME, names))
    if names := damaged_outputs(run):
        raise CheckError("run_damaged", path=str(path), names=", ".join(names))
    return run


def all_runs(reports: Path) -> Iterator[StoredRun]:
    """Open every run that can be read.

    Parameters
    ----------
    reports : Path
        Folder of the reports.

    Yields
    ------
    StoredRun
        The runs, newest first.
    """
    readable = []
    if (reports / _RUNS_FOLDER).is_dir():
        for folder in (reports / _RUNS_FOLDER).iterdir():
            if folder.is_dir() and ".tmp-" not in folder.name:
                with suppress(OutputError):
                    readable.append(open_run(folder))
    yield from sorted(readable, key=lambda run: (-run.created, run.run_id))


def linked_run_ids(reports: Path) -> frozenset[str]:
    """List the runs that a link shows.

    Parameters
    ----------
    reports : Path
        Folder of the reports.

    Returns
    -------
    frozenset of str
        Their ids.
    """
    ids = set()
    for entry in reports.iterdir() if reports.is_dir() else ():
        if entry.is_symlink() or (entry.is_file() and entry.suffix == ""):
            ids.add(_resolve_link(entry).name)
    return frozenset(ids)


def prune_runs(reports: Path) -> tuple[str, ...]:
    """Remove the runs that no link shows.

    Parameters
    ----------
    reports : Path
        Folder of the reports.

    Returns
    -------
    tuple of str
        Ids of the removed runs.

    Raises
    ------
    OutputError
        The disk refuses.
    """
    with lock_reports(reports):
        linked = linked_run_ids(reports)
        unlinked = [run for run in all_runs(reports) if run.folder.name not in linked]
        for run in unlinked:
            _remove_run(run.folder)
    return tuple(run.run_id for run in unlinked)


def _remove_run(folder: Path) -> None:
    """Remove a run: first its name, in one step, then its files."""
    with atomic.translate_disk_errors(folder):
        temporary = atomic.temporary_name(folder)
        os.rename(folder, temporary)
    shutil.rmtree(temporary, ignore_errors=True)


def _resolve_link(path: Path) -> Path:
    """The folder of a run, from a link, from a file that names it, or from itself."""
    if path.is_file():
        with suppress(OSError, UnicodeDecodeError):
            if path.stat().st_size < MAX_POINTER_BYTES:
                return path.parent / path.read_text(encoding="utf-8").strip()
    with suppress(OSError):
        return path.resolve()
    return path


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return read_json_object(path)
    except FileNotFoundError:
        raise OutputError("no_run", path=str(path.parent)) from None
    except (OSError, ValueError) as fault:
        raise OutputError("not_a_run", path=str(path)) from fault


def _file_digest(path: Path) -> str:
    """SHA-256 of a file; empty where it is no regular file, or larger than any output."""
    with suppress(OSError):
        return hashlib.sha256(read_regular_bytes(path, MAX_OUTPUT_BYTES)).hexdigest()
    return ""
