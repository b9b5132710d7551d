"""The layers and the tree of docs/architecture.md, written from the contract of imports and from module docstrings."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "forecast"
ARCHITECTURE_PAGE = ROOT / "docs" / "architecture.md"


def layers_table() -> str:
    """One row a package or module at the root, by the layers of the contract in pyproject.toml, the top one first."""
    rows = [
        f"| {number} | `{path.relative_to(ROOT).as_posix()}{'/' * path.is_dir()}` | {summary(path)} |"
        for number, layer in enumerate(import_layers(), start=1)
        for path in filter(None, map(package_or_module, layer))
    ]
    return "\n".join(["| layer | package | what it holds |", "|--:|---|---|", *rows, ""])


def import_layers() -> list[list[str]]:
    """The names of each layer, the top one first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [re.findall(r"\w+", layer) for layer in layers]


def package_or_module(name: str) -> Path | None:
    """The folder or the file of a name at the root of the package; None for a name that is only planned."""
    paths = (PACKAGE / name, PACKAGE / f"{name}.py")
    return next((path for path in paths if path.exists()), None)


def module_tree() -> str:
    """A heading and a table for each package, top to bottom, with one row a module."""
    roots = filter(None, (package_or_module(name) for layer in import_layers() for name in layer))
    packages = [path for path in roots if path.is_dir()]
    folders = [PACKAGE, *(folder for package in packages for folder in package_folders(package))]
    return "\n".join(line for folder in folders for line in package_rows(folder))


def package_folders(package: Path) -> Iterator[Path]:
    """A package and the packages inside it, depth first."""
    if any(package.glob("*.py")):
        yield package
    for inner in sorted(path for path in package.iterdir() if path.is_dir() and path.name != "__pycache__"):
        yield from package_folders(inner)


def package_rows(folder: Path) -> Iterator[str]:
    """The lines of one package."""
    yield from (f"#### `{folder.relative_to(ROOT).as_posix()}/`", "")
    if (folder / "__init__.py").exists():
        yield from (summary(folder), "")
    modules = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    if modules:
        yield from ("| module | what it holds |", "|---|---|")
        for path in modules:
            yield f"| [{path.name}](../{path.relative_to(ROOT).as_posix()}) | {summary(path)} |"
        yield ""


@cache
def parse_module(path: Path) -> ast.Module:
    """The syntax tree of a file, parsed once for all laws that read it."""
    return ast.parse(path.read_text(encoding="utf-8"))


def summary(path: Path) -> str:
    """The first line of the docstring of a module or a package, fit for a cell of a table."""
    source = path / "__init__.py" if path.is_dir() else path
    docstring = ast.get_docstring(parse_module(source)) or ""
    return docstring.partition("\n")[0].replace("|", "\\|")
