"""Texts of a plan on their way to a terminal, a page, a figure and a sheet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from forecast.cli.output import print_lines
from forecast.files.characters import FORBIDDEN_CHARACTERS
from tests.support.command_line import BAKERY_PLAN, start_command
from tests.validation.forked_commands import run_forked

LETTERS = "📦 中文 ไทย {x} %s [red]a[/blue] $x^2$ <b>"
PLACES = f"""place,district,name,district_name,weight
p1,d1,"{LETTERS} nơi","{LETTERS} huyện",2
p2,d2,x,y,1
"""
PLAN_IN_MANY_LETTERS = f"""\
name: "{LETTERS} plan"
horizon: {{from: 2026-01, months: 12}}
services:
  bread:
    label: "{LETTERS} bread"
    baseline: {{method: given, annual: 50 million VND to 70 million VND, shape: flat}}
places: {{label: "{LETTERS} shops", file: places.csv}}
costs:
  rent:
    label: "{LETTERS} rent"
    per_month: {{value: 1 million VND, source: "{LETTERS}", note: "{LETTERS}", grade: B}}
shocks:
  heat:
    label: "{LETTERS} heat"
    kind: event
    from: 2026-05
    until: 2026-06
    effect: {{volume: {{all: -20% to -5%}}}}
initiatives:
  shop: {{label: "{LETTERS} shop", chance: 50%, start: 2026-02, effect: {{volume: {{bread: 2% to 8%}}}}}}
targets:
  revenue: {{label: "{LETTERS} goal", measure: revenue, period: 2026, at_least: 60 million VND}}
  place: {{measure: revenue, period: 2026, place: p1, at_least: 30 million VND}}
decisions:
  act: {{action: "{LETTERS} act", owner: "{LETTERS} owner", by: 2026-03-01, about: shocks.heat,
    trigger: {{measure: revenue, period: 2026-Q1, below: 12 million VND}}}}
