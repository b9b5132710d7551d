"""Fingerprints: hashes of content, of the program's own files, and the versions of libraries."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from forecast._version import __version__
from forecast.errors import Location

PACKAGE_FOLDER = Path(__file__).parents[1]
OUTPUT_LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib", "pydantic")
"""Libraries that shape the numbers and the pages."""


def to_jsonable(thing: Any, *, with_locations: bool = False) -> Any:
    """A record of the plan as plain JSON with its keys in order; `with_locations` adds file and line of each number."""
    match thing:
        case None | bool() | int() | float() | str():
            return thing if type(thing) in (type(None), bool, int, float) else str(thing)
        case Location():
            return str(thing) if with_locations else None
        case date():
            return thing.isoformat()
        case Mapping():
            return {str(key): to_jsonable(thing[key], with_locations=with_locations) for key in sorted(thing)}
    if hasattr(thing, "tolist"):
        return thing.tolist()
    if dataclasses.is_dataclass(thing):
        names = [field.name for field in dataclasses.fields(thing)]
        return {name: to_jsonable(getattr(thing, name), with_locations=with_locations) for name in names}
    if hasattr(type(thing), "model_fields"):
        # where the files stand changes nothing: the data have their own hashes
        names = [name for name in type(thing).model_fields if name not in ("file", "ledger")]
        return {name: to_jsonable(getattr(thing, name), with_locations=with_locations) for name in names}
    return [to_jsonable(part, with_locations=with_locations) for part in thing]


def json_digest(content: Any) -> str:
    """SHA-256 of plain JSON content, its keys in order."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def environment_versions() -> dict[str, str]:
    """The versions of Python, of this program and of the libraries that shape its output, and the kind of machine."""
    known = {"python": platform.python_version(), "machine": platform.machine(), "forecast": __version__}
    return known | {library: library_version(library) for library in OUTPUT_LIBRARIES}


@cache
def library_version(library: str) -> str:
    """The version of an installed library; `0` where it is not installed as a package."""
    try:
        return version(library)
    except PackageNotFoundError:
        return "0"


def code_version(parts: tuple[str, ...], libraries: tuple[str, ...]) -> tuple[str, ...]:
    """The digest of some of the program's files (of all where none is named) and the versions of some libraries."""
    return (code_digest(*parts), *(f"{library} {library_version(library)}" for library in libraries))


@cache
def code_digest(*parts: str) -> str:
    """SHA-256 of the program's own files: of some folders or files below the package, or of all."""
    digest = hashlib.sha256()
    paths = [file for part in parts or (".",) for file in _files_below(PACKAGE_FOLDER / part)]
    for path in sorted(set(paths)):
        digest.update(path.relative_to(PACKAGE_FOLDER).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files_below(path: Path) -> list[Path]:
    files = path.rglob("*") if path.is_dir() else [path]
    return [file for file in files if file.is_file() and file.suffix not in (".pyc", "")]
