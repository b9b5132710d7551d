"""Labels, lines and fonts of figures."""

from __future__ import annotations

import os

import pytest

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
