"""Tables of a report."""

from __future__ import annotations

from forecast.i18n import Translator
from forecast.reports.content import tables
from tests.support import report_fixture


def test_chance_simulation_error_and_cases_are_separate_columns() -> None:
    table = tables.target_table(report_fixture.covid_view(), Translator("en"))
    row = table.rows[0]
    assert row[1] == "80%"
    assert row[2] == "74%"
    assert row[3].startswith("±0.3 points")
    assert row[4] == "52% to 89%"


def test_the_gap_has_its_own_row() -> None:
    view = report_fixture.covid_view()
    sentence, table = tables.gap_table("2020", view.summary["history"]["2020"], view, Translator("vi"))
    assert ("Bưu chính chuyển phát", "trên 61 tỷ đồng") in table.rows
    assert "trung bình là −2,0 tỷ đồng, 80% khả năng từ −2,5 tỷ đồng đến −1,5 tỷ đồng" in sentence
    assert ("Chênh lệch giữa tổng công bố và tổng các dịch vụ", "−1 tỷ đồng") in table.rows
