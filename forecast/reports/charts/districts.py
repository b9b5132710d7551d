"""Revenue of each district, P10 to P90, the largest loss first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from forecast.analysis.findings import DistrictRow
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale
from forecast.reports.charts.rows import BAR_HEIGHT, bar_gap, draw_row_labels, set_x_limits
from forecast.reports.charts.style import BAND, CORE, FAINT, Margin, text_width

DISTRICTS_MARGIN = Margin(0.2, 0.4, 0.2, 0.4)
MAX_DISTRICTS = 15
"""Districts that are drawn."""


def draw_districts(
    axes: Axes, rows: Sequence[DistrictRow], t: Translator, scale: AmountScale, max_rows: int = MAX_DISTRICTS
) -> None:
    """Draw P10 to P90 in light, the median as a line; beside the name, the loss to shocks."""
    drawn_rows = rows[:max_rows]
    notes = [(t("district_note", loss=t.percent(row.total_loss, 1)), "") for row in drawn_rows]
    draw_row_labels(axes, [row.name for row in drawn_rows], notes)
    texts = [scale.number(row.p50.value) for row in drawn_rows]
    text_room = max([0.1, *(text_width(text) for text in texts)]) + 0.1
    high = max([0.0, *(row.p90.value for row in drawn_rows)])
    set_x_limits(axes, 0.0, high, 0.02, text_room)
    y = -np.arange(len(drawn_rows))
    low, middle, top = (np.array([getattr(row, p).value for row in drawn_rows]) for p in ("p10", "p50", "p90"))
    axes.hlines(y, 0, low, color=FAINT, linewidth=0.8, zorder=0.5)
    axes.barh(y, top - low, BAR_HEIGHT, left=low, color=BAND, linewidth=0, zorder=1)
    axes.vlines(middle, y - BAR_HEIGHT / 2, y + BAR_HEIGHT / 2, color=CORE, linewidth=2.0, zorder=2)
    space = bar_gap(axes)
    for row, (bar_end, text) in enumerate(zip(top, texts, strict=True)):
        axes.text(bar_end + space, -row, text, ha="left", va="center")
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
