"""The guides of docs/ are true: their commands are run, their examples checked, both languages tell the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from scipy.stats import norm

from forecast.files.workbook import read_workbook
from tests.support.guides import (
    CHANCE_GUIDES,
    GLOSSARIES,
    GUIDES,
    RANGE_GUIDES,
    TUTORIALS,
    GuideWorkspace,
    apply_change,
    true_text,
    type_numbers,
)
from tests.support.readme import READMES, code_blocks
from tests.support.tutorial_books import FOLDER, write_books

SERVICES = """\
name: What the examples stand in
language: {language}
horizon: {{from: 2025-01, months: 24}}
services:
  postal: {{growth: 1% to 5%, baseline: {{method: given, annual: 78 to 88 billion VND, shape: flat}}}}
  parcels: {{growth: 1% to 5%, baseline: {{method: given, annual: 20 to 24 billion VND, shape: flat}}}}
targets: {{revenue: {{measure: revenue, period: 2026, at_least: 100 billion VND}}}}
"""
PAIRS = (*GUIDES, GLOSSARIES)
LANGUAGES = tuple(READMES)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tutorial_prints_what_its_commands_print(language: str, tmp_path: Path) -> None:
    # `python -m tests.support.readme --guides` writes the true outputs
    workspace = GuideWorkspace(tmp_path / "desk")
    assert text_of(TUTORIALS[language]) == true_text(TUTORIALS[language], workspace)
    assert workspace.failed_commands == set()


@pytest.mark.parametrize("page", [*RANGE_GUIDES.values(), *CHANCE_GUIDES.values()], ids=lambda page: page.name)
def test_a_guide_prints_what_its_commands_print(page: Path, tmp_path: Path) -> None:
    workspace = GuideWorkspace(tmp_path / "desk")
    assert text_of(page) == true_text(page, workspace)
    assert workspace.failed_commands == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_of_a_range_is_accepted(
    language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from forecast.cli import main

    (tmp_path / "base.yaml").write_text(SERVICES.format(language=language), encoding="utf-8")
    examples = [block for block in code_blocks(text_of(RANGE_GUIDES[language])) if block.language == "yaml"]
    examples = [block for block in examples if not block.file]
    assert len(examples) == 4
    for number, example in enumerate(examples):
        plan = tmp_path / f"example-{number}.yaml"
        plan.write_text(f"extends: base.yaml\nname: An example\n{example.body}", encoding="utf-8")
        assert main(["check", str(plan)]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("language", LANGUAGES)
def test_few_past_values_cover_and_widen_as_the_table_says(language: str) -> None:
    page = text_of(RANGE_GUIDES[language]).replace(",", ".")
    rows = re.findall(r"^\| (\d+) \| (\d+)% \| (\d\.\d) \|$", page, re.M)
    assert len(rows) == 5
    for count, percent, factor in rows:
        chance = (int(count) - 1) / (int(count) + 1)  # of values in any order: the next is neither lowest nor highest
        assert int(percent) == round(100 * chance)
        assert float(factor) == round(norm.ppf(0.9) / norm.ppf(0.5 + chance / 2), 1)


@pytest.mark.parametrize("pages", PAIRS, ids=lambda pages: pages["en"].name)
def test_both_languages_tell_the_same(pages: dict[str, Path]) -> None:
    english, vietnamese = (text_of(pages[language]) for language in ("en", "vi"))
    assert f"]({pages['vi'].name})" in english
    assert f"]({pages['en'].name})" in vietnamese
    if pages is GLOSSARIES:
        return
    for pattern in (r"^## ", r"^\|", r"^\d\. ", r"^- ", r"^```\w+"):
        assert len(re.findall(pattern, english, re.M)) == len(re.findall(pattern, vietnamese, re.M)), pattern


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_stay_in_the_language_where_there_is_such_a_page(language: str) -> None:
    there = {page.name for pages in (*PAIRS, READMES) for code, page in pages.items() if code != language}
    for pages in (*PAIRS, READMES):
        page = pages[language]
        first, _, body = text_of(page).partition("\n## ")
        linked = {Path(target.partition("#")[0]).name for target in re.findall(r"\]\(([^)\s]+)\)", body)}
        assert not linked & there, page.name
        assert pages["vi" if language == "en" else "en"].name in first


def test_vietnamese_terms_are_those_of_the_table() -> None:
    table = text_of(GLOSSARIES["vi"])
    named = re.findall(r"vi \*([^*]+)\*", text_of(GLOSSARIES["en"]))
    assert len(named) > 20
    assert [term for term in named if term not in table] == []


def test_words_that_are_avoided_stand_in_no_guide() -> None:
    table = text_of(GLOSSARIES["vi"]).partition("## Những từ không dùng")[2]
    avoided = [word for row in re.findall(r"^\| ([^|]+) \|", table, re.M)[1:] for word in row.split(", ")]
    assert "hạt giống" in avoided
    for pages in GUIDES:
        prose = re.sub(r"^```.*?^```$", "", text_of(pages["vi"]), flags=re.M | re.S)
        assert [word for word in avoided if word in prose] == [], pages["vi"].name


def test_the_example_workbooks_are_those_that_are_written(tmp_path: Path) -> None:
    # `python -m tests.support.tutorial_books` writes them
    for made in write_books(tmp_path):
        shipped = FOLDER / made.name
        sheets = [[(sheet.name, sheet.rows) for sheet in read_workbook(file).sheets] for file in (shipped, made)]
        assert sheets[0] == sheets[1]
        assert shipped.stat().st_size < 20_000


def test_a_change_needs_its_old_line(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("a: 1\nb: 2\n", encoding="utf-8")
    apply_change(plan, "-b: 2\n+b: 3\n")
    assert plan.read_text(encoding="utf-8") == "a: 1\nb: 3\n"
    with pytest.raises(AssertionError, match="b: 2"):
        apply_change(plan, "-b: 2\n+b: 3\n")
    with pytest.raises(AssertionError, match="C6 = x"):
        type_numbers(plan, "C6 = x")
