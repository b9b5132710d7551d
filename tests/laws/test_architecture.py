"""The page on the architecture names every module, and only files, functions, classes and tests that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.laws.test_contributing import words_in_code
from tests.support.readme import replace_between_marks
from tests.support.source_tree import ARCHITECTURE_PAGE, PACKAGE, ROOT, layers_table, module_tree, parse_module

TEXT = ARCHITECTURE_PAGE.read_text(encoding="utf-8")
HAND_WRITTEN = TEXT.partition("<!-- tree -->")[0]


@pytest.mark.parametrize(("mark", "write"), [("layers", layers_table), ("tree", module_tree)])
def test_layers_and_tree_are_those_of_the_code(mark: str, write: Callable[[], str]) -> None:
    # `python -m tests.support.readme --tree` writes both
    assert replace_between_marks(TEXT, mark, write()) == TEXT


def test_each_module_is_listed_once() -> None:
    tree = TEXT.partition("<!-- tree -->")[2]
    modules = {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"}
    listed = re.findall(r"^\| \[\w+\.py\]\(\.\./(\S+)\)", tree, re.M)
    assert sorted(listed) == sorted(modules)


def test_each_path_in_code_exists() -> None:
    paths = {word for word in words_in_code(HAND_WRITTEN) if word.startswith(("forecast/", "tests/", "scenarios/"))}
    assert paths
    assert sorted(path for path in paths if not (ROOT / path).exists()) == []


def rows_with_names() -> Iterator[tuple[Path, str]]:
    """Each name in code in a table row or a sentence, with the file that the same line links to before it."""
    for line in HAND_WRITTEN.splitlines():
        for target, names in re.findall(r"\]\(\.\./(\S+?\.py)\)((?:(?!\]\().)*)", line):
            for name in re.findall(r"`([A-Za-z_]+)`", names):
                yield ROOT / target, name


@pytest.mark.parametrize(("file", "name"), list(rows_with_names()))
def test_each_name_is_defined_in_the_file_beside_it(file: Path, name: str) -> None:
    assert name in set(defined_names(parse_module(file)))


def defined_names(tree: ast.AST) -> Iterator[str]:
    """Names of functions, classes and variables, of methods and fields too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
