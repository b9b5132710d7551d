"""Ledgers with months at or below zero, and plans on them in YAML, read through the public interface."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

import forecast
from forecast.periods import format_month, parse_month
from forecast.plan.scenario import Scenario

START = "2026-01"
MONTHS = 60


def _ledgers() -> dict[str, np.ndarray]:
    """(months,) by name: each a kind of history that has no logarithm."""
    rng = np.random.default_rng(11)
    age = np.arange(MONTHS)
    summer = np.maximum(0.0, np.sin(2 * np.pi * age / 12)).round(9)
    refund = 300 + rng.normal(0, 30, MONTHS)
    refund[30] = -400
    return {
        "all_negative": -300 + rng.normal(0, 60, MONTHS),
        "mixed_sign": 120 + 300 * np.sin(2 * np.pi * age / 12) + rng.normal(0, 90, MONTHS),
        "zeros_30": np.where(rng.random(MONTHS) < 0.3, 0.0, rng.normal(100, 20, MONTHS)),
        "zeros_70": np.where(rng.random(MONTHS) < 0.7, 0.0, rng.normal(100, 20, MONTHS)),
        "seasonal_to_zero": 200 * summer * np.exp(rng.normal(0, 0.1, MONTHS)),
        "one_refund": refund,
    }


LEDGERS: Mapping[str, np.ndarray] = _ledgers()
NEVER_BELOW_ZERO = ("zeros_30", "zeros_70", "seasonal_to_zero")
PLAN = """
name: {en: A plan, vi: Một kế hoạch}
currency: EUR
horizon: {from: 2026-01, months: 12}
history: ledger.csv
"""


def ledger_rows(ledgers: Mapping[str, np.ndarray], status: str = "actual", start: str = START) -> list[str]:
    """The rows of a ledger whose services end in the month before `start`."""
    return [
        f"{format_month(parse_month(start) - len(values) + row)},{service},{value:.2f},{status}"
        for service, values in ledgers.items()
        for row, value in enumerate(values)
    ]


def write_plan(
    folder: Path, ledgers: Mapping[str, np.ndarray], services: str, text: str = "", plan: str = PLAN
) -> Path:
    """A plan whose `services` are written in YAML, and its ledger; `text` are more keys of the plan."""
    rows = ledger_rows(ledgers)
    (folder / "ledger.csv").write_text("\n".join(["month,service,revenue,status", *rows, ""]), encoding="utf-8")
    (folder / "plan.yaml").write_text(f"{plan}services: {services}\n{text}", encoding="utf-8")
    return folder / "plan.yaml"


def read_signed_plan(folder: Path, ledgers: Mapping[str, np.ndarray], services: str, text: str = "") -> Scenario:
    """The scenario of such a plan."""
    return forecast.read(write_plan(folder, ledgers, services, text))


def month_targets(service: str, year: int = 2026) -> str:
    """Targets that keep each month of a service in every path."""
    rows = (
        f"  m{month:02}: {{measure: revenue.{service}, period: {year}-{month:02}, at_least: -1 EUR}}\n"
        for month in range(1, 13)
    )
    return "targets:\n" + "".join(rows)
