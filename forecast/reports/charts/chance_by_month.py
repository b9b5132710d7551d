"""Chance of the main target by month of the year, from the plan to now, with the main cause of each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes

from forecast.i18n import Translator
from forecast.i18n.amounts import whole_percent
from forecast.reports.charts.point_label import PointLabelStyle, Polyline, draw_point_label
from forecast.reports.charts.rows import SMALL_TEXT_EMS
from forecast.reports.charts.style import (
    BAND,
    CORE,
    FAINT,
    INK,
    MUTED,
    PAPER,
    Margin,
    axes_size_inches,
    em_inches,
    text_width,
    wrap_text,
)
from forecast.stats.intervals import Estimate

CHANCE_BY_MONTH_MARGIN = Margin(3.4, 0.6, 0.4, 3.2)
MAX_CAUSE_LINES = 4
MIN_CAUSE_WIDTH_EMS = 6
"""Width of a month, in heights of the text, from which its cause is written below it."""
MAX_FIGURE_MONTHS = 1.4
"""Width of a chance in months up to which each is written: they make way for each other."""
FIGURE_SIDES = ((0, 1), (1, 1), (-1, 1), (0, -1), (1, -1), (-1, -1))
"""Directions from a point in which its figure is placed, above it first."""


class ChanceBar(NamedTuple):
    """One day of the year on the chart."""

    position: float
    """Months of the year up to the last closed one; 0 where none is closed."""
    chance: Estimate
    cause: str
    """Main cause of the change since the day before; empty for none."""


def draw_chance_by_month(
    axes: Axes, bars: Sequence[ChanceBar], month_names: Sequence[str], t: Translator, required: float | None
) -> None:
    """Draw the chances over the months, named from the plan on, (months + 1,); the dashes are the required one."""
    width, height = axes_size_inches(axes)
    month_width = width / (len(month_names) + 0.2)
    causes = _cause_lines(bars, month_width, width)
    lines = max((len(texts) for texts in causes), default=0)
    room = (lines * 1.25 * SMALL_TEXT_EMS + (0.6 if lines else 0)) * em_inches()
    low = -0.04 - room / max(height - room, 0.5 * height)
    axes.set_ylim(low, 1.0 + 2.0 * em_inches() / height)
    axes.set_xlim(-0.6, len(month_names) - 0.4)
    for share in (0, 0.5, 1):
        axes.axhline(share, color=FAINT, linewidth=0.8, zorder=0)
    axes.set_yticks([0, 0.5, 1], [t.percent(share) for share in (0, 0.5, 1)], color=MUTED)
    if required is not None:
        axes.axhline(required, color=INK, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
    x = np.array([bar.position for bar in bars], float)
    values, lows, highs = np.array([bar.chance for bar in bars]).T
    axes.plot(x, values, color=CORE, linewidth=1.4, zorder=2)
    axes.vlines(x, lows, highs, color=BAND, linewidth=5, zorder=1.5)
    faces = [*[PAPER] * (len(bars) - 1), CORE]
    axes.scatter(x, values, s=45, c=faces, edgecolors=CORE, linewidths=1.6, zorder=3)
    _draw_figures(axes, bars, month_width, t, required)
    _draw_causes(axes, bars, causes)
    step = next((k for k in (1, 2, 3, 6) if max(map(text_width, month_names)) < 0.92 * k * month_width), 12)
    ticks = range(0, len(month_names), step)
    axes.set_xticks(list(ticks), [month_names[tick] for tick in ticks])
    size = SMALL_TEXT_EMS * float(matplotlib.rcParams["font.size"])
    axes.set_xlabel(t("chance_by_month_axis"), size=size, color=MUTED, labelpad=2)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def _draw_figures(
    axes: Axes, bars: Sequence[ChanceBar], month_width: float, t: Translator, required: float | None
) -> None:
    """The chance above each point; only the first and the last where they are narrow."""
    texts = [whole_percent(bar.chance.value, t, required) for bar in bars]
    last = len(bars) - 1
    gaps = np.diff([bar.position for bar in bars], prepend=-1.0)
    is_narrow = max(text_width(text, weight="bold") for text in texts) > MAX_FIGURE_MONTHS * month_width * gaps.min()
    lines: list[Polyline] = [([bar.position for bar in bars], [bar.chance.value for bar in bars])]
    lines += [([bar.position] * 2, [bar.chance.low, bar.chance.high]) for bar in bars]
    if required is not None:
        lines.append((axes.get_xlim(), (required, required)))
    for number, (bar, text) in enumerate(zip(bars, texts, strict=True)):
        if is_narrow and number not in (0, last):
            continue
        style = PointLabelStyle(weight="bold" if number == last else "normal")
        point = (bar.position, bar.chance.value)
        lines.append(draw_point_label(axes, point, text, lines, style, FIGURE_SIDES))


def _cause_lines(bars: Sequence[ChanceBar], month_width: float, width: float) -> list[list[str]]:
    """Lines of each cause; none where months are narrow, or where the next point is less than a month away."""
    if month_width < MIN_CAUSE_WIDTH_EMS * SMALL_TEXT_EMS * em_inches():
        return [[] for _ in bars]
    size = SMALL_TEXT_EMS * float(matplotlib.rcParams["font.size"])
    room = 0.94 * month_width
    following = [bar.position for bar in bars[1:]] + [np.inf]
    return [
        wrap_text(bar.cause, room, size, lines=MAX_CAUSE_LINES) if bar.cause and after - bar.position >= 1 else []
        for bar, after in zip(bars, following, strict=True)
    ]


def _draw_causes(axes: Axes, bars: Sequence[ChanceBar], causes: Sequence[Sequence[str]]) -> None:
    size = SMALL_TEXT_EMS * float(matplotlib.rcParams["font.size"])
    _, height = axes_size_inches(axes)
    low, high = axes.get_ylim()
    line = 1.25 * SMALL_TEXT_EMS * em_inches() / height * (high - low)
    for bar, lines in zip(bars, causes, strict=True):
        for number, text in enumerate(lines):
            y = -0.04 - (0.3 + number) * line
            axes.text(bar.position, y, text, ha="center", va="top", size=size, color=MUTED)
