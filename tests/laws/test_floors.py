"""The floors of the house: an import looks down, or stays in its own drawer, and never goes in a circle."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "forecast"

PROJECT = tomllib.loads((HOUSE.parent / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACT = PROJECT["tool"]["importlinter"]["contracts"][0]

NEIGHBOURS = {("errors", "i18n")}
"""An error says its own sentence, and a complaint is a sentence's subject: the one pair that knows each other."""


def level_of() -> dict[str, int]:
    lines = [line.split(" | ") for line in CONTRACT["layers"]]
    return {name: level for level, line in enumerate(lines) for name in line if not name.startswith("(")}


def test_every_file_has_its_floor() -> None:
    rooms = {module.partition(".")[0] for module in modules()} - {"__init__", *CONTRACT["exhaustive_ignores"]}
    assert sorted(rooms - set(level_of())) == []
    assert sorted(set(level_of()) - rooms) == []


def test_an_import_looks_down_or_stays_in_its_drawer() -> None:
    level, known = level_of(), set(CONTRACT["ignore_imports"])
    wrong = []
    for module, imported in links():
        here, there = module.partition(".")[0], imported.partition(".")[0]
        if here != there and here in level and there in level and level[there] <= level[here]:
            wrong.append(f"forecast.{module} -> forecast.{imported}")
    assert sorted(set(wrong) ^ known - {"forecast.i18n -> forecast.errors"}) == []


def test_no_import_goes_in_a_circle() -> None:
    circles = [f"{module} -> {imported}" for module, imported in links() if not acyclic(module, imported)]
    assert circles == []


def test_no_public_verb_has_the_name_of_a_module() -> None:
    import forecast

    assert sorted(set(forecast.__all__) & set(modules())) == []


def test_every_public_name_is_there() -> None:
    import forecast

    assert all(getattr(forecast, name) is not None for name in forecast.__all__)
    assert set(forecast.__all__) <= set(dir(forecast))
    with pytest.raises(AttributeError):
        _ = forecast.nothing_of_that_name


def test_every_dependency_of_the_project_is_pinned() -> None:
    project = tomllib.loads((HOUSE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    lock = (HOUSE.parent / "requirements.lock").read_text(encoding="utf-8")
    pinned = {line.split("==")[0].lower().replace("-", ".") for line in lock.splitlines() if "==" in line}
    names = {wish.split(">")[0].split("=")[0].strip().lower().replace("-", ".") for wish in wanted}
    assert sorted(names - pinned) == []
    assert "://" not in lock


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(HOUSE.rglob("*.py")):
        parts = path.relative_to(HOUSE).with_suffix("").parts
        name = ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)
        found[name] = path
    return found


@cache
def imports_of(module: str) -> frozenset[str]:
    """Every module of the house that a module imports, in its functions too; not what only the type checker sees."""
    known = modules()
    tree = ast.parse(known[module].read_text(encoding="utf-8"))
    typing = {inner for node in ast.walk(tree) if is_for_types(node) for inner in ast.walk(node)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node not in typing and (node.module or "").split(".")[0] == "forecast":
            base = (node.module or "").removeprefix("forecast").lstrip(".")
            for alias in node.names:
                full = f"{base}.{alias.name}".lstrip(".")
                found.add(full if full in known else base)
    return frozenset(found & set(known) - {module})


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def links() -> Iterator[tuple[str, str]]:
    for module in modules():
        for imported in sorted(imports_of(module)):
            if tuple(sorted((module, imported))) not in NEIGHBOURS:
                yield module, imported


def acyclic(module: str, imported: str) -> bool:
    return module not in reached(imported)


@cache
def reached(module: str) -> frozenset[str]:
    seen: set[str] = set()
    ahead = [module]
    while ahead:
        here = ahead.pop()
        for there in imports_of(here) - seen:
            if tuple(sorted((here, there))) not in NEIGHBOURS:
                seen.add(there)
                ahead.append(there)
    return frozenset(seen)
