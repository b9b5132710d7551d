"""The statement of a plan: totals and the named gap."""

from __future__ import annotations

from pathlib import Path

import pytest

import forecast


def test_understated_revenue_is_added_to_its_service_and_taken_off_the_gap(tmp_path: Path) -> None:
    months = [f"{year}-{month:02d}" for year in (2018, 2019, 2020) for month in range(1, 13)]
    rows = [f"{month},a,{95 + place % 5},reconstructed" for place, month in enumerate(months)]
    (tmp_path / "h.csv").write_text("\n".join(["month,service,revenue,status", *rows]) + "\n", encoding="utf-8")
    (tmp_path / "a.yaml").write_text(
        "name: n\ncurrency: EUR\nhistory: h.csv\nhorizon: {from: 2021-01, months: 12}\nservices:\n"
        "  a: {growth: 10%, baseline: {noise: 0%}}\n  b: {baseline: {method: given, annual: 800 EUR}}\n"
        "stated: {2020: {total: 2000 EUR, services: {a: 1200 EUR, b: 700 EUR}, understated_by: {a: 60 EUR, b: 50 EUR}, "
        "gap: {at_most: 10%}}}\n",
        encoding="utf-8",
    )
    run = forecast.simulate(forecast.read(tmp_path / "a.yaml"), paths=64)
    assert run.tally("revenue.a", "2021").mean == pytest.approx(1.1 * 1260)
    assert run.tally("gap", "2021").mean == pytest.approx(2000 - 1260 - 750)
