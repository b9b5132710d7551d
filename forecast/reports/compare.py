"""Runs side by side: a table, their differences with common random numbers, their fans and curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from forecast.analysis.comparison import bridge_difference
from forecast.analysis.findings import Bridge, Difference, Exceedance, Months, TargetRow
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, choose_scale, error_points
from forecast.reports.charts import CHARTS
from forecast.reports.charts.chart import Chart
from forecast.reports.charts.fan import MAX_BANDS
from forecast.reports.charts.plan_differences import RankedPlan, plan_step_rows
from forecast.reports.content import assumptions, tables
from forecast.reports.content.context import RunView
from forecast.reports.content.figure_tables import curve_table, fan_table
from forecast.reports.content.text import (
    chance_range_text,
    error_text,
    goal_text,
    measure_text,
    period_text,
    sentence_case,
    target_chance_text,
    target_text,
)
from forecast.reports.fonts import truncate_label
from forecast.reports.html_page import render_drawings
from forecast.reports.templating import page_translators, render_template

__all__ = ["comparison_charts", "render_comparison_page"]

Differences = Mapping[tuple[str, str], Difference]
"""By (first, second), the second less the first; the names are `RunView.short_name`."""
MIN_CHANCE_DIFFERENCE = 0.02
"""Difference below which two chances are called equal."""
MAX_SCENARIO_NAME_GRAPHEMES = 240
"""Graphemes of a scenario's name that are printed; long names are wrapped."""


def render_comparison_page(views: Sequence[RunView], differences: Differences, t: Translator) -> bytes:
    """Render two runs or more as one HTML file that opens offline.

    Parameters
    ----------
    views : Sequence of RunView
        The runs, in the order of the columns.
    differences : Mapping
        By (first, second), the second less the first; empty where runs do not share their random numbers.
    t : Translator
        Language of the page.

    Returns
    -------
    bytes
        HTML in UTF-8.
    """
    translators = page_translators(t)
    charts = {each.language: comparison_charts(views, differences, each) for each in translators}
    pages = [
        {
            "t": each,
            "title": comparison_title(views, each),
            "about": comparison_scope(views, each),
            "side_by_side": comparison_table(views, each),
            "differences": difference_table(views, differences, each),
            "matrix": difference_matrix(views, differences, each),
            "changes": plan_changes(views, differences, charts[each.language], each),
            "goal_warning": "" if has_same_goal(views) else each("compare_other_targets"),
            "charts": charts[each.language],
            "figure_tables": comparison_figure_tables(views, differences, each),
            "how": [*assumptions.reader_notes(views[0], each), *_page_notes(views, each)],
            "provenance": provenance_table(views, each),
        }
        for each in translators
    ]
    return render_template("compare.html.jinja", pages, {"drawings": render_drawings(charts)})


def _page_notes(views: Sequence[RunView], t: Translator) -> list[str]:
    """Return the notes on the pages of all runs, each once."""
    return list(dict.fromkeys(note for view in views for note in view.notes(t)))


def _scenario_name(view: RunView, t: Translator) -> str:
    return truncate_label(view.scenario.name.in_language(t.language) or view.short_name, MAX_SCENARIO_NAME_GRAPHEMES)


def comparison_title(views: Sequence[RunView], t: Translator) -> str:
    """Return the title: the runs with the highest and the lowest chance of their target."""
    chances = [
        (row.chance.value, _scenario_name(view, t), target_chance_text(row, t))
        for view in views
        if (row := view.main_target)
    ]
    if len(chances) < len(views):
        return " · ".join(_scenario_name(view, t) for view in views)
    (lowest, worse, low), (highest, better, high) = min(chances), max(chances)
    if highest - lowest < MIN_CHANCE_DIFFERENCE:
        return t("compare_title_same", chances=low if low == high else t("span_from_to", low=low, high=high))
    return t("compare_title", better=better, worse=worse, high=high, low=low)


def _first_statistics(view: RunView, first: RunView) -> Mapping[str, float]:
    """Mean and quantiles of the first run's main figure in a run; empty where it has none."""
    statistics: Mapping[str, float] = view.summary.get("measures", {}).get(first.measure_key, {}).get(first.period, {})
    return statistics


def comparison_scope(views: Sequence[RunView], t: Translator) -> str:
    """Return the line on the compared target, or on the scenarios."""
    row = views[0].main_target
    goal = target_text(row, views[0], t) if row else " · ".join(_scenario_name(view, t) for view in views)
    return t("compare_about", goal=goal)


