"""Locks of months and of plans: which is which, which version counts, and what a month is compared with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from forecast.periods import parse_month
from forecast.runs.locks import Lock, LockedHorizon

__all__ = ["LockReferences", "current_locks", "find_lock_references", "lock_month", "newest_plan_lock"]

_MONTH_NAME = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))(?:-v\d+)?", re.ASCII)


@dataclass(frozen=True)
class LockReferences:
    """Locks that the lock of a month is compared with."""

    approved: Lock | None = None
    """Of the plan of the year; None where it is not locked."""
    revised: Lock | None = None
    """Of the newest plan that revises it."""
    earlier: tuple[Lock, ...] = ()
    """The approved plan and the forecasts of earlier days, as far as the month extends them, by day."""


def lock_month(lock: Lock) -> int | None:
    """Return the month that a lock is named by.

    Parameters
    ----------
    lock : Lock
        A lock.

    Returns
    -------
    int, optional
        From year 0: of `2025-03` and of its second version `2025-03-v2`; None for the lock of a plan.
    """
    match = _MONTH_NAME.fullmatch(lock.name)
    return parse_month(match[1]) if match else None


def current_locks(chain: Sequence[Lock]) -> tuple[Lock, ...]:
    """Return the locks that no later version supersedes.

    Parameters
    ----------
    chain : sequence of Lock
        First to last.

    Returns
    -------
    tuple of Lock
        In the same order.
    """
    superseded = {lock.supersedes for lock in chain}
    return tuple(lock for lock in chain if lock.name not in superseded)


def newest_plan_lock(chain: Sequence[Lock]) -> Lock | None:
    """Return the newest lock that is no month's.

    Parameters
    ----------
    chain : sequence of Lock
        First to last.

    Returns
    -------
    Lock, optional
        None where only months are locked, or nothing is.
    """
    return next((lock for lock in reversed(chain) if lock_month(lock) is None), None)


def find_lock_references(
    chain: Sequence[Lock], plan: str, sources: Iterable[str], horizon: LockedHorizon, as_of: date | None
) -> LockReferences:
    """Find what the lock of a month is compared with.

    Parameters
    ----------
    chain : sequence of Lock
        The locks before it, first to last.
    plan : str
        File of its plan, from the folder of the project.
    sources : iterable of str
        Files of the plan and of its parents.
    horizon : LockedHorizon
        Its months.
    as_of : date, optional
        Its day; without one nothing is earlier.

    Returns
    -------
    LockReferences
        Locks of parents of its plan over the same months; the last version of each counts.
    """
    parents = set(sources) - {plan}
    related = [lock for lock in current_locks(chain) if lock.plan in parents and lock.horizon == horizon]
    approved = next((lock for lock in related if lock_month(lock) is None), None)
    if as_of is None:
        return LockReferences(approved, _newest_revision(chain, approved))
    earlier = [lock for lock in related if _day(lock) < as_of]
    by_file = {lock.plan: lock for lock in earlier}  # of two names of one file the later counts
    days = {_day(lock): lock for lock in earlier if by_file[lock.plan] is lock}
    return LockReferences(approved, _newest_revision(chain, approved), tuple(days[day] for day in sorted(days)))


def _day(lock: Lock) -> date:
    """The day of a lock; a plan without one comes before all."""
    return lock.as_of or date.min


def _newest_revision(chain: Sequence[Lock], approved: Lock | None) -> Lock | None:
    """The newest lock that revises a plan, or one of its versions or revisions."""
    if approved is None:
        return None
    names = {approved.name, approved.supersedes}
    newest = None
    for lock in chain:
        if {lock.revises, lock.supersedes} & names - {""} and lock.name != approved.name:
            names.add(lock.name)
            newest = lock if lock.revises else newest
    return newest
