"""Tornado: change of the measure when one assumption lies low or high."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from forecast.analysis.findings import Sensitivity, SensitivityBar
from forecast.i18n import Translator
from forecast.i18n.amounts import LESS_IS_BETTER, AmountScale
from forecast.plan.labels import display_name
from forecast.reports.charts.rows import BAR_HEIGHT, bar_gap, draw_row_labels, set_x_limits
from forecast.reports.charts.style import BAD, GOOD, INK, Margin, text_width
from forecast.reports.fonts import truncate_label

TORNADO_MARGIN = Margin(0.2, 0.2, 0.2, 0.4)
MAX_BARS = 8
"""Assumptions that are drawn."""


def draw_tornado(axes: Axes, finding: Sensitivity, t: Translator, scale: AmountScale, max_rows: int = MAX_BARS) -> None:
    """Draw the mean change when an assumption lies in its lowest or highest fifth, the widest first, with its error."""
    bars = finding.bars[:max_rows]
    draw_row_labels(
        axes,
        [display_name(bar.name, bar.label, t) for bar in bars],
        [_range_notes(bar, t) for bar in bars],
    )
    low = min([0.0, *(min(bar.low, bar.high) - bar.error for bar in bars)])
    high = max([0.0, *(max(bar.low, bar.high) + bar.error for bar in bars)])
    decimals = 1 if max(-low, high) >= scale.factor else 2
    texts = [_end_texts(bar, t, scale, decimals) for bar in bars]
    text_room = max([0.1, *(text_width(text) for pair in texts for text in pair)]) + 0.1
    set_x_limits(axes, low, high, text_room, text_room)
    less_is_better = finding.measure.partition(".")[0] in LESS_IS_BETTER
    space = bar_gap(axes)
    _draw_bars(axes, bars, less_is_better)
    for row, (bar, (left, right)) in enumerate(zip(bars, texts, strict=True)):
        axes.text(min(0.0, bar.low - bar.error, bar.high - bar.error) - space, -row, left, ha="right", va="center")
        axes.text(max(0.0, bar.low + bar.error, bar.high + bar.error) + space, -row, right, ha="left", va="center")
    axes.axvline(0, color=INK, linewidth=0.8, ymax=0.985)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _range_notes(bar: SensitivityBar, t: Translator) -> tuple[str, ...]:
    """Return the range and the grade, or the grade alone; a count of events has no grade."""
    if not bar.grade:
        return truncate_label(bar.text), ""
    grade = t("tornado_grade", grade=bar.grade)
    return f"{truncate_label(bar.text)} · {grade}", grade


def _end_texts(bar: SensitivityBar, t: Translator, scale: AmountScale, decimals: int) -> tuple[str, str]:
    """Return the texts left and right of the bars: which end of the range, and its change."""
    low = t("tornado_low", change=scale.signed_number(bar.low, decimals))
    high = t("tornado_high", change=scale.signed_number(bar.high, decimals))
    return (low, high) if bar.low <= bar.high else (high, low)


def _draw_bars(axes: Axes, bars: tuple[SensitivityBar, ...], less_is_better: bool) -> None:
    """Draw both ends of each assumption, the longer one below, and their simulation errors."""
    ends = [
        (-row, change) for row, bar in enumerate(bars) for change in sorted((bar.low, bar.high), key=abs, reverse=True)
    ]
    y, changes = np.array(ends).reshape(-1, 2).T
    errors = np.repeat([bar.error for bar in bars], 2)
    axes.barh(
        y,
        changes,
        BAR_HEIGHT,
        color=[GOOD if (change > 0) != less_is_better else BAD for change in changes],
        linewidth=0,
    )
    axes.hlines(y, changes - errors, changes + errors, color=INK, linewidth=1.0)
