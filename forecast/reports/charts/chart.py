"""A chart with its title, its sizes and its alternative text."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from forecast.reports.charts.style import Margin, chart_style, draw_figure, to_png, to_svg

__all__ = ["WIDE_TYPE_POINTS"]

WIDE_TYPE_POINTS, PHONE_TYPE_POINTS = 9.0, 9.5
"""Points of the text of a chart for a page and for a phone."""
PHONE_WIDTH_INCHES = 3.7
"""Width of a figure for a phone, in inches."""


class Chart(NamedTuple):
    """A chart that can be drawn at any size."""

    name: str
    title: str
    alt: str
    """Text for those who do not see the chart."""
    draw: Callable[[Axes], None]
    margin: Margin
    wide: tuple[float, float]
    """Width and height for a page, in inches."""
    phone: tuple[float, float]
    """Width and height for a phone, in inches."""
    foot: str = ""
    """Source line of the wide size."""

    def figure(self, phone: bool = False) -> Figure:
        """Draw the chart for a page or for a phone; call it inside `chart_style`."""
        width, height = self.phone if phone else self.wide
        return draw_figure(self.draw, self.margin, width, height, self.title, "" if phone else self.foot)

    def svg(self, *, phone: bool = False) -> bytes:
        """Return the chart as SVG."""
        with chart_style(PHONE_TYPE_POINTS if phone else WIDE_TYPE_POINTS):
            return to_svg(self._replace(foot="").figure(phone))

    def png(self) -> bytes:
        """Return the wide size as PNG, 150 dots an inch."""
        with chart_style(WIDE_TYPE_POINTS):
            return to_png(self.figure())
