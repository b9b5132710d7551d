"""Levels of `forecast triggers`, for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.analysis.triggers import MIN_PATHS_BEYOND
from forecast.cli.target_choice import target_title
from forecast.cli.text_table import table_lines, wrap
from forecast.i18n.amounts import choose_scale, exact_percent, whole_percent
from forecast.i18n.listing import list_names
from forecast.reports.content.early_warning import alarm_texts, level_text
from forecast.reports.content.text import measure_text, period_text, sentence_case

if TYPE_CHECKING:
    from forecast.analysis.triggers import EarlyWarning
    from forecast.i18n import Translator
    from forecast.plan.scenario import Scenario

MAX_SILENT_MONTHS = 12


def trigger_lines(warning: EarlyWarning, scenario: Scenario, t: Translator) -> list[str]:
    """Lines for a person, at most 80 wide."""
    heading = target_title(scenario, warning.target, warning.chance, scenario.targets[warning.target].required, t)
    amounts = [level.level.value for month in warning.months for level in month.levels if level.level is not None]
    scale = choose_scale(warning.measure, amounts, scenario.currency, t)
    first = warning.first_month
    measure = sentence_case(measure_text(warning.measure, scenario, t))
    key = "triggers_lead_below" if warning.is_below else "triggers_lead_above"
    lead = t(key, measure=measure, month=period_text(first, t), unit=scale.unit)
    rows = [["", *t("triggers_columns").split("|")]]
    for number, level in enumerate(warning.months[0].levels):
        rows.append([t("triggers_under", chance=exact_percent(level.chance, t))])
        rows += [
            [
                period_text(month.month, t),
                level_text(month.levels[number], warning, scale, has_error=True),
                *alarm_texts(month.levels[number], t, missing=""),
                whole_percent(month.known, t),
            ]
            for month in warning.months
        ]
    lines = [*wrap(heading), *wrap(lead), *table_lines(rows, indent=2), ""]
    lines += wrap(t("triggers_key", paths=MIN_PATHS_BEYOND))
    levels = [(month, level) for month in warning.months for level in month.levels]
    if any(level.is_all_clear and level.level is not None for _, level in levels):
        lines += wrap(t("triggers_all_clear"))
    silent = [period_text(month.month, t) for month, level in levels if level.level is not None and not level.tells]
    if silent:
        lines += wrap(t("triggers_say_nothing", months=list_names(list(dict.fromkeys(silent)), MAX_SILENT_MONTHS)))
    return lines
