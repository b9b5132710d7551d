"""The round of a month: sheets into the ledger, the overlay of the month, its lock, and its report with the message.

Each step is on disk before the next begins, and is not done twice: a round that was stopped goes on with the same
command.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from forecast.engines import LOCAL
from forecast.errors import InputError, Location, OutputError, Problem
from forecast.files.atomic import write_file, write_new_file
from forecast.files.encoding import decode_text
from forecast.files.locks import hold_lock
from forecast.files.paths import SCENARIOS_FOLDER, display_path, find_project, read_regular_file, real_path
from forecast.history.ledger_entries import LedgerEntry, entry_day
from forecast.history.ledger_update import write_update
from forecast.i18n import Language, Note, Translator
from forecast.periods import first_day, format_month, parse_month
from forecast.plan.data_files import path_in_project
from forecast.runs.lock_files import read_locks
from forecast.runs.locks import Lock, lock_file, locks_folder
from forecast.runs.month_locks import current_locks, lock_month, newest_plan_lock
from forecast.workflows.actuals import ActualsRequest, AskBookingDay, ImportedActuals, find_plan, import_actuals
from forecast.workflows.lock import LockedPlan, LockRequest, lock_plan
from forecast.workflows.request import LOCKED_RUN_PREFIX
from forecast.workflows.run import RunCallbacks
from forecast.workflows.verify_lock import SourceChange, verify_lock

if TYPE_CHECKING:
    from forecast.plan.loading.loader import LoadedPlan
    from forecast.plan.scenario import Scenario

__all__ = ["PreparedMonth", "RollRequest", "RolledMonth", "roll_month"]

MONTHS_FOLDER = "months"
"""Folder of the overlays of months, in that of the plans."""
ROUND_GUARD = ".lock"
"""File by which two who roll at once take turns; it stays, and is empty."""
REVENUE_KINDS = ("revenue", "volume")
"""Kinds of measures that are books of a service."""
MAX_NAMED_CHANGES = 3
"""Changes of the approved plan that are named."""
_AS_OF_LINE = re.compile(r"^as_of:[^\n#]*?(?=[ \t]*(?:#[^\n]*)?\r?$)", re.MULTILINE)

OverlayChange = Literal["", "written", "moved"]
"""Change of the overlay of a month: none, it was written, or its day was moved."""


@dataclass(frozen=True)
class RollRequest:
    """A month to roll."""

    folder: Path
    """Where one stands, in the project."""
    month: int | None = None
    """From year 0; the month after the last rolled one where it is None."""
    sheets: tuple[Path, ...] = ()
    plan: Path | None = None
    """The plan; that of the newest lock of a plan where it is None."""
    booked: date | None = None
    """Day of booking of all figures of the sheets; that of the sheets where it is None."""
    unit: str = ""
    """Unit of all amounts of money; that of the sheets where it is empty."""
    convert: bool = False
    """True where columns may be added to the ledger, and a short one made long."""
    ask_booking_day: AskBookingDay | None = None
    """Called where `booked` is None and a sheet has no day of booking."""
    seed: int | None = None
    """Seed of the random numbers; None for that of the plan; the same holds for `paths` and `language`."""
    paths: int | None = None
    language: Language | None = None
    reports: Path | None = None
    """Folder of the reports; that of the project where it is None."""
    engine: str = LOCAL
    workers: int = 1


@dataclass(frozen=True)
class PreparedMonth:
    """A month whose books and overlay are on disk."""

    month: int
    overlay: Path
    overlay_change: OverlayChange
    parent: Path
    """File that a new overlay extends: that of the month before, else the plan."""
    scenario: Scenario
    """The plan of the month."""
    imported: ImportedActuals | None
    """None without sheets."""
    notes: tuple[Note, ...]
    """Notes on the round for the planner."""


@dataclass(frozen=True)
class RolledMonth:
    """A month that was rolled."""

    prepared: PreparedMonth
    locked: LockedPlan
    """`is_new` is False where nothing new was to lock."""


@dataclass(frozen=True)
class _Round:
    """The project and the plan before a month is rolled."""

    request: RollRequest
    project: Path
    chain: tuple[Lock, ...]
    plan: Path
    scenario: Scenario
    """The plan of the year."""
    plan_files: tuple[str, ...]
    """Files of the plan and of its parents, as shown in problems."""

    @property
    def folder(self) -> Path:
        """Folder of the overlays."""
        return _months_folder(self.project)

    def overlay(self, month: int) -> Path:
        """File of the overlay of a month."""
        return self.folder / f"{format_month(month)}.yaml"

    @property
    def rolled(self) -> dict[int, Lock]:
        """Months of the plan that are locked -> the last version."""
        name = path_in_project(self.scenario.file, self.scenario)
        parents = {path_in_project(file, self.scenario) for file in self.plan_files}
        locks = [lock for lock in current_locks(self.chain) if name in lock.sources or lock.plan in parents]
        return {month: lock for lock in locks if (month := lock_month(lock)) is not None}


def roll_month(
    request: RollRequest,
    callbacks: RunCallbacks | None = None,
    on_prepared: Callable[[PreparedMonth], None] = lambda prepared: None,
    on_lock: Callable[[Lock, Path], None] = lambda lock, file: None,
) -> RolledMonth:
    """Roll a month: import its sheets, write its overlay where there is none, lock it and publish its report.

    Parameters
    ----------
    request : RollRequest
        The month, its sheets and the plan.
    callbacks : RunCallbacks, optional
        Functions that are called as the run proceeds.
    on_prepared : callable
        Called once the books and the overlay are on disk.
    on_lock : callable
        Called with a new lock and its file as soon as it is on disk.

    Returns
    -------
    RolledMonth
        The month, its lock and its run.

    Raises
    ------
    InputError
        The month cannot be rolled, or the sheets, the plan or its data cannot be read.
    LockError
        The chain of locks is broken.
    OutputError
        Another round is going on, or the disk refuses.
    """
    project = find_project(request.folder)
    chain = read_locks(locks_folder(project))
    plan, loaded = _find_rolled_plan(request, chain, project)
    with _hold_round(_months_folder(project)):
        chain = read_locks(locks_folder(project))  # another round may have ended meanwhile
        current = _Round(request, project, chain, plan, loaded.scenario, loaded.plan_files)
        prepared = _prepare_month(current)
        on_prepared(prepared)
        lock_request = LockRequest(
            plan=prepared.overlay,
            name=format_month(prepared.month),
            seed=request.seed,
            paths=request.paths,
            language=request.language,
            reports=request.reports,
            engine=request.engine,
            workers=request.workers,
            keep_same=True,
        )
        return RolledMonth(prepared, lock_plan(lock_request, callbacks, on_lock))


def _months_folder(project: Path) -> Path:
    return project / SCENARIOS_FOLDER / MONTHS_FOLDER


@contextmanager
def _hold_round(folder: Path) -> Iterator[None]:
    """Hold the round of a project; OutputError at once where another one is going on."""
    is_held = False
    try:
        with hold_lock(folder / ROUND_GUARD, timeout_seconds=0):
            is_held = True
            yield
    except OutputError as error:
        if error.code == "locked" and not is_held:
            raise OutputError("roll_busy", path=display_path(folder)) from None
        raise


def _find_rolled_plan(request: RollRequest, chain: Sequence[Lock], project: Path) -> tuple[Path, LoadedPlan]:
    """The plan of the year that is lived; InputError where it has no ledger."""
    from forecast.plan.loading.loader import read_plan

    locked = newest_plan_lock(chain)
    if request.plan is not None:
        plan = request.plan
    elif locked is not None:
        plan = project / locked.plan
        if not plan.is_file():
            raise InputError.of(Location(display_path(plan)), "", "roll_plan_gone", name=locked.name)
    else:
        plan = find_plan(project)
    loaded = read_plan(plan)
    if loaded.scenario.history is None:
        raise InputError.of(Location(loaded.scenario.file), "history", "roll_no_ledger")
    return plan, loaded


def _prepare_month(current: _Round) -> PreparedMonth:
    """Find the month, check all that can be checked, then write its rows and its overlay."""
    request = current.request
    rows = _ledger_rows(current)
    month = _find_month(current, request)
    parent = _parent_overlay(current, month)
    imported = None
    if request.sheets:
        imported = _read_sheets(current, parent or current.plan)
        if _is_sheet_of_last_month(current, month, imported):
            month -= 1  # the same command again
            parent = _parent_overlay(current, month)
        _require_month(month, imported)
        rows = (*rows, *imported.update.added)
    _require_books(current, month, rows)
    overlay = current.overlay(month)
    text, change = _overlay_text(current, month, parent, imported, rows)
    loaded = _check_overlay(current, overlay, text, change)
    if imported is not None:
        write_update(imported.update)
        imported = replace(imported, is_written=bool(imported.update.row_count))
    _write_overlay(overlay, text, change)
    notes = (*_month_notes(current, month, loaded.scenario, rows), *_plan_notes(current))
    return PreparedMonth(month, overlay, change, parent or current.plan, loaded.scenario, imported, notes)


def _ledger_rows(current: _Round) -> tuple[LedgerEntry, ...]:
    """The rows of the ledger of the plan."""
    from forecast.history.ledger_entries import open_ledger
    from forecast.plan.accounts import ledger_accounts

    scenario = current.scenario
    assert scenario.history is not None
    return open_ledger(Path(scenario.history.file), scenario.currency, ledger_accounts(scenario)).entries


def _find_month(current: _Round, request: RollRequest) -> int:
    """The month to roll; InputError where the plan does not simulate it."""
    horizon, rolled = current.scenario.horizon.calendar, current.rolled
    if request.month is not None:
        month = request.month
    elif not rolled:
        month = horizon.first
    else:
        last = max(rolled)
        is_again = _is_unfinished(current, rolled[last]) or (last == horizon.last and bool(request.sheets))
        month = last if is_again else last + 1
    if month not in horizon.months:
        code = "roll_year_over" if request.month is None else "roll_outside_horizon"
        params = {
            "month": format_month(month),
            "first": format_month(horizon.first),
            "last": format_month(horizon.last),
        }
        raise InputError.of(Location(current.scenario.file), "horizon", code, **params)
    return month


def _is_unfinished(current: _Round, lock: Lock) -> bool:
    """True where a month was locked and its report is not there: a round that was stopped."""
    reports = current.request.reports or current.project / "reports"
    return not os.path.lexists(reports / f"{LOCKED_RUN_PREFIX}{lock.name}")


def _parent_overlay(current: _Round, month: int) -> Path | None:
    """The newest overlay of an earlier month; None where the month extends the plan itself."""
    overlays = sorted(path for path in current.folder.glob("*.yaml") if _overlay_month(path) is not None)
    earlier = [path for path in overlays if _overlay_month(path) < month]  # type: ignore[operator]
    if not earlier:
        return None
    parent = earlier[-1]
    if _extends(parent, current.plan):
        return parent
    if real_path(parent) in {real_path(Path(file)) for file in current.plan_files}:
        return None  # a revised plan that carries what the months taught
    params = {"plan": display_path(current.plan), "parent": display_path(parent)}
    raise InputError.of(Location(display_path(parent)), "extends", "roll_other_plan", **params)


def _overlay_month(path: Path) -> int | None:
    try:
        return parse_month(path.stem)
    except ValueError:
        return None


def _extends(plan: Path, parent: Path) -> bool:
    """True where a plan is another one, or extends it, also through others."""
    from forecast.plan.loading.loader import read_plan

    return real_path(parent) in {real_path(Path(file)) for file in read_plan(plan).plan_files}


def _read_sheets(current: _Round, plan: Path) -> ImportedActuals:
    """The rows that sheets add to the ledger, not written yet."""
    request = current.request
    return import_actuals(
        ActualsRequest(
            request.sheets,
            plan,
            request.booked,
            request.unit,
            request.convert,
            is_dry_run=True,
            ask_booking_day=request.ask_booking_day,
        )
    )


def _is_sheet_of_last_month(current: _Round, month: int, imported: ImportedActuals) -> bool:
    """True where no month is named and the sheets are those of the month that was rolled last."""
    if current.request.month is not None or month - 1 not in current.rolled:
        return False
    return max(figure.month for figure in imported.reading.figures) == month - 1


def _require_month(month: int, imported: ImportedActuals) -> None:
    """InputError where sheets are of other months."""
    figures = imported.reading.figures
    months = sorted({figure.month for figure in figures})
    later = [other for other in months if other > month]
    params = {"month": format_month(month), "months": ", ".join(map(format_month, later or months))}
    if month not in months:
        raise InputError.of(figures[0].location, "", "roll_other_month", **params)
    if later:
        location = next(figure.location for figure in figures if figure.month == later[0])
        raise InputError.of(location, "", "roll_later_months", last=format_month(later[-1]), **params)


def _require_books(current: _Round, month: int, rows: Sequence[LedgerEntry]) -> None:
    """InputError where the month, or one of the horizon before it, has no books."""
    booked = {row.month for row in rows if row.measure.partition(".")[0] in REVENUE_KINDS}
    first = current.scenario.horizon.calendar.first
    forgotten = [other for other in range(first, month) if other not in booked]
    location = Location(current.scenario.history.file if current.scenario.history else "")
    if month not in booked:
        example = date.fromordinal(first_day(month + 1) + 4).isoformat()
        raise InputError.of(location, "", "roll_no_books", month=format_month(month), example=example)
    if forgotten:
        names = ", ".join(map(format_month, forgotten))
        raise InputError.of(
            location, "", "roll_forgotten", months=names, first=format_month(forgotten[0]), month=format_month(month)
        )


def _overlay_text(
    current: _Round,
    month: int,
    parent: Path | None,
    imported: ImportedActuals | None,
    rows: Sequence[LedgerEntry],
) -> tuple[str, OverlayChange]:
    """The overlay of a month as it is or as it will be written."""
    overlay = current.overlay(month)
    day = _booking_day(month, imported, rows)
    if not overlay.exists():
        return _new_overlay(current, month, parent, _latest(day, parent)), "written"
    shown = display_path(overlay)
    text = decode_text(read_regular_file(overlay, Location(shown), ""), shown)
    as_of = _read_overlay(current, overlay, text).scenario.as_of
    if imported is None or not imported.update.row_count or (as_of is not None and day <= as_of):
        return text, ""
    line = f"as_of: {day.isoformat()}"
    if _AS_OF_LINE.search(text):
        return _AS_OF_LINE.sub(line, text, count=1), "moved"
    return f"{text.rstrip()}\n{line}\n", "moved"


def _booking_day(month: int, imported: ImportedActuals | None, rows: Sequence[LedgerEntry]) -> date:
    """The day of booking of the sheet, else the last day on which a figure of the month was first booked."""
    if imported is not None:
        days = [figure.booked for figure in imported.reading.figures if figure.month == month and figure.booked]
    else:
        first: dict[tuple[str, str], date] = {}
        for row in rows:
            if row.month == month:
                day, key = date.fromisoformat(entry_day(row)), (row.measure, row.text)
                first[key] = min(day, first.get(key, day))
        days = list(first.values())
    last_day = first_day(month + 1) - 1
    day = max(days)
    if day.toordinal() < last_day:
        raise InputError.of(
            Location(f"{SCENARIOS_FOLDER}/{MONTHS_FOLDER}/{format_month(month)}.yaml"),
            "as_of",
            "roll_month_open",
            month=format_month(month),
            day=day.isoformat(),
            last=date.fromordinal(last_day).isoformat(),
        )
    return day


def _latest(day: date, parent: Path | None) -> date:
    """A day, not before that of the overlay that is extended."""
    from forecast.plan.loading.loader import read_plan

    as_of = read_plan(parent).scenario.as_of if parent is not None else None
    return day if as_of is None else max(day, as_of)


def _new_overlay(current: _Round, month: int, parent: Path | None, as_of: date) -> str:
    """Text of a new overlay: its parent, its day, and where the planner writes what became known."""
    t = Translator(current.request.language or current.scenario.language)
    extended = Path(os.path.relpath(parent or current.plan, current.folder)).as_posix()
    schema = current.folder.parent / "plan.schema.json"
    lines = ["# yaml-language-server: $schema=../plan.schema.json"] if schema.exists() else []
    lines += [f"# {t('roll_overlay_comment', month=format_month(month))}"]
    lines += [f"extends: {extended}", f"as_of: {as_of.isoformat()}"]
    return "".join(f"{line}\n" for line in lines)


def _read_overlay(current: _Round, overlay: Path, text: str) -> LoadedPlan:
    """Read an overlay that may not be on disk yet; InputError where it is of another plan."""
    from forecast.plan.loading.loader import read_plan

    loaded = read_plan(overlay, text=text)
    if real_path(current.plan) not in {real_path(Path(file)) for file in loaded.plan_files}:
        params = {"plan": display_path(current.plan), "parent": display_path(overlay)}
        raise InputError.of(Location(display_path(overlay)), "extends", "roll_other_plan", **params)
    return loaded


def _check_overlay(current: _Round, overlay: Path, text: str, change: OverlayChange) -> LoadedPlan:
    """Read the plan of a month; a new overlay is written where its day asks the planner for what became known."""
    try:
        return _read_overlay(current, overlay, text)
    except InputError as error:
        if change != "written":
            raise
        _write_overlay(overlay, text, change)
        hint = Problem.of(Location(display_path(overlay)), "", "roll_overlay_asked")
        raise InputError([*error.problems, hint]) from error


def _write_overlay(overlay: Path, text: str, change: OverlayChange) -> None:
    """Write an overlay that is new, or whose day was moved."""
    if change == "written" and not write_new_file(overlay, text.encode()):
        raise OutputError("roll_overlay_appeared", path=display_path(overlay))
    if change == "moved":
        write_file(overlay, text.encode())


def _month_notes(current: _Round, month: int, scenario: Scenario, rows: Sequence[LedgerEntry]) -> Iterator[Note]:
    """Notes on the order of months, on services without books, and on rows that do not count yet."""
    rolled, name = current.rolled, format_month(month)
    skipped = [other for other in range(scenario.horizon.calendar.first, month) if other not in rolled]
    later = sorted(other for other in rolled if other > month)
    as_of = scenario.as_of.isoformat() if scenario.as_of is not None else ""
    if skipped:
        yield "roll_note_skipped", (("months", ", ".join(map(format_month, skipped))),)
    if later:
        yield "roll_note_out_of_order", (("months", ", ".join(map(format_month, later))), ("day", as_of))
    of_month = [row for row in rows if row.month == month]
    known = _services({row.measure for row in of_month if entry_day(row) <= as_of})
    lacking = sorted(_services({row.measure for row in rows}) & scenario.services.keys() - known)
    if lacking:
        yield "roll_note_lacking", (("services", ", ".join(lacking)), ("month", name))
    unknown = [entry_day(row) for row in of_month if entry_day(row) > as_of]
    if unknown:
        params = {"count": str(len(unknown)), "day": as_of, "last": max(unknown), "month": name}
        yield "roll_note_later_rows", tuple(params.items())


def _services(measures: set[str]) -> set[str]:
    """Names of the services whose revenue or volume is among some measures."""
    parts = [measure.partition(".") for measure in measures]
    return {service for kind, _, service in parts if kind in REVENUE_KINDS}


def _plan_notes(current: _Round) -> Iterator[Note]:
    """Notes on a plan that is not locked, or no longer as it was locked."""
    name = path_in_project(current.scenario.file, current.scenario)
    locked = next((lock for lock in reversed(current.chain) if lock.plan == name and lock_month(lock) is None), None)
    if locked is None:
        yield "roll_note_not_locked", (("plan", name),)
        return
    verification = verify_lock(lock_file(locks_folder(current.project), locked.name))
    changes = [change for change in verification.changes if change.file.endswith((".yaml", ".yml"))]
    for change in changes[:MAX_NAMED_CHANGES]:
        yield "roll_note_plan_differs", _change_params(change, locked)
    if len(changes) > MAX_NAMED_CHANGES:
        yield "roll_note_more_changes", (("count", str(len(changes) - MAX_NAMED_CHANGES)), ("name", locked.name))


def _change_params(change: SourceChange, locked: Lock) -> tuple[tuple[str, str], ...]:
    params = {"file": change.file, "line": str(change.line), "key": change.name, "lock": locked.name}
    return tuple({**params, "old": change.old or "-", "new": change.new or "-"}.items())
