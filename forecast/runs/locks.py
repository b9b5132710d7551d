"""Locks: plans as they were approved, a file each in scenarios/locked; the record, its bytes and the name of its file.

A lock is canonical JSON that is never replaced. It names the lock before it by the SHA-256 of that file, and holds a
digest of each of its own entries. Whoever edits the newest lock and makes its digests anew leaves no trace here: for
that its short hash stands on the signed sheet.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from forecast.files.characters import FORBIDDEN_IN_NAMES
from forecast.files.paths import SCENARIOS_FOLDER, is_inner_path, is_reserved_name
from forecast.files.stored_json import seal
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
    "is_lock_name",
    "lock_bytes",
    "lock_file",
    "locks_folder",
]

LOCK_SCHEMA = 1
"""Version of the keys of a lock."""
LOCKED_LEVELS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99)
"""Levels of the quantiles of each figure."""
LOCKED_FOLDER = "locked"
LOCK_SUFFIX = ".json"
MAX_LOCK_NAME_BYTES = 120
SHORT_HASH_LENGTH = 8

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
    return canonical_lock_bytes(seal(lock.model_dump(mode="json", by_alias=True)))


def canonical_lock_bytes(content: Mapping[str, Any]) -> bytes:
    """Return plain JSON as a lock is written."""
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