def has_same_goal(views: Sequence[RunView]) -> bool:
    goals = {
        (row.measure, row.period, row.threshold, row.direction) if (row := view.main_target) else None for view in views
    }
    return len(goals) == 1


def _common_scale(views: Sequence[RunView], t: Translator) -> AmountScale:
    first = views[0]
    statistics = (_first_statistics(view, first) for view in views)
    sizes = [value for figures in statistics for key, value in figures.items() if key.startswith("p")]
    goals = (row for view in views if (row := view.main_target))
    sizes += [row.threshold for row in goals if (row.measure_key, row.period) == (first.measure_key, first.period)]
    return first.scale_for(first.measure, first.period, sizes, t)


def comparison_table(views: Sequence[RunView], t: Translator) -> tables.Table:
    """Return one column a run: chances with their error and spread, shortfalls, quantiles, mean."""
    scale, first = _common_scale(views, t), views[0]
    params = {"measure": measure_text(first.measure, first.scenario, t), "period": period_text(first.period, t)}
    rows: list[tuple[str, ...]] = []
    for name in dict.fromkeys(row.name for view in views for row in view.findings.targets):
        rows += _target_rows(name, views, t)
    statistics = [_first_statistics(view, first) for view in views]
    for key, label in (("p10", "P10"), ("p50", "P50"), ("p90", "P90"), ("mean", "")):
        if any(key in figures for figures in statistics):
            head = t("compare_quantile", name=label, **params) if label else t("compare_mean", **params)
            amounts = (
                scale.amount(figures[key], min(scale.decimals + 1, 2)) if key in figures else "–"
                for figures in statistics
            )
            rows.append((sentence_case(head), *amounts))
    heads = (t("compare_figure"), *(_scenario_name(view, t) for view in views))
    return tables.Table(heads, tuple(rows))


def _target_rows(name: str, views: Sequence[RunView], t: Translator) -> list[tuple[str, ...]]:
    target_rows = [next((row for row in view.findings.targets if row.name == name), None) for view in views]
    example, view = next((row, view) for row, view in zip(target_rows, views, strict=True) if row)
    goal = target_text(example, view, t)
    lines: list[tuple[str, ...]] = [
        (t("compare_chance", goal=goal), *(_chance_text(row, t) for row in target_rows)),
    ]
    if any(view.findings.cases for view in views):
        lines.append(
            (
                sentence_case(t("compare_spread", goal=goal)),
                *(chance_range_text(*row.spread, t, row.required_chance) if row else "–" for row in target_rows),
            )
        )
    shortfalls = (_shortfall_text(row, run, t) for row, run in zip(target_rows, views, strict=True))
    lines.append((t("compare_shortfall", goal=goal), *shortfalls))
    return lines


def _chance_text(row: TargetRow | None, t: Translator) -> str:
    if row is None:
        return "–"
    return f"{target_chance_text(row, t)} {error_text(row.chance, t)}"


def _shortfall_text(row: TargetRow | None, view: RunView, t: Translator) -> str:
    if row is None:
        return "–"
    return view.scale_for(row.measure, row.period, [row.threshold], t).short_amount(abs(row.average_shortfall))


def difference_table(views: Sequence[RunView], differences: Differences, t: Translator) -> tables.Table | None:
    """Return each difference with its error: of the mean, and of the chance of each common target."""
    if not differences:
        return None
    names = {view.short_name: _scenario_name(view, t) for view in views}
    first = next(iter(differences.values()))
    scale = views[0].scale_for(first.measure, first.period, [d.mean.value for d in differences.values()], t)
    targets = list(dict.fromkeys(name for difference in differences.values() for name in difference.chances))
    labels = {row.name: target_text(row, view, t) for view in views for row in view.findings.targets}
    heads = [t("compare_pair_head"), t("compare_mean_difference", unit=scale.unit)]
    heads += [f"{t('compare_chance_difference')}: {labels.get(name, name)}" for name in targets]
    rows = []
    for (a, b), difference in _pairs_with_first(views, differences).items():
        cells = [t("compare_pair", a=names.get(a, a), b=names.get(b, b)), _difference_text(difference.mean, scale, t)]
        points = AmountScale(t, 0.01, "", 1)
        cells += [
            _difference_text(difference.chances[name], points, t) if name in difference.chances else "–"
            for name in targets
        ]
        rows.append(tuple(cells))
    return tables.Table(tuple(heads), tuple(rows))


