"""The sheet of paper: one A4 page, its fonts inside, nothing overlapping."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from forecast.i18n import LANGUAGES, Translator
from forecast.reports import pdf_page
from forecast.reports.charts.style import (
    chart_style,
)
from forecast.reports.page_layout import TYPE_POINTS
from forecast.reports.pdf_page import render_run_pdf
from tests.support import report_fixture
from tests.support.figures import layout_faults
from tests.support.pages import assert_fonts_embedded


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_counts_omitted_targets_and_decisions(language: str) -> None:
    view, t = report_fixture.covid_view(), Translator(language)  # type: ignore[arg-type]
    row = view.findings.targets[0]
    rows = (*view.findings.targets, *(replace(row, name=f"more_{n}") for n in range(3)))
    named, (first, *_) = dict(view.scenario.decisions), view.scenario.decisions.values()
    decisions = named | {f"more_{n}": first for n in range(4)}
    scenario = view.scenario.model_copy(update={"decisions": decisions})
    crowded = replace(view, scenario=scenario, findings=replace(view.findings, targets=rows))
    with chart_style(TYPE_POINTS):
        figure = pdf_page.draw_run_sheet(crowded, t)
        texts = [text.get_text() for text in figure.texts]
        assert layout_faults(figure) == []
    left_out = [t("sheet_more", count=len(all_of) - 4) for all_of in (rows, decisions)]
    assert [text for text in texts if text in left_out] == left_out


VIEWS = {
    "covid": report_fixture.covid_view,
    "hostile": report_fixture.hostile_view,
    "shop": report_fixture.shop_view,
    "three years": report_fixture.long_view,
}


@pytest.mark.parametrize(
    ("view", "language"), [("covid", "vi"), ("covid", "en"), ("hostile", "vi"), ("hostile", "en"), ("shop", "vi")]
)
def test_no_text_overlaps_or_leaves_the_a4_page(view: str, language: str) -> None:
    with chart_style(TYPE_POINTS):
        assert layout_faults(pdf_page.draw_run_sheet(VIEWS[view](), Translator(language))) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(("view", "language"), [("covid_view", "vi"), ("hostile_view", "en")])
def test_the_sheet_is_two_pages_with_embedded_fonts(view: str, language: str) -> None:
    reader = PdfReader(BytesIO(render_run_pdf(getattr(report_fixture, view)(), Translator(language))))  # type: ignore[arg-type]
    assert len(reader.pages) == 2  # the answer, and what a decision rests on
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [595, 842]
    assert_fonts_embedded(reader)


def test_the_sheet_can_be_searched_in_vietnamese() -> None:
    text = PdfReader(BytesIO(render_run_pdf(report_fixture.covid_view(), Translator("vi")))).pages[0].extract_text()
    assert "Khả năng doanh thu năm 2021" in text
    assert "Bình quân của 5% xấu nhất (CVaR): 232,2 ±0,1." in " ".join(text.split())
