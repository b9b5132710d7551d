"""`forecast run --watch`: run plans again when one of their files is saved, until the person stops it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from math import hypot
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from forecast.cli.errors import handle_error
from forecast.cli.output import print_lines
from forecast.cli.run_summary import short_goal_text
from forecast.cli.session import Session
from forecast.cli.text_table import UnbrokenLine
from forecast.errors import ForecastError, InputError, OutputError
from forecast.files.atomic import write_file
from forecast.files.paths import display_path
from forecast.i18n import Translator

if TYPE_CHECKING:
    from forecast.cli.completed_run import CompletedRun
    from forecast.plan.loading.loader import LoadedPlan

MAX_WAIT_MILLISECONDS = 1_000
"""Time after which the files are compared again, whether the system told of a change or not."""
DEBOUNCE_MILLISECONDS = 200
"""Time in which an editor finishes to save."""
WATCHED_PREFIX = "watch-"
"""Start of the name of the page that a browser shows anew by itself."""

FileState = tuple[int, int, int] | None
"""Time of the last change, size and number of a file; None where there is none."""


class Watcher(Protocol):
    """Waits for a change."""

    def wait(self, files: Mapping[Path, FileState]) -> None:
        """Return when one of the files is no longer as it was."""


class FileWatcher:
    """Waits until the system tells that files were saved."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def wait(self, files: Mapping[Path, FileState]) -> None:
        """Return when one of the files is no longer as it was; KeyboardInterrupt on Ctrl-C."""
        folders = sorted({file.parent for file in files if file.parent.is_dir()})
        if has_changed(files):
            return
        for _ in self._library.watch(
            *folders, recursive=False, debounce=DEBOUNCE_MILLISECONDS, rust_timeout=MAX_WAIT_MILLISECONDS,
            yield_on_timeout=True, raise_interrupt=True,
        ):  # fmt: skip
            if has_changed(files):
                return


def open_watcher() -> Watcher:
    """The watcher of this system; OutputError where the library for it is not installed."""
    try:
        import watchfiles
    except ImportError as error:
        raise OutputError("watch_missing") from error
    return FileWatcher(watchfiles)


def file_state(file: Path) -> FileState:
    """The state of a file that a save changes."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def has_changed(files: Mapping[Path, FileState]) -> bool:
    """True where one of some files is no longer as it was."""
    return any(file_state(file) != state for file, state in files.items())


class TargetState(NamedTuple):
    """Goal of a target, its chance, and half the width of the interval of the chance."""

    goal: str
    chance: float
    half_width: float


class PlanWatch:
    """The files of some plans, the chances of their last run, and the pages that follow them."""

    def __init__(self, session: Session, plans: Iterable[str]) -> None:
        self._session = session
        self.files: dict[Path, FileState] = {Path(plan): file_state(Path(plan)) for plan in plans}
        """Each file that was read, as it was when it was read."""
        self._targets: dict[str, dict[str, TargetState]] = {}
        """Plan -> target -> its state in the last run."""
        self._pages: dict[Path, tuple[Path, str]] = {}
        """The page of a plan -> the report that it shows, and the folder of the report."""

    def add_plan(self, plan: LoadedPlan) -> None:
        """Take up the files of a plan that was just read."""
        from forecast.plan.data_files import data_file_paths

        for file in (*plan.plan_files, *data_file_paths(plan.scenario), *plan.column_files):
            self.files.setdefault(Path(file), file_state(Path(file)))

    def run_until_stopped(
        self,
        run: Callable[[], tuple[list[CompletedRun], list[OutputError]]],
        check: Callable[[list[CompletedRun]], None],
        watcher: Watcher,
    ) -> None:
        """Run, wait for a change, and run again; it ends by a signal, and the pages then no longer follow.

        `run` gives the completed runs and what failed after they were stored; `check` raises CheckError for a gate.
        """
        try:
            while True:
                try:
                    self._run_once(run, check)
                except ForecastError as fault:
                    handle_error(fault, self._session)
                    self._add_files_of(fault)
                print_lines(self._session.t("watch_waiting", count=len(self.files)))
                watcher.wait(dict(self.files))
                self.files = {file: file_state(file) for file in self.files}
        finally:
            for page, (report, folder) in self._pages.items():
                with suppress(OSError, OutputError):  # it ends all the same
                    _write_page(page, report, folder, is_watched=False)

    def _run_once(
        self,
        run: Callable[[], tuple[list[CompletedRun], list[OutputError]]],
        check: Callable[[list[CompletedRun]], None],
    ) -> None:
        completed, failures = run()
        for each in completed:
            self._show_change(each)
            self._show_page(each)
        for failure in failures:
            raise failure
        check(completed)

    def _add_files_of(self, fault: ForecastError) -> None:
        """Watch the files in which the problems of a fault stand, for its repair."""
        problems = fault.problems if isinstance(fault, InputError) else ()
        for file in {Path(problem.location.file) for problem in problems if problem.location.file}:
            if file.is_file():
                self.files.setdefault(file, file_state(file))

    def _show_change(self, completed: CompletedRun) -> None:
        """Say by how much each chance differs from that of the run before."""
        targets = {
            name: TargetState(
                short_goal_text(target, completed.summary, completed.scenario, completed.t),
                target["chance"],
                (target["high"] - target["low"]) / 2,
            )
            for name, target in completed.summary["targets"].items()
        }
        before = self._targets.get(completed.run.scenario)
        self._targets[completed.run.scenario] = targets
        if before is not None:
            print_lines(*change_lines(before, targets, completed.t))

    def _show_page(self, completed: CompletedRun) -> None:
        shown = completed.run.shown_folder
        page = shown.parent / f"{WATCHED_PREFIX}{completed.run.scenario}.html"
        report = shown / "report.html"
        _write_page(page, report, shown.name, is_watched=True)
        self._pages[page] = (report, shown.name)
        print_lines(UnbrokenLine(completed.t("watch_page", path=display_path(page))))


def change_lines(before: Mapping[str, TargetState], after: Mapping[str, TargetState], t: Translator) -> list[str]:
    """Lines of the changes of chances, by name of the target; one line where nothing changed."""
    lines = []
    for name, now in after.items():
        if name in before and now.chance != before[name].chance:
            change = 100 * (now.chance - before[name].chance)
            sign = "+" if change > 0 else ""
            # the two errors as if the runs were independent: with the same random numbers the true one is smaller
            error = t.number(100 * hypot(now.half_width, before[name].half_width), 1)
            lines.append(t("watch_change", target=now.goal, change=sign + t.number(change, 1), error=error))
    return lines or [t("watch_no_change")]


def _write_page(page: Path, report: Path, folder: str, *, is_watched: bool) -> None:
    """Write the copy of a report; OutputError where a file of somebody else has its name."""
    from forecast.reports.watched_page import is_watched_page, watched_page

    if page.exists() and not is_watched_page(page.read_bytes()):
        raise OutputError("not_a_link", path=display_path(page))
    write_file(page, watched_page(report.read_bytes(), folder, is_watched=is_watched))
