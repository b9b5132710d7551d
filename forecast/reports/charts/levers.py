"""Chance that each change of the plan gives, one at a time, by whose it is: what would reach the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from forecast.analysis.levers import LeverKind
from forecast.i18n import Translator
from forecast.i18n.amounts import exact_percent, whole_percent
from forecast.reports.charts.rectangles import draw_rows
from forecast.reports.charts.rows import (
    BAR_HEIGHT,
    RowLabel,
    bar_gap,
    draw_line_head,
    draw_row_labels,
    set_x_limits,
    units_per_inch,
)
from forecast.reports.charts.style import (
    CORE,
    ESTIMATED,
    INK,
    PAPER,
    Margin,
    draw_legend_above,
    em_inches,
    text_width,
)
from forecast.stats.intervals import Estimate

LEVERS_MARGIN = Margin(0.2, 0.2, 0.2, 0.2)
LEVER_KINDS: tuple[LeverKind, ...] = ("decide", "earn", "outside")
STYLES: Mapping[LeverKind, dict[str, Any]] = {
    "decide": {"facecolor": CORE},
    "earn": {"facecolor": PAPER, "edgecolor": CORE, "hatch": "////", "linewidth": 0.9},
    "outside": {"facecolor": ESTIMATED},
}
"""Ours is solid, what must be earned is hatched as a forecast is, what is outside our control is grey."""


class LeverBar(NamedTuple):
    """One change on the chart."""

    label: str
    kind: LeverKind
    chance: Estimate
    cases: str
    """Number of cases in which it has the required chance too, `3/8`; empty without cases."""
    required: float | None
    """Chance that rounding must not cross; None of a change that was moved until it had it."""


def draw_levers(
    axes: Axes,
    rows: Sequence[LeverBar],
    t: Translator,
    chance: Estimate,
    required: float,
    max_rows: int | None = None,
) -> None:
    """Draw a bar from the chance of the plan to that of each change; the dashes are the required chance."""
    rows = rows[:max_rows]
    kinds = [kind for kind in LEVER_KINDS if any(row.kind == kind for row in rows)]
    handles = [Patch(**{"linewidth": 0, **STYLES[kind]}) for kind in kinds]
    draw_legend_above(axes, handles, [t(f"seek_{kind}") for kind in kinds], handle_ems=0.9)
    label_width = draw_row_labels(axes, [RowLabel(row.label) for row in rows], head_rows=0.8)
    texts = [whole_percent(row.chance.value, t, row.required) for row in rows]
    head = t("levers_cases") if any(row.cases for row in rows) else ""
    case_width = max(text_width(text) for text in (head, *(row.cases for row in rows))) + em_inches()
    values = np.array([row.chance.value for row in rows])
    low, high = min(values.min(), chance.value), max(values.max(), chance.value, required)
    room = max(map(text_width, texts)) + 0.7 * em_inches()
    set_x_limits(axes, low, high, label_width + (room if low < chance.value else 0.1), room + case_width)
    floor = 0.5 - len(rows)
    y = -np.arange(len(rows))
    for kind in kinds:
        chosen = np.array([row.kind == kind for row in rows])
        widths = values[chosen] - chance.value
        draw_rows(axes, y[chosen], widths, BAR_HEIGHT, np.full(len(widths), chance.value), **STYLES[kind])
    axes.hlines(y, [row.chance.low for row in rows], [row.chance.high for row in rows], color=INK, linewidth=1.0)
    axes.plot([chance.value] * 2, [0.4, floor], color=INK, linewidth=0.9)
    axes.plot([required] * 2, [0.4, floor], color=INK, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
    _draw_figures(axes, rows, texts, chance, required)
    axes.text(1, 0.5, head, transform=axes.get_yaxis_transform(), ha="right", va="bottom", color=INK)
    lines = {"chance": whole_percent(chance.value, t, required), "required": exact_percent(required, t)}
    draw_line_head(axes, t("levers_lines", **lines), (chance.value + required) / 2, t("levers_cases"))
    axes.set_xticks([])


def _draw_figures(
    axes: Axes, rows: Sequence[LeverBar], texts: Sequence[str], chance: Estimate, required: float
) -> None:
    """Write the chance at the end of each bar, beyond the dashes where they would run through it, and the cases."""
    gap = bar_gap(axes)
    transform = axes.get_yaxis_transform()
    per_inch = units_per_inch(axes)
    for number, (row, text) in enumerate(zip(rows, texts, strict=True)):
        if row.chance.value >= chance.value:
            end = row.chance.high + gap
            is_crossed = row.chance.high - gap < required < end + text_width(text) * per_inch + gap
            x, align = (max(end, required + gap) if is_crossed else end), "left"
        else:
            x, align = row.chance.low - gap, "right"
        axes.text(x, -number, text, ha=align, va="center", color=INK)
        axes.text(1, -number, row.cases, transform=transform, ha="right", va="center", color=INK)
