"""Months as spreadsheets write them are recognised, and nothing else is."""

from __future__ import annotations

import pytest

from forecast.files.month_forms import normalize_period, recognize_month
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
        ("Jan-18", "2018-01", False),
        ("43101", "2018-01", False),
        ("45657", "2024-12", False),
    ],
)
def test_a_month_is_recognised_in_the_forms_of_spreadsheets(text: str, month: str, is_sure: bool) -> None:
    assert recognize_month(text) == (parse_month(month), is_sure)


@pytest.mark.parametrize(
    "text", ["", "2018", "T13/2018", "00/2018", "Mayo 2018", "abc", "99999", "2018-01-05", "2018/13"]
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
        ("năm 2025", "2025"),
        ("T6/2025", "2025-06"),
        ("2025", "2025"),
        ("2021-01 to 2021-06", "2021-01 to 2021-06"),
        ("Jan-25", "Jan-25"),
    ],
)
def test_periods_are_normalised(text: str, period: str) -> None:
    assert normalize_period(text) == period
