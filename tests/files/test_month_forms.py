"""Months as spreadsheets write them are recognised, and nothing else is."""

from __future__ import annotations

import pytest

from forecast.files.month_forms import months_of_day, normalize_period, recognize_month, recognize_period
from forecast.periods import parse_month


@pytest.mark.parametrize(
    ("text", "month", "is_sure"),
    [
        ("T1/2018", "2018-01", True),
        ("01/2018", "2018-01", True),
        ("201801", "2018-01", True),
        ("2018M01", "2018-01", True),
        ("2018/01", "2018-01", True),
        ("2018-1", "2018-01", True),
        ("12.2018", "2018-12", True),
        ("Tháng 1/2018", "2018-01", True),
        ("THANG 01 NĂM 2018", "2018-01", True),
        ("Sept 2020", "2020-09", True),
        ("2018-December", "2018-12", True),
        ("Th1/2018", "2018-01", True),
        ("Jan-18", "2018-01", False),
        ("Jan-95", "1995-01", False),
        ("43101", "2018-01", False),
        ("45657", "2024-12", False),
    ],
)
def test_a_month_is_recognised_in_the_forms_of_spreadsheets(text: str, month: str, is_sure: bool) -> None:
    assert recognize_month(text) == (parse_month(month), is_sure)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2018",
        "T13/2018",
        "00/2018",
        "Mayo 2018",
        "abc",
        "99999",
        "2018-01-05",
        "2018/13",
    ],
)
def test_what_is_no_month_is_not_recognised(text: str) -> None:
    assert recognize_month(text) is None


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("quý 2/2025", "2025-Q2"),
        ("Quý 4-2025", "2025-Q4"),
        ("Q2 2025", "2025-Q2"),
        ("2025q2", "2025-Q2"),
        ("Quý II/2026", "2026-Q2"),
        ("quý IV năm 2026", "2026-Q4"),
        ("2026-QIII", "2026-Q3"),
        ("năm 2025", "2025"),
        ("T6/2025", "2025-06"),
        ("2025", "2025"),
        ("2021-01 to 2021-06", "2021-01 to 2021-06"),
        ("Jan-25", "Jan-25"),
    ],
)
def test_periods_are_normalised(text: str, period: str) -> None:
    assert normalize_period(text) == period


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2026-H1", "2026-01 to 2026-06"),
        ("H2/2026", "2026-07 to 2026-12"),
        ("6 tháng đầu năm 2026", "2026-01 to 2026-06"),
        ("nửa cuối năm 2026", "2026-07 to 2026-12"),
        ("Q2/26", "2026-Q2"),
        ("Jun-26", "2026-06"),
        ("46178", "2026-06"),
        ("T1-22", "2022-01"),
        ("Th1-22", "2022-01"),
        ("thg 12/22", "2022-12"),
        ("1/22", "2022-01"),
        ("T1-12", "2012-01"),
        ("Tháng Giêng 2022", "2022-01"),
        ("tháng năm năm 2022", "2022-05"),
        ("Tháng Mười Hai/2022", "2022-12"),
        ("tháng chạp 2022", "2022-12"),
        ("44562.0", "2022-01"),
    ],
)
def test_a_period_that_may_mean_something_else_is_only_suggested(text: str, period: str) -> None:
    assert normalize_period(text) == text
    assert normalize_period(text, is_sure=False) == period


@pytest.mark.parametrize("text", ["1/22", "T1-22", "44562.0", "Tháng Giêng 2022"])
def test_a_month_that_is_only_suggested_is_never_read(text: str) -> None:
    assert recognize_month(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "1/12",
        "12-01",
        "T13-22",
        "44562.5",
        "Tháng Giêng",
        "tháng tốt 2022",
        "2026-H3",
        "Q5/2026",
        "quý V/2026",
        "2026-Q0",
        "soon",
        "",
    ],
)
def test_what_is_no_period_is_not_recognised(text: str) -> None:
    assert recognize_period(text) is None


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("2020-01-31", ("2020-01",)),
        ("2020/1/31", ("2020-01",)),
        ("2020-01-31 00:00:00", ("2020-01",)),
        ("31/01/2020", ("2020-01",)),
        ("1/1/2020", ("2020-01",)),
        ("01/02/2020", ("2020-02", "2020-01")),
        ("2020-13-01", ()),
        ("2020-01", ()),
    ],
)
def test_a_day_has_the_months_in_which_it_may_lie(text: str, months: tuple[str, ...]) -> None:
    assert months_of_day(text) == months
