"""The workbook of a run: its sheets in their order, as bytes."""

from __future__ import annotations

import io
import math
from datetime import UTC, datetime
from typing import Any

from forecast.files.workbook import cell_address
from forecast.periods import first_day
from forecast.plan.data_files import path_in_project
from forecast.reports.content.text import range_text
from forecast.reports.workbook.actuals_sheet import write_actuals
from forecast.reports.workbook.content import WorkbookContent
from forecast.reports.workbook.formats import GREY_TEXT, CellFormats
from forecast.reports.workbook.input_cells import EXCEL_DAY_ZERO, InputCells
from forecast.reports.workbook.model_rows import (
    FIRST_MONTH_COLUMN,
    FIRST_ROW,
    START_ROW,
    STOP_ROW,
    VALUE_COLUMN,
    ModelRow,
    ModelRows,
)
from forecast.reports.workbook.scenario_sheet import write_scenarios
from forecast.reports.workbook.sheet import SheetWriter
from forecast.reports.workbook.table_sheet import HEADER_ROW
from forecast.reports.workbook.value_sheets import VALUE_SHEETS
from forecast.reports.workbook.year_sheets import YEAR_SHEETS

__all__ = ["HEADER_MARK", "INPUT_COLUMNS", "render_workbook"]

HEADER_MARK = "forecast-inputs-1"
"""Head of the hidden column by which the sheet of the inputs is known, with the form of its columns."""
INPUT_COLUMNS = {
    "label": 0, "form": 1, "low": 2, "middle": 3, "high": 4, "unit": 5, "median": 6, "live": 7, "grade": 8,
    "source": 9, "note": 10, "place": 11, "key": 12, "low_before": 13, "middle_before": 14, "high_before": 15,
    "written": 16,
}  # fmt: skip
"""Columns of the sheet of the inputs, from 0; those from `low_before` on are hidden."""
INPUT_WIDTHS = (40, 15, 16, 16, 16, 9, 16, 10, 6, 30, 30, 22, 40, 9, 9, 9, 9)
MIDDLE_COLUMN_LETTER = "G"
MAX_HINT_CHARACTERS = 255


