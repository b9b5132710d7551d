"""The chance by month: every point has its figure or none overlaps, on a page and on a phone."""

from __future__ import annotations

import pytest

from forecast.i18n import LANGUAGES, Language, Translator
from forecast.i18n.amounts import whole_percent
from forecast.reports.charts.chart import PAGE_TYPE_POINTS
from forecast.reports.charts.style import add_axes, chart_style, new_figure
from forecast.reports.content.charts import run_charts
from tests.support.closed_plans import ClosedPlan
from tests.support.figures import layout_faults


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["chance_by_month", "months"])
def test_no_text_overlaps(march: ClosedPlan, language: Language, name: str) -> None:
    chart = run_charts(march.view, Translator(language))[name]
    with chart_style(PAGE_TYPE_POINTS):
        assert layout_faults(chart.figure()) == []


def test_each_point_has_its_chance_and_its_cause(march: ClosedPlan) -> None:
    chart = run_charts(march.view, Translator("en"))["chance_by_month"]
    with chart_style(PAGE_TYPE_POINTS):
        axes = chart.figure().axes[0]
        wide = new_figure(11, 3)
        chart.draw(add_axes(wide, (0, 0, 11, 3), chart.margin))
    texts = " ".join(text.get_text() for text in axes.texts)
    causes = " ".join(text.get_text() for text in wide.axes[0].texts)
    chances = [whole_percent(point.chances["revenue"].value, Translator("en"), 0.6) for point in march.year.chances]
    assert all(chance in texts for chance in chances)
    assert "Works" in causes or "Water" in causes or "Open" in causes
    assert [tick.get_text() for tick in wide.axes[0].get_xticklabels()][:4] == ["Plan", "Jan", "Feb", "Mar"]
    assert axes.get_xlim()[1] > 12


@pytest.mark.parametrize(("language", "label"), [("en", "Last closed month"), ("vi", "Tháng khoá sổ gần nhất")])
def test_the_axis_says_that_points_stand_over_the_last_closed_month(
    march: ClosedPlan, language: Language, label: str
) -> None:
    chart = run_charts(march.view, Translator(language))["chance_by_month"]
    with chart_style(PAGE_TYPE_POINTS):
        axes = chart.figure().axes[0]
    assert axes.get_xlabel() == label
    assert label in chart.alt
    last = Translator(language)("month_3")  # books closed to March
    assert chart.alt.rpartition("; ")[2].startswith(last)
    assert axes.collections[-1].get_offsets()[-1][0] == 3


def test_months_have_a_line_at_the_close(march: ClosedPlan) -> None:
    chart = run_charts(march.view, Translator("en"))["months"]
    with chart_style(PAGE_TYPE_POINTS):
        axes = chart.figure().axes[0]
    verticals = [x for line in axes.lines for x in line.get_xdata() if len(set(line.get_xdata())) == 1]
    assert set(verticals) == {2.515}
    legend = axes.get_legend()
    assert legend is not None
    assert {"actual, closed", "plan of the month", "closed"} <= {text.get_text() for text in legend.get_texts()}
