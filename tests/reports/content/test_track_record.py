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
from forecast.reports.content.text import sentence_case
from forecast.reports.content.track_record import (
    TrackRecord,
    coverage_notes,
    run_track_records,
    track_record_charts,
)
from forecast.reports.html_page import render_run_page
from forecast.timeseries.ensemble.interval_calibration import OriginCheck
from forecast.timeseries.ensemble.sum_scores import SumScore
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
    booked = np.where(np.isnan(past), 12.0, np.nan)
    asked = {"a": TrackRecord("revenue", quarterly_origins(), parse_month("2016-01"), 1e9 * past, 1e9 * booked)}
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
            tuple(SumScore("3", 0.5, 0.4, 1e8, 6e10) for _ in range(len(origin.actual) // 3)),
        )
        for origin in quarterly_origins()
    )
    postal = view.baseline.services["postal"]
    masked = dict.fromkeys(range(parse_month("2020-04"), parse_month("2020-08")), 1e10)
    asked = SimpleNamespace(
        **{**vars(postal), "checks": checks, "masked_actual": masked, "forecast": SimpleNamespace(scale="log")}
    )
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


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_run_prints_sums_of_months_and_says_where_they_are_too_few(language: str) -> None:
    t = Translator("vi" if language == "vi" else "en")
    text = render_run_page(view_with_checks(), t).decode()
    assert t("sums_length_3") in text
    assert sentence_case(t("sums_too_few", length=t("sums_length_12"), count="0", needed="6")) in text
    assert sentence_case(t("sums_too_few", length=t("sums_length_3"), count="33", needed="6")) not in text


@pytest.mark.parametrize(
    ("language", "sentence"), [("vi", "4 tháng bỏ qua"), ("en", "4 masked months are drawn hollow")]
)
def test_masked_months_are_hollow_counted_and_said(language: str, sentence: str) -> None:
    view, t = view_with_checks(), Translator("vi" if language == "vi" else "en")
    assert sentence in render_run_page(view, t).decode()
    chart = run_charts(view, t)["fan_actual-postal"]
    assert sentence in chart.alt
    with chart_style(WIDE_TYPE_POINTS):
        figure = chart.figure()
    hollow = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "none"]
    assert len(hollow) == 1
    shown = ~np.isnan(np.asarray(hollow[0].get_ydata(), float))
    assert np.asarray(hollow[0].get_xdata())[shown].tolist() == list(
        range(parse_month("2020-04"), parse_month("2020-08"))
    )


def test_without_masked_months_nothing_is_said_of_them() -> None:
    t = Translator("en")
    record = TrackRecord("revenue", quarterly_origins(), parse_month("2018-01"), np.full(36, 2e10), np.full(36, np.nan))
    assert record.masked_months == []
    assert not any("masked" in note for note in coverage_notes({"a": record}, t))
    single = record._replace(masked_actual=np.where(np.arange(36) == 20, 1e10, np.nan))
    assert "1 masked month is drawn hollow and left out of the scores." in coverage_notes({"a": single}, t)


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
