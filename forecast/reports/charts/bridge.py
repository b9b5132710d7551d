"""Why the year differs from the plan: a waterfall whose printed figures add up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from forecast.analysis.findings import Bridge, BridgeStep
from forecast.i18n import Translator
from forecast.i18n.amounts import LESS_IS_BETTER, AmountScale, round_preserving_sum
from forecast.reports.charts.rows import BAR_HEIGHT, display_name, draw_row_labels, set_x_limits
from forecast.reports.charts.style import BAD, GOOD, INK, MUTED, PAPER, Margin, axes_size_inches, text_width

BRIDGE_MARGIN = Margin(0.2, 0.2, 0.2, 0.4)
MAX_STEPS = 9
"""Steps that are drawn; the smallest beyond them are drawn as one."""


def group_small_steps(steps: Sequence[BridgeStep], most: int, words: Translator) -> tuple[BridgeStep, ...]:
    """The steps, the smallest beyond `most` put together at the end, never the gap; their errors add as squares."""
    if len(steps) <= most:
        return tuple(steps)
    large = {id(step) for step in sorted(steps, key=lambda step: (step.name != "gap", -abs(step.amount)))[: most - 1]}
    rest = [step for step in steps if id(step) not in large]
    amount = sum(step.amount for step in rest)
    half = sum(((step.high - step.low) / 2) ** 2 for step in rest) ** 0.5
    other = BridgeStep(words("bridge_others", count=len(rest)), None, amount, amount - half, amount + half)
    return (*(step for step in steps if id(step) in large), other)


def rounded_amounts(finding: Bridge, steps: Sequence[BridgeStep], scale: AmountScale) -> tuple[list[float], int]:
    """Start, steps and end in the unit as they are printed, and their decimals: start + steps = end to the digit."""
    decimals = min(scale.decimals + 1, 2)
    start, between, end = round_preserving_sum(
        finding.start.amount / scale.factor,
        [step.amount / scale.factor for step in steps],
        finding.end.amount / scale.factor,
        decimals,
    )
    return [start, *between, end], decimals


def draw_bridge(axes: Axes, finding: Bridge, words: Translator, scale: AmountScale, most: int = MAX_STEPS) -> None:
    """The plan outlined, each step red where it costs and blue where it helps, the forecast's mean hatched.

    A bridge that starts at nothing (the lines of a statement) has no bar for its start.
    """
    steps = group_small_steps(finding.steps, most, words)
    figures, decimals = rounded_amounts(finding, steps, scale)
    plan = [words("bridge_plan")] if finding.start.amount else []
    labels = [*plan, *(display_name(step.name, step.label, words) for step in steps), words("bridge_forecast")]
    texts = [words.number(figures[0], decimals)] if plan else []
    texts += [*(_signed_text(figure, decimals, words) for figure in figures[1:-1]), words.number(figures[-1], decimals)]
    ends = (*((0,) if plan else ()), len(labels) - 1)
    draw_row_labels(axes, labels, bold=ends)
    edges = finding.start.amount + np.concatenate([[0.0], np.cumsum([step.amount for step in steps])])
    origin = _axis_origin([*edges, finding.end.amount])
    set_x_limits(
        axes,
        origin,
        max(0.0, *edges, finding.end.amount),
        0.02,
        max(text_width(text, weight="bold") for text in texts) + 0.12,
    )
    _draw_totals(axes, finding, ends, origin)
    good, bad = (BAD, GOOD) if finding.measure.partition(".")[0] in LESS_IS_BETTER else (GOOD, BAD)
    y = -np.arange(len(plan), len(plan) + len(steps))
    amount, low, high = np.array([(step.amount, step.low, step.high) for step in steps]).reshape(-1, 3).T
    starts = edges[:-1]
    axes.barh(y, amount, BAR_HEIGHT, left=starts, color=[good if step >= 0 else bad for step in amount], linewidth=0)
    axes.hlines(y, starts + low, starts + high, color=INK, linewidth=1.0)
    axes.vlines(edges[1:], y - 1 + BAR_HEIGHT / 2, y - BAR_HEIGHT / 2, color=MUTED, linewidth=0.5, zorder=0)
    if plan:
        axes.vlines(edges[:1], y[:1] + BAR_HEIGHT / 2, y[:1] + 1 - BAR_HEIGHT / 2, color=MUTED, linewidth=0.5, zorder=0)
    for row, text in enumerate(texts):
        figure = figures[row if plan else row + 1]
        colour = INK if row in ends or figure == 0 else good if figure > 0 else bad
        axes.text(
            1, -row, text, transform=axes.get_yaxis_transform(), ha="right", va="center", color=colour,
            weight="bold" if row in ends else "normal",
        )  # fmt: skip
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _signed_text(figure: float, decimals: int, words: Translator) -> str:
    text = words.number(figure, decimals)
    return f"+{text}" if figure > 0 else text


def _axis_origin(edges: Sequence[float]) -> float:
    """Where the axis begins: at zero, or, torn, below the lowest edge when all are far from it."""
    low, high = min(edges), max(edges)
    if low <= 0 or high - low > 0.35 * high:
        return min(0.0, low)
    return float(low - 0.6 * (high - low))


def _draw_totals(axes: Axes, finding: Bridge, ends: tuple[int, ...], origin: float) -> None:
    start = max(origin, 0.0)
    for row in ends:
        last = row == ends[-1]
        amount = finding.end.amount if last else finding.start.amount
        axes.barh(
            -row,
            amount - start,
            BAR_HEIGHT,
            left=start,
            facecolor=PAPER,
            edgecolor=INK,
            linewidth=0.9,
            hatch="/////" if last else None,
        )
        if origin > 0:
            _draw_axis_break(axes, origin, -row)
    axes.plot([finding.end.low, finding.end.high], [-ends[-1], -ends[-1]], color=INK, linewidth=1.6)


def _draw_axis_break(axes: Axes, origin: float, y: float) -> None:
    """Two slanted strokes: this bar does not begin at zero."""
    low, high = axes.get_xlim()
    per_inch = (high - low) / axes_size_inches(axes)[0]
    for shift in (0.10, 0.16):
        x = origin + shift * per_inch
        slant = 0.03 * per_inch
        axes.plot(
            [x - slant, x + slant], [y - BAR_HEIGHT * 0.75, y + BAR_HEIGHT * 0.75], color=PAPER, linewidth=3.2, zorder=3
        )
    for shift in (0.10, 0.16):
        x = origin + shift * per_inch
        slant = 0.03 * per_inch
        axes.plot(
            [x - slant, x + slant], [y - BAR_HEIGHT * 0.75, y + BAR_HEIGHT * 0.75], color=INK, linewidth=0.8, zorder=4
        )


def axis_break_note(finding: Bridge, words: Translator) -> str:
    """Whether the axis begins at zero, as a sentence; empty when it does."""
    edges = finding.start.amount + np.concatenate([[0.0], np.cumsum([step.amount for step in finding.steps])])
    return words("bridge_torn") if _axis_origin([*edges, finding.end.amount]) > 0 else ""
