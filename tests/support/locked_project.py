"""A small project with a parent, a ledger and a column of data, to lock its plan."""

from __future__ import annotations

from pathlib import Path

from tests.support.plans import ROOT

PARENT = """\
name: {en: A bakery, vi: Tiệm bánh}
currency: EUR
as_of: 2025-01-20
horizon: {from: 2025-01, months: 12}
history: ../data/ledger.csv
services:
  bread: {growth: 0% to 5%}
shocks:
  heat:
    kind: event
    from: 2025-07-01
    until: 2025-07-31
    chance: 50%
    effect: {volume: {bread: "empirical(../data/heat.csv, change)"}}
"""
PLAN = """\
extends: base.yaml
targets:
  revenue: {measure: revenue, period: 2025, at_least: 80 thousand EUR}
"""
HEAT = "year,change\n2022,-20%\n2023,-5%\n2024,-12%\n"
RESTATEMENT = "2024-11,bread,9999,actual,2025-06-10"


def write_project(folder: Path) -> Path:
    """Write the project; its plan."""
    rows = (ROOT / "tests" / "support" / "bakery" / "ledger.csv").read_text().splitlines()
    dated = [f"{row}," for row in rows[1:] if "2023" <= row < "2025"]
    files = {
        "scenarios/base.yaml": PARENT,
        "scenarios/plan.yaml": PLAN,
        "data/heat.csv": HEAT,
        "data/ledger.csv": "\n".join([f"{rows[0]},booked", *dated, RESTATEMENT]) + "\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "scenarios" / "plan.yaml"


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that stands once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")
