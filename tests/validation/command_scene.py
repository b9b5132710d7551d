"""A folder with plans, a ledger, a recipe and earlier reports, the commands that write into it, and what must hold."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from forecast.errors import ForecastError
from forecast.files.cache import Cache
from forecast.runs import ownership, repository
from forecast.workflows.new_plan import TEMPLATES, template_files
from tests.support.command_line import BAKERY_PLAN
from tests.support.plans import ROOT
from tests.validation.disk_operations import DiskOperation, count_operations, read_operations
from tests.validation.forked_commands import CommandEnding, ForkedCommand

__all__ = [
    "CACHE",
    "WRITING_COMMANDS",
    "CommandCost",
    "CommandScene",
    "PreparedScene",
    "WritingCommand",
    "prepare_scene",
]

UNUSED_TURN = 1_000_000
"""Its seed is that of no other run."""
REPORTS, CACHE, UNLINKED = "reports", "cache", "unlinked"
SHOWN_NAMES = ("bakery", "shop", "compare-bakery-other", "backtest-shop")
"""Names that show a run from the start."""
OTHER_PLAN = "extends: bakery.yaml\nservices:\n  bread: {growth: 2%}\n"
SHOP_PLAN = """\
name: A shop with a ledger
horizon: {from: 2026-01, months: 12}
history: sales.csv
services:
  counter: {growth: 1% to 5%}