def _pairs_with_first(views: Sequence[RunView], differences: Differences) -> Differences:
    """Return the differences to the first run; the others stand in the matrix."""
    return {pair: difference for pair, difference in differences.items() if pair[0] == views[0].short_name}


def _difference_text(estimate: tuple[float, float, float], scale: AmountScale, t: Translator) -> str:
    """Return a signed difference and its interval, with the digits that suit the interval."""
    value, low, high = estimate
    half_width = (high - low) / 2 / scale.factor
    decimals = 0 if half_width >= 2 else 1 if half_width >= 0.05 else 2
    texts = {"value": value, "low": low, "high": high}
    return t("compare_with_error", **{key: scale.signed_number(amount, decimals) for key, amount in texts.items()})


def comparison_charts(views: Sequence[RunView], differences: Differences, t: Translator) -> dict[str, Chart]:
    """Make the charts of runs: chances by rank, curves, months, then the differences of each run to the first.

    Parameters
    ----------
    views : Sequence of RunView
        The runs.
    differences : Mapping
        By (first, second), the second less the first.
    t : Translator
        Language of the charts.

    Returns
    -------
    dict of str to Chart
        By name.
    """
    level_charts = (_ranked_chart(views, t), _exceedance_chart(views, t), _fan_chart(views, t))
    charts = [chart for chart in level_charts if chart is not None]
    for number, view in enumerate(views[1:], 2):
        charts += _difference_charts(views[0], view, number, differences, t)
    return {chart.name: chart for chart in charts}


def ranked_plans(views: Sequence[RunView], t: Translator) -> list[RankedPlan]:
    """Return the plans by the chance of their main target, the likeliest first; empty where one has no target."""
    plans = [
        RankedPlan(label, row, f"{target_chance_text(row, t)} ±{error_points(row.chance.low, row.chance.high, t)}")
        for label, view in zip(run_labels(views, t), views, strict=True)
        if (row := view.main_target) is not None
    ]
    return sorted(plans, key=lambda plan: -plan.target.chance.value) if len(plans) == len(views) else []


def _ranked_chart(views: Sequence[RunView], t: Translator) -> Chart | None:
    plans = ranked_plans(views, t)
    if not plans:
        return None
    heading = t("compare_ranked_title")
    draw, margin = CHARTS["ranked"]
    alt = f"{heading}: " + ", ".join(f"{plan.label} {plan.text}" for plan in plans)
    return Chart("ranked", heading, alt, partial(draw, plans=plans, t=t), margin, 0.9 + 0.42 * len(plans))


def _difference_charts(
    first: RunView, other: RunView, number: int, differences: Differences, t: Translator
) -> list[Chart]:
    """Return the difference of a run to the first by month, and by cause, where they have them."""
    difference = differences.get((first.short_name, other.short_name))
    charts = []
    if difference is not None and difference.months:
        measure = other.findings.months.measure
        scale = _month_difference_scale(first, difference, t)
        heading = t(
            "compare_months_title", measure=sentence_case(measure_text(measure, first.scenario, t)), unit=scale.unit
        )
        changes = ((period_text(row.month, t), scale.signed_number(row.mean)) for row in difference.months)
        alt = f"{heading}: " + "; ".join(f"{month} {change}" for month, change in changes)
        draw, margin = CHARTS["month_differences"]
        draw_months = partial(draw, months=difference.months, t=t, scale=scale, measure=measure)
        charts.append(Chart(f"months_{number}", heading, alt, draw_months, margin, 2.4))
    steps = _plan_steps(first, other)
    if steps is not None:
        scale = _steps_scale(first, steps, t)
        rows = plan_step_rows(steps, t, scale)
        heading = t("compare_steps_title", period=period_text(steps.period, t), unit=scale.unit)
        alt = f"{heading}: " + "; ".join(f"{label} {text}" for label, text, *_ in rows)
        draw, margin = CHARTS["plan_steps"]
        draw_steps = partial(draw, finding=steps, t=t, scale=scale)
        charts.append(Chart(f"steps_{number}", heading, alt, draw_steps, margin, 0.3 + 0.4 * len(rows)))
    return charts


def _month_difference_scale(view: RunView, difference: Difference, t: Translator) -> AmountScale:
    sizes = [end for row in difference.months for end in (row.p10, row.p90, row.mean)]
    return choose_scale(view.findings.months.measure, sizes, view.scenario.currency, t, yearly=False)


