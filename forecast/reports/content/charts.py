"""The figures of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from forecast.analysis.findings import BridgeStep, SensitivityBar
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale
from forecast.plan.record import Label
from forecast.reports.charts import CHARTS
from forecast.reports.charts.bridge import MAX_STEPS as MOST_STEPS
from forecast.reports.charts.chart import PHONE_TYPE_POINTS, PHONE_WIDTH_INCHES, WIDE_TYPE_POINTS, Chart
from forecast.reports.charts.districts import MAX_DISTRICTS as MOST_DISTRICTS
from forecast.reports.charts.tornado import MAX_BARS as MOST_LEVERS
from forecast.reports.content.context import RunView
from forecast.reports.content.text import (
    goal_text,
    measure_text,
    name_text,
    period_text,
    range_text,
    sentence_case,
    target_text,
)
from forecast.reports.content.track_record import run_track_records, track_record_charts

__all__ = [
    "PHONE_TYPE_POINTS",
    "PHONE_WIDTH_INCHES",
    "WIDE_TYPE_POINTS",
    "Chart",
    "report_label",
    "run_charts",
    "source_line",
]


def run_charts(view: RunView, words: Translator) -> Mapping[str, Chart]:
    """Every figure that the findings allow, by name, in the order of the page."""
    made = (
        _monthly_chart(view, words),
        _bridge_chart(view, words),
        _exceedance_chart(view, words),
        _tornado_chart(view, words),
        _cases_chart(view, words),
        _districts_chart(view, words),
    )
    found = {drawing.name: drawing for drawing in made if drawing is not None}
    return {**found, **track_record_charts(view.scenario, run_track_records(view), words, source_line(view, words))}


def report_label(one: BridgeStep | SensitivityBar, view: RunView, words: Translator) -> Label:
    """Its own label, or the words of its dotted name."""
    own = one.label.in_language(words.language) if one.label else ""
    text = own or name_text(one.name, view.scenario, words)
    return Label(vi=text, en=text)


def source_line(view: RunView, words: Translator) -> str:
    """The source line of a figure."""
    return words(
        "figure_foot",
        scenario=view.scenario.name.in_language(words.language),
        paths=words.number(int(view.summary.get("paths", 0))),
        seed=view.summary.get("seed", ""),
        run=str(view.summary.get("run_id", ""))[:12],
    )


def _title_params(view: RunView, words: Translator, measure: str, period: str, unit: str) -> dict[str, str]:
    text = measure_text(measure, view.scenario, words)
    return {"measure": text, "period": period_text(period, words), "unit": unit}


def _monthly_chart(view: RunView, words: Translator) -> Chart | None:
    finding = view.findings.months
    if not finding.bars:
        return None
    scale = view.months_scale(words)
    measure = sentence_case(measure_text(finding.measure, view.scenario, words))
    title = words("months_title", measure=measure, unit=scale.unit)
    alt = f"{title}: " + "; ".join(f"{bar.month} {scale.number(bar.p50)}" for bar in finding.bars)
    draw, margin = CHARTS["months"]
    crowded = max(0, len(finding.bars) - 12) * 0.02
    return Chart(
        "months", title, alt, partial(draw, finding=finding, words=words, scale=scale), margin,
        (11.0, 3.9), (PHONE_WIDTH_INCHES, 4.4 + crowded), source_line(view, words),
    )  # fmt: skip


def _bridge_chart(view: RunView, words: Translator) -> Chart | None:
    finding = view.findings.bridge
    if finding is None:
        return None
    finding = replace(
        finding, steps=tuple(replace(step, label=report_label(step, view, words)) for step in finding.steps)
    )
    scale = view.bridge_scale(words)
    key = "bridge_title" if finding.start.amount else "bridge_title_lines"
    title = sentence_case(words(key, **_title_params(view, words, finding.measure, finding.period, scale.unit)))
    rows = min(len(finding.steps), MOST_STEPS) + (2 if finding.start.amount else 1)
    draw, margin = CHARTS["bridge"]
    alt = f"{title}: {scale.number(finding.start.amount)} → {scale.number(finding.end.amount)}"
    tall = 0.55 + 0.35 * rows
    return Chart(
        "bridge", title, alt, partial(draw, finding=finding, words=words, scale=scale), margin,
        (5.4, max(tall, 3.6)), (PHONE_WIDTH_INCHES, 0.85 + 0.38 * rows), source_line(view, words),
    )  # fmt: skip


def _exceedance_chart(view: RunView, words: Translator) -> Chart | None:
    finding = view.findings.exceedance.get(view.findings.main_target)
    if finding is None or view.main_target is None:
        return None
    scale = view.main_scale(words)
    key = "exceedance_title" if finding.higher_is_better else "exceedance_title_most"
    title = words(key, **_title_params(view, words, finding.measure, finding.period, scale.unit))
    alt = f"{title}: {goal_text(view.main_target, view, words)} {words.percent(view.main_target.chance.value)}"
    draw, margin = CHARTS["exceedance"]
    drawn = partial(draw, finding=finding, words=words, scale=scale, want=view.main_target.required_chance)
    return Chart(
        "exceedance", title, alt, drawn, margin, (5.4, 4.0), (PHONE_WIDTH_INCHES, 3.5), source_line(view, words)
    )


def _tornado_chart(view: RunView, words: Translator) -> Chart | None:
    finding = view.findings.sensitivity
    if finding is None or not finding.bars:
        return None
    levers = (
        replace(one, label=report_label(one, view, words), text=range_text(one.text, words)) for one in finding.bars
    )
    finding = replace(finding, bars=tuple(levers))
    scale = view.main_scale(words)
    title = words("tornado_title", **_title_params(view, words, finding.measure, finding.period, scale.unit))
    rows = min(len(finding.bars), MOST_LEVERS)
    shown = finding.bars[:rows]
    alt = f"{title}: " + "; ".join(
        f"{lever.name} {scale.signed_number(lever.low)} {scale.signed_number(lever.high)}" for lever in shown
    )
    draw, margin = CHARTS["tornado"]
    return Chart(
        "tornado", title, alt, partial(draw, finding=finding, words=words, scale=scale), margin,
        (5.4, max(0.9 + 0.35 * rows, 2.0)), (PHONE_WIDTH_INCHES, 1.1 + 0.4 * rows), source_line(view, words),
    )  # fmt: skip


def _cases_chart(view: RunView, words: Translator) -> Chart | None:
    row, rows = view.main_target, view.findings.cases
    if row is None or not rows:
        return None
    title = words("cases_title", goal=goal_text(row, view, words))
    alt = f"{target_text(row, view, words)}: {words.percent(row.spread[0])} – {words.percent(row.spread[1])}"
    draw, margin = CHARTS["cases"]
    high = 0.37 * (len(rows) + 1)
    return Chart(
        "cases", title, alt, partial(draw, rows=rows, target=row, words=words), margin,
        (5.4, 1.0 + high), (PHONE_WIDTH_INCHES, 1.2 + 1.08 * high), source_line(view, words),
    )  # fmt: skip


def _districts_chart(view: RunView, words: Translator) -> Chart | None:
    found = view.findings.districts
    if found is None:
        return None
    scale = district_scale(view, words)
    title = words("districts_title", period=period_text(found.period, words), unit=scale.unit)
    shown = found.rows[:MOST_DISTRICTS]
    alt = f"{title}: " + "; ".join(f"{row.name} {scale.number(row.p50.value)}" for row in shown)
    draw, margin = CHARTS["districts"]
    tall = 0.6 + 0.32 * len(shown)
    return Chart(
        "districts", title, alt, partial(draw, rows=found.rows, words=words, scale=scale), margin,
        (11.0, max(tall, 1.6)), (PHONE_WIDTH_INCHES, 0.8 + 0.38 * len(shown)), source_line(view, words),
    )  # fmt: skip


def district_scale(view: RunView, words: Translator) -> AmountScale:
    """The scale of the districts' amounts."""
    found = view.findings.districts
    sizes = [row.p50.value for row in found.rows] if found is not None else []
    return view.scale_for("revenue", found.period if found is not None else view.period, sizes, words)
