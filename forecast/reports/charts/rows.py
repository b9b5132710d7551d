"""Rows that bridge, tornado, cases and districts share: a label at the left, its bar beside it, and the figures.

Labels have a column of their own on two lines or more, so that no line of a chart runs through them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib
from matplotlib.axes import Axes

from forecast.reports.charts.style import INK, axes_size_inches, em_inches, fit_label, text_width, wrap_text

BAR_HEIGHT = 0.5
"""Height of a bar; a row has height 1."""
LABEL_SHARES = (0.3, 0.36, 0.42, 0.48)
"""Widths of the column of labels, as shares of the chart; the narrowest that holds the labels is taken."""
LINE_EMS = 1.24
"""Height of a line of a label, in heights of its text."""
LINE_OF_TEXT = 1.164
"""Height that matplotlib gives a line of these fonts, in heights of the text."""
LABEL_GAP_EMS = 0.8
"""White between the labels and the bars."""
SMALL_TEXT_EMS = 0.82
"""Size of notes and of crowded figures, in sizes of the text."""


class RowLabel(NamedTuple):
    """Label of a row."""

    text: str
    note: str = ""
    """Its end, which is never cut."""
    is_bold: bool = False

    @property
    def weight(self) -> str:
        """Weight of the text."""
        return "bold" if self.is_bold else "normal"

    def wrap(self, width: float, size: float, lines: int) -> tuple[list[str], bool]:
        """Lines of a width in inches, and whether the text was cut; the note is not broken."""
        wrapped = wrap_text(self.text, width, size, self.weight, lines)
        is_cut = wrapped[-1].endswith("…") and not self.text.endswith("…")
        if not self.note:
            return wrapped, is_cut
        tail = f" · {self.note}"
        if text_width(wrapped[-1] + tail, size, self.weight) <= width:
            return [*wrapped[:-1], wrapped[-1] + tail], is_cut
        if len(wrapped) < lines:
            return [*wrapped, self.note], is_cut
        cut = fit_label(
            f"{wrapped[-1].removesuffix('…')}…", width - text_width(tail, size, self.weight), size, self.weight
        )
        return [*wrapped[:-1], cut + tail], True


class _Column(NamedTuple):
    """Labels as they are drawn, at one size."""

    size: float
    """Points."""
    width: float
    """Inches."""
    lines: list[list[str]]
    is_cut: bool


def draw_row_labels(axes: Axes, labels: Sequence[RowLabel], head_rows: float = 0.0) -> float:
    """Draw rows from the top down at y = 0, -1, … with their labels at the left edge.

    Parameters
    ----------
    axes : Axes
        Its y limits are set.
    labels : sequence of RowLabel
        One a row.
    head_rows : float
        Rows that are left free above the first one.

    Returns
    -------
    float
        Width of the column of labels with the white beside it, in inches.
    """
    width, height = axes_size_inches(axes)
    row_inches = height / (len(labels) + head_rows)
    axes.set_ylim(0.5 - len(labels), 0.5 + head_rows)
    axes.set_yticks([])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    column = _fit_column(labels, width, row_inches)
    transform = axes.get_yaxis_transform()
    for row, (label, lines) in enumerate(zip(labels, column.lines, strict=True)):
        axes.text(
            0, -row, "\n".join(lines), transform=transform, va="center", size=column.size,
            linespacing=LINE_EMS / LINE_OF_TEXT, weight=label.weight, color=INK,
        )  # fmt: skip
    return column.width + LABEL_GAP_EMS * em_inches()


def _fit_column(labels: Sequence[RowLabel], width: float, row_inches: float) -> _Column:
    """The labels at the largest size and in the narrowest column at which none is cut, else in the widest."""
    points = float(matplotlib.rcParams["font.size"])
    columns = (
        _break_labels(labels, share * width, row_inches, size)
        for size in (points, 0.92 * points, 0.85 * points)
        for share in LABEL_SHARES
    )
    column = next(columns)
    for wider in columns:
        if not column.is_cut:
            break
        column = wider
    return column


def _break_labels(labels: Sequence[RowLabel], width: float, row_inches: float, size: float) -> _Column:
    count = max(1, int(row_inches / (LINE_EMS * size / 72) + 0.05))
    wrapped = [label.wrap(width, size, count) for label in labels]
    widest = max(
        text_width(line, size, label.weight)
        for label, (lines, _) in zip(labels, wrapped, strict=True)
        for line in lines
    )
    return _Column(size, min(widest, 1.02 * width), [lines for lines, _ in wrapped], any(cut for _, cut in wrapped))


def set_x_limits(axes: Axes, low: float, high: float, left: float, right: float) -> None:
    """Set the x limits from low to high, with `left` and `right` inches of white beside them."""
    width, _ = axes_size_inches(axes)
    extent = (high - low) or abs(high) or 1.0
    per_inch = extent / max(width - left - right, 0.2 * width)
    axes.set_xlim(low - left * per_inch, low + extent + right * per_inch)


def bar_gap(axes: Axes) -> float:
    """Return a thin space beside a bar, in data units."""
    low, high = axes.get_xlim()
    return 0.4 * em_inches() * (high - low) / axes_size_inches(axes)[0]


def units_per_inch(axes: Axes) -> float:
    """Return the data units of the x axis that an inch is."""
    low, high = axes.get_xlim()
    return (high - low) / axes_size_inches(axes)[0]


def draw_line_head(axes: Axes, text: str, x: float, right_head: str) -> None:
    """Write what a line at x stands for above the rows, inside the axes and left of a head at their right edge."""
    low, high = axes.get_xlim()
    half = text_width(text) / 2 * units_per_inch(axes)
    room = (text_width(right_head) + em_inches()) * units_per_inch(axes)
    axes.text(min(max(x, low + half), high - half - room), 0.5, text, ha="center", va="bottom", color=INK)
