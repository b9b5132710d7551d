"""A sheet of A4 paper that text and figures are set on, from the top down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from forecast.reports.charts.chart import Drawing
from forecast.reports.charts.style import FAINT, INK, MUTED, axes_in, wrap

A4 = (8.268, 11.693)
"""Inches."""
EDGE = 0.45
"""White at the edges, in inches."""
TYPE = 7.2
"""Points of the small text: the smallest that prints well."""
LINE = 1.38
"""Height of a line, in heights of its type."""


class Letters(NamedTuple):
    """How a text is set."""

    size: float = TYPE
    """Points."""
    weight: str = "normal"
    color: str = INK


PLAIN = Letters()
STRONG = Letters(weight="bold")
HEAD = Letters(TYPE * 1.1, "bold")
SMALL = Letters(6.4, color=MUTED)


@dataclass
class Paper:
    """A sheet, written from the top down; `y` is the inches already used."""

    figure: Figure
    y: float = EDGE

    @property
    def width(self) -> float:
        """Inches between the edges."""
        return A4[0] - 2 * EDGE

    def line(self, text: str, x: float, y: float, letters: Letters = PLAIN) -> None:
        """One line of text, its top at `y` inches below the upper edge of the sheet."""
        size, weight, color = letters
        self.figure.text(x / A4[0], 1 - y / A4[1], text, size=size, weight=weight, color=color, va="top")

    def text(self, text: str, x: float, y: float, width: float, letters: Letters = PLAIN, lines: int = 9) -> float:
        """Text in a column; the y below it."""
        for line in wrap(text, width, letters.size, letters.weight, lines):
            self.line(line, x, y, letters)
            y += LINE * letters.size / 72
        return y

    def rule(self, y: float, color: str = FAINT, x: float = EDGE, width: float | None = None) -> None:
        """A thin line across."""
        ends = [x / A4[0], (x + (self.width if width is None else width)) / A4[0]]
        self.figure.add_artist(Line2D(ends, [1 - y / A4[1]] * 2, color=color, linewidth=0.7))

    def drawing(
        self,
        drawing: Drawing | None,
        x: float,
        y: float,
        width: float,
        height: float,
        draw: Callable[[Axes], None] | None = None,
    ) -> None:
        """A figure with its title, its top left corner at (x, y)."""
        if drawing is None:
            return
        below = self.text(drawing.title, x, y, width, HEAD, lines=2) + 0.02
        box = (x, A4[1] - y - height, width, height - (below - y))
        (draw or drawing.draw)(axes_in(self.figure, box, drawing.margin))
