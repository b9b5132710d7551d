"""Tables of the figures: what each chart of a page shows, as texts to read and to copy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.ticker import MaxNLocator

from forecast.analysis.findings import Exceedance, Months
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, choose_scale, whole_percent
from forecast.periods import format_month
from forecast.plan.labels import display_name
from forecast.plan.scenario import Scenario
from forecast.reports.charts.quantile_dots import dot_amounts
from forecast.reports.charts.tornado import MAX_BARS
from forecast.reports.content import districts, tables
from forecast.reports.content.charts import range_ends, report_label
from forecast.reports.content.context import RunView
from forecast.reports.content.decision_tables import decision_tables
from forecast.reports.content.tables import Table
from forecast.reports.content.text import period_text
from forecast.reports.content.track_record import TrackRecord, pool_origins, run_track_records
from forecast.reports.content.year_to_date import chance_table
from forecast.reports.fonts import truncate_label
from forecast.timeseries.evaluation.scores import Fan, assess_calibration, select_fans

__all__ = ["run_figure_tables"]

MAX_LEVELS = 10
"""Levels of a curve in its table, beside the target."""


def run_figure_tables(view: RunView, t: Translator) -> dict[str, Table]:
    """Make the table of every chart of a run.

    Parameters
    ----------
    view : RunView
        The run.
    t : Translator
        Language of the tables.

    Returns
    -------
    dict of str to Table
        By the name of the chart.
    """
    year = view.findings.year
    by_name = {
        "dots": _dots_table(view, t),
        "months": tables.monthly_table(view, t),
        "history": _history_table(view, t),
        "bridge": tables.bridge_table(view, t),
        "exceedance": _run_curve_table(view, t),
        "tornado": _tornado_table(view, t),
        "cases": _case_table(view, t),
        "chance_by_month": None if year is None else chance_table(view, year, t),
        "districts": districts.district_table(view, t),
        **decision_tables(view, t),
        **track_record_tables(view.scenario, run_track_records(view), t),
    }
    return {name: table for name, table in by_name.items() if table is not None}


def _dots_table(view: RunView, t: Translator) -> Table | None:
    """Return each of the equally likely outcomes, the lowest first, and whether it reaches the target."""
    finding = view.findings.dots
    if finding is None:
        return None
    scale = view.scale_for(finding.measure, finding.period, [*finding.amounts, finding.target or 0.0], t)
    amounts, is_reached = dot_amounts(finding)
    decimals = min(scale.decimals + 1, 2)
    cells = [(str(number), scale.number(amount, decimals)) for number, amount in enumerate(amounts, 1)]
    heads = (t("dots_number"), t("why_amount", unit=scale.unit))
    if finding.target is None:
        return Table(heads, tuple(cells), frozenset((1,)))
    answers = (t("dots_yes") if reached else t("dots_no") for reached in is_reached)
    rows = tuple((*pair, answer) for pair, answer in zip(cells, answers, strict=True))
    return Table((*heads, t("dots_target", amount=scale.exact_amount(finding.target))), rows, frozenset((1,)))


def _history_table(view: RunView, t: Translator) -> Table | None:
    """Return the past months with their status, then P10, P50 and P90 of those that are simulated."""
    months = view.findings.months
    if not months.history or not months.bars:
        return None
    scale = view.months_scale(t)
    rows = [
        (period_text(month, t), scale.number(value), "", "", t(f"history_{status}"))
        for month, value, status in months.history
    ]
    for bar in months.bars:
        is_known = bar.p95 == bar.p5
        ends = ("", "") if is_known else (scale.number(bar.p10), scale.number(bar.p90))
        known = t("months_closed_known" if months.last_closed else "months_known")
        status = known if is_known else t("months_forecast")
        rows.append((period_text(bar.month, t), scale.number(bar.p50), *ends, status))
    heads = (t("month_head"), t("why_amount", unit=scale.unit), "P10", "P90", t("history_figure_kind"))
    return Table(heads, tuple(rows), frozenset((1, 2, 3)))


def _run_curve_table(view: RunView, t: Translator) -> Table | None:
    curve, row = view.findings.exceedance.get(view.findings.main_target), view.main_target
    if curve is None or row is None:
        return None
    return curve_table({"": curve}, view.main_scale(t), t, row.required_chance)


def curve_table(
    curves: Mapping[str, Exceedance], scale: AmountScale, t: Translator, required: float | None = None
) -> Table:
    """Return the chance of round levels, and of a target that all curves share; one column a curve."""
    first = next(iter(curves.values()))
    lowest = min(curve.amounts[0] for curve in curves.values())
    highest = max(curve.amounts[-1] for curve in curves.values())
    levels = {level for level in MaxNLocator(MAX_LEVELS).tick_values(lowest, highest) if lowest <= level <= highest}
    targets = {curve.target for curve in curves.values()} - {None}
    target = targets.pop() if len(targets) == 1 else None
    ordered = sorted(levels if target is None else {*levels, target})
    rows = []
    for level in ordered:
        chances = (_chance_at(curve, level) for curve in curves.values())
        amount = scale.exact_amount(level, 3).removesuffix(scale.unit).strip()
        rows.append((amount, *(whole_percent(chance, t, required if level == target else None) for chance in chances)))
    key = "figure_at_least" if first.higher_is_better else "figure_at_most"
    heads = (t("figure_level", unit=scale.unit), *(f"{t(key)}: {name}" if name else t(key) for name in curves))
    strong = frozenset(number for number, level in enumerate(ordered) if level == target)
    return Table(heads, tuple(rows), frozenset(range(1, len(heads))), strong)


def _chance_at(curve: Exceedance, level: float) -> float:
    """Return the chance of a level or better; that of the target as it was counted."""
    if level == curve.target and curve.target_chance is not None:
        return curve.target_chance.value
    chance = float(np.interp(level, curve.amounts, curve.chances, 1.0, 0.0))
    return chance if curve.higher_is_better else 1.0 - chance


def _tornado_table(view: RunView, t: Translator) -> Table | None:
    finding = view.findings.sensitivity
    if finding is None or not finding.bars:
        return None
    scale = view.main_scale(t)
    rows = tuple(
        (
            truncate_label(report_label(bar, view, t).in_language(t.language)),
            " – ".join(range_ends(bar, view, t)),
            bar.grade or "–",
            scale.signed_number(bar.low, min(scale.decimals + 1, 2)),
            scale.signed_number(bar.high, min(scale.decimals + 1, 2)),
        )
        for bar in finding.bars[:MAX_BARS]
    )
    heads = (
        t("assumption_name"),
        t("figure_range"),
        t("assumption_grade"),
        t("figure_low", unit=scale.unit),
        t("figure_high", unit=scale.unit),
    )
    return Table(heads, rows, frozenset((3, 4)))


def _case_table(view: RunView, t: Translator) -> Table | None:
    row = view.main_target
    if row is None or not view.findings.cases:
        return None
    chances = [(t("cases_plan"), row.chance)]
    chances += sorted(
        (
            (truncate_label(display_name(case.name, case.label, t)), case.chances[row.name])
            for case in view.findings.cases
            if row.name in case.chances
        ),
        key=lambda pair: -pair[1].value,
    )
    rows = tuple((name, whole_percent(chance.value, t, row.required_chance)) for name, chance in chances)
    return Table((t("figure_case"), t("target_chance")), rows, frozenset((1,)), frozenset((0,)))


def fan_table(months_by_run: Mapping[str, Months], scale: AmountScale, t: Translator) -> Table:
    """Return the median of each month, one column a run."""
    medians = {label: {bar.month: bar.p50 for bar in months.bars} for label, months in months_by_run.items()}
    all_months = sorted({month for by_month in medians.values() for month in by_month})
    rows = tuple(
        (
            period_text(month, t),
            *(scale.number(by_month[month]) if month in by_month else "–" for by_month in medians.values()),
        )
        for month in all_months
    )
    heads = (t("month_head"), *(f"P50: {label}" for label in medians))
    return Table(heads, rows, frozenset(range(1, len(heads))))


def track_record_tables(scenario: Scenario, services: Mapping[str, TrackRecord], t: Translator) -> dict[str, Table]:
    """Return the tables of the calibration and of the fans of each service."""
    by_name: dict[str, Table] = {}
    calibration = assess_calibration(pool_origins(services))
    if calibration is not None:
        count = len(calibration.shares)
        rows = tuple(
            (
                t("span_from_to", low=t.percent(tenth / count), high=t.percent((tenth + 1) / count)),
                whole_percent(share, t),
            )
            for tenth, share in enumerate(calibration.shares)
        )
        by_name["calibration"] = Table((t("figure_tenth"), t("figure_tenth_share")), rows, frozenset((1,)))
    for name, record in services.items():
        if record.origins:
            fans = select_fans(record.origins)
            sizes = [float(value) for fan in fans for value in fan.high80]
            scale = choose_scale(f"{record.measured}.{name}", sizes, scenario.currency, t, yearly=False)
            by_name[f"fan_actual-{name}"] = _fan_with_actuals_table(fans, record, scale, t)
    return by_name


def _fan_with_actuals_table(fans: tuple[Fan, ...], record: TrackRecord, scale: AmountScale, t: Translator) -> Table:
    rows = []
    for fan in fans:
        for ahead, (low, median, high) in enumerate(zip(fan.low80, fan.median, fan.high80, strict=True)):
            month = fan.first_month + ahead
            position = month - record.first_month
            actual = record.actual[position] if 0 <= position < len(record.actual) else np.nan
            cells = (scale.number(float(value)) for value in (low, median, high))
            rows.append(
                (
                    period_text(format_month(month), t),
                    *cells,
                    "–" if np.isnan(actual) else scale.number(float(actual)),
                )
            )
    return Table((t("month_head"), "P10", "P50", "P90", t("figure_actual")), tuple(rows), frozenset(range(1, 5)))
