"""The READMEs and docs are true: their commands are run, their plans read, their links followed."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

import forecast
from benchmarks.run import BARS
from tests.laws.test_contributing import words_in_code
from tests.support.guides import TUTORIALS
from tests.support.limits import limits_table
from tests.support.readme import (
    LANGUAGE_PAGE,
    MODEL_PAGE,
    READMES,
    ROOT,
    CodeBlock,
    ReadmeWorkspace,
    code_blocks,
    replace_between_marks,
    replace_outputs,
    simulate_chances,
)
from tests.support.reference import key_tables, plan_records

PAGES = [
    *READMES.values(),
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "benchmarks").glob("*.md")),
]
OF_A_READER = (*READMES.values(), *TUTORIALS.values())
"""Pages that name files of a project that the reader makes."""
TEXTS: Mapping[str, str] = {language: page.read_text(encoding="utf-8") for language, page in READMES.items()}
MAX_PICTURE_SIZE = 150_000
"""Bytes."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> ReadmeWorkspace:
    return ReadmeWorkspace(tmp_path_factory.mktemp("readme") / "desk")


@pytest.fixture(scope="module")
def true_texts(desk: ReadmeWorkspace) -> dict[str, str]:
    """The READMEs with what their commands truly print."""
    return {language: replace_outputs(text, desk.outputs(text)) for language, text in TEXTS.items()}


@pytest.mark.slow
@pytest.mark.parametrize("language", READMES)
def test_every_output_is_what_the_command_prints(language: str, true_texts: dict[str, str]) -> None:
    # `python -m tests.support.readme` writes the true outputs
    assert TEXTS[language] == true_texts[language]


@pytest.mark.slow
def test_a_changed_output_is_detected(true_texts: dict[str, str]) -> None:
    for text in true_texts.values():
        for fence in code_blocks(text):
            if fence.language in ("console", "text"):
                drifted = replace_outputs(text, [(fence, re.sub(r"[0-9](?=[^0-9]*$)", "x", fence.body))])
                assert drifted != text


@pytest.mark.slow
def test_only_the_careless_plan_is_rejected(desk: ReadmeWorkspace, true_texts: dict[str, str]) -> None:
    assert {command.split()[2] for command in desk.failed_commands} == {"scenarios/careless.yaml"}


def test_both_languages_show_the_same_commands() -> None:
    def typed(text: str) -> list[str]:
        commands = [line for fence in code_blocks(text) for line in commands_of(fence)]
        return [re.sub(r" --lang (en|vi)", "", line).replace("so-thang.xlsx", "months.xlsx") for line in commands]

    assert typed(TEXTS["en"]) == typed(TEXTS["vi"])
    assert [fence.file for fence in code_blocks(TEXTS["en"])] == [fence.file for fence in code_blocks(TEXTS["vi"])]


def commands_of(fence: CodeBlock) -> list[str]:
    if fence.language == "bash":
        return fence.body.splitlines()
    return fence.commands() if fence.language == "console" else []


