"""Charts of the section on decisions, and the tables under them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from forecast.analysis.findings import SensitivityBar
from forecast.i18n import Translator
from forecast.i18n.amounts import exact_percent, whole_percent
from forecast.periods import SEASON_MONTHS, parse_month
from forecast.reports.charts import CHARTS
from forecast.reports.charts.chart import Chart
from forecast.reports.charts.failure_modes import drawn_ways, failure_modes_height
from forecast.reports.charts.fifths import FifthsRow
from forecast.reports.charts.levers import LeverBar
from forecast.reports.content.early_warning import level_text, warning_scale
from forecast.reports.content.failures import failure_scale
from forecast.reports.content.levers import drawn_levers, lever_text, reached_cases
from forecast.reports.content.sensitivity import input_name
from forecast.reports.content.text import goal_text, measure_text, period_text, sentence_case
from forecast.reports.fonts import truncate_label

if TYPE_CHECKING:
    from forecast.reports.content.context import RunView

__all__ = [
    "decision_charts",
    "fifths_rows",
    "hanging_inputs",
    "lever_bars",
]

MAX_DRAWN_INPUTS = 7
"""Inputs of the chart of fifths."""
MAX_DRAWN_LEVER_CHARACTERS = 48
"""Characters of a lever, so that its change is never cut."""
ROW_INCHES = 0.36


def decision_charts(view: RunView, t: Translator, foot: str) -> dict[str, Chart]:
    """Make the charts on which a decision rests.

    Parameters
    ----------
    view : RunView
        The run.
    t : Translator
        The language.
    foot : str
        Their source line.

    Returns
    -------
    dict of str to Chart
        `fifths`, `levers`, `failure_modes` and `early_warning`, as far as the run has them.
    """
    charts = (
        _fifths_chart(view, t, foot),
        _levers_chart(view, t, foot),
        _failure_modes_chart(view, t, foot),
        _early_warning_chart(view, t, foot),
    )
    return {chart.name: chart for chart in charts if chart is not None}


def hanging_inputs(view: RunView) -> list[SensitivityBar]:
    """List the inputs on which the chance hangs most, correlated ones as one.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    list of SensitivityBar
        By falling distance of the chances at both fifths.
    """
    sensitivity = view.findings.sensitivity
    if sensitivity is None:
        return []
    bars = [*sensitivity.groups, *(bar for bar in sensitivity.bars if not bar.shared_with)]
    return sorted(bars, key=lambda bar: (-abs(bar.chance_high.value - bar.chance_low.value), bar.name))


def fifths_rows(view: RunView, t: Translator) -> list[FifthsRow]:
    """Describe the inputs of the chart of fifths.

    Parameters
    ----------
    view : RunView
        The run.
    t : Translator
        The language.

    Returns
    -------
    list of FifthsRow
        The first `MAX_DRAWN_INPUTS` of `hanging_inputs`.
    """
    return [
        FifthsRow(
            truncate_label(input_name(bar, view.scenario, t)),
            bar.chance_low,
            bar.chance_high,
            whole_percent(max(0.0, bar.share.value), t),
        )
        for bar in hanging_inputs(view)[:MAX_DRAWN_INPUTS]
    ]


def _fifths_chart(view: RunView, t: Translator, foot: str) -> Chart | None:
    target, rows = view.main_target, fifths_rows(view, t)
    if target is None or not rows:
        return None
    title = t("fifths_title", goal=goal_text(target, view, t))
    alt = f"{title}: " + "; ".join(
        f"{row.label} {whole_percent(row.low.value, t)} {whole_percent(row.high.value, t)}" for row in rows
    )
    draw, margin = CHARTS["fifths"]
    draw_rows = partial(draw, rows=rows, t=t, chance=target.chance, required=target.required_chance)
    return Chart("fifths", title, alt, draw_rows, margin, 0.55 + ROW_INCHES * len(rows), foot)


def lever_bars(view: RunView, t: Translator) -> list[LeverBar]:
    """Describe the levers of the chart.

    Parameters
    ----------
    view : RunView
        The run.
    t : Translator
        The language.

    Returns
    -------
    list of LeverBar
        Empty where what would reach the target was not asked for.
    """
    table = view.decisions.seek
    if table is None:
        return []
    return [
        LeverBar(
            lever_text(row, view.scenario, t, MAX_DRAWN_LEVER_CHARACTERS),
            row.lever.kind,
            row.chance,
            reached_cases(row),
            None if row.step is not None else table.required,
        )
        for row in drawn_levers(table)
    ]


def _levers_chart(view: RunView, t: Translator, foot: str) -> Chart | None:
    table, rows = view.decisions.seek, lever_bars(view, t)
    if table is None or not rows:
        return None
    title = t("levers_title", required=exact_percent(table.required, t))
    alt = f"{title}: " + "; ".join(f"{row.label} {whole_percent(row.chance.value, t, row.required)}" for row in rows)
    draw, margin = CHARTS["levers"]
    draw_bars = partial(draw, rows=rows, t=t, chance=table.chance, required=table.required)
    return Chart("levers", title, alt, draw_bars, margin, 0.8 + ROW_INCHES * len(rows), foot)


def _failure_modes_chart(view: RunView, t: Translator, foot: str) -> Chart | None:
    modes = view.decisions.failures
    if modes is None or not modes.ways or not drawn_ways(modes):
        return None
    scale = failure_scale(modes, view.scenario, t)
    measure = measure_text(modes.line.measure, view.scenario, t)
    title = t("failures_title", measure=measure, unit=scale.unit)
    alt = f"{title}: " + "; ".join(
        f"{way.label.in_language(t.language)} {whole_percent(way.share.value, t)}" for way in modes.ways
    )
    draw, margin = CHARTS["failure_modes"]
    height = failure_modes_height(modes, t)
    return Chart("failure_modes", title, alt, partial(draw, finding=modes, t=t, scale=scale), margin, height, foot)


def _early_warning_chart(view: RunView, t: Translator, foot: str) -> Chart | None:
    warning = view.decisions.warning
    if warning is None or not any(level.level and level.tells for month in warning.months for level in month.levels):
        return None
    scale = warning_scale(warning, view.scenario, t)
    measure = measure_text(warning.measure, view.scenario, t)
    chances = " · ".join(exact_percent(level.chance, t) for level in warning.months[0].levels)
    first = period_text(warning.first_month, t)
    title = sentence_case(t("early_warning_title", measure=measure, month=first, chances=chances, unit=scale.unit))
    alt = f"{title}. " + "; ".join(
        f"{period_text(month.month, t)}: {', '.join(level_text(level, warning, scale) for level in month.levels)}"
        for month in warning.months
    )
    names = [t(f"month_{parse_month(month.month) % SEASON_MONTHS + 1}") for month in warning.months]
    draw, margin = CHARTS["early_warning"]
    draw_levels = partial(draw, finding=warning, t=t, scale=scale, month_names=names)
    return Chart("early_warning", title, alt, draw_levels, margin, 2.6, foot)
