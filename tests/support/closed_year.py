"""A plan of 2025 over the books of 2024, some months of 2025 closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

import forecast
from forecast.simulation.results import Simulation

SEASON = np.array([1.1, 0.9, 1.0, 1.0, 0.95, 0.95, 1.0, 1.05, 1.0, 1.0, 1.0, 1.05])
"""Months of 2024 as shares of a twelfth."""
PLAN = """\
name: {{en: Year, vi: Năm}}
as_of: {as_of}
currency: EUR
horizon: {{from: {start}, months: {months}}}
history: {history}
services: {services}
baseline: {{noise: 5%, persistence: 40%, level_noise: 3%}}
targets: {{year: {{measure: revenue, period: {period}, at_least: {target} million EUR}}}}
"""
ONE_SERVICE = "{a: {growth: 0% to 20%}}"


def booked_rows(values: Mapping[str, Sequence[float]], year: int = 2025, status: str = "actual") -> list[str]:
    """Rows of the first months of a year, booked on the fifth of the next month."""
    rows = []
    for service, months in values.items():
        for number, value in enumerate(months, 1):
            day = f"{year}-{number + 1:02d}-05" if number < 12 else f"{year + 1}-01-05"
            rows.append(f"{year}-{number:02d},{service},{value:.0f},{status},{day}")
    return rows


def write_closed_year(
    folder: Path,
    closed: Sequence[str] = (),
    services: str = ONE_SERVICE,
    *,
    names: Sequence[str] = ("a",),
    more: str = "",
    as_of: str = "2026-02-01",
    history: str = "ledger.csv",
    start: str = "2025-01",
    months: int = 12,
    target: float = 1_320,
    period: str = "2025",
) -> Path:
    """Write the plan and its ledger: 2024 of 100 million a month on average for each service, and the closed rows."""
    folder.mkdir(exist_ok=True, parents=True)
    past = booked_rows({key: list(100000000.0 * SEASON) for key in names}, 2024)
    lines = ["month,service,revenue,status,booked", *past, *closed, ""]
    (folder / "ledger.csv").write_text("\n".join(lines), encoding="utf-8")
    text = PLAN.format(
        as_of=as_of, start=start, months=months, history=history, services=services, target=target, period=period
    )
    plan = folder / "plan.yaml"
    plan.write_text(text + more, encoding="utf-8")
    return plan


def simulate_closed_year(
    folder: Path, closed: Sequence[str] = (), services: str = ONE_SERVICE, paths: int = 4_096, **options: object
) -> Simulation:
    """Simulate the plan, its paths kept."""
    plan = write_closed_year(folder, closed, services, **options)  # type: ignore[arg-type]
    return forecast.simulate(forecast.read(plan), paths=paths, keep=paths)


def write_long_history(folder: Path, services: str, closed: Sequence[str] = (), sign: float = 1.0) -> Path:
    """Write the plan over four years of books of service `a`."""
    plan = write_closed_year(folder, closed, services)
    rng = np.random.default_rng(4)
    rows = []
    for year in range(2021, 2025):
        values = sign * 1e8 * SEASON * np.exp(0.05 * rng.standard_normal(12))
        if sign < 0:
            values += 5e7 * rng.standard_normal(12)
        rows += booked_rows({"a": values}, year)
    lines = ["month,service,revenue,status,booked", *rows, *closed, ""]
    (folder / "ledger.csv").write_text("\n".join(lines), encoding="utf-8")
    return plan
