"""Which assumptions matter: what the measure does when one of them lies low or high."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from forecast.analysis.findings import Sensitivity, SensitivityBar
from forecast.i18n import Translator
from forecast.i18n.amounts import LESS_IS_BETTER, AmountScale
from forecast.reports.charts.rows import BAR_HEIGHT, bar_gap, display_name, draw_row_labels, set_x_limits
from forecast.reports.charts.style import BAD, GOOD, INK, Margin, text_width, truncate_label

TORNADO_MARGIN = Margin(0.2, 0.2, 0.2, 0.4)
MAX_BARS = 8


def draw_tornado(axes: Axes, finding: Sensitivity, words: Translator, scale: AmountScale, most: int = MAX_BARS) -> None:
    """The mean change when an assumption lies in its lowest or highest fifth, the widest first; grey: the error."""
    levers = finding.bars[:most]
    draw_row_labels(
        axes,
        [display_name(lever.name, lever.label, words) for lever in levers],
        [_range_notes(lever, words) for lever in levers],
    )
    low = min([0.0, *(min(lever.low, lever.high) - lever.error for lever in levers)])
    high = max([0.0, *(max(lever.low, lever.high) + lever.error for lever in levers)])
    decimals = 1 if max(-low, high) >= scale.factor else 2
    texts = [_end_texts(lever, words, scale, decimals) for lever in levers]
    room = max([0.1, *(text_width(text) for pair in texts for text in pair)]) + 0.1
    set_x_limits(axes, low, high, room, room)
    falls = finding.measure.partition(".")[0] in LESS_IS_BETTER
    space = bar_gap(axes)
    _draw_bars(axes, levers, falls)
    for row, (lever, (left, right)) in enumerate(zip(levers, texts, strict=True)):
        axes.text(
            min(0.0, lever.low - lever.error, lever.high - lever.error) - space, -row, left, ha="right", va="center"
        )
        axes.text(
            max(0.0, lever.low + lever.error, lever.high + lever.error) + space, -row, right, ha="left", va="center"
        )
    axes.axvline(0, color=INK, linewidth=0.8, ymax=0.985)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _range_notes(lever: SensitivityBar, words: Translator) -> tuple[str, ...]:
    """The range and the grade, or the grade alone; what is no assumption (how often events came) has no grade."""
    if not lever.grade:
        return truncate_label(lever.text), ""
    grade = words("tornado_grade", grade=lever.grade)
    return f"{truncate_label(lever.text)} · {grade}", grade


def _end_texts(lever: SensitivityBar, words: Translator, scale: AmountScale, decimals: int) -> tuple[str, str]:
    """The text left and the text right of the bars: which end of the range, and what it does."""
    low = words("tornado_low", change=scale.signed_number(lever.low, decimals))
    high = words("tornado_high", change=scale.signed_number(lever.high, decimals))
    return (low, high) if lever.low <= lever.high else (high, low)


def _draw_bars(axes: Axes, levers: tuple[SensitivityBar, ...], falls: bool) -> None:
    """Both ends of each lever, the longer one below, and their simulation errors."""
    ends = [
        (-row, change)
        for row, lever in enumerate(levers)
        for change in sorted((lever.low, lever.high), key=abs, reverse=True)
    ]
    y, changes = np.array(ends).reshape(-1, 2).T
    errors = np.repeat([lever.error for lever in levers], 2)
    axes.barh(y, changes, BAR_HEIGHT, color=[GOOD if (change > 0) != falls else BAD for change in changes], linewidth=0)
    axes.hlines(y, changes - errors, changes + errors, color=INK, linewidth=1.0)