"""
SEASON = (90, 85, 95, 100, 102, 98, 97, 99, 101, 104, 110, 130)
COMMON = ("--out", REPORTS, "--quiet")
PATHS = ("--paths", "300")


@dataclass(frozen=True)
class WritingCommand:
    """A command that writes: its words, and the state before it."""

    words: Callable[[int], Sequence[str]]
    """Words of the command line in a turn; another turn asks for another result."""
    weight: int
    """Weight with which it is taken, relative to the others."""
    prepare: Callable[[CommandScene, int], None] = lambda scene, turn: None


class CommandCost(NamedTuple):
    """Work of a command when nothing disturbs it."""

    operations: list[DiskOperation]
    """Below the folder of the scene."""
    seconds: float


@dataclass(frozen=True)
class CommandScene:
    """A folder in which commands write, with an earlier report of each kind."""

    folder: Path

    @property
    def reports(self) -> Path:
        return self.folder / REPORTS

    @property
    def environment(self) -> dict[str, str]:
        return {"FORECAST_CACHE": str(self.folder / CACHE), "MPLBACKEND": "agg"}

    def build(self) -> None:
        """Write the plans and publish the earlier reports."""
        self.folder.mkdir()
        (self.folder / "bakery.yaml").write_text(BAKERY_PLAN, encoding="utf-8")
        (self.folder / "other.yaml").write_text(OTHER_PLAN, encoding="utf-8")
        (self.folder / "shop.yaml").write_text(SHOP_PLAN, encoding="utf-8")
        (self.folder / "sales.csv").write_text(_ledger_text(), encoding="utf-8")
        shutil.copytree(ROOT / "data", self.folder / "post" / "data")
        (self.folder / "post" / "scenarios").mkdir()
        shutil.copy(ROOT / "scenarios" / "plan-2021.yaml", self.folder / "post" / "scenarios")
        self.require_done(self.run(WRITING_COMMANDS["run"].words(1)))
        run = (self.reports / "bakery").resolve()
        shutil.copytree(run, self.folder / UNLINKED / run.name)
        for name in ("run", "fit", "compare", "backtest"):
            self.require_done(self.run(WRITING_COMMANDS[name].words(0)))

    def copy_to(self, folder: Path) -> CommandScene:
        """The same scene in another folder."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return CommandScene(folder)

    def command(self, words: Sequence[str], prepare: Callable[[], None] = lambda: None) -> ForkedCommand:
        """A command in this folder, not yet started."""
        return ForkedCommand(list(words), self.folder, self.environment, prepare)

    def run(self, words: Sequence[str], prepare: Callable[[], None] = lambda: None) -> CommandEnding:
        """Run a command to its end."""
        return self.command(words, prepare).start().wait()

    @staticmethod
    def require_done(ending: CommandEnding) -> None:
        """RuntimeError where a command that nothing disturbs did not end well."""
        if ending.code != 0:
            raise RuntimeError(f"an undisturbed command ended with {ending.code}: {ending.err}")

    def measure(self, name: str, turn: int) -> CommandCost:
        """Disk operations of one undisturbed command, in order, and its seconds."""
        command, record = WRITING_COMMANDS[name], self.folder.with_name(f"{self.folder.name}.operations")
        command.prepare(self, turn)
        started = time.monotonic()
        self.require_done(self.run(command.words(turn), partial(count_operations, (self.folder,), record)))
        seconds = time.monotonic() - started
        return CommandCost(read_operations(record), seconds)

    def faults(self) -> list[str]:
        """Faults at any moment, whatever was killed or refused: names of files and why."""
        return [*self._report_faults(), *self._file_faults()]

    def _report_faults(self) -> list[str]:
        runs = [path for path in (self.reports / ownership.RUNS_FOLDER).iterdir() if ownership.is_run_id(path.name)]
        shown = [self.reports / name for name in SHOWN_NAMES]
        faults = [f"{path.name}: the report that is shown cannot be read" for path in shown if not is_well(path)]
        faults += [f"{path.name}: a run is not whole" for path in runs if not is_well(path)]
        index = self.reports / ownership.INDEX_NAME
        if index.exists() and not index.read_text(encoding="utf-8").rstrip().endswith("</html>"):
            faults.append("index.html: not whole")
        return faults

    def _file_faults(self) -> list[str]:
        faults = []
        for entry in (self.folder / CACHE).rglob("*.entry"):
            digest, _, body = entry.read_bytes().partition(b"\n")
            if hashlib.sha256(body).hexdigest().encode() != digest:
                faults.append(f"{entry.name}: an entry of the cache is not whole")
        ledger = self.folder / "post" / "data" / "revenue-monthly.csv"
        if ledger.read_bytes() != (ROOT / "data" / "revenue-monthly.csv").read_bytes():
            faults.append("revenue-monthly.csv: not as it was")
        content = _new_files()
        for name in ("new-absent", "new-empty"):
            folder = self.folder / name
            faults += [
                f"{name}/{file}: not whole"
                for file in content
                if (folder / file).exists() and (folder / file).read_bytes() != content[file]
            ]
        if (folder := self.folder / "new-absent").exists() and any(not (folder / file).exists() for file in content):
            faults.append("new-absent: a part of it is missing")
        return faults

    def strays(self) -> list[Path]:
        """Temporary files and folders."""
        return [path for path in self.folder.rglob("*.tmp-*") if ".tmp-" not in path.parent.name]

    def start_again(self) -> list[str]:
        """Start each kind of command once more, undisturbed; what does not end well, or is left lying about."""
        faults = []
        starts = [WRITING_COMMANDS["run"].words(0)]
        if any((self.folder / "post" / "data").glob(".*.tmp-*")):
            starts.append(WRITING_COMMANDS["disaggregate"].words(0))
        starts += [WRITING_COMMANDS["new"].words(turn) for turn in (0, 1) if self._has_part_of_new(turn)]
        for words in starts:
            ending = self.run(words)
            if ending.code != 0:
                faults.append(f"{' '.join(words)}: the next start ended with {ending.code}: {ending.err.strip()}")
        for folder in {self.folder / CACHE, *(entry.parent for entry in (self.folder / CACHE).rglob("*.tmp-*"))}:
            Cache(folder)  # as the next fit opens it
        return faults + [f"{path.relative_to(self.folder)}: a stray after the next start" for path in self.strays()]

    def _has_part_of_new(self, turn: int) -> bool:
        """Return whether `new` left nothing, or a part that its next start must deal with."""
        folder = self.folder / WRITING_COMMANDS["new"].words(turn)[1]
        is_complete = all((folder / file).exists() for file in _new_files())
        return not is_complete or any(folder.glob(".*.tmp-*")) or any(self.folder.glob(f".{folder.name}.*.tmp-*"))


