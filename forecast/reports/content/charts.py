"""Charts of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial

import numpy as np

from forecast.analysis.findings import Bridge, BridgeStep, SensitivityBar
from forecast.analysis.year_findings import ChancePoint
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, whole_percent
from forecast.periods import SEASON_MONTHS, parse_month, parse_period
from forecast.plan.bilingual import Label
from forecast.reports.charts import CHARTS
from forecast.reports.charts.bridge import MAX_STEPS, drawn_steps
from forecast.reports.charts.chance_by_month import ChanceBar
from forecast.reports.charts.chart import Chart
from forecast.reports.charts.districts import drawn_districts
from forecast.reports.charts.tornado import MAX_BARS, RangeEnds
from forecast.reports.content.assumptions import quantile_texts
from forecast.reports.content.causes import main_cause, point_positions
from forecast.reports.content.context import RunView
from forecast.reports.content.decision_charts import decision_charts
from forecast.reports.content.headline import chance_mood
from forecast.reports.content.text import (
    chance_range_text,
    goal_text,
    measure_text,
    name_text,
    period_text,
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
        _dots_chart(view, t),
        _monthly_chart(view, t),
        _history_chart(view, t),
        _bridge_chart(view, t),
        _exceedance_chart(view, t),
        _tornado_chart(view, t),
        _cases_chart(view, t),
        _chance_by_month_chart(view, t),
        _districts_chart(view, t),
    )
    named = {chart.name: chart for chart in charts if chart is not None}
    named |= decision_charts(view, t, source_line(view, t))
    return {**named, **track_record_charts(view.scenario, run_track_records(view), t, source_line(view, t))}


def report_label(item: BridgeStep | SensitivityBar, view: RunView, t: Translator) -> Label:
    """Return the label of a step or bar, or a text for its dotted name."""
    label = item.label.in_language(t.language) if item.label else ""
    text = label or name_text(item.name, view.scenario, t)
    return Label(vi=text, en=text)


def labelled_bridge(finding: Bridge, view: RunView, t: Translator) -> Bridge:
    """Return a bridge whose start and steps have the labels of the report."""
    start, *steps = (replace(step, label=report_label(step, view, t)) for step in (finding.start, *finding.steps))
    return replace(finding, start=start, steps=tuple(steps))


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


def _dots_chart(view: RunView, t: Translator) -> Chart | None:
    finding = view.findings.dots
    if finding is None:
        return None
    scale = view.scale_for(finding.measure, finding.period, [*finding.amounts, finding.target or 0.0], t)
    title = t("dots_title", **_title_params(view, t, finding.measure, finding.period, scale.unit))
    draw, margin = CHARTS["dots"]
    return Chart(
        "dots", title, f"{title}. {dots_note(view, t)}", partial(draw, finding=finding, t=t, scale=scale), margin,
        2.3, source_line(view, t),
    )  # fmt: skip


def dots_note(view: RunView, t: Translator) -> str:
    """Return the sentence on the outcomes: how many reach the target, and the chance for which they stand."""
    finding, row = view.findings.dots, view.main_target
    if finding is None:
        return ""
    share = t.percent(1 / len(finding.amounts))
    if row is None:
        return t("dots_note_alone", all=len(finding.amounts), share=share)
    return t(
        "dots_note", count=finding.reached, all=len(finding.amounts), goal=goal_text(row, view, t), share=share,
        chance=target_chance_text(row, t),
    )  # fmt: skip


def _history_chart(view: RunView, t: Translator) -> Chart | None:
    finding = view.findings.months
    if not finding.bars or not finding.history:
        return None
    scale = view.months_scale(t)
    measure = sentence_case(measure_text(finding.measure, view.scenario, t))
    title = t("history_title", measure=measure, unit=scale.unit)
    totals = _year_totals(view)
    alt = f"{title}: " + "; ".join(f"{year} {scale.number(total)}" for year, total in totals.items())
    draw, margin = CHARTS["history"]
    draw_lines = partial(draw, finding=finding, t=t, scale=scale, year_totals=totals)
    return Chart("history", title, alt, draw_lines, margin, 2.5, source_line(view, t))


def _year_totals(view: RunView) -> dict[int, float]:
    """Total of each whole year of the months: as booked, or the median of a year that is simulated."""
    months = view.findings.months
    by_year: dict[int, list[float]] = {}
    for month, value, _ in months.history:
        by_year.setdefault(int(month[:4]), []).append(value)
    totals = {year: sum(values) for year, values in by_year.items() if len(values) == SEASON_MONTHS}
    if months.measure == "revenue":
        for year, entry in view.summary.get("history", {}).items():
            if int(year) in totals and entry.get("stated") is not None:
                totals[int(year)] = entry["stated"]
    for year, figures in view.summary.get("measures", {}).get(months.measure, {}).items():
        if year.isdigit() and "p50" in figures:
            totals[int(year)] = figures["p50"]
    return totals


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
        3.9 + crowded, source_line(view, t),
    )  # fmt: skip


def _bridge_chart(view: RunView, t: Translator) -> Chart | None:
    finding = view.findings.bridge
    if finding is None:
        return None
    finding = labelled_bridge(finding, view, t)
    scale = view.bridge_scale(t)
    lines_key = "bridge_title_lines" if finding.measure == "profit" else "bridge_title_parts"
    key = lines_key if finding.start.name == "from_nothing" else "bridge_title_year"
    title = sentence_case(t(key, **_title_params(view, t, finding.measure, finding.period, scale.unit)))
    rows = min(len(drawn_steps(finding, scale)), MAX_STEPS) + (2 if finding.start.amount else 1)
    draw, margin = CHARTS["bridge"]
    alt = f"{title}: {scale.number(finding.start.amount)} → {scale.number(finding.end.amount)}"
    return Chart(
        "bridge", title, alt, partial(draw, finding=finding, t=t, scale=scale), margin,
        0.3 + 0.31 * rows, source_line(view, t),
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
    row = view.main_target
    draw_curve = partial(
        draw, finding=finding, t=t, scale=scale, required_chance=row.required_chance, mood=chance_mood(row)
    )
    return Chart("exceedance", title, alt, draw_curve, margin, 2.7, source_line(view, t))


def _tornado_chart(view: RunView, t: Translator) -> Chart | None:
    finding = view.findings.sensitivity
    if finding is None or not finding.bars:
        return None
    ends = [range_ends(bar, view, t) for bar in finding.bars]
    finding = replace(finding, bars=tuple(replace(bar, label=report_label(bar, view, t)) for bar in finding.bars))
    scale = view.main_scale(t)
    title = t("tornado_title", **_title_params(view, t, finding.measure, finding.period, scale.unit))
    rows = min(len(finding.bars), MAX_BARS)
    drawn_bars = finding.bars[:rows]
    changes = ((bar, scale.signed_number(bar.low), scale.signed_number(bar.high)) for bar in drawn_bars)
    alt = f"{title}: " + "; ".join(
        f"{report_label(bar, view, t).in_language(t.language)} {low} {high}" for bar, low, high in changes
    )
    draw, margin = CHARTS["tornado"]
    return Chart(
        "tornado", title, alt, partial(draw, finding=finding, t=t, scale=scale, ends=ends), margin,
        0.3 + 0.42 * rows, source_line(view, t),
    )  # fmt: skip


def range_ends(bar: SensitivityBar, view: RunView, t: Translator) -> RangeEnds:
    """Return what an assumption is at both ends of its range, in words."""
    name, _, kind = bar.name.rpartition(".")
    if not bar.grade and kind == "happens":
        return RangeEnds(t("tornado_happens_not"), t("tornado_happens"))
    if not bar.grade and kind == "events":
        shock = view.scenario.shocks.get(name.removeprefix("shocks."))
        counted = shock.kind if shock is not None and t.has(f"tornado_few_{shock.kind}") else "times"
        low, high = bar.text.split(" / ")
        return RangeEnds(t(f"tornado_few_{counted}", count=low), t(f"tornado_many_{counted}", count=high))
    assumption = next((item for item in view.assumptions() if item.name == bar.name), None)
    if assumption is None or assumption.is_constant:  # several years of one change
        return RangeEnds(t("tornado_low_end"), t("tornado_high_end"))
    if assumption.dimension == "day":
        first, last = (date.fromordinal(int(day)) for day in assumption.distribution.ppf(np.array([0.1, 0.9])))
        return RangeEnds(_short_month(first, t), _short_month(last, t))
    low, _, high = quantile_texts(assumption, t)
    return RangeEnds(low, high)


def _short_month(day: date, t: Translator) -> str:
    return t("tornado_month", month=t(f"month_{day.month}"), year=day.year)


def _cases_chart(view: RunView, t: Translator) -> Chart | None:
    row, rows = view.main_target, view.findings.cases
    if row is None or not rows:
        return None
    title = t("cases_title", goal=goal_text(row, view, t))
    alt = f"{target_text(row, view, t)}: {chance_range_text(*row.spread, t, row.required_chance)}"
    draw, margin = CHARTS["cases"]
    return Chart(
        "cases", title, alt, partial(draw, rows=rows, target=row, t=t), margin,
        0.5 + 0.32 * (len(rows) + 1), source_line(view, t),
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
    chances = (
        f"{_last_closed_name(point, t)} {whole_percent(point.chances[row.name].value, t, row.required_chance)}"
        for point in points
    )
    alt = f"{title}. {t('chance_by_month_axis')}: {'; '.join(chances)}"
    draw, margin = CHARTS["chance_by_month"]
    draw_points = partial(draw, bars=bars, month_names=names, t=t, required=row.required_chance)
    return Chart("chance_by_month", title, alt, draw_points, margin, 2.4, source_line(view, t))


def _last_closed_name(point: ChancePoint, t: Translator) -> str:
    """The last month that was closed on a day; the plan where none was."""
    if not point.closed_months:
        return t("chance_by_month_plan")
    return t(f"month_{parse_month(point.closed_months[-1]) % 12 + 1}")


def _districts_chart(view: RunView, t: Translator) -> Chart | None:
    districts = view.findings.districts
    if districts is None:
        return None
    scale = district_scale(view, t)
    title = t("districts_title", period=period_text(districts.period, t), unit=scale.unit)
    drawn_rows = drawn_districts(districts.rows)
    alt = f"{title}: " + "; ".join(f"{row.name} {scale.number(row.p50.value)}" for row in drawn_rows)
    draw, margin = CHARTS["districts"]
    return Chart(
        "districts", title, alt, partial(draw, rows=districts.rows, t=t, scale=scale), margin,
        0.15 + 0.3 * len(drawn_rows), source_line(view, t),
    )  # fmt: skip


def district_scale(view: RunView, t: Translator) -> AmountScale:
    """Return the scale of the districts' amounts."""
    districts = view.findings.districts
    sizes = [row.p50.value for row in districts.rows] if districts is not None else []
    return view.scale_for("revenue", districts.period if districts is not None else view.period, sizes, t)
