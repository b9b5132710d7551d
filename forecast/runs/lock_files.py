"""Files of the locks: those of a folder are read and checked together, a new one is written at the end of the chain."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from forecast.errors import Location, LockError, OutputError, Problem
from forecast.files.atomic import translate_disk_errors, write_new_file
from forecast.files.locks import hold_lock
from forecast.files.paths import display_path, read_regular_bytes
from forecast.files.stored_json import DIGESTS_KEY, MAX_JSON_BYTES, changed_entries, parse_json
from forecast.runs.lock_chain import BROKEN_LINK_CODES, MAX_ENTRY_NAMES_CHARACTERS, chain_order, check_chain
from forecast.runs.locks import LOCK_SCHEMA, LOCK_SUFFIX, Lock, canonical_lock_bytes, lock_bytes, lock_file

__all__ = ["read_locks", "write_lock"]

GUARD_NAME = ".lock"
"""File by which two processes that lock at once take turns; it stays, and is empty."""
MAX_KEPT_LOCKS = 64
"""Locks that are kept once they are parsed, 0.2 MiB each."""
MAX_NAMED_FAULTS = 20
"""Entries of one file that are named as wrong."""


def read_locks(folder: Path) -> tuple[Lock, ...]:
    """Read all locks of a project.

    Parameters
    ----------
    folder : Path
        Folder of the locks, see `locks_folder`; it need not exist.

    Returns
    -------
    tuple of Lock
        In the order in which they were made.

    Raises
    ------
    LockError
        A file is no lock, was edited or has another schema, or the chain is broken: every problem at once.
    OutputError
        The folder cannot be read.
    """
    locks, problems = _read_files(folder)
    links = check_chain(folder, locks)
    if problems:  # a lock that follows one of these files does not find it: its complaint would be a consequence
        links = [problem for problem in links if problem.code not in BROKEN_LINK_CODES]
    if problems := [*problems, *links]:
        raise LockError(problems)
    return chain_order(locks)


def write_lock(folder: Path, lock: Lock) -> Path:
    """Write a lock at the end of the chain; no file is ever replaced.

    Parameters
    ----------
    folder : Path
        Folder of the locks; it is made if it is missing.
    lock : Lock
        The lock, made when the chain ended with the lock that it follows.

    Returns
    -------
    Path
        Its file.

    Raises
    ------
    LockError
        The chain is broken.
    OutputError
        Another lock was made meanwhile, or the disk refuses.
    """
    path = lock_file(folder, lock.name)
    with hold_lock(folder / GUARD_NAME):
        locks = read_locks(folder)
        newest = locks[-1] if locks else None
        if lock.previous != (newest.digest if newest else ""):
            raise OutputError("lock_overtaken", path=display_path(path), name=newest.name if newest else "")
        if problems := check_chain(folder, [*locks, lock]):
            raise LockError(problems)
        if not write_new_file(path, lock_bytes(lock)):
            raise OutputError("lock_exists", path=display_path(path))
    return path


def _read_files(folder: Path) -> tuple[list[Lock], list[Problem]]:
    """The locks of a folder that can be read, and the problems of the others."""
    locks: list[Lock] = []
    problems: list[Problem] = []
    with translate_disk_errors(folder):
        names = sorted(os.listdir(folder)) if folder.exists() else []
    for file in names:
        if file.endswith(LOCK_SUFFIX) and not file.startswith("."):
            result = _read_file(folder / file)
            if isinstance(result, Lock):
                locks.append(result)
            else:
                problems += result
    return locks, problems


def _read_file(path: Path) -> Lock | list[Problem]:
    """The lock of a file, or what is wrong with it."""
    location = Location(display_path(path))
    try:
        content_bytes = read_regular_bytes(path, MAX_JSON_BYTES)
    except OSError as fault:
        return [Problem.of(location, "", "lock_not_read", reason=fault.strerror or str(fault))]
    lock = _lock_of_content(content_bytes, location)
    if isinstance(lock, list):
        return lock
    if path.name != lock_file(path.parent, lock.name).name:
        return [Problem.of(location, "name", "lock_renamed", name=lock.name)]
    return lock


@lru_cache(maxsize=MAX_KEPT_LOCKS)
def _lock_of_content(content_bytes: bytes, location: Location) -> Lock | list[Problem]:
    """The lock of the bytes of a file; one command reads a chain up to eight times."""
    try:
        content = parse_json(content_bytes)
    except ValueError:
        return [Problem.of(location, "", "lock_not_json")]
    if not isinstance(content, dict) or type(content.get("schema")) is not int:
        return [Problem.of(location, "", "lock_not_json")]
    if content["schema"] != LOCK_SCHEMA:
        return [Problem.of(location, "schema", "lock_other_schema", schema=content["schema"], ours=LOCK_SCHEMA)]
    try:
        if names := changed_entries(content):
            return [_edited_problem(location, names)]
        lock = _parse_lock(content)
        is_canonical = canonical_lock_bytes(content) == content_bytes
    except ValidationError as fault:
        return [Problem.of(location, name, "lock_entry_wrong") for name in _fault_names(fault)]
    except ValueError:  # a text that is no text: half of a pair of surrogates
        return [Problem.of(location, "", "lock_not_json")]
    if not is_canonical:
        return [Problem.of(location, "", "lock_layout")]
    lock.__dict__["digest"] = hashlib.sha256(content_bytes).hexdigest()  # a third of the time of making the bytes anew
    return lock


def _parse_lock(content: Mapping[str, Any]) -> Lock:
    """The lock of plain JSON; ValidationError or ValueError where it is none."""
    text = json.dumps({key: value for key, value in content.items() if key != DIGESTS_KEY}, ensure_ascii=False)
    return Lock.model_validate_json(text.encode())


def _fault_names(fault: ValidationError) -> list[str]:
    """Dotted names of the entries with a fault, each once."""
    names = (".".join(str(step)[:80] for step in error["loc"]) for error in fault.errors(include_url=False))
    return sorted(set(names))[:MAX_NAMED_FAULTS]


def _edited_problem(location: Location, names: Iterable[str]) -> Problem:
    listed = ", ".join(names)
    is_cut = len(listed) > MAX_ENTRY_NAMES_CHARACTERS
    listed = listed[:MAX_ENTRY_NAMES_CHARACTERS] + ("…" if is_cut else "")
    return Problem.of(location, "", "lock_edited", names=listed)
