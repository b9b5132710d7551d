"""Locks of months and of plans: which is which, and which version counts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forecast.periods import parse_month
from forecast.runs.locks import Lock

__all__ = ["current_locks", "lock_month", "month_of_lock_name", "newest_plan_lock"]

_MONTH_NAME = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))(?:-v\d+)?", re.ASCII)


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
    return month_of_lock_name(lock.name)


def month_of_lock_name(name: str) -> int | None:
    """Return the month in the name of a lock.

    Parameters
    ----------
    name : str
        `2025-03`, `2025-03-v2`, or the name of a plan.

    Returns
    -------
    int, optional
        From year 0; None for the name of a plan.
    """
    match = _MONTH_NAME.fullmatch(name)
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
