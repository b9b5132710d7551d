"""A small plan to backtest, and origins with known errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import forecast
from forecast.history.ledger import History, read_history
from forecast.periods import format_month, parse_month
from forecast.plan.scenario import Scenario
from forecast.timeseries.evaluation.scores import MarginalNormals, Origin

MONTHS = 40


BACKTEST_PLAN = """
name: {en: A ledger, vi: Sổ cái}
language: en
currency: VND
horizon: {from: 2021-05, months: 12}
history: ledger.csv
services:
  a: {label: {en: Parcels, vi: Bưu phẩm}, baseline: {level: history}}
  b: {growth: 1% to 5%, baseline: {noise: 5%}}
"""


def write_backtest_plan(folder: Path, factor: float = 1.0, since: int = MONTHS) -> tuple[Scenario, History]:
    """A plan and its ledger: an actual and a reconstructed service; months from row `since` on times a factor."""
    rng = np.random.default_rng(4)
    row = np.arange(MONTHS)
    months = 1e9 * np.exp(0.004 * row + rng.normal(0, 0.05, MONTHS)) * (1 + 0.2 * np.sin(row * np.pi / 6))
    months[since:] *= factor
    first = parse_month("2018-01")
    rows = ["month,service,revenue,status"]
    for service, status in (("a", "actual"), ("b", "reconstructed")):
        listed = row if service == "a" else row[-20:]
        rows += [f"{format_month(first + n)},{service},{months[n]:.0f},{status}" for n in listed]
    (folder / "ledger.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "plan.yaml").write_text(BACKTEST_PLAN, encoding="utf-8")
    scenario = forecast.read(folder / "plan.yaml")
    assert scenario.history is not None
    return scenario, read_history(scenario.history.file, scenario.currency)


def origin_with_error(z: float, count: int = 4) -> Origin:
    """An origin whose actual months lie `z` standard deviations from the mean of the first of two forecasts."""
    mean, sd = np.full(count, 10.0), np.full(count, 2.0)
    forecasts = {"blend": MarginalNormals(mean, sd), "other": MarginalNormals(mean + 1, sd)}
    return Origin(0, "raw", forecasts, mean + z * sd, 4.0)


def quarterly_origins() -> list[Origin]:
    """An origin every three months of the three years before 2021, with the months that follow it."""
    rng = np.random.default_rng(3)
    origins = []
    for distance in range(3, 37, 3):
        count = min(12, distance)
        mean = 1e9 * rng.normal(20, 0.3, count)
        forecasts = {"blend": MarginalNormals(mean, np.full(count, 1e8))}
        actual = mean + 1e8 * rng.normal(0, 1, count)
        origins.append(Origin(parse_month("2021-01") - distance, "raw", forecasts, actual, 1e9))
    return origins
