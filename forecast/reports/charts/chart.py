"""A figure with its title, its sizes and its text for those who do not see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from forecast.reports.charts.style import Margin, chart_style, draw_figure, to_png, to_svg

WIDE_TYPE_POINTS, PHONE_TYPE_POINTS = 9.0, 9.5
PHONE_WIDTH_INCHES = 3.7
"""Width of a figure for a phone, in inches."""


class Chart(NamedTuple):
    """A figure that can be drawn at any size."""

    name: str
    title: str
    alt: str
    draw: Callable[[Axes], None]
    margin: Margin
    wide: tuple[float, float]
    phone: tuple[float, float]
    foot: str = ""

    def figure(self, phone: bool = False) -> Figure:
        """Draw it, for a page or for a phone; call it inside `style`."""
        width, height = self.phone if phone else self.wide
        return draw_figure(self.draw, self.margin, width, height, self.title, "" if phone else self.foot)

    def svg(self, *, phone: bool = False) -> bytes:
        """As SVG."""
        with chart_style(PHONE_TYPE_POINTS if phone else WIDE_TYPE_POINTS):
            return to_svg(self._replace(foot="").figure(phone))

    def png(self) -> bytes:
        """As PNG, 150 dots an inch, the wide size."""
        with chart_style(WIDE_TYPE_POINTS):
            return to_png(self.figure())
