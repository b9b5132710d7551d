"""CSV that is written."""

from __future__ import annotations

import pytest

from forecast.files.csv_output import csv_for_spreadsheet, positional_text


@pytest.mark.parametrize(
    ("number", "text"),
    [(263098118663.97632, "263098118700"), (1e-7, "0.0000001"), (0.1, "0.1"), (-2e12, "-2000000000000"), (0.0, "0")],
)
def test_numbers_have_no_exponent(number: float, text: str) -> None:
    assert positional_text(number) == text


TABLE = b'measure,period,value\nrevenue,2021,250.5\n"=1+1",2021-01,-3\n@x,+1,\n'


def test_copy_for_a_spreadsheet_with_decimal_commas() -> None:
    copy = csv_for_spreadsheet(TABLE, "vi")
    assert copy.startswith(b"\xef\xbb\xbf")
    lines = copy.decode("utf-8-sig").split("\r\n")
    assert lines == ["measure;period;value", "revenue;2021;250,5", "'=1+1;2021-01;-3", "'@x;'+1;", ""]


def test_copy_for_a_spreadsheet_with_decimal_points() -> None:
    lines = csv_for_spreadsheet(TABLE, "en").decode("utf-8-sig").split("\r\n")
    assert lines[1:3] == ["revenue,2021,250.5", "'=1+1,2021-01,-3"]
