"""Closed months on a page: tables whose figures add up, and sentences, in both languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from forecast.analysis.year_findings import ChancePoint
from forecast.i18n import LANGUAGES, Language, Translator
from forecast.i18n.amounts import AmountScale
from forecast.reports.content.causes import causes_text, page_steps, point_positions, year_lines
from forecast.reports.content.year_to_date import year_section
from forecast.reports.year_summary import restore_variances, summarise_year
from tests.support.closed_plans import NOTE, ClosedPlan, make_closed_plan


def parse_number(text: str, language: Language) -> float:
    thousands, mark = (".", ",") if language == "vi" else (",", ".")
    return float(text.replace(thousands, "").replace(mark, ".").replace("\N{MINUS SIGN}", "-"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_monthly_table_has_its_twelve_columns(march: ClosedPlan, language: Language) -> None:
    section = year_section(march.view, Translator(language))
    assert section is not None
    table = section.months
    assert len(table.heads) == 12
    assert all(len(row) == len(table.heads) for row in table.rows)
    by_name = {row[1]: dict(zip(table.heads, row, strict=True)) for row in table.rows}
    heads = {
        "en": ("Total revenue", "Plan for 2025", "Actual Mar", "% of a year earlier", "Chance"),
        "vi": ("Tổng doanh thu", "KH năm 2025", "TH T3", "% so cùng kỳ", "Khả năng đạt"),
    }[language]
    total = by_name[heads[0]]
    assert parse_number(total[heads[1]], language) == 150
    assert parse_number(total[heads[2]], language) == 11.8
    ratio = march.year.table.rows[0].previous_year_ratio
    assert ratio is not None
    assert parse_number(total[heads[3]], language) == round(100 * ratio, 1)
    power = by_name["Power" if language == "en" else "Điện"]
    assert power[heads[2]].startswith("≈")
    assert power[heads[4]].endswith("%")


def test_a_revised_plan_has_a_column_of_its_own(march: ClosedPlan) -> None:
    rows = (replace(march.year.table.rows[0], revised_year=149e9), *march.year.table.rows[1:])
    year = replace(march.year, table=replace(march.year.table, rows=rows))
    view = replace(march.view, findings=replace(march.findings, year=year))
    section = year_section(view, Translator("vi"))
    assert section is not None
    assert section.months.heads[3:5] == ("KH năm 2025 giao", "KH điều chỉnh")
    assert section.months.rows[0][3:5] == ("150,0", "149,0")
    assert section.months.rows[1][4] == "–"


@pytest.mark.parametrize("language", LANGUAGES)
def test_printed_variances_add_up(march: ClosedPlan, language: Language) -> None:
    section = year_section(march.view, Translator(language))
    assert section is not None
    for variance in (*section.variances, *section.other_variances):
        for column in (1, 2):
            cells = [parse_number(row[column], language) for row in variance.table.rows]
            assert cells[0] + sum(cells[1:-1]) == pytest.approx(cells[-1], abs=1e-9)


def test_effects_and_comments_stand_beside_their_steps(march: ClosedPlan) -> None:
    section = year_section(march.view, Translator("en"))
    assert section is not None
    plan = section.variances[0]
    assert plan.head == "Revenue against the plan, billion VND"
    rows = {row[0]: row for row in plan.table.rows}
    assert rows["Event: Burst"][3] == "▼ adverse"
    assert rows["A risk that is over: Drought"][3] == "▲ favourable"
    assert rows["Initiative: Meters"][1] == "0.00"
    assert rows["Water: volume"][4] == f"Mar: {NOTE}"
    assert section.comments == ("Headcount, February 2025: Two new fitters",)
    cost = next(variance for variance in section.other_variances if variance.head.startswith("Cost against the plan"))
    wages = next(row for row in cost.table.rows if row[0] == "Wages: closed months")
    assert wages[1].startswith("+")
    assert wages[3] == "▼ adverse"


def test_an_audit_of_last_year_is_neither_favourable_nor_adverse(tmp_path: Path) -> None:
    audit = "2024-02,revenue.works,1000000000,actual,2025-03-20"
    plan = make_closed_plan(tmp_path, more_rows=[audit])
    for language, name in (("en", "Audit of last year"), ("vi", "Quyết toán năm trước")):
        section = year_section(plan.view, Translator(language))
        assert section is not None
        row = section.variances[-1].table.rows[1]
        assert row[0] == name
        assert [parse_number(cell, language) for cell in row[1:3]] == [-0.6, -0.6]
        assert row[3] == ""
    steps = plan.view.summary["variance"][-1]["steps"]
    assert [step["favourable"] for step in steps if step["kind"] == "audit"] == [None]
    assert restore_variances(plan.view.summary) == plan.year.variances


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_say_how_much_is_closed(march: ClosedPlan, language: Language) -> None:
    lines = year_lines(march.run.scenario, march.view.summary, Translator(language))
    starts = {
        "en": "3 closed + 9 forecast months (3+9), as of 5 April 2025. Revenue to date, January 2025 to "
        "March 2025: 33.9",
        "vi": "Thực hiện 3 tháng + dự báo 9 tháng (3+9), lập ngày 05/04/2025. Doanh thu luỹ kế từ tháng 1/2025 đến "
        "tháng 3/2025: 33,9",
    }
    assert lines[0].startswith(starts[language])
    assert len(lines) == 3
    assert year_lines(march.run.scenario, {}, Translator(language)) == []


def test_a_summary_holds_the_year_and_gives_it_back(march: ClosedPlan) -> None:
    summary = march.view.summary
    assert summary["closed_months"] == ["2025-01", "2025-02", "2025-03"]
    assert {key: summary[key] for key in summarise_year(march.year)} == summarise_year(march.year)
    assert restore_variances(summary) == march.year.variances
    assert [row["measure"] for row in summary["months_table"]["rows"]][:3] == [
        "revenue",
        "revenue.water",
        "revenue.works",
    ]
    assert summary["chance_by_month"][-1]["chances"]["revenue"]["chance"] == march.run.chance("revenue").value


def test_what_was_taught_is_one_step_on_the_page(march: ClosedPlan) -> None:
    for variance in march.year.variances:
        steps = page_steps(variance)
        assert sum(step.kind == "learned" for step in steps) <= 1
        total = sum(step.outlook for step in steps)
        assert total == pytest.approx(sum(step.outlook for step in variance.steps))


def test_points_stand_over_their_last_closed_month_side_by_side() -> None:
    """On 30 June with the books closed to May a forecast stands at May, on 25 June with those to April at April."""
    days = [("2025-01-10", 0), ("2025-02-05", 1), ("2025-06-25", 4), ("2025-06-30", 5), ("2025-10-05", 9)]
    days += [("2025-10-13", 9), ("2026-01-05", 12), ("2026-01-21", 12), ("", 2)]
    points = [
        ChancePoint(day, tuple(f"2025-{month:02d}" for month in range(1, 1 + count)), {}, "", None)
        for day, count in days
    ]
    months = range(2025 * 12, 2026 * 12)
    assert point_positions(points, months) == [0, 1, 4, 5, 9, 9.5, 11.5, 12, 2]


def test_causes_that_would_round_to_zero_have_more_decimals(march: ClosedPlan) -> None:
    """Else a change would stand without any cause."""
    scale = AmountScale(Translator("en"), 1e9, "billion VND", 1)
    variance = next(each for each in march.year.variances if each.reference == "plan")
    step = next(each for each in variance.steps if each.kind == "actual")
    assert causes_text([(step, 4e6), (step, -2e5)], march.run.scenario, scale, Translator("en")).endswith(" +0.004")
    assert causes_text([(step, 4e7)], march.run.scenario, scale, Translator("en")).endswith(" +0.04")
    assert causes_text([(step, 0.0)], march.run.scenario, scale, Translator("en")) == ""
