"""Rows that bridge, tornado, cases and districts share: a label, its bar below, and room for the figures.

The label stands above its bar, so that a long Vietnamese name fits on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
from matplotlib.axes import Axes

from forecast.reports.charts.style import FAINT, INK, MUTED, PAPER, axes_size_inches, em_inches, fit_label, text_width

BAR_HEIGHT = 0.3
"""Height of a bar; a row has height 1, its label above the bar."""
LABEL_OFFSET = 0.22
"""Height of the foot of a label above the centre of its bar."""
LABEL_BACKGROUND = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.4}
"""Box under a label, so that no line runs through it."""


def draw_row_labels(
    axes: Axes, labels: Sequence[str], notes: Sequence[Sequence[str]] = (), bold: Sequence[int] = ()
) -> None:
    """Draw rows from the top down at y = 0, -1, …: each label at the left edge, then the longest note that fits."""
    # the last of a row's notes is always shown; only for that one is a label cut
    width, _ = axes_size_inches(axes)
    size = float(matplotlib.rcParams["font.size"])
    small, space = size * 0.85, text_width("  ", size)
    for row, label in enumerate(labels):
        row_notes = notes[row] if notes else ()
        weight = "bold" if row in bold else "normal"
        note_room = text_width(row_notes[-1], small) + space if row_notes and row_notes[-1] else 0.0
        text = fit_label(label, width - note_room, size, weight)
        transform = axes.get_yaxis_transform()
        axes.text(
            0,
            LABEL_OFFSET - row,
            text,
            transform=transform,
            va="bottom",
            weight=weight,
            color=INK,
            bbox=LABEL_BACKGROUND,
        )
        start = text_width(text, size, weight) + space
        note = next(
            (candidate for candidate in row_notes if start + text_width(candidate, small) <= width),
            row_notes[-1] if row_notes else "",
        )
        if note:
            axes.text(
                start / width,
                LABEL_OFFSET - row,
                note,
                transform=transform,
                va="bottom",
                size=small,
                color=MUTED,
                bbox=LABEL_BACKGROUND,
            )
    row_height = (axes_size_inches(axes)[1] - 1.45 * em_inches()) / (len(labels) - 0.55)
    axes.set_ylim(0.7 - len(labels), LABEL_OFFSET + 1.45 * em_inches() / max(row_height, 0.1 * em_inches()))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)


def set_x_limits(axes: Axes, low: float, high: float, left: float, right: float) -> None:
    """Set the x limits from low to high, with `left` and `right` inches of white beside them."""
    width, _ = axes_size_inches(axes)
    extent = (high - low) or abs(high) or 1.0
    per_inch = extent / max(width - left - right, 0.3 * width)
    axes.set_xlim(low - left * per_inch, low + extent + right * per_inch)


def bar_gap(axes: Axes) -> float:
    """Return a thin space beside a bar, in data units."""
    low, high = axes.get_xlim()
    return 0.4 * em_inches() * (high - low) / axes_size_inches(axes)[0]
