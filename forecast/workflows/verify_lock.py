"""Verification of a lock: the chain is whole, today's files still say the same, and its figures come out again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from forecast._version import __version__
from forecast.errors import InputError, Location
from forecast.files.csv import MAX_CSV_BYTES
from forecast.files.encoding import decode_text
from forecast.files.fingerprint import code_digest
from forecast.files.paths import SCENARIOS_FOLDER, display_path, find_project, read_regular_file, real_path
from forecast.history.known_rows import known_figure_differences
from forecast.plan.accounts import ledger_accounts
from forecast.plan.loading.differences import document_differences, naming_key
from forecast.plan.loading.loader import read_document
from forecast.runs.lock_files import read_locks
from forecast.runs.lock_restore import restored_project
from forecast.runs.locks import Lock, locks_folder
from forecast.runs.repository import StoredRun
from forecast.workflows.cases import fit_request_baseline
from forecast.workflows.locked_plans import lock_fits, open_in_chain, restored_plan
from forecast.workflows.request import RunRequest

__all__ = ["LockVerification", "SourceChange", "is_lock_missing", "rerun_lock", "verify_lock"]

MAX_CHANGED_ROWS = 10
"""Changed rows of a data file that are named one by one."""
SCENARIO_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True)
class SourceChange:
    """A place in today's files that says something else than the lock."""

    file: str
    """From the folder of the project."""
    line: int
    """Line of today's file; 0 where it stands in none."""
    name: str
    """Dotted name of the key; of a ledger measure and month; of another data file the key that names it and the row."""
    old: str | None
    """None where it is new."""
    new: str | None
    """None where it is gone."""


@dataclass(frozen=True)
class LockVerification:
    """A lock that is whole, and what differs from it today."""

    lock: Lock
    position: int
    """Place in the chain, from 1."""
    count: int
    """Locks of the chain."""
    superseded_by: str
    """Name of its next version; empty for none."""
    revised_by: tuple[str, ...]
    """Names of the locks of plans that revise it."""
    changes: tuple[SourceChange, ...]
    unreadable: tuple[InputError, ...]
    """Errors of files that cannot be read any more."""
    program_version: str
    """Version of the program, where it is not that of the lock; else empty."""
    has_other_code: bool
    """True where the program has the version of the lock and other files."""

    @property
    def is_unchanged(self) -> bool:
        """True where all files and the program are as they were."""
        return not (self.changes or self.unreadable or self.is_other_program)

    @property
    def is_other_program(self) -> bool:
        """True where the program is not the one that made the lock."""
        return bool(self.program_version) or self.has_other_code


def verify_lock(file: Path) -> LockVerification:
    """Check that a lock and its chain are whole, and what today's files say otherwise.

    Parameters
    ----------
    file : Path
        File of the lock, in `scenarios/locked/` of its project.

    Returns
    -------
    LockVerification
        Its place in the chain, and each key, row and file that changed.

    Raises
    ------
    LockError
        A lock was edited, or one is missing: every problem at once.
    OutputError
        There is no such lock.
    """
    lock, chain = open_in_chain(file)
    project = file.absolute().parents[2]
    unreadable: list[InputError] = []
    changes: list[SourceChange] = []
    for compare in (_plan_changes, _data_changes, _ledger_changes):
        try:
            with restored_project(lock.sources, lock.ledger) as restored:
                changes += compare(lock, restored, project)
        except InputError as error:
            unreadable.append(error)
    is_same_version = lock.program.version == __version__
    return LockVerification(
        lock=lock,
        position=1 + [each.name for each in chain].index(lock.name),
        count=len(chain),
        superseded_by=next((each.name for each in chain if each.supersedes == lock.name), ""),
        revised_by=tuple(each.name for each in chain if each.revises == lock.name),
        changes=tuple(changes),
        unreadable=tuple(unreadable),
        program_version="" if is_same_version else __version__,
        has_other_code=is_same_version and lock.program.code != code_digest(),
    )


def rerun_lock(lock: Lock, workers: int = 1) -> list[str]:
    """Simulate a lock again from what it holds: its texts, rows, fits, seed and paths.

    Parameters
    ----------
    lock : Lock
        The lock.
    workers : int
        Processes.

    Returns
    -------
    list of str
        Names of the figures that do not come out bit for bit: `quantiles.revenue.2025`.

    Raises
    ------
    InputError
        This version of the program cannot read its plan.
    """
    from forecast.analysis.locked_figures import differing_figures, locked_figures
    from forecast.simulation.simulate import ExecutionOptions, simulate

    with restored_plan(lock) as plan:
        request = RunRequest.for_lock(lock, plan.scenario, workers=workers)
        if (fits := lock_fits(lock)) is not None:
            request = request.with_pinned_fits(fits)
        baseline = fit_request_baseline(request)
        run = simulate(
            plan.scenario,
            paths=lock.paths,
            seed=lock.seed,
            baseline=baseline,
            execution=ExecutionOptions(workers),
        )
        return differing_figures(lock, locked_figures(run))


