"""Files of others are neither replaced nor removed by a command, and that is said before the work is done."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from forecast.runs import repository
from tests.support.command_line import BAKERY_PLAN
from tests.support.plans import ROOT

pytestmark = pytest.mark.usefixtures("undrawn")

DEAD_PROCESS = 2**22 + 1
"""No process has this number."""
MANY_PATHS = "50_000_000"
"""A run of so many takes a minute: what is refused at once was refused before it."""


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "symlink", refuse)


def hold_open(monkeypatch: pytest.MonkeyPatch, name: str, first: int = 1) -> None:
    """Let `os.replace` refuse a file of that name, from so many calls on, as Windows does while a viewer has it."""
    replace, calls = os.replace, []

    def refuse(source: Path, target: Path) -> None:
        if Path(target).name == name:
            calls.append(target)
            if len(calls) >= first:
                raise PermissionError(errno.EACCES, "used by another process")
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)


@pytest.mark.slow
def test_folders_beside_the_reports_survive_every_start(call: Any, plan: Path) -> None:
    assert call("run", plan, "--paths", "200").code == 0
    reports = plan.parent / "reports"
    photos = [f"photos.tmp-{DEAD_PROCESS}", f".photos.0.tmp-{DEAD_PROCESS}", f".runs/photos.tmp-{DEAD_PROCESS}"]
    for name in photos:
        (reports / name).mkdir()
        (reports / name / "a.jpg").write_text("mine")
    assert call("run", plan, "--paths", "300").code == 0
    assert call("list", "--out", reports, "--prune").code == 0
    assert all((reports / name / "a.jpg").read_text() == "mine" for name in photos)


def test_an_output_folder_of_somebody_is_refused_with_the_way_out(call: Any, plan: Path) -> None:
    documents = plan.parent / "documents"
    documents.mkdir()
    (documents / "letter.docx").write_text("mine")
    done = call("run", plan, "--paths", MANY_PATHS, "--out", documents)
    assert (done.code, done.complaints) == (
        4,
        [
            f"{documents}: has files that forecast did not make; "
            f"write to a folder of its own: --out {documents / 'forecast'}"
        ],
    )
    assert [path.name for path in documents.iterdir()] == ["letter.docx"]
    assert call("run", plan, "--paths", "200", "--out", documents / "forecast").code == 0
    assert call("run", plan, "--paths", "200", "--out", documents / "forecast").code == 0


@pytest.mark.parametrize("name", ["bakery", "index.html"])
@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_stands_where_a_report_would_is_refused(call: Any, plan: Path, name: str, kind: str) -> None:
    place = plan.parent / "reports" / name
    assert call("run", plan, "--paths", "200").code == 0
    place.unlink()
    place.write_text("mine") if kind == "file" else os.symlink("../bakery.yaml", place)
    before = place.read_text()
    done = call("run", plan, "--paths", MANY_PATHS)
    assert done.code == 4
    assert len(done.complaints) == 1
    assert str(place) in done.err
    assert "move it away, or write elsewhere with --out DIR" in done.err
    assert place.read_text() == before
    assert place.is_symlink() == (kind == "link")


@pytest.mark.parametrize("name", ["con", "Nul.2026", "com1", "plan.", "plan "])
@pytest.mark.parametrize("command", ["check", "run", "compare", "backtest"])
def test_a_plan_of_a_reserved_name_is_refused_with_its_place(
    call: Any, plan: Path, tmp_path: Path, command: str, name: str
) -> None:
    reserved = plan.rename(tmp_path / f"{name}.yaml")
    done = call(command, reserved, *([reserved] if command == "compare" else []))
    assert done.code == 2
    assert {line.partition(": Windows")[0] for line in done.complaints} == {f"{reserved}:1:1"}
    assert "choose another name, such as 'plan" in done.err
    assert not (tmp_path / "reports").exists()


def test_reserved_folders_are_refused_before_the_work(call: Any, plan: Path) -> None:
    done = call("run", plan, "--paths", MANY_PATHS, "--out", plan.parent / "aux" / "x")
    assert done.code == 4
    assert len(done.complaints) == 1
    assert "may be called 'aux'" in done.err
    assert call("new", plan.parent / "nul").code == 2
    assert sorted(path.name for path in plan.parent.iterdir()) == ["bakery.yaml"]


@pytest.mark.slow
@pytest.mark.usefixtures("no_links")
def test_every_command_names_a_report_that_exists_where_links_are_refused(call: Any, plan: Path) -> None:
    shop = plan.with_name("shop.v2.yaml")
    shop.write_text(BAKERY_PLAN.replace("50 million", "55 million"))
    reports = plan.parent / "reports"
    for command in (["run", plan, shop], ["compare", plan, shop], ["run", plan]):
        done = call(*command, "--paths", "200", "--out", reports)
        assert done.code == 0
        printed = [line.split(": ", 1)[1] for line in done.out.splitlines() if "Open: " in line]
        assert printed
        assert all(Path(path).is_file() for path in printed)
    for name in ("bakery", "shop.v2", "compare-bakery-shop.v2"):
        assert (reports / name).is_file()
        assert call("verify", reports / name).code == call("verify", name, "--out", reports).code == 0
        assert repository.open_run(reports / name).scenario == name
    assert call("list", "--out", reports, "--prune").code == 0
    rows = json.loads(call("list", "--out", reports, "--json").out)["runs"]
    assert [row["newest"] for row in rows] == [True] * 3
    pinned = call("run", plan, "--paths", "200", "--reuse-fit", reports / "bakery" / "manifest.json")
    assert "there is nothing fitted in it" in pinned.err  # it was read: a given baseline has no fit


def test_an_index_held_open_is_named_before_the_work(call: Any, plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("run", plan, "--paths", "200").code == 0
    hold_open(monkeypatch, "index.html")
    done = call("run", plan, "--paths", MANY_PATHS)
    assert done.code == 4
    assert len(done.complaints) == 1
    assert "index.html: may not be replaced (used by another process); close the program" in done.err


@pytest.mark.usefixtures("no_links")
def test_a_pointer_held_open_is_named_before_the_work(call: Any, plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("run", plan, "--paths", "200").code == 0
    hold_open(monkeypatch, "bakery")
    done = call("run", plan, "--paths", MANY_PATHS)
    assert done.code == 4
    assert "reports/bakery: may not be replaced (used by another process); close the program" in done.err


@pytest.mark.parametrize("name", ["index.html", "bakery"])
def test_what_is_held_later_is_one_line_after_the_results(
    call: Any, plan: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert call("run", plan, "--paths", "200").code == 0
    hold_open(
        monkeypatch, name, first=3 if name == "index.html" else 1
    )  # after the checks of `run` and of the workflow
    done = call("run", plan, "--paths", "300", "--quiet")
    assert done.code == 4
    assert len(done.complaints) == 1
    assert f"{name}: may not be replaced" in done.err
    (report,) = (Path(line.strip().removeprefix("Open: ")) for line in done.out.splitlines() if "Open: " in line)
    assert repository.verify(report.parent).manifest["paths"] == 300


@pytest.mark.slow
def test_a_changed_report_is_kept_and_the_reader_is_told(call: Any, plan: Path) -> None:
    assert call("run", plan, "--paths", "200").code == 0
    report = plan.parent / "reports" / "bakery" / "report.html"
    report.write_text("my words")
    done = call("run", plan, "--paths", "200", "--quiet")
    assert done.code == 0
    notice = " ".join(done.err.split())
    assert (Path(notice.rpartition(" in ")[2]) / "report.html").read_text() == "my words"
    assert "my words" not in report.read_text()


@pytest.mark.slow
def test_a_run_with_notes_is_kept_when_others_are_pruned(call: Any, plan: Path) -> None:
    reports = plan.parent / "reports"
    for paths in ("200", "300", "400"):
        assert call("run", plan, "--paths", paths).code == 0
        if paths == "200":
            (reports / "bakery" / "notes.txt").write_text("mine")
    done = call("list", "--out", reports, "--prune")
    assert "removed 1 runs" in done.out
    assert "files that forecast did not write: notes.txt" in " ".join(done.out.split())
    assert [path.read_text() for path in reports.glob(".runs/*/notes.txt")] == ["mine"]
    assert list(json.loads(call("list", "--out", reports, "--prune", "--json").out)["kept"].values()) == [["notes.txt"]]


def test_the_shipped_folder_of_reports_is_ours(tmp_path: Path) -> None:
    copy = tmp_path / "reports"
    shutil.copytree(ROOT / "reports" / ".runs", copy / ".runs", ignore=lambda folder, names: set(names) - {".forecast"})
    (copy / "gallery").mkdir()
    repository.prepare_reports(copy, ("covid",))
