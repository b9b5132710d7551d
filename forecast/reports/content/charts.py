"""The figures of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from forecast.analysis.findings import Lever, Step
from forecast.i18n import Words
from forecast.i18n.amounts import Scale
from forecast.plan.record import Label
from forecast.reports.charts import FIGURES
from forecast.reports.charts.bridge import MOST as MOST_STEPS
from forecast.reports.charts.chart import PHONE, TYPE_PHONE, TYPE_WIDE, Drawing
from forecast.reports.charts.districts import MOST as MOST_DISTRICTS
from forecast.reports.charts.tornado import MOST as MOST_LEVERS
from forecast.reports.content.context import RunView
from forecast.reports.content.text import (
    goal_text,
    measure_text,
    name_text,
    period_text,
    range_words,
    sentence_case,
    target_text,
)
from forecast.reports.content.track_record import drawings_of, of_run

__all__ = ["PHONE", "TYPE_PHONE", "TYPE_WIDE", "Drawing", "drawings", "foot", "labelled"]


def drawings(view: RunView, words: Words) -> Mapping[str, Drawing]:
    """Every figure that the findings allow, by name, in the order of the page."""
    made = (
        _months(view, words),
        _bridge(view, words),
        _exceedance(view, words),
        _tornado(view, words),
        _readings(view, words),
        _districts(view, words),
    )
    found = {drawing.name: drawing for drawing in made if drawing is not None}
    return {**found, **drawings_of(view.scenario, of_run(view), words, foot(view, words))}


def labelled(one: Step | Lever, view: RunView, words: Words) -> Label:
    """Its own label, or the words of its dotted name."""
    own = one.label.of(words.language) if one.label else ""
    text = own or name_text(one.name, view.scenario, words)
    return Label(vi=text, en=text)


def foot(view: RunView, words: Words) -> str:
    """The source line of a figure."""
    return words(
        "figure_foot",
        scenario=view.scenario.name.of(words.language),
        paths=words.number(int(view.summary.get("paths", 0))),
        seed=view.summary.get("seed", ""),
        run=str(view.summary.get("run_id", ""))[:12],
    )


def _facts(view: RunView, words: Words, measure: str, period: str, unit: str) -> dict[str, str]:
    text = measure_text(measure, view.scenario, words)
    return {"measure": text, "period": period_text(period, words), "unit": unit}


def _months(view: RunView, words: Words) -> Drawing | None:
    finding = view.findings.months
    if not finding.bars:
        return None
    scale = view.months_scale(words)
    measure = sentence_case(measure_text(finding.measure, view.scenario, words))
    title = words("months_title", measure=measure, unit=scale.unit)
    alt = f"{title}: " + "; ".join(f"{bar.month} {scale.figure(bar.p50)}" for bar in finding.bars)
    draw, margin = FIGURES["months"]
    crowded = max(0, len(finding.bars) - 12) * 0.02
    return Drawing(
        "months", title, alt, partial(draw, finding=finding, words=words, scale=scale), margin,
        (11.0, 3.9), (PHONE, 4.4 + crowded), foot(view, words),
    )  # fmt: skip


def _bridge(view: RunView, words: Words) -> Drawing | None:
    finding = view.findings.bridge
    if finding is None:
        return None
    finding = replace(finding, steps=tuple(replace(step, label=labelled(step, view, words)) for step in finding.steps))
    scale = view.bridge_scale(words)
    key = "bridge_title" if finding.start.amount else "bridge_title_lines"
    title = sentence_case(words(key, **_facts(view, words, finding.measure, finding.period, scale.unit)))
    rows = min(len(finding.steps), MOST_STEPS) + (2 if finding.start.amount else 1)
    draw, margin = FIGURES["bridge"]
    alt = f"{title}: {scale.figure(finding.start.amount)} → {scale.figure(finding.end.amount)}"
    tall = 0.55 + 0.35 * rows
    return Drawing(
        "bridge", title, alt, partial(draw, finding=finding, words=words, scale=scale), margin,
        (5.4, max(tall, 3.6)), (PHONE, 0.85 + 0.38 * rows), foot(view, words),
    )  # fmt: skip


def _exceedance(view: RunView, words: Words) -> Drawing | None:
    finding = view.findings.exceedance.get(view.findings.main)
    if finding is None or view.main is None:
        return None
    scale = view.scale(words)
    key = "exceedance_title" if finding.higher_is_better else "exceedance_title_most"
    title = words(key, **_facts(view, words, finding.measure, finding.period, scale.unit))
    alt = f"{title}: {goal_text(view.main, view, words)} {words.percent(view.main.chance.value)}"
    draw, margin = FIGURES["exceedance"]
    drawn = partial(draw, finding=finding, words=words, scale=scale, want=view.main.want)
    return Drawing("exceedance", title, alt, drawn, margin, (5.4, 4.0), (PHONE, 3.5), foot(view, words))


def _tornado(view: RunView, words: Words) -> Drawing | None:
    finding = view.findings.sensitivity
    if finding is None or not finding.levers:
        return None
    levers = (
        replace(one, label=labelled(one, view, words), text=range_words(one.text, words)) for one in finding.levers
    )
    finding = replace(finding, levers=tuple(levers))
    scale = view.scale(words)
    title = words("tornado_title", **_facts(view, words, finding.measure, finding.period, scale.unit))
    rows = min(len(finding.levers), MOST_LEVERS)
    shown = finding.levers[:rows]
    alt = f"{title}: " + "; ".join(
        f"{lever.name} {scale.signed(lever.low)} {scale.signed(lever.high)}" for lever in shown
    )
    draw, margin = FIGURES["tornado"]
    return Drawing(
        "tornado", title, alt, partial(draw, finding=finding, words=words, scale=scale), margin,
        (5.4, max(0.9 + 0.35 * rows, 2.0)), (PHONE, 1.1 + 0.4 * rows), foot(view, words),
    )  # fmt: skip


def _readings(view: RunView, words: Words) -> Drawing | None:
    row, rows = view.main, view.findings.readings
    if row is None or not rows:
        return None
    title = words("readings_title", goal=goal_text(row, view, words))
    alt = f"{target_text(row, view, words)}: {words.percent(row.spread[0])} – {words.percent(row.spread[1])}"
    draw, margin = FIGURES["readings"]
    high = 0.37 * (len(rows) + 1)
    return Drawing(
        "readings", title, alt, partial(draw, rows=rows, target=row, words=words), margin,
        (5.4, 1.0 + high), (PHONE, 1.2 + 1.08 * high), foot(view, words),
    )  # fmt: skip


def _districts(view: RunView, words: Words) -> Drawing | None:
    found = view.findings.districts
    if found is None:
        return None
    scale = scale_of_districts(view, words)
    title = words("districts_title", period=period_text(found.period, words), unit=scale.unit)
    shown = found.rows[:MOST_DISTRICTS]
    alt = f"{title}: " + "; ".join(f"{row.name} {scale.figure(row.p50.value)}" for row in shown)
    draw, margin = FIGURES["districts"]
    tall = 0.6 + 0.32 * len(shown)
    return Drawing(
        "districts", title, alt, partial(draw, rows=found.rows, words=words, scale=scale), margin,
        (11.0, max(tall, 1.6)), (PHONE, 0.8 + 0.38 * len(shown)), foot(view, words),
    )  # fmt: skip


def scale_of_districts(view: RunView, words: Words) -> Scale:
    """The scale of the districts' amounts."""
    found = view.findings.districts
    sizes = [row.p50.value for row in found.rows] if found is not None else []
    return view.scale_for("revenue", found.period if found is not None else view.period, sizes, words)
