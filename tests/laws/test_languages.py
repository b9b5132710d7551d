"""No English word in what a reader of Vietnamese sees, no Vietnamese one in English: pages, PDF, workbook, terminal.

The names of a plan's files, keys and places are the same in both languages, and so are quotations and codes.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from forecast.cli import COMMANDS, main
from forecast.i18n import LANGUAGES, Language, Translator
from forecast.plan.loading.loader import read_plan
from forecast.reports.html_page import render_run_page
from forecast.reports.pdf_page import render_run_pdf
from tests.support import report_fixture
from tests.support.languages import foreign_words, page_text, pdf_text, workbook_text
from tests.support.plans import ROOT
from tests.support.undrawn import draw_only

ISO_MONTH = re.compile(r"(?<![\w/.-])[12][0-9]{3}-(?:0[1-9]|1[0-2])(?:-[0-9]{2})?(?![\w/-]|\.\w)")
"""A month or a day as files write it: 2021-03, 2021-03-15."""
POINT_DECIMALS = re.compile(r"(?<![\w.])[0-9]+\.[0-9]{1,2}(?![\w.])")
"""A number with a decimal point, which no Vietnamese page has."""


PLAN_FILES = tuple(path.stem for path in (ROOT / "scenarios").rglob("*.yaml"))
"""Names of plans, which lists and pages print as they are."""


@pytest.mark.parametrize("text", ["Doanh thu trong năm, theo kế hoạch", "cho khi nghe kinh doanh", "xem thêm, hai bên"])
def test_vietnamese_words_are_known_without_their_marks_too(text: str) -> None:
    assert foreign_words(text, "vi") == []


@pytest.mark.parametrize("word", ["not", "the", "that", "chance", "with", "report", "but", "run", "year", "of which"])
def test_english_words_are_found_in_vietnamese(word: str) -> None:
    assert foreign_words(f"khả năng {word} đạt", "vi") != []


def test_vietnamese_words_are_found_in_english_and_quotations_are_not() -> None:
    assert foreign_words("a chance of tỷ in 'Tổng doanh thu đạt' of Hà Tĩnh, data/sổ.csv", "en") == ["tỷ"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_and_a_sheet_of_paper_have_one_language(language: Language) -> None:
    view, t = report_fixture.covid_view(), Translator(language)
    page = page_text(render_run_page(view, t).decode(), language)
    assert len(page.split()) > 1_000
    assert foreign_words(page, language, PLAN_FILES) == []
    assert foreign_words(pdf_text(render_run_pdf(view, t)), language, PLAN_FILES) == []
    assert ISO_MONTH.findall(page) == []
    if language == "vi":
        assert POINT_DECIMALS.findall(page) == []


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        yield (*path, name)
        inner = group.get_command(context, name)
        if isinstance(inner, click.Group):
            yield from commands(inner, (*path, name))


HELP_CODES = (
    "backtest bridge check compare data actuals disaggregate excel export import list lock new roll run schema score "
    "seek sensitivity stress triggers verify local shop chain post office service firm blank month measure value tcp "
    "chow lin fernandez litterman unsure ctrl mean chance profit"
)
"""Names of commands, of choices, of columns and of keys, which are typed as they are."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_help_page_has_one_language(capsys: pytest.CaptureFixture[str], language: Language) -> None:
    from forecast.cli.group import CommandGroup

    foreign = {}
    for path in [(), *commands(CommandGroup("forecast", COMMANDS))]:
        assert main([*path, "--lang", language, "--help"] if path != ("schema",) else ["schema", "--help"]) == 0
        text = capsys.readouterr().out
        names = (HELP_CODES,)
        if path != ("schema",) and (words := foreign_words(text, language, names)):
            foreign[path] = words
    assert foreign == {}


