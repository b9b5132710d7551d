"""Chance of the main target in each assumption case: one dot a case."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from forecast.analysis.findings import CaseRow, TargetRow
from forecast.i18n import Translator
from forecast.i18n.amounts import exact_percent, whole_percent
from forecast.plan.labels import display_name
from forecast.reports.charts.rectangles import draw_rectangles
from forecast.reports.charts.rows import RowLabel, draw_row_labels, set_x_limits
from forecast.reports.charts.style import BAND, CORE, FAINT, INK, MUTED, PAPER, Margin, axes_size_inches, text_width
from forecast.stats.intervals import Estimate

CASES_MARGIN = Margin(0.2, 0.4, 0.2, 1.8)


def draw_cases(
    axes: Axes, rows: Sequence[CaseRow], target: TargetRow, t: Translator, max_rows: int | None = None
) -> None:
    """Draw the chance in each case with its simulation error; the shade is the spread, the dashes what is required.

    With more than `max_rows` cases, those that differ most from the plan.
    """
    chances: list[tuple[str, Estimate]] = [(t("cases_plan"), target.chance)]
    others = [
        (display_name(row.name, row.label, t), row.chances[target.name]) for row in rows if target.name in row.chances
    ]
    others = sorted(others, key=lambda pair: -abs(pair[1].value - target.chance.value))[:max_rows]
    chances += sorted(others, key=lambda pair: -pair[1].value)
    labels = [RowLabel(label, is_bold=row == 0) for row, (label, _) in enumerate(chances)]
    label_width = draw_row_labels(axes, labels, head_rows=0.7 if target.required_chance is not None else 0.0)
    set_x_limits(axes, 0, 1, label_width + 0.05, text_width(">100%", weight="bold") + 0.12)
    floor = 0.5 - len(chances)
    low, high = target.spread
    draw_rectangles(axes, [low], [floor], [high - low], [0.5 - floor], facecolor=BAND, alpha=0.45, zorder=0)
    if target.required_chance is not None:
        axes.plot([target.required_chance] * 2, [0.5, floor], color=INK, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
        draw_required(axes, target.required_chance, t)
    y = -np.arange(len(chances))
    values, lows, highs = np.array([chance for _, chance in chances]).T
    axes.hlines(y, 0, 1, color=FAINT, linewidth=0.8, zorder=0.5)
    axes.hlines(y, lows, highs, color=INK, linewidth=2.5, zorder=2)
    faces = [CORE, *[PAPER] * (len(chances) - 1)]
    axes.scatter(values, y, s=45, c=faces, edgecolors=CORE, linewidths=1.6, zorder=3)
    for row, (_, chance) in enumerate(chances):
        axes.text(
            1, -row, whole_percent(chance.value, t, target.required_chance),
            transform=axes.get_yaxis_transform(), ha="right", va="center", weight="bold" if row == 0 else "normal",
        )  # fmt: skip
    axes.set_xticks([0, 0.5, 1], [t.percent(share) for share in (0, 0.5, 1)], color=MUTED)


def draw_required(axes: Axes, required: float, t: Translator) -> None:
    """Write the required chance above its line."""
    text = t("cases_required", required=exact_percent(required, t))
    low, high = axes.get_xlim()
    half = text_width(text) / 2 / axes_size_inches(axes)[0]
    centre = min(max((required - low) / (high - low), half), 1 - half)
    axes.text(centre, 0.58, text, transform=axes.get_yaxis_transform(), ha="center", va="bottom", color=INK)
