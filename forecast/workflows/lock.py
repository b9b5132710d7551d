"""From a plan to its lock: read, simulated from what will be locked, written at the end of the chain, published."""

from __future__ import annotations

import dataclasses
import getpass
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from forecast._version import __version__
from forecast.engines import LOCAL
from forecast.errors import InputError, Location, Problem
from forecast.files.characters import FORBIDDEN_IN_NAMES
from forecast.files.csv import MAX_CSV_BYTES
from forecast.files.encoding import decode_text
from forecast.files.fingerprint import code_digest, environment_versions
from forecast.files.paths import display_path, is_inner_path, plan_name, read_regular_file, real_path
from forecast.history.known_rows import known_rows
from forecast.i18n import Language
from forecast.periods import format_month
from forecast.plan.accounts import ledger_accounts
from forecast.plan.checks.size import require_memory
from forecast.plan.data_files import data_file_paths, path_in_project, project_folder
from forecast.plan.loading.differences import written_texts
from forecast.plan.loading.loader import LoadedPlan, read_plan
from forecast.runs import repository
from forecast.runs.lock_files import read_locks, write_lock
from forecast.runs.lock_restore import ledger_bytes, restored_project
from forecast.runs.locks import (
    LOCK_SCHEMA,
    LOCKED_LEVELS,
    Lock,
    LockedHorizon,
    LockedLedger,
    LockedProgram,
    is_lock_name,
    lock_file,
    locks_folder,
)
from forecast.workflows.locked_plans import PLAN_ENDINGS, lock_fits, restored_plan
from forecast.workflows.request import RunRequest
from forecast.workflows.run import RunCallbacks, run_plan, show_run, simulate_and_publish

if TYPE_CHECKING:
    from forecast.simulation.results import Simulation

__all__ = ["LockRequest", "LockedPlan", "lock_plan"]

MAX_APPROVAL_CHARACTERS = 200
"""Characters of who approved a plan, and of the document of the approval."""


@dataclasses.dataclass(frozen=True)
class LockRequest:
    """A plan to lock."""

    plan: Path
    name: str = ""
    """Name of the lock; that of the plan's file where it is empty."""
    approved_by: str = ""
    reference: str = ""
    """Document of the approval."""
    seed: int | None = None
    """Seed of the random numbers; None for that of the plan; the same holds for `paths` and `language`."""
    paths: int | None = None
    language: Language | None = None
    reports: Path | None = None
    """Folder of the reports; that of the project where it is None."""
    engine: str = LOCAL
    workers: int = 1
    keep_same: bool = False
    """True to show the last lock of this name again where it holds the same plan, rows, seed and paths."""


@dataclasses.dataclass(frozen=True)
class LockedPlan:
    """A plan that was locked."""

    lock: Lock
    file: Path
    """File of the lock."""
    position: int
    """Place of the lock in the chain, from 1."""
    run: repository.StoredRun
    is_new: bool = True
    """False where an earlier lock holds the same."""


@dataclasses.dataclass(frozen=True)
class _Draft:
    """Fields of a lock that are known before anything is simulated."""

    plan: LoadedPlan
    name: str
    version: int
    supersedes: str
    revises: str
    previous: str
    position: int
    sources: dict[str, str]
    ledger: LockedLedger | None

    @property
    def file(self) -> str:
        """File of the plan, from the folder of the project."""
        return path_in_project(self.plan.scenario.file, self.plan.scenario)


