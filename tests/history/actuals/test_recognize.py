"""Sheets in many layouts give the same figures; what does not tie or is ambiguous is refused with its cell."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from forecast.errors import InputError, Problem
from forecast.files.workbook import read_workbook
from forecast.history.actuals.recognize import ReadActuals, read_actuals
from forecast.history.actuals.records import ActualsContext
from forecast.units import fold_text
from tests.support.workbooks import (
    CODES,
    NO_VALUE,
    SERVICES,
    SheetText,
    month_amount,
    monthly_layout,
    write_layouts,
    write_xlsx,
    xls_bytes,
)

WATER, METERS, OTHER = SERVICES.values()
UNIT = ["ĐVT: triệu đồng"]
JANUARY = 12 * 2025
MEASURES = {
    fold_text(text): (f"revenue.{service}",)
    for service, label in SERVICES.items()
    for text in (service, label, CODES[service])
} | {"tien dien": ("cost.dien",), "tien luong": ("cost.luong",)}
TYPICAL = {"revenue.nuoc_sach": 25e9, "revenue.lap_dat": 3e9, "revenue.dich_vu": 1.2e9}


def read_sheets(folder: Path, *sheets: SheetText, **context: Any) -> ReadActuals:
    path = write_xlsx(folder / "book.xlsx", *sheets)
    options = {"measures": MEASURES, "currency": "VND", "typical": TYPICAL, **context}
    return read_actuals([read_workbook(path)], ActualsContext(**options))


def read_table(folder: Path, *rows: list[Any], name: str = "T1.2025", **context: Any) -> ReadActuals:
    return read_sheets(folder, SheetText(name, rows), **context)


def values(reading: ReadActuals) -> dict[tuple[str, int], Decimal]:
    """(measure, month of 2025) -> value."""
    return {(figure.measure, figure.month - JANUARY + 1): figure.value for figure in reading.figures}


def problems(folder: Path, *rows: list[Any], name: str = "T1.2025", **context: Any) -> list[tuple[str, str]]:
    """Cell and code of each problem of a sheet."""
    with pytest.raises(InputError) as caught:
        read_table(folder, *rows, name=name, **context)
    return [(problem.location.cell, problem.code) for problem in caught.value.problems]


def only_problem(folder: Path, *rows: list[Any], **context: Any) -> Problem:
    with pytest.raises(InputError) as caught:
        read_table(folder, *rows, **context)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("layout", "step", "sums"),
    [("wide", 10**5, 32), ("long", 1, 12), ("monthly", 10**3, 12), ("down", 10**6, 15), ("csv", 10**5, 0)],
)
def test_all_months_of_five_layouts(tmp_path: Path, layout: str, step: int, sums: int) -> None:
    path = write_layouts(tmp_path)[layout]
    reading = read_actuals([read_workbook(path)], ActualsContext(MEASURES, "VND", TYPICAL))
    figures = values(reading)
    assert len(figures) == 36
    for service in SERVICES:
        for month in range(1, 13):
            exact = month_amount(service, month)
            shown = exact // step * step if layout == "monthly" else round(exact / step) * step
            assert figures[f"revenue.{service}", month] == shown
    assert sum(sheet.sums for sheet in reading.sheets) == sums
    assert {sheet.is_factor_guessed for sheet in reading.sheets} == {layout == "csv"}


def test_an_old_workbook_is_read_like_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "book.xls").write_bytes(xls_bytes(*monthly_layout()))
    old = read_actuals([read_workbook(tmp_path / "book.xls")], ActualsContext(MEASURES, "VND"))
    assert values(old) == values(read_sheets(tmp_path, *monthly_layout()))
    assert old.figures[0].source == "book.xls!T1!D7"


def test_a_report_of_a_month_with_costs_people_and_cumulative_figures(tmp_path: Path) -> None:
    rows = [
        ["BÁO CÁO KẾT QUẢ THÁNG 3 NĂM 2025"],
        ["TT", "Chỉ tiêu", "ĐVT", "KH tháng", "TH tháng", "Luỹ kế TH", "% KH"],
        ["I", "Tổng doanh thu", "tr.đ", 1, 28155.5, 84365.5, 0.9],
        [1, WATER, "tr.đ", 1, 25120, 75330, 0.9],
        [2, METERS, "tr.đ", 1, 3035.5, 9035.5, 0.9],
        ["II", "Chi phí"],
        [1, "Tiền điện", "tr.đ", 1, 3150, 3150],
        [2, "Tiền lương", "tr.đ", 1, 200, 200],
        ["", "Cộng chi phí", "tr.đ", 2, 3350, 3350],
        ["III", "Lao động", "người", 700, 758],
        ["", "Lợi nhuận", "tr.đ", 1, 24805.5],
        ["", "Hà Tĩnh, ngày 4 tháng 4 năm 2025"],
    ]
    booked = {
        (f"revenue.{service}", month): Decimal(amount) * 10**6
        for service, months in {"nuoc_sach": (25100, 25110), "lap_dat": (3000, 3000)}.items()
        for month, amount in enumerate(months, start=JANUARY)
    }
    reading = read_sheets(tmp_path, SheetText("BC", rows), booked_values=booked)
    assert values(reading) == {
        ("revenue.nuoc_sach", 3): 25_120_000_000,
        ("revenue.lap_dat", 3): 3_035_500_000,
        ("cost.dien", 3): 3_150_000_000,
        ("cost.luong", 3): 200_000_000,
        ("headcount", 3): 758,
    }
    assert {figure.booked for figure in reading.figures} == {date(2025, 4, 4)}
    assert (reading.sheets[0].sums, reading.sheets[0].cumulative) == (4, 2)
    assert {key for key, _ in reading.notes} == {"actuals_unmatched", "actuals_cumulative_unchecked"}


@pytest.mark.parametrize(
    "rows",
    [
        [["", *UNIT, "Năm 2025"], ["Dịch vụ", "Tháng 1", "", "Tháng 2", ""], ["", "KH", "TH", "KH", "TH"],
         [WATER, 1, 24900.5, 1, 25100.5], [METERS, 1, 3100, 1, 3200], ["Tổng cộng", 2, 28000.5, 2, 28300.5]],
        [["Revenue 2025, million VND"], ["Service", "Jan-25", "Feb-25", "YTD"], [WATER, 24900.5, 25100.5, 50001],
         [METERS, 3100, 3200, 6300], ["Total", 28000.5, 28300.5, 56301]],
        [["Dịch vụ", "Số tiền (triệu đồng)"], ["Tháng 1"], [WATER, 24900.5], [METERS, 3100], ["Cộng", 28000.5],
         ["Tháng 2"], [WATER, 25100.5], [METERS, 3200], ["Cộng", 28300.5]],
        [["Tháng", "Dịch vụ", "Doanh thu (triệu đồng)"], ["01/2025", WATER, "24.900,5"], ["", METERS, "3.100"],
         ["", "Cộng", "28.000,5"], [date(2025, 2, 28), WATER, "25.100,5"], ["", METERS, "3.200"]],
        [["Doanh thu năm 2025 (triệu đồng)"], ["Dịch vụ", 1, 2, 3], [WATER, 24900.5, 25100.5, ""],
         [METERS, 3100, 3200, ""]],
        [UNIT, ["Dịch vụ", "T1", "T2", "T3", "Quý I", "Cả năm"], [WATER, 24900.5, 25100.5, 0, 50001, 50001],
         [METERS, 3100, 3200, 0, 6300, 6300], ["Tổng cộng", 28000.5, 28300.5, 0, 56301, 56301]],
        [["Năm 2025, ĐVT: tỷ đồng"], ["Tháng", WATER, METERS, "Tổng", "Luỹ kế"], ["T1", 24.9005, 3.1, 28.0005, 28.0005],
         ["T2", 25.1005, 3.2, 28.3005, 56.301], ["Quý I", 50.001, 6.3, 56.301, 56.301]],
    ],
)  # fmt: skip
def test_other_layouts(tmp_path: Path, rows: list[list[Any]]) -> None:
    assert values(read_sheets(tmp_path, SheetText("2025", rows))) == {
        ("revenue.nuoc_sach", 1): 24_900_500_000,
        ("revenue.lap_dat", 1): 3_100_000_000,
        ("revenue.nuoc_sach", 2): 25_100_500_000,
        ("revenue.lap_dat", 2): 3_200_000_000,
    }


def test_volume_and_price_and_one_sheet_a_service(tmp_path: Path) -> None:
    rows = [
        ["Tháng 2/2025"],
        ["Dịch vụ", "Sản lượng", "Đơn giá (đồng)", "Doanh thu (đồng)"],
        [WATER, 1000, 8500, 8500000],
    ]
    reading = read_sheets(tmp_path, SheetText("S", rows), typical={})
    assert values(reading) == {
        ("volume.nuoc_sach", 2): 1000, ("price.nuoc_sach", 2): 8500, ("revenue.nuoc_sach", 2): 8_500_000
    }  # fmt: skip
    months = [["Năm 2025 - ĐVT: triệu đồng"], ["Tháng", "Sản lượng", "Doanh thu"], [1, 101, 25001], [2, 102, 25002]]
    reading = read_sheets(tmp_path, *(SheetText(label, months) for label in (WATER, OTHER)), typical={})
    assert len(values(reading)) == 8
    assert values(reading)["volume.dich_vu", 2] == 102


def test_brackets_dashes_and_months_that_are_not_booked_yet(tmp_path: Path) -> None:
    rows = [
        ["ĐVT: đồng"],
        ["Dịch vụ", "T1", "T2"],
        [WATER, "24.905.113.000", "-"],
        [METERS, "(3.117.420)", "-"],
        [OTHER, "-", "-"],
        ["Tổng", "24.901.995.580", "-"],
    ]
    reading = read_sheets(tmp_path, SheetText("2025", rows), typical={})
    assert values(reading) == {
        ("revenue.nuoc_sach", 1): 24_905_113_000, ("revenue.lap_dat", 1): -3_117_420, ("revenue.dich_vu", 1): 0
    }  # fmt: skip
    assert {key for key, _ in reading.notes} == {"actuals_dashes", "actuals_empty_months"}


def test_accounts_of_one_service_are_added_up(tmp_path: Path) -> None:
    measures = {"nuoc ho dan": ("revenue.nuoc_sach",), "nuoc doanh nghiep": ("revenue.nuoc_sach",)}
    reading = read_table(
        tmp_path, UNIT, ["Dịch vụ", "Thực hiện"], ["Nước hộ dân", 20000], ["Nước doanh nghiệp", 5000], measures=measures
    )
    assert values(reading) == {("revenue.nuoc_sach", 1): 25_000_000_000}
    assert reading.figures[0].source == "book.xlsx!T1.2025!B3+B4"


def test_ambiguous_numbers_are_decided_by_the_ledger_or_refused(tmp_path: Path) -> None:
    rows = [UNIT, ["Dịch vụ", "Thực hiện"], [WATER, "25.123"], [METERS, "3.117"]]
    reading = read_table(tmp_path, *rows)
    assert values(reading)["revenue.nuoc_sach", 1] == 25_123_000_000
    assert [key for key, _ in reading.notes] == ["actuals_mark_guessed"]
    assert problems(tmp_path, *rows, typical={}) == [
        ("T1.2025!B3", "sheet_thousands_or_decimals"), ("T1.2025!B4", "sheet_thousands_or_decimals")
    ]  # fmt: skip


HEADS = ["Dịch vụ", "Thực hiện"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([UNIT, HEADS, [WATER, 25000], [METERS, 3000], ["Cộng", 28100]], [("T1.2025!B5", "sheet_sum_differs")]),
        ([UNIT, ["Dịch vụ", "T1", "T2", "Quý I"], [WATER, 25000, 25001, 50009]], [("T1.2025!D3", "sheet_sum_differs")]),
        ([UNIT, ["Dịch vụ", "T1", "Luỹ kế"], [WATER, 25000, 24000]], [("T1.2025!C3", "sheet_cumulative_differs")]),
        ([["ĐVT: triệu đồng", "ĐVT: đồng"], HEADS, [WATER, 25000]], [("T1.2025!B1", "sheet_two_units")]),
        ([["ĐVT: nghìn USD"], HEADS, [WATER, 25000]], [("T1.2025!A1", "sheet_currency")]),
        ([UNIT, HEADS, [WATER, 25e9]], [("T1.2025!B3", "sheet_unit_unlikely")]),
        ([UNIT, ["Tháng", WATER, METERS, "Luỹ kế"], [1, 25000, 3000, 28000], [2, 25000, 3000, 28000]],
         [("T1.2025!D4", "sheet_sum_differs")]),
        ([UNIT, ["Ngày", *HEADS], [date(2025, 1, 3), WATER, 25000], [date(2025, 1, 4), WATER, 25000]],
         [("T1.2025!C4", "sheet_month_twice")]),
        ([HEADS, [WATER, 25e4]], [("T1.2025!B2", "sheet_no_unit")]),
        ([UNIT, HEADS, [WATER, 25000], [WATER, 25001]], [("T1.2025!B4", "sheet_month_twice")]),
        ([UNIT, HEADS, [WATER, NO_VALUE], ["Cộng", NO_VALUE]],
         [("T1.2025!B3", "sheet_formula"), ("T1.2025!B4", "sheet_formula")]),
        ([UNIT, HEADS, [WATER, "25 nghìn"], [METERS, "#REF!"]],
         [("T1.2025!B3", "sheet_not_a_number"), ("T1.2025!B4", "sheet_not_a_number")]),
        ([UNIT, HEADS, [WATER, 25000], ["Lắp đặt đồng hồ mới", 3000]], [("T1.2025!A4", "sheet_account_near")]),
        ([UNIT, ["Mã", *HEADS], ["LD", WATER, 25000]], [("T1.2025!A3", "sheet_two_accounts")]),
        ([["THÁNG 2 NĂM 2025", *UNIT], HEADS, [WATER, 25000]], [("T1.2025!A1", "sheet_two_months")]),
        ([["Ngày 4 tháng 4 năm 2025", "Ngày lập: 05/04/2025", *UNIT], HEADS, [WATER, 25000]],
         [("T1.2025!B1", "sheet_two_booking_days")]),
        ([UNIT, HEADS, ["Điện thoại", 25000]], [("T1.2025!A3", "sheet_no_account")]),
        ([["Ghi chú của phòng kế toán"], ["x", 1]], [("", "sheet_nothing_found")]),
    ],
)  # fmt: skip
def test_refusals_name_the_cell(tmp_path: Path, rows: list[list[Any]], expected: list[tuple[str, str]]) -> None:
    refused = problems(tmp_path, *rows)
    assert [entry for entry in refused if entry in expected] == expected
    assert {code for _, code in refused} == {code for _, code in expected}


def test_a_year_that_is_nowhere_stated_is_asked_for(tmp_path: Path) -> None:
    assert problems(tmp_path, UNIT, ["Dịch vụ", "Tháng 1"], [WATER, 25000], name="S") == [("S!A1", "sheet_no_year")]
    path = write_xlsx(tmp_path / "DT-T03-2025.xlsx", SheetText("S", [UNIT, ["Dịch vụ", "Doanh thu"], [WATER, 25000]]))
    reading = read_actuals([read_workbook(path)], ActualsContext(MEASURES, "VND", TYPICAL))
    assert values(reading) == {("revenue.nuoc_sach", 3): 25_000_000_000}
    assert [key for key, _ in reading.notes] == ["actuals_year_from_name"]


def test_sums_tie_within_the_digits_that_are_shown_and_no_further(tmp_path: Path) -> None:
    rows = [UNIT, HEADS, [WATER, 25000.1], [METERS, 3000.1]]
    assert read_table(tmp_path, *rows, ["Cộng", 28000.3]).sheets[0].sums == 1
    problem = only_problem(tmp_path, *rows, ["Cộng", 28000.4])
    assert dict(problem.params)["computed"] == "28,000.2"
    assert dict(problem.params)["computed.vi"] == "28.000,2"


def test_the_same_figures_in_two_sheets_count_once(tmp_path: Path) -> None:
    january = SheetText("T1.2025", [UNIT, HEADS, [WATER, 25000]])
    year = SheetText("2025", [UNIT, ["Dịch vụ", "T1", "T2"], [WATER, 25000.4, 25001]])
    reading = read_sheets(tmp_path, january, year)
    assert values(reading) == {("revenue.nuoc_sach", 1): 25_000_400_000, ("revenue.nuoc_sach", 2): 25_001_000_000}
    assert [key for key, _ in reading.notes] == ["actuals_stated_twice"]


def test_hidden_rows_estimates_macros_and_links_are_told(tmp_path: Path) -> None:
    sheet = SheetText("T1.2025", [UNIT, ["Dịch vụ", "Ước thực hiện"], [WATER, 25000], [METERS, 3000]], hidden_rows=[4])
    path = write_xlsx(tmp_path / "a.xlsx", sheet, SheetText("Nháp", [[1]], state="hidden"),
                      extra={"xl/vbaProject.bin": b"x", "xl/externalLinks/externalLink1.xml": b"<x/>"})  # fmt: skip
    reading = read_actuals([read_workbook(path)], ActualsContext(MEASURES, "VND", TYPICAL))
    assert {figure.status for figure in reading.figures} == {"estimate"}
    assert {key for key, _ in reading.notes} == {
        "actuals_hidden_rows", "actuals_hidden_sheets", "actuals_macros", "actuals_links", "actuals_estimates"
    }  # fmt: skip


def test_sums_without_parts_in_the_table_are_told(tmp_path: Path) -> None:
    reading = read_table(tmp_path, UNIT, [*HEADS, "Tổng"], [WATER, 25000, 26000])
    assert reading.sheets[0].sums == 0
    assert [key for key, _ in reading.notes] == ["actuals_sums_unchecked"]


def test_tables_of_several_years_below_each_other_have_the_year_above_them(tmp_path: Path) -> None:
    rows = [["Dịch vụ", "Tháng 1", "Tháng 2"], [WATER, 1.5, 2.5]]
    reading = read_table(tmp_path, UNIT, ["Năm 2024"], *rows, [], ["Năm 2025"], *rows, name="DT", typical={})
    assert {figure.month for figure in reading.figures} == {JANUARY - 12, JANUARY - 11, JANUARY, JANUARY + 1}
