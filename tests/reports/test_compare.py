"""Runs compared: page, sheet and figures."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO

import pytest
from matplotlib.lines import Line2D
from pypdf import PdfReader

from forecast.i18n import LANGUAGES, Translator
from forecast.plan.bilingual import Label
from forecast.reports import compare
from forecast.reports.charts.chart import PHONE_TYPE_POINTS, WIDE_TYPE_POINTS
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
        PdfReader(BytesIO(compare.render_comparison_pdf(views, report_fixture.make_differences(), t)))
        .pages[0]
        .extract_text()
    )
    assert " ".join(paper.split()).count(LONG_NAMES[language]) >= 3
    with chart_style(TYPE_POINTS):
        assert layout_faults(compare.draw_comparison_sheet(views, report_fixture.make_differences(), t)) == []


LANGUAGES = ("vi", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_overlaps_or_leaves_a_comparison(language: str) -> None:
    views, t = [report_fixture.other_view(), report_fixture.covid_view()], Translator(language)  # type: ignore[arg-type]
    faults = []
    for phone, size in ((False, WIDE_TYPE_POINTS), (True, PHONE_TYPE_POINTS)):
        with chart_style(size):
            for drawing in compare.comparison_charts(views, t).values():
                faults += layout_faults(drawing.figure(phone))
    with chart_style(TYPE_POINTS):
        faults += layout_faults(compare.draw_comparison_sheet(views, report_fixture.make_differences(), t))
    assert faults == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_comparison_has_a_page_and_a_sheet(language: str) -> None:
    views, t = [report_fixture.other_view(), report_fixture.covid_view()], Translator(language)  # type: ignore[arg-type]
    made = compare.render_comparison_page(views, report_fixture.make_differences(), t)
    assert {tag for tag, _ in PageElements(made).found} <= ALLOWED_ELEMENTS
    reader = PdfReader(BytesIO(compare.render_comparison_pdf(views, report_fixture.make_differences(), t)))
    assert len(reader.pages) == 1
    assert_fonts_embedded(reader)
    paired = compare.difference_table(views, report_fixture.make_differences(), t)
    assert paired is not None
    assert t.number(-1.52, 2) in paired.rows[0][1]


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
        figure = compare.draw_comparison_sheet(views, differences, t)
        assert count > 12 or layout_faults(figure) == []  # the legends of more runs leave no room for their curves
    note = re.compile(re.escape(t("sheet_more_rows", count="N")).replace("N", "([0-9]+)"))
    matches = (note.fullmatch(text.get_text()) for text in figure.texts)
    omitted = [int(match[1]) for match in matches if match]
    assert bool(omitted) == (count * targets > 5)
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
