"""Charts of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from forecast.analysis.findings import BridgeStep, SensitivityBar
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, whole_percent
from forecast.periods import parse_period
from forecast.plan.bilingual import Label
from forecast.reports.charts import CHARTS
from forecast.reports.charts.bridge import MAX_STEPS
from forecast.reports.charts.chance_by_month import ChanceBar
from forecast.reports.charts.chart import PHONE_WIDTH_INCHES, Chart
from forecast.reports.charts.districts import MAX_DISTRICTS
from forecast.reports.charts.tornado import MAX_BARS
from forecast.reports.content.causes import main_cause, point_positions
from forecast.reports.content.context import RunView
from forecast.reports.content.text import (
    chance_range_text,
    goal_text,
    measure_text,
    name_text,
    period_text,
    range_text,
    sentence_case,
    target_chance_text,
    target_text,
)
from forecast.reports.content.track_record import run_track_records, track_record_charts

__all__ = ["run_charts"]


def run_charts(view: RunView, t: Translator) -> Mapping[str, Chart]:
    """Make every chart that the findings of a run allow.

    Parameters
    ----------
    view : RunView
        The run.
    t : Translator
        Language of the charts.

    Returns
    -------
    Mapping of str to Chart
        By name, in the order of the page.
    """
    charts = (
        _monthly_chart(view, t),
        _bridge_chart(view, t),
        _exceedance_chart(view, t),
        _tornado_chart(view, t),
        _cases_chart(view, t),
        _chance_by_month_chart(view, t),
        _districts_chart(view, t),
    )
    named = {chart.name: chart for chart in charts if chart is not None}
    return {**named, **track_record_charts(view.scenario, run_track_records(view), t, source_line(view, t))}


def report_label(item: BridgeStep | SensitivityBar, view: RunView, t: Translator) -> Label:
    """Return the label of a step or bar, or a text for its dotted name."""
    label = item.label.in_language(t.language) if item.label else ""
    text = label or name_text(item.name, view.scenario, t)
    return Label(vi=text, en=text)


def source_line(view: RunView, t: Translator) -> str:
    """Return the source line of a chart."""
    return t(
        "figure_foot",
        scenario=view.scenario.name.in_language(t.language),
        paths=t.number(int(view.summary.get("paths", 0))),
        seed=view.summary.get("seed", ""),
        run=str(view.summary.get("run_id", ""))[:12],
    )


def _title_params(view: RunView, t: Translator, measure: str, period: str, unit: str) -> dict[str, str]:
    text = measure_text(measure, view.scenario, t)
    return {"measure": text, "period": period_text(period, t), "unit": unit}


def _monthly_chart(view: RunView, t: Translator) -> Chart | None:
    finding = view.findings.months
    if not finding.bars:
        return None
    scale = view.months_scale(t)
    measure = sentence_case(measure_text(finding.measure, view.scenario, t))
    title = t("months_title", measure=measure, unit=scale.unit)
    alt = f"{title}: " + "; ".join(f"{period_text(bar.month, t)} {scale.number(bar.p50)}" for bar in finding.bars)
    draw, margin = CHARTS["months"]
    crowded = max(0, len(finding.bars) - 12) * 0.02
    return Chart(
        "months", title, alt, partial(draw, finding=finding, t=t, scale=scale), margin,
        (11.0, 3.9), (PHONE_WIDTH_INCHES, 4.4 + crowded), source_line(view, t),
    )  # fmt: skip


def _bridge_chart(view: RunView, t: Translator) -> Chart | None:
    finding = view.findings.bridge
    if finding is None:
        return None
    finding = replace(finding, steps=tuple(replace(step, label=report_label(step, view, t)) for step in finding.steps))
    scale = view.bridge_scale(t)
    key = "bridge_title" if finding.start.amount else "bridge_title_lines"
    title = sentence_case(t(key, **_title_params(view, t, finding.measure, finding.period, scale.unit)))
    rows = min(len(finding.steps), MAX_STEPS) + (2 if finding.start.amount else 1)
    draw, margin = CHARTS["bridge"]
    alt = f"{title}: {scale.number(finding.start.amount)} → {scale.number(finding.end.amount)}"
    height = 0.55 + 0.35 * rows
    return Chart(
        "bridge", title, alt, partial(draw, finding=finding, t=t, scale=scale), margin,
        (5.4, max(height, 3.6)), (PHONE_WIDTH_INCHES, 0.85 + 0.38 * rows), source_line(view, t),
    )  # fmt: skip


def _exceedance_chart(view: RunView, t: Translator) -> Chart | None:
    finding = view.findings.exceedance.get(view.findings.main_target)
    if finding is None or view.main_target is None:
        return None
    scale = view.main_scale(t)
    key = "exceedance_title" if finding.higher_is_better else "exceedance_title_most"
    title = t(key, **_title_params(view, t, finding.measure, finding.period, scale.unit))
    alt = f"{title}: {goal_text(view.main_target, view, t)} {target_chance_text(view.main_target, t)}"
    draw, margin = CHARTS["exceedance"]
    draw_curve = partial(draw, finding=finding, t=t, scale=scale, required_chance=view.main_target.required_chance)
    return Chart(
        "exceedance", title, alt, draw_curve, margin, (5.4, 4.0), (PHONE_WIDTH_INCHES, 3.5), source_line(view, t)
    )


def _tornado_chart(view: RunView, t: Translator) -> Chart | None:
    finding = view.findings.sensitivity
    if finding is None or not finding.bars:
        return None
    bars = (replace(bar, label=report_label(bar, view, t), text=range_text(bar.text, t)) for bar in finding.bars)
    finding = replace(finding, bars=tuple(bars))
    scale = view.main_scale(t)
    title = t("tornado_title", **_title_params(view, t, finding.measure, finding.period, scale.unit))
    rows = min(len(finding.bars), MAX_BARS)
    drawn_bars = finding.bars[:rows]
    names = [report_label(bar, view, t).in_language(t.language) for bar in drawn_bars]
    alt = f"{title}: " + "; ".join(
        f"{name} {scale.signed_number(bar.low)} {scale.signed_number(bar.high)}"
        for name, bar in zip(names, drawn_bars, strict=True)
    )
    draw, margin = CHARTS["tornado"]
    return Chart(
        "tornado", title, alt, partial(draw, finding=finding, t=t, scale=scale), margin,
        (5.4, max(0.9 + 0.35 * rows, 2.0)), (PHONE_WIDTH_INCHES, 1.1 + 0.4 * rows), source_line(view, t),
    )  # fmt: skip


def _cases_chart(view: RunView, t: Translator) -> Chart | None:
    row, rows = view.main_target, view.findings.cases
    if row is None or not rows:
        return None
    title = t("cases_title", goal=goal_text(row, view, t))
    alt = f"{target_text(row, view, t)}: {chance_range_text(*row.spread, t, row.required_chance)}"
    draw, margin = CHARTS["cases"]
    rows_height = 0.37 * (len(rows) + 1)
    return Chart(
        "cases", title, alt, partial(draw, rows=rows, target=row, t=t), margin,
        (5.4, 1.0 + rows_height), (PHONE_WIDTH_INCHES, 1.2 + 1.08 * rows_height), source_line(view, t),
    )  # fmt: skip


def _chance_by_month_chart(view: RunView, t: Translator) -> Chart | None:
    row, year = view.main_target, view.findings.year
    points = [] if row is None or year is None else [point for point in year.chances if row.name in point.chances]
    if row is None or year is None or not points:
        return None
    title = sentence_case(t("chance_by_month_title", goal=goal_text(row, view, t)))
    months = parse_period(year.table.outlook).months
    positions = point_positions(points, months)
    bars = [
        ChanceBar(position, point.chances[row.name], main_cause(point, view, t))
        for position, point in zip(positions, points, strict=True)
    ]
    names = [t("chance_by_month_plan"), *(t(f"month_{month % 12 + 1}") for month in months)]
    alt = f"{title}: " + "; ".join(
        f"{names[int(bar.position)]} {whole_percent(bar.chance.value, t, row.required_chance)}" for bar in bars
    )
    draw, margin = CHARTS["chance_by_month"]
    draw_points = partial(draw, bars=bars, month_names=names, t=t, required=row.required_chance)
    return Chart(
        "chance_by_month", title, alt, draw_points, margin, (11.0, 3.2), (PHONE_WIDTH_INCHES, 2.9), source_line(view, t)
    )


def _districts_chart(view: RunView, t: Translator) -> Chart | None:
    districts = view.findings.districts
    if districts is None:
        return None
    scale = district_scale(view, t)
    title = t("districts_title", period=period_text(districts.period, t), unit=scale.unit)
    drawn_rows = districts.rows[:MAX_DISTRICTS]
    alt = f"{title}: " + "; ".join(f"{row.name} {scale.number(row.p50.value)}" for row in drawn_rows)
    draw, margin = CHARTS["districts"]
    height = 0.6 + 0.32 * len(drawn_rows)
    return Chart(
        "districts", title, alt, partial(draw, rows=districts.rows, t=t, scale=scale), margin,
        (11.0, max(height, 1.6)), (PHONE_WIDTH_INCHES, 0.8 + 0.38 * len(drawn_rows)), source_line(view, t),
    )  # fmt: skip


def district_scale(view: RunView, t: Translator) -> AmountScale:
    """Return the scale of the districts' amounts."""
    districts = view.findings.districts
    sizes = [row.p50.value for row in districts.rows] if districts is not None else []
    return view.scale_for("revenue", districts.period if districts is not None else view.period, sizes, t)
