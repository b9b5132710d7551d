"""Runs on disk: published whole or not at all, found again by their inputs, checked against their manifest.

A run lives in `reports/.runs/<id>`; `reports/<scenario>` is a link to the newest one (a pointer, which is a small file
that names it, where the disk has no links). What else is in the folder is never replaced or removed: `ownership` says
what is ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forecast.errors import CheckError, OutputError
from forecast.files import atomic, locks, temporaries
from forecast.files.fingerprint import to_jsonable
from forecast.files.paths import is_inner_path, read_regular_bytes, real_path
from forecast.files.stored_json import changed_entries, read_json_object, seal
from forecast.runs import ownership
from forecast.runs.integrity import describe_entries, edited_entries
from forecast.runs.manifest import MANIFEST_SCHEMA, RunInputs
from forecast.runs.ownership import MANIFEST_NAME, RUNS_FOLDER
from forecast.runs.stored_schema import check_manifest, check_summary

__all__ = [
    "StoredRun",
    "all_runs",
    "find_run",
    "foreign_files",
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

SUMMARY_NAME = "summary.json"
MAX_OUTPUT_BYTES = 256 * 2**20
"""Size of a file of a run; a report of 10,000 places has 20 MiB."""
MIN_ID_LENGTH = 4
"""Characters of a run id that name the run."""


@dataclass(frozen=True)
class StoredRun:
    """A run on disk."""

    folder: Path
    """Folder with its files, `reports/.runs/<id>`."""
    manifest: Mapping[str, Any]
    """Content of manifest.json."""
    is_reused: bool = False
    """True where it was on disk already when it was requested, so that nothing was simulated."""
    set_aside: Path | None = None
    """Where the earlier folder of the same run is kept, whose files were changed since it was published."""

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

    @property
    def shown_folder(self) -> Path:
        """Folder to open: the link `reports/<scenario>` where it is one and leads to this run, else its own folder."""
        link = self.folder.parent.parent / self.scenario
        return link if link.is_symlink() and real_path(link) == real_path(self.folder) else self.folder

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


def prepare_reports(reports: Path, names: Iterable[str] = ()) -> None:
    """Refuse before anything is simulated if a run could not be written; remove what dead processes left.

    Parameters
    ----------
    reports : Path
        Folder of the reports.
    names : iterable of str
        Names under which runs will be shown.

    Raises
    ------
    OutputError
        The folder cannot be written or is somebody's, or somebody's file stands where one of ours would be, or a
        program holds a file that must be replaced.
    """
    ownership.claim_reports(reports)
    for name in names:
        ownership.check_link(reports, name)
    ownership.check_index(reports)


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
        The run, marked as reused, whatever somebody else put beside its files; None where there is none, or a file of
        it is damaged.

    Raises
    ------
    OutputError
        It is damaged, and cannot be written anew because a program holds one of its files.
    """
    folder = reports / RUNS_FOLDER / inputs.run_id
    if not folder.is_dir():
        return None
    with suppress(OutputError):
        run = open_run(folder)
        run.summary()
        is_same = (run.run_id, run.scenario) == (inputs.run_id, inputs.name)
        if is_same and not edited_entries(run.manifest, folder) and not changed_outputs(run):
            return replace(run, is_reused=True)
    for path in folder.rglob("*"):
        if not path.is_dir():
            atomic.check_not_held(path)
    return None


