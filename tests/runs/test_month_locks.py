"""Locks of months and of plans."""

from __future__ import annotations

import pytest

from forecast.periods import parse_month
from forecast.runs.month_locks import current_locks, lock_month, month_of_lock_name, newest_plan_lock
from tests.support.locks import build_lock


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("2025-03", "2025-03"),
        ("2025-03-v2", "2025-03"),
        ("2025-12-v10", "2025-12"),
        ("2025-13", ""),
        ("2025-03-late", ""),
        ("plan-2025-03", ""),
        ("plan", ""),
    ],
)
def test_the_month_in_the_name_of_a_lock(name: str, month: str) -> None:
    assert month_of_lock_name(name) == (parse_month(month) if month else None)


def test_the_newest_plan_is_no_month_and_what_is_superseded_does_not_count() -> None:
    links = [("plan", 1, ""), ("2025-01", 1, ""), ("plan-v2", 2, "plan"), ("2025-01-v2", 2, "2025-01")]
    chain = [build_lock(name=name, version=version, supersedes=before) for name, version, before in links]
    assert [lock.name for lock in current_locks(chain)] == ["plan-v2", "2025-01-v2"]
    newest = newest_plan_lock(chain)
    assert newest is not None
    assert newest.name == "plan-v2"
    assert lock_month(newest) is None
    assert newest_plan_lock(chain[1:2]) is None
