"""Track record of the baseline: calibration of its past forecasts, and fans with the actual months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from forecast.arrays import Floats
from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale, whole_percent
from forecast.periods import format_month
from forecast.plan.scenario import Scenario
from forecast.reports.charts import CHARTS
from forecast.reports.charts.chart import PHONE_WIDTH_INCHES, Chart
from forecast.reports.charts.fan_with_actuals import ActualMonths, first_shown_month
from forecast.reports.content.context import RunView
from forecast.reports.content.text import measure_text, period_text, sentence_case
from forecast.timeseries.baseline import ServiceBaseline
from forecast.timeseries.ensemble.sum_scores import SumScore
from forecast.timeseries.evaluation.scores import COMBINATION, MarginalNormals, Origin, assess_calibration, select_fans

__all__ = ["masked_notes"]

MAX_FANS = 6
"""Services whose fans are drawn, at most."""


class TrackRecord(NamedTuple):
    """Past forecasts and actual months of one service."""

    measured: str
    """`volume` or `revenue`."""
    origins: Sequence[Origin]
    first_month: int
    """First month of `actual`."""
    actual: Floats
    """(months,), as measured; NaN where masked."""
    masked_actual: Floats
    """(months,), as booked where masked, else NaN."""
    sums: Sequence[SumScore] = ()
    """Scores of months and of sums of them at all origins."""

    @property
    def masked_months(self) -> list[int]:
        """Masked months that the chart shows."""
        if not self.origins:
            return []
        start = first_shown_month(select_fans(self.origins), self.first_month)
        rows = np.flatnonzero(~np.isnan(self.masked_actual))
        return [month for row in rows if (month := self.first_month + int(row)) >= start]


def run_track_records(view: RunView) -> dict[str, TrackRecord]:
    """Return the services whose combined forecast the run has checked on past months."""
    records = (
        (name, _baseline_track_record(service)) for name, service in view.baseline.services.items() if service.checks
    )
    return dict(records)


def _baseline_track_record(service: ServiceBaseline) -> TrackRecord:
    assert service.forecast is not None  # what is checked is fitted
    scale = service.forecast.scale
    first_month = min(check.first_month for check in service.checks)
    actual = np.full(max(check.first_month + len(check.actual) for check in service.checks) - first_month, np.nan)
    origins = []
    for check in service.checks:
        values = np.array([np.nan if value is None else value for value in check.actual])
        values = np.exp(values) if scale == "log" else values
        actual[check.first_month - first_month :][: len(values)] = values
        forecasts = {COMBINATION: MarginalNormals(np.array(check.mean), np.array(check.sd))}
        origins.append(Origin(check.first_month, scale, forecasts, values, float("nan")))
    months = range(first_month, first_month + len(actual))
    masked = np.array([service.masked_actual.get(month, np.nan) for month in months])
    sums = [score for check in service.checks for score in check.sums]
    return TrackRecord(service.measured, origins, first_month, actual, masked, sums)


def coverage_notes(services: Mapping[str, TrackRecord], t: Translator) -> list[str]:
    """Return the sentences on coverage, the number of months and the masked ones; empty without a scored month."""
    calibration = assess_calibration(pool_origins(services))
    if calibration is None:
        return []
    shares = {
        "share80": whole_percent(calibration.coverage80, t),
        "share95": whole_percent(calibration.coverage95, t),
    }
    notes = [t("backtest_coverage", **shares), t("backtest_overlap", months=t.number(calibration.months))]
    n_masked = sum(len(record.masked_months) for record in services.values())
    return notes + masked_notes(n_masked, t)


def masked_notes(n_masked: int, t: Translator) -> list[str]:
    """Return the sentence on the masked months that charts show.

    Parameters
    ----------
    n_masked : int
        Number of them.
    t : Translator
        Language of the sentence.

    Returns
    -------
    list of str
        Empty without any.
    """
    if n_masked == 0:
        return []
    return [t("backtest_masked_one") if n_masked == 1 else t("backtest_masked", count=t.number(n_masked))]


def pool_origins(services: Mapping[str, TrackRecord]) -> list[Origin]:
    """Return the origins of all services."""
    return [origin for record in services.values() for origin in record.origins]


def track_record_charts(
    scenario: Scenario, services: Mapping[str, TrackRecord], t: Translator, foot: str = ""
) -> dict[str, Chart]:
    """Return the calibration of all services together, and the fans of each."""
    scored = [(name, record) for name, record in services.items() if record.origins][:MAX_FANS]
    fans = (_fan_chart(scenario, name, record, t, foot) for name, record in scored)
    charts = [_calibration_chart(pool_origins(services), t, foot), *fans]
    return {chart.name: chart for chart in charts if chart is not None}


def _calibration_chart(origins: Sequence[Origin], t: Translator, foot: str) -> Chart | None:
    finding = assess_calibration(origins)
    if finding is None:
        return None
    draw, margin = CHARTS["calibration"]
    heading = t("calibration_title")
    alt = f"{heading}: " + ", ".join(whole_percent(share, t) for share in finding.shares)
    draw_bars = partial(draw, finding=finding, t=t)
    return Chart("calibration", heading, alt, draw_bars, margin, (5.4, 3.4), (PHONE_WIDTH_INCHES, 3.4), foot)


def _fan_chart(scenario: Scenario, name: str, record: TrackRecord, t: Translator, foot: str) -> Chart:
    fans = select_fans(record.origins)
    measure = f"{record.measured}.{name}"
    sizes = [float(value) for fan in fans for value in fan.high80]
    scale = choose_scale(measure, sizes, scenario.currency, t, yearly=False)
    text = sentence_case(measure_text(measure, scenario, t))
    heading = t("fan_actual_title", measure=text, unit=scale.unit)
    draw, margin = CHARTS["fan_actual"]
    months = ActualMonths(record.first_month, record.actual, record.masked_actual)
    draw_fans = partial(draw, fans=fans, months=months, t=t, scale=scale)
    alt = f"{heading}: " + "; ".join(
        f"{period_text(format_month(fan.first_month), t)} {scale.number(fan.low80[0])}–{scale.number(fan.high80[0])}"
        for fan in fans
    )
    alt = ". ".join([alt, *masked_notes(len(record.masked_months), t)])
    return Chart(f"fan_actual-{name}", heading, alt, draw_fans, margin, (5.4, 3.4), (PHONE_WIDTH_INCHES, 3.6), foot)
