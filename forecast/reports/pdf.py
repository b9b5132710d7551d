"""The A4 page of a run: all that a director needs, on one sheet of paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from forecast.i18n import Words
from forecast.reports.charts.style import BAD, GOOD, INK, MUTED, cut, fit, new_figure, style, to_pdf, width_of, wrap
from forecast.reports.content import assumptions as grounds
from forecast.reports.content import decisions, tables
from forecast.reports.content import headline as message
from forecast.reports.content.caveats import cautions
from forecast.reports.content.charts import Drawing, drawings
from forecast.reports.content.context import RunView
from forecast.reports.content.text import date_text
from forecast.reports.page_layout import A4, EDGE, HEAD, LINE, SMALL, STRONG, TYPE, Letters, Paper

STEPS, LEVERS = 7, 6
MOST = 4
"""Targets, and decisions, that the sheet has room for; it says how many more there are."""


def pdf(view: RunView, words: Words) -> bytes:
    """The report of one run on one A4 page."""
    with style(TYPE):
        return to_pdf(sheet(view, words), message.title(view, words))


def sheet(view: RunView, words: Words) -> Figure:
    """The page as a figure; call it inside `style`."""
    paper = Paper(new_figure(*A4))
    found = drawings(view, words)
    _head(paper, view, words)
    _numbers(paper, view, words)
    foot = _foot(paper, view, words)
    rows = _rows(view, found, words)
    spare = foot - paper.y - sum(height for height, _ in rows) - 0.14 * len(rows)
    stretch = max(-0.3, spare / max(sum(height for height, _ in rows[:3]), 1.0))
    for number, (height, draw) in enumerate(rows):
        tall = height * (1 + stretch) if number < 3 else height
        draw(paper, paper.y, tall, words)
        paper.y += tall + 0.14
    return paper.figure


Row = tuple[float, Callable[[Paper, float, float, Words], None]]


def _rows(view: RunView, found: Mapping[str, Drawing], words: Words) -> list[Row]:
    half = (A4[0] - 2 * EDGE - 0.3) / 2
    right = EDGE + half + 0.3

    def pair(left: str, other: str, paper: Paper, y: float, height: float, words: Words) -> None:
        both = left in found and other in found
        for name, x in ((left, EDGE), (other, right if both else EDGE)):
            if name in found:
                paper.drawing(found[name], x, y, half if both else paper.width, height, _fewer(name, found[name]))

    def months(paper: Paper, y: float, height: float, words: Words) -> None:
        paper.drawing(found["months"], EDGE, y, paper.width, height)

    def close(paper: Paper, y: float, height: float, words: Words) -> None:
        paper.rule(y - 0.05)
        _targets(paper, view, words, EDGE, y, half + 0.55)
        _decisions(paper, view, words, right + 0.55, y, half - 0.55)

    rows: list[Row] = []
    if "months" in found:
        rows.append((1.75, months))
    if "bridge" in found or "exceedance" in found:
        rows.append((2.3, partial(pair, "bridge", "exceedance")))
    if "tornado" in found or "readings" in found:
        rows.append((2.2, partial(pair, "tornado", "readings")))
    return [*rows, (_close_height(view, words, half - 0.55), close)]


def _fewer(name: str, drawing: Drawing) -> Callable[[Axes], None] | None:
    """The figure with as many rows as the sheet has room for."""
    most = {"bridge": STEPS, "tornado": LEVERS}.get(name)
    draw: Callable[..., None] = drawing.draw
    return partial(draw, most=most) if most else None


def _close_height(view: RunView, words: Words, width: float) -> float:
    """Room for the targets and, in a column of `width`, for the decisions."""
    found = _decision_lines(view, words, width - 0.16)
    decided = sum(LINE * (TYPE * len(action) + 6.4 * len(about)) / 72 + 0.04 for action, about in found)
    targets, actions = len(view.findings.targets), len(view.scenario.decisions)
    return max(0.62 + 0.32 * min(targets, MOST) + 0.13 * (targets > MOST), 0.2 + decided + 0.13 * (actions > MOST), 0.5)


def _head(paper: Paper, view: RunView, words: Words) -> None:
    about = words("page_about", scenario=cut(view.scenario.name.of(words.language)), date=date_text(view.as_of, words))
    paper.line(fit(about, paper.width, 7.5), EDGE, paper.y, Letters(7.5, color=MUTED))
    title = message.title(view, words)
    size = next((s for s in (17.0, 16.0, 15.0, 14.2, 13.6) if width_of(title, s, "bold") <= paper.width), 15.0)
    paper.y = paper.text(title, EDGE, paper.y + 0.19, paper.width, Letters(size, "bold"), lines=2)
    beside = " ".join(message.beside(view, words))
    paper.y = paper.text(beside, EDGE, paper.y + 0.02, paper.width, Letters(8.2), lines=2) + 0.1


def _numbers(paper: Paper, view: RunView, words: Words) -> None:
    numbers = message.numbers(view, words)
    if not numbers:
        return
    width = (paper.width - 0.2 * (len(numbers) - 1)) / len(numbers)
    lowest = paper.y
    for place, number in enumerate(numbers):
        x = EDGE + place * (width + 0.2)
        colour = {"good": GOOD, "bad": BAD}.get(number.mood, INK)
        mark = {"good": "▲ ", "bad": "▼ "}.get(number.mood, "")
        whole = f"{mark}{number.value} "
        size = next(
            (s for s in (14, 13, 12, 11) if width_of(whole, s, "bold") + width_of(number.unit, TYPE) < width), 10
        )
        paper.line(whole.rstrip(), x, paper.y + (14 - size) / 72, Letters(size, "bold", colour))
        start = x + width_of(whole, size, "bold")
        beside = start + width_of(number.unit, TYPE) <= x + width
        if beside:
            paper.line(number.unit, start, paper.y + 0.085, Letters(color=colour))
        label = number.label if beside else f"{number.unit}, {number.label}"
        y = paper.text(label, x, paper.y + 0.27, width, Letters(7.4), lines=2)
        lowest = max(lowest, paper.text(number.note, x, y, width, Letters(6.6, color=MUTED), lines=3))
    paper.y = lowest + 0.06
    paper.rule(paper.y)
    paper.y += 0.1


def _targets(paper: Paper, view: RunView, words: Words, x: float, y: float, width: float) -> None:
    """The targets: wanted, chance, simulation error and spread, three things apart."""
    if not view.findings.targets:
        return
    y = paper.text(words("targets_head"), x, y, width, HEAD) + 0.02
    columns = (0.0, 0.36, 0.48, 0.61, 0.79, 1.0)
    keys = ("target_name", "target_wanted", "target_chance", "sheet_error", "sheet_spread")
    for key, start, end in zip(keys, columns, columns[1:], strict=False):
        paper.text(words(key), x + start * width, y, (end - start) * width - 0.05, SMALL, lines=2)
    y += 0.25
    for cells in tables.short_targets(view, words)[:MOST]:
        lines = [
            wrap(cell, (end - start) * width - 0.05, 6.8, lines=2)
            for cell, start, end in zip(cells, columns, columns[1:], strict=False)
        ]
        for column, (start, texts) in enumerate(zip(columns, lines, strict=False)):
            for number, text in enumerate(texts):
                letters = Letters(6.8, "bold" if column == 2 else "normal")
                paper.line(text, x + start * width, y + 0.13 * number, letters)
        y += 0.13 * max(map(len, lines)) + 0.05
    y = _more(paper, len(view.findings.targets), words, x, y, width)
    for caution in cautions(view, words)[:1]:
        paper.text(caution.short, x, y, width, SMALL, lines=2)


def _more(paper: Paper, count: int, words: Words, x: float, y: float, width: float) -> float:
    """How many targets or decisions the sheet leaves out; the y below it."""
    return paper.text(words("sheet_more", count=count - MOST), x, y, width, SMALL) if count > MOST else y


def _decision_lines(view: RunView, words: Words, width: float) -> list[tuple[list[str], list[str]]]:
    """The decisions that the sheet has room for: lines of the action, lines of who, when and why."""
    actions = decisions.decisions(view, words)[:MOST]
    return [
        (wrap(one.action, width, TYPE, "bold", 2), wrap(f"{one.line} {one.when}", width, 6.4, lines=3))
        for one in actions
    ]


def _decisions(paper: Paper, view: RunView, words: Words, x: float, y: float, width: float) -> None:
    found = _decision_lines(view, words, width - 0.16)
    if not found:
        return
    y = paper.text(words("decisions_head"), x, y, width, HEAD) + 0.02
    for number, (action, about) in enumerate(found, 1):
        paper.line(str(number), x, y, Letters(8.5, "bold", GOOD))
        for line in action:
            paper.line(line, x + 0.16, y, STRONG)
            y += LINE * TYPE / 72
        for line in about:
            paper.line(line, x + 0.16, y, SMALL)
            y += LINE * SMALL.size / 72
        y += 0.04
    _more(paper, len(view.scenario.decisions), words, x + 0.16, y, width - 0.16)


def _foot(paper: Paper, view: RunView, words: Words) -> float:
    """How to read, what is weak, and the source line, set from the bottom up; the y of its top."""
    size = 6.4
    reading = " ".join([words("how_range"), words("how_marks")])
    weak = " ".join(_weak(view, words))
    source = words(
        "sheet_source",
        file=grounds.in_project(view.scenario.file, view),
        paths=words.number(int(view.summary.get("paths", 0))),
        seed=view.summary.get("seed", ""),
        run=str(view.summary.get("run_id", ""))[:16],
        history=view.baseline.digest[:12] or words("none_found"),
    )
    blocks = [
        (wrap(text, paper.width, size, lines=2), color)
        for text, color in ((reading, INK), (weak, INK), (source, MUTED))
        if text
    ]
    step = 1.4 * size / 72
    top = A4[1] - 0.38 - step * sum(len(lines) for lines, _ in blocks) - 0.06
    y = top + 0.06
    for lines, color in blocks:
        for line in lines:
            paper.line(line, EDGE, y, Letters(size, color=color))
            y += step
    paper.rule(top)
    return top - 0.04


def _weak(view: RunView, words: Words) -> Sequence[str]:
    status = view.summary.get("data_status", {})
    found = []
    if view.findings.sensitivity is not None:
        found.append(words("sheet_judged", percent=words.percent(view.findings.sensitivity.judged)))
    if status.get("reconstructed"):
        found.append(words("sheet_reconstructed", count=status["reconstructed"], all=sum(status.values())))
    if late := len(view.hindsight()):
        found.append(words("sheet_hindsight", date=date_text(view.as_of, words), count=late))
    counts = grounds.grade_counts(view)
    found.append(words("judged_counts", all=counts.total(), a=counts["A"], b=counts["B"], c=counts["C"]))
    return found
