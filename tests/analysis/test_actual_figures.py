"""Actual figures: the statement of a period from its books."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.analysis.actual_figures import ActualFigures, MeasureParts
from forecast.history.accounts import Accounts
from forecast.history.bookings import read_bookings
from forecast.periods import first_day, parse_month, parse_period

PARTS = MeasureParts(services=("bread", "coffee"), costs=("wages",))
QUARTER = parse_period("2025-Q1")


def actual_figures(folder: Path, parts: MeasureParts = PARTS, *, without: str = "") -> ActualFigures:
    rows = ["month,measure,value,status,booked"]
    for number in (1, 2, 3):
        figures = {"revenue.bread": 100 * number, "revenue.coffee": 50, "cost.wages": 60, "headcount": 9 + number}
        days = {"cost.wages": "20"}
        rows += [
            f"2025-{number:02d},{measure},{value},actual,2025-{number + 1:02d}-{days.get(measure, '04')}"
            for measure, value in figures.items()
            if measure != without
        ]
    path = folder / "ledger.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return ActualFigures(read_bookings(str(path), "VND", Accounts()), parts)


def test_a_period_is_the_statement_of_its_months(tmp_path: Path) -> None:
    actual = actual_figures(tmp_path)
    assert actual.value("revenue.bread", QUARTER) == 600
    assert actual.value("revenue", QUARTER) == 750
    assert actual.value("cost", QUARTER) == 180
    assert actual.value("profit", QUARTER) == 570
    assert actual.value("headcount", QUARTER) == 11  # the mean of 10, 11 and 12
    assert actual.value("productivity", QUARTER) == pytest.approx(750 / 11 * 4)  # of a year


def test_a_period_is_known_when_its_last_input_is_booked(tmp_path: Path) -> None:
    actual = actual_figures(tmp_path)
    fourth, twentieth = first_day(parse_month("2025-04")) + 3, first_day(parse_month("2025-04")) + 19
    assert actual.first_booked_day("revenue", QUARTER) == fourth
    assert actual.first_booked_day("profit", QUARTER) == twentieth
    assert actual.value("revenue", QUARTER, fourth - 1) is None
    assert actual.value("revenue", QUARTER, fourth) == 750
    assert actual.value("profit", QUARTER, fourth) is None


def test_a_year_with_open_months_is_not_known(tmp_path: Path) -> None:
    actual = actual_figures(tmp_path)
    year = parse_period("2025")
    assert actual.value("revenue", year) is None
    assert actual.first_booked_day("revenue", year) is None
    assert len(actual.months_not_booked("revenue", year)) == 9


def test_what_the_ledger_lacks_is_named(tmp_path: Path) -> None:
    actual = actual_figures(tmp_path, without="cost.wages")
    assert actual.inputs_without_books("profit") == ("cost.wages",)
    assert actual.inputs_without_books("revenue") == ()
    assert actual.inputs_without_books("margin.unknown") == ("margin.unknown",)
    assert actual.value("profit", QUARTER) is None


def test_a_total_with_a_gap_is_in_no_ledger_but_its_parts_are(tmp_path: Path) -> None:
    actual = actual_figures(tmp_path, MeasureParts(services=("bread", "coffee"), has_gap=True))
    assert actual.inputs_without_books("revenue") == ("gap",)
    assert actual.value("revenue", QUARTER) is None
    assert actual.value("revenue:parts", QUARTER) == 750


def test_productivity_by_wages_is_in_no_ledger(tmp_path: Path) -> None:
    parts = MeasureParts(services=("bread", "coffee"), productivity_basis="wage_revenue")
    assert actual_figures(tmp_path, parts).inputs_without_books("productivity") == ("wage_revenue",)


def test_only_a_day_of_booking_says_when_a_row_was_written(tmp_path: Path) -> None:
    actual = actual_figures(tmp_path)
    assert not actual.was_booked("revenue", parse_month("2025-01"), first_day(parse_month("2025-02")) + 2)
    assert actual.was_booked("revenue", parse_month("2025-01"), first_day(parse_month("2025-02")) + 3)
