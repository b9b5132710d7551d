"""A4 page of a run: the report for a director on one page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from forecast.i18n import Translator
from forecast.plan.data_files import path_in_project
from forecast.reports.charts.chart import Chart
from forecast.reports.charts.style import (
    BAD,
    GOOD,
    INK,
    MUTED,
    chart_style,
    fit_label,
    new_figure,
    text_width,
    to_pdf,
    wrap_text,
)
from forecast.reports.content import assumptions, decisions, headline, tables
from forecast.reports.content.caveats import target_caveats
from forecast.reports.content.charts import run_charts
from forecast.reports.content.context import RunView
from forecast.reports.content.decision_section import decision_blocks
from forecast.reports.content.locks import lock_notes
from forecast.reports.content.sensitivity import sources_sentence
from forecast.reports.content.text import date_text
from forecast.reports.content.year_to_date import year_section
from forecast.reports.decision_page import draw_decision_sheet
from forecast.reports.fonts import truncate_label
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
from forecast.reports.year_page import draw_year_sheet

__all__ = ["render_run_pdf"]

MAX_SHEET_STEPS, MAX_SHEET_BARS, MAX_SHEET_CASES = 7, 6, 8
"""Rows of the bridge, of the tornado, and of the cases beside the plan."""
DOTS_SHARE = 0.36
"""Width of the dots beside the months, as a share of the page."""
MAX_SHEET_ROWS = 4
"""Targets, and decisions, that the page has room for; it counts those left out."""
TAIL_TEXT = TextStyle(6.8)
MAX_TAIL_LINES = 2
"""Lines of the worst outcomes."""


def render_run_pdf(view: RunView, t: Translator) -> bytes:
    """Render the report of one run on A4: the page of the answer, that of decisions, and that of closed months.

    Parameters
    ----------
    view : RunView
        The run.
    t : Translator
        Language of the page.

    Returns
    -------
    bytes
        PDF.
    """
    with chart_style(TYPE_POINTS):
        sheets = [draw_run_sheet(view, t)]
        if blocks := decision_blocks(view, t):
            sheets.append(draw_decision_sheet(view, blocks, run_charts(view, t), t))
        if (year := year_section(view, t)) is not None:
            sheets.append(draw_year_sheet(view, year, run_charts(view, t), t))
        return to_pdf(sheets, headline.run_title(view, t))


def draw_run_sheet(view: RunView, t: Translator) -> Figure:
    """Draw the page as a figure; call it inside `chart_style`."""
    page = PrintedPage(new_figure(*A4_INCHES))
    charts = run_charts(view, t)
    _draw_head(page, view, t)
    _draw_headline_numbers(page, view, t)
    foot = _draw_foot(page, view, t)
    bands = _sheet_bands(view, charts, t)
    spare = foot - page.y - sum(height for height, _ in bands) - 0.14 * len(bands)
    stretch = max(-0.3, spare / max(sum(height for height, _ in bands[:3]), 1.0))
    for index, (height, draw) in enumerate(bands):
        band_height = height * (1 + stretch) if index < 3 else height
        draw(page, page.y, band_height, t)
        page.y += band_height + 0.14
    return page.figure


SheetBand = tuple[float, Callable[[PrintedPage, float, float, Translator], None]]
"""Height in inches, and a function that draws the band, called as (page, y, height, t)."""


def _sheet_bands(view: RunView, charts: Mapping[str, Chart], t: Translator) -> list[SheetBand]:
    half_width = (A4_INCHES[0] - 2 * EDGE_INCHES - 0.3) / 2
    right_x = EDGE_INCHES + half_width + 0.3

    def draw_pair(left_name: str, right_name: str, page: PrintedPage, y: float, height: float, t: Translator) -> None:
        has_both = left_name in charts and right_name in charts
        for name, x in ((left_name, EDGE_INCHES), (right_name, right_x if has_both else EDGE_INCHES)):
            if name in charts:
                page.chart(
                    charts[name],
                    x,
                    y,
                    half_width if has_both else page.width,
                    height,
                    _with_fewer_rows(name, charts[name]),
                )

    def draw_closing(page: PrintedPage, y: float, height: float, t: Translator) -> None:
        page.text(tables.tail_line(view, t), EDGE_INCHES, y - 0.03, page.width, TAIL_TEXT, lines=MAX_TAIL_LINES)
        y += _tail_height(view, t)
        page.rule(y - 0.05)
        _draw_targets(page, view, t, EDGE_INCHES, y, half_width + 0.55)
        _draw_decisions(page, view, t, right_x + 0.55, y, half_width - 0.55)

    bands: list[SheetBand] = []
    if "dots" in charts or "months" in charts:
        bands.append((2.75, partial(_draw_outcomes, charts)))
    if "bridge" in charts or "exceedance" in charts:
        bands.append((2.3, partial(draw_pair, "bridge", "exceedance")))
    if "tornado" in charts or "cases" in charts:
        bands.append((2.2, partial(draw_pair, "tornado", "cases")))
    return [*bands, (_closing_height(view, t, half_width - 0.55), draw_closing)]


def _draw_outcomes(charts: Mapping[str, Chart], page: PrintedPage, y: float, height: float, t: Translator) -> None:
    """Draw the outcomes of the year beside its months, or one of both alone."""
    dots, months = charts.get("dots"), charts.get("months")
    dots_width = page.width if months is None else DOTS_SHARE * page.width
    start = EDGE_INCHES if dots is None else EDGE_INCHES + dots_width + 0.25
    page.chart(dots, EDGE_INCHES, y, dots_width, height)
    page.chart(months, start, y, page.width + EDGE_INCHES - start, height)


def _with_fewer_rows(name: str, chart: Chart) -> Callable[[Axes], None] | None:
    """Return the drawing function of a chart with as many rows as the page has room for; None if it has no limit."""
    max_rows = {"bridge": MAX_SHEET_STEPS, "tornado": MAX_SHEET_BARS, "cases": MAX_SHEET_CASES}.get(name)
    draw: Callable[..., None] = chart.draw
    return partial(draw, max_rows=max_rows) if max_rows else None


def _closing_height(view: RunView, t: Translator, width: float) -> float:
    """Return the height for the targets and, in a column of `width`, for the decisions, in inches."""
    decision_lines = _decision_lines(view, t, width - 0.16)
    decisions_height = sum(
        LINE_HEIGHT_EMS * (TYPE_POINTS * len(action) + 6.4 * len(details)) / 72 + 0.04
        for action, details in decision_lines
    )
    target_count, decision_count = len(view.findings.targets), len(view.scenario.decisions)
    return _tail_height(view, t) + max(
        0.62 + 0.32 * min(target_count, MAX_SHEET_ROWS) + 0.13 * (target_count > MAX_SHEET_ROWS),
        0.2 + decisions_height + 0.13 * (decision_count > MAX_SHEET_ROWS),
        0.5,
    )


def _tail_height(view: RunView, t: Translator) -> float:
    """Return the height of the line of worst outcomes, in inches; 0 without a target."""
    if not (line := tables.tail_line(view, t)):
        return 0.0
    lines = wrap_text(line, A4_INCHES[0] - 2 * EDGE_INCHES, TAIL_TEXT.size, lines=MAX_TAIL_LINES)
    return LINE_HEIGHT_EMS * TAIL_TEXT.size * len(lines) / 72 + 0.06


def _draw_head(page: PrintedPage, view: RunView, t: Translator) -> None:
    scope = t(
        "page_about",
        scenario=truncate_label(view.scenario.name.in_language(t.language)),
        date=date_text(view.as_of, t),
    )
    page.line(fit_label(scope, page.width, 7.5), EDGE_INCHES, page.y, TextStyle(7.5, color=MUTED))
    title = headline.run_title(view, t)
    size = next((s for s in (17.0, 16.0, 15.0, 14.2, 13.6) if text_width(title, s, "bold") <= page.width), 15.0)
    page.y = page.text(title, EDGE_INCHES, page.y + 0.19, page.width, TextStyle(size, "bold"), lines=2)
    notes = " ".join(headline.headline_notes(view, t))
    page.y = page.text(notes, EDGE_INCHES, page.y + 0.02, page.width, TextStyle(8.2), lines=2) + 0.1


def _draw_headline_numbers(page: PrintedPage, view: RunView, t: Translator) -> None:
    numbers = headline.headline_numbers(view, t)
    if not numbers:
        return
    width = (page.width - 0.2 * (len(numbers) - 1)) / len(numbers)
    lowest = page.y
    for position, number in enumerate(numbers):
        x = EDGE_INCHES + position * (width + 0.2)
        colour = {"good": GOOD, "bad": BAD}.get(number.mood, INK)
        mark = {"good": "▲ ", "bad": "▼ "}.get(number.mood, "")
        value_text = f"{mark}{number.value} "
        size = next(
            (
                s
                for s in (14, 13, 12, 11)
                if text_width(value_text, s, "bold") + text_width(number.unit, TYPE_POINTS) < width
            ),
            10,
        )
        page.line(value_text.rstrip(), x, page.y + (14 - size) / 72, TextStyle(size, "bold", colour))
        start = x + text_width(value_text, size, "bold")
        fits_beside = start + text_width(number.unit, TYPE_POINTS) <= x + width
        if fits_beside:
            page.line(number.unit, start, page.y + 0.085, TextStyle(color=colour))
        label = number.label if fits_beside else f"{number.unit}, {number.label}"
        y = page.text(label, x, page.y + 0.27, width, TextStyle(7.4), lines=2)
        lowest = max(lowest, page.text(number.note, x, y, width, TextStyle(6.6, color=MUTED), lines=3))
    page.y = lowest + 0.06
    page.rule(page.y)
    page.y += 0.1


def _draw_targets(page: PrintedPage, view: RunView, t: Translator, x: float, y: float, width: float) -> None:
    """Draw the targets: required chance, chance, simulation error and spread."""
    if not view.findings.targets:
        return
    y = page.text(t("targets_head"), x, y, width, HEADING_TEXT) + 0.02
    columns = (0.0, 0.36, 0.48, 0.61, 0.79, 1.0)
    keys = ("target_name", "target_required", "target_chance", "sheet_error", "sheet_spread")
    for key, start, end in zip(keys, columns, columns[1:], strict=False):
        page.text(t(key), x + start * width, y, (end - start) * width - 0.05, SMALL_TEXT, lines=2)
    y += 0.25
    for cells in tables.short_target_rows(view, t)[:MAX_SHEET_ROWS]:
        lines = [
            wrap_text(cell, (end - start) * width - 0.05, 6.8, lines=2)
            for cell, start, end in zip(cells, columns, columns[1:], strict=False)
        ]
        for column, (start, texts) in enumerate(zip(columns, lines, strict=False)):
            for number, text in enumerate(texts):
                style = TextStyle(6.8, "bold" if column == 2 else "normal")
                page.line(text, x + start * width, y + 0.13 * number, style)
        y += 0.13 * max(map(len, lines)) + 0.05
    y = _draw_omitted_count(page, len(view.findings.targets), t, x, y, width)
    for caveat in target_caveats(view, t)[:1]:
        page.text(caveat.short, x, y, width, SMALL_TEXT, lines=2)


def _draw_omitted_count(page: PrintedPage, count: int, t: Translator, x: float, y: float, width: float) -> float:
    """Place the number of targets or decisions left out; return the y below it."""
    return (
        page.text(t("sheet_more", count=count - MAX_SHEET_ROWS), x, y, width, SMALL_TEXT)
        if count > MAX_SHEET_ROWS
        else y
    )


def _decision_lines(view: RunView, t: Translator, width: float) -> list[tuple[list[str], list[str]]]:
    """Return the decisions that the page has room for: lines of the action, lines of owner, day and trigger."""
    rows = decisions.decision_rows(view, t)[:MAX_SHEET_ROWS]
    return [
        (wrap_text(row.action, width, TYPE_POINTS, "bold", 2), wrap_text(f"{row.line} {row.when}", width, 6.4, lines=3))
        for row in rows
    ]


def _draw_decisions(page: PrintedPage, view: RunView, t: Translator, x: float, y: float, width: float) -> None:
    decision_lines = _decision_lines(view, t, width - 0.16)
    if not decision_lines:
        return
    y = page.text(t("decisions_head"), x, y, width, HEADING_TEXT) + 0.02
    for number, (action, details) in enumerate(decision_lines, 1):
        page.line(str(number), x, y, TextStyle(8.5, "bold", GOOD))
        for line in action:
            page.line(line, x + 0.16, y, BOLD_TEXT)
            y += LINE_HEIGHT_EMS * TYPE_POINTS / 72
        for line in details:
            page.line(line, x + 0.16, y, SMALL_TEXT)
            y += LINE_HEIGHT_EMS * SMALL_TEXT.size / 72
        y += 0.04
    _draw_omitted_count(page, len(view.scenario.decisions), t, x + 0.16, y, width - 0.16)


def _draw_foot(page: PrintedPage, view: RunView, t: Translator) -> float:
    """Place the reading notes, the weaknesses and the source line from the bottom up; return the y of their top."""
    size = 6.4
    reading = " ".join([t("how_range"), t("how_marks")])
    weaknesses = " ".join(_weakness_notes(view, t))
    source = t(
        "sheet_source",
        file=path_in_project(view.scenario.file, view.scenario),
        paths=t.number(int(view.summary.get("paths", 0))),
        seed=view.summary.get("seed", ""),
        run=str(view.summary.get("run_id", ""))[:16],
        history=view.baseline.digest[:12] or t("none_found"),
    )
    blocks = [
        (wrap_text(text, page.width, size, lines=lines), color)
        for text, lines, color in (
            (reading, 2, INK),
            (weaknesses, 2, INK),
            (" ".join(lock_notes(view, t)), 2, INK),
            (" ".join(view.notes(t)), 1, INK),
            (source, 2, MUTED),
        )
        if text
    ]
    step = 1.4 * size / 72
    top = A4_INCHES[1] - 0.38 - step * sum(len(lines) for lines, _ in blocks) - 0.06
    y = top + 0.06
    for lines, color in blocks:
        for line in lines:
            page.line(line, EDGE_INCHES, y, TextStyle(size, color=color))
            y += step
    page.rule(top)
    return top - 0.04


def _weakness_notes(view: RunView, t: Translator) -> Sequence[str]:
    status = view.summary.get("data_status", {})
    notes = []
    counts = assumptions.count_grades(view)
    if view.decisions.sources is not None and counts:
        notes.append(sources_sentence(view.decisions.sources, t))
    if status.get("reconstructed"):
        notes.append(t("sheet_reconstructed", count=status["reconstructed"], all=sum(status.values())))
    if hindsight_count := len(view.hindsight_assumptions()):
        notes.append(t("sheet_hindsight", date=date_text(view.as_of, t), count=hindsight_count))
    if counts:
        notes.append(t("judgement_counts", all=counts.total(), a=counts["A"], b=counts["B"], c=counts["C"]))
    return notes
