"""`forecast new`."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from forecast.cli import main
from forecast.i18n import LANGUAGES

FILES = ["data/history.csv", "scenarios/plan.schema.json", "scenarios/plan.yaml"]


def files_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_new_plan_is_valid_in_both_languages(call: Any, tmp_path: Path) -> None:
    for language in LANGUAGES:
        done = call("new", tmp_path / language, "--lang", language)
        assert done.code == 0
        assert call("check", tmp_path / language / "scenarios" / "plan.yaml").code == 0
        assert call("new", tmp_path / language).code == 2


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
def test_a_new_plan_is_complete_or_absent(tmp_path: Path, is_there: bool, call_number: int, killed: bool) -> None:
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
    assert call("check", "./-x/scenarios/plan.yaml").out.startswith("as_of: 2026-01-05  [./-x/scenarios/plan.yaml:")


def test_a_folder_below_one_that_is_gone_is_refused(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    result = call("new", "x")
    assert result.code == 4
    assert "is no longer there; go to another folder" in result.err
    assert call("new", tmp_path / "y").code == 0
