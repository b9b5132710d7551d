"""Runs compared: page, sheet and figures."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO

import pytest
from matplotlib.lines import Line2D
from pypdf import PdfReader

from forecast.analysis.findings import MonthDifference
from forecast.i18n import LANGUAGES, Translator
from forecast.plan.bilingual import Label
from forecast.reports import compare, comparison_sheet
from forecast.reports.charts.chart import PAGE_TYPE_POINTS
from forecast.reports.charts.style import (
    chart_style,
)
from forecast.reports.content.context import RunView
from forecast.reports.page_layout import TYPE_POINTS
from tests.support import report_fixture
from tests.support.figures import layout_faults
from tests.support.pages import ALLOWED_ELEMENTS, PageElements, assert_fonts_embedded

LONG_NAMES = {
    "vi": "Covid-19 quay lại vào mùa hè, lũ lớn tháng Mười ngập sáu huyện, và giá cước giảm mạnh do cạnh tranh",
    "en": "Covid-19 returns in the summer, great floods drown six districts, and prices fall under competition",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_comparison_wraps_long_names(language: str) -> None:
    other, t = report_fixture.other_view(), Translator(language)  # type: ignore[arg-type]
    named = other.scenario.model_copy(update={"name": Label(**LONG_NAMES)})
    views = [replace(other, scenario=named), report_fixture.covid_view()]
    assert LONG_NAMES[language] in compare.comparison_title(views, t)
    assert (
        compare.render_comparison_page(views, report_fixture.make_differences(), t).decode().count(LONG_NAMES[language])
        >= 4
    )
    paper = (
        PdfReader(BytesIO(comparison_sheet.render_comparison_pdf(views, report_fixture.make_differences(), t)))
        .pages[0]
        .extract_text()
    )
    assert " ".join(paper.split()).count(LONG_NAMES[language]) >= 3
    with chart_style(TYPE_POINTS):
        assert layout_faults(comparison_sheet.draw_comparison_sheet(views, report_fixture.make_differences(), t)) == []


LANGUAGES = ("vi", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_overlaps_or_leaves_a_comparison(language: str) -> None:
    views, t = [report_fixture.other_view(), report_fixture.covid_view()], Translator(language)  # type: ignore[arg-type]
    faults = []
    with chart_style(PAGE_TYPE_POINTS):
        for drawing in compare.comparison_charts(views, with_months(), t).values():
            faults += layout_faults(drawing.figure())
    with chart_style(TYPE_POINTS):
        faults += layout_faults(comparison_sheet.draw_comparison_sheet(views, report_fixture.make_differences(), t))
    assert faults == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_comparison_has_a_page_and_a_sheet(language: str) -> None:
    views, t = [report_fixture.other_view(), report_fixture.covid_view()], Translator(language)  # type: ignore[arg-type]
    made = compare.render_comparison_page(views, report_fixture.make_differences(), t)
    assert {tag for tag, _ in PageElements(made).found} <= ALLOWED_ELEMENTS
    reader = PdfReader(BytesIO(comparison_sheet.render_comparison_pdf(views, report_fixture.make_differences(), t)))
    assert len(reader.pages) == 1
    assert_fonts_embedded(reader)
    paired = compare.difference_table(views, report_fixture.make_differences(), t)
    assert paired is not None
    assert t.number(-1.52, 2) in paired.rows[0][1]


def with_months() -> compare.Differences:
    """The difference of the two runs with that of each month."""
    months = tuple(
        MonthDifference(f"2021-{month:02d}", -1e8 * month, -1.1e8 * month, -0.9e8 * month, -9e8, 2e8)
        for month in range(1, 13)
    )
    return {pair: replace(each, months=months) for pair, each in report_fixture.make_differences().items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_chart_of_a_comparison_has_its_table_and_stands_on_the_page(language: str) -> None:
    views, t = [report_fixture.other_view(), report_fixture.covid_view()], Translator(language)  # type: ignore[arg-type]
    charts = compare.comparison_charts(views, with_months(), t)
    assert list(charts) == ["ranked", "exceedances", "fan", "months_2", "steps_2"]
    assert set(compare.comparison_figure_tables(views, with_months(), t)) == set(charts)
    page = compare.render_comparison_page(views, with_months(), t).decode()
    places = [page.find(f'data-name="{name}"') for name in charts]
    assert -1 not in places
    assert page.find('id="table"') < places[-2]  # levels before differences
    assert page.count('<section id="provenance"') == 1
    assert page.find('<section id="pairs"') < page.find('<section id="provenance"')


def test_the_likeliest_plan_is_first_and_each_chance_has_its_error() -> None:
    views, t = [report_fixture.other_view(), report_fixture.covid_view()], Translator("en")
    plans = compare.ranked_plans(views, t)
    chances = [plan.target.chance.value for plan in plans]
    assert chances == sorted(chances, reverse=True)
    assert all(re.fullmatch(r"[<>]?\d+% ±\d+(\.\d+)?", plan.text) for plan in plans)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_printed_causes_of_a_difference_add_up(language: str) -> None:
    views, t = [report_fixture.other_view(), report_fixture.covid_view()], Translator(language)  # type: ignore[arg-type]
    table = compare.comparison_figure_tables(views, with_months(), t)["steps_2"]
    figures = [float(text.replace("−", "-").replace(",", ".")) for _, text in table.rows]
    assert sum(figures[:-1]) == pytest.approx(figures[-1], abs=1e-9)


def test_a_matrix_has_each_pair_of_three_plans_in_both_directions() -> None:
    (views, _), t = many_runs(3, 1), Translator("en")
    [difference] = report_fixture.make_differences().values()
    names = [view.short_name for view in views]
    pairs = {(names[a], names[b]): difference for a in range(3) for b in range(a + 1, 3)}
    matrix = compare.difference_matrix(views, pairs, t)
    assert matrix is not None
    assert [row[row_number + 1] for row_number, row in enumerate(matrix.rows)] == ["–"] * 3
    assert matrix.rows[1][1] == "−4.1 ±0.2"
    assert matrix.rows[0][2] == "+4.1 ±0.2"
    assert compare.difference_matrix(views[:2], pairs, t) is None
    table = compare.difference_table(views, pairs, t)
    assert table is not None
    assert len(table.rows) == 2


def test_provenance_is_one_table_with_what_all_plans_share_once() -> None:
    views, t = [report_fixture.other_view(), report_fixture.covid_view()], Translator("en")
    table = compare.provenance_table(views, t)
    assert len(table.heads) == 3
    by_key = {row[0]: row[1:] for row in table.rows}
    assert by_key[t("provenance_seed")][1] == t("compare_same")
    assert by_key[t("provenance_file")][1] != t("compare_same")


def many_runs(count: int, targets: int) -> tuple[list[RunView], compare.Differences]:
    """Runs of one plan under names of their own, each with some targets, and their differences to the first."""
    view = report_fixture.covid_view()
    row = view.findings.targets[0]
    rows = tuple(replace(row, name=f"{row.name}{n}" if n else row.name) for n in range(targets))
    findings = replace(view.findings, targets=rows)
    views = [replace(view, summary={**view.summary, "scenario": f"plan-{n}"}, findings=findings) for n in range(count)]
    [difference] = report_fixture.make_differences().values()
    return views, {("plan-0", f"plan-{n}"): difference for n in range(1, count)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("count", "targets"), [(2, 1), (2, 40), (5, 3), (12, 1), (12, 9), (40, 1), (41, 20)])
def test_no_row_of_a_sheet_is_dropped_without_a_word(language: str, count: int, targets: int) -> None:
    (views, differences), t = many_runs(count, targets), Translator(language)  # type: ignore[arg-type]
    table, pairs = compare.comparison_table(views, t), compare.difference_table(views, differences, t)
    assert pairs is not None
    with chart_style(TYPE_POINTS):
        figure = comparison_sheet.draw_comparison_sheet(views, differences, t)
        assert count > 6 or layout_faults(figure) == []  # more runs than a comparison is made for
    note = re.compile(re.escape(t("sheet_left_out", count="7654321", names="")).replace("7654321", "([0-9]+)") + "(.+)")
    matches = [match for text in figure.texts if (match := note.fullmatch(text.get_text()))]
    omitted = [int(match[1]) for match in matches]
    first_names = {row[0][:4] for row in (*table.rows, *pairs.rows)}
    assert all(match[2][:4] in first_names for match in matches)
    assert omitted or count * targets <= 40
    assert not omitted or count * targets > 5
    rows, rules = len(table.rows) + len(pairs.rows), sum(isinstance(line, Line2D) for line in figure.get_children())
    assert rows <= rules + sum(omitted) <= rows + 2  # a rule below each row, and below each head that is drawn


def test_the_rows_of_a_comparison_are_of_one_figure() -> None:
    """A second plan whose main target is a profit stands in a row of revenue with its revenue."""
    view, t = report_fixture.covid_view(), Translator("en")
    measures = {**view.summary["measures"], "profit": {view.period: dict.fromkeys(("p10", "p50", "p90", "mean"), 7e9)}}
    profit = replace(view.findings.targets[0], name="profit", measure="profit", threshold=5e9)
    findings = replace(view.findings, targets=(profit,), main_target="profit")
    other = replace(view, summary={**view.summary, "measures": measures}, findings=findings)
    rows = [row for row in compare.comparison_table([view, other], t).rows if row[0].startswith(("P", "Mean"))]
    assert len(rows) == 4
    assert all(row[1] == row[2] for row in rows)
