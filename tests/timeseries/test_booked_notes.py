"""Notes on booked months: nothing was booked, nothing can be learned, or nobody said whether it happened."""

from __future__ import annotations

from pathlib import Path

import pytest

import forecast
from forecast.i18n import Note
from forecast.periods import format_month, parse_month
from forecast.plan.accounts import read_plan_history
from forecast.timeseries.baseline import fit_baseline, unfitted_notes

FIRST = parse_month("2023-01")
PLAN = """\
name: x
as_of: 2025-03-05
currency: EUR
horizon: {from: 2025-01, months: 12}
history: ledger.csv
services:
  a: {growth: 0% to 4%, baseline: {noise: 2%}}
  b: {growth: 0% to 4%, baseline: {noise: 3%}}
  c: {baseline: {method: given, annual: 500 EUR, shape: flat}}
initiatives:
  shop: {chance: CHANCE, start: START, effect: {volume: {a: 5%}}}
"""
CLOSED = ["2025-01,a,900", "2025-01,b,250", "2025-02,a,910", "2025-02,b,260", "2025-01,c,40", "2025-02,c,40"]


def notes(folder: Path, booked: list[str], chance: str = "30%", start: str = "2025-06") -> dict[str, dict[str, str]]:
    rows = [
        f"{format_month(month)},{service},{level * (100 + 7 * (month % 5))},actual"
        for service, level in (("a", 9), ("b", 3))
        for month in range(FIRST, FIRST + 24)
    ]
    rows += [row if row.count(",") == 3 else f"{row},actual" for row in booked]
    (folder / "ledger.csv").write_text("\n".join(["month,service,revenue,status", *rows, ""]), encoding="utf-8")
    plan = PLAN.replace("CHANCE", chance).replace("START", start)
    (folder / "plan.yaml").write_text(plan, encoding="utf-8")
    scenario = forecast.read(folder / "plan.yaml")
    listed: list[Note] = unfitted_notes(scenario, read_plan_history(scenario))
    return {key: dict(params) for key, params in listed if key.startswith("booked_")}


def test_complete_books_have_no_note(tmp_path: Path) -> None:
    assert notes(tmp_path, CLOSED) == {}
    assert notes(tmp_path, []) == {}


def test_a_service_without_books_is_named_where_others_have_them(tmp_path: Path) -> None:
    rows = [row for row in CLOSED if row != "2025-02,b,260"]
    assert notes(tmp_path, rows) == {"booked_missing": {"months": "2025-02", "service": "b"}}
    baseline = fit_baseline(forecast.read(tmp_path / "plan.yaml"))
    assert ("booked_missing", (("months", "2025-02"), ("service", "b"))) in baseline.history_notes


def test_an_estimate_closes_no_month_and_is_no_gap(tmp_path: Path) -> None:
    rows = ["2025-01,a,900", "2025-01,b,250", "2025-01,c,40", "2025-02,a,910,estimate"]
    assert notes(tmp_path, rows, start="2025-02") == {}
    assert notes(tmp_path, [*rows, "2025-02,b,260"], start="2025-02").keys() == {"booked_missing", "booked_undecided"}


def test_a_month_that_has_no_logarithm_is_named(tmp_path: Path) -> None:
    rows = [row.replace("910", "-5").replace("2025-01,c,40", "2025-01,c,0") for row in CLOSED]
    result = notes(tmp_path, rows)
    assert list(result) == ["booked_nonpositive"]
    assert result["booked_nonpositive"] in (
        {"months": "2025-01", "service": "c"}, {"months": "2025-02", "service": "a"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("chance", "start", "is_noted"),
    [
        ("30%", "2025-01", True),
        ("20% to 40%", '"uniform(2025-01, 2025-02)"', True),
        ("30%", '"uniform(2025-02, 2025-04)"', False),  # may still start
        ("30%", "2025-03", False),
        ("100%", "2025-01", False),
        ("0%", "2025-01", False),
    ],
)
def test_an_initiative_that_should_have_started_is_asked_about(
    tmp_path: Path, chance: str, start: str, is_noted: bool
) -> None:
    result = notes(tmp_path, CLOSED, chance, start)
    if not is_noted:
        assert result == {}
        return
    note = result["booked_undecided"]
    assert (note["chance"], note["month"], note["name"]) == (chance, "2025-02", "initiatives.shop")
    assert note["place"] == "plan.yaml:11:18"