def lock_plan(
    request: LockRequest,
    callbacks: RunCallbacks | None = None,
    on_lock: Callable[[Lock, Path], None] = lambda lock, file: None,
) -> LockedPlan:
    """Lock a plan, and publish the run of the lock.

    What is simulated are the texts that are locked, in a folder of their own: a file that changes meanwhile changes
    nothing.

    Parameters
    ----------
    request : LockRequest
        The plan, the name of its lock, and who approved it.
    callbacks : RunCallbacks, optional
        Functions that are called as the run proceeds.
    on_lock : callable
        Called with the lock and its file as soon as it is on disk, before its report is.

    Returns
    -------
    LockedPlan
        The lock, its file and its run.

    Raises
    ------
    InputError
        The plan or its data cannot be read, or the name or the approval is none.
    LockError
        The chain of locks is broken: no further lock is added.
    OutputError
        Another lock was made meanwhile, or the disk refuses.
    """
    raise_if_no_approval(request.approved_by, request.reference)
    plan = read_plan(request.plan)
    project = project_folder(plan.scenario.file).absolute()
    folder = locks_folder(project)
    chain = read_locks(folder)
    draft = _draft_lock(request, plan, chain)
    reports = (request.reports or project / "reports").absolute()
    if request.keep_same and (same := _find_same_lock(draft, request, chain)) is not None:
        position = chain.index(same) + 1
        run = _show_lock(lock_file(folder, same.name), same, request, reports, callbacks or RunCallbacks())
        return LockedPlan(same, lock_file(folder, same.name), position, run, is_new=False)
    with restored_project(draft.sources, draft.ledger, shown_as=display_path(project)) as restored:
        scenario = read_plan(restored / draft.file).scenario
        run_request = RunRequest(
            scenario=scenario,
            seed=scenario.seed if request.seed is None else request.seed,
            paths=request.paths or scenario.paths,
            language=request.language or scenario.language,
            reports=reports,
            engine=request.engine,
            workers=request.workers,
            lock_name=draft.name,
            locks=folder,
        )
        require_memory(scenario, run_request.paths)
        repository.prepare_reports(reports, (run_request.name,))
        locks: list[tuple[Lock, Path]] = []

        def write(simulated: RunRequest, run: Simulation) -> RunRequest:
            lock = _complete_lock(draft, request, simulated, run)
            locks.append((lock, write_lock(folder, lock)))
            on_lock(*locks[0])
            return dataclasses.replace(simulated, lock=lock)

        steps = callbacks or RunCallbacks()
        stored = simulate_and_publish(run_request, steps, write)
    ((lock, file),) = locks
    return LockedPlan(lock, file, draft.position, show_run(reports, stored, steps.on_failure))


def raise_if_no_approval(approved_by: str, reference: str) -> None:
    """InputError where who approved a plan, or the document, is no text of one line."""
    problems = []
    for option, text in (("--approved-by", approved_by), ("--reference", reference)):
        if FORBIDDEN_IN_NAMES.search(text) or len(text) > MAX_APPROVAL_CHARACTERS:
            problems.append(Problem.of(Location(option), option, "lock_approval", most=MAX_APPROVAL_CHARACTERS))
    if reference and not approved_by:
        problems.append(Problem.of(Location("--reference"), "--reference", "lock_reference_alone"))
    if problems:
        raise InputError(problems)


def _draft_lock(request: LockRequest, plan: LoadedPlan, chain: Sequence[Lock]) -> _Draft:
    """Everything of a lock but its figures; InputError where its name, or that of the plan it revises, is none."""
    scenario = plan.scenario
    name, version, supersedes = next_version(chain, request.name or plan_name(scenario.file))
    if not is_lock_name(name):
        raise InputError.of(Location(scenario.file), "--as", "lock_bad_name", name=name[:80])
    ledger = _known_ledger(plan)
    return _Draft(
        plan=plan,
        name=name,
        version=version,
        supersedes=supersedes,
        revises=_revised_lock(plan, chain),
        previous=chain[-1].digest if chain else "",
        position=len(chain) + 1,
        sources=_source_texts(plan, ledger),
        ledger=ledger,
    )


def _find_same_lock(draft: _Draft, request: LockRequest, chain: Sequence[Lock]) -> Lock | None:
    """The version before a draft, where both hold the same values, data, seed and paths; comments do not count."""
    before = next((lock for lock in chain if lock.name == draft.supersedes), None)
    if before is None:
        return None
    scenario = draft.plan.scenario
    figures = (scenario.seed if request.seed is None else request.seed, request.paths or scenario.paths)
    is_same = (
        before.plan == draft.file
        and (before.seed, before.paths) == figures
        and before.ledger == draft.ledger
        and before.effective == written_texts(draft.plan.document)
        and _data_texts(before.sources) == _data_texts(draft.sources)
    )
    return before if is_same else None


def _data_texts(sources: Mapping[str, str]) -> dict[str, str]:
    """Texts of the data files of a lock."""
    return {name: text for name, text in sources.items() if not name.endswith(PLAN_ENDINGS)}


def _show_lock(
    file: Path, lock: Lock, request: LockRequest, reports: Path, callbacks: RunCallbacks
) -> repository.StoredRun:
    """The run of a lock, found or simulated again."""
    with restored_plan(lock) as plan:
        run_request = dataclasses.replace(
            RunRequest.for_lock(lock, plan.scenario, reports, request.workers),
            language=request.language or lock.language,
            engine=request.engine,
            lock=lock,
            locks=file.parent,
        )
        if (fits := lock_fits(lock)) is not None:
            run_request = run_request.with_pinned_fits(fits)
        return run_plan(run_request, callbacks)


