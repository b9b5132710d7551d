"""Labels of sheets: periods, roles, kinds, sums, units and days of booking as accountants write them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from forecast.history.actuals.labels import CellLabel, dates_in_text, parse_sheet_unit, read_label, unit_in_text

MARCH = 12 * 2025 + 2


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Tháng 3", {"month_of_year": 3}),
        ("T03.2025", {"month": MARCH, "year": 2025}),
        ("KẾT QUẢ KINH DOANH THÁNG 3 NĂM 2025", {"month": MARCH, "year": 2025}),
        ("Từ ngày 01/03/2025 đến ngày 31/03/2025", {"month": MARCH, "year": 2025}),
        ("Mar-25", {"month": MARCH, "year": 2025}),
        ("Jan", {"month_of_year": 1}),
        ("3/2025", {"month": MARCH, "year": 2025}),
        ("Quý IV/2025", {"quarter": 4, "year": 2025}),
        ("Luỹ kế 3 tháng", {"is_cumulative": True, "first_months": 3}),
        ("6 tháng đầu năm", {"is_cumulative": True, "first_months": 6}),
        ("Luỹ kế từ đầu năm đến tháng 3/2025", {"is_cumulative": True, "first_months": 3, "year": 2025}),
        ("Cả năm", {"is_year": True}),
        ("BÁO CÁO DOANH THU NĂM 2025", {"year": 2025}),
        ("Tổng doanh thu", {"is_sum": True, "kind": "revenue"}),
        ("Cộng tháng 3", {"is_sum": True, "month_of_year": 3}),
        ("Thực hiện tháng 3", {"role": "actual", "month_of_year": 3}),
        ("% HT KH", {"role": "percent"}),
        ("Thực hiện cùng kỳ", {"role": "prior"}),
        ("Ước thực hiện", {"role": "estimate"}),
        ("Sản lượng (nghìn m3)", {"kind": "volume"}),
        ("Công nghệ thông tin", {}),
        ("CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM", {}),
        ("Tổng đài", {}),
        ("Hà Tĩnh, ngày 4 tháng 4 năm 2025", {}),
        ("5.151.635.157", {}),
    ],
)
def test_what_a_text_says(text: str, fields: dict[str, Any]) -> None:
    label = read_label(text)
    assert label == CellLabel(text=label.text, folded=label.folded, **fields)


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("ĐVT: triệu đồng", 1e6),
        ("Đơn vị tính: 1.000 đồng", 1e3),
        ("(ĐVT: tr.đ)", 1e6),
        ("Doanh thu 2025 (tỷ đồng)", 1e9),
        ("Doanh thu (đồng)", 1),
        ("Đơn vị tính: Đồng", 1),
        ("Revenue, VND million", 1e6),
        ("Đơn vị: Bưu điện tỉnh Hà Tĩnh", None),
        ("Tỷ lệ (%)", None),
    ],
)
def test_units(text: str, factor: float | None) -> None:
    unit, foreign = unit_in_text(text, "VND")
    assert (unit.factor if unit else None, foreign) == (factor, "")


def test_units_of_another_currency_are_named() -> None:
    assert unit_in_text("ĐVT: nghìn USD", "VND") == (None, "nghin usd")
    unit, _ = unit_in_text("Unit: thousand EUR", "EUR")
    assert unit is not None
    assert unit.factor == 1e3
    assert parse_sheet_unit("người", "VND").dimension == "people"  # type: ignore[union-attr]


def test_days_of_booking() -> None:
    assert dates_in_text("Hà Tĩnh, ngày 4 tháng 4 năm 2025") == [date(2025, 4, 4)]
    assert dates_in_text("Ngày khoá sổ: 04/04/2025") == [date(2025, 4, 4)]
    assert dates_in_text("Từ ngày 01/03/2025 đến ngày 31/03/2025") == []
    assert dates_in_text("ngày 31 tháng 2 năm 2025") == []
