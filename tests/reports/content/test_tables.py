"""Tables of a report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecast.i18n import Translator
from forecast.reports.content import tables
from forecast.stats.intervals import Estimate
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
    assert "bình quân là −2,0 tỷ đồng, khoảng dự báo 80% từ −2,5 tỷ đồng đến −1,5 tỷ đồng" in sentence
    assert ("Chênh lệch giữa tổng công bố và tổng các dịch vụ", "−1 tỷ đồng") in table.rows


def test_a_width_of_reconstructed_months_is_a_dash_with_its_reason() -> None:
    table = tables.baseline_table(report_fixture.covid_view(), Translator("en"))
    assert table is not None
    assert {row[1] for row in table.rows} == {"– (its months are spread from annual totals)"}
    assert all(row[2].endswith("billion VND") for row in table.rows)


@pytest.mark.parametrize(
    ("language", "head"), [("en", "plan (spread by season)"), ("vi", "Kế hoạch (phân bổ theo mùa vụ)")]
)
def test_the_monthly_table_says_that_the_plan_is_the_target_spread_by_the_season(language: str, head: str) -> None:
    heads = tables.monthly_table(report_fixture.covid_view(), Translator(language)).heads  # type: ignore[arg-type]
    assert heads[2] == head


def test_worst_outcomes_stand_with_their_chance_return_period_and_error() -> None:
    view = report_fixture.covid_view()
    table = tables.tail_table(view, Translator("en"))
    assert table is not None
    assert table.heads == ("Chance to fall below", "Return period", "Amount, billion VND", "95% simulation error")
    assert table.rows == (
        ("20%", "5 years", "247.5", "±0.1"),
        ("10%", "10 years", "242.0", "±0.1"),
        ("5%", "20 years", "237.4", "±0.1"),
        ("Mean of the worst 5% (expected shortfall, CVaR)", "", "232.2", "±0.1"),
    )
    assert tables.tail_line(view, Translator("vi")) == (
        "Khả năng thấp hơn (chu kỳ lặp lại), tỷ đồng: 20% (5 năm): 247,5 ±0,1 · 10% (10 năm): 242,0 ±0,1 · "
        "5% (20 năm): 237,4 ±0,1. Bình quân của 5% xấu nhất (CVaR): 232,2 ±0,1."
    )


def test_worst_outcomes_of_a_quarter_and_of_a_limit_are_named_so() -> None:
    view = report_fixture.covid_view()
    tail = replace(view.findings.tails["revenue"], period="2021-Q1", higher_is_better=False)
    table = tables.tail_table(replace(view, findings=replace(view.findings, tails={"revenue": tail})), Translator("en"))
    assert table is not None
    assert table.heads[0] == "Chance to exceed"
    assert [row[1] for row in table.rows] == ["5 periods", "10 periods", "20 periods", ""]


def test_an_amount_has_the_digits_of_its_simulation_error() -> None:
    view = report_fixture.covid_view()
    tail = view.findings.tails["revenue"]
    for half_width, shown in ((3e9, ("236", "±3")), (40e6, ("236.42", "±0.04")), (0.0, ("236", "±0"))):
        amount = Estimate(236.42e9, 236.42e9 - half_width, 236.42e9 + half_width)
        changed = replace(tail, cvar=amount)
        table = tables.tail_table(
            replace(view, findings=replace(view.findings, tails={"revenue": changed})), Translator("en")
        )
        assert table is not None
        assert table.rows[-1][2:] == shown
