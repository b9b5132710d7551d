"""Names: one public name, one thing; locals say what they hold; only basic modules at the root of the package."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from tests.support.plans import ROOT
from tests.support.source_tree import parse_module

PACKAGE = ROOT / "forecast"
GREY = {"found", "one", "own", "said", "told", "rest", "left", "taken", "apart", "near", "whole"}
"""Names of variables that say nothing of what they hold."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Each module of the package by its path, parsed."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), parse_module(path)


def defined_names(tree: ast.Module) -> Iterator[str]:
    """The public names that a module defines at its top level."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def test_only_the_ground_stands_at_the_root() -> None:
    files = {path.name for path in PACKAGE.glob("*.py")}
    assert files == {f"{n}.py" for n in ("__init__", "__main__", "_version", "arrays", "errors", "periods", "units")}


def test_no_public_name_stands_for_two_things() -> None:
    homes = defaultdict(list)
    for path, tree in modules():
        for name in set(defined_names(tree)):
            if not name.startswith("_"):
                homes[name].append(path)
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_a_package_re_exports_nothing() -> None:
    wrong = []
    for path, tree in modules():
        if path.endswith("/__init__.py"):
            offered = [
                ast.literal_eval(n.value)
                for n in tree.body
                if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__"
            ]
            wrong += [f"{path}: {name}" for names in offered for name in set(names) - set(defined_names(tree))]
    assert wrong == []


def variables(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The line and the name of each variable and parameter."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg


def test_a_variable_says_what_it_holds() -> None:
    folders = (PACKAGE, PACKAGE.parent / "tests", PACKAGE.parent / "benchmarks")
    unclear = [
        f"{path.relative_to(PACKAGE.parent)}:{line} {name}"
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
        for line, name in variables(ast.parse(path.read_text(encoding="utf-8")))
        if name in GREY and not (name == "left" and path.parent.name == "charts")  # matplotlib's margin
    ]
    assert unclear == []
