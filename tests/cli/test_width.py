"""Every command fits a terminal of 80 columns, in both languages, and behaves on terminals and in pipes."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from forecast.cli import COMMANDS, main
from forecast.cli.commands import data, excel
from forecast.cli.text_table import MAX_WIDTH, UnbrokenLine, chance_bar, display_width, table_lines, wrap
from forecast.i18n import LANGUAGES
from tests.support.command_line import BAKERY_PLAN
from tests.support.rolled_project import booking_day, write_rolled_project, write_sheet
from tests.support.undrawn import draw_only
from tests.validation.forked_commands import run_forked

LONG = "{en: The revenue of household water in all twelve communes, vi: Nước sinh hoạt của cả mười hai xã và phường}"
COPIED = re.compile(r"^  (Open|Mở|Next|Tiếp theo): ")
"""Lines with a path or a command, which are never broken."""


def columns(text: str) -> int:
    """Columns of a line, by the tables of Unicode alone."""
    letters = unicodedata.normalize("NFC", text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in letters
    )


def too_wide(text: str) -> list[str]:
    return [line for line in text.splitlines() if columns(line) > 80 and not COPIED.search(line)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with long labels, a month to roll and a second plan, in which one stands; its pages are empty."""
    folder = tmp_path_factory.mktemp("wide")
    plan = write_rolled_project(folder)
    text = plan.read_text(encoding="utf-8").replace("{vi: Nước, en: Water}", LONG)
    decomposed = unicodedata.normalize("NFD", "Nước sạch và lắp đặt của công ty cấp nước tỉnh Thanh Nguyên năm 2025")
    plan.write_text(text.replace("vi: Kế hoạch 2025", f"vi: {decomposed}"), encoding="utf-8")
    (plan.parent / "second.yaml").write_text(
        "extends: plan.yaml\nname: Another plan of the same company with a long name of its own\n"
        "services: {water: {growth: 2% to 9%}}\n"
    )
    write_sheet(folder, {1: 1.04})
    before = Path.cwd()
    os.chdir(folder)
    with pytest.MonkeyPatch.context() as patch:
        draw_only(patch)
        yield folder
    os.chdir(before)


CALLS = {
    "run": ("scenarios/plan.yaml", "--paths", "300", "--excel", "--csv-for", "vi"),
    "check": ("scenarios/plan.yaml",),
    "backtest": ("scenarios/plan.yaml", "--origins", "2"),
    "compare": ("scenarios/plan.yaml", "scenarios/second.yaml", "--paths", "300"),
    "bridge": ("scenarios/plan.yaml", "scenarios/second.yaml", "--paths", "300"),
    "lock": ("scenarios/plan.yaml", "--paths", "300", "--approved-by", "The board of the company of the province"),
    "roll": ("2025-01", "sheet-01.xlsx", "--booked", booking_day(1), "--paths", "300"),
    "verify": ("plan",),
    "list": (),
    "score": (),
    "excel export": ("scenarios/second.yaml", "--paths", "300"),
    "data actuals": ("sheet-01.xlsx", "--booked", "2025-03-05", "--plan", "scenarios/plan.yaml"),
}
"""Command -> its words, in an order that works."""


def test_no_line_of_a_command_is_wider_than_80_columns(folder: Path, capfd: Any) -> None:
    sheet = next(folder.glob("*.xlsx")).name
    for language, (command, words) in product(LANGUAGES, CALLS.items()):
        if command == "lock" and language == LANGUAGES[1]:
            continue  # the same name again is another version; its lines are those of `run`
        typed = [word.replace("sheet-01.xlsx", sheet) for word in words]
        code = main([*command.split(), *typed, "--lang", language])
        out, err = capfd.readouterr()
        assert (code, err) == (0, ""), (language, command)
        assert out, (language, command)
        assert not too_wide(out), (language, command)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_help_page_is_wider_than_80_columns(call: Any, language: str) -> None:
    subcommands = [f"data {name}" for name in data.data_command.lazy_commands]
    subcommands += [f"excel {name}" for name in excel.excel_command.lazy_commands]
    for command in ["", *COMMANDS, *subcommands]:
        page = call("--lang", language, *command.split(), "--help")
        assert page.code == 0, command
        assert not too_wide(page.out), command


