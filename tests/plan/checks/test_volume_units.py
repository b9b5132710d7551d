"""Volumes: sizes without a currency are read, and unlike units are not added up."""

from __future__ import annotations

from pathlib import Path

import pytest

import forecast
from forecast.plan.loading.loader import read_text
from tests.support.plan_texts import problems_in

PLAN = """\
name: x
horizon: {from: 2022-01, months: 12}
history: ledger.csv
services:
  mail: {growth: 2%, unit: UNIT}
  parcels: {growth: 5%, unit: {en: kg, vi: kg}}
targets:
  volume: {measure: MEASURE, period: 2022, at_least: LIMIT}
"""


def write_ledger(folder: Path) -> None:
    rows = [
        f"{2019 + month // 12}-{month % 12 + 1:02d},{service},{volume},2,actual\n"
        for service, volume in (("mail", 200_000), ("parcels", 100_000))
        for month in range(36)
    ]
    (folder / "ledger.csv").write_text("month,service,volume,price,status\n" + "".join(rows), encoding="utf-8")


def plan_text(unit: str, measure: str, limit: str) -> str:
    return PLAN.replace("UNIT", unit).replace("MEASURE", measure).replace("LIMIT", limit)


@pytest.mark.parametrize("limit", ["1.2 triệu", "1.2 million", "1200000", "1200 nghìn", "1200 NGAN"])
def test_a_volume_takes_a_size(tmp_path: Path, limit: str) -> None:
    write_ledger(tmp_path)
    scenario = read_text(plan_text("kg", "volume.parcels", limit), tmp_path)
    assert scenario.targets["volume"].at_least.value == pytest.approx(1.2e6)


def test_a_total_of_unlike_units_is_refused_and_not_computed(tmp_path: Path) -> None:
    write_ledger(tmp_path)
    (problem,) = problems_in(plan_text("letters", "volume", "3 triệu"), tmp_path)
    assert "unlike units" in problem
    run = forecast.simulate(read_text(plan_text("letters", "volume.mail", "3 triệu"), tmp_path), paths=100)
    assert ("volume", "2022") not in run.tallies
    assert ("volume.mail", "2022") in run.tallies


def test_a_total_of_one_unit_is_the_sum(tmp_path: Path) -> None:
    write_ledger(tmp_path)
    run = forecast.simulate(read_text(plan_text("Kg", "volume", "3 triệu"), tmp_path), paths=100)
    assert run.tallies["volume", "2022"].mean == pytest.approx(
        run.tallies["volume.mail", "2022"].mean + run.tallies["volume.parcels", "2022"].mean
    )
