"""Slips in a ledger are noted, and ordinary months are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from forecast.history.ledger import read_history

RNG = np.random.default_rng(3)
CALM = np.round(1e6 * np.exp(RNG.normal(0, 0.15, 36) + 0.4 * np.sin(np.arange(36) * np.pi / 6)))


def notes_of(folder: Path, values: np.ndarray, column: str = "revenue") -> list[tuple[str, str]]:
    """Key and months of each note on a service with these amounts."""
    columns = {"revenue": "revenue", "volume": "volume,price", "price": "price,volume"}[column]
    extra = "" if column == "revenue" else ",5"
    rows = [f"{2020 + i // 12}-{i % 12 + 1:02d},a,{value:.15g}{extra},actual" for i, value in enumerate(values)]
    path = folder / "ledger.csv"
    path.write_text(f"month,service,{columns},status\n" + "\n".join(rows))
    return [(key, dict(params).get("months", "")) for key, params in read_history(str(path), "VND").notes]


def with_month(row: int, value: float) -> np.ndarray:
    values = CALM.copy()
    values[row] = value
    return values


@pytest.mark.parametrize("row", [0, 1, 17, 35])
@pytest.mark.parametrize("factor", [1e-3, 1e3, 1e6])
@pytest.mark.parametrize("column", ["revenue", "volume"])
def test_a_month_in_another_unit_is_noted(tmp_path: Path, row: int, factor: float, column: str) -> None:
    month = f"{2020 + row // 12}-{row % 12 + 1:02d}"
    notes = notes_of(tmp_path, with_month(row, round(CALM[row] * factor)), column)
    assert ("slip_scale", month) in notes
    assert [key for key, _ in notes].count("slip_scale") == 1


def test_a_lone_negative_is_noted_and_a_service_of_refunds_is_not(tmp_path: Path) -> None:
    assert notes_of(tmp_path, with_month(7, -CALM[7])) == [("slip_negative", "2020-08")]
    assert notes_of(tmp_path, -CALM) == []
    assert notes_of(tmp_path, CALM - np.median(CALM)) == []


def test_a_constant_service_is_noted(tmp_path: Path) -> None:
    assert notes_of(tmp_path, np.full(36, 5e6)) == [("slip_constant", "")]
    assert notes_of(tmp_path, CALM, "volume") == []


@pytest.mark.parametrize(
    "values",
    [CALM, with_month(5, 0), with_month(5, 20 * CALM[5]), with_month(5, CALM[5] / 20), CALM * (np.arange(36) % 12 > 3)],
)
def test_ordinary_months_are_not_noted(tmp_path: Path, values: np.ndarray) -> None:
    assert notes_of(tmp_path, values) == []
