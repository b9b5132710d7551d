"""Labels, lines and fonts of figures."""

from __future__ import annotations

import unicodedata
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text
from pypdf import PdfReader

from forecast.reports import fonts
from forecast.reports.charts import style
from forecast.reports.charts.style import chart_style, fit_label, text_width, wrap_text
from forecast.reports.fonts import FONT_WEIGHTS, truncate_label


def test_lines_fit_their_width() -> None:
    with chart_style(8):
        lines = wrap_text("một hai ba bốn năm sáu bảy tám chín mười " * 4, 2.0)
        assert all(text_width(line) <= 2.0 for line in lines)
        assert text_width(fit_label("x" * 500, 1.0)) <= 1.0


def drawn_figure(texts: list[str], weight: str) -> Figure:
    """A figure with a text at every place where a label of a plan may stand; the ticks are ours."""
    figure = style.new_figure(6, 4)
    axes = style.add_axes(figure, (0.5, 0.5, 5, 3), style.Margin(1, 1, 1, 1))
    axes.plot([0, 1], [0, 1], label=f"x{texts[0]}")
    axes.set_title(texts[1], weight=weight)
    axes.set_xlabel(texts[2])
    axes.annotate(texts[3], (0.5, 0.5))
    axes.legend()
    figure.suptitle("\n".join(texts[4:6]), weight=weight)
    figure.text(0.1, 0.1, texts[6], weight=weight)
    return figure


DRAWERS = {"png": style.to_png, "pdf": lambda figure: style.to_pdf([figure], "📦 中文")}


@pytest.mark.parametrize("weight", FONT_WEIGHTS)
@pytest.mark.parametrize("form", DRAWERS)
@pytest.mark.parametrize(
    "text", ["📦", "中文", "ไทย", "👩\u200d👩 🇻🇳", "\ue000\U0001fae9", "x\u3000y", "\U0001d5a0", "e\U0001f3fb"]
)
@pytest.mark.filterwarnings("error")
def test_a_letter_without_a_glyph_is_a_box_in_every_format(text: str, form: str, weight: str) -> None:
    with chart_style(9):
        figure = drawn_figure([f"Bưu {text} điện"] * 7, weight)
        content = DRAWERS[form](figure)
        assert text_width(text, weight=weight) > 0
    assert len(content) > 1000
    assert all(not fonts.letters_without_glyph([item.get_text()]) for item in figure.findobj(Text))
    boxes = sum(item.get_text().count("□") for item in figure.findobj(Text))
    assert boxes >= 7 * (text != "x\u3000y")


@pytest.mark.parametrize("weight", FONT_WEIGHTS)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
@settings(max_examples=100)
def test_any_text_can_be_measured_cut_and_wrapped(weight: str, text: str) -> None:
    with chart_style(8):
        assert text_width(text, weight=weight) >= 0
        assert all(text_width(line, weight=weight) <= 1.0 for line in wrap_text(text, 1.0, weight=weight))


@pytest.mark.slow
@given(st.text(st.characters(exclude_categories=()), max_size=60))
@settings(max_examples=15)
def test_any_text_can_be_drawn(text: str) -> None:
    with chart_style(8):
        for draw in DRAWERS.values():
            assert draw(drawn_figure([truncate_label(text)] * 7, "bold"))


def embedded_fonts(text: str) -> set[str]:
    """Names of the fonts that a PDF embeds for a text."""
    with chart_style(9):
        figure = style.new_figure(4, 1)
        figure.text(0.1, 0.5, text)
        figure.text(0.1, 0.1, text, weight="bold")
        page = PdfReader(BytesIO(style.to_pdf([figure], "title"))).pages[0]
    assert unicodedata.normalize("NFC", page.extract_text()).splitlines() == [text, text]
    return {str(font["/BaseFont"]).partition("+")[2] for font in map(get_object, page["/Resources"]["/Font"].values())}


def get_object(font: Any) -> Any:
    """A font of a page, or that below it which holds the glyphs."""
    font = font.get_object()
    return font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font


def test_a_pdf_embeds_the_full_fonts_only_for_letters_that_the_small_ones_lack() -> None:
    small = {"DejaVuSansLatin", "DejaVuSansLatin-Bold"}
    assert embedded_fonts("Đường sá ngập lụt, 250 tỷ ₫ − ▲ → 80% ≥ Ω") == small
    assert embedded_fonts("Москва, ngập lụt") == small | {"DejaVuSans", "DejaVuSans-Bold"}