def _steps_scale(view: RunView, steps: Bridge, t: Translator) -> AmountScale:
    sizes = [*(step.amount for step in steps.steps), steps.end.amount - steps.start.amount]
    return view.scale_for(steps.measure, steps.period, sizes, t)


def _plan_steps(first: RunView, other: RunView) -> Bridge | None:
    """Return the steps from the forecast of one run to that of another, with labels; None where they share none."""
    if first.findings.bridge is None or other.findings.bridge is None:
        return None
    steps = bridge_difference(first.findings.bridge, other.findings.bridge)
    return steps if steps is not None and steps.steps else None


class PlanChange(NamedTuple):
    """Differences of a plan to the first one."""

    heading: str
    charts: tuple[str, ...]
    """Names of its charts."""


def plan_changes(
    views: Sequence[RunView], differences: Differences, charts: Mapping[str, Chart], t: Translator
) -> list[PlanChange]:
    """Return the changes from the first plan to each other one that has charts."""
    labels = run_labels(views, t)
    changes = []
    for number, label in enumerate(labels[1:], 2):
        names = tuple(name for name in (f"months_{number}", f"steps_{number}") if name in charts)
        if names:
            changes.append(PlanChange(t("compare_pair", a=labels[0], b=label), names))
    return changes


def difference_matrix(views: Sequence[RunView], differences: Differences, t: Translator) -> tables.Table | None:
    """Return the difference of each run to each other: of the chance of the main target, else of the mean.

    None for two runs, whose difference stands in the table of pairs.
    """
    target = views[0].findings.main_target
    if len(views) < 3 or not differences:
        return None
    first = next(iter(differences.values()))
    scale = views[0].scale_for(first.measure, first.period, [d.mean.value for d in differences.values()], t)
    points = AmountScale(t, 0.01, "", 1)
    rows = []
    for row_view in views:
        cells = [_scenario_name(row_view, t)]
        for column_view in views:
            pair = (column_view.short_name, row_view.short_name)
            difference, sign = differences.get(pair), 1.0
            if difference is None:
                difference, sign = differences.get(pair[::-1]), -1.0
            if difference is None:
                cells.append("–")
            elif target in difference.chances:
                cells.append(_short_difference(difference.chances[target], sign, points, t))
            else:
                cells.append(_short_difference(difference.mean, sign, scale, t))
        rows.append(tuple(cells))
    heads = (t("compare_matrix_head"), *(t("compare_matrix_less", name=_scenario_name(view, t)) for view in views))
    return tables.Table(heads, tuple(rows), frozenset(range(1, len(heads))))


def _short_difference(estimate: tuple[float, float, float], sign: float, scale: AmountScale, t: Translator) -> str:
    """Return a signed difference and half the width of its interval."""
    value, low, high = estimate
    half_width = (high - low) / 2 / scale.factor
    decimals = 0 if half_width >= 2 else 1 if half_width >= 0.05 else 2
    text = scale.signed_number(sign * value, decimals)
    return t("compare_plus_minus", value=text, error=t.number(half_width, decimals))


def provenance_table(views: Sequence[RunView], t: Translator) -> tables.Table:
    """Return what makes each run again, one column a run; a value that all share stands in the first column alone."""
    entries = [dict(assumptions.run_provenance(view, t)) for view in views]
    rows = []
    for key in dict.fromkeys(key for columns in entries for key in columns):
        values = [columns.get(key, "–") for columns in entries]
        is_shared = len(set(values)) == 1
        rows.append((key, values[0], *((t("compare_same"),) * (len(views) - 1) if is_shared else values[1:])))
    return tables.Table((t("compare_figure"), *(_scenario_name(view, t) for view in views)), tuple(rows))