def render_workbook(content: WorkbookContent) -> bytes:
    """Write the workbook of a run.

    Parameters
    ----------
    content : WorkbookContent
        The run.

    Returns
    -------
    bytes
        An .xlsx file; the same content gives the same bytes.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as workbook:
        _write_sheets(workbook, content)
    return buffer.getvalue()


def _write_sheets(workbook: Any, content: WorkbookContent) -> None:
    t, scenario = content.t, content.scenario
    day = scenario.as_of
    created = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else datetime(2000, 1, 1, tzinfo=UTC)
    workbook.set_properties({"title": scenario.name.in_language(t.language), "created": created.replace(tzinfo=None)})
    formats = CellFormats(workbook, content.amount_format)
    others = ("scenarios",) if content.others else ()
    actuals = ("actuals",) if content.actuals is not None else ()
    closed = tuple(YEAR_SHEETS) if "months_table" in content.summary else ()
    sheets = {
        key: SheetWriter(workbook.add_worksheet(t(f"excel_sheet_{key}")), formats, t)
        for key in ("summary", "inputs", *others, *closed, *actuals, "central", "months", "outlook")
    }
    model = None if content.model is None else SheetWriter(workbook.add_worksheet(t("excel_sheet_model")), formats, t)
    sheets |= {
        key: SheetWriter(workbook.add_worksheet(t(f"excel_sheet_{key}")), formats, t)
        for key in ("assumptions", "sources")
    }
    if content.others:
        write_scenarios(sheets["scenarios"], content)
    for key in closed:
        YEAR_SHEETS[key](sheets[key], content)
    if content.actuals is not None:
        write_actuals(sheets["actuals"], content.actuals)
    if model is not None and content.model is not None:
        _write_model(model, content, content.model)
        _write_central(sheets["central"], content, content.model)
    else:
        _write_central_values(sheets["central"], content)
    _write_inputs(workbook, sheets["inputs"], content)
    for key, write_sheet in VALUE_SHEETS.items():
        write_sheet(sheets[key], content)
    sheets["summary"].sheet.activate()


def _write_inputs(workbook: Any, writer: SheetWriter, content: WorkbookContent) -> None:
    t, sheet = writer.t, writer.sheet
    writer.open(content.title("inputs"), t("excel_remark_inputs", currency=_currency_text(content)), INPUT_WIDTHS)
    live = frozenset() if content.model is None else frozenset(content.model.live)
    keys = ("label", "form", "low", "middle", "high", "unit", "median", "is_live", "grade", "source", "note", "place")
    headers = [t(f"excel_{key}") for key in (*keys, "key")]
    hidden = [HEADER_MARK, "middle_before", "high_before", path_in_project(content.scenario.file, content.scenario)]
    for offset, cells in enumerate(content.inputs):
        _write_input(workbook, writer, content, HEADER_ROW + 1 + offset, cells, cells.assumption.name in live)
    last = HEADER_ROW + len(content.inputs)
    writer.table("inputs", HEADER_ROW, headers, last, (2, 3, 4, 6))
    for offset, text in enumerate(hidden):
        writer.text(HEADER_ROW, len(headers) + offset, text)
    sheet.set_column(INPUT_COLUMNS["low_before"], INPUT_COLUMNS["written"], None, None, {"hidden": True})
    writer.freeze(HEADER_ROW + 1, 1)
    sheet.print_area(0, 0, last, INPUT_COLUMNS["place"])
    writer.protect()


def _write_input(
    workbook: Any, writer: SheetWriter, content: WorkbookContent, row: int, cells: InputCells, is_live: bool
) -> None:
    t, sheet, formats, assumption = writer.t, writer.sheet, writer.formats, cells.assumption
    column = INPUT_COLUMNS
    wrapped = formats.get(text_wrap=True)
    label = content.label(assumption.name)
    writer.text(row, column["label"], label, wrapped)
    form = t("excel_form_same", name=assumption.same_as) if assumption.same_as else t(f"excel_form_{cells.form}")
    writer.text(row, column["form"], form, wrapped)
    shown = _number_format(cells, content)
    for position, name in enumerate(("low", "middle", "high")):
        if position in cells.editable:
            writer.number(row, column[name], cells.values[position], formats.input(shown))
            sheet.data_validation(row, column[name], row, column[name], _validation(cells, position, content))
        else:
            writer.number(row, column[name], cells.values[position], formats.get(shown))
        writer.number(row, column[f"{name}_before"], cells.values[position], formats.get())
    writer.text(row, column["unit"], _unit_text(cells, content), formats.get(indent=1))
    _write_median(workbook, writer, content, row, cells)
    writer.text(row, column["live"], t("excel_live" if is_live else "excel_not_live"), formats.muted(indent=1))
    writer.text(row, column["grade"], assumption.shown_grade)
    source, note = assumption.source.in_language(t.language), assumption.note.in_language(t.language)
    writer.text(row, column["source"], source, wrapped)
    writer.text(row, column["note"], note, wrapped)
    writer.text(row, column["place"], content.place(assumption), formats.muted())
    writer.text(row, column["key"], assumption.name, formats.muted())
    writer.text(row, column["written"], assumption.text)
    texts = {"label": label, "form": form, "source": source, "note": note}
    writer.fit_height(row, [(text, INPUT_WIDTHS[column[key]]) for key, text in texts.items()])


def _write_median(workbook: Any, writer: SheetWriter, content: WorkbookContent, row: int, cells: InputCells) -> None:
    """The median that formulas use, under the dotted name of the assumption."""
    column, name = INPUT_COLUMNS["median"], cells.assumption.name
    low, middle, high = (cell_address(row, INPUT_COLUMNS[key]) for key in ("low", "middle", "high"))
    style = writer.formats.get(_median_format(cells, content))
    formula = cells.assumption.same_as or cells.median_formula(low, middle, high)
    if formula:
        writer.formula(row, column, formula, cells.median, style)
    else:
        writer.number(row, column, cells.median, style)
    sheet_name = writer.t("excel_sheet_inputs")
    workbook.define_name(name, f"='{sheet_name}'!${MIDDLE_COLUMN_LETTER}${row + 1}")


def _number_format(cells: InputCells, content: WorkbookContent) -> str:
    """Number format of the cells of an assumption."""
    match cells.assumption.dimension:
        case "percent":
            return "0.0%" if all(_is_short_percent(value) for value in cells.values) else "0.00##%"
        case "day":
            return "day"
        case "money" | "money_per_person":
            sizes = [abs(value) for value in cells.values if value is not None]
            return "whole_money" if all(size == round(size) for size in sizes) else "small_money"
    return "number"


def _median_format(cells: InputCells, content: WorkbookContent) -> str:
    dimension = cells.assumption.dimension
    formats = {"percent": "0.00%", "day": "day", "money": "whole_money", "money_per_person": "whole_money"}
    if dimension.startswith("money") and abs(cells.median) < 1e4:
        return "small_money"
    return formats.get(dimension, "0.0##")


def _is_short_percent(value: float | None) -> bool:
    return value is None or abs(value * 1000 - round(value * 1000)) < 1e-9


def _currency_text(content: WorkbookContent) -> str:
    return content.t("unit_vnd") if content.scenario.currency == "VND" else content.scenario.currency


def _unit_text(cells: InputCells, content: WorkbookContent) -> str:
    currency = _currency_text(content)
    match cells.assumption.dimension:
        case "percent":
            return "%"
        case "money":
            return currency
        case "money_per_person":
            return content.t("unit_per_person_year", money=currency)
        case "people":
            return content.t("unit_people")
    return range_text(f" {cells.unit}", content.t).strip()


def _validation(cells: InputCells, position: int, content: WorkbookContent) -> dict[str, Any]:
    """Numbers that a yellow cell takes, and its hint."""
    t = content.t
    is_sd = cells.form == "normal" and position == 2
    low, high = (0.0, math.inf) if is_sd else cells.limits(position)
    rule: dict[str, Any] = {"validate": "decimal", "ignore_blank": False}
    if cells.assumption.dimension == "day":
        rule |= {"validate": "date", "criteria": ">=", "value": datetime(1900, 1, 1)}
    elif math.isinf(low) and math.isinf(high):
        rule |= {"criteria": "between", "minimum": -1e30, "maximum": 1e30}
    elif math.isinf(high):
        rule |= {"criteria": ">" if is_sd or cells.is_open() else ">=", "value": low}
    else:
        rule |= {"criteria": "between", "minimum": low, "maximum": high}
    rule |= {
        "input_title": t("excel_hint_title"),
        "input_message": _hint(cells, position, (low, high), content)[:MAX_HINT_CHARACTERS],
        "error_title": t("excel_hint_title"),
        "error_message": t("excel_hint_refused"),
    }
    return rule


def _hint(cells: InputCells, position: int, limits: tuple[float, float], content: WorkbookContent) -> str:
    t, dimension = content.t, cells.assumption.dimension
    by_form = {
        ("value", 1): "value",
        ("range", 0): "range_low",
        ("range", 2): "range_high",
        ("normal", 1): "mean",
        ("normal", 2): "deviation",
    }
    by_position = ("end_low", "mode", "end_high")
    texts = [t(f"excel_hint_{by_form.get((cells.form, position), by_position[position])}")]
    if dimension == "percent":
        texts.append(t("excel_hint_percent"))
    elif dimension == "day":
        texts.append(t("excel_hint_day"))
    elif dimension == "money":
        texts.append(t("excel_hint_money", currency=_currency_text(content)))
    low, high = limits

    def limit(value: float) -> str:
        return t.percent(value) if dimension == "percent" else t.number(value)

    if not math.isinf(low) and not math.isinf(high):
        texts.append(t("excel_hint_between", low=limit(low), high=limit(high)))
    elif not math.isinf(low):
        texts.append(t("excel_hint_above", low=limit(low)))
    return " ".join(texts)


def _write_model(writer: SheetWriter, content: WorkbookContent, model: ModelRows) -> None:
    t, sheet, formats = writer.t, writer.sheet, writer.formats
    writer.open(content.title("model"), t("excel_remark_model"), (32, 36, 12, *[10.0] * model.months))
    header = START_ROW - 1
    writer.headers(header, [t("excel_of"), t("excel_line"), t("excel_scalar")])
    calendar = content.scenario.horizon.calendar
    style = formats.get("day", font_color=GREY_TEXT)
    for offset, key, edges in (
        (START_ROW, "first_day", calendar.edges[:-1]),
        (STOP_ROW, "stop_day", calendar.edges[1:]),
    ):
        writer.text(offset, 1, t(f"excel_row_{key}"), formats.muted())
        for month, edge in enumerate(edges):
            writer.number(offset, FIRST_MONTH_COLUMN + month, float(edge) - EXCEL_DAY_ZERO, style)
    _write_month_heads(writer, header, FIRST_MONTH_COLUMN, content)
    for row in model.rows:
        _write_model_row(writer, content, row)
    writer.freeze(header + 1, 2)
    sheet.print_area(0, 0, FIRST_ROW + len(model.rows), FIRST_MONTH_COLUMN + model.months - 1)
    writer.protect()


def _write_month_heads(writer: SheetWriter, row: int, first_column: int, content: WorkbookContent) -> None:
    style = writer.formats.header("month", align="right")
    for offset, month in enumerate(content.scenario.horizon.calendar.months):
        writer.number(row, first_column + offset, float(first_day(month) - EXCEL_DAY_ZERO), style)


def _write_model_row(writer: SheetWriter, content: WorkbookContent, row: ModelRow) -> None:
    t, formats = writer.t, writer.formats
    label_style = formats.get(bold=True) if row.is_total else formats.get()
    writer.text(row.row, 0, _owner_text(row, content), label_style)
    writer.text(row.row, 1, t(f"excel_row_{row.kind}"), label_style)
    number_format = "share_exact" if row.number_format == "share" else row.number_format
    computed = formats.total(number_format) if row.is_total else formats.get(number_format)
    stored = formats.get(number_format, font_color=GREY_TEXT)
    if row.scalar is not None:
        formula, value = row.scalar
        if formula:
            writer.formula(row.row, VALUE_COLUMN, formula, value, computed)
        else:
            writer.number(row.row, VALUE_COLUMN, value, stored)
    for month, (formula, value) in enumerate(zip(row.formulas, row.values, strict=True)):
        column = FIRST_MONTH_COLUMN + month
        if formula:
            writer.formula(row.row, column, formula, float(value), computed)
        else:
            writer.number(row.row, column, float(value), stored)


def _owner_text(row: ModelRow, content: WorkbookContent) -> str:
    if "." not in row.name:
        key = f"key.{row.name}"
        return content.t(key) if content.t.has(key) else ""
    return content.label(row.name)


def _write_central(writer: SheetWriter, content: WorkbookContent, model: ModelRows) -> None:
    """Lines of the statement by month, with the sums of each calendar year."""
    t = writer.t
    unit = t("excel_amounts_in", unit=content.amount_unit)
    totals = _year_columns(content)
    widths = (40, *[9.5] * model.months, *[13.0] * len(totals))
    writer.open(content.title("central"), t("excel_remark_central", unit=unit), widths)
    header = 3
    writer.headers(header, [t("excel_line")])
    _write_month_heads(writer, header, 1, content)
    for offset, (text, _) in enumerate(totals):
        writer.text(header, 1 + model.months + offset, text, writer.formats.header(align="right"))
    for offset, line in enumerate(_central_lines(model)):
        _write_central_line(writer, content, model, header + 1 + offset, line, totals)
    writer.freeze(header + 1, 1)
    writer.protect()


def _central_lines(model: ModelRows) -> list[str]:
    """Lines of the statement in their order."""
    lines = model.by_line
    volumes = sorted(line for line in lines if line.startswith("volume."))
    revenues = sorted(line for line in lines if line.startswith("revenue."))
    costs = sorted(line for line in lines if line.startswith("cost."))
    others = ("profit", "margin", "headcount", "wage_revenue", "productivity")
    made = {"margin": "profit" in lines, "productivity": "headcount" in lines}
    kept = [line for line in others if made.get(line, line in lines)]
    gap = ["gap"] if "gap" in lines else []
    total_cost = ["cost"] if "cost" in lines else []
    return [*volumes, *revenues, *gap, "revenue", *costs, *total_cost, *kept]


def _year_columns(content: WorkbookContent) -> list[tuple[str, tuple[int, int]]]:
    """Text and first and last month, from 0, of each calendar year of the horizon."""
    calendar, t = content.scenario.horizon.calendar, content.t
    columns = []
    for year in calendar.years:
        months = [month - calendar.first for month in calendar.months if month // 12 == year]
        key = "excel_year_total" if len(months) == 12 else "excel_part_total"
        columns.append((t(key, year=year, count=len(months)), (months[0], months[-1])))
    return columns


def _write_central_line(
    writer: SheetWriter,
    content: WorkbookContent,
    model: ModelRows,
    row: int,
    line: str,
    totals: list[tuple[str, tuple[int, int]]],
) -> None:
    t, formats = writer.t, writer.formats
    source = model.by_line.get(line)
    is_total = line in ("revenue", "cost", "profit")
    label = t(f"excel_row_{line}") if line == "wage_revenue" else content.measure_name(line)
    writer.text(row, 0, label, formats.get(bold=is_total))
    if source is not None:
        style = formats.total(source.number_format) if is_total else formats.get(source.number_format)
        for month, column in enumerate(model.columns):
            writer.formula(
                row, 1 + month, f"{content.model_sheet}!{source.cell(column)}", float(source.values[month]), style
            )
    for offset, (_, (first, last)) in enumerate(totals):
        formula, value, number_format = _year_formula(model, content.model_sheet, line, first, last)
        style = formats.total(number_format) if is_total else formats.get(number_format, bold=True)
        writer.formula(row, 1 + model.months + offset, formula, value, style)


def _year_formula(model: ModelRows, sheet: str, line: str, first: int, last: int) -> tuple[str, float, str]:
    """Formula, value and number format of a line over some months."""
    months = slice(first, last + 1)

    def cells(name: str) -> str:
        row = model.by_line[name].row + 1
        return f"{sheet}!{model.columns[first]}{row}:{model.columns[last]}{row}"

    def total(name: str) -> float:
        return float(model.by_line[name].values[months].sum())

    if line == "margin":
        revenue = total("revenue")
        formula = f"IF(SUM({cells('revenue')})=0,0,SUM({cells('profit')})/SUM({cells('revenue')}))"
        return formula, total("profit") / revenue if revenue else 0.0, "share"
    if line == "productivity":
        numerator = "wage_revenue" if "wage_revenue" in model.by_line else "revenue"
        people = float(model.by_line["headcount"].values[months].mean())
        formula = f"SUM({cells(numerator)})/AVERAGE({cells('headcount')})*{12 / (last - first + 1)!r}"
        value = total(numerator) / people * (12 / (last - first + 1))
        return formula, value, "whole_money"
    if line == "headcount":
        return f"AVERAGE({cells(line)})", float(model.by_line[line].values[months].mean()), "people"
    return f"SUM({cells(line)})", total(line), model.by_line[line].number_format


def _write_central_values(writer: SheetWriter, content: WorkbookContent) -> None:
    """Booked months and the medians of the others, where a plan has closed months."""
    t, months = writer.t, content.months
    unit = t("excel_amounts_in", unit=content.amount_unit)
    writer.open(content.title("central"), t("excel_remark_values", unit=unit), (40, *[9.5] * len(months)))
    header = 3
    writer.headers(header, [t("excel_line")])
    _write_month_heads(writer, header, 1, content)
    names = [*sorted(name for name in content.summary["months"] if "." in name)]
    names += [name for name in ("revenue", "cost", "profit") if name in content.summary["months"]]
    for offset, name in enumerate(names):
        outlook = content.outlook(name)
        assert outlook is not None  # a measure of the summary
        writer.text(header + 1 + offset, 0, content.measure_name(name))
        for month, value in enumerate(outlook[:, 1]):
            writer.number(header + 1 + offset, 1 + month, float(value), writer.formats.get("amount"))
    writer.freeze(header + 1, 1)
    writer.protect()
