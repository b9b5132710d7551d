"""The track record: what earlier forecasts gave and how actual months compare."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from forecast.arrays import Floats
from forecast.i18n import Translator
from forecast.periods import parse_month
from forecast.reports.charts.chart import PHONE_TYPE_POINTS, WIDE_TYPE_POINTS
from forecast.reports.charts.style import chart_style
from forecast.reports.content.charts import run_charts
from forecast.reports.content.context import RunView
from forecast.reports.content.track_record import TrackRecord, run_track_records, track_record_charts
from forecast.reports.html_page import render_run_page
from forecast.timeseries.ensemble.interval_calibration import OriginCheck
from tests.support import plans, report_fixture
from tests.support.backtests import quarterly_origins
from tests.support.figures import layout_faults


def draw_track_record(language: str) -> list[tuple[str, Figure]]:
    scenario = plans.read_plan_text(
        plans.ONE_SERVICE.replace(
            "  a:", "  a:\n    label: {en: Parcels of every size and place, vi: Bưu kiện mọi cỡ mọi nơi}\n   "
        )
        .replace("{baseline:", "baseline:")
        .replace("flat}}", "flat}")
    )
    t = Translator("vi" if language == "vi" else "en")
    past: Floats = np.concatenate([np.full(40, 20.0), [np.nan], np.full(19, 21.0)])
    asked = {"a": TrackRecord("revenue", quarterly_origins(), parse_month("2016-01"), 1e9 * past)}
    figures = []
    for drawing in track_record_charts(scenario, asked, t).values():
        for phone, size in ((False, WIDE_TYPE_POINTS), (True, PHONE_TYPE_POINTS)):
            with chart_style(size):
                figures.append((f"{drawing.name} {phone}", drawing.figure(phone)))
    return figures


def view_with_checks() -> RunView:
    """A run whose blend was asked at twelve past months of one service."""
    view = report_fixture.covid_view()
    checks = tuple(
        OriginCheck(
            origin.first_month,
            tuple(np.log(origin.forecasts["blend"].mean)),
            tuple(np.full(len(origin.actual), 0.006)),
            (*np.log(origin.actual[:-1]), None),
        )
        for origin in quarterly_origins()
    )
    postal = view.baseline.services["postal"]
    asked = SimpleNamespace(**{**vars(postal), "checks": checks, "forecast": SimpleNamespace(scale="log")})
    services = {**view.baseline.services, "postal": asked}
    return replace(view, baseline=SimpleNamespace(**{**vars(view.baseline), "services": services}))


def test_a_run_shows_its_track_record() -> None:
    view, t = view_with_checks(), Translator("en")
    asked = run_track_records(view)
    assert list(asked) == ["postal"]
    oldest = quarterly_origins()[-1]
    assert asked["postal"].first_month == oldest.first_month
    assert asked["postal"].actual[:3] == pytest.approx(oldest.actual[:3])
    assert {"calibration", "fan_actual-postal"} < set(run_charts(view, t))
    text = render_run_page(view, t).decode()
    assert t("backtest_calibration_head") in text
    assert "lie in the 80% interval" in text


def test_a_run_on_reconstructed_months_shows_no_track_record() -> None:
    view, t = report_fixture.covid_view(), Translator("en")
    assert run_track_records(view) == {}
    assert not {name for name in run_charts(view, t) if name.startswith(("calibration", "fan_actual"))}
    assert t("backtest_calibration_head") not in render_run_page(view, t).decode()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_track_record_charts_have_no_overlapping_text(language: str) -> None:
    drawn = draw_track_record(language)
    assert len(drawn) == 4
    for name, figure in drawn:
        with chart_style(WIDE_TYPE_POINTS):
            assert layout_faults(figure) == [], name
