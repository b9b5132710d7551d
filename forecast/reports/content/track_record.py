"""The figures of what was said on the past: did the chances hold, and what came of the fans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from forecast.arrays import Floats
from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale
from forecast.periods import format_month
from forecast.plan.scenario import Scenario
from forecast.reports.charts import CHARTS
from forecast.reports.charts.chart import PHONE_WIDTH_INCHES, Chart
from forecast.reports.content.context import RunView
from forecast.reports.content.text import measure_text, sentence_case
from forecast.timeseries.baseline import ServiceBaseline
from forecast.timeseries.evaluation.scores import COMBINATION, MarginalNormals, Origin, assess_calibration, select_fans

MAX_FANS = 6
"""Services whose fans are drawn."""


class TrackRecord(NamedTuple):
    """One service as its figures need it."""

    measured: str
    """`volume` or `revenue`."""
    origins: Sequence[Origin]
    first: int
    """The first month of the past."""
    past: Floats
    """(months,), as measured; NaN where masked."""


def run_track_records(view: RunView) -> dict[str, TrackRecord]:
    """The services whose blend the run has asked about the past, as it did; none where history is not believed."""
    found = ((name, _baseline_track_record(own)) for name, own in view.baseline.services.items() if own.checks)
    return dict(found)


def _baseline_track_record(own: ServiceBaseline) -> TrackRecord:
    assert own.forecast is not None  # what is checked is fitted
    scale = own.forecast.scale
    first = min(check.first_month for check in own.checks)
    past = np.full(max(check.first_month + len(check.actual) for check in own.checks) - first, np.nan)
    origins = []
    for check in own.checks:
        came = np.array([np.nan if value is None else value for value in check.actual])
        came = np.exp(came) if scale == "log" else came
        past[check.first_month - first :][: len(came)] = came
        said = {COMBINATION: MarginalNormals(np.array(check.mean), np.array(check.sd))}
        origins.append(Origin(check.first_month, scale, said, came, float("nan")))
    return TrackRecord(own.measured, origins, first, past)


def coverage_notes(origins: Sequence[Origin], words: Translator) -> list[str]:
    """The coverage that was reached, and by how many months; empty where nothing came."""
    calibration = assess_calibration(origins)
    if calibration is None:
        return []
    shares = {"share80": words.percent(calibration.coverage80), "share95": words.percent(calibration.coverage95)}
    return [words("backtest_held", **shares), words("backtest_overlap", months=words.number(calibration.months))]


def pool_origins(services: Mapping[str, TrackRecord]) -> list[Origin]:
    """Those of all services."""
    return [origin for one in services.values() for origin in one.origins]


def track_record_charts(
    scenario: Scenario, services: Mapping[str, TrackRecord], words: Translator, foot: str = ""
) -> dict[str, Chart]:
    """The calibration of all services together, and the fans of each."""
    judged = [(name, one) for name, one in services.items() if one.origins][:MAX_FANS]
    fans = (_fan_chart(scenario, name, one, words, foot) for name, one in judged)
    drawn = [_calibration_chart(pool_origins(services), words, foot), *fans]
    return {drawing.name: drawing for drawing in drawn if drawing is not None}


def _calibration_chart(origins: Sequence[Origin], words: Translator, foot: str) -> Chart | None:
    finding = assess_calibration(origins)
    if finding is None:
        return None
    draw, margin = CHARTS["calibration"]
    heading = words("calibration_title")
    alt = f"{heading}: " + ", ".join(words.percent(share) for share in finding.shares)
    drawn = partial(draw, finding=finding, words=words)
    return Chart("calibration", heading, alt, drawn, margin, (5.4, 3.4), (PHONE_WIDTH_INCHES, 3.4), foot)


def _fan_chart(scenario: Scenario, name: str, asked: TrackRecord, words: Translator, foot: str) -> Chart:
    fans = select_fans(asked.origins)
    measure = f"{asked.measured}.{name}"
    sizes = [float(value) for fan in fans for value in fan.high80]
    scale = choose_scale(measure, sizes, scenario.currency, words, yearly=False)
    text = sentence_case(measure_text(measure, scenario, words))
    heading = words("fan_actual_title", measure=text, unit=scale.unit)
    draw, margin = CHARTS["fan_actual"]
    drawn = partial(draw, fans=fans, first=asked.first, actual=asked.past, words=words, scale=scale)
    alt = f"{heading}: " + "; ".join(
        f"{format_month(fan.first_month)} {scale.number(fan.low80[0])}–{scale.number(fan.high80[0])}" for fan in fans
    )
    return Chart(f"fan_actual-{name}", heading, alt, drawn, margin, (5.4, 3.4), (PHONE_WIDTH_INCHES, 3.6), foot)