def publish_run(
    reports: Path, inputs: RunInputs, files: Mapping[str, bytes], parameters: Mapping[str, Any]
) -> StoredRun:
    """Write a run whole, or not at all; `link_run` shows it.

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
        The published run; `set_aside` where there was one of its id with changed files.

    Raises
    ------
    OutputError
        The disk refuses; what was there is as it was.
    """
    outputs = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    content = {**inputs.manifest, "parameters": to_jsonable(parameters), "outputs": outputs}
    manifest = seal(json.loads(json_bytes(content)))
    final = reports / RUNS_FOLDER / inputs.run_id
    set_aside = None
    with atomic.new_folder(final) as folder:
        atomic.write_files(folder, {**files, MANIFEST_NAME: json_bytes(manifest)})
        if os.path.lexists(final) and find_run(reports, inputs) is None:
            set_aside = ownership.set_aside_name(final)
            os.rename(final, set_aside)
    return replace(open_run(final), set_aside=set_aside)


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
        The link cannot be written, or something of somebody else stands there.
    """
    link = reports / run.scenario
    with lock_reports(reports):
        if ownership.linked_run_id(link) == run.run_id:
            return
        ownership.check_link(reports, run.scenario)
        text = ownership.link_text(run.run_id)
        if not atomic.replace_link(text, link):
            atomic.write_file(link, f"{text}\n".encode())


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
    return locks.hold_lock(reports / RUNS_FOLDER / ownership.LOCK_NAME)


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
    folder = _run_folder(path)
    if not os.path.isdir(folder):
        raise OutputError("no_run", path=str(path))
    manifest = _read_manifest(folder, path)
    try:
        check_manifest(manifest)
    except ValueError as fault:
        raise OutputError("not_a_run", path=str(path)) from fault
    if not _has_inner_names(manifest):
        raise OutputError("not_a_run", path=str(path))
    return StoredRun(folder, manifest)


def _run_folder(path: Path | str) -> Path:
    """The folder of a run, from a link, from a pointer, or from itself; it need not exist."""
    return real_path(ownership.follow_pointer(Path(path)))


def _read_manifest(folder: Path, shown: Path | str) -> dict[str, Any]:
    """manifest.json as JSON of our schema; its keys are not checked."""
    manifest = _read_json(folder / MANIFEST_NAME)
    schema = manifest.get("schema")
    if type(schema) is not int:
        raise OutputError("not_a_run", path=str(shown))
    if schema != MANIFEST_SCHEMA:
        raise OutputError("other_schema", path=str(shown), schema=schema, ours=MANIFEST_SCHEMA)
    return manifest


def _has_inner_names(manifest: Mapping[str, Any]) -> bool:
    """True where each name in a manifest that becomes a path stays in the folder of its run or of the reports."""
    scenario = manifest["scenario"]
    is_name = is_inner_path(scenario) and "/" not in scenario
    return is_name and ownership.is_run_id(manifest["run_id"]) and all(map(is_inner_path, manifest["outputs"]))


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
    if os.path.lexists(path) or "/" in text or os.sep in text:
        return path
    if os.path.lexists(reports / text):
        return reports / text
    if len(text) < MIN_ID_LENGTH:
        return path
    folders = [run.folder for run in all_runs(reports) if run.run_id.startswith(text)]
    return folders[0] if len(folders) == 1 else path


def damaged_outputs(run: StoredRun) -> tuple[str, ...]:
    """Names of the files of a run that are missing, changed or not in its manifest."""
    return tuple(sorted({*changed_outputs(run), *foreign_files(run)}))


def changed_outputs(run: StoredRun) -> tuple[str, ...]:
    """Names of the files of a run that are missing, or not as its manifest says; its summary if of another run."""
    outputs: Mapping[str, str] = run.manifest["outputs"]
    changed = [name for name in outputs if _file_digest(run.folder / name, run.folder) != outputs[name]]
    if not changed and run.summary()["run_id"] != run.run_id:
        return (SUMMARY_NAME,)
    return tuple(sorted(changed))


def foreign_files(run: StoredRun) -> tuple[str, ...]:
    """List the files in the folder of a run that it did not write.

    Parameters
    ----------
    run : StoredRun
        The run.

    Returns
    -------
    tuple of str
        Their names, with `/`, sorted; a link is one.
    """
    names = {
        path.relative_to(run.folder).as_posix()
        for path in run.folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    return tuple(sorted(names - set(run.manifest["outputs"]) - {MANIFEST_NAME}))


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
    folder = _run_folder(path)
    if os.path.isdir(folder) and (names := changed_entries(_read_manifest(folder, path))):
        raise CheckError("run_damaged", path=str(path), names=describe_entries(MANIFEST_NAME, names))
    run = open_run(path)
    if names := edited_entries(run.manifest, run.folder):
        raise CheckError("run_damaged", path=str(path), names=describe_entries(MANIFEST_NAME, names))
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
    runs = reports / RUNS_FOLDER
    with atomic.translate_disk_errors(reports):
        names = os.listdir(runs) if ownership.owns_runs(reports) else []
    for name in names:
        if ownership.is_run_id(name) and _has_manifest(f"{runs}{os.sep}{name}"):
            with suppress(OutputError):
                run = open_run(runs / name)
                if run.run_id == name:
                    readable.append(run)
    yield from sorted(readable, key=lambda run: (-run.created, run.run_id))


def _has_manifest(folder: str) -> bool:
    """True for a folder, no link, with a manifest; a text, because a path of each of many folders takes long."""
    try:
        return not os.path.islink(folder) and stat.S_ISREG(os.lstat(f"{folder}{os.sep}{MANIFEST_NAME}").st_mode)
    except (OSError, ValueError):
        return False


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
    names = os.listdir(reports) if reports.is_dir() else ()
    return frozenset(ownership.linked_run_id(f"{reports}{os.sep}{name}") for name in names) - {""}


def prune_runs(reports: Path) -> tuple[str, ...]:
    """Remove the runs that no link shows, but those in whose folder somebody put files.

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
        The list of runs is somebody's, so that nothing is removed; or a run cannot be removed, and the others were.
    """
    if not ownership.owns_runs(reports):
        return ()
    ownership.check_index(reports)
    failures = []
    with lock_reports(reports):
        linked = linked_run_ids(reports)
        unlinked = [run for run in all_runs(reports) if run.run_id not in linked and not foreign_files(run)]
        for run in unlinked:
            try:
                _remove_run(run.folder)
            except OutputError as failure:
                failures.append(failure)
    if failures:
        raise failures[0]
    return tuple(run.run_id for run in unlinked)


def _remove_run(folder: Path) -> None:
    """Remove a run: first its name, in one step, then its files."""
    with atomic.translate_disk_errors(folder):
        temporary = temporaries.temporary_name(folder)
        os.rename(folder, temporary)
    shutil.rmtree(temporary, ignore_errors=True)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return read_json_object(path)
    except FileNotFoundError:
        raise OutputError("no_run", path=str(path.parent)) from None
    except (OSError, ValueError) as fault:
        raise OutputError("not_a_run", path=str(path)) from fault


def _file_digest(path: Path, folder: Path) -> str:
    """SHA-256 of a regular file of a size that we write, to which no link leads out of the folder; else empty."""
    with suppress(OSError):
        if stat.S_ISREG(path.lstat().st_mode) and real_path(path).is_relative_to(real_path(folder)):
            return hashlib.sha256(read_regular_bytes(path, MAX_OUTPUT_BYTES)).hexdigest()
    return ""
