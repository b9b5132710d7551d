"""An A4 page on which text and charts are placed from the top down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from forecast.reports.charts.chart import Chart
from forecast.reports.charts.style import FAINT, INK, MUTED, add_axes, wrap_text

A4_INCHES = (8.268, 11.693)
"""Width and height."""
EDGE_INCHES = 0.45
"""White at the edges of the page."""
TYPE_POINTS = 7.2
"""Size of the small text: the smallest that prints well."""
LINE_HEIGHT_EMS = 1.38
"""Height of a line, in sizes of its text."""


class TextStyle(NamedTuple):
    """Size, weight and colour of a text."""

    size: float = TYPE_POINTS
    """Points."""
    weight: str = "normal"
    color: str = INK


PLAIN_TEXT = TextStyle()
BOLD_TEXT = TextStyle(weight="bold")
HEADING_TEXT = TextStyle(TYPE_POINTS * 1.1, "bold")
SMALL_TEXT = TextStyle(6.4, color=MUTED)


@dataclass
class PrintedPage:
    """A page, filled from the top down; `y` is the height already used, in inches."""

    figure: Figure
    y: float = EDGE_INCHES

    @property
    def width(self) -> float:
        """Width between the edges, in inches."""
        return A4_INCHES[0] - 2 * EDGE_INCHES

    def line(self, text: str, x: float, y: float, style: TextStyle = PLAIN_TEXT) -> None:
        """Place one line of text, its top `y` inches below the upper edge of the page."""
        size, weight, color = style
        self.figure.text(x / A4_INCHES[0], 1 - y / A4_INCHES[1], text, size=size, weight=weight, color=color, va="top")

    def text(self, text: str, x: float, y: float, width: float, style: TextStyle = PLAIN_TEXT, lines: int = 9) -> float:
        """Place text in a column of a width in inches; return the y below it."""
        for line in wrap_text(text, width, style.size, style.weight, lines):
            self.line(line, x, y, style)
            y += LINE_HEIGHT_EMS * style.size / 72
        return y

    def rule(self, y: float, color: str = FAINT, x: float = EDGE_INCHES, width: float | None = None) -> None:
        """Place a thin line across."""
        ends = [x / A4_INCHES[0], (x + (self.width if width is None else width)) / A4_INCHES[0]]
        self.figure.add_artist(Line2D(ends, [1 - y / A4_INCHES[1]] * 2, color=color, linewidth=0.7))

    def chart(
        self,
        chart: Chart | None,
        x: float,
        y: float,
        width: float,
        height: float,
        draw: Callable[[Axes], None] | None = None,
    ) -> None:
        """Place a chart with its title, its top left corner at (x, y), in inches."""
        if chart is None:
            return
        top = self.text(chart.title, x, y, width, HEADING_TEXT, lines=2) + 0.02
        box = (x, A4_INCHES[1] - y - height, width, height - (top - y))
        (draw or chart.draw)(add_axes(self.figure, box, chart.margin))
