"""`forecast roll`: what it prints and which words it takes."""

from __future__ import annotations

import io
import json
import shutil
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from forecast.cli import booking_day as booking_day_question
from forecast.runs.lock_files import read_locks
from forecast.runs.locks import locks_folder
from forecast.workflows.lock import LockRequest, lock_plan
from tests.support.rolled_project import booking_day, write_rolled_project, write_sheet
from tests.support.undrawn import draw_only
from tests.validation.disk_operations import count_operations, kill_at, read_operations
from tests.validation.forked_commands import run_forked

PATHS = ("--paths", "300")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose plan is locked, in which one stands."""
    draw_only(monkeypatch)
    lock_plan(LockRequest(write_rolled_project(tmp_path), paths=300))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_message_comes_first_then_how_the_sheet_was_read(call: Any, project: Path) -> None:
    sheet = write_sheet(project, {1: 1.04})
    done = call("roll", sheet.name, "--booked", booking_day(1), *PATHS)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    message = (project / "reports" / "locked-2025-01" / "message.txt").read_text(encoding="utf-8")
    assert done.text.startswith(" ".join(message.split()))
    text = done.text
    assert "đã ghi 2 dòng vào data/ledger.csv (booked 2025-02-05)" in text
    overlay = "scenarios/months/2025-01.yaml (kế thừa plan.yaml, tính đến ngày 05/02/2025)"
    assert f"Đã viết tệp tháng: {overlay}" in text
    assert lines[-1] == "  Mở: reports/locked-2025-01/report.html"
    again = call("roll", "2025-01", sheet.name, "--booked", booking_day(1), *PATHS)
    assert again.out.splitlines()[:6] == lines[:6]
    assert "Không chốt bản mới: 2025-01 đã có đúng các số này" in again.text


def test_the_day_of_booking_is_asked_on_a_terminal(call: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = write_sheet(project, {1: 1.04})
    refused = call("roll", sheet.name, *PATHS)
    assert (refused.code, "--booked 2025-02-05" in refused.err) == (2, True)
    monkeypatch.setattr(booking_day_question, "_is_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n06/02/2025\n"))
    done = call("roll", sheet.name, *PATHS)
    assert done.code == 0
    assert "books.xlsx!T01.2025 không ghi ngày khoá sổ. Sổ tháng 1/2025 khoá ngày nào?" in done.err
    assert "'' không phải một ngày" in done.err
    assert "booked 2025-02-06" in done.out
    assert "as_of: 2025-02-06" in (project / "scenarios" / "months" / "2025-01.yaml").read_text()


def test_a_question_without_an_answer_writes_nothing(call: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (project / "data" / "ledger.csv").read_bytes()
    monkeypatch.setattr(booking_day_question, "_is_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    done = call("roll", write_sheet(project, {1: 1.04}).name, *PATHS)
    assert done.code == 130
    assert (project / "data" / "ledger.csv").read_bytes() == before
    assert not list((project / "scenarios" / "months").glob("*.yaml"))


def test_json_has_the_message_and_the_lock(call: Any, project: Path) -> None:
    sheet = write_sheet(project, {1: 1.04})
    done = call("roll", "2025-01", sheet.name, "--booked", booking_day(1), "--json", "--lang", "en", *PATHS)
    content = json.loads(done.out)
    assert (content["month"], content["name"], content["is_new"], content["import"]["rows"]) == (
        "2025-01", "2025-01", True, 2,
    )  # fmt: skip
    first, chance, *_, locked = content["message"]
    assert first == "1 closed + 11 forecast months (1+11), as of 5 February 2025"
    assert "locked plan " in chance
    assert locked == f"  Locked: scenarios/locked/2025-01.json, hash {content['hash']}"


def test_what_is_no_month_and_what_is_in_the_ledger_are_said_when_it_fails(call: Any, project: Path) -> None:
    done = call("roll", "2025-13")
    assert done.code == 2
    assert "2025-13" in done.err
    done = call("roll", *PATHS)
    assert done.code == 2
    assert "2025-01 chưa có sổ" in done.err
    (project / "reports").rename(project / "other")
    (project / "reports").write_text("in the way")
    sheet = write_sheet(project, {1: 1.04})
    done = call("roll", sheet.name, "--booked", booking_day(1), *PATHS)
    assert done.code == 4
    assert "đã ghi 2 dòng vào data/ledger.csv" in " ".join(done.err.split())


@pytest.mark.slow
def test_a_killed_round_goes_on_with_the_same_command(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Killed before ten of its disk operations, each time in a copy; the same command ends as one never killed."""
    write_sheet(project, {1: 1.04})
    words = ("roll", "books.xlsx", "--booked", booking_day(1), *PATHS)
    copies = tmp_path_factory.mktemp("copies")
    untouched, record = copies / "untouched", copies / "operations"
    shutil.copytree(project, untouched, symlinks=True)
    assert run_forked(words, untouched, prepare=partial(count_operations, (untouched,), record)).code == 0
    count = len(read_operations(record))
    assert count > 40
    ledger = (untouched / "data" / "ledger.csv").read_bytes()
    for moment in range(10):
        copy = copies / f"copy-{moment}"
        shutil.copytree(project, copy, symlinks=True)
        ending = run_forked(words, copy, prepare=partial(kill_at, (copy,), count * moment // 10))
        assert ending.code == -signal.SIGKILL
        assert (copy / "data" / "ledger.csv").read_bytes() in (ledger, (project / "data" / "ledger.csv").read_bytes())
        done = run_forked(words, copy)
        assert done.code == 0, done.err
        assert (copy / "data" / "ledger.csv").read_bytes() == ledger
        assert [lock.name for lock in read_locks(locks_folder(copy))] == ["plan", "2025-01"]
        assert (copy / "reports" / "locked-2025-01" / "message.txt").is_file()
