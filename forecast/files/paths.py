"""Paths inside a project: named, checked, opened with care, never outside its folder."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from forecast.errors import InputError, Location, closest_match

MAX_PLAN_BYTES = 160 * 1024
"""Of one plan."""

SCENARIOS_FOLDER = "scenarios"


def find_project(folder: Path) -> Path:
    """The nearest folder, from `folder` up, that has a `scenarios/`; else `folder` itself."""
    folder = folder.absolute()
    for candidate in (folder, *folder.parents):
        if (candidate / SCENARIOS_FOLDER).is_dir():
            return candidate
    return folder


def display_path(path: Path) -> str:
    """The path as a person at the working directory would write it."""
    path = Path(os.path.abspath(path))
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()


def resolve_in_project(text: str, folder: Path, project: Path, where: Location, at: str) -> Path:
    """The file that `text` names from `folder`; InputError when it may lie outside the project."""
    foreign = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|[~/\\]", text) or "\\" in text or "\0" in text or len(text) > 500
    path = Path(os.path.normpath(folder / text)) if not foreign else project.parent
    if foreign or not real_path(path).is_relative_to(real_path(project)):
        raise InputError.of(where, at, "outside_project", text=text[:80], project=project.name or "/")
    return path


def real_path(path: Path) -> Path:
    """The path with every symbolic link followed."""
    return Path(os.path.realpath(path))


def read_regular_file(path: Path, where: Location, at: str, max_bytes: int | None = MAX_PLAN_BYTES) -> bytes:
    """The bytes of a regular file of at most `max_bytes` bytes, none when it is None; InputError for anything else."""

    def refuse(code: str, **facts: object) -> InputError:
        return InputError.of(where, at, code, file=display_path(path), **facts)

    try:
        handle = os.open(real_path(path), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise _not_found_error(path, where, at) from None
    except (OSError, ValueError) as wrong:
        raise refuse("not_readable", problem=getattr(wrong, "strerror", None) or str(wrong)) from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise refuse("not_a_file")
        if max_bytes is None:
            return b""
        if status.st_size > max_bytes:
            raise refuse("file_too_large", most=f"{max_bytes // 1024} kB")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(max_bytes)
    finally:
        os.close(handle)


def _not_found_error(path: Path, where: Location, at: str) -> InputError:
    try:
        beside = [
            entry.name for entry in path.parent.iterdir() if entry.suffix == path.suffix and entry.name != path.name
        ][:1000]
    except OSError:
        beside = []
    near = closest_match(path.name, beside)
    if near:
        return InputError.of(where, at, "no_such_file_near", file=display_path(path), instead=near)
    return InputError.of(where, at, "no_such_file", file=display_path(path))