def next_version(chain: Sequence[Lock], name: str) -> tuple[str, int, str]:
    """Find the name of the next lock of a plan.

    Parameters
    ----------
    chain : sequence of Lock
        The locks, first to last.
    name : str
        Name that is asked for.

    Returns
    -------
    name : str
        The same, or where a lock has it that of the next version: `plan-v2`.
    version : int
        From 1.
    supersedes : str
        Name of the version before; empty for the first.
    """
    by_name = {lock.name: lock for lock in chain}
    if name not in by_name:
        return name, 1, ""
    followers = {lock.supersedes: lock for lock in chain if lock.supersedes}
    newest = first = by_name[name]
    while newest.name in followers:
        newest = followers[newest.name]
    while first.supersedes:
        first = by_name[first.supersedes]
    number = newest.version + 1
    while f"{first.name}-v{number}" in by_name:
        number += 1
    return f"{first.name}-v{number}", newest.version + 1, newest.name


def _revised_lock(plan: LoadedPlan, chain: Sequence[Lock]) -> str:
    """Name of the lock that a plan says it revises; InputError where there is none."""
    scenario, entry = plan.scenario, plan.document.entries.get("revises")
    if scenario.revises is None or entry is None or entry.location.file != scenario.file:
        return ""
    names = [lock.name for lock in chain]
    if scenario.revises not in names:
        listed = ", ".join(names[-10:]) or "-"
        raise InputError.of(entry.location, "revises", "lock_not_found", name=scenario.revises[:80], names=listed)
    return scenario.revises


def _known_ledger(plan: LoadedPlan) -> LockedLedger | None:
    """The rows of the plan's ledger that were known on its day."""
    scenario = plan.scenario
    if scenario.history is None:
        return None
    file = scenario.history.file
    rows = known_rows(file, scenario.currency, ledger_accounts(scenario), scenario.as_of)
    digest = hashlib.sha256(ledger_bytes(rows)).hexdigest()
    return LockedLedger(file=_lockable_path(path_in_project(file, scenario), file), digest=digest, rows=rows)


def _source_texts(plan: LoadedPlan, ledger: LockedLedger | None) -> dict[str, str]:
    """File of the plan, of a parent or of data but for the ledger -> its text."""
    texts = {}
    for file in sorted({*plan.plan_files, *plan.column_files, *data_file_paths(plan.scenario)}):
        name = path_in_project(file, plan.scenario)
        if ledger is None or name != ledger.file:
            content = read_regular_file(real_path(Path(file)), Location(file), "", MAX_CSV_BYTES)
            texts[_lockable_path(name, file)] = decode_text(content, file)
    return texts


def _lockable_path(name: str, file: str) -> str:
    """The name of a file; InputError where no disk but this one takes it."""
    if not is_inner_path(name) or ":" in name:
        raise InputError.of(Location(file), "", "lock_bad_path")
    return name


def _complete_lock(draft: _Draft, request: LockRequest, simulated: RunRequest, run: Simulation) -> Lock:
    """The lock of a plan that was simulated."""
    from forecast.analysis.locked_figures import locked_figures
    from forecast.simulation.closed_year import find_closed_months

    scenario, figures = run.scenario, locked_figures(run)
    closed = find_closed_months(scenario.service_names, scenario.horizon.calendar, run.baseline)
    versions = environment_versions()
    program = LockedProgram(
        version=__version__,
        code=code_digest(),
        libraries={name: version for name, version in versions.items() if name != "forecast"},
    )
    return Lock(
        format=LOCK_SCHEMA,
        name=draft.name,
        version=draft.version,
        plan=draft.file,
        revises=draft.revises,
        supersedes=draft.supersedes,
        locked_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        locked_by=_user_name(),
        approved_by=request.approved_by.strip(),
        reference=request.reference.strip(),
        program=program,
        previous=draft.previous,
        as_of=scenario.as_of,
        currency=scenario.currency,
        language=simulated.language,
        seed=run.seed,
        paths=run.paths,
        horizon=LockedHorizon(first=format_month(scenario.horizon.from_), months=scenario.horizon.months),
        closed_months=tuple(map(format_month, closed)),
        sources=draft.sources,
        effective=written_texts(draft.plan.document),
        ledger=draft.ledger,
        fits=_plain_parameters(run),
        targets=figures.targets,
        chances=figures.chances,
        quantile_levels=LOCKED_LEVELS,
        quantiles=figures.quantiles,
        history_alone=figures.history_alone,
    )


def _plain_parameters(run: Simulation) -> dict[str, object]:
    """Fits of a run, as plain JSON."""
    from forecast.files.fingerprint import to_jsonable

    parameters: dict[str, object] = to_jsonable(run.baseline.parameters)
    return parameters


def _user_name() -> str:
    """Name of the user by the system; empty where it has none."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user in the system's table
        return ""
    return FORBIDDEN_IN_NAMES.sub("", name)[:MAX_APPROVAL_CHARACTERS]
