"""Locks: plans as they were approved, a file each in scenarios/locked, in a chain that shows every edit.

A lock is canonical JSON that is never replaced. It names the lock before it by the SHA-256 of that file, and holds a
digest of each of its own entries. Whoever edits the newest lock and makes its digests anew leaves no trace here: for
that its short hash stands on the signed sheet.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from forecast.errors import Location, LockError, OutputError, Problem
from forecast.files.atomic import translate_disk_errors, write_new_file
from forecast.files.characters import FORBIDDEN_IN_NAMES
from forecast.files.locks import hold_lock
from forecast.files.paths import SCENARIOS_FOLDER, display_path, is_inner_path, is_reserved_name, read_regular_bytes
from forecast.files.stored_json import DIGESTS_KEY, MAX_JSON_BYTES, changed_entries, parse_json, seal
from forecast.i18n import Language
from forecast.periods import Calendar, parse_month, parse_period

__all__ = [
    "LOCKED_FOLDER",
    "LOCKED_LEVELS",
    "LOCK_SCHEMA",
    "LOCK_SUFFIX",
    "Lock",
    "LockedChance",
    "LockedHorizon",
    "LockedLedger",
    "LockedProgram",
    "LockedTarget",
    "check_chain",
    "is_lock_name",
    "lock_bytes",
    "lock_file",
    "locks_folder",
    "read_locks",
    "write_lock",
]

LOCK_SCHEMA = 1
"""Version of the keys of a lock."""
LOCKED_LEVELS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99)
"""Levels of the quantiles of each figure."""
LOCKED_FOLDER = "locked"
LOCK_SUFFIX = ".json"
GUARD_NAME = ".lock"
"""File by which two processes that lock at once take turns; it stays, and is empty."""
MAX_LOCK_NAME_BYTES = 120
SHORT_HASH_LENGTH = 8
MAX_KEPT_LOCKS = 64
"""Locks that are kept once they are parsed, 0.2 MiB each."""
MAX_NAMED_FAULTS = 20
"""Entries of one file that are named as wrong."""
MAX_ENTRY_NAMES_CHARACTERS = 300
"""Characters of the names of edited entries."""

_DIGEST_PATTERN = r"^[0-9a-f]{64}$"


def is_lock_name(text: str) -> bool:
    """Return whether a lock may have a name.

    Parameters
    ----------
    text : str
        Such as `2025-03`; its file is `2025-03.json`.

    Returns
    -------
    bool
        False for what no disk takes as the name of a file everywhere, and for names that begin with a dot or a hyphen.
    """
    is_plain = is_inner_path(text) and "/" not in text and ":" not in text and not text.startswith((".", "-"))
    return (
        is_plain
        and text == text.strip()
        and len(text.encode(errors="replace")) <= MAX_LOCK_NAME_BYTES
        and not is_reserved_name(text)
        and not FORBIDDEN_IN_NAMES.search(text)
        and not re.search(r'[<>"|?*]', text)
    )


def _lock_name(text: str) -> str:
    if text and not is_lock_name(text):
        raise ValueError("no name of a lock")
    return text


def _inner_path(text: str) -> str:
    if not is_inner_path(text) or ":" in text or FORBIDDEN_IN_NAMES.search(text):
        raise ValueError("no path inside a project")
    return text


def _month(text: str) -> str:
    parse_month(text)
    return text


def _period(text: str) -> str:
    parse_period(text)
    return text


def _instant(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("an instant without its offset")
    return text


def _ascending(numbers: tuple[float, ...]) -> tuple[float, ...]:
    if len(numbers) != len(LOCKED_LEVELS) or any(low > high for low, high in pairwise(numbers)):
        raise ValueError("no quantiles at the levels of the lock")
    return numbers


_Name = Annotated[str, AfterValidator(_lock_name)]
_Path = Annotated[str, AfterValidator(_inner_path)]
_Month = Annotated[str, AfterValidator(_month)]
_Period = Annotated[str, AfterValidator(_period)]
_Digest = Annotated[str, Field(pattern=_DIGEST_PATTERN)]
_Count = Annotated[int, Field(ge=1, lt=2**63)]
_Probability = Annotated[FiniteFloat, Field(ge=0, le=1)]
_Quantiles = Annotated[tuple[FiniteFloat, ...], AfterValidator(_ascending)]
_Figures = Mapping[str, Mapping[str, _Quantiles]]


class _Frozen(BaseModel):
    """A record without other keys; nothing in it is converted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, populate_by_name=True)


