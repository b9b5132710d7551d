"""Locks that tests make without simulating anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forecast.runs.lock_files import read_locks, write_lock
from forecast.runs.locks import LOCK_SCHEMA, LOCKED_LEVELS, Lock

LOCK_FIELDS: dict[str, Any] = {
    "schema": LOCK_SCHEMA,
    "name": "plan",
    "version": 1,
    "plan": "scenarios/plan.yaml",
    "revises": "",
    "supersedes": "",
    "locked_at": "2025-01-10T08:00:00+07:00",
    "locked_by": "planner",
    "approved_by": "",
    "reference": "",
    "program": {"version": "1.0", "code": "0" * 64, "libraries": {"numpy": "2.0"}},
    "previous": "",
    "as_of": None,
    "currency": "VND",
    "language": "vi",
    "seed": 1,
    "paths": 4096,
    "horizon": {"first": "2025-01", "months": 12},
    "closed_months": (),
    "sources": {"scenarios/plan.yaml": "name: Plan\n"},
    "effective": {"services.bread.growth": "0% to 5%"},
    "ledger": None,
    "fits": {},
    "targets": {"revenue": {"measure": "revenue", "period": "2025", "at_least": 100.0, "required_chance": 0.8}},
    "chances": {"revenue": {"value": 0.7, "low": 0.69, "high": 0.71}},
    "quantile_levels": LOCKED_LEVELS,
    "quantiles": {"revenue": {"2025": tuple(90.0 + level for level in range(11))}},
    "history_alone": {},
}
"""Every field of a small lock."""


def build_lock(**fields: Any) -> Lock:
    """A small lock, some of its fields replaced."""
    return Lock.model_validate({**LOCK_FIELDS, **fields})


def append_lock(folder: Path, **fields: Any) -> Lock:
    """A small lock at the end of the chain of a folder."""
    locks = read_locks(folder)
    lock = build_lock(**{"previous": locks[-1].digest if locks else "", **fields})
    write_lock(folder, lock)
    return lock
