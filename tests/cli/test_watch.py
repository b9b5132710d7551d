"""`forecast run --watch`: runs again on a save, says the change, and ends cleanly."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from forecast.cli import watch
from forecast.i18n import Translator
from forecast.runs import repository
from tests.support.command_line import BAKERY_PLAN

REFRESH = 'http-equiv="refresh"'


class ScriptedWatcher:
    """Saves files as a person would, one step a wait, and ends by a signal; it sleeps never."""

    def __init__(self, *steps: Callable[[Mapping[Path, Any]], None]) -> None:
        self.steps = list(steps)

    def wait(self, files: Mapping[Path, Any]) -> None:
        if self.steps:
            self.steps.pop(0)(files)
            assert watch.has_changed(files)
        else:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def use(*steps: Callable[[Mapping[Path, Any]], None]) -> None:
        monkeypatch.setattr(watch, "open_watcher", lambda: ScriptedWatcher(*steps))

    return use


def save(path: Path, text: str) -> Callable[[Mapping[Path, Any]], None]:
    return lambda files: path.write_text(text, encoding="utf-8") and None


def test_a_saved_plan_runs_again_and_the_change_is_said(call: Any, plan: Path, script: Any) -> None:
    pages: list[str] = []
    page = plan.parent / "reports" / "watch-bakery.html"
    lower = BAKERY_PLAN.replace("60 million", "55 million")

    def read_page_and_save(files: Mapping[Path, Any]) -> None:
        pages.append(page.read_text(encoding="utf-8"))
        plan.write_text(lower, encoding="utf-8")

    script(read_page_and_save)
    done = call("run", plan, "--watch", "--paths", "1_000", "--lang", "en")
    assert done.code == 130
    assert done.out.count("A bakery (bakery)") == 2
    before, after = (int(text) for text in re.findall(r"Revenue 2026 ≥ \d+ million VND +(\d+)% ±", done.out))
    ((goal, change),) = re.findall(r"Against the run before: (.+): (\S+) points \(±\d", done.out)
    assert goal == "Revenue 2026 ≥ 55 million VND"
    assert float(change) == pytest.approx(after - before, abs=1)
    assert float(change) > 5
    assert done.err == "stopped; what was published before is untouched\n"
    assert REFRESH in pages[0]
    ended = page.read_text(encoding="utf-8")
    assert REFRESH not in ended
    assert "55 million" in ended
    report = plan.parent / "reports" / "bakery"
    assert "55 million" in (report / "report.html").read_text(encoding="utf-8")
    assert REFRESH not in (report / "report.html").read_text(encoding="utf-8")
    repository.verify(report)


@pytest.mark.usefixtures("undrawn")
def test_a_faulty_save_is_said_and_its_repair_runs(call: Any, plan: Path, script: Any) -> None:
    script(save(plan, BAKERY_PLAN.replace("targets", "tragets")), save(plan, BAKERY_PLAN))
    done = call("run", plan, "--watch", "--paths", "1_000", "--lang", "en")
    assert done.code == 130
    assert "tragets" in done.err
    assert done.out.count("A bakery (bakery)") == 2
    assert "no chance has changed" in done.out


@pytest.mark.usefixtures("undrawn")
def test_each_file_that_a_plan_reads_is_watched(call: Any, plan: Path, script: Any) -> None:
    child = plan.parent / "child.yaml"
    child.write_text("extends: bakery.yaml\nname: x\nhistory: books.csv\n", encoding="utf-8")
    rows = "".join(f"{year}-{month:02d},bread,revenue,5000000\n" for year in (2024, 2025) for month in range(1, 13))
    (plan.parent / "books.csv").write_text(f"month,service,measure,value\n{rows}", encoding="utf-8")
    watched: list[set[str]] = []
    script(lambda files: (watched.append({file.name for file in files}), plan.write_text(BAKERY_PLAN + "\n"))[0])
    assert call("run", child, "--watch", "--paths", "1_000").code == 130
    assert watched == [{"child.yaml", "bakery.yaml", "books.csv"}]


@pytest.mark.usefixtures("undrawn")
def test_a_gate_that_fails_does_not_end_the_watch(call: Any, plan: Path, script: Any) -> None:
    script(save(plan, BAKERY_PLAN + "\n"))
    done = call("run", plan, "--watch", "--paths", "1_000", "--fail-under", "99.9%")
    assert done.code == 130
    assert done.err.count("less likely than asked") == 2


def test_watching_needs_its_library_and_names_it(call: Any, plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    done = call("run", plan, "--watch")
    assert done.code == 4
    assert 'pip install "forecast[watch]"' in done.err
    assert not (plan.parent / "reports").exists()


def test_watching_and_json_exclude_each_other(call: Any, plan: Path) -> None:
    done = call("run", plan, "--watch", "--json")
    assert done.code == 2
    assert "--json" in done.err


@pytest.mark.usefixtures("undrawn")
def test_a_page_of_somebody_else_is_not_replaced(call: Any, plan: Path, script: Any) -> None:
    script()
    assert call("run", plan, "--paths", "1_000").code == 0
    page = plan.parent / "reports" / "watch-bakery.html"
    page.write_text("my notes", encoding="utf-8")
    done = call("run", plan, "--watch", "--paths", "1_000")
    assert "watch-bakery.html" in done.err
    assert page.read_text(encoding="utf-8") == "my notes"


def test_the_watcher_sees_a_change_that_no_event_told(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("a")
    state = {file: watch.file_state(file)}
    asked: list[tuple[Any, ...]] = []

    class Library:
        """Tells twice that nothing happened; the file is saved before the second time."""

        def watch(self, *folders: Path, **options: Any) -> Any:
            asked.append(folders)
            yield set()
            file.write_text("longer")
            yield set()
            raise AssertionError("the change was not seen")

    watch.FileWatcher(Library()).wait(state)
    assert asked == [(tmp_path,)]
    watch.FileWatcher(Library()).wait(state)  # at once: the file differs already
    assert len(asked) == 1


def test_a_change_has_the_error_of_both_runs() -> None:
    before, after = watch.TargetState("Doanh thu", 0.5, 0.03), watch.TargetState("Doanh thu", 0.45, 0.04)
    (line,) = watch.change_lines({"revenue": before}, {"revenue": after}, Translator("vi"))
    assert "Doanh thu: −5,0 điểm" in line
    assert "±5,0" in line