class LockedProgram(_Frozen):
    """The program that made a lock."""

    version: str
    code: _Digest
    """Digest of its files."""
    libraries: Mapping[str, str]
    """Name -> version of what shapes the figures: the interpreter, the kind of machine and the libraries."""


class LockedHorizon(_Frozen):
    """The months that were simulated."""

    first: _Month
    months: Annotated[int, Field(ge=1, le=1200)]

    @property
    def calendar(self) -> Calendar:
        """The same as whole numbers."""
        return Calendar(parse_month(self.first), self.months)


class LockedLedger(_Frozen):
    """The rows of the ledger that were known on the day of the plan."""

    file: _Path
    """From the folder of the project."""
    digest: _Digest
    """SHA-256 of the rows, one a line."""
    rows: tuple[str, ...]
    """As they are written, the row of headings first."""


class LockedTarget(_Frozen):
    """A target as it was locked."""

    measure: str
    period: str
    at_least: FiniteFloat | None = None
    """In currency, or the unit of the measure."""
    at_most: FiniteFloat | None = None
    required_chance: _Probability | None = None
    basis: str = "stated"
    place: str = ""
    """Code of a place; empty for all."""

    @model_validator(mode="after")
    def _has_one_threshold(self) -> LockedTarget:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a target without a threshold, or with two")
        return self


class LockedChance(_Frozen):
    """The chance of a target, and the interval of its simulation error."""

    value: _Probability
    low: _Probability
    high: _Probability


