"""Label beside a point, where no line of the chart runs through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from forecast.arrays import Floats
from forecast.reports.charts.rows import LINE_EMS, LINE_OF_TEXT
from forecast.reports.charts.style import INK, PAPER, axes_size_inches, em_inches, text_width

LABEL_DISTANCES_EMS = (0.5, 1.0, 2.0, 3.5)
"""Distances of a label from its point that are tried, in heights of the text."""
LABEL_SIDES = ((1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1))
"""Directions that are tried, right and up first."""
LABEL_BACKGROUND = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.6}
"""Box under a label, which hides the grid."""


class PointLabelStyle(NamedTuple):
    """Look of a label."""

    colour: str = INK
    weight: str = "bold"


Polyline = tuple[Sequence[float], Sequence[float]]
"""X and y of the points of a line, in data units."""


def draw_point_label(
    axes: Axes,
    point: tuple[float, float],
    text: str,
    lines: Sequence[Polyline],
    style: PointLabelStyle,
    sides: Sequence[tuple[int, int]] = LABEL_SIDES,
) -> Polyline:
    """Write a text as near a point as no line crosses it; call it once the limits of the axes are set.

    Parameters
    ----------
    axes : Axes
        The axes.
    point : tuple of float
        Its x and y, in data units.
    text : str
        One line or more.
    lines : sequence of Polyline
        What may not run through the text.
    style : PointLabelStyle
        Colour and weight of the text.
    sides : sequence of tuple of int
        Directions from the point that are tried, in their order.

    Returns
    -------
    Polyline
        Both diagonals of the text, which the next label may not cross.
    """
    width, height = axes_size_inches(axes)
    (x_low, x_high), (y_low, y_high) = axes.get_xlim(), axes.get_ylim()
    origin, per_unit = np.array([x_low, y_low]), np.array([width / (x_high - x_low), height / (y_high - y_low)])
    em = em_inches()
    rows = text.split("\n")
    size = np.array([max(text_width(row, weight=style.weight) for row in rows), LINE_EMS * em * len(rows)])
    place = (np.array(point) - origin) * per_unit
    paths = [(np.column_stack([np.asarray(data, float) for data in line]) - origin) * per_unit for line in lines]
    low, high = size / 2, np.array([width, height]) - size / 2
    centres = [
        place + np.array(side) * (size / 2 + distance * em * np.array([1.0, 0.7]))
        for distance in LABEL_DISTANCES_EMS
        for side in sides
    ]
    centres = [centre for centre in centres if (centre >= low).all() and (centre <= high).all()]
    anywhere = np.stack(np.meshgrid(*(np.linspace(*ends, 15) for ends in zip(low, high, strict=True))), -1).reshape(
        -1, 2
    )
    centres += sorted(anywhere, key=lambda centre: float(np.hypot(*(centre - place))))
    centre = next((centre for centre in centres if _is_free(centre, size + 0.3 * em, paths)), centres[0])
    x_middle, y_middle = centre / per_unit + origin
    axes.text(
        x_middle, y_middle, text, ha="center", va="center", color=style.colour, weight=style.weight,
        linespacing=LINE_EMS / LINE_OF_TEXT, bbox=LABEL_BACKGROUND, size=float(matplotlib.rcParams["font.size"]),
    )  # fmt: skip
    corners = centre + np.array([[-1, -1], [1, 1], [np.nan, np.nan], [-1, 1], [1, -1]]) * size / 2
    x, y = (corners / per_unit + origin).T
    return x.tolist(), y.tolist()


def _is_free(centre: Floats, size: Floats, paths: Sequence[Floats]) -> bool:
    box = Bbox.from_extents(*(centre - size / 2), *(centre + size / 2))
    return not any(crosses(box, path) for path in paths)


def crosses(box: Bbox, path: Floats) -> bool:
    """True where a line runs through a box.

    Parameters
    ----------
    box : Bbox
        The box.
    path : ndarray
        (points, 2) of the line, in the units of the box; NaN where it is broken.

    Returns
    -------
    bool
        Also where one of its segments only passes over a corner.
    """
    starts, steps = path[:-1], np.diff(path, axis=0)
    low, high = np.zeros(len(steps)), np.ones(len(steps))
    inside = ~np.isnan(steps).any(axis=1)
    for axis, (floor, top) in enumerate(((box.x0, box.x1), (box.y0, box.y1))):
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = ((edge - starts[:, axis]) / steps[:, axis] for edge in (floor, top))
        is_level = steps[:, axis] == 0
        inside &= ~is_level | ((starts[:, axis] > floor) & (starts[:, axis] < top))
        low = np.where(is_level, low, np.fmax(low, np.fmin(first, second)))
        high = np.where(is_level, high, np.fmin(high, np.fmax(first, second)))
    return bool((inside & (low < high)).any())
