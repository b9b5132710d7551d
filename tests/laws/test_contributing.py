"""The pages for contributors name files, modules, tasks and versions that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

import forecast
from tests.support.plans import ROOT

PAGES = [ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / ".github").rglob("*.md"))]
SUFFIXES = (".cff", ".lock", ".md", ".py", ".toml", ".yaml", ".yml")
TEXTS = {page.name: page.read_text(encoding="utf-8") for page in PAGES}


def words_in_code(text: str) -> Iterator[str]:
    """Each word of the code spans and code blocks of a page, without the test that `::` names."""
    for block, span in re.findall(r"^```\w*\n(.*?)^```$|`([^`\n]+)`", text, re.M | re.S):
        for word in (block or span).split():
            yield word.strip("\"',;").partition("::")[0]


def paths_in(text: str) -> set[str]:
    return {word for word in words_in_code(text) if is_path(word) and not word.startswith((".venv/", "-"))}


def is_path(word: str) -> bool:
    return re.fullmatch(r"[\w.*/-]+", word) is not None and ("/" in word or word.endswith(SUFFIXES))


@pytest.mark.parametrize("page", TEXTS)
def test_each_path_of_a_page_exists(page: str) -> None:
    assert sorted(path for path in paths_in(TEXTS[page]) if not any(ROOT.glob(path.rstrip("/")))) == []


@pytest.mark.parametrize("page", TEXTS)
def test_each_link_of_a_page_leads_to_a_file(page: str) -> None:
    folder = next(path.parent for path in PAGES if path.name == page)
    targets = re.findall(r"\]\(([^)\s]+)\)", TEXTS[page])
    assert [target for target in targets if not (folder / target).exists()] == []


def test_each_module_of_the_page_can_be_imported() -> None:
    code_words = set(words_in_code(TEXTS["CONTRIBUTING.md"]))
    modules = {word for word in code_words if re.fullmatch(r"(forecast|tests|benchmarks)(\.[a-z_]+)+", word)}
    assert modules
    assert sorted(module for module in modules if find_spec(module) is None) == []


@pytest.mark.parametrize("page", TEXTS)
def test_each_task_of_a_page_is_in_the_makefile(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", TEXTS[page], re.M)) - targets == set()


def test_each_package_is_described() -> None:
    packages = {path.parent.name for path in (ROOT / "forecast").glob("*/__init__.py")}
    described = set(re.findall(r"^\| `forecast/(\w+)/` \|", TEXTS["CONTRIBUTING.md"], re.M))
    assert described == packages


def test_the_citation_has_the_version_of_the_package() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {forecast.__version__}\n" in citation