class Lock(_Frozen):
    """A plan as it was locked."""

    format: int = Field(alias="schema")
    name: _Name
    """Name of its file without the ending: `2025-03`, of a second version `2025-03-v2`."""
    version: _Count
    """1, and one more than that of the lock it supersedes."""
    plan: _Path
    """File of the plan, from the folder of the project."""
    revises: _Name
    """Lock of the plan that this one revises; empty for none."""
    supersedes: _Name
    """Lock of the version before; empty for the first."""
    locked_at: Annotated[str, AfterValidator(_instant)]
    """ISO 8601 with its offset."""
    locked_by: str
    approved_by: str
    reference: str
    """Document of the approval; empty for none."""
    program: LockedProgram
    previous: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    """SHA-256 of the file of the lock before it in the chain; empty for the first."""
    as_of: date | None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    language: Language
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    paths: _Count
    horizon: LockedHorizon
    closed_months: tuple[_Month, ...]
    sources: Mapping[_Path, str]
    """File -> its whole text: the plan, its parents, and its data files but for the ledger."""
    effective: Mapping[str, str]
    """Dotted name -> value as written, of all that the plan resolved to."""
    ledger: LockedLedger | None
    """None for a plan without a history."""
    fits: Mapping[str, Any]
    """Service -> what was fitted, as the manifest of a run has it."""
    targets: Mapping[str, LockedTarget]
    chances: Mapping[str, LockedChance]
    """Target -> chance."""
    quantile_levels: tuple[FiniteFloat, ...]
    quantiles: _Figures
    """Measure -> month or period -> quantiles, in currency or the unit of the measure."""
    history_alone: _Figures
    """The same of revenue by the history alone, where one is fitted."""

    @model_validator(mode="after")
    def _fits_together(self) -> Lock:
        if not self.name or self.plan not in self.sources or self.quantile_levels != LOCKED_LEVELS:
            raise ValueError("a lock without its name, its plan or its levels")
        if set(self.chances) != set(self.targets):
            raise ValueError("chances of other targets")
        if (self.version == 1) != (not self.supersedes):
            raise ValueError("a version without the one before it")
        return self

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its file."""
        return hashlib.sha256(lock_bytes(self)).hexdigest()

    @property
    def short_hash(self) -> str:
        """Start of the digest, for a sheet of paper."""
        return self.digest[:SHORT_HASH_LENGTH]


def lock_bytes(lock: Lock) -> bytes:
    """Encode a lock as its file: canonical JSON, keys in order, one newline at the end.

    Parameters
    ----------
    lock : Lock
        The lock.

    Returns
    -------
    bytes
        With the digest of each entry.
    """
    return _canonical_bytes(seal(lock.model_dump(mode="json", by_alias=True)))


def _canonical_bytes(content: Mapping[str, Any]) -> bytes:
    """Plain JSON as a lock is written."""
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False, sort_keys=True) + "\n").encode()


def locks_folder(project: Path) -> Path:
    """Return the folder of the locks of a project.

    Parameters
    ----------
    project : Path
        Folder of the project.

    Returns
    -------
    Path
        It need not exist.
    """
    return project / SCENARIOS_FOLDER / LOCKED_FOLDER


def lock_file(folder: Path, name: str) -> Path:
    """Return the file of a lock.

    Parameters
    ----------
    folder : Path
        Folder of the locks.
    name : str
        Name of the lock.

    Returns
    -------
    Path
        It need not exist.
    """
    return folder / f"{name}{LOCK_SUFFIX}"


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
    problems += check_chain(folder, locks)
    if problems:
        raise LockError(problems)
    return _in_order(locks)


def check_chain(folder: Path, locks: Sequence[Lock]) -> list[Problem]:
    """Check that each lock follows another one, in one chain, and names versions and plans that stand before it.

    Parameters
    ----------
    folder : Path
        Folder of the locks, for the locations of problems.
    locks : sequence of Lock
        In any order.

    Returns
    -------
    list of Problem
        Links that are missing, locks that follow the same one, and names that no earlier lock has.
    """
    digests = {lock.digest: lock for lock in locks}
    followers: dict[str, list[Lock]] = {}
    for lock in locks:
        followers.setdefault(lock.previous, []).append(lock)
    problems = []
    for previous, following in followers.items():
        first, *others = sorted(following, key=lambda lock: lock.name)
        problems += [_problem(folder, lock, "previous", "lock_chain_forked", first=first.name) for lock in others]
        if previous and previous not in digests:
            problems += [_broken_link(folder, lock, locks, followers) for lock in following]
    return problems or _named_lock_problems(folder, _in_order(locks))


def _broken_link(folder: Path, lock: Lock, locks: Sequence[Lock], followers: Mapping[str, Sequence[Lock]]) -> Problem:
    """The problem of a lock whose predecessor is not there: other locks that none follows may be it, edited."""
    later = {lock.name}
    ahead = [lock]
    while ahead:
        following = followers.get(ahead.pop().digest, ())
        later.update(each.name for each in following)
        ahead.extend(following)
    ends = sorted(each.name for each in locks if each.digest not in followers and each.name not in later)
    short_hash = lock.previous[:SHORT_HASH_LENGTH]
    if not ends:
        return _problem(folder, lock, "previous", "lock_link_missing", digest=short_hash)
    names = ", ".join(ends)[:MAX_ENTRY_NAMES_CHARACTERS]
    return _problem(folder, lock, "previous", "lock_link_changed", digest=short_hash, names=names)


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
        is_canonical = _canonical_bytes(content) == content_bytes
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


def _in_order(locks: Iterable[Lock]) -> tuple[Lock, ...]:
    """The locks of a whole chain, first to last."""
    following = {lock.previous: lock for lock in locks}
    chain: list[Lock] = []
    while (lock := following.get(chain[-1].digest if chain else "")) is not None:
        chain.append(lock)
    return tuple(chain)


def _named_lock_problems(folder: Path, chain: Sequence[Lock]) -> list[Problem]:
    """Locks that supersede or revise one that does not stand before them, or supersede one that another does."""
    problems = []
    earlier: dict[str, Lock] = {}
    superseded: set[str] = set()
    for lock in chain:
        before = earlier.get(lock.supersedes)
        if lock.supersedes and (before is None or before.version != lock.version - 1 or lock.supersedes in superseded):
            problems.append(_problem(folder, lock, "supersedes", "lock_no_version", name=lock.supersedes))
        if lock.revises and lock.revises not in earlier:
            problems.append(_problem(folder, lock, "revises", "lock_no_revised", name=lock.revises))
        superseded.add(lock.supersedes)
        earlier[lock.name] = lock
    return problems


def _problem(folder: Path, lock: Lock, key: str, code: str, **params: object) -> Problem:
    """A problem of an entry of a lock."""
    return Problem.of(Location(display_path(lock_file(folder, lock.name))), key, code, **params)