def is_well(run: Path) -> bool:
    """Return whether a run is as it was written."""
    try:
        repository.verify(run)
    except ForecastError:
        return False
    return True


class PreparedScene(NamedTuple):
    """A scene that is built, and what each command costs in it."""

    scene: CommandScene
    costs: Mapping[str, CommandCost]
    """By the name of the command."""


def prepare_scene(place: Path) -> PreparedScene:
    """Build a scene in a folder, and measure each command that writes."""
    scene = CommandScene(place / "scene")
    scene.build()
    costs = {name: scene.measure(name, 1) for name in WRITING_COMMANDS}
    scene.require_done(scene.run(WRITING_COMMANDS["fit"].words(UNUSED_TURN)))  # fits again, for the cache was removed
    return PreparedScene(scene, costs)


@cache
def _new_files() -> dict[str, bytes]:
    """Files that `new` writes; its schema takes 40 ms to make."""
    return template_files(TEMPLATES[0], "en")


def _ledger_text() -> str:
    rows = [
        f"{year}-{month:02},counter,actual,{SEASON[month - 1] * (100 + 3 * (year - 2022)) * 10_000}"
        for year in range(2022, 2026)
        for month in range(1, 13)
    ]
    return "\n".join(["month,service,status,revenue", *rows, ""])


def _seed(turn: int) -> tuple[str, ...]:
    return ("--seed", str(turn + 1))


def _remove_cache(scene: CommandScene, turn: int) -> None:
    shutil.rmtree(scene.folder / CACHE, ignore_errors=True)


def _prepare_new(scene: CommandScene, turn: int) -> None:
    folder = scene.folder / _new_words(turn)[1]
    shutil.rmtree(folder, ignore_errors=True)
    if turn % 2:
        folder.mkdir()


def _new_words(turn: int) -> tuple[str, ...]:
    return ("new", "new-empty" if turn % 2 else "new-absent", "--lang", "en", "--quiet")


def _add_unlinked_run(scene: CommandScene, turn: int) -> None:
    """Leave a single run that nothing shows: the copy that was put aside."""
    scene.require_done(scene.run(WRITING_COMMANDS["prune"].words(turn)))
    shutil.copytree(scene.folder / UNLINKED, scene.reports / ownership.RUNS_FOLDER, dirs_exist_ok=True)


WRITING_COMMANDS: Mapping[str, WritingCommand] = {
    "run": WritingCommand(lambda turn: ("run", "bakery.yaml", *PATHS, *_seed(turn), *COMMON), 8),
    "fit": WritingCommand(lambda turn: ("run", "shop.yaml", *PATHS, *_seed(turn), *COMMON), 1, _remove_cache),
    "reuse-fit": WritingCommand(
        lambda turn: (
            "run",
            "shop.yaml",
            *PATHS,
            *_seed(turn),
            *COMMON,
            "--reuse-fit",
            f"{REPORTS}/shop/manifest.json",
        ),
        2,
        _remove_cache,
    ),
    "compare": WritingCommand(lambda turn: ("compare", "bakery.yaml", "other.yaml", *PATHS, *_seed(turn), *COMMON), 4),
    "backtest": WritingCommand(
        lambda turn: ("backtest", "shop.yaml", "--origins", "1", "--set", f"seed={turn + 1}", *COMMON), 1
    ),
    "new": WritingCommand(_new_words, 3, _prepare_new),
    "prune": WritingCommand(lambda turn: ("list", "--prune", *COMMON), 2, _add_unlinked_run),
    "disaggregate": WritingCommand(lambda turn: ("data", "disaggregate", "post/data/reconstruction.json"), 2),
}
"""By name; every command that writes anything."""
