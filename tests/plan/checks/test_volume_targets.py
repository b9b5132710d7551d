"""Targets in pieces of services that have none are refused before anything is simulated."""

from __future__ import annotations

from pathlib import Path

import pytest

import forecast

PLAN = """\
name: Pieces
currency: VND
as_of: 2026-01-05
horizon: {{from: 2026-01, months: 12}}
{history}
services: {{a: {service}}}
{table}
"""
GIVEN_MONEY = "{baseline: {method: given, annual: 120 tỷ}}"
TARGET = "targets: {{t: {{measure: {measure}, period: 2026, at_least: 5}}}}"
TRIGGER = (
    "decisions: {{d: {{action: Act, owner: Me, by: 2026-06-01, "
    "trigger: {{measure: {measure}, period: 2026-01 to 2026-03, below: 5}}}}}}"
)


def write(folder: Path, service: str, table: str, with_history: bool = False) -> Path:
    rows = [f"{year}-{month:02d},a,1000000000,actual" for year in (2024, 2025) for month in range(1, 13)]
    (folder / "ledger.csv").write_text("month,service,revenue,status\n" + "\n".join(rows) + "\n", encoding="utf-8")
    history = "history: ledger.csv" if with_history else ""
    file = folder / "plan.yaml"
    file.write_text(PLAN.format(history=history, service=service, table=table), encoding="utf-8")
    return file


@pytest.mark.parametrize("measure", ["volume", "volume.a"])
@pytest.mark.parametrize("table", [TARGET, TRIGGER])
def test_a_year_given_in_money_has_no_pieces(tmp_path: Path, measure: str, table: str) -> None:
    with pytest.raises(forecast.InputError, match="needs pieces, and there are none"):
        forecast.read(write(tmp_path, GIVEN_MONEY, table.format(measure=measure)))


@pytest.mark.parametrize("measure", ["volume", "volume.a"])
@pytest.mark.parametrize("table", [TARGET, TRIGGER])
def test_a_history_of_revenue_has_no_pieces(tmp_path: Path, measure: str, table: str) -> None:
    file = write(tmp_path, "{growth: 0% to 5%}", table.format(measure=measure), with_history=True)
    scenario = forecast.read(file)
    with pytest.raises(forecast.InputError, match="needs pieces, and there are none"):
        forecast.simulate(scenario, paths=500)
