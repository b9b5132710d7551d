"""Fingerprints: hashes of content and of the program's own files, and versions of libraries."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from forecast._version import __version__
from forecast.errors import Location

__all__ = ["code_digest", "code_version", "environment_versions", "json_digest", "to_jsonable"]

PACKAGE_FOLDER = Path(__file__).parents[1]
OUTPUT_LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib", "pydantic")
"""Libraries that shape the numbers and the pages."""


def to_jsonable(value: Any, *, locate: Callable[[Location], str] | None = None) -> Any:
    """Convert a record to plain JSON with its keys in order.

    Parameters
    ----------
    value : object
        A record, a mapping, a sequence, an array or a scalar.
    locate : callable, optional
        Writes file and line of each number; without it they are left out.

    Returns
    -------
    object
        Of dict, list, str, float, int, bool and None.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value if type(value) in (type(None), bool, int, float) else str(value)
        case Location():
            return None if locate is None else locate(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): to_jsonable(value[key], locate=locate) for key in sorted(value)}
    if hasattr(value, "tolist"):
        return value.tolist()
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: to_jsonable(getattr(value, name), locate=locate) for name in names}
    if hasattr(type(value), "model_fields"):
        # where the files stand changes nothing: the data have their own hashes
        names = [name for name in type(value).model_fields if name not in ("file", "ledger")]
        return {name: to_jsonable(getattr(value, name), locate=locate) for name in names}
    return [to_jsonable(item, locate=locate) for item in value]


def json_digest(content: Any) -> str:
    """Hash plain JSON content, its keys in order.

    Parameters
    ----------
    content : object
        See `to_jsonable`.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def environment_versions() -> dict[str, str]:
    """Return the versions that shape the output.

    Returns
    -------
    dict of str to str
        Python, kind of machine, this program and `OUTPUT_LIBRARIES`.
    """
    program = {"python": platform.python_version(), "machine": platform.machine(), "forecast": __version__}
    return program | {library: library_version(library) for library in OUTPUT_LIBRARIES}


@cache
def library_version(library: str) -> str:
    """Version of an installed library; `0` where it is not installed as a package."""
    try:
        return version(library)
    except PackageNotFoundError:
        return "0"


def code_version(parts: tuple[str, ...], libraries: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a cached result depends on besides its inputs.

    Parameters
    ----------
    parts : tuple of str
        Folders or files below the package; all when empty.
    libraries : tuple of str
        Installed libraries.

    Returns
    -------
    tuple of str
        Digest of the files, then name and version of each library.
    """
    return (code_digest(*parts), *(f"{library} {library_version(library)}" for library in libraries))


@cache
def code_digest(*parts: str) -> str:
    """Hash the program's own files.

    Parameters
    ----------
    *parts : str
        Folders or files below the package; all when none is given.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    digest = hashlib.sha256()
    paths = [file for part in parts or (".",) for file in _files_below(PACKAGE_FOLDER / part)]
    for path in sorted(set(paths)):
        digest.update(path.relative_to(PACKAGE_FOLDER).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files_below(path: Path) -> list[Path]:
    files = path.rglob("*") if path.is_dir() else [path]
    return [file for file in files if file.is_file() and file.suffix not in (".pyc", "")]
