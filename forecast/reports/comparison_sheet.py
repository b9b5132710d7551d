"""The sheet of paper of a comparison: ranked plans, their curves, months and causes of the first difference, tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure

from forecast.i18n import Translator
from forecast.reports.charts.style import MUTED, chart_style, fit_label, new_figure, to_pdf, wrap_text
from forecast.reports.compare import (
    Differences,
    comparison_charts,
    comparison_scope,
    comparison_table,
    comparison_title,
    difference_table,
    has_same_goal,
    run_labels,
)
from forecast.reports.content import tables
from forecast.reports.content.context import RunView
from forecast.reports.page_layout import (
    A4_INCHES,
    EDGE_INCHES,
    HEADING_TEXT,
    LINE_HEIGHT_EMS,
    SMALL_TEXT,
    TYPE_POINTS,
    PrintedPage,
    TextStyle,
)

__all__ = ["render_comparison_pdf"]

CHART_GAP_INCHES, SHEET_CHART_INCHES = 0.2, 2.2
"""White between two charts of the sheet, and their height."""
MAX_RUNS_WITH_CAUSES = 3
"""Runs up to which the sheet has room for the months and causes of the first difference."""


def render_comparison_pdf(views: Sequence[RunView], differences: Differences, t: Translator) -> bytes:
    """Render two runs or more on one A4 page.

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
        PDF.
    """
    with chart_style(TYPE_POINTS):
        return to_pdf([draw_comparison_sheet(views, differences, t)], comparison_title(views, t))


def draw_comparison_sheet(views: Sequence[RunView], differences: Differences, t: Translator) -> Figure:
    """Draw the comparison as one A4 figure; call it inside `chart_style`."""
    page = PrintedPage(new_figure(*A4_INCHES))
    page.line(fit_label(comparison_scope(views, t), page.width, 7.5), EDGE_INCHES, page.y, TextStyle(7.5, color=MUTED))
    title = comparison_title(views, t)
    size = next((size for size in (15, 12, 10) if len(wrap_text(title, page.width, size, "bold")) <= 3), 9)
    page.y = page.text(title, EDGE_INCHES, page.y + 0.19, page.width, TextStyle(size, "bold")) + 0.08
    if not has_same_goal(views):
        page.y = page.text(t("compare_other_targets"), EDGE_INCHES, page.y, page.width, lines=2) + 0.05
    charts = comparison_charts(views, differences, t)
    if len(views) > 2:  # whose difference it is
        labels = run_labels(views, t)
        pair = t("compare_pair", a=labels[0], b=labels[1])
        charts |= {
            n: charts[n]._replace(title=f"{pair}. {charts[n].title}") for n in ("months_2", "steps_2") if n in charts
        }
    half = (page.width - CHART_GAP_INCHES) / 2
    for names, height in (
        (("ranked", "exceedances"), SHEET_CHART_INCHES),
        (("months_2", "steps_2"), SHEET_CHART_INCHES if len(views) <= MAX_RUNS_WITH_CAUSES else 0.0),
    ):
        drawn = [charts[name] for name in names if name in charts and height]
        for column, chart in enumerate(drawn):
            page.chart(chart, EDGE_INCHES + column * (half + CHART_GAP_INCHES), page.y, half, height)
        page.y += height + 0.15 if drawn else 0.0
    _draw_tables(page, views, differences, t)
    runs = " · ".join(f"{view.short_name}: {str(view.summary.get('run_id', ''))[:16]}" for view in views)
    summary = views[0].summary
    paths = f"{t.number(int(summary.get('paths', 0)))} {t('provenance_paths')}"
    source = f"{paths} · {t('provenance_seed')} {summary.get('seed', '')} · {runs}"
    page.text(source, EDGE_INCHES, A4_INCHES[1] - 0.6, page.width, SMALL_TEXT, lines=2)
    return page.figure


def _draw_tables(page: PrintedPage, views: Sequence[RunView], differences: Differences, t: Translator) -> None:
    """Draw the runs side by side, and below them their differences, for which room is kept."""
    floor, table = A4_INCHES[1] - 0.75, comparison_table(views, t)
    differences_table = difference_table(views, differences, t)
    if differences_table is None:
        _draw_table(page, t("compare_table"), table, floor, t)
        return
    lead = wrap_text(t("compare_pairs_lead"), page.width, 6.6, lines=2)
    lead_height = LINE_HEIGHT_EMS * 6.6 / 72 * len(lead) + 0.1
    kept = _table_height(page, differences_table) + lead_height
    _draw_table(page, t("compare_table"), table, floor - min(kept, (floor - page.y) / 2), t)
    _draw_table(page, t("compare_pairs"), differences_table, floor - lead_height, t)
    page.y = page.text(" ".join(lead), EDGE_INCHES, page.y, page.width, TextStyle(6.6, color=MUTED), lines=2) + 0.06


class _TableLayout(NamedTuple):
    """Places of the columns of a table on the page, in inches, and the size of its text, in points."""

    starts: list[float]
    widths: list[float]
    size: float

    def row_height(self, row: Sequence[str], weight: str = "normal") -> float:
        """Height of a row with its rule, in inches."""
        lines = (len(wrap_text(cell, width, self.size, weight)) for cell, width in zip(row, self.widths, strict=True))
        return max(lines) * LINE_HEIGHT_EMS * self.size / 72 + 0.07


def _table_layout(page: PrintedPage, table: tables.Table) -> _TableLayout:
    size = max(5.2, 6.8 - 0.25 * max(0, len(table.heads) - 4))
    first_share = 0.34 if len(table.heads) <= 4 else 0.24
    width = page.width * (1 - first_share) / max(len(table.heads) - 1, 1)
    starts = [EDGE_INCHES, *(EDGE_INCHES + page.width * first_share + width * n for n in range(len(table.heads) - 1))]
    widths = [cell_width - 0.1 for cell_width in (page.width * first_share, *[width] * (len(starts) - 1))]
    return _TableLayout(starts, widths, size)


def _table_height(page: PrintedPage, table: tables.Table) -> float:
    """Height of a table with its heading, in inches."""
    layout = _table_layout(page, table)
    rows = layout.row_height(table.heads, "bold") + sum(map(layout.row_height, table.rows))
    return LINE_HEIGHT_EMS * HEADING_TEXT.size / 72 + 0.12 + rows


def _draw_table(page: PrintedPage, heading: str, table: tables.Table, floor: float, t: Translator) -> None:
    """Draw the rows of a table that end above `floor`, and count those that do not; long texts are wrapped."""
    layout = _table_layout(page, table)
    page.y = page.text(heading, EDGE_INCHES, page.y, page.width, HEADING_TEXT) + 0.02
    note_height = LINE_HEIGHT_EMS * SMALL_TEXT.size / 72
    for row_index, row in enumerate((table.heads, *table.rows)):
        style = TextStyle(layout.size, "normal" if row_index else "bold")
        room = note_height if row_index < len(table.rows) else 0.0
        if page.y + layout.row_height(row, style.weight) - 0.07 + room > floor:
            left_out = table.rows[max(row_index - 1, 0) :]
            omitted = t("sheet_left_out", count=len(left_out), names="; ".join(row[0] for row in left_out))
            page.y = page.text(omitted, EDGE_INCHES, page.y, page.width, SMALL_TEXT, lines=1)
            break
        cells = zip(row, layout.starts, layout.widths, strict=True)
        page.y = max(page.text(cell, x, page.y, width, style, lines=99) for cell, x, width in cells) + 0.03
        page.rule(page.y)
        page.y += 0.04
    page.y += 0.1