WRONG_CALLS = (
    ("run",),
    ("run", "--nope", "plan.yaml"),
    ("nope",),
    ("run", "--paths", "many", "plan.yaml"),
    ("run", "--paths"),
    ("run", "--json=3", "plan.yaml"),
    ("run", "nope.yaml"),
    ("run", "plan.yaml", "--engine", "abc"),
    ("run", "plan.yaml", "--set", "a"),
    ("run", "plan.yaml", "--fail-under", "x"),
    ("compare", "plan.yaml"),
    ("check", "plan.yaml", "b", "c"),
    ("verify", "nothing"),
    ("lock",),
    ("score",),
    ("roll",),
    ("list",),
    ("excel", "export"),
    ("data", "actuals"),
    ("new", "scenarios"),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_project_answers_in_its_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: Language
) -> None:
    assert main(["new", str(tmp_path / "p"), "--template", "blank", "--lang", language]) == 0
    monkeypatch.chdir(tmp_path / "p")
    shutil.copy("scenarios/plan.yaml", "plan.yaml")
    capsys.readouterr()
    names = (HELP_CODES, "nope many nothing abc growth over stated scenarios reports plan")
    foreign = {}
    for call in WRONG_CALLS:
        main(list(call))
        texts = capsys.readouterr()
        if words := foreign_words(texts.out + texts.err, language, names):
            foreign[call] = words
    assert foreign == {}


def write_project(folder: Path) -> Path:
    """A project with the shipped plans and their data."""
    for part in ("scenarios", "data"):
        shutil.copytree(ROOT / part, folder / part)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_and_file_has_one_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: Language
) -> None:
    monkeypatch.chdir(write_project(tmp_path))
    draw_only(monkeypatch, "report.html", "report.pdf")
    plans = ("by-commune", "shop-chain", "competition-series", "months/2025-10")
    files = [f"scenarios/{name}.yaml" for name in plans]
    few = ("--paths", "500", "--lang", language)
    calls: tuple[tuple[str, ...], ...] = (
        ("run", *files, "--excel", *few),
        ("compare", "scenarios/covid.yaml", "scenarios/no-initiatives.yaml", *few),
        ("backtest", "scenarios/competition-series.yaml", "--origins", "2", "--lang", language),
        *(("check", file, "--lang", language) for file in files),
        ("list", "--lang", language),
        ("lock", "scenarios/water-2025.yaml", *few),
        ("roll", "2025-01", *few),
        ("verify", "water-2025", "--lang", language),
        ("score", "--lang", language),
    )
    places = (tmp_path / "data" / "communes-2020.csv").read_text(encoding="utf-8")
    names = (*PLAN_FILES, places, "mnm26 water locked root", HELP_CODES)
    written = _words_of_plans([tmp_path / file for file in files])
    foreign: dict[str, Any] = {}
    for call in calls:
        assert main(list(call)) == 0, call
        texts = capsys.readouterr()
        unwrapped = re.sub(r"\n {3,}", " ", texts.out + texts.err)  # a quotation may go on in the next line
        if words := foreign_words(unwrapped, language, names + (written if call[0] == "check" else ())):
            foreign[" ".join(call)] = words
    for file in sorted((tmp_path / "reports").rglob("*")):
        text = _file_text(file, language)
        if file.suffix == ".xlsx":  # a column holds each value as the plan writes it
            text = "\n".join(line for line in text.split("\n") if line not in written)
        if words := foreign_words(text, language, names):
            foreign[str(file.relative_to(tmp_path))] = words
        if file.suffix == ".html" and (months := ISO_MONTH.findall(_without_names(text))):
            foreign[f"{file.relative_to(tmp_path)} months"] = months
    assert foreign == {}


def _words_of_plans(plans: list[Path]) -> tuple[str, ...]:
    """Values, keys and choices of plans, which `check` and a column of the workbook print as they are written."""
    words = {"event drift storm flood epidemic underlying stated parts equal true false given"}
    for plan in plans:
        words |= {assumption.text for assumption in read_plan(plan).scenario.assumptions()}
        text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(plan.parent.rglob("*.yaml")))
        words |= set(re.findall(r"\b[a-z_0-9]+(?=:)", text))
    return tuple(sorted(words))


def _file_text(file: Path, language: Language) -> str:
    """The words of a file of a run that people read."""
    if file.is_symlink() or not file.is_file():
        return ""
    match file.suffix:
        case ".html":
            return page_text(file.read_text(encoding="utf-8"), language)
        case ".pdf":
            return pdf_text(file.read_bytes())
        case ".xlsx":
            return workbook_text(file)
        case ".txt":
            return file.read_text(encoding="utf-8")
    return ""


def _without_names(text: str) -> str:
    """A page without the names of plans, some of which are months, and times, which every list writes the same."""
    text = re.sub(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}", "", text)
    return re.sub(rf"\b(?:{'|'.join(sorted(PLAN_FILES, reverse=True))})\b(?!-)", "", text)
