"""The chain of the locks: each follows another one, and names versions and plans that stand before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from forecast.errors import Location, Problem
from forecast.files.paths import display_path
from forecast.runs.locks import SHORT_HASH_LENGTH, Lock, lock_file

__all__ = ["BROKEN_LINK_CODES", "check_chain"]

BROKEN_LINK_CODES = ("lock_link_missing", "lock_link_changed")
"""Codes of the problem of a lock whose predecessor is not there."""
MAX_ENTRY_NAMES_CHARACTERS = 300
"""Characters of the names of edited entries, or of locks that may be edited."""


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
    return problems or _named_lock_problems(folder, chain_order(locks))


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


def chain_order(locks: Iterable[Lock]) -> tuple[Lock, ...]:
    """Return the locks of a whole chain, first to last."""
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