def is_lock_missing(run: StoredRun) -> bool:
    """Return whether a run shows the figures of a lock that its project no longer has.

    Parameters
    ----------
    run : StoredRun
        A run.

    Returns
    -------
    bool
        False for a run of no lock, and outside a project.

    Raises
    ------
    LockError
        A lock was edited, or one is missing.
    """
    digest = run.manifest.get("lock")
    project = find_project(run.folder)
    if digest is None or not (project / SCENARIOS_FOLDER).is_dir():
        return False
    return digest not in {lock.digest for lock in read_locks(locks_folder(project))}


def _plan_changes(lock: Lock, restored: Path, project: Path) -> list[SourceChange]:
    """Keys of the plan that are written otherwise, new or gone."""
    names = [name for name in lock.sources if name.endswith(SCENARIO_ENDINGS)]
    if all(_text(project, name) == lock.sources[name] for name in names):
        return []
    old, new = read_document(restored / lock.plan), read_document(project / lock.plan)
    return [
        SourceChange(_shown(each.location, project), each.location.line, each.name, each.old, each.new)
        for each in document_differences(old, new)
    ]


def _data_changes(lock: Lock, restored: Path, project: Path) -> list[SourceChange]:
    """Rows of data files but for the ledger that are others; files that are gone."""
    changes: list[SourceChange] = []
    texts = {name: _text(project, name) for name in lock.sources if not name.endswith(SCENARIO_ENDINGS)}
    changed = sorted(name for name, now in texts.items() if now != lock.sources[name])
    document = read_document(restored / lock.plan) if changed else None
    for name in changed:
        text, now = lock.sources[name], texts[name]
        key = "" if document is None else naming_key(document, name)
        if now is None:
            changes.append(SourceChange(name, 0, key, name, None))
        else:
            changes += _row_changes(name, key, text.splitlines(), now.splitlines())
    return changes


def _row_changes(file: str, key: str, old: Sequence[str], new: Sequence[str]) -> Iterator[SourceChange]:
    """Rows of a data file that are others: those that left and those that came, in their order."""
    gone, added = Counter(old) - Counter(new), Counter(new) - Counter(old)
    old_rows = [row for row in old if _take(gone, row)]
    new_rows = [(line, row) for line, row in enumerate(new, 1) if _take(added, row)]
    for index in range(min(max(len(old_rows), len(new_rows)), MAX_CHANGED_ROWS)):
        line, row = new_rows[index] if index < len(new_rows) else (0, None)
        yield SourceChange(file, line, key, old_rows[index] if index < len(old_rows) else None, row)


def _take(counts: Counter[str], row: str) -> bool:
    """True where a row is still to be counted; it is counted then."""
    if counts[row] <= 0:
        return False
    counts[row] -= 1
    return True


def _ledger_changes(lock: Lock, restored: Path, project: Path) -> list[SourceChange]:
    """Figures that were known on the day of the plan and are others; later rows are none."""
    ledger = lock.ledger
    if ledger is None:
        return []
    now = _text(project, ledger.file)
    if now is None:
        return [SourceChange(ledger.file, 0, "history.file", ledger.file, None)]
    if now.splitlines() == list(ledger.rows):
        return []
    with restored_plan(lock) as plan:
        accounts = ledger_accounts(plan.scenario)
    differences = known_figure_differences(
        restored / ledger.file, project / ledger.file, lock.currency, accounts, lock.as_of
    )
    return [
        SourceChange(ledger.file, 0 if each.new is None else each.location.line, each.name, each.old, each.new)
        for each in differences
    ]


def _text(project: Path, name: str) -> str | None:
    """Text of a file as it is now; None where there is none."""
    path = project / name
    if not path.exists():
        return None
    shown = display_path(path)
    return decode_text(read_regular_file(real_path(path), Location(shown), "", MAX_CSV_BYTES), shown)


def _shown(location: Location, project: Path) -> str:
    """File of a location from the folder of the project."""
    path = Path(location.file).absolute()
    return path.relative_to(project).as_posix() if path.is_relative_to(project) else path.name
