"""Levels of `forecast triggers`, for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.analysis.triggers import MIN_PATHS_BEYOND
from forecast.cli.text_table import table_lines, wrap
from forecast.i18n.amounts import AmountScale, choose_scale, exact_percent, whole_percent
from forecast.i18n.listing import list_names
from forecast.reports.content.text import asked_target_text, measure_text, period_text, sentence_case

if TYPE_CHECKING:
    from forecast.analysis.triggers import EarlyWarning, TriggerLevel
    from forecast.i18n import Translator
    from forecast.plan.scenario import Scenario

MAX_SILENT_MONTHS = 12


def trigger_lines(warning: EarlyWarning, scenario: Scenario, t: Translator) -> list[str]:
    """Lines for a person, at most 80 wide."""
    record = scenario.targets[warning.target]
    required = record.required_chance.value if record.required_chance is not None else None
    heading = asked_target_text(warning.target, warning.chance, required, scenario, t)
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
            [period_text(month.month, t), *_level_cells(month.levels[number], warning, scale, t), known]
            for month in warning.months
            for known in (whole_percent(month.known, t),)
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


def _level_cells(level: TriggerLevel, warning: EarlyWarning, scale: AmountScale, t: Translator) -> list[str]:
    if level.level is None or not level.tells:
        return ["–", "", "", ""]
    half = (level.level.high - level.level.low) / 2
    decimals = max(1, scale.decimals)
    amount = f"{scale.number(level.level.value, decimals)} ±{scale.number(half, decimals)}"
    if level.is_all_clear:
        sign = "≥" if warning.is_below else "≤"
        return [f"{sign} {amount}", "", "", ""]
    shares = (level.sounds, level.is_right, level.catches)
    return [amount, *("–" if share is None else whole_percent(share.value, t) for share in shares)]
