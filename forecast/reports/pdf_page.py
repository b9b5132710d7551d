"""The A4 page of a run: all that a director needs, on one sheet of paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from forecast.i18n import Translator
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
    truncate_label,
    wrap_text,
)
from forecast.reports.content import assumptions as grounds
from forecast.reports.content import decisions, tables
from forecast.reports.content import headline as message
from forecast.reports.content.caveats import target_caveats
from forecast.reports.content.charts import run_charts
from forecast.reports.content.context import RunView
from forecast.reports.content.text import date_text
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

MAX_SHEET_STEPS, MAX_SHEET_BARS = 7, 6
MAX_SHEET_ROWS = 4
"""Targets, and decisions, that the sheet has room for; it says how many more there are."""


def render_run_pdf(view: RunView, words: Translator) -> bytes:
    """The report of one run on one A4 page."""
    with chart_style(TYPE_POINTS):
        return to_pdf(draw_run_sheet(view, words), message.run_title(view, words))


def draw_run_sheet(view: RunView, words: Translator) -> Figure:
    """The page as a figure; call it inside `style`."""
    paper = PrintedPage(new_figure(*A4_INCHES))
    found = run_charts(view, words)
    _draw_head(paper, view, words)
    _draw_headline_numbers(paper, view, words)
    foot = _draw_foot(paper, view, words)
    rows = _sheet_bands(view, found, words)
    spare = foot - paper.y - sum(height for height, _ in rows) - 0.14 * len(rows)
    stretch = max(-0.3, spare / max(sum(height for height, _ in rows[:3]), 1.0))
    for number, (height, draw) in enumerate(rows):
        tall = height * (1 + stretch) if number < 3 else height
        draw(paper, paper.y, tall, words)
        paper.y += tall + 0.14
    return paper.figure


SheetBand = tuple[float, Callable[[PrintedPage, float, float, Translator], None]]


def _sheet_bands(view: RunView, found: Mapping[str, Chart], words: Translator) -> list[SheetBand]:
    half = (A4_INCHES[0] - 2 * EDGE_INCHES - 0.3) / 2
    right = EDGE_INCHES + half + 0.3

    def pair(left: str, other: str, paper: PrintedPage, y: float, height: float, words: Translator) -> None:
        both = left in found and other in found
        for name, x in ((left, EDGE_INCHES), (other, right if both else EDGE_INCHES)):
            if name in found:
                paper.chart(
                    found[name], x, y, half if both else paper.width, height, _with_fewer_rows(name, found[name])
                )

    def months(paper: PrintedPage, y: float, height: float, words: Translator) -> None:
        paper.chart(found["months"], EDGE_INCHES, y, paper.width, height)

    def close(paper: PrintedPage, y: float, height: float, words: Translator) -> None:
        paper.rule(y - 0.05)
        _draw_targets(paper, view, words, EDGE_INCHES, y, half + 0.55)
        _draw_decisions(paper, view, words, right + 0.55, y, half - 0.55)

    rows: list[SheetBand] = []
    if "months" in found:
        rows.append((1.75, months))
    if "bridge" in found or "exceedance" in found:
        rows.append((2.3, partial(pair, "bridge", "exceedance")))
    if "tornado" in found or "cases" in found:
        rows.append((2.2, partial(pair, "tornado", "cases")))
    return [*rows, (_closing_height(view, words, half - 0.55), close)]


def _with_fewer_rows(name: str, drawing: Chart) -> Callable[[Axes], None] | None:
    """The figure with as many rows as the sheet has room for."""
    most = {"bridge": MAX_SHEET_STEPS, "tornado": MAX_SHEET_BARS}.get(name)
    draw: Callable[..., None] = drawing.draw
    return partial(draw, most=most) if most else None


def _closing_height(view: RunView, words: Translator, width: float) -> float:
    """Room for the targets and, in a column of `width`, for the decisions."""
    found = _decision_lines(view, words, width - 0.16)
    decided = sum(
        LINE_HEIGHT_EMS * (TYPE_POINTS * len(action) + 6.4 * len(about)) / 72 + 0.04 for action, about in found
    )
    targets, actions = len(view.findings.targets), len(view.scenario.decisions)
    return max(
        0.62 + 0.32 * min(targets, MAX_SHEET_ROWS) + 0.13 * (targets > MAX_SHEET_ROWS),
        0.2 + decided + 0.13 * (actions > MAX_SHEET_ROWS),
        0.5,
    )


def _draw_head(paper: PrintedPage, view: RunView, words: Translator) -> None:
    about = words(
        "page_about",
        scenario=truncate_label(view.scenario.name.in_language(words.language)),
        date=date_text(view.as_of, words),
    )
    paper.line(fit_label(about, paper.width, 7.5), EDGE_INCHES, paper.y, TextStyle(7.5, color=MUTED))
    title = message.run_title(view, words)
    size = next((s for s in (17.0, 16.0, 15.0, 14.2, 13.6) if text_width(title, s, "bold") <= paper.width), 15.0)
    paper.y = paper.text(title, EDGE_INCHES, paper.y + 0.19, paper.width, TextStyle(size, "bold"), lines=2)
    beside = " ".join(message.headline_notes(view, words))
    paper.y = paper.text(beside, EDGE_INCHES, paper.y + 0.02, paper.width, TextStyle(8.2), lines=2) + 0.1


def _draw_headline_numbers(paper: PrintedPage, view: RunView, words: Translator) -> None:
    numbers = message.headline_numbers(view, words)
    if not numbers:
        return
    width = (paper.width - 0.2 * (len(numbers) - 1)) / len(numbers)
    lowest = paper.y
    for place, number in enumerate(numbers):
        x = EDGE_INCHES + place * (width + 0.2)
        colour = {"good": GOOD, "bad": BAD}.get(number.mood, INK)
        mark = {"good": "▲ ", "bad": "▼ "}.get(number.mood, "")
        whole = f"{mark}{number.value} "
        size = next(
            (
                s
                for s in (14, 13, 12, 11)
                if text_width(whole, s, "bold") + text_width(number.unit, TYPE_POINTS) < width
            ),
            10,
        )
        paper.line(whole.rstrip(), x, paper.y + (14 - size) / 72, TextStyle(size, "bold", colour))
        start = x + text_width(whole, size, "bold")
        beside = start + text_width(number.unit, TYPE_POINTS) <= x + width
        if beside:
            paper.line(number.unit, start, paper.y + 0.085, TextStyle(color=colour))
        label = number.label if beside else f"{number.unit}, {number.label}"
        y = paper.text(label, x, paper.y + 0.27, width, TextStyle(7.4), lines=2)
        lowest = max(lowest, paper.text(number.note, x, y, width, TextStyle(6.6, color=MUTED), lines=3))
    paper.y = lowest + 0.06
    paper.rule(paper.y)
    paper.y += 0.1


def _draw_targets(paper: PrintedPage, view: RunView, words: Translator, x: float, y: float, width: float) -> None:
    """The targets: wanted, chance, simulation error and spread, three things apart."""
    if not view.findings.targets:
        return
    y = paper.text(words("targets_head"), x, y, width, HEADING_TEXT) + 0.02
    columns = (0.0, 0.36, 0.48, 0.61, 0.79, 1.0)
    keys = ("target_name", "target_wanted", "target_chance", "sheet_error", "sheet_spread")
    for key, start, end in zip(keys, columns, columns[1:], strict=False):
        paper.text(words(key), x + start * width, y, (end - start) * width - 0.05, SMALL_TEXT, lines=2)
    y += 0.25
    for cells in tables.short_target_rows(view, words)[:MAX_SHEET_ROWS]:
        lines = [
            wrap_text(cell, (end - start) * width - 0.05, 6.8, lines=2)
            for cell, start, end in zip(cells, columns, columns[1:], strict=False)
        ]
        for column, (start, texts) in enumerate(zip(columns, lines, strict=False)):
            for number, text in enumerate(texts):
                letters = TextStyle(6.8, "bold" if column == 2 else "normal")
                paper.line(text, x + start * width, y + 0.13 * number, letters)
        y += 0.13 * max(map(len, lines)) + 0.05
    y = _draw_omitted_count(paper, len(view.findings.targets), words, x, y, width)
    for caution in target_caveats(view, words)[:1]:
        paper.text(caution.short, x, y, width, SMALL_TEXT, lines=2)


def _draw_omitted_count(paper: PrintedPage, count: int, words: Translator, x: float, y: float, width: float) -> float:
    """How many targets or decisions the sheet leaves out; the y below it."""
    return (
        paper.text(words("sheet_more", count=count - MAX_SHEET_ROWS), x, y, width, SMALL_TEXT)
        if count > MAX_SHEET_ROWS
        else y
    )


def _decision_lines(view: RunView, words: Translator, width: float) -> list[tuple[list[str], list[str]]]:
    """The decisions that the sheet has room for: lines of the action, lines of who, when and why."""
    actions = decisions.decision_rows(view, words)[:MAX_SHEET_ROWS]
    return [
        (wrap_text(one.action, width, TYPE_POINTS, "bold", 2), wrap_text(f"{one.line} {one.when}", width, 6.4, lines=3))
        for one in actions
    ]


def _draw_decisions(paper: PrintedPage, view: RunView, words: Translator, x: float, y: float, width: float) -> None:
    found = _decision_lines(view, words, width - 0.16)
    if not found:
        return
    y = paper.text(words("decisions_head"), x, y, width, HEADING_TEXT) + 0.02
    for number, (action, about) in enumerate(found, 1):
        paper.line(str(number), x, y, TextStyle(8.5, "bold", GOOD))
        for line in action:
            paper.line(line, x + 0.16, y, BOLD_TEXT)
            y += LINE_HEIGHT_EMS * TYPE_POINTS / 72
        for line in about:
            paper.line(line, x + 0.16, y, SMALL_TEXT)
            y += LINE_HEIGHT_EMS * SMALL_TEXT.size / 72
        y += 0.04
    _draw_omitted_count(paper, len(view.scenario.decisions), words, x + 0.16, y, width - 0.16)


def _draw_foot(paper: PrintedPage, view: RunView, words: Translator) -> float:
    """How to read, what is weak, and the source line, set from the bottom up; the y of its top."""
    size = 6.4
    reading = " ".join([words("how_range"), words("how_marks")])
    weak = " ".join(_weakness_notes(view, words))
    source = words(
        "sheet_source",
        file=grounds.path_in_project(view.scenario.file, view),
        paths=words.number(int(view.summary.get("paths", 0))),
        seed=view.summary.get("seed", ""),
        run=str(view.summary.get("run_id", ""))[:16],
        history=view.baseline.digest[:12] or words("none_found"),
    )
    blocks = [
        (wrap_text(text, paper.width, size, lines=2), color)
        for text, color in ((reading, INK), (weak, INK), (source, MUTED))
        if text
    ]
    step = 1.4 * size / 72
    top = A4_INCHES[1] - 0.38 - step * sum(len(lines) for lines, _ in blocks) - 0.06
    y = top + 0.06
    for lines, color in blocks:
        for line in lines:
            paper.line(line, EDGE_INCHES, y, TextStyle(size, color=color))
            y += step
    paper.rule(top)
    return top - 0.04


def _weakness_notes(view: RunView, words: Translator) -> Sequence[str]:
    status = view.summary.get("data_status", {})
    found = []
    if view.findings.sensitivity is not None:
        found.append(words("sheet_judged", percent=words.percent(view.findings.sensitivity.judgement_share)))
    if status.get("reconstructed"):
        found.append(words("sheet_reconstructed", count=status["reconstructed"], all=sum(status.values())))
    if late := len(view.hindsight_assumptions()):
        found.append(words("sheet_hindsight", date=date_text(view.as_of, words), count=late))
    counts = grounds.count_grades(view)
    found.append(words("judged_counts", all=counts.total(), a=counts["A"], b=counts["B"], c=counts["C"]))
    return found
