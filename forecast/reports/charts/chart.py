"""A chart with its title, its size and its alternative text."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from forecast.reports.charts.style import Margin, chart_style, draw_figure, draw_plain_figure, to_png

__all__ = ["PAGE_TYPE_POINTS", "PAGE_WIDTH_INCHES", "Chart"]

PAGE_WIDTH_INCHES = 4.4
"""Width of every chart of a page: a column of a desktop, and the whole width of a phone."""
PAGE_TYPE_POINTS = 9.5
"""Points of the text of a chart: 11 pixels on a phone of 390, 16 on a desktop."""


class Chart(NamedTuple):
    """A chart that is drawn at the width of a page's column."""

    name: str
    title: str
    alt: str
    """Text for those who do not see the chart."""
    draw: Callable[[Axes], None]
    margin: Margin
    height: float
    """Height of the drawing without title and source line, in inches."""
    foot: str = ""
    """Source line of the PNG."""

    def plain_figure(self) -> Figure:
        """Draw the chart without title and source line, for a page; call it inside `chart_style`."""
        return draw_plain_figure(self.draw, self.margin, PAGE_WIDTH_INCHES, self.height)

    def figure(self) -> Figure:
        """Draw the chart with its title and its source line; call it inside `chart_style`."""
        return draw_figure(self.draw, self.margin, PAGE_WIDTH_INCHES, self.height, self.title, self.foot)

    def png(self) -> bytes:
        """Return the chart as PNG."""
        with chart_style(PAGE_TYPE_POINTS):
            return to_png(self.figure())
