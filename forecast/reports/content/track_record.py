"""The figures of what was said on the past: did the chances hold, and what came of the fans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from forecast.arrays import Floats
from forecast.i18n import Words
from forecast.i18n.amounts import scale_of
from forecast.periods import month_text
from forecast.plan.scenario import Scenario
from forecast.reports.charts import FIGURES
from forecast.reports.charts.chart import PHONE, Drawing
from forecast.reports.content.context import RunView
from forecast.reports.content.text import measure_text, sentence_case
from forecast.timeseries.baseline import ServiceBaseline
from forecast.timeseries.evaluation.scores import BLEND, Origin, Said, calibration_of, fans_of

MOST_FANS = 6
"""Services whose fans are drawn."""


class Asked(NamedTuple):
    """One service as its figures need it."""

    measured: str
    """`volume` or `revenue`."""
    origins: Sequence[Origin]
    first: int
    """The first month of the past."""
    past: Floats
    """(months,), as measured; NaN where masked."""


def of_run(view: RunView) -> dict[str, Asked]:
    """The services whose blend the run has asked about the past, as it did; none where history is not believed."""
    found = ((name, _of_baseline(own)) for name, own in view.baseline.services.items() if own.checks)
    return dict(found)


def _of_baseline(own: ServiceBaseline) -> Asked:
    assert own.forecast is not None  # what is checked is fitted
    scale = own.forecast.scale
    first = min(check.first for check in own.checks)
    past = np.full(max(check.first + len(check.came) for check in own.checks) - first, np.nan)
    origins = []
    for check in own.checks:
        came = np.array([np.nan if value is None else value for value in check.came])
        came = np.exp(came) if scale == "log" else came
        past[check.first - first :][: len(came)] = came
        said = {BLEND: Said(np.array(check.mean), np.array(check.sd))}
        origins.append(Origin(check.first, scale, said, came, float("nan")))
    return Asked(own.measured, origins, first, past)


def held(origins: Sequence[Origin], words: Words) -> list[str]:
    """The coverage that was reached, and by how many months; empty where nothing came."""
    calibration = calibration_of(origins)
    if calibration is None:
        return []
    shares = {"share80": words.percent(calibration.coverage80), "share95": words.percent(calibration.coverage95)}
    return [words("backtest_held", **shares), words("backtest_overlap", months=words.number(calibration.months))]


def origins_of(services: Mapping[str, Asked]) -> list[Origin]:
    """Those of all services."""
    return [origin for one in services.values() for origin in one.origins]


def drawings_of(scenario: Scenario, services: Mapping[str, Asked], words: Words, foot: str = "") -> dict[str, Drawing]:
    """The calibration of all services together, and the fans of each."""
    judged = [(name, one) for name, one in services.items() if one.origins][:MOST_FANS]
    fans = (_fans(scenario, name, one, words, foot) for name, one in judged)
    drawn = [_calibration(origins_of(services), words, foot), *fans]
    return {drawing.name: drawing for drawing in drawn if drawing is not None}


def _calibration(origins: Sequence[Origin], words: Words, foot: str) -> Drawing | None:
    finding = calibration_of(origins)
    if finding is None:
        return None
    draw, margin = FIGURES["calibration"]
    heading = words("calibration_title")
    alt = f"{heading}: " + ", ".join(words.percent(share) for share in finding.shares)
    drawn = partial(draw, finding=finding, words=words)
    return Drawing("calibration", heading, alt, drawn, margin, (5.4, 3.4), (PHONE, 3.4), foot)


def _fans(scenario: Scenario, name: str, asked: Asked, words: Words, foot: str) -> Drawing:
    fans = fans_of(asked.origins)
    measure = f"{asked.measured}.{name}"
    sizes = [float(value) for fan in fans for value in fan.high80]
    scale = scale_of(measure, sizes, scenario.currency, words, yearly=False)
    text = sentence_case(measure_text(measure, scenario, words))
    heading = words("fan_actual_title", measure=text, unit=scale.unit)
    draw, margin = FIGURES["fan_actual"]
    drawn = partial(draw, fans=fans, first=asked.first, actual=asked.past, words=words, scale=scale)
    alt = f"{heading}: " + "; ".join(
        f"{month_text(fan.first)} {scale.figure(fan.low80[0])}–{scale.figure(fan.high80[0])}" for fan in fans
    )
    return Drawing(f"fan_actual-{name}", heading, alt, drawn, margin, (5.4, 3.4), (PHONE, 3.6), foot)
