"""Every chart of every shipped plan, in both languages: no text overlaps another, leaves the paper or is crossed."""

from __future__ import annotations

from dataclasses import replace

import pytest

import forecast
from forecast.i18n import LANGUAGES, Translator
from forecast.reports.charts.chart import PAGE_TYPE_POINTS
from forecast.reports.charts.style import chart_style
from forecast.reports.content.charts import run_charts
from forecast.reports.content.decision_section import decision_blocks
from forecast.reports.decision_page import draw_decision_sheet
from forecast.reports.page_layout import TYPE_POINTS
from forecast.reports.pdf_page import draw_run_sheet
from forecast.timeseries.baseline import fit_baseline
from forecast.workflows.cases import simulate_cases
from forecast.workflows.decisions import add_decisions
from forecast.workflows.publish import build_view
from forecast.workflows.request import RunRequest
from tests.support.figures import layout_faults
from tests.support.plans import SCENARIOS

PLANS = (
    "by-commune", "competition-series", "covid", "covid-and-floods", "hindcast-2021", "months/2025-06", "national",
    "no-initiatives", "plan-2021", "shop-chain", "storms-and-floods", "water-2025", "without-history",
)  # fmt: skip
DECIDED = ("covid-and-floods", "hindcast-2021", "months/2025-06", "shop-chain")
"""Plans whose levers are drawn, too."""
PATHS = 8_192


def test_every_shipped_plan_is_tried() -> None:
    assert {path.stem for path in SCENARIOS.glob("*.yaml")} <= set(PLANS)


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANS)
def test_no_text_of_a_shipped_plan_is_crossed(name: str) -> None:
    scenario = forecast.read(SCENARIOS / f"{name}.yaml")
    baseline = fit_baseline(scenario)
    run = forecast.simulate(scenario, paths=PATHS, keep=PATHS, baseline=baseline)
    request = RunRequest.from_simulation(run)
    request = replace(request, decides=name in DECIDED)
    view = add_decisions(build_view(run, request, simulate_cases(request) if name != "national" else ()), run, request)
    faults = []
    for language in LANGUAGES:
        t = Translator(language)
        with chart_style(PAGE_TYPE_POINTS):
            for chart in run_charts(view, t).values():
                faults += [f"{language} {chart.name}: {fault}" for fault in layout_faults(chart.figure())]
        with chart_style(TYPE_POINTS):
            faults += [f"{language} A4: {fault}" for fault in layout_faults(draw_run_sheet(view, t))]
            if blocks := decision_blocks(view, t):
                sheet = draw_decision_sheet(view, blocks, run_charts(view, t), t)
                faults += [f"{language} A4, decisions: {fault}" for fault in layout_faults(sheet)]
    assert faults == []
