"""A sheet of A4 paper that text and figures are set on, from the top down."""

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
"""Inches."""
EDGE_INCHES = 0.45
"""White at the edges, in inches."""
TYPE_POINTS = 7.2
"""Points of the small text: the smallest that prints well."""
LINE_HEIGHT_EMS = 1.38
"""Height of a line, in heights of its type."""


class TextStyle(NamedTuple):
    """How a text is set."""

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
    """A sheet, written from the top down; `y` is the inches already used."""

    figure: Figure
    y: float = EDGE_INCHES

    @property
    def width(self) -> float:
        """Inches between the edges."""
        return A4_INCHES[0] - 2 * EDGE_INCHES

    def line(self, text: str, x: float, y: float, letters: TextStyle = PLAIN_TEXT) -> None:
        """One line of text, its top at `y` inches below the upper edge of the sheet."""
        size, weight, color = letters
        self.figure.text(x / A4_INCHES[0], 1 - y / A4_INCHES[1], text, size=size, weight=weight, color=color, va="top")

    def text(
        self, text: str, x: float, y: float, width: float, letters: TextStyle = PLAIN_TEXT, lines: int = 9
    ) -> float:
        """Text in a column; the y below it."""
        for line in wrap_text(text, width, letters.size, letters.weight, lines):
            self.line(line, x, y, letters)
            y += LINE_HEIGHT_EMS * letters.size / 72
        return y

    def rule(self, y: float, color: str = FAINT, x: float = EDGE_INCHES, width: float | None = None) -> None:
        """A thin line across."""
        ends = [x / A4_INCHES[0], (x + (self.width if width is None else width)) / A4_INCHES[0]]
        self.figure.add_artist(Line2D(ends, [1 - y / A4_INCHES[1]] * 2, color=color, linewidth=0.7))

    def chart(
        self,
        drawing: Chart | None,
        x: float,
        y: float,
        width: float,
        height: float,
        draw: Callable[[Axes], None] | None = None,
    ) -> None:
        """A figure with its title, its top left corner at (x, y)."""
        if drawing is None:
            return
        below = self.text(drawing.title, x, y, width, HEADING_TEXT, lines=2) + 0.02
        box = (x, A4_INCHES[1] - y - height, width, height - (below - y))
        (draw or drawing.draw)(add_axes(self.figure, box, drawing.margin))
