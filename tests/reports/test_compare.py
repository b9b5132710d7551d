"""Runs compared: page, sheet and figures."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from forecast.i18n import LANGUAGES, Translator
from forecast.plan.record import Label
from forecast.reports import compare
from forecast.reports.charts.chart import PHONE_TYPE_POINTS, WIDE_TYPE_POINTS
from forecast.reports.charts.style import (
    chart_style,
)
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