@pytest.mark.parametrize("language", READMES)
def test_the_shown_change_does_the_same_as_set(language: str, tmp_path: Path) -> None:
    shown = next(fence for fence in code_blocks(TEXTS[language]) if fence.language == "diff")
    before, after = (line[1:] for line in shown.body.splitlines())
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    shutil.copytree(ROOT / "data", tmp_path / "data")
    plan = tmp_path / shown.file
    lines = plan.read_text(encoding="utf-8").split("\n")
    assert lines.count(before) == 1
    plan.write_text("\n".join(after if line == before else line for line in lines), encoding="utf-8")
    edited = forecast.read(tmp_path / "scenarios" / "covid.yaml")
    setting = re.search(r'--set (\S+?)="([^"]+)"', TEXTS[language])
    assert setting is not None
    asked = forecast.read(ROOT / "scenarios" / "covid.yaml", set={setting[1]: setting[2]})
    numbers = ({a.name: a.distribution for a in plan.assumptions()} for plan in (edited, asked))
    assert next(numbers) == next(numbers)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        assert "://" not in target or target.startswith("https://"), target
        if "://" not in target:
            assert (page.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("page", [page for page in PAGES if page not in OF_A_READER], ids=lambda page: page.name)
def test_every_path_in_code_exists(page: Path) -> None:
    code_words = set(words_in_code(page.read_text(encoding="utf-8")))
    paths = {word for word in code_words if re.match(r"(forecast|tests|benchmarks|scenarios|docs)/[\w./-]+$", word)}
    assert sorted(path for path in paths if not (ROOT / path).exists()) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_import_of_a_python_example_works(page: Path) -> None:
    for block in code_blocks(page.read_text(encoding="utf-8")):
        if block.language == "python":
            for module, names in re.findall(r"^from (forecast[\w.]*) import ([\w, ]+)$", block.body, re.M):
                assert all(hasattr(importlib.import_module(module), name) for name in names.split(", ")), module


def test_pictures_exist_and_are_small() -> None:
    for language, text in TEXTS.items():
        assert f"reports/gallery/covid-{language}.png" in text
        assert (ROOT / "reports" / "gallery" / f"covid-{language}.png").stat().st_size < MAX_PICTURE_SIZE


def test_functions_named_in_a_page_are_public() -> None:
    for page in PAGES:
        named = set(re.findall(r"\bforecast\.([a-z_]+)\(", page.read_text(encoding="utf-8")))
        assert named <= set(forecast.__all__), page.name


def test_stated_speeds_are_the_bars_of_the_benchmark() -> None:
    for language, text in TEXTS.items():
        passage = text[text.index("`python -m benchmarks.run`") :].partition("\n\n")[0]
        numbers = [float(n.replace(",", ".")) for n in re.findall(r"\d+(?:[.,]\d+)?", passage)]
        bars = [BARS["warm"], 100 * BARS["answer"], 100 * BARS["found"], BARS["compare3"], BARS["help"]]
        assert numbers == bars, language
        assert BARS["found"] == BARS["check"]


@pytest.mark.slow
def test_chances_in_the_model_page_are_those_of_the_shipped_plans(desk: ReadmeWorkspace) -> None:
    page = MODEL_PAGE.read_text(encoding="utf-8")
    for name, (chance, mean) in simulate_chances(8_192, desk.folder.parent / "fits").items():
        row = re.search(rf"^\| {re.escape(name)} \| ([\d.]+) \| ([\d.]+) \|", page, re.M)
        assert row is not None, name
        assert float(row[1]) == pytest.approx(chance, abs=0.02), name
        assert float(row[2]) == pytest.approx(mean, abs=0.6), name


def test_every_key_of_a_plan_is_explained() -> None:
    page = LANGUAGE_PAGE.read_text(encoding="utf-8")
    assert replace_between_marks(page, "keys", key_tables()) == page
    assert replace_between_marks(page, "limits", limits_table()) == page
    for line in key_tables().splitlines():
        assert not line.endswith("|  |"), line
    for _, record in plan_records():
        for name, field in record.model_fields.items():
            assert field.exclude or f"| `{field.alias or name}` |" in page, name


def test_no_page_names_a_path_of_one_machine() -> None:
    for page in PAGES:
        assert re.search(r"/work\b|/home/|/root|/tmp|shared/|localhost", page.read_text(encoding="utf-8")) is None, page


@pytest.mark.slow
def test_the_two_commands_work_in_a_fresh_clone(tmp_path: Path) -> None:
    first, second = (fence.body.strip() for fence in code_blocks(TEXTS["en"]) if fence.language == "bash")
    shown = next(fence for fence in code_blocks(TEXTS["en"]) if fence.language == "console")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment["FORECAST_CACHE"] = str(tmp_path / "fits")
    done = subprocess.run(first, shell=True, cwd=clone, env=environment, capture_output=True, text=True, check=True)
    assert shown.body == f"$ {shown.commands()[0]}\n{done.stdout}"
    written = {path.name for path in (clone / "reports" / "covid").iterdir()}
    for text in TEXTS.values():
        named = set(re.findall(r"^\| `([\w.]+(?:\.\w+|/))` \|", text, re.M))
        assert {name.rstrip("/") for name in named} - {"message.txt"} == written  # that of the lock of a month
    collected = f"{second} --collect-only tests/laws/test_locks.py"
    subprocess.run(collected, shell=True, cwd=clone, env=environment, capture_output=True, check=True)
