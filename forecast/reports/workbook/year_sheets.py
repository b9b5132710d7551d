"""Sheets of a plan with closed months: the monthly table that every office knows, and the variances."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from forecast.analysis.year_findings import Variance
from forecast.i18n.amounts import whole_percent
from forecast.periods import parse_month
from forecast.reports.content.causes import cause_text, measure_name, page_steps
from forecast.reports.content.text import date_text, measure_text, period_text, sentence_case
from forecast.reports.workbook.content import WorkbookContent
from forecast.reports.workbook.formats import signed_format
from forecast.reports.workbook.sheet import SheetWriter
from forecast.reports.workbook.table_sheet import HEADER_ROW, TableColumn, TableSheet, WriteSheet
from forecast.reports.year_summary import restore_variances

__all__ = ["YEAR_SHEETS"]

RATIO_FORMAT = "0.0;-0.0;0.0"
"""Ratios are percents without a sign, as offices write them: 105.2 is 5.2% more."""


def _write_year_table(writer: SheetWriter, content: WorkbookContent) -> None:
    """The monthly table: plan, actual, year to date and outlook of each measure."""
    t, table = writer.t, content.summary["months_table"]
    has_revision = any(row["revised_year"] is not None for row in table["rows"])
    year, month = period_text(table["year"], t), t(f"month_{parse_month(table['month']) % 12 + 1}")
    heads = [
        t("table_assigned_year" if has_revision else "table_plan_year", year=year),
        *([t("table_revised_year")] if has_revision else []),
        *(t(key, month=month) for key in ("table_plan_month", "table_month", "table_month_ratio")),
        *(t(key) for key in ("table_to_date", "table_year_ratio", "table_previous_ratio")),
        *(t("excel_outlook_quantile", quantile=quantile) for quantile in ("P10", "P50", "P90")),
        t("table_chance"),
    ]
    texts = {"table_position": 6, "table_measure": 36, "table_unit": 22}
    columns = [
        *(TableColumn(t(key), width) for key, width in texts.items()),
        *(TableColumn(head, 12, is_number=True) for head in heads),
    ]
    last = TableSheet("year", "year_to_date", t("excel_remark_year"), columns, kept_columns=2).write(
        writer, content, table["rows"], lambda row, entry: _write_year_row(writer, content, row, entry, has_revision)
    )
    for offset, key in enumerate(("table_ratio_note", "excel_open_note"), last + 2):
        writer.text(offset, 0, t(key), writer.formats.muted())


def _write_year_row(
    writer: SheetWriter, content: WorkbookContent, row: int, entry: Mapping[str, Any], has_revision: bool
) -> None:
    t, formats = writer.t, writer.formats
    outlook = entry["outlook"]
    is_total = "." not in entry["position"]
    amounts = [entry["actual_month"], outlook["p90"]]
    number_format, unit = content.shown(entry["measure"], amounts, content.summary["months_table"]["year"])

    def plan(key: str) -> float | None:
        return None if entry[key] is None else entry[key]["value"]

    def ratio(key: str) -> float | None:
        return None if entry[key] is None else 100 * entry[key]

    booked = formats.get(number_format, bold=is_total)
    middle = formats.get(number_format, bold=is_total, italic=True)
    ratios = formats.get(RATIO_FORMAT)
    writer.text(row, 0, entry["position"])
    writer.text(row, 1, measure_name(entry["measure"], content.scenario, t), formats.get(bold=is_total))
    writer.text(row, 2, unit, formats.muted())
    cells = [
        (plan("plan_year"), booked),
        *([(entry["revised_year"], booked)] if has_revision else []),
        (plan("plan_month"), booked),
        (entry["actual_month"], booked if entry["month_booked"] else middle),
        (ratio("of_plan_month"), ratios),
        (entry["to_date"], booked if entry["to_date_booked"] else middle),
        (ratio("of_plan_year"), ratios),
        (ratio("of_previous_year"), ratios),
        *((outlook[key], booked) for key in ("p10", "p50", "p90")),
    ]
    for column, (value, style) in enumerate(cells, 3):
        writer.number(row, column, value, style)
    if entry["chance"] is not None:
        target = content.scenario.targets.get(entry["target"])
        required = None if target is None else target.required
        text = whole_percent(entry["chance"]["chance"], t, required)
        writer.text(row, 3 + len(cells), text, formats.get(align="right"))


def _write_variances(writer: SheetWriter, content: WorkbookContent) -> None:
    """Each variance as steps that add up: the sums are formulas over values of the run."""
    t = writer.t
    writer.open(content.title("variance"), t("excel_remark_variance"), (56, 18, 18, 18, 44))
    row = HEADER_ROW
    for variance in restore_variances(content.summary):
        row = _write_variance(writer, content, row, variance) + 2
    writer.freeze(HEADER_ROW, 1)


def _write_variance(writer: SheetWriter, content: WorkbookContent, row: int, variance: Variance) -> int:
    """One variance from a row on; the last row that it fills."""
    t, formats = writer.t, writer.formats
    number_format, unit = content.shown(variance.measure, [variance.start.outlook, variance.end.outlook])
    day = date_text(date.fromisoformat(variance.as_of), t) if variance.as_of else ""
    params = {"measure": sentence_case(measure_text(variance.measure, content.scenario, t)), "unit": unit}
    writer.text(row, 0, t(f"variance_{variance.reference}_head", **params, date=day), formats.get(bold=True))
    heads = [t(f"variance_{key}") for key in ("cause", "to_date", "year", "effect", "note")]
    writer.headers(row + 1, heads, (1, 2))
    first = row + 2
    total = formats.total(number_format)
    writer.text(first, 0, t(f"variance_start_{variance.reference}"), formats.get(bold=True))
    writer.number(first, 1, variance.start.to_date, total)
    writer.number(first, 2, variance.start.outlook, total)
    signed = formats.get(signed_format(number_format))
    steps = page_steps(variance)
    for offset, step in enumerate(steps, first + 1):
        writer.text(offset, 0, cause_text(step, content.scenario, t))
        writer.number(offset, 1, step.to_date, signed)
        writer.number(offset, 2, step.outlook, signed)
        effect = variance.effect(step, step.outlook or step.to_date)
        writer.text(offset, 3, t(f"variance_{effect}") if effect else "", formats.muted(indent=1))
        notes = (f"{t(f'month_{parse_month(month) % 12 + 1}')}: {text}" for month, text in step.notes)
        writer.text(offset, 4, "; ".join(notes), formats.get(text_wrap=True))
    last = first + len(steps) + 1
    writer.text(last, 0, t("variance_end"), formats.get(bold=True))
    for column, value in ((1, variance.end.to_date), (2, variance.end.outlook)):
        letter = "ABC"[column]
        writer.formula(last, column, f"SUM({letter}{first + 1}:{letter}{last})", value, total)
    return last


YEAR_SHEETS: Mapping[str, WriteSheet] = {"year": _write_year_table, "variance": _write_variances}
"""Writers of the sheets of a plan with closed months, by the key of each sheet."""
