"""A project with a year of locks and a ledger, made without simulating anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtri

from forecast.arrays import Floats
from forecast.periods import first_day, format_month, parse_month
from forecast.runs.locks import LOCKED_LEVELS, Lock, lock_bytes, lock_file, locks_folder
from tests.support.locks import build_lock

PLAN_FILE = "scenarios/plan.yaml"
PLAN = """\
name: {en: A shop, vi: Cửa hàng}
currency: VND
language: vi
horizon: {from: 2025-01, months: 12}
history: {file: ../data/ledger.csv}
services:
  bread: {label: {en: Bread, vi: Bánh mì}, growth: 0% to 10%}
  coffee: {label: {en: Coffee, vi: Cà phê}}
targets:
  revenue: {measure: revenue, period: 2025, at_least: 3.6 tỷ}
"""
SERVICES = ("bread", "coffee")
MEAN, SD = 100e6, 5e6
"""Middle of each month of each service as the locks forecast it."""
Z = ndtri(np.array(LOCKED_LEVELS))


@dataclass
class LockedYear:
    """A project of which every part can be changed before it is written."""

    folder: Path
    history: dict[str, dict[str, float]] = field(default_factory=dict)
    """Service -> month -> booked figure."""
    later_rows: list[str] = field(default_factory=list)
    """Rows at the end of the ledger."""
    locks: list[dict[str, Any]] = field(default_factory=list)
    """Fields of the locks in the order of their chain."""
    is_booked_by_day: bool = True
    """False for a ledger without days of booking."""

    def write(self) -> tuple[Lock, ...]:
        """Write the plan, the ledger and the locks; the locks as they were written."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        folder = locks_folder(self.folder)
        folder.mkdir(parents=True, exist_ok=True)
        (self.folder / PLAN_FILE).write_text(PLAN, encoding="utf-8")
        (self.folder / "data" / "ledger.csv").write_text(self.ledger_text(), encoding="utf-8")
        chain: list[Lock] = []
        for fields in self.locks:
            lock = build_lock(**{"previous": chain[-1].digest if chain else "", **fields})
            lock_file(folder, lock.name).write_bytes(lock_bytes(lock))
            chain.append(lock)
        return tuple(chain)

    def ledger_text(self) -> str:
        """The ledger: each month booked on the 4th of the next one."""
        rows = [
            f"{month},revenue.{service},{value!r},actual,{booked_on(month) if self.is_booked_by_day else ''},"
            for service, months in self.history.items()
            for month, value in months.items()
        ]
        return "\n".join(["month,measure,value,status,booked,source", *rows, *self.later_rows]) + "\n"


def booked_on(month: str, days: int = 4) -> str:
    """The day on which the books of a month are closed."""
    return (date.fromordinal(first_day(parse_month(month) + 1)) + timedelta(days - 1)).isoformat()


def months_of(year: int) -> list[str]:
    """The twelve months of a year."""
    return [format_month(12 * year + month) for month in range(12)]


def quantiles(mean: float, sd: float) -> tuple[float, ...]:
    """A normal by the quantiles of a lock."""
    return tuple(float(value) for value in mean + sd * Z)


def lock_fields(
    name: str,
    closed: int,
    figures: Mapping[str, Mapping[str, tuple[float, ...]]],
    year: int = 2025,
    **fields: Any,
) -> dict[str, Any]:
    """Fields of a lock of a year of which some months are closed, locked on the 5th of the month after."""
    months = months_of(year)
    day = booked_on(months[closed - 1], 5) if closed else f"{year - 1}-12-20"
    return {
        "name": name,
        "plan": PLAN_FILE,
        "sources": {PLAN_FILE: PLAN},
        "as_of": date.fromisoformat(day),
        "locked_at": f"{day}T17:00:00+07:00",
        "horizon": {"first": months[0], "months": 12},
        "closed_months": tuple(months[:closed]),
        "ledger": {"file": "data/ledger.csv", "digest": "0" * 64, "rows": ("month,measure,value,status,booked",)},
        "effective": {"services.bread.growth": "0% to 10%", "services.coffee.label": "Cà phê"},
        "targets": {"revenue": {"measure": "revenue", "period": str(year), "at_least": 3.6e9}},
        "chances": {"revenue": {"value": 0.5, "low": 0.49, "high": 0.51}},
        "quantiles": figures,
        **fields,
    }


def normal_figures(year: int = 2025, mean: float = MEAN, sd: float = SD) -> dict[str, dict[str, tuple[float, ...]]]:
    """Forecasts of independent months of both services, of their sums, and of the year."""
    months = months_of(year)
    figures = {f"revenue.{service}": _months_and_year(months, mean, sd) for service in SERVICES}
    return {**figures, "revenue": _months_and_year(months, 2 * mean, sd * np.sqrt(2))}


def _months_and_year(months: Sequence[str], mean: float, sd: float) -> dict[str, tuple[float, ...]]:
    by_month = {month: quantiles(mean, sd) for month in months}
    return {**by_month, months[0][:4]: quantiles(12 * mean, float(np.sqrt(12)) * sd)}


def draw_year(rng: np.random.Generator, year: int, mean: float = MEAN, sd: float = SD) -> dict[str, dict[str, float]]:
    """Actual months of both services, drawn from the forecasts of `normal_figures`."""
    values: Floats = mean + sd * rng.standard_normal((len(SERVICES), 12))
    return {
        service: {month: float(round(value)) for month, value in zip(months_of(year), row, strict=True)}
        for service, row in zip(SERVICES, values, strict=True)
    }


def locked_year(folder: Path, seed: int = 1, closed: Sequence[int] = range(12)) -> LockedYear:
    """A project of which 2023 to 2025 are booked, with a lock before 2025 and after some of its months."""
    rng = np.random.default_rng(seed)
    years = [draw_year(rng, year) for year in (2023, 2024, 2025)]
    history = {
        service: {month: value for year in years for month, value in year[service].items()} for service in SERVICES
    }
    names = {0: "plan-2025"} | {count: months_of(2025)[count - 1] for count in range(1, 13)}
    approved = {0: {"approved_by": "board", "reference": "12/QD"}}
    locks = [lock_fields(names[count], count, normal_figures(), **approved.get(count, {})) for count in closed]
    return LockedYear(folder, history, [], locks)
