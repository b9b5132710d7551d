"""Docstrings: numpydoc sections for what a module offers to others, one line for all else."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from numpydoc.validate import validate

from tests.support.plans import ROOT
from tests.support.source_tree import parse_module

PACKAGE = ROOT / "forecast"
VAGUE_START = re.compile(r"(What|Of|Whether|That|How|Those|It)\b")
CHECKED_CODES = {"GL08", "PR01", "PR02", "RT01", "YD01", "SS03"}
"""numpydoc's: no docstring; parameters missing, or unknown; no Returns, no Yields; a summary without a full stop."""


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def offered(tree: ast.Module) -> list[str]:
    """The names in a module's `__all__`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return list(ast.literal_eval(node.value))
    return []


def docstrings(path: Path) -> Iterator[tuple[str, str]]:
    """Each module, class and function of a file with its docstring."""
    for node in ast.walk(parse_module(path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
            yield f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', 1)}", text


def field_docstrings(path: Path) -> Iterator[tuple[str, str]]:
    """Each constant and field of a file with the text below it."""
    for node in ast.walk(parse_module(path)):
        if isinstance(node, ast.Module | ast.ClassDef):
            for assigned, after in pairwise(node.body):
                if isinstance(assigned, ast.Assign | ast.AnnAssign) and (text := string_of(after)):
                    yield f"{path.relative_to(PACKAGE)}:{after.lineno}", text


def string_of(node: ast.stmt) -> str:
    """The text of a statement that is a string; empty for any other."""
    is_string = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return node.value.value if is_string and isinstance(node.value.value, str) else ""


MODULES = sorted(PACKAGE.rglob("*.py"))


def test_no_docstring_begins_vaguely() -> None:
    vague = [
        f"{place} {text.splitlines()[0][:60]}"
        for path in MODULES
        for place, text in (*docstrings(path), *field_docstrings(path))
        if VAGUE_START.match(text)
    ]
    assert vague == []


def test_the_first_line_of_a_docstring_is_a_sentence() -> None:
    unended = [
        f"{place} {text.splitlines()[0][-60:]}"
        for path in MODULES
        for place, text in docstrings(path)
        if not text.split("\n\n")[0].rstrip().endswith((".", ":", "?", "`", "```"))
    ]
    assert unended == []


@pytest.mark.parametrize(
    "path", [path for path in MODULES if "\n__all__ = " in path.read_text(encoding="utf-8")], ids=module_name
)
def test_what_a_module_offers_has_numpydoc_sections(path: Path) -> None:
    module = importlib.import_module(module_name(path))
    wrong = []
    for name in offered(parse_module(path)):
        thing = getattr(module, name)
        if getattr(thing, "__module__", None) != module.__name__ or not (
            inspect.isfunction(thing) or inspect.isclass(thing)
        ):
            continue
        full = f"{module.__name__}.{name}"
        codes = CHECKED_CODES - ({"PR01", "PR02"} if inspect.isclass(thing) else set())
        wrong += [f"{full}: {code} {text}" for code, text in validate(full)["errors"] if code in codes]
    assert wrong == []


def test_modules_that_others_import_say_what_they_offer() -> None:
    """Every public name that another package imports stands in its module's `__all__`."""
    used: dict[str, set[str]] = {}
    for path in MODULES:
        package = module_name(path).split(".")[1:2]
        for node in ast.walk(parse_module(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("forecast."):
                module = node.module or ""
                if module.split(".")[1:2] != package:
                    used.setdefault(module, set()).update(alias.name for alias in node.names)
    modules = {module_name(path): path for path in MODULES}
    missing = []
    for name, names in sorted(used.items()):
        if name not in modules:
            continue
        submodules = {n for n in names if f"{name}.{n}" in modules}
        known = set(offered(parse_module(modules[name])))
        missing += [f"{name}.{each}" for each in sorted(names - submodules - known) if not each.startswith("_")]
    assert missing == []
