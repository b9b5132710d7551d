"""`forecast new`."""

from __future__ import annotations

import errno
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from forecast.cli import main
from forecast.i18n import LANGUAGES
from forecast.workflows import new_plan
from forecast.workflows.new_plan import TEMPLATES
from tests.support.undrawn import draw_only
from tests.support.workbooks import SheetText, write_layouts, write_xlsx

FILES = ["data/history.csv", "scenarios/plan.schema.json", "scenarios/plan.yaml"]


def files_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_new_plan_is_valid_in_both_languages(call: Any, tmp_path: Path) -> None:
    for language in LANGUAGES:
        done = call("new", tmp_path / language, "--lang", language)
        assert done.code == 0
        assert call("check", tmp_path / language / "scenarios" / "plan.yaml").code == 0
        assert call("new", tmp_path / language).code == 2


@pytest.mark.parametrize("drawn", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("template", TEMPLATES)
def test_each_template_runs(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str, drawn: bool
) -> None:
    if not drawn:
        draw_only(monkeypatch)
    assert call("new", tmp_path / "mine", "--template", template).code == 0
    result = call("run", tmp_path / "mine" / "scenarios" / "plan.yaml", "--paths", "200", "--workers", "1")
    assert result.code == 0
    assert (tmp_path / "mine" / "reports" / "plan" / "report.html").is_file()


@pytest.mark.usefixtures("undrawn")
def test_a_plan_from_a_workbook_runs_at_once_and_says_what_it_guessed(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_layouts(tmp_path)
    result = call("new", "mine", "--from", "wide.xlsx")
    assert result.code == 0
    assert "dịch vụ (3): Nước sạch, Lắp đặt đồng hồ" in result.out
    assert "không lấy các dòng tổng: Tổng cộng (DT 2025!B8)" in result.out
    assert max(map(len, result.out.splitlines())) <= 80
    assert files_of(tmp_path / "mine") == ["data/ledger.csv", *FILES[1:]]
    assert call("check", "mine/scenarios/plan.yaml").code == 0
    assert call("run", "mine/scenarios/plan.yaml", "--paths", "200", "--workers", "1").code == 0
    assert call("new", "mine", "--from", "wide.xlsx").code == 2


def test_programs_read_what_was_guessed(call: Any, tmp_path: Path) -> None:
    write_layouts(tmp_path)
    result = call("new", tmp_path / "mine", "--from", tmp_path / "wide.xlsx", "--json", "--lang", "en")
    answer = json.loads(result.out)
    assert (answer["first"], answer["last"], answer["period"], answer["rows"]) == ("2025-01", "2025-12", "2026", 36)
    assert answer["left_out"] == [{"text": "Tổng cộng", "reason": "total", "cell": "DT 2025!B8"}]
    assert answer["services"]["nuoc_sach"] == "Nước sạch"


def test_a_refused_workbook_makes_nothing(call: Any, tmp_path: Path) -> None:
    rows = [["Doanh thu (triệu đồng)"], ["Dịch vụ", "Quý I/2024", "Quý II/2024"], ["Bưu chính", 1.5, 2.5]]
    path = write_xlsx(tmp_path / "book.xlsx", SheetText("DT", rows))
    result = call("new", tmp_path / "mine", "--from", path)
    assert (result.code, "these are quarters" in result.err) == (2, True)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--template", "shop"], "write shop-chain"),
        (["--template", "blank", "--from", "x.xlsx"], "leave out --template or --from"),
        (["--unit", "EUR"], "add --from FILE"),
        (["--currency", "euro", "--from", "x.xlsx"], "three letters"),
        (["--from", "missing.xlsx"], "there is no file"),
    ],
)
def test_options_that_do_not_go_together(call: Any, tmp_path: Path, arguments: list[str], message: str) -> None:
    result = call("new", tmp_path / "mine", *arguments)
    assert result.code == 2
    assert message in result.err


def test_an_empty_folder_is_filled_and_stays_the_same_folder(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o750)
    before = tmp_path.stat()
    monkeypatch.chdir(tmp_path)
    assert call("new", ".").code == 0
    assert files_of(tmp_path) == FILES
    assert (tmp_path.stat().st_ino, tmp_path.stat().st_mode) == (before.st_ino, before.st_mode)


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("call_number", range(1, 15))
@pytest.mark.parametrize("killed", [False, True])
def test_a_new_plan_is_complete_or_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool, call_number: int, killed: bool
) -> None:
    monkeypatch.setattr(new_plan, "schema_bytes", lambda: b"{}\n")  # it takes most of the time to make
    folder = tmp_path / "mine"
    if is_there:
        folder.mkdir()
    process = os.fork()
    if process == 0:
        fail_at(call_number, killed)
        os._exit(main(["new", str(folder), "--quiet"]))
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert code in ((-signal.SIGKILL, 0) if killed else (4, 0))
    visible = [name for name in files_of(folder) if ".tmp-" not in name] if folder.exists() else []
    if killed and is_there and call_number == 12:  # between two renames: the plan itself comes last
        assert visible == FILES[:1]
    else:
        assert visible in (FILES, [] if code else FILES)
    assert folder.exists() or not is_there
    if killed:  # the next start finds nothing in its way, and leaves nothing
        expected = 0 if strays(tmp_path) or visible != FILES else 2
        assert main(["new", str(folder), "--quiet"]) == expected
        assert files_of(folder) == FILES
    assert strays(tmp_path) == []


def strays(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if ".tmp-" in path.name)


def fail_at(call_number: int, killed: bool) -> None:
    """Let the disk be full, or the process end, at one of the calls that write."""
    calls = []
    for name in ("mkdir", "fsync", "rename"):
        intact = getattr(os, name)

        def fail(*arguments: Any, intact: Any = intact, **more: Any) -> Any:
            calls.append(arguments)
            if len(calls) == call_number:
                if killed:
                    os.kill(os.getpid(), signal.SIGKILL)
                raise OSError(errno.ENOSPC, "No space left on device")
            return intact(*arguments, **more)

        setattr(os, name, fail)


@pytest.mark.parametrize("name", ["a\u202eb", "a\x07b", "\u200b", "a\tb", "sub/a\nb", "con", "x."])
def test_a_name_that_travels_badly_is_refused_before_anything_is_made(call: Any, tmp_path: Path, name: str) -> None:
    assert call("new", tmp_path / name).code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_above_makes_nothing_on_the_way(call: Any, tmp_path: Path) -> None:
    assert call("new", f"{tmp_path}/a/..").code == 0
    assert files_of(tmp_path) == FILES


def test_a_file_in_place_of_the_folder_is_called_a_file(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.yaml").write_text("mine")
    result = call("new", "plan.yaml")
    assert result.code == 2
    assert result.complaints[0].endswith("plan.yaml is not a folder; name a folder that is not there yet")
    assert (tmp_path / "plan.yaml").read_text() == "mine"


def test_a_path_that_looks_like_an_option_is_printed_as_a_path(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("new", "--", "-x")
    assert result.out.endswith("forecast run ./-x/scenarios/plan.yaml\n")
    assert "\nas_of: 2026-01-05  [./-x/scenarios/plan.yaml:" in call("check", "./-x/scenarios/plan.yaml").out


def test_a_folder_below_one_that_is_gone_is_refused(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    result = call("new", "x")
    assert result.code == 4
    assert "is no longer there; go to another folder" in result.err
    assert call("new", tmp_path / "y").code == 0
