"""Figures: nothing overlaps or leaves the paper, and what is printed adds up."""

from __future__ import annotations

import os
from itertools import combinations

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale, round_preserving_sum
from forecast.reports import compare, pdf_page
from forecast.reports.charts import CHARTS, style
from forecast.reports.charts.bridge import group_small_steps, rounded_amounts
from forecast.reports.charts.chart import PHONE_TYPE_POINTS, WIDE_TYPE_POINTS
from forecast.reports.charts.style import (
    MAX_LABEL_GRAPHEMES,
    chart_style,
    fit_label,
    split_graphemes,
    text_width,
    truncate_label,
    wrap_text,
)
from forecast.reports.content.charts import run_charts
from forecast.reports.page_layout import TYPE_POINTS
from tests.support import report_fixture as fixture

VIEWS = {
    "covid": fixture.covid_view,
    "hostile": fixture.hostile_view,
    "shop": fixture.shop_view,
    "three years": fixture.long_view,
}
LANGUAGES = ("vi", "en")


def faults_of(figure: Figure) -> list[str]:
    """Texts that overlap each other or leave the paper."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    page = figure.bbox.padded(0.5)
    boxes: list[tuple[str, Bbox]] = []
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text.get_visible() and text.get_text().strip():
            boxes.append((text.get_text(), Text.get_window_extent(text, renderer)))
    found = [f"leaves the page: {text!r}" for text, box in boxes if not _inside(box, page)]
    for (first, a), (second, b) in combinations(boxes, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        high = min(a.y1, b.y1) - max(a.y0, b.y0)
        if wide > 1 and high > 0.25 * min(a.height, b.height):
            found.append(f"overlap: {first!r} and {second!r}")
    return found


def _inside(box: Bbox, page: Bbox) -> bool:
    return bool(box.x0 >= page.x0 and box.x1 <= page.x1 and box.y0 >= page.y0 and box.y1 <= page.y1)


@pytest.mark.parametrize(
    ("view", "language"), [("covid", "vi"), ("covid", "en"), ("hostile", "vi"), ("shop", "en"), ("three years", "vi")]
)
def test_no_text_overlaps_or_leaves_a_figure(view: str, language: str) -> None:
    found = []
    for phone, size in ((False, WIDE_TYPE_POINTS), (True, PHONE_TYPE_POINTS)):
        with chart_style(size):
            for name, drawing in run_charts(VIEWS[view](), Translator(language)).items():  # type: ignore[arg-type]
                found += [f"{name} phone={phone}: {fault}" for fault in faults_of(drawing.figure(phone))]
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_overlaps_or_leaves_a_comparison(language: str) -> None:
    views, t = [fixture.other_view(), fixture.covid_view()], Translator(language)  # type: ignore[arg-type]
    found = []
    for phone, size in ((False, WIDE_TYPE_POINTS), (True, PHONE_TYPE_POINTS)):
        with chart_style(size):
            for drawing in compare.comparison_charts(views, t).values():
                found += faults_of(drawing.figure(phone))
    with chart_style(TYPE_POINTS):
        found += faults_of(compare.draw_comparison_sheet(views, fixture.make_differences(), t))
    assert found == []


@pytest.mark.parametrize(
    ("view", "language"), [("covid", "vi"), ("covid", "en"), ("hostile", "vi"), ("hostile", "en"), ("shop", "vi")]
)
def test_no_text_overlaps_or_leaves_the_a4_page(view: str, language: str) -> None:
    with chart_style(TYPE_POINTS):
        assert faults_of(pdf_page.draw_run_sheet(VIEWS[view](), Translator(language))) == []  # type: ignore[arg-type]


def test_a_text_put_over_another_is_found() -> None:
    with chart_style(9):
        figure = next(iter(run_charts(fixture.covid_view(), Translator("en")).values())).figure()
        figure.text(0.5, 0.5, "one over")
        figure.text(0.51, 0.5, "the other")
        figure.text(0.99, 0.2, "over the edge")
        assert len(faults_of(figure)) >= 2


def test_the_printed_waterfall_adds_up_to_the_digit() -> None:
    finding = fixture.covid_bridge()
    t = Translator("vi")
    scale = choose_scale("revenue", [250e9], "VND", t)
    for max_rows in (3, 7, 99):
        figures, decimals = rounded_amounts(finding, group_small_steps(finding.steps, max_rows, t), scale)
        assert round(sum(figures[:-1]), decimals) == figures[-1]


def test_rounding_moves_no_step_by_a_whole_digit() -> None:
    steps = [0.04, 0.04, 0.04, -1.26, 3.333]
    start, rounded, end = round_preserving_sum(10.04, steps, 10.04 + sum(steps), 1)
    assert round_preserving_sum(0.0, [1e100, -1e100], 1e99, 2)[2] == 1e99  # ends, though nothing adds up there
    assert round(start + sum(rounded), 1) == end
    assert all(abs(a - b) < 0.1 for a, b in zip(steps, rounded, strict=True))


def test_the_smallest_steps_are_put_together_but_never_the_gap() -> None:
    steps = group_small_steps(fixture.covid_bridge().steps, 5, Translator("en"))
    assert len(steps) == 5
    assert any(step.name == "gap" for step in steps)
    assert sum(step.amount for step in steps) == pytest.approx(8e9)


def test_a_label_is_cut_at_eighty_graphemes() -> None:
    text = "e\u0302\u0301" * 200
    assert len(split_graphemes(truncate_label(text))) == MAX_LABEL_GRAPHEMES
    assert truncate_label("a" * 100_000).endswith("…")
    assert truncate_label("tab\there\x1b[0m \ud800 end") == "tab here[0m end"


def test_a_dollar_is_a_dollar() -> None:
    assert truncate_label("$100 vs $200") == "$100 vs $200"


def test_lines_fit_their_width() -> None:
    with chart_style(8):
        lines = wrap_text("một hai ba bốn năm sáu bảy tám chín mười " * 4, 2.0)
        assert all(text_width(line) <= 2.0 for line in lines)
        assert text_width(fit_label("x" * 500, 1.0)) <= 1.0


@pytest.mark.parametrize(
    ("amount", "currency", "language", "shown"),
    [
        (250e9, "VND", "vi", "250 tỷ đồng"),
        (250e9, "VND", "en", "250 billion VND"),
        (60_000, "EUR", "en", "60.0 thousand EUR"),
        (60_000, "EUR", "vi", "60,0 nghìn EUR"),
        (-1.5e6, "EUR", "en", "\N{MINUS SIGN}1.50 million EUR"),
        (12, "EUR", "en", "12 EUR"),
    ],
)
def test_money_is_said_in_a_unit_that_fits(amount: float, currency: str, language: str, shown: str) -> None:
    assert choose_scale("revenue", [amount], currency, Translator(language)).amount(amount) == shown  # type: ignore[arg-type]


def test_a_threshold_keeps_the_digits_of_its_planner() -> None:
    scale = choose_scale("revenue", [250.5e9], "VND", Translator("vi"))
    assert scale.exact_amount(250e9) == "250 tỷ đồng"
    assert scale.exact_amount(250.5e9) == "250,5 tỷ đồng"
    assert (
        choose_scale("productivity", [136e6], "VND", Translator("vi")).exact_amount(136e6) == "136 triệu đồng/người/năm"
    )


def test_the_same_figure_is_the_same_bytes() -> None:
    drawing = run_charts(fixture.covid_view(), Translator("vi"))["bridge"]
    assert drawing.svg() == drawing.svg()
    assert drawing.png() == drawing.png()


def test_every_chart_file_is_listed() -> None:
    from pathlib import Path

    import forecast.reports.charts

    files = {path.stem for path in Path(forecast.reports.charts.__file__).parent.glob("*.py")} - {"__init__"}
    drawn = {figure.draw.__module__.rpartition(".")[2] for figure in CHARTS.values()}
    assert drawn == files - {"chart", "rows", "style"}


def _fonts_kept() -> int:
    return style._font.cache_info().currsize


def test_a_forked_child_opens_its_own_fonts() -> None:
    """A font that both read moves one place in one file: letters went missing at random."""
    style.text_width("Bưu điện")
    assert _fonts_kept() > 0
    child = os.fork() if hasattr(os, "fork") else pytest.skip("no fork here")
    if child == 0:
        os._exit(_fonts_kept())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
