"""Rows that bridge, tornado and readings share: a label, its bar below, and room for the figures.

Not a figure: the label stands above its bar, so that a long Vietnamese name is read whole on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
from matplotlib.axes import Axes

from forecast.i18n import Words
from forecast.plan.record import Label
from forecast.reports.charts.style import FAINT, INK, MUTED, PAPER, em, fit, inches, width_of

BAR = 0.3
"""Height of a bar; a row has height 1, its label above the bar."""
LABEL = 0.22
"""Height of the foot of a label above the centre of its bar."""
BEHIND = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.4}
"""What lies under a label, so that no line runs through it."""


def named(name: str, label: Label | None, words: Words) -> str:
    """The label in this language, or the word for that key, or the name without its underscores."""
    if label is not None and label.of(words.language):
        return label.of(words.language)
    key = f"key.{name}"
    return words(key) if words.has(key) else name.rpartition(".")[2].replace("_", " ")


def lay_rows(axes: Axes, labels: Sequence[str], notes: Sequence[Sequence[str]] = (), bold: Sequence[int] = ()) -> None:
    """Rows from the top down at y = 0, -1, …: each label at the left edge, then the longest note that fits.

    The last of a row's notes is always shown; a label gives way to it alone.
    """
    wide, _ = inches(axes)
    size = float(matplotlib.rcParams["font.size"])
    small, space = size * 0.85, width_of("  ", size)
    for row, label in enumerate(labels):
        offered = notes[row] if notes else ()
        weight = "bold" if row in bold else "normal"
        least = width_of(offered[-1], small) + space if offered and offered[-1] else 0.0
        shown = fit(label, wide - least, size, weight)
        transform = axes.get_yaxis_transform()
        axes.text(0, LABEL - row, shown, transform=transform, va="bottom", weight=weight, color=INK, bbox=BEHIND)
        start = width_of(shown, size, weight) + space
        note = next((one for one in offered if start + width_of(one, small) <= wide), offered[-1] if offered else "")
        if note:
            axes.text(
                start / wide, LABEL - row, note, transform=transform, va="bottom", size=small, color=MUTED, bbox=BEHIND
            )
    row_height = (inches(axes)[1] - 1.45 * em()) / (len(labels) - 0.55)
    axes.set_ylim(0.7 - len(labels), LABEL + 1.45 * em() / max(row_height, 0.1 * em()))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)


def set_span(axes: Axes, low: float, high: float, left: float, right: float) -> None:
    """X limits that show low to high with `left` and `right` inches of white beside them."""
    wide, _ = inches(axes)
    span = (high - low) or abs(high) or 1.0
    per_inch = span / max(wide - left - right, 0.3 * wide)
    axes.set_xlim(low - left * per_inch, low + span + right * per_inch)


def gap(axes: Axes) -> float:
    """A thin space beside a bar, in data units."""
    low, high = axes.get_xlim()
    return 0.4 * em() * (high - low) / inches(axes)[0]
