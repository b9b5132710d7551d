"""How far the chance moves over the readings of the plan: one dot a reading."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from forecast.analysis.findings import ReadingRow, TargetRow
from forecast.i18n import Words
from forecast.reports.charts.rows import lay_rows, named, set_span
from forecast.reports.charts.style import BAND, CORE, FAINT, INK, MUTED, PAPER, Margin, width_of
from forecast.stats.intervals import Estimate

MARGIN = Margin(0.2, 0.4, 0.2, 1.8)


def readings(axes: Axes, rows: Sequence[ReadingRow], target: TargetRow, words: Words) -> None:
    """The chance under each reading with its simulation error; the shade is the spread, the dashes what is wanted."""
    shown: list[tuple[str, Estimate]] = [(words("readings_plan"), target.chance)]
    others = [
        (named(row.name, row.label, words), row.chances[target.name]) for row in rows if target.name in row.chances
    ]
    shown += sorted(others, key=lambda pair: -pair[1].value)
    lay_rows(axes, [label for label, _ in shown], bold=(0,))
    set_span(axes, 0, 1, 0.04, width_of("100%", weight="bold") + 0.12)
    axes.axvspan(*target.spread, ymax=0.99, color=BAND, alpha=0.45, linewidth=0, zorder=0)
    if target.want is not None:
        axes.axvline(target.want, color=INK, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
    y = -np.arange(len(shown))
    values, lows, highs = np.array([chance for _, chance in shown]).T
    axes.hlines(y, 0, 1, color=FAINT, linewidth=0.8, zorder=0.5)
    axes.hlines(y, lows, highs, color=INK, linewidth=2.5, zorder=2)
    faces = [CORE, *[PAPER] * (len(shown) - 1)]
    axes.scatter(values, y, s=45, c=faces, edgecolors=CORE, linewidths=1.6, zorder=3)
    for row, (_, chance) in enumerate(shown):
        axes.text(
            1, -row, words.percent(chance.value), transform=axes.get_yaxis_transform(), ha="right", va="center",
            weight="bold" if row == 0 else "normal",
        )  # fmt: skip
    axes.set_xticks([0, 0.5, 1], [words.percent(share) for share in (0, 0.5, 1)], color=MUTED)
