"""Chance of the target when an input lies in its lowest and in its highest fifth: the inputs that it hangs on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from forecast.arrays import Floats
from forecast.i18n import Translator
from forecast.i18n.amounts import whole_percent
from forecast.reports.charts.rows import (
    RowLabel,
    bar_gap,
    draw_line_head,
    draw_row_labels,
    set_x_limits,
    units_per_inch,
)
from forecast.reports.charts.style import (
    BAD,
    ESTIMATED,
    GOOD,
    INK,
    MUTED,
    Margin,
    em_inches,
    text_width,
)
from forecast.stats.intervals import Estimate

FIFTHS_MARGIN = Margin(0.2, 0.2, 0.2, 0.2)
HEAD_ROWS = 0.8
"""Rows above the first one, for what the line and the figures are."""


class FifthsRow(NamedTuple):
    """One input on the chart."""

    label: str
    low: Estimate
    """Chance of the target at its lowest fifth."""
    high: Estimate
    share: str
    """Share of the variance as text."""


def draw_fifths(
    axes: Axes,
    rows: Sequence[FifthsRow],
    t: Translator,
    chance: Estimate,
    required: float | None,
    max_rows: int | None = None,
) -> None:
    """Draw the two chances of each input with their simulation errors; the line is the chance of the plan."""
    rows = rows[:max_rows]
    label_width = draw_row_labels(axes, [RowLabel(row.label) for row in rows], HEAD_ROWS)
    figure_width = text_width(">99%") + 1.3 * em_inches()
    share_width = max(text_width(text) for text in (t("fifths_share"), *(row.share for row in rows)))
    ends = np.array([[row.low.value, row.high.value] for row in rows])
    left = np.array([min(row.low.low, row.high.low) for row in rows])
    right = np.array([max(row.low.high, row.high.high) for row in rows])
    low, high = min(left.min(), chance.value), max(right.max(), chance.value)
    set_x_limits(axes, low, high, label_width + figure_width, figure_width + share_width + 0.8 * em_inches())
    axes.plot([chance.value] * 2, [0.45, 0.5 - len(rows)], color=INK, linewidth=0.9, zorder=1)
    y = -np.arange(len(rows))
    axes.hlines(y, ends.min(axis=1), ends.max(axis=1), color=ESTIMATED, linewidth=2.2, zorder=2)
    _draw_ends(axes, rows, ends)
    gap = bar_gap(axes) + 4 / 72 * units_per_inch(axes)
    transform = axes.get_yaxis_transform()
    for number, row in enumerate(rows):
        worse, better = (whole_percent(float(value), t, required) for value in sorted(ends[number]))
        axes.text(left[number] - gap, -number, worse, ha="right", va="center", color=INK)
        axes.text(right[number] + gap, -number, better, ha="left", va="center", color=INK)
        axes.text(1, -number, row.share, transform=transform, ha="right", va="center", color=MUTED)
    axes.text(1, 0.5, t("fifths_share"), transform=transform, ha="right", va="bottom", color=MUTED)
    plan_head = t("fifths_plan", chance=whole_percent(chance.value, t, required))
    draw_line_head(axes, plan_head, chance.value, t("fifths_share"))
    axes.set_xticks([])


def _draw_ends(axes: Axes, rows: Sequence[FifthsRow], ends: Floats) -> None:
    """Draw both chances of each input, `ends` (rows, 2), with their intervals; the better one is green."""
    y = -np.arange(len(rows))
    for column, estimates in enumerate(([row.low for row in rows], [row.high for row in rows])):
        _, lows, highs = np.array(estimates).T
        is_good = ends[:, column] >= ends[:, 1 - column]
        for colour, chosen in ((GOOD, is_good), (BAD, ~is_good)):
            axes.hlines(y[chosen], lows[chosen], highs[chosen], color=INK, linewidth=1.2, zorder=3)
            marker = "^" if column else "v"
            axes.scatter(ends[chosen, column], y[chosen], s=34, c=colour, marker=marker, linewidths=0, zorder=4)
