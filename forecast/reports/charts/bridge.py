"""Bridge from the plan to the forecast: a waterfall whose printed figures add up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from forecast.analysis.findings import Bridge, BridgeStep
from forecast.i18n import Translator
from forecast.i18n.amounts import LESS_IS_BETTER, AmountScale, round_preserving_sum
from forecast.plan.labels import display_name
from forecast.reports.charts.rows import BAR_HEIGHT, draw_row_labels, set_x_limits
from forecast.reports.charts.style import BAD, GOOD, INK, MUTED, PAPER, Margin, axes_size_inches, text_width

BRIDGE_MARGIN = Margin(0.2, 0.2, 0.2, 0.4)
MAX_STEPS = 9
"""Steps that are drawn; the smallest beyond them are grouped into one."""


def group_small_steps(steps: Sequence[BridgeStep], max_rows: int, t: Translator) -> tuple[BridgeStep, ...]:
    """Return at most `max_rows` steps, the smallest grouped at the end, never the gap; their errors add as squares."""
    if len(steps) <= max_rows:
        return tuple(steps)
    large = {
        id(step) for step in sorted(steps, key=lambda step: (step.name != "gap", -abs(step.amount)))[: max_rows - 1]
    }
    small = [step for step in steps if id(step) not in large]
    amount = sum(step.amount for step in small)
    half_width = sum(((step.high - step.low) / 2) ** 2 for step in small) ** 0.5
    grouped = BridgeStep(t("bridge_others", count=len(small)), None, amount, amount - half_width, amount + half_width)
    return (*(step for step in steps if id(step) in large), grouped)


def rounded_amounts(finding: Bridge, steps: Sequence[BridgeStep], scale: AmountScale) -> tuple[list[float], int]:
    """Return start, steps and end as printed, in the unit of the scale, and their decimals; they add to the digit."""
    decimals = min(scale.decimals + 1, 2)
    start, changes, end = round_preserving_sum(
        finding.start.amount / scale.factor,
        [step.amount / scale.factor for step in steps],
        finding.end.amount / scale.factor,
        decimals,
    )
    return [start, *changes, end], decimals


def draw_bridge(axes: Axes, finding: Bridge, t: Translator, scale: AmountScale, max_rows: int = MAX_STEPS) -> None:
    """Draw the plan outlined, each step red or blue by what it does to the measure, and the forecast's mean hatched."""
    # a bridge over the lines of a statement starts at nothing and has no bar for its start
    steps = group_small_steps(finding.steps, max_rows, t)
    figures, decimals = rounded_amounts(finding, steps, scale)
    plan = [t("bridge_plan")] if finding.start.amount else []
    labels = [*plan, *(display_name(step.name, step.label, t) for step in steps), t("bridge_forecast")]
    texts = [t.number(figures[0], decimals)] if plan else []
    texts += [*(_signed_text(figure, decimals, t) for figure in figures[1:-1]), t.number(figures[-1], decimals)]
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


def _signed_text(figure: float, decimals: int, t: Translator) -> str:
    text = t.number(figure, decimals)
    return f"+{text}" if figure > 0 else text


def _axis_origin(edges: Sequence[float]) -> float:
    """Return the lower end of the axis: zero, or below the lowest edge, with a break, when all are far from zero."""
    low, high = min(edges), max(edges)
    if low <= 0 or high - low > 0.35 * high:
        return min(0.0, low)
    return float(low - 0.6 * (high - low))


def _draw_totals(axes: Axes, finding: Bridge, ends: tuple[int, ...], origin: float) -> None:
    start = max(origin, 0.0)
    for row in ends:
        is_end = row == ends[-1]
        amount = finding.end.amount if is_end else finding.start.amount
        axes.barh(
            -row,
            amount - start,
            BAR_HEIGHT,
            left=start,
            facecolor=PAPER,
            edgecolor=INK,
            linewidth=0.9,
            hatch="/////" if is_end else None,
        )
        if origin > 0:
            _draw_axis_break(axes, origin, -row)
    axes.plot([finding.end.low, finding.end.high], [-ends[-1], -ends[-1]], color=INK, linewidth=1.6)


def _draw_axis_break(axes: Axes, origin: float, y: float) -> None:
    """Draw two slanted strokes across a bar that does not begin at zero."""
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


def axis_break_note(finding: Bridge, t: Translator) -> str:
    """Return the sentence about an axis that does not begin at zero; empty when it does."""
    edges = finding.start.amount + np.concatenate([[0.0], np.cumsum([step.amount for step in finding.steps])])
    return t("bridge_axis_break") if _axis_origin([*edges, finding.end.amount]) > 0 else ""
