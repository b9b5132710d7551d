"""A ledger of two services in three places."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from forecast.periods import format_month

PLACE_LIST = "place,district\np1,east\np2,east\np3,west\n"


LEDGER_PLAN = """
name: By ledger
horizon: {from: 2021-01, months: 12}
places: {file: places.csv, ledger: ledger.csv}
services:
  a: {baseline: {method: given, annual: 120 tỷ, shape: flat}}
  b: {baseline: {method: given, annual: 60 tỷ, shape: flat}}
"""


SIZES = {("a", "p1"): 5.0, ("a", "p2"): 2.0, ("a", "p3"): 3.0, ("b", "p1"): 1.0, ("b", "p2"): 0.0, ("b", "p3"): 4.0}


def ledger_rows(months: int = 36, growth: float = 0.0) -> list[str]:
    """Rows of the ledger for the months before 2021; place p3 grows by `growth` a year."""
    rng = np.random.default_rng(7)
    first = 12 * 2021 - months
    rows = ["month,service,place,revenue,status"]
    for n in range(months):
        season = 1 + 0.2 * np.sin(2 * np.pi * n / 12)
        for (service, place), size in SIZES.items():
            grown = (1 + growth) ** (n / 12) if place == "p3" else 1.0
            value = round(1e9 * size * season * grown * np.exp(0.02 * rng.normal()))
            rows.append(f"{format_month(first + n)},{service},{place},{value},actual")
    return rows


def write_ledger(folder: Path, rows: list[str]) -> Path:
    """Write the list of places and the ledger, and return their folder."""
    (folder / "places.csv").write_text(PLACE_LIST, encoding="utf-8")
    (folder / "ledger.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
