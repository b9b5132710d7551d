"""Books of the shipped example year: a made-up water company, 2022 to 2025, every figure from this file.

python -m tests.support.water_books   writes data/water-ledger.csv and data/water-assigned-2025.csv anew
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from tests.support.plans import ROOT

LEDGER = ROOT / "data" / "water-ledger.csv"
ASSIGNED = ROOT / "data" / "water-assigned-2025.csv"
SEED = 2025
FIRST_YEAR, PLANNED_YEAR = 2022, 2025
SEASON = (0.97, 0.93, 0.98, 1.0, 1.03, 1.06, 1.07, 1.05, 1.0, 0.98, 0.96, 0.97)
"""Household water by month, as a share of a mean month."""
TET = {2022: 2, 2023: 1, 2024: 2, 2025: 1}
"""Month of the lunar new year, when factories stand still."""
FIRST_FLASH = (2024, 7)
"""First month of which a flash figure of industry is in the ledger."""
LATE_MONTH = (2025, 9)
"""Month whose industry is booked on the 13th, so that only its flash figure is known on the 5th."""
RESTATED_MONTH = (2025, 2)
POLLUTED_MONTH, POLLUTION_LOSS = (2025, 4), 0.10
STORM_MONTH, STORM_LOSS = (2025, 9), 0.04
TARIFF_MONTH, TARIFF_RISE = (2025, 8), 0.07


@dataclass(frozen=True)
class BookedRow:
    """One row of the ledger."""

    month: str
    measure: str
    value: int
    status: str
    booked: date
    source: str

    def to_csv(self) -> str:
        """The row as text."""
        return f"{self.month},{self.measure},{self.value},{self.status},{self.booked},{self.source}"


def _next_month(year: int, month: int, day: int) -> date:
    return date(year + month // 12, month % 12 + 1, day)


class _Books:
    """Figures of one month after the other; each service has a disturbance that fades."""

    def __init__(self) -> None:
        self.random = Random(SEED)
        self.disturbances = {"household": 0.0, "industry": 0.0, "connections": 0.0}

    def month_rows(self, year: int, month: int) -> Iterator[BookedRow]:
        """The rows of a month, in the order in which they are booked."""
        age = (year - FIRST_YEAR) + (month - 0.5) / 12
        volume = 1_480_000 * 1.03**age * SEASON[month - 1] * self._disturb("household", 0.015, 0.3)
        price = 9_000.0 * (1.0 if year == FIRST_YEAR else 1.05) * math.exp(self.random.gauss(0, 0.003))
        industry = 3.9e9 * 1.05**age * self._disturb("industry", 0.035, 0.4)
        industry *= 0.86 if month == TET[year] else 1.0
        connections = 0.62e9 * 1.04**age * self._disturb("connections", 0.08, 0.2)
        volume *= 1 - POLLUTION_LOSS if (year, month) == POLLUTED_MONTH else 1.0
        if (year, month) == STORM_MONTH:
            volume, industry = volume * (1 - STORM_LOSS), industry * (1 - STORM_LOSS)
        price *= 1 + TARIFF_RISE if (year, month) >= TARIFF_MONTH else 1.0
        people = 212 + (age > 1.5) + 2 * (age > 3.2)
        revenue = volume * price + industry
        electricity = 0.135 * 1.02**age * revenue * math.exp(self.random.gauss(0, 0.02))
        wages = people * 13.2e6 * 1.05**age * math.exp(self.random.gauss(0, 0.015))
        flash = industry * math.exp(-0.012 + self.random.gauss(0, 0.025))

        label, text = f"{year}-{month:02d}", "example year"
        close, costs_close = _next_month(year, month, 5), _next_month(year, month, 20)
        if (year, month) >= FIRST_FLASH:
            value = round(flash, -7)
            yield BookedRow(label, "revenue.industry", int(value), "estimate", date(year, month, 18), f"{text}: flash")
        industry_close = _next_month(year, month, 13) if (year, month) == LATE_MONTH else close
        booked = round(industry * 0.985) if (year, month) == RESTATED_MONTH else round(industry)
        for measure, value, day in (
            ("volume.household", volume, close),
            ("price.household", price, close),
            ("revenue.industry", booked, industry_close),
            ("revenue.connections", connections, close),
            ("headcount", people, close),
            ("cost.electricity", electricity, costs_close),
            ("cost.wages", wages, costs_close),
        ):
            yield BookedRow(label, measure, round(value), "actual", day, f"{text}: books")
        if (year, month) == RESTATED_MONTH:
            restated = date(2025, 4, 4)
            yield BookedRow(label, "revenue.industry", round(industry), "actual", restated, f"{text}: adjusting entry")

    def _disturb(self, service: str, noise: float, persistence: float) -> float:
        """Factor of a month."""
        fresh = self.random.gauss(0, noise * math.sqrt(1 - persistence**2))
        self.disturbances[service] = persistence * self.disturbances[service] + fresh
        return math.exp(self.disturbances[service])


def booked_rows() -> list[BookedRow]:
    """Return every row of the ledger.

    Returns
    -------
    list of BookedRow
        In the order of the days of booking, as a ledger grows.
    """
    books = _Books()
    years = range(FIRST_YEAR, PLANNED_YEAR + 1)
    rows = [row for year in years for month in range(1, 13) for row in books.month_rows(year, month)]
    return sorted(rows, key=lambda row: row.booked)


def ledger_text() -> str:
    """The ledger as CSV."""
    return "\n".join(["month,measure,value,status,booked,source", *(row.to_csv() for row in booked_rows()), ""])


ASSIGNED_BILLIONS = {"household": 187.0, "industry": 55.0, "connections": 9.0}
"""The assigned year by service, in billions of đồng."""


def assigned_text() -> str:
    """The assigned plan by month as CSV; each service's months add up to its year."""
    lines = ["period,measure,value"]
    for service, billions in ASSIGNED_BILLIONS.items():
        weights = SEASON if service == "household" else (1.0,) * 12
        months = [round(billions * 1e9 * weight / sum(weights), -6) for weight in weights]
        months[-1] += billions * 1e9 - sum(months)
        lines += [f"{PLANNED_YEAR}-{month:02d},revenue.{service},{value:.0f}" for month, value in enumerate(months, 1)]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    LEDGER.write_text(ledger_text(), encoding="utf-8", newline="\n")
    ASSIGNED.write_text(assigned_text(), encoding="utf-8", newline="\n")
