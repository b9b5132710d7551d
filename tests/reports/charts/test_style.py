"""Labels, lines and fonts of figures."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from forecast.reports.charts import style
from forecast.reports.charts.style import (
    MAX_LABEL_GRAPHEMES,
    chart_style,
    fit_label,
    split_graphemes,
    text_width,
    truncate_label,
    wrap_text,
)


def test_a_label_is_cut_at_eighty_graphemes() -> None:
    text = "e\u0302\u0301" * 200
    assert len(split_graphemes(truncate_label(text))) == MAX_LABEL_GRAPHEMES
    assert truncate_label("a" * 100_000).endswith("…")
    assert truncate_label("tab\there\x1b[0m \ud800 end") == "tab here[0m end"


def test_dollar_signs_are_not_mathematics() -> None:
    assert truncate_label("$100 vs $200") == "$100 vs $200"


def test_lines_fit_their_width() -> None:
    with chart_style(8):
        lines = wrap_text("một hai ba bốn năm sáu bảy tám chín mười " * 4, 2.0)
        assert all(text_width(line) <= 2.0 for line in lines)
        assert text_width(fit_label("x" * 500, 1.0)) <= 1.0


def cached_fonts() -> int:
    return style._font.cache_info().currsize


def test_a_forked_child_opens_its_own_fonts() -> None:
    """A font that both read moves one place in one file: letters went missing at random."""
    style.text_width("Bưu điện")
    assert cached_fonts() > 0
    child = os.fork() if hasattr(os, "fork") else pytest.skip("no fork here")
    if child == 0:
        os._exit(cached_fonts())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


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


DRAWERS = {"png": style.to_png, "svg": style.to_svg, "pdf": lambda figure: style.to_pdf(figure, "📦 中文")}


@pytest.mark.parametrize("weight", style.FONT_WEIGHTS)
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
    assert all(not style.letters_without_glyph([item.get_text()]) for item in figure.findobj(Text))
    boxes = sum(item.get_text().count("□") for item in figure.findobj(Text))
    assert boxes >= 7 * (text != "x\u3000y")


@pytest.mark.parametrize("weight", style.FONT_WEIGHTS)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
@settings(max_examples=100)
def test_any_text_can_be_measured_cut_and_wrapped(weight: str, text: str) -> None:
    with chart_style(8):
        assert text_width(text, weight=weight) >= 0
        assert all(text_width(line, weight=weight) <= 1.0 for line in wrap_text(text, 1.0, weight=weight))


@given(st.text(st.characters(exclude_categories=()), max_size=60))
@settings(max_examples=15)
def test_any_text_can_be_drawn(text: str) -> None:
    with chart_style(8):
        for draw in DRAWERS.values():
            assert draw(drawn_figure([truncate_label(text)] * 7, "bold"))
