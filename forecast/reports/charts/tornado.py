"""Tornado: change of the measure when one assumption lies low or high."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes

from forecast.analysis.findings import Sensitivity, SensitivityBar
from forecast.arrays import Floats
from forecast.i18n import Translator
from forecast.i18n.amounts import LESS_IS_BETTER, AmountScale
from forecast.plan.labels import display_name
from forecast.reports.charts.rectangles import draw_rows
from forecast.reports.charts.rows import SMALL_TEXT_EMS, RowLabel, bar_gap, draw_row_labels
from forecast.reports.charts.style import (
    BAD,
    GOOD,
    INK,
    MUTED,
    Margin,
    axes_size_inches,
    em_inches,
    fit_label,
    text_width,
)
from forecast.reports.fonts import truncate_label

TORNADO_MARGIN = Margin(0.2, 0.2, 0.2, 0.2)
MAX_BARS = 8
"""Assumptions that are drawn."""
TORNADO_BAR_HEIGHT = 0.44
MAX_END_SHARE = 0.26
"""Width of the texts beside the bars, at most, as a share of the chart."""


class RangeEnds(NamedTuple):
    """Words for an assumption at the ends of its range: `0%` and `20%`, `few (1)` and `many (5)`."""

    low: str
    high: str


def draw_tornado(
    axes: Axes,
    finding: Sensitivity,
    t: Translator,
    scale: AmountScale,
    ends: Sequence[RangeEnds],
    max_rows: int = MAX_BARS,
) -> None:
    """Draw the mean change when an assumption lies in its lowest or highest fifth, the widest first, with its error."""
    bars = finding.bars[:max_rows]
    labels = [
        RowLabel(
            truncate_label(display_name(bar.name, bar.label, t)),
            t("tornado_grade", grade=bar.grade) if bar.grade else "",
        )
        for bar in bars
    ]
    label_width = draw_row_labels(axes, labels, head_rows=0.6)
    decimals = 1 if max(max(abs(bar.low), abs(bar.high)) for bar in bars) >= scale.factor else 2
    size, small = float(matplotlib.rcParams["font.size"]), SMALL_TEXT_EMS * float(matplotlib.rcParams["font.size"])
    room = MAX_END_SHARE * axes_size_inches(axes)[0]
    texts = [_end_texts(bar, bar_ends, scale, decimals, room) for bar, bar_ends in zip(bars, ends, strict=False)]
    widths = np.array(
        [[max(text_width(change, size), text_width(end, small)) for change, end in pair] for pair in texts]
    )
    reaches = np.array(
        [[-min(0.0, b.low - b.error, b.high - b.error), max(0.0, b.low + b.error, b.high + b.error)] for b in bars]
    )
    _set_limits(axes, label_width, widths + 0.7 * em_inches(), reaches)
    less_is_better = finding.measure.partition(".")[0] in LESS_IS_BETTER
    _draw_bars(axes, bars, less_is_better)
    gap = bar_gap(axes)
    for row, ((left, right), pair) in enumerate(zip(reaches, texts, strict=True)):
        for x, align, (change, end) in zip((-left - gap, right + gap), ("right", "left"), pair, strict=True):
            axes.text(x, -row, change, ha=align, va="bottom" if end else "center", color=INK)
            if end:
                axes.text(x, -row - 0.03, end, ha=align, va="top", color=MUTED, size=small)
    axes.plot([0, 0], [0.4, 0.5 - len(bars)], color=INK, linewidth=0.8)
    _draw_heads(axes, t, less_is_better)
    axes.set_xticks([])


def _set_limits(axes: Axes, label_width: float, widths: Floats, reaches: Floats) -> None:
    """Set the x limits so that the bars are as long as the texts beside them allow.

    Both arrays are (bars, 2), left and right: widths of the texts in inches, and ends of the bars in data units.
    """
    width, _ = axes_size_inches(axes)
    lengths = np.maximum(reaches, 1e-9 * (reaches.max() or 1.0))
    best, zero = -1.0, 0.5 * (label_width + width)
    for place in np.linspace(label_width, width, 61)[1:-1]:
        rooms = np.array([place - label_width, width - place]) - widths
        inches_per_unit = float((rooms / lengths).min())
        if inches_per_unit > best:
            best, zero = inches_per_unit, float(place)
    per_unit = best if best > 0 else 0.2 * width / float(lengths.max())
    axes.set_xlim(-zero / per_unit, (width - zero) / per_unit)


def _draw_heads(axes: Axes, t: Translator, less_is_better: bool) -> None:
    """Write which side is bad and which is good, above the bars."""
    keys = ("tornado_bad", "tornado_good")
    gap = bar_gap(axes)
    for x, key, align in zip((-gap, gap), keys[::-1] if less_is_better else keys, ("right", "left"), strict=True):
        axes.text(x, 0.58, t(key), ha=align, va="bottom", color=BAD if key == "tornado_bad" else GOOD)


def _end_texts(
    bar: SensitivityBar, ends: RangeEnds, scale: AmountScale, decimals: int, room: float
) -> tuple[tuple[str, str], tuple[str, str]]:
    """The change and the end of the range, left and right of the bars."""
    small = SMALL_TEXT_EMS * float(matplotlib.rcParams["font.size"])
    low = (scale.signed_number(bar.low, decimals), fit_label(ends.low, room, small))
    high = (scale.signed_number(bar.high, decimals), fit_label(ends.high, room, small))
    return (low, high) if bar.low <= bar.high else (high, low)


def _draw_bars(axes: Axes, bars: tuple[SensitivityBar, ...], less_is_better: bool) -> None:
    """Draw both ends of each assumption, the longer one below, and their simulation errors."""
    ends = [
        (-row, change) for row, bar in enumerate(bars) for change in sorted((bar.low, bar.high), key=abs, reverse=True)
    ]
    y, changes = np.array(ends).reshape(-1, 2).T
    errors = np.repeat([bar.error for bar in bars], 2)
    is_good = (changes > 0) != less_is_better
    for colour, chosen in ((GOOD, is_good), (BAD, ~is_good)):
        draw_rows(axes, y[chosen], changes[chosen], TORNADO_BAR_HEIGHT, np.zeros(int(chosen.sum())), facecolor=colour)
    axes.hlines(y, changes - errors, changes + errors, color=INK, linewidth=1.0)