"""
MISSING = "ท (U+0E17), ย (U+0E22), ไ (U+0E44), 中 (U+4E2D), 文 (U+6587), 📦 (U+1F4E6)"


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    (tmp_path / "places.csv").write_text(PLACES, encoding="utf-8")
    path = tmp_path / "kế hoạch 📦 [red]{x} %s.yaml"
    path.write_text(PLAN_IN_MANY_LETTERS, encoding="utf-8")
    return path


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.filterwarnings("error::UserWarning")
def test_letters_that_no_font_has_end_no_run_and_are_named_once(letters: Path, call: Any, language: str) -> None:
    done = call("run", letters, "--paths", "1_000", "--lang", language, "--out", letters.parent / "out")
    assert (done.code, done.err) == (0, "")
    assert done.text.count(MISSING) == 1
    assert f"{LETTERS} plan" in done.text
    folder = letters.parent / "out" / letters.stem
    assert (folder / "report.html").read_text(encoding="utf-8").count(MISSING) == 2  # one a language
    sheet = PdfReader(BytesIO((folder / "report.pdf").read_bytes())).pages[0].extract_text()
    assert "□ □□ □□□ {x} %s [red]a[/blue] $x^2$ <b>" in " ".join(sheet.split())
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in (folder / "figures").iterdir())
    assert len(list((folder / "figures").iterdir())) >= 4


def test_the_other_commands_take_any_letters_too(letters: Path, call: Any) -> None:
    out = ("--out", letters.parent / "out")
    other = letters.with_name("other.yaml")
    other.write_text(PLAN_IN_MANY_LETTERS.replace("50 million", "52 million"), encoding="utf-8")
    done = call("compare", letters, other, "--paths", "1_000", *out)
    assert (done.code, done.err, done.text.count(MISSING)) == (0, "", 1)
    page = letters.parent / "out" / f"compare-{letters.stem}-other" / "report.html"
    assert page.read_text(encoding="utf-8").count(MISSING) == 2  # one a language
    assert LETTERS in str(json.loads(call("check", letters, "--json").out))
    for arguments in (["check", letters], ["check", letters, "--json"], ["list", *out], ["list", "--json", *out]):
        done = call(*arguments)
        assert (done.code, done.err) == (0, "")
        assert "--json" not in arguments or done.out.isascii()


@pytest.mark.parametrize("name", ["a\x1b[31m.yaml", "a\u202eb.yaml", "a\nb.yaml", b"a\xff.yaml", "a\u200b.yaml"])
def test_a_file_name_that_a_terminal_obeys_is_refused(tmp_path: Path, name: str | bytes, call: Any) -> None:
    path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), os.fsencode(name))))
    path.write_text(BAKERY_PLAN)
    for command in (["check"], ["run", "--paths", "1000"], ["check", "--json"], ["backtest"]):
        done = call(*command, path)
        assert done.code == 2
        assert len(done.complaints) == 1
        assert "has the invisible character U+" in done.err
        assert not FORBIDDEN_CHARACTERS.search(done.out + done.err)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal")
def test_progress_on_a_terminal_shows_brackets_as_they_are(tmp_path: Path) -> None:
    import pty

    (tmp_path / "[red]a {x} %s.yaml").write_text(BAKERY_PLAN)
    ours, theirs = pty.openpty()
    process = start_command("run", "[red]a {x} %s.yaml", "--paths", "1000", cwd=tmp_path, stderr=theirs)
    out, _ = process.communicate(timeout=60)
    assert (out.count("≥".encode()), out.count(b"  Open: ")) == (2, 1)
    os.close(theirs)
    assert process.returncode == 0
    assert b"[red]a {x} %s: " in os.read(ours, 1 << 16)
    os.close(ours)


def print_to(terminal: int) -> None:
    """Let this process print to a terminal."""
    for descriptor in (1, 2):
        os.dup2(terminal, descriptor)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal")
def test_the_line_of_the_progress_makes_room_for_the_answer(tmp_path: Path) -> None:
    import pty

    (tmp_path / "bakery.yaml").write_text(BAKERY_PLAN)
    ours, theirs = pty.openpty()
    ending = run_forked(["run", "bakery.yaml", "--paths", "1000"], tmp_path, prepare=partial(print_to, theirs))
    os.close(theirs)
    assert ending.code == 0
    screen = os.read(ours, 1 << 16).decode()
    os.close(ours)
    before, _, after = screen.partition("A bakery (bakery) · ")
    answer, _, report = after.partition("bakery: drawing the report")
    assert before.endswith("\r\x1b[2K")  # an empty line
    assert answer.count("≥") == 2
    assert "  Open: " in report


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(text=st.text(st.characters(exclude_categories=()), max_size=30))
def test_any_text_is_printed_or_refused_and_never_raw(tmp_path: Path, capfd: Any, text: str) -> None:
    from forecast.cli import main

    path = tmp_path / "plan.yaml"
    path.write_text(BAKERY_PLAN.replace("name: {en: A bakery, vi: Tiệm bánh}", f"name: {json.dumps(text)}"))
    for arguments in (["check", str(path)], ["check", str(path), "--set", f"services.bread.label={text}"]):
        code = main(arguments)
        out, err = capfd.readouterr()
        assert code in (0, 2)
        assert not FORBIDDEN_CHARACTERS.search(out + err)
        assert not set(out + err) & set("\t\r\x85\u2028\u2029")


def test_lines_are_escaped_where_they_leave(capsys: pytest.CaptureFixture[str]) -> None:
    print_lines("a\x1b[31mb\u202ec\ud800", "d\te")
    assert capsys.readouterr().out == "a[U+001B][31mb[U+202E]c[U+D800]\nd[U+0009]e\n"


def test_nothing_else_writes_to_a_stream() -> None:
    """`cli/output.py`, the lines of errors, and the line of progress that rich draws."""
    command = ["grep", "-rlE", r"click\.echo|\bprint\(|sys\.(stdout|stderr)\.write", "--include=*.py", "forecast"]
    files = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True).stdout
    outside_docstrings = {file for file in files.split() if file not in ("forecast/errors.py",)}
    assert outside_docstrings == {"forecast/cli/errors.py", "forecast/cli/progress.py"}