@pytest.mark.parametrize("language", LANGUAGES)
def test_check_on_a_terminal_is_a_table_by_section(
    folder: Path, call: Any, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecast.cli.commands.check.is_stdout_terminal", lambda: True)
    done = call("check", "scenarios/plan.yaml", "--lang", language)
    lines = done.out.splitlines()
    assert done.code == 0
    assert not too_wide(done.out)
    assert lines[0].startswith("scenarios/plan.yaml: ")
    headings = [line for line in lines if re.fullmatch(r"\S.* \(\d+\)", line)]
    expected = {"en": ["The plan", "History", "Services", "Targets"], "vi": ["Kế hoạch", "Số liệu", "Dịch vụ"]}
    assert [heading.startswith(start) for heading, start in zip(headings, expected[language], strict=False)] == [
        True for _ in expected[language]
    ]
    (growth,) = [line for line in lines if line.strip().startswith("growth ") and "0% to 8%" in line]
    assert growth.split()[-1].startswith("plan.yaml:")
    assert "C" in growth.split()


def test_check_in_a_pipe_has_whole_names_and_only_unsure_leaves_constants_out(folder: Path, call: Any) -> None:
    complete = call("check", "scenarios/plan.yaml", "--lang", "en").out
    unsure = call("check", "scenarios/plan.yaml", "--lang", "en", "--only", "unsure").out
    names = {text: re.findall(r"^([\w.]+): ", text, re.MULTILINE) for text in (complete, unsure)}
    assert "services.water.growth" in names[unsure]
    assert "targets.revenue.at_least" in names[complete]
    assert "targets.revenue.at_least" not in names[unsure]
    assert set(names[unsure]) < set(names[complete])
    assert complete.splitlines()[0] == unsure.splitlines()[0]
    done = call("check", "scenarios/plan.yaml", "--only", "sure")
    assert done.code == 2
    assert "--only unsure" in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal")
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("color", [{"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_pipe_gets_no_progress_and_no_colours(tmp_path: Path, color: dict[str, str]) -> None:
    (tmp_path / "bakery.yaml").write_text(BAKERY_PLAN)
    for arguments in (["check", "bakery.yaml"], ["run", "bakery.yaml", "--paths", "500"]):
        ending = run_forked(arguments, tmp_path, environment=color)
        assert (ending.code, ending.err) == (0, "")
        assert ending.out
        assert "\x1b" not in ending.out
        assert "\r" not in ending.out


@pytest.mark.parametrize(
    "text", ["Doanh thu", "Tiệm bánh", unicodedata.normalize("NFD", "trên 250 tỷ"), "東京 box", "📦 ±≥█"]
)
def test_display_width_is_that_of_rich(text: str) -> None:
    assert display_width(text) == cell_len(text)


def test_lines_are_broken_at_blanks_and_commands_are_kept() -> None:
    line = "  Note: " + "word " * 20 + "`forecast check scenarios/plan.yaml --only unsure` and more"
    parts = wrap(line)
    assert len(parts) > 1
    assert max(map(display_width, parts)) <= MAX_WIDTH
    assert any("`forecast check scenarios/plan.yaml --only unsure`" in part for part in parts)
    assert " ".join(part.strip() for part in parts) == " ".join(line.split())
    path = UnbrokenLine("  Open: " + "folder/" * 20)
    assert wrap(path) == [path]


def test_headings_of_a_wide_table_take_several_lines() -> None:
    rows = [["name", *(f"a long heading number {column}" for column in range(6))], ["x", *("1.0" for _ in range(6))]]
    lines = table_lines(rows)
    assert max(map(display_width, lines)) <= MAX_WIDTH
    assert lines[-1].split() == ["x", *("1.0",) * 6]
    assert " ".join(" ".join(lines[:-1]).split()).count("long") == 6
    assert len(table_lines([["name", "short"], ["x", "1.0"]])) == 2


@pytest.mark.parametrize(("chance", "full"), [(0.0, 0), (0.001, 0), (0.5, 8), (0.999, 15), (1.0, 16)])
def test_a_bar_is_full_or_empty_for_certainties_alone(chance: float, full: int) -> None:
    bar = chance_bar(chance, "utf-8")
    assert (len(bar), bar.count("█")) == (16, full)
    assert (bar.strip("░") == "") == (chance == 0)
    plain = chance_bar(chance, "ascii")
    assert plain.isascii()
    assert len(plain) == 16
    assert (set(plain) == {"#"}) == (chance == 1)
    assert (set(plain) == {"."}) == (chance == 0)
