"""Sheet of several plans side by side: chances of targets, and the range of each measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast.i18n.amounts import whole_percent
from forecast.reports.content.text import period_text, sentence_case
from forecast.reports.workbook.content import WorkbookContent
from forecast.reports.workbook.sheet import SheetWriter
from forecast.reports.workbook.table_sheet import HEADER_ROW

__all__ = ["write_scenarios"]

FIGURES = ("p10", "p50", "p90")
FIRST_PLAN_COLUMN = 4


def write_scenarios(writer: SheetWriter, content: WorkbookContent) -> None:
    """Write the plan and others side by side: values of their runs, with the same random numbers.

    Parameters
    ----------
    writer : SheetWriter
        The sheet.
    content : WorkbookContent
        The run, with the summaries of the others.
    """
    t, formats = writer.t, writer.formats
    plans = [(content.scenario.name.in_language(t.language), content.summary), *content.others]
    writer.open(content.title("scenarios"), t("excel_remark_scenarios"), (40, 26, 16, 22, *[18.0] * len(plans)))
    heads = [t(f"excel_{key}") for key in ("measure", "period", "figure", "unit")]
    writer.headers(HEADER_ROW, [*heads, *(name for name, _ in plans)], range(FIRST_PLAN_COLUMN, FIRST_PLAN_COLUMN + 6))
    writer.sheet.set_row(HEADER_ROW, 28)
    row = HEADER_ROW
    for name, target in content.summary["targets"].items():
        row += 1
        label = content.scenario.targets[name].label
        text = label.in_language(t.language) if label else content.measure_name(target["measure"])
        _write_heads(writer, row, (text, sentence_case(period_text(target["period"], t)), t("excel_chance"), ""))
        for column, (_, summary) in enumerate(plans, FIRST_PLAN_COLUMN):
            writer.text(row, column, _chance(summary, name, writer), formats.get(bold=True, align="right"))
    for measure, by_period in content.summary["measures"].items():
        if ":" in measure or "@" in measure:
            continue
        for period in by_period:
            row = _write_measure(writer, content, row, measure, period, [summary for _, summary in plans])
    writer.freeze(HEADER_ROW + 1, FIRST_PLAN_COLUMN)
    writer.protect()


def _write_heads(writer: SheetWriter, row: int, texts: tuple[str, ...]) -> None:
    for column, text in enumerate(texts):
        writer.text(row, column, text)


def _chance(summary: Mapping[str, Any], name: str, writer: SheetWriter) -> str:
    target = summary["targets"].get(name)
    return "" if target is None else whole_percent(target["chance"], writer.t, target.get("required_chance"))


def _write_measure(
    writer: SheetWriter,
    content: WorkbookContent,
    row: int,
    measure: str,
    period: str,
    summaries: list[Mapping[str, Any]],
) -> int:
    """P10, P50 and P90 of one measure and period; the last row that they fill."""
    figures = [summary["measures"].get(measure, {}).get(period, {}) for summary in summaries]
    sizes = [each[key] for each in figures if each for key in FIGURES]
    number_format, unit = content.shown(measure, sizes, period)
    for key in FIGURES:
        row += 1
        period_name = sentence_case(period_text(period, writer.t))
        _write_heads(writer, row, (content.measure_name(measure), period_name, writer.t(f"excel_{key}"), unit))
        for column, each in enumerate(figures, FIRST_PLAN_COLUMN):
            writer.number(row, column, each.get(key), writer.formats.get(number_format, bold=key == "p50"))
    return row
