"""Initiatives that take from other services."""

from __future__ import annotations

from pathlib import Path

import pytest

import forecast


def test_takes_from_counts_the_gain_of_other_services_only(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "name: n\ncurrency: EUR\nhorizon: {from: 2021-01, months: 12}\nservices:\n"
        "  a: {baseline: {method: given, annual: 1200 EUR}}\n  b: {baseline: {method: given, annual: 600 EUR}}\n"
        "initiatives: {i: {start: 2021-01, effect: {revenue: {a: 10%, b: 5%}}, takes_from: {b: 20%}}}\n",
        encoding="utf-8",
    )
    run = forecast.simulate(forecast.read(tmp_path / "a.yaml"), paths=64)
    assert run.tally("revenue.a", "2021").mean == pytest.approx(1200 * 1.1)
    assert run.tally("revenue.b", "2021").mean == pytest.approx(600 * 1.05 * (1 - 0.2 * 120 / 600))
