"""Fifty equally likely outcomes as dots (quantile dot plot, Kay et al. 2016): those that reach a target are filled."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from forecast.analysis.findings import QuantileDots
from forecast.arrays import Bools, Floats, Ints
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale
from forecast.reports.charts.exceedance import amount_ticks
from forecast.reports.charts.style import (
    BAD,
    CORE,
    GOOD,
    INK,
    PAPER,
    Margin,
    axes_size_inches,
    draw_legend_above,
    em_inches,
    text_width,
)

QUANTILE_DOTS_MARGIN = Margin(0.6, 0.6, 0.2, 1.8)
MAX_DOT_EMS = 1.8
"""Diameter of a dot, at most, in heights of the text."""
LEGEND_DOT_POINTS = 7.0
DOT_SHARE = 0.9
"""Diameter of a dot, as a share of its column."""


def draw_quantile_dots(axes: Axes, finding: QuantileDots, t: Translator, scale: AmountScale) -> None:
    """Draw the outcomes in stacks; those that reach the target filled and blue, the others hollow and red."""
    draw_legend_above(axes, *_legend_entries(finding, t), handle_ems=1.2)
    width, height = axes_size_inches(axes)
    has_target = finding.target is not None
    head = 1.5 * em_inches() if has_target else 0.2 * em_inches()
    amounts, is_reached = dot_amounts(finding)
    low, high = amounts.min(), amounts.max()
    if finding.target is not None:
        low, high = min(low, finding.target), max(high, finding.target)
    extent = (high - low) or abs(high) or 1.0
    low, high = low - 0.04 * extent, high + 0.04 * extent
    origin = finding.target if finding.target is not None else low
    columns, rows, column_width = stack_dots(amounts, is_reached, origin, (high - low) / width, height - head, finding)
    diameter = column_width / ((high - low) / width)
    step = min(diameter, (height - head) / (rows.max() + 1))
    x, y = origin + (columns + 0.5) * column_width, (rows + 0.5) * step
    axes.set_xlim(min(low, x.min() - column_width / 2), max(high, x.max() + column_width / 2))
    axes.set_ylim(0, height)
    for reached in (True, False):
        chosen = is_reached == reached
        if chosen.any():
            axes.plot(x[chosen], y[chosen], **_dot_style(finding, reached, 72 * DOT_SHARE * diameter))
    if finding.target is not None:
        _draw_target(axes, finding.target, height - head, t, scale)
    ticks, decimals = amount_ticks(axes, scale)
    axes.set_xticks(ticks, [scale.number(tick, decimals) for tick in ticks])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _dot_style(finding: QuantileDots, reached: bool, points: float) -> dict[str, Any]:
    """Look of a dot of a size in points: filled where it reaches the target, else a ring."""
    style: dict[str, Any] = {"marker": "o", "linestyle": "none"}
    if reached:
        colour = CORE if finding.target is None else GOOD
        return {**style, "color": colour, "markersize": max(points, 1.0), "markeredgewidth": 0}
    edge = max(0.6, 0.14 * points)
    ring = {"color": BAD, "markerfacecolor": PAPER, "markersize": max(points - edge, 1.0), "markeredgewidth": edge}
    return {**style, **ring}


def dot_amounts(finding: QuantileDots) -> tuple[Floats, Bools]:
    """Amount of each outcome, and whether it reaches the target, both (outcomes,).

    An outcome that stands for paths on both sides of the target is drawn on the side on which it counts.
    """
    amounts = np.array(finding.amounts)
    count = len(amounts)
    if finding.target is None:
        return amounts, np.ones(count, bool)
    if finding.higher_is_better:
        is_reached = np.arange(count) >= count - finding.reached
        return np.where(
            is_reached, np.maximum(amounts, finding.target), np.minimum(amounts, finding.target)
        ), is_reached
    is_reached = np.arange(count) < finding.reached
    return np.where(is_reached, np.minimum(amounts, finding.target), np.maximum(amounts, finding.target)), is_reached


def stack_dots(
    amounts: Floats, is_reached: Bools, origin: float, per_inch: float, height: float, finding: QuantileDots
) -> tuple[Ints, Ints, float]:
    """Column and row of each dot, and the width of a column: the widest at which the stacks fit the height.

    Parameters
    ----------
    amounts : ndarray
        (outcomes,), ascending.
    is_reached : ndarray
        (outcomes,) whether each reaches the target.
    origin : float
        Amount at which a column begins: the target, so that no column holds both kinds.
    per_inch : float
        Amount of an inch.
    height : float
        Inches for the stacks.
    finding : QuantileDots
        The outcomes.

    Returns
    -------
    columns, rows : ndarray
        (outcomes,); column 0 begins at the origin.
    column_width : float
        In units of the measure.
    """
    largest = MAX_DOT_EMS * em_inches()
    is_right = is_reached if finding.higher_is_better else ~is_reached if finding.target is not None else is_reached
    for shrink in range(40):
        column_width = largest * 0.93**shrink * per_inch
        positions = (amounts - origin) / column_width
        columns = np.where(is_right, np.maximum(np.floor(positions), 0), np.minimum(np.ceil(positions) - 1, -1)).astype(
            int
        )
        if finding.target is None:
            columns = np.floor(positions).astype(int)
        counts = dict.fromkeys(columns, 0)
        rows = np.zeros(len(columns), int)
        for dot, column in enumerate(columns):
            rows[dot] = counts[column]
            counts[column] += 1
        if (rows.max() + 1) * column_width / per_inch <= height:
            break
    return columns, rows, column_width


def _draw_target(axes: Axes, target: float, top: float, t: Translator, scale: AmountScale) -> None:
    """Draw the target as a line, its label above it."""
    axes.plot(
        [target, target], [0, top + 0.1 * em_inches()], color=INK, linewidth=1.1, linestyle=(0, (4, 2)), zorder=0.5
    )
    text = t("dots_target", amount=scale.exact_amount(target))
    low, high = axes.get_xlim()
    half = text_width(text) / 2 / axes_size_inches(axes)[0] * (high - low)
    axes.text(
        min(max(target, low + half), high - half), top + 0.2 * em_inches(), text, ha="center", va="bottom", color=INK
    )


def _legend_entries(finding: QuantileDots, t: Translator) -> tuple[list[Artist], list[str]]:
    """Markers of the legend and their texts: how many outcomes reach the target, and how many do not."""
    count = len(finding.amounts)
    filled = Line2D([], [], **_dot_style(finding, True, LEGEND_DOT_POINTS))
    if finding.target is None:
        return [filled], [t("dots_each", share=t.percent(1 / count))]
    ring = Line2D([], [], **_dot_style(finding, False, LEGEND_DOT_POINTS))
    counts = {"dots_reached": finding.reached, "dots_missed": count - finding.reached}
    return [filled, ring], [t(key, count=dots, all=count) for key, dots in counts.items()]
