"""Pages of a run with closed months: a second A4 page without overlaps, an HTML page that fits a phone."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from forecast.i18n import LANGUAGES, Language, Translator
from forecast.plan.bilingual import Label
from forecast.reports.charts.style import chart_style
from forecast.reports.content.charts import run_charts
from forecast.reports.content.year_to_date import year_section
from forecast.reports.html_page import render_run_page
from forecast.reports.page_layout import TYPE_POINTS
from forecast.reports.pdf_page import render_run_pdf
from forecast.reports.year_page import draw_year_sheet
from tests.support import report_fixture
from tests.support.closed_plans import ClosedPlan
from tests.support.figures import layout_faults
from tests.support.pages import PageElements, assert_fonts_embedded


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_overlaps_or_leaves_the_second_page(march: ClosedPlan, language: Language) -> None:
    t = Translator(language)
    section = year_section(march.view, t)
    assert section is not None
    with chart_style(TYPE_POINTS):
        assert layout_faults(draw_year_sheet(march.view, section, run_charts(march.view, t), t)) == []


def test_a_long_table_says_how_many_rows_are_left_out(march: ClosedPlan) -> None:
    t = Translator("vi")
    rows = march.year.table.rows * 3
    year = replace(march.year, table=replace(march.year.table, rows=rows))
    section = year_section(replace(march.view, findings=replace(march.findings, year=year)), t)
    assert section is not None
    with chart_style(TYPE_POINTS):
        figure = draw_year_sheet(march.view, section, run_charts(march.view, t), t)
        assert layout_faults(figure) == []
        assert any(t("sheet_more", count=len(rows) - 22) in text.get_text() for text in figure.texts)


def test_the_pdf_has_a_second_page_with_the_table(march: ClosedPlan) -> None:
    reader = PdfReader(BytesIO(render_run_pdf(march.view, Translator("vi"))))
    assert len(reader.pages) == 2
    assert_fonts_embedded(reader)
    text = reader.pages[1].extract_text()
    assert "Tổng doanh thu" in text
    assert "Sự kiện: Vỡ ống" in text


def test_the_page_has_the_year_to_date(march: ClosedPlan) -> None:
    page = render_run_page(march.view, Translator("en"))
    assert b"Months and the year to date" in page
    assert b"How the chance moved" in page
    tables = [attributes for tag, attributes in PageElements(page).found if tag == "table"]
    stacked = [attributes for attributes in tables if "actuals" in (attributes.get("class") or "")]
    assert len(stacked) == len(LANGUAGES)
    assert all("cards" in (table["class"] or "") for table in stacked)  # stacked on a phone: no scrolling sideways
    policy, style = re.search(rb"sha256-([^&']+)", page), re.search(rb"<style>(.*?)</style>", page, re.S)
    assert policy is not None
    assert style is not None
    import base64
    import hashlib

    assert base64.b64encode(hashlib.sha256(style[1]).digest()) == policy[1]


def test_a_page_without_closed_months_has_nothing_of_them() -> None:
    page = render_run_page(report_fixture.covid_view(), Translator("en"))
    for text in (b"actuals", b"How the chance moved", b'id="variance"', b'id="year"'):
        assert text not in page


@pytest.mark.parametrize(
    "label", ["Dịch vụ cấp nước sạch và xử lý nước thải cho các khu công nghiệp phía nam", "W" * 90]
)
def test_long_labels_are_cut_or_wrapped(march: ClosedPlan, label: str) -> None:
    scenario = march.run.scenario
    water = scenario.services["water"].model_copy(update={"label": Label(vi=label, en=label)})
    services = type(scenario.services)({**scenario.services, "water": water})
    view = replace(march.view, scenario=scenario.model_copy(update={"services": services}))
    t = Translator("vi")
    section = year_section(view, t)
    assert section is not None
    with chart_style(TYPE_POINTS):
        assert layout_faults(draw_year_sheet(view, section, run_charts(view, t), t)) == []
