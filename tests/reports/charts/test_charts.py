"""Charts: nothing overlaps or leaves the figure, and the same figure is the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.axes import Axes

from forecast.i18n import Translator
from forecast.reports.charts import CHARTS
from forecast.reports.charts.chart import PAGE_TYPE_POINTS
from forecast.reports.charts.style import FAINT, INK, PAPER, chart_style, new_figure
from forecast.reports.charts.svg import render_inline_svg
from forecast.reports.content.charts import run_charts
from tests.support import report_fixture
from tests.support.figures import layout_faults

VIEWS = {
    "covid": report_fixture.covid_view,
    "hostile": report_fixture.hostile_view,
    "shop": report_fixture.shop_view,
    "three years": report_fixture.long_view,
}


@pytest.mark.parametrize(
    ("view", "language"), [("covid", "vi"), ("covid", "en"), ("hostile", "vi"), ("shop", "en"), ("three years", "vi")]
)
def test_no_text_overlaps_or_leaves_a_chart(view: str, language: str) -> None:
    faults = []
    with chart_style(PAGE_TYPE_POINTS):
        for name, drawing in run_charts(VIEWS[view](), Translator(language)).items():  # type: ignore[arg-type]
            faults += [f"{name}: {fault}" for fault in layout_faults(drawing.figure())]
    assert faults == []


def test_overlapping_text_is_detected() -> None:
    with chart_style(9):
        figure = next(iter(run_charts(report_fixture.covid_view(), Translator("en")).values())).figure()
        figure.text(0.5, 0.5, "one over")
        figure.text(0.51, 0.5, "the other")
        figure.text(0.99, 0.2, "over the edge")
        assert len(layout_faults(figure)) >= 2


@pytest.mark.parametrize(
    ("draw", "fault"),
    [
        (lambda axes: axes.plot([0, 1], [0.5, 0.5], color=INK, zorder=0), "crossed by line"),
        (lambda axes: axes.plot([0, 1], [0.5, 0.5], color=INK, zorder=9), "crossed by line"),
        (lambda axes: axes.plot([0, 1], [0.5, 0.5], color=FAINT, zorder=9), "crossed by line"),
        (lambda axes: axes.bar([0.5], [0.5], 0.2), "crossed by edge of a bar"),
        (lambda axes: axes.hlines([0.5], 0, 1, color=INK), "crossed by line"),
        (lambda axes: axes.scatter([0.5], [0.5], color=INK), "crossed by mark"),
        (lambda axes: axes.plot([0.5], [0.5], "o", color=INK), "crossed by mark"),
        (lambda axes: axes.set_xlim(0.5, 1), "crossed by spine left"),
    ],
)
@pytest.mark.parametrize("has_paper", [False, True])
def test_a_line_through_a_text_is_detected(draw: Callable[[Axes], object], fault: str, has_paper: bool) -> None:
    with chart_style(9):
        figure = new_figure(4, 3)
        axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        axes.set(xlim=(0, 1), ylim=(0, 1))
        paper = {"facecolor": PAPER, "edgecolor": "none"} if has_paper else None
        axes.text(0.5, 0.5, "a text", ha="center", va="center", bbox=paper)
        assert layout_faults(figure) == []
        draw(axes)
        assert [text.partition(":")[0] for text in layout_faults(figure)] == [fault]


@pytest.mark.parametrize("has_paper", [False, True])
def test_a_text_hides_the_grid_only_with_paper_of_its_own(has_paper: bool) -> None:
    with chart_style(9):
        figure = new_figure(4, 3)
        axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        axes.set(xlim=(0, 1), ylim=(0, 1), yticks=[0.5])
        axes.grid(axis="y", color=FAINT)
        axes.set_axisbelow(True)
        axes.text(0.5, 0.5, "a text", ha="center", va="center", bbox={"facecolor": PAPER} if has_paper else None)
        assert len(layout_faults(figure)) == (0 if has_paper else 1)


def test_the_same_chart_is_the_same_bytes() -> None:
    drawing = run_charts(report_fixture.covid_view(), Translator("vi"))["bridge"]
    assert render_inline_svg({"vi": drawing}, "a") == render_inline_svg({"vi": drawing}, "a")
    assert drawing.png() == drawing.png()


def test_every_chart_file_is_listed() -> None:

    import forecast.reports.charts

    files = {path.stem for path in Path(forecast.reports.charts.__file__).parent.glob("*.py")} - {"__init__"}
    drawn = {figure.draw.__module__.rpartition(".")[2] for figure in CHARTS.values()}
    assert drawn == files - {"chart", "point_label", "rectangles", "rows", "style", "svg", "time_axis"}


def test_charts_are_png_images() -> None:
    made = {name: chart.png() for name, chart in run_charts(report_fixture.shop_view(), Translator("en")).items()}
    assert set(made) == {"dots", "months", "bridge", "exceedance"}
    assert all(png.startswith(b"\x89PNG") for png in made.values())
