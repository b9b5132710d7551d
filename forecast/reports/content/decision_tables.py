"""Tables under the charts of the section on decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from forecast.i18n import Translator
from forecast.i18n.amounts import exact_percent, whole_percent
from forecast.reports.charts.failure_modes import drawn_causes
from forecast.reports.content.decision_charts import (
    fifths_rows,
    lever_bars,
)
from forecast.reports.content.early_warning import alarm_texts, level_text, warning_scale
from forecast.reports.content.failures import failure_decimals, failure_scale
from forecast.reports.content.tables import Table
from forecast.reports.content.text import period_text
from forecast.reports.fonts import truncate_label

if TYPE_CHECKING:
    from forecast.reports.content.context import RunView

__all__ = ["decision_tables"]


def decision_tables(view: RunView, t: Translator) -> Mapping[str, Table | None]:
    """Make the tables of the same charts.

    Parameters
    ----------
    view : RunView
        The run.
    t : Translator
        The language.

    Returns
    -------
    mapping of str to Table or None
        By name of the chart.
    """
    return {
        "fifths": _fifths_table(view, t),
        "levers": _levers_table(view, t),
        "failure_modes": _failures_table(view, t),
        "early_warning": _early_warning_table(view, t),
    }


def _fifths_table(view: RunView, t: Translator) -> Table | None:
    rows = fifths_rows(view, t)
    if not rows:
        return None
    cells = tuple(
        (row.label, whole_percent(row.low.value, t), whole_percent(row.high.value, t), row.share) for row in rows
    )
    heads = (t("assumption_name"), t("fifths_low"), t("fifths_high"), t("fifths_share"))
    return Table(heads, cells, frozenset((1, 2, 3)))


def _levers_table(view: RunView, t: Translator) -> Table | None:
    rows = lever_bars(view, t)
    if not rows:
        return None
    cells = tuple(
        (row.label, t(f"seek_{row.kind}"), whole_percent(row.chance.value, t, row.required), row.cases or "–")
        for row in rows
    )
    heads = (t("levers_change"), t("levers_whose"), t("target_chance"), t("levers_cases_head"))
    return Table(heads, cells, frozenset((2, 3)))


def _failures_table(view: RunView, t: Translator) -> Table | None:
    modes = view.decisions.failures
    if modes is None or not modes.ways:
        return None
    scale = failure_scale(modes, view.scenario, t)
    causes = drawn_causes(modes)
    rows = tuple(
        (
            way.label.in_language(t.language),
            whole_percent(way.share.value, t),
            whole_percent(way.chance.value, t),
            *(scale.signed_number(way.pieces[cause].value, failure_decimals(scale)) for cause in causes),
        )
        for way in modes.ways
    )
    names = [truncate_label(modes.labels[cause].in_language(t.language)) for cause in causes]
    heads = (t("failures_way"), t("failures_share"), t("failures_chance"), *names)
    return Table(heads, rows, frozenset(range(1, len(heads))))


def _early_warning_table(view: RunView, t: Translator) -> Table | None:
    warning = view.decisions.warning
    if warning is None or not warning.months:
        return None
    scale = warning_scale(warning, view.scenario, t)
    chances = [exact_percent(level.chance, t) for level in warning.months[0].levels]
    heads = [t("early_warning_month")]
    for chance in chances:
        heads += [t("early_warning_under", chance=chance, unit=scale.unit), *t("early_warning_columns").split("|")]
    rows = []
    for month in warning.months:
        cells = [period_text(month.month, t)]
        for level in month.levels:
            cells += [level_text(level, warning, scale), *alarm_texts(level, t)]
        rows.append(tuple(cells))
    return Table(tuple(heads), tuple(rows), frozenset(range(1, len(heads))))
