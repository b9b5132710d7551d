"""Second A4 page of a run with closed months: the monthly table, how the chance moved, and the variances by cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from forecast.i18n import Translator
from forecast.reports.charts.chart import Chart
from forecast.reports.charts.style import FAINT, INK, MUTED, new_figure, text_width, wrap_text
from forecast.reports.content.context import RunView
from forecast.reports.content.tables import Table
from forecast.reports.content.year_to_date import VarianceTable, YearSection
from forecast.reports.page_layout import (
    A4_INCHES,
    EDGE_INCHES,
    HEADING_TEXT,
    LINE_HEIGHT_EMS,
    SMALL_TEXT,
    PrintedPage,
    TextStyle,
)

__all__ = ["draw_year_sheet"]

TABLE_POINTS = 6.2
MAX_TABLE_ROWS, MAX_VARIANCE_ROWS = 22, 16
"""Rows of the monthly table and of a variance that the page has room for."""
COLUMN_GAP_INCHES = 0.07
TABLE_WEIGHTS = (0.32, 1.35, 1.15, 0.78, 0.62, 0.7, 0.66, 0.76, 0.66, 0.68, 1.9, 0.66)
"""Widths of the columns of the monthly table; a thirteenth, of the revised plan, is as wide as that of the plan."""
VARIANCE_WEIGHTS = (2.4, 0.75, 0.8, 0.85)
"""Widths of the columns of a variance, without its comments."""
CHART_HEIGHT_INCHES = 2.1


def draw_year_sheet(view: RunView, year: YearSection, charts: Mapping[str, Chart], t: Translator) -> Figure:
    """Draw the page; call it inside `chart_style`.

    Parameters
    ----------
    view : RunView
        The run.
    year : YearSection
        Texts and tables of its closed months.
    charts : mapping of str to Chart
        Charts of the run, by name.
    t : Translator
        Language of the page.

    Returns
    -------
    Figure
        An A4 page.
    """
    page = PrintedPage(new_figure(*A4_INCHES))
    page.y = page.text(t("year_head"), EDGE_INCHES, page.y, page.width, TextStyle(12.5, "bold")) + 0.04
    page.y = page.text(year.lead, EDGE_INCHES, page.y, page.width, TextStyle(7.8, "bold"), lines=3) + 0.03
    for sentence in year.causes:
        page.y = page.text(sentence, EDGE_INCHES, page.y, page.width, lines=3) + 0.02
    page.y += 0.06
    weights: tuple[float, ...] = TABLE_WEIGHTS
    if len(year.months.heads) > len(weights):
        weights = (*weights[:4], weights[3], *weights[4:])
    omitted = len(year.months.rows) - MAX_TABLE_ROWS
    page.y = _draw_table(page, _first_rows(year.months, MAX_TABLE_ROWS), weights, EDGE_INCHES, page.width)
    notes = " ".join([*((t("sheet_more", count=omitted),) if omitted > 0 else ()), *year.months_notes])
    page.y = page.text(notes, EDGE_INCHES, page.y + 0.03, page.width, SMALL_TEXT, lines=4) + 0.12
    if "chance_by_month" in charts:
        page.chart(charts["chance_by_month"], EDGE_INCHES, page.y, page.width, CHART_HEIGHT_INCHES)
        page.y += CHART_HEIGHT_INCHES + 0.04
        page.y = page.text(year.chances_note, EDGE_INCHES, page.y, page.width, SMALL_TEXT, lines=2) + 0.12
    _draw_variances(page, year.variances, t)
    page.text(t("variance_order"), EDGE_INCHES, page.y + 0.06, page.width, SMALL_TEXT, lines=4)
    return page.figure


def _draw_variances(page: PrintedPage, variances: Sequence[VarianceTable], t: Translator) -> None:
    """Draw the first two variances side by side, then their comments."""
    width = (page.width - 0.3) / 2
    top = lowest = page.y
    for number, variance in enumerate(variances[:2]):
        x = EDGE_INCHES + number * (width + 0.3)
        page.y = page.text(variance.head, x, top, width, HEADING_TEXT, lines=2) + 0.03
        shown = _without_comments(variance.table)
        page.y = _draw_table(page, _first_rows(shown, MAX_VARIANCE_ROWS, keeps_last=True), VARIANCE_WEIGHTS, x, width)
        omitted = len(shown.rows) - MAX_VARIANCE_ROWS
        if omitted > 0:
            page.y = page.text(t("sheet_more", count=omitted), x, page.y, width, SMALL_TEXT)
        lowest = max(lowest, page.y)
    page.y = lowest
    comments = {
        f"{row[0].splitlines()[0]}: {row[4]}": None
        for variance in variances[:2]
        for row in variance.table.rows
        if len(row) > len(VARIANCE_WEIGHTS) and row[4]
    }
    for comment in comments:
        page.y = page.text(comment, EDGE_INCHES, page.y + 0.04, page.width, TextStyle(6.8), lines=2)


def _without_comments(table: Table) -> Table:
    count = len(VARIANCE_WEIGHTS)
    return Table(table.heads[:count], tuple(row[:count] for row in table.rows), table.numeric, table.strong)


def _first_rows(table: Table, count: int, keeps_last: bool = False) -> Table:
    """A table with its first rows, and with its last one in place of the last of these where it is kept."""
    if len(table.rows) <= count:
        return table
    numbers = [*range(count - 1), len(table.rows) - 1 if keeps_last else count - 1]
    strong = frozenset(row for row, number in enumerate(numbers) if number in table.strong)
    return Table(table.heads, tuple(table.rows[number] for number in numbers), table.numeric, strong)


def _draw_table(page: PrintedPage, table: Table, weights: Sequence[float], x: float, width: float) -> float:
    """Draw a table at the y of the page; return the y below it."""
    step = LINE_HEIGHT_EMS * TABLE_POINTS / 72
    edges = [x]
    for weight in weights:
        edges.append(edges[-1] + width * weight / sum(weights))
    head = TextStyle(TABLE_POINTS * 0.95, "bold", MUTED)
    y = _draw_row(page, table.heads, table.numeric, edges, page.y, head)
    page.rule(y + 0.015, MUTED, x, width)
    y += 0.04
    for number, cells in enumerate(table.rows):
        style = TextStyle(TABLE_POINTS, "bold" if number in table.strong else "normal", INK)
        y = _draw_row(page, cells, table.numeric, edges, y, style)
        page.rule(y + 0.012, FAINT, x, width)
        y += 0.035
    return y + 0.2 * step


def _draw_row(
    page: PrintedPage, cells: Sequence[str], numeric: frozenset[int], edges: Sequence[float], y: float, style: TextStyle
) -> float:
    """Draw the cells of a row, figures to the right; return the y below the highest cell."""
    step = LINE_HEIGHT_EMS * style.size / 72
    lowest = y + step
    for column, cell in enumerate(cells):
        start, end = edges[column], edges[column + 1] - COLUMN_GAP_INCHES
        lines = [
            (line, part_style)
            for number, part in enumerate(cell.splitlines())
            for part_style in (TextStyle(style.size, "normal", MUTED) if number else style,)
            for line in wrap_text(part, end - start, style.size, part_style.weight, 4)
        ]
        for number, (line, line_style) in enumerate(lines):
            x = end - text_width(line, style.size, line_style.weight) if column in numeric else start
            page.line(line, x, y + number * step, line_style)
        lowest = max(lowest, y + step * len(lines))
    return lowest
