"""Consoles that are not UTF-8: every command ends as it should, with the nearest letters that the console has."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from tests.support.command_line import BAKERY_PLAN, CommandResult, start_command
from tests.validation.forked_commands import run_forked

ENCODINGS = ("cp1258", "cp1252", "cp437", "cp850", "latin-1", "ascii", "utf-16")


def call_on_console(encoding: str, *arguments: str | Path, folder: Path) -> CommandResult:
    """Call `forecast --lang vi` where stdout and stderr have an encoding."""
    ending = run_forked([*arguments, "--lang", "vi"], folder, encoding=encoding)
    out, err = (unicodedata.normalize("NFC", text) for text in (ending.out, ending.err))
    assert "\ufffd" not in out + err  # each byte belongs to the encoding
    return CommandResult(ending.code, out, err)


def start_on_console(encoding: str, *arguments: str | Path, folder: Path) -> tuple[int, bytes, bytes]:
    """Exit code, output and errors of the same as a program of its own."""
    process = start_command(*arguments, "--lang", "vi", cwd=folder, extra_environment={"PYTHONIOENCODING": encoding})
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("console")
    (folder / "tiệm bánh.yaml").write_text(BAKERY_PLAN, encoding="utf-8")
    return folder


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_run_in_vietnamese_ends_well_and_can_be_read(folder: Path, encoding: str) -> None:
    result = call_on_console(encoding, "run", "tiệm bánh.yaml", "--paths", "1000", folder=folder)
    assert result.code == 0, result.err
    title = {"cp1258": "Tiệm bánh", "utf-16": "Tiệm bánh", "ascii": "Tiem banh"}.get(encoding, "Tiem bánh")
    assert title in result.out
    assert "?" not in result.out


@pytest.mark.parametrize("encoding", ["cp1258", "cp437", "ascii"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["run", "--help"], 0),
        (["check", "tiệm bánh.yaml"], 0),
        (["check", "tiệm bánh.yaml", "--set", "giá=ế"], 2),
        (["check", "bánh.yaml"], 2),
        (["list"], 0),
        (["schema"], 0),
        (["bánh"], 2),
    ],
)
def test_other_commands_too(folder: Path, encoding: str, arguments: list[str], code: int) -> None:
    result = call_on_console(encoding, *arguments, folder=folder)
    assert result.code == code, result.err
    assert result.out or result.err


@pytest.mark.parametrize("encoding", ["cp1258", "ascii"])
def test_json_is_the_same_on_every_console(folder: Path, encoding: str) -> None:
    code, out, err = start_on_console(encoding, "check", "tiệm bánh.yaml", "--json", folder=folder)
    assert (code, err) == (0, b"")
    assert out.isascii()
    assert "tiệm bánh.yaml" in json.loads(out)["file"]


def test_no_control_of_a_name_reaches_the_terminal(folder: Path) -> None:
    result = call_on_console("utf-8", "check", "a\x1b[31m\u202eb.yaml", folder=folder)
    assert result.code == 2
    assert "\x1b" not in result.err
    assert "\u202e" not in result.err
    assert "[U+001B]" in result.err


@pytest.mark.parametrize("encoding", ["undefined", "idna"])
def test_an_encoding_that_writes_nothing_is_replaced(folder: Path, encoding: str) -> None:
    code, out, err = start_on_console(encoding, "check", "tiệm bánh.yaml", folder=folder)
    assert (code, err) == (0, b"")
    assert "tiệm bánh.yaml" in unicodedata.normalize("NFC", out.decode("utf-8"))
