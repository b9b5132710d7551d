"""The bridge: printed steps add up, zero steps are left out, and a profit has its revenue as a subtotal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale
from forecast.reports.charts.bridge import axis_origin, bridge_rows, group_small_steps, rounded_amounts
from forecast.reports.charts.chart import PAGE_TYPE_POINTS
from forecast.reports.charts.style import chart_style
from forecast.reports.content.charts import run_charts
from tests.support import report_fixture


def test_printed_bridge_steps_add_up() -> None:
    finding = report_fixture.covid_bridge()
    t = Translator("vi")
    scale = choose_scale("revenue", [250e9], "VND", t)
    for max_rows in (3, 7, 99):
        figures, decimals = rounded_amounts(finding, group_small_steps(finding.steps, max_rows, t), scale)
        assert round(sum(figures[:-1]), decimals) == figures[-1]


def test_the_smallest_steps_are_one_row_where_the_first_of_them_was() -> None:
    finding = report_fixture.covid_bridge()
    steps = group_small_steps(finding.steps, 5, Translator("en"))
    assert len(steps) == 5
    assert [step.name for step in steps][3:] == ["6 smaller steps together", "base"]
    assert sum(step.amount for step in steps) == pytest.approx(258e9 - 249e9)


def test_the_waterfall_goes_from_last_year_to_the_forecast_with_the_plan_as_a_line() -> None:
    chart = run_charts(report_fixture.covid_view(), Translator("en"))["bridge"]
    with chart_style(PAGE_TYPE_POINTS):
        axes = chart.figure().axes[0]
    texts = [text.get_text().replace("\n", " ") for text in axes.texts]
    assert texts[0].startswith("Last year")
    assert "249.0" in texts
    assert "258.0" in texts
    assert "Plan 250 billion VND" in texts
    plan_lines = [line for line in axes.lines if set(line.get_xdata()) == {250e9}]
    assert len(plan_lines) == 1


def test_a_step_that_is_printed_as_zero_is_left_out() -> None:
    finding, t = report_fixture.covid_bridge(), Translator("en")
    scale = choose_scale("revenue", [250e9], "VND", t)
    tiny = replace(finding, steps=(*finding.steps, report_fixture.make_step("shocks.hail", 1e7)))
    assert [row.label for row in bridge_rows(tiny, t, scale, 99)] == [
        row.label for row in bridge_rows(finding, t, scale, 99)
    ]
    visible = replace(finding, steps=(*finding.steps, report_fixture.make_step("shocks.hail", 1e8)))
    assert len(bridge_rows(visible, t, scale, 99)) == len(bridge_rows(finding, t, scale, 99)) + 1


def test_a_profit_starts_at_nothing_and_has_the_revenue_as_a_subtotal() -> None:
    finding, t = report_fixture.shop_view().findings.bridge, Translator("en")
    assert finding is not None
    rows = bridge_rows(finding, t, choose_scale("profit", [674_500.0], "EUR", t))
    assert [row.text for row in rows] == ["+381.0", "+293.5", "674.5", "−608.5", "66.0"]
    assert [row.is_total for row in rows] == [False, False, True, False, True]
    assert rows[2].label == "Revenue"
    assert (rows[2].start, rows[2].amount) == (0.0, 674_500.0)
    assert axis_origin(finding) == 0
