"""Sheets of values and the charts: summary, months, outlook, assumptions in words, sources."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from forecast.arrays import Floats
from forecast.files.workbook import cell_address
from forecast.i18n.amounts import whole_percent
from forecast.periods import first_day
from forecast.plan.assumption import Assumption
from forecast.reports.content.assumptions import describe_range
from forecast.reports.content.text import period_text, range_text, sentence_case
from forecast.reports.workbook.content import WorkbookContent
from forecast.reports.workbook.formats import DARK_TEXT, signed_format
from forecast.reports.workbook.input_cells import EXCEL_DAY_ZERO
from forecast.reports.workbook.sheet import SheetWriter
from forecast.reports.workbook.table_sheet import HEADER_ROW, TableColumn, TableSheet, WriteSheet

__all__ = ["VALUE_SHEETS"]

MONTHS_COLUMNS = ("month", "last_year", "plan", "forecast", "difference", "p10", "p50", "p90", "band")
GREY, BLUE, RED = "#AAB4BC", "#0B63A5", "#B3261E"


def _write_months(writer: SheetWriter, content: WorkbookContent) -> None:
    """Revenue by month: last year, plan, forecast, difference, and the range of the simulation."""
    t = writer.t
    names = {"forecast": "excel_forecast_values" if content.model is None else "excel_forecast"}
    if content.is_plan_assigned:
        names["plan"] = "excel_plan_assigned"
    columns = [
        TableColumn(t(names.get(key, f"excel_{key}")), 12 if key == "month" else 16, is_number=True)
        for key in MONTHS_COLUMNS
    ]
    remark = t("excel_remark_months", unit=t("excel_amounts_in", unit=content.amount_unit))
    last_year, plan, outlook = content.last_year("revenue"), content.plan_months(), content.outlook("revenue")
    assert outlook is not None  # every run has revenue by month
    figures = zip(last_year, plan, outlook, strict=True)
    TableSheet("months", "months", remark, columns).write(
        writer, content, enumerate(figures), lambda row, entry: _write_month(writer, content, row, entry[0], *entry[1])
    )


def _write_month(
    writer: SheetWriter,
    content: WorkbookContent,
    row: int,
    offset: int,
    last_year: float | None,
    planned: float | None,
    outlook: Floats,
) -> None:
    formats = writer.formats
    style = formats.get("amount")
    month = content.scenario.horizon.calendar.months[offset]
    writer.number(row, 0, float(first_day(month) - EXCEL_DAY_ZERO), formats.get("month"))
    writer.number(row, 1, last_year, style)
    writer.number(row, 2, planned, style)
    forecast = float(outlook[1])
    if content.model is not None:
        line = content.model.by_line["revenue"]
        forecast = float(line.values[offset])
        address = line.cell(content.model.columns[offset])
        writer.formula(row, 3, f"{content.model_sheet}!{address}", forecast, style)
    else:
        writer.number(row, 3, forecast, style)
    if planned is None:
        writer.number(row, 4, None, style)
    else:
        difference = f"{cell_address(row, 3)}-{cell_address(row, 2)}"
        writer.formula(row, 4, difference, forecast - planned, formats.get(signed_format(content.amount_format)))
    for column, value in enumerate(outlook, 5):
        writer.number(row, column, float(value), style)
    band = f"{cell_address(row, 7)}-{cell_address(row, 5)}"
    writer.formula(row, 8, band, float(outlook[2] - outlook[0]), style)


def _write_outlook(writer: SheetWriter, content: WorkbookContent) -> None:
    """P10, P50 and P90 of every measure, by period and by month."""
    t, formats, summary = writer.t, writer.formats, content.summary
    entries: list[tuple[str, str, Any]] = []
    for measure, by_period in summary["measures"].items():
        name = measure.partition(":")[0]
        if ":" not in measure and "@" not in name:
            entries += [(measure, period, figures) for period, figures in by_period.items()]
    for measure, months in summary["months"].items():
        entries += [(measure, row["month"], row) for row in months]
    largest: dict[str, float] = {}
    for measure, _, figures in entries:
        largest[measure] = max(largest.get(measure, 0.0), abs(figures["p90"]))
    keys = ("p10", "p50", "p90", "mean")

    def write_row(row: int, entry: tuple[str, str, Any]) -> None:
        measure, period, figures = entry
        writer.text(row, 0, content.measure_name(measure))
        writer.text(row, 1, sentence_case(period_text(period, t)))
        number_format, unit = content.shown(measure, [largest[measure]], period)
        for column, key in enumerate(keys, 2):
            writer.number(row, column, figures.get(key), formats.get(number_format))
        writer.text(row, 6, unit, formats.muted(indent=1))

    columns = [
        TableColumn(t("excel_measure"), 44),
        TableColumn(t("excel_period"), 28),
        *(TableColumn(t(f"excel_{key}"), 14, is_number=True) for key in keys),
        TableColumn(t("excel_unit"), 24),
    ]
    TableSheet("outlook", "outlook", t("excel_remark_outlook"), columns).write(writer, content, entries, write_row)


def _write_summary(writer: SheetWriter, content: WorkbookContent) -> None:
    """Targets with their chances, the central case beside them, and the charts."""
    t, summary = writer.t, content.summary
    remark = t("excel_remark_summary", paths=t.number(summary["paths"]), seed=summary["seed"], run=summary["run_id"])
    writer.open(content.scenario.name.in_language(t.language), remark, (52, 13, 13, 13, 13, 13, 13, 15, 24))
    headers = [t(f"excel_{key}") for key in ("target", "goal", "chance", "required", "p10", "p50", "p90")]
    row = HEADER_ROW
    if summary["targets"]:
        central = "" if content.model is None else t("excel_central_figure")
        writer.headers(row, [*headers, central, t("excel_unit")], range(1, 8))
    for name, target in summary["targets"].items():
        row += 1
        _write_target(writer, content, row, name, target)
    _insert_charts(writer, content, row + 2)


def _write_target(writer: SheetWriter, content: WorkbookContent, row: int, name: str, target: Any) -> None:
    t, formats, summary = writer.t, writer.formats, content.summary
    label = content.scenario.targets[name].label
    text = label.in_language(t.language) if label else ""
    fallback = f"{content.measure_name(target['measure'])}, {period_text(target['period'], t)}"
    writer.text(row, 0, text or fallback, formats.get(text_wrap=True))
    threshold = target.get("at_least", target.get("at_most"))
    figures = summary["measures"].get(target["measure"], {}).get(target["period"], {})
    number_format, unit = content.shown(target["measure"], [threshold, figures.get("p90")], target["period"])
    style = formats.get(number_format)
    writer.text(row, 8, unit, formats.muted(indent=1))
    writer.number(row, 1, threshold, style)
    required = target.get("required_chance")
    shown = whole_percent(target["chance"], t, required)
    writer.text(row, 2, shown, formats.get(bold=True, align="right"))
    is_whole = required is None or round(100 * required, 9) % 1 == 0
    writer.number(row, 3, required, formats.get("0%" if is_whole else "0.0##%"))
    for column, key in enumerate(("p10", "p50", "p90"), 4):
        writer.number(row, column, figures.get(key), style)
    _write_central_figure(writer, content, row, name, style)


def _write_central_figure(writer: SheetWriter, content: WorkbookContent, row: int, name: str, style: Any) -> None:
    """Figure of a target in the central case, where its lines have one."""
    target, model = content.scenario.targets[name], content.model
    line = None if model is None or target.place else model.by_line.get(target.measure)
    if model is None or line is None or target.measure == "headcount":
        return
    first = target.period.calendar.first - content.scenario.horizon.calendar.first
    last = first + target.period.calendar.count - 1
    cells = f"{content.model_sheet}!{line.cell(model.columns[first])}:{line.cell(model.columns[last])}"
    writer.formula(row, 7, f"SUM({cells})", float(line.values[first : last + 1].sum()), style)


def _insert_charts(writer: SheetWriter, content: WorkbookContent, row: int) -> None:
    workbook = writer.formats.workbook
    charts = [_months_chart(workbook, content), _difference_chart(workbook, content), _fan_chart(workbook, content)]
    heights = (300, 190, 280)
    for chart, height in zip(charts, heights, strict=True):
        if chart is None:
            continue
        chart.set_size({"width": 1080, "height": height})
        writer.sheet.insert_chart(row, 0, chart, {"object_position": 1, "x_offset": 4})
        row += height // 20 + 1
    writer.sheet.print_area(0, 0, row, 8)


def _column(content: WorkbookContent, key: str) -> tuple[list[Any], str]:
    """Cells of a column of the sheet of months, and the formula that names its head."""
    sheet, column = content.t("excel_sheet_months"), MONTHS_COLUMNS.index(key)
    cells = [sheet, HEADER_ROW + 1, column, HEADER_ROW + len(content.months), column]
    head = cell_address(HEADER_ROW, column)
    letters, number = head[:-1], head[-1:]
    return cells, f"='{sheet}'!${letters}${number}"


def _series(content: WorkbookContent, key: str, **style: Any) -> dict[str, Any]:
    values, name = _column(content, key)
    months, _ = _column(content, "month")
    return {"name": name, "categories": months, "values": values, **style}


def _months_chart(workbook: Any, content: WorkbookContent) -> Any:
    """Last year grey, plan outlined, closed months solid, forecast hatched."""
    chart = workbook.add_chart({"type": "column"})
    line = {"color": DARK_TEXT, "width": 0.75}
    if any(value is not None for value in content.last_year("revenue")):
        chart.add_series(_series(content, "last_year", fill={"color": GREY}, border={"none": True}, gap=60, overlap=0))
    if any(value is not None for value in content.plan_months()):
        chart.add_series(_series(content, "plan", fill={"color": "#FFFFFF"}, border=line, gap=60))
    pattern = {"pattern": "wide_upward_diagonal", "fg_color": DARK_TEXT, "bg_color": "#FFFFFF"}
    closed = content.summary.get("closed_months", ())
    points = [{"fill": {"color": DARK_TEXT}} if month in closed else None for month in content.months]
    chart.add_series(
        _series(content, "forecast", pattern=pattern, border=line, gap=60, points=points if closed else None)
    )
    return _with_axes(chart, content, "excel_chart_months", content.amount_format)


def _difference_chart(workbook: Any, content: WorkbookContent) -> Any:
    if all(value is None for value in content.plan_months()):
        return None
    chart = workbook.add_chart({"type": "column"})
    signed = signed_format(content.amount_format)
    labels = {
        "value": True,
        "num_format": signed,
        "font": {"size": 8, "color": DARK_TEXT},
    }
    chart.add_series(
        _series(
            content,
            "difference",
            fill={"color": BLUE},
            invert_if_negative=True,
            invert_if_negative_color=RED,
            data_labels=labels,
            gap=150,
        )
    )
    chart = _with_axes(chart, content, "excel_chart_difference", signed, has_legend=False)
    chart.set_x_axis({"num_format": "mm/yyyy", "label_position": "low", "num_font": {"size": 8}, "text_axis": True})
    return chart


def _fan_chart(workbook: Any, content: WorkbookContent) -> Any:
    """P10 to P90 as a band, P50 as a line."""
    chart = workbook.add_chart({"type": "area", "subtype": "stacked"})
    chart.add_series(_series(content, "p10", fill={"none": True}, border={"none": True}))
    chart.add_series(_series(content, "band", fill={"color": "#C9DCEB"}, border={"none": True}))
    line = workbook.add_chart({"type": "line"})
    line.add_series(_series(content, "p50", line={"color": BLUE, "width": 2}))
    if any(value is not None for value in content.plan_months()):
        line.add_series(_series(content, "plan", line={"color": DARK_TEXT, "width": 1, "dash_type": "dash"}))
    chart.combine(line)
    chart = _with_axes(chart, content, "excel_chart_fan", content.amount_format)
    chart.set_legend({"position": "bottom", "delete_series": [0], "font": {"size": 8}})
    outlook = content.outlook("revenue")
    if outlook is not None and (low := _axis_floor(float(outlook.min()), float(outlook.max()))) > 0:
        chart.set_y_axis({**_axis(content.amount_format), "min": low})
    return chart


def _axis_floor(low: float, high: float) -> float:
    """A round number as far below the lowest value as the values lie apart; 0 where that is not above it."""
    below = low - (high - low)
    if below <= 0:
        return 0.0
    step = 10.0 ** math.floor(math.log10(below))
    return math.floor(below / step) * step


def _axis(number_format: str) -> dict[str, Any]:
    grid = {"visible": True, "line": {"color": "#E1E6EA", "width": 0.5}}
    return {"num_format": number_format, "num_font": {"size": 8}, "major_gridlines": grid, "line": {"none": True}}


def _with_axes(chart: Any, content: WorkbookContent, title: str, number_format: str, *, has_legend: bool = True) -> Any:
    font = {"size": 10, "bold": True, "color": DARK_TEXT}
    chart.set_title({"name": content.t(title, unit=content.amount_unit), "name_font": font, "overlay": False})
    chart.set_x_axis({"num_format": "mm/yyyy", "num_font": {"size": 8}, "text_axis": True})
    chart.set_y_axis(_axis(number_format))
    chart.set_legend({"position": "bottom", "font": {"size": 8}} if has_legend else {"none": True})
    chart.set_chartarea({"border": {"color": "#D5DBE0"}})
    return chart


def _write_assumptions(writer: SheetWriter, content: WorkbookContent) -> None:
    """Every assumption as it is written and in words."""
    t, wrapped = writer.t, writer.formats.get(text_wrap=True)
    widths = {"label": 56, "written": 34, "meaning": 50, "grade": 9, "note": 46}

    def write_row(row: int, assumption: Assumption) -> None:
        label, meaning = content.label(assumption.name), describe_range(assumption, t)
        writer.text(row, 0, label, wrapped)
        writer.text(row, 1, range_text(assumption.text, t), wrapped)
        writer.text(row, 2, meaning, wrapped)
        writer.text(row, 3, assumption.shown_grade)
        note = assumption.note.in_language(t.language)
        writer.text(row, 4, note, wrapped)
        texts = {"label": label, "written": assumption.text, "meaning": meaning, "note": note}
        writer.fit_height(row, [(text, widths[key]) for key, text in texts.items()])

    columns = [TableColumn(t(f"excel_{key}"), width) for key, width in widths.items()]
    entries = [cells.assumption for cells in content.inputs]
    sheet = TableSheet("assumptions", "assumptions", t("excel_remark_assumptions"), columns)
    sheet.write(writer, content, entries, write_row)


def _write_sources(writer: SheetWriter, content: WorkbookContent) -> None:
    """Sources of the assumptions, then the data files with their digests."""
    t, formats = writer.t, writer.formats
    wrapped = formats.get(text_wrap=True)
    widths = {"label": 56, "grade": 9, "source": 80, "place": 34}

    def write_row(row: int, assumption: Assumption) -> None:
        label = content.label(assumption.name)
        writer.text(row, 0, label, wrapped)
        writer.text(row, 1, assumption.shown_grade)
        source = assumption.source.in_language(t.language)
        writer.text(row, 2, source, wrapped)
        writer.text(row, 3, content.place(assumption), formats.muted())
        writer.fit_height(row, [(label, widths["label"]), (source, widths["source"])])

    columns = [TableColumn(t(f"excel_{key}"), width) for key, width in widths.items()]
    entries = [cells.assumption for cells in content.inputs if cells.assumption.source]
    sheet = TableSheet("sources", "sources", t("excel_remark_sources"), columns)
    row = sheet.write(writer, content, entries, write_row) + 2
    writer.headers(row, [t("excel_file"), "", t("excel_digest"), ""])
    for entry in content.manifest.get("data", ()):
        row += 1
        writer.text(row, 0, str(entry["name"]))
        writer.text(row, 2, str(entry["sha256"]), formats.muted())


VALUE_SHEETS: Mapping[str, WriteSheet] = {
    "months": _write_months,
    "outlook": _write_outlook,
    "summary": _write_summary,
    "assumptions": _write_assumptions,
    "sources": _write_sources,
}
"""Writers of the sheets of values, by the key of each sheet."""
