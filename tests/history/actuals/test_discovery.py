"""Services and costs that sheets name, where no plan names them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from forecast.errors import InputError
from forecast.files.workbook import read_workbook
from forecast.history.actuals.discovery import DiscoveredAccounts, discover_accounts, discover_currency
from tests.support.workbooks import SERVICES, SheetText, write_layouts, write_xlsx

MONTHS = [f"T{month}/2025" for month in range(1, 5)]
DATED = [[f"2025-{month:02d}", "N", "Bread", 5.5] for month in range(2, 5)]


def discover(folder: Path, *rows: list[Any], merged: tuple[str, ...] = ()) -> DiscoveredAccounts:
    path = write_xlsx(folder / "book.xlsx", SheetText("DT", rows, merged=merged))
    return discover_accounts([read_workbook(path)], "VND")


def names(discovered: DiscoveredAccounts, kind: str = "revenue") -> list[str]:
    return [account.text for account in discovered.accounts if account.kind == kind]


def left_out(discovered: DiscoveredAccounts, reason: str) -> list[str]:
    return [line.text for line in discovered.left_out if line.reason == reason]


@pytest.mark.parametrize("layout", ["wide", "long", "monthly", "down"])
def test_services_of_each_layout_without_its_sums(tmp_path: Path, layout: str) -> None:
    discovered = discover_accounts([read_workbook(write_layouts(tmp_path)[layout])], "VND")
    assert names(discovered) == list(SERVICES.values())
    assert names(discovered, "cost") == []
    assert left_out(discovered, "total")


def test_totals_without_a_word_for_it_are_known_by_their_figures(tmp_path: Path) -> None:
    discovered = discover(
        tmp_path,
        ["Nội dung", *MONTHS],
        ["Toàn đơn vị", 17.5, 20, 23, 26],
        ["A. Bưu chính", 3, 5, 7, 9],
        ["Chuyển phát", 1, 2, 3, 4],
        ["Bưu kiện", 2, 3, 4, 5],
        ["Tài chính", 14.5, 15, 16, 17],
    )
    assert names(discovered) == ["Chuyển phát", "Bưu kiện", "Tài chính"]
    assert left_out(discovered, "total") == ["Toàn đơn vị", "A. Bưu chính"]


def test_costs_people_and_results_of_an_income_statement(tmp_path: Path) -> None:
    discovered = discover(
        tmp_path,
        ["TT", "Chỉ tiêu", *MONTHS],
        ["I", "Doanh thu", 7, 7, 7, 7],
        [1, "Doanh thu bưu chính", 3, 3, 3, 3],
        [2, "Tài chính", 4, 4, 4, 4],
        ["II", "Chi phí", 3, 3, 3, 3],
        [1, "Vận chuyển", 1, 1, 1, 1],
        [2, "Chi phí điện", 2, 2, 2, 2],
        ["III", "Lợi nhuận", 4, 4, 4, 4],
        ["IV", "Số lao động", 35, 35, 35, 35],
    )
    assert names(discovered) == ["Bưu chính", "Tài chính"]
    assert names(discovered, "cost") == ["Vận chuyển", "Điện"]
    assert left_out(discovered, "result") == ["Lợi nhuận"]


def test_merged_headings_of_volume_and_revenue_name_each_service_once(tmp_path: Path) -> None:
    rows = [[f"{month:02d}/2025", 10 * month, month, 20, 5, month + 5] for month in range(1, 6)]
    discovered = discover(
        tmp_path,
        ["Tháng", "Bưu phẩm", "", "Chuyển phát nhanh", "", "Tổng doanh thu"],
        ["", "Sản lượng", "Doanh thu", "Sản lượng", "Doanh thu", ""],
        *rows,
        merged=("A1:A2", "B1:C1", "D1:E1", "F1:F2"),
    )
    assert names(discovered) == ["Bưu phẩm", "Chuyển phát nhanh"]
    assert left_out(discovered, "total") == ["Tổng doanh thu"]


def test_codes_are_names_and_figures_without_a_name_are_told(tmp_path: Path) -> None:
    discovered = discover(tmp_path, ["Mã", *MONTHS], ["1101", 1.5, 2.5, 3.5, 4.5], ["", 100.5, 2.5, 3.5, 4.5])
    assert names(discovered) == ["1101"]
    assert [line.location.cell for line in discovered.left_out] == ["DT!A3"]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([["Ngày", "Bưu chính"], *([date(2025, 1, day), 5.5] for day in range(1, 20))], "new_daily_rows"),
        ([["Ngày", "Bưu chính"], *([f"{day:02d}/01/2025", 5.5] for day in range(1, 20))], "new_daily_rows"),
        (
            [["Month", "Shop", "Product", "Sales"], *(["2025-01", s, "Bread", 5.5] for s in "NS"), *DATED],
            "new_repeated_rows",
        ),
        ([["Dịch vụ", "Quý I/2025", "Quý II/2025"], ["Bưu chính", 5.5, 6.5]], "new_quarters"),
        ([["Dịch vụ", 2024, 2025], ["Bưu chính", 5.5, 6.5]], "new_years"),
        ([["Dịch vụ", *MONTHS], *([f"Kho {n}", 1.5, 2.5, n + 0.5, 3.5] for n in range(201))], "new_too_many_lines"),
    ],
)  # fmt: skip
def test_other_periods_than_months_are_refused_with_the_way_out(tmp_path: Path, rows: list[Any], code: str) -> None:
    with pytest.raises(InputError) as caught:
        discover(tmp_path, *rows)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_a_sheet_of_one_service_is_named_by_its_figure_or_by_the_sheet(tmp_path: Path) -> None:
    rows = [["Tháng", "Doanh thu"], *([f"{month:02d}/2025", 5.5] for month in range(1, 5))]
    assert names(discover(tmp_path, ["BÁO CÁO", "BÁO CÁO"], *rows, merged=("A1:B1",))) == ["Doanh thu"]
    path = write_xlsx(tmp_path / "two.xlsx", SheetText("Bưu chính", rows), SheetText("Tài chính", rows))
    assert names(discover_accounts([read_workbook(path)], "VND")) == ["Bưu chính", "Tài chính"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Doanh thu (triệu đồng)", ("VND", True)),
        ("ĐVT: tr.đ", ("VND", True)),
        ("Sales (thousand EUR)", ("EUR", True)),
        ("Revenue in €", ("EUR", True)),
        ("Doanh thu các tháng", ("VND", False)),
        ("Doanh thu cac thang", ("VND", False)),
        ("Sales by month", ("", False)),
    ],
)
def test_currency_as_stated_or_by_the_language(tmp_path: Path, title: str, expected: tuple[str, bool]) -> None:
    path = write_xlsx(tmp_path / "book.xlsx", SheetText("S", [[title], ["Bread", 2.5]]))
    assert discover_currency([read_workbook(path)]) == expected
