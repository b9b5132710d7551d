"""Revenue of each district, P10 to P90, the largest first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from forecast.analysis.findings import DistrictRow
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale
from forecast.reports.charts.rectangles import draw_rows
from forecast.reports.charts.rows import BAR_HEIGHT, RowLabel, bar_gap, draw_row_labels, set_x_limits
from forecast.reports.charts.style import BAND, CORE, FAINT, Margin, text_width

DISTRICTS_MARGIN = Margin(0.2, 0.4, 0.2, 0.2)
MAX_DISTRICTS = 15
"""Districts that are drawn."""


def drawn_districts(rows: Sequence[DistrictRow], max_rows: int = MAX_DISTRICTS) -> list[DistrictRow]:
    """Return the districts that are drawn, by falling median; those of most loss where there are too many."""
    return sorted(rows[:max_rows], key=lambda row: (-row.p50.value, row.code))


def draw_districts(
    axes: Axes, rows: Sequence[DistrictRow], t: Translator, scale: AmountScale, max_rows: int = MAX_DISTRICTS
) -> None:
    """Draw P10 to P90 in light, the median as a line; below the name, the loss to shocks where districts differ."""
    shown = drawn_districts(rows, max_rows)
    losses = [t("district_note", loss=t.percent(row.total_loss, 1)) for row in shown]
    has_notes = len(set(losses)) > 1
    labels = [RowLabel(row.name, loss if has_notes else "") for row, loss in zip(shown, losses, strict=True)]
    label_width = draw_row_labels(axes, labels)
    texts = [scale.number(row.p50.value) for row in shown]
    text_room = max([0.1, *(text_width(text) for text in texts)]) + 0.1
    high = max([0.0, *(row.p90.value for row in shown)])
    set_x_limits(axes, 0.0, high, label_width, text_room)
    y = -np.arange(len(shown))
    low, middle, top = (np.array([getattr(row, p).value for row in shown]) for p in ("p10", "p50", "p90"))
    axes.hlines(y, 0, low, color=FAINT, linewidth=0.8, zorder=0.5)
    draw_rows(axes, y, top - low, BAR_HEIGHT, low, facecolor=BAND, zorder=1)
    axes.vlines(middle, y - BAR_HEIGHT / 2, y + BAR_HEIGHT / 2, color=CORE, linewidth=2.0, zorder=2)
    space = bar_gap(axes)
    for row, (bar_end, text) in enumerate(zip(top, texts, strict=True)):
        axes.text(bar_end + space, -row, text, ha="left", va="center")
    axes.set_xticks([])
