"""A4 page on which a decision rests: what it hangs on, what would reach it, when one will know, and who decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from forecast.i18n import Translator
from forecast.reports.charts.chart import Chart
from forecast.reports.charts.style import GOOD, new_figure, wrap_text
from forecast.reports.content.context import RunView
from forecast.reports.content.decision_section import DecisionBlock
from forecast.reports.content.decisions import DecisionRow, decision_rows
from forecast.reports.content.text import target_chance_text, target_text
from forecast.reports.page_layout import (
    A4_INCHES,
    BOLD_TEXT,
    EDGE_INCHES,
    HEADING_TEXT,
    LINE_HEIGHT_EMS,
    SMALL_TEXT,
    TYPE_POINTS,
    PrintedPage,
    TextStyle,
)

__all__ = ["draw_decision_sheet"]

BLOCK_GAP_INCHES = 0.3
CHART_INCHES = 2.75
"""Height of a chart with its title."""
SENTENCE_TEXT = TextStyle(7.6)
MAX_DECISIONS = 12
"""Decisions that the page has room for; it counts those left out."""


def draw_decision_sheet(
    view: RunView, blocks: Sequence[DecisionBlock], charts: Mapping[str, Chart], t: Translator
) -> Figure:
    """Draw the page; call it inside `chart_style`.

    Parameters
    ----------
    view : RunView
        The run.
    blocks : sequence of DecisionBlock
        Its questions and answers.
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
    page.y = page.text(t("decisions_head"), EDGE_INCHES, page.y, page.width, TextStyle(12.5, "bold")) + 0.04
    target = view.main_target
    if target is not None:
        lead = f"{target_text(target, view, t)} {target_chance_text(target, t)}"
        page.y = page.text(lead, EDGE_INCHES, page.y, page.width, TextStyle(8.2, "bold"), lines=2) + 0.12
    width = (page.width - BLOCK_GAP_INCHES) / 2
    for first in range(0, len(blocks), 2):
        pair = blocks[first : first + 2]
        tops = [_draw_sentences(page, block, EDGE_INCHES + n * (width + BLOCK_GAP_INCHES), width, t)
                for n, block in enumerate(pair)]  # fmt: skip
        top = max(tops) + 0.05
        for number, block in enumerate(pair):
            x = EDGE_INCHES + number * (width + BLOCK_GAP_INCHES)
            page.chart(charts.get(block.chart), x, top, width, CHART_INCHES)
        has_chart = any(block.chart in charts for block in pair)
        page.y = top + (CHART_INCHES if has_chart else 0.0) + 0.18
    _draw_decisions(page, decision_rows(view, t), t)
    return page.figure


def _draw_sentences(page: PrintedPage, block: DecisionBlock, x: float, width: float, t: Translator) -> float:
    """Draw a question and its answer in a column; return the y below it."""
    y = page.text(t(block.key), x, page.y, width, HEADING_TEXT) + 0.02
    for sentence in block.sentences:
        y = page.text(sentence.replace("`", ""), x, y, width, SENTENCE_TEXT, lines=5) + 0.03
    return y


def _draw_decisions(page: PrintedPage, rows: Sequence[DecisionRow], t: Translator) -> None:
    """Draw every decision with its owner, day, trigger and chance, over the whole width."""
    if not rows:
        return
    page.rule(page.y - 0.08)
    y = page.text(t("decisions_list"), EDGE_INCHES, page.y, page.width, HEADING_TEXT) + 0.03
    for number, row in enumerate(rows[:MAX_DECISIONS], 1):
        page.line(str(number), EDGE_INCHES, y, TextStyle(8.5, "bold", GOOD))
        for line in wrap_text(row.action, page.width - 0.2, TYPE_POINTS, "bold", 2):
            page.line(line, EDGE_INCHES + 0.2, y, BOLD_TEXT)
            y += LINE_HEIGHT_EMS * TYPE_POINTS / 72
        details = f"{row.line} {row.when}".rstrip()
        about = f" {t('decision_about')}: {row.about}." if row.about else ""
        y = page.text(details + about, EDGE_INCHES + 0.2, y, page.width - 0.2, SMALL_TEXT, lines=3) + 0.05
    if len(rows) > MAX_DECISIONS:
        page.text(t("sheet_more", count=len(rows) - MAX_DECISIONS), EDGE_INCHES + 0.2, y, page.width, SMALL_TEXT)
