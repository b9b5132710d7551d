"""Ways to fail: what each cause takes from the mean, stacked, a bar a way, its name and its share above it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from forecast.analysis.failure_modes import FailureModes, FailureWay
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, whole_percent
from forecast.reports.charts.chart import PAGE_TYPE_POINTS, PAGE_WIDTH_INCHES
from forecast.reports.charts.rectangles import draw_rows
from forecast.reports.charts.rows import bar_gap, set_x_limits, units_per_inch
from forecast.reports.charts.style import (
    CORE,
    INK,
    PAPER,
    RECONSTRUCTED,
    RUN_LINE_STYLES,
    Margin,
    axes_size_inches,
    chart_style,
    draw_legend_above,
    em_inches,
    fit_label,
    legend_columns,
    text_width,
)

FAILURE_MODES_MARGIN = Margin(0.2, 0.2, 0.2, 0.2)
WAY_INCHES = 0.62
"""Height of a way: its name and its bar."""
LEGEND_LINE_INCHES = 0.2
"""Height of a line of the legend above the bars."""
MAX_PIECES = 5
"""Causes with a colour; the others are one grey piece."""
MIN_PIECE_WEIGHT = 0.01
"""Weight of a cause, as a share of the largest, from which it has a colour: smaller ones cannot be seen."""
WAY_BAR_HEIGHT = 0.46
HANDLE_EMS = 0.9
"""Width of a colour in the legend, in heights of the text."""
DECIMALS = 1
"""Decimals of all figures, so that pieces and totals add up by eye."""
PIECE_COLOURS = (CORE, *(colour for colour, _ in RUN_LINE_STYLES[1:5]))
LIGHT_LUMINANCE = 0.42
"""Luminance from which a colour bears dark figures."""


class WayPieces(NamedTuple):
    """Pieces of one way as they are drawn, in the unit of the measure."""

    way: FailureWay
    amounts: tuple[float, ...]
    """By drawn cause, then all others together."""


def drawn_ways(finding: FailureModes) -> tuple[FailureWay, ...]:
    """Return the ways that are drawn: those that are told apart."""
    return tuple(way for way in finding.ways if way.future is not None)


def drawn_causes(finding: FailureModes) -> tuple[str, ...]:
    """Return the causes that have a colour, those that weigh most over all failures first."""
    ways = drawn_ways(finding)
    weights = {cause: sum(w.share.value * abs(w.pieces[cause].value) for w in ways) for cause in finding.labels}
    heads = [way.cause for way in ways]
    in_order = sorted(weights, key=lambda cause: (cause not in heads, -weights[cause], cause))
    least = MIN_PIECE_WEIGHT * max(weights.values(), default=0.0)
    chosen = [cause for cause in in_order if weights[cause] > least][:MAX_PIECES]
    return tuple(sorted(chosen, key=lambda cause: (-weights[cause], cause)))


def way_pieces(finding: FailureModes) -> tuple[WayPieces, ...]:
    """Return the pieces of each drawn way; they add up to what the way misses the mean by."""
    causes = drawn_causes(finding)
    rows = []
    for way in drawn_ways(finding):
        named = [way.pieces[cause].value for cause in causes]
        others = sum(piece.value for cause, piece in way.pieces.items() if cause not in causes)
        rows.append(WayPieces(way, (*named, others)))
    return tuple(rows)


def failure_modes_height(finding: FailureModes, t: Translator) -> float:
    """Return the height of the drawing with its legend on a page, in inches."""
    with chart_style(PAGE_TYPE_POINTS):
        names = _legend_names(finding, t)
        columns = legend_columns(names, PAGE_WIDTH_INCHES - 0.4 * em_inches(), HANDLE_EMS)
    return 0.1 + LEGEND_LINE_INCHES * -(-len(names) // columns) + WAY_INCHES * len(drawn_ways(finding))


def draw_failure_modes(axes: Axes, finding: FailureModes, t: Translator, scale: AmountScale) -> None:
    """Draw a bar a way, the most frequent first: pieces below the mean to the left of it, gains to the right."""
    rows, causes = way_pieces(finding), drawn_causes(finding)
    colours = (*PIECE_COLOURS[: len(causes)], RECONSTRUCTED)
    names = _legend_names(finding, t)
    handles = [Patch(facecolor=colour) for colour in colours[: len(names)]]
    draw_legend_above(axes, handles, names, handle_ems=HANDLE_EMS)
    lows, highs = ([sum(side(0.0, a) for a in row.amounts) for row in rows] for side in (min, max))
    totals = [scale.signed_number(sum(row.amounts), DECIMALS) for row in rows]
    room = max(text_width(text, weight="bold") for text in totals) + 0.8 * em_inches()
    is_below = finding.line.is_below
    set_x_limits(axes, min(lows), max(highs), room if is_below else 0.1, 0.1 if is_below else room)
    axes.set_ylim(-len(rows), 0)
    axes.set_yticks([])
    axes.set_xticks([])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    for number, (row, low, high, total) in enumerate(zip(rows, lows, highs, totals, strict=True)):
        y = -number - 0.7
        _draw_label(axes, row.way, -number - 0.4, t)
        _draw_pieces(axes, row.amounts, y, colours, scale)
        axes.plot([0, 0], [y - WAY_BAR_HEIGHT / 2, y + WAY_BAR_HEIGHT / 2], color=INK, linewidth=1.0)
        end, align = (low - bar_gap(axes), "right") if is_below else (high + bar_gap(axes), "left")
        axes.text(end, y, total, ha=align, va="center", weight="bold", color=INK)


def _legend_names(finding: FailureModes, t: Translator) -> list[str]:
    """Names of the pieces that can be seen; the others come last."""
    names = [finding.labels[cause].in_language(t.language) for cause in drawn_causes(finding)]
    amounts = [row.amounts for row in way_pieces(finding)]
    largest = max((abs(amount) for row in amounts for amount in row), default=0.0)
    shows_others = any(abs(row[-1]) > MIN_PIECE_WEIGHT * largest for row in amounts)
    return [*names, t("stress_rest")] if shows_others else names


def _draw_label(axes: Axes, way: FailureWay, y: float, t: Translator) -> None:
    """Write the name of a way and its share of the failures above its bar; the name is cut, the share is not."""
    share = t("stress_chart_share", share=whole_percent(way.share.value, t))
    width = axes_size_inches(axes)[0]
    name = fit_label(
        way.label.in_language(t.language), width - text_width(f" {share}") - 0.5 * em_inches(), weight="bold"
    )
    transform = axes.get_yaxis_transform()
    axes.text(0, y, name, transform=transform, va="bottom", weight="bold", color=INK)
    axes.text(1, y, share, transform=transform, va="bottom", ha="right", color=INK)


def _draw_pieces(axes: Axes, amounts: Sequence[float], y: float, colours: Sequence[str], scale: AmountScale) -> None:
    """Draw the pieces of one way outwards from the mean, those below it to the left, with the figures that fit."""
    reached = {True: 0.0, False: 0.0}
    for amount, colour in zip(amounts, colours, strict=True):
        start = reached[amount < 0]
        reached[amount < 0] += amount
        style = {"facecolor": colour, "edgecolor": PAPER, "linewidth": 0.6}
        draw_rows(axes, [y], [amount], WAY_BAR_HEIGHT, [start], **style)
        text = scale.signed_number(amount, DECIMALS)
        if text_width(text) + 0.3 * em_inches() <= abs(amount) / units_per_inch(axes):
            axes.text(start + amount / 2, y, text, ha="center", va="center", color=_figure_colour(colour))


def _figure_colour(colour: str) -> str:
    """Colour of figures on a piece."""
    luminance = float(np.dot(to_rgb(colour), (0.299, 0.587, 0.114)))
    return INK if luminance > LIGHT_LUMINANCE + 0.1 else PAPER