def comparison_figure_tables(
    views: Sequence[RunView], differences: Differences, t: Translator
) -> dict[str, tables.Table]:
    """Return the table of each chart of a comparison, by name."""
    by_name = {}
    if plans := ranked_plans(views, t):
        rows = tuple((plan.label, plan.text) for plan in plans)
        by_name["ranked"] = tables.Table((t("compare_plan"), t("compare_ranked_title")), rows, frozenset((1,)))
    for number, view in enumerate(views[1:], 2):
        difference = differences.get((views[0].short_name, view.short_name))
        if difference is not None and difference.months:
            by_name[f"months_{number}"] = _month_difference_table(views[0], difference, t)
        steps = _plan_steps(views[0], view)
        if steps is not None:
            scale = _steps_scale(views[0], steps, t)
            lines = tuple((label, text) for label, text, *_ in plan_step_rows(steps, t, scale))
            heads = (t("compare_cause"), t("why_amount", unit=scale.unit))
            by_name[f"steps_{number}"] = tables.Table(heads, lines, frozenset((1,)))
    if months_by_label := _months_by_label(views, t):
        by_name["fan"] = fan_table(months_by_label, views[0].months_scale(t), t)
    if curve_by_label := _curve_by_label(views, t):
        by_name["exceedances"] = curve_table(curve_by_label, _common_scale(views, t), t)
    return by_name


def _month_difference_table(view: RunView, difference: Difference, t: Translator) -> tables.Table:
    scale = _month_difference_scale(view, difference, t)
    decimals = min(scale.decimals + 1, 2)
    rows = tuple(
        (
            period_text(row.month, t),
            _difference_text((row.mean, row.low, row.high), scale, t),
            scale.signed_number(row.p10, decimals),
            scale.signed_number(row.p90, decimals),
        )
        for row in difference.months
    )
    heads = (t("compare_month"), t("compare_mean_difference", unit=scale.unit), "P10", "P90")
    return tables.Table(heads, rows, frozenset((1, 2, 3)))


def run_labels(views: Sequence[RunView], t: Translator) -> list[str]:
    """Return one label a run, all different."""
    names = [truncate_label(_scenario_name(view, t), 48) for view in views]
    return [
        f"{name} ({view.short_name})" if names.count(name) > 1 else name
        for name, view in zip(names, views, strict=True)
    ]


def _months_by_label(views: Sequence[RunView], t: Translator) -> dict[str, Months]:
    """Return the months of each run by its label; empty where they are not of one measure."""
    by_label = {
        label: view.findings.months
        for label, view in zip(run_labels(views, t), views, strict=True)
        if view.findings.months.bars
    }
    return by_label if len({months.measure for months in by_label.values()}) == 1 else {}


def _curve_by_label(views: Sequence[RunView], t: Translator) -> dict[str, Exceedance]:
    """Return the exceedance curve of each run by its label; empty where they are not of one figure."""
    curves = (
        (label, view.findings.exceedance.get(view.findings.main_target))
        for label, view in zip(run_labels(views, t), views, strict=True)
    )
    by_label = {label: curve for label, curve in curves if curve is not None}
    figures = {(curve.measure, curve.period, curve.higher_is_better) for curve in by_label.values()}
    return by_label if len(figures) == 1 and views[0].main_target is not None else {}


def _fan_chart(views: Sequence[RunView], t: Translator) -> Chart | None:
    months_by_label = _months_by_label(views, t)
    if not months_by_label:
        return None
    scale = views[0].months_scale(t)
    measure = sentence_case(measure_text(views[0].findings.months.measure, views[0].scenario, t))
    heading = t("fan_title" if len(views) <= MAX_BANDS else "fan_lines_title", measure=measure, unit=scale.unit)
    draw, margin = CHARTS["fan"]
    draw_fans = partial(draw, findings=months_by_label, t=t, scale=scale)
    return Chart(
        "fan",
        heading,
        f"{heading}: {', '.join(months_by_label)}",
        draw_fans,
        margin,
        3.4,
    )


def _exceedance_chart(views: Sequence[RunView], t: Translator) -> Chart | None:
    curve_by_label = _curve_by_label(views, t)
    if not curve_by_label or views[0].main_target is None:
        return None
    example, scale = next(iter(curve_by_label.values())), _common_scale(views, t)
    heading = t(
        "exceedance_title" if example.higher_is_better else "exceedance_title_most",
        measure=measure_text(example.measure, views[0].scenario, t),
        period=period_text(example.period, t),
        unit=scale.unit,
    )
    alt = f"{heading}: {goal_text(views[0].main_target, views[0], t)}: " + ", ".join(
        f"{label} {target_chance_text(row, t)}"
        for label, view in zip(run_labels(views, t), views, strict=True)
        if (row := view.main_target)
    )
    draw, margin = CHARTS["exceedances"]
    return Chart(
        "exceedances",
        heading,
        alt,
        partial(draw, findings=curve_by_label, t=t, scale=scale),
        margin,
        3.4,
    )
