"""Faults in the layout of a figure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.colors import same_color, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from forecast.arrays import Floats
from forecast.reports.charts.point_label import crosses
from forecast.reports.charts.style import FAINT

TOUCH_PIXELS = 1.0
"""Distance that a line may reach into the box of a text, whose letters do not fill it."""


class DrawnText(NamedTuple):
    """A text on the paper."""

    text: str
    box: Bbox
    covers: float | None
    """Height in the order of drawing of the paper under it; None for a text without paper of its own."""


class DrawnLine(NamedTuple):
    """A line, an edge of a bar, or a mark, in pixels."""

    name: str
    path: Floats
    order: float
    is_grid: bool
    """True for a light line that only helps to read: a text with paper of its own may hide it."""
    clip: Bbox | None = None
    """Part of the paper on which it is drawn; None for all of it."""

    def bounds(self) -> tuple[float, float, float, float]:
        """Its lowest x and y and its highest; such that no box is near a line without points."""
        known = self.path[~np.isnan(self.path).any(axis=1)]
        if not len(known):
            return np.inf, np.inf, -np.inf, -np.inf
        return (*known.min(axis=0), *known.max(axis=0))


def layout_faults(figure: Figure) -> list[str]:
    """Texts that overlap each other, leave the paper, or are crossed by a line.

    A line is one that is plotted, an edge of a bar, a spine or a mark. A text with paper of its own hides the grid; it
    may not hide another line, nor be drawn over by one.
    """
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    page = figure.bbox.padded(0.5)
    texts = list(_drawn_texts(figure))
    faults = [f"leaves the page: {text.text!r}" for text in texts if not _inside(text.box, page)]
    for first, second in combinations(texts, 2):
        a, b = first.box, second.box
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        high = min(a.y1, b.y1) - max(a.y0, b.y0)
        if wide > 1 and high > 0.25 * min(a.height, b.height):
            faults.append(f"overlap: {first.text!r} and {second.text!r}")
    lines = [line for axes in figure.axes for line in _clipped_lines(axes)]
    x0, y0, x1, y1 = np.array([line.bounds() for line in lines]).reshape(-1, 4).T
    for text in texts:
        box = text.box
        rows = np.flatnonzero((x0 < box.x1) & (x1 > box.x0) & (y0 < box.y1) & (y1 > box.y0))
        faults += [f"crossed by {lines[row].name}: {text.text!r}" for row in rows if _is_crossed(text, lines[row])]
    return faults


def _is_crossed(text: DrawnText, line: DrawnLine) -> bool:
    hides_grid = line.is_grid and text.covers is not None and text.covers > line.order
    shown = text.box if line.clip is None else Bbox.intersection(text.box, line.clip)
    if hides_grid or shown is None:
        return False
    box = shown.padded(-TOUCH_PIXELS, -0.12 * text.box.height)
    return box.width > 0 and box.height > 0 and crosses(box, line.path)


def _drawn_texts(figure: Figure) -> Iterator[DrawnText]:
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text.get_visible() and text.get_text().strip():
            patch = text.get_bbox_patch()
            covers = None if patch is None else text.get_zorder()
            yield DrawnText(text.get_text(), Text.get_window_extent(text, renderer), covers)


def _clipped_lines(axes: Axes) -> Iterator[DrawnLine]:
    """The lines of axes, which end at the axes but for spines."""
    for line in _drawn_lines(axes):
        yield line if line.name.startswith("spine") else line._replace(clip=axes.bbox)


def _drawn_lines(axes: Axes) -> Iterator[DrawnLine]:
    """Everything in the axes that may not run through a text; the marks of a legend are its own."""
    for line in axes.lines:
        yield from _line_paths(line, "line")
    for axis in (axes.xaxis, axes.yaxis):
        for tick in axis.get_major_ticks():
            if tick.gridline.get_visible():
                yield from _line_paths(tick.gridline, "grid")
    for name, spine in axes.spines.items():
        if spine.get_visible():
            path = spine.get_path().vertices
            yield DrawnLine(f"spine {name}", spine.get_transform().transform(path), spine.get_zorder(), False)
    for patch in axes.patches:
        path = patch.get_path()
        corners = patch.get_transform().transform(path.vertices)
        starts = [] if path.codes is None else [row for row in np.flatnonzero(path.codes == path.MOVETO) if row]
        edges = np.insert(corners, starts, np.nan, axis=0)
        yield DrawnLine("edge of a bar", edges, patch.get_zorder(), _is_faint(patch.get_facecolor()))
    for collection in axes.collections:
        yield from _collection_paths(collection)


def _collection_paths(collection: Collection) -> Iterator[DrawnLine]:
    if isinstance(collection, LineCollection):
        colours = collection.get_colors()
        for row, path in enumerate(collection.get_paths()):
            points = collection.get_transform().transform(path.vertices)
            yield DrawnLine("line", points, collection.get_zorder(), _is_faint(colours[row % len(colours)]))
    elif isinstance(collection, PathCollection):
        dpi = collection.get_figure(root=True).dpi  # type: ignore[union-attr]
        places = collection.get_offset_transform().transform(collection.get_offsets())
        yield from _marks(places, np.sqrt(collection.get_sizes().max()) / 2 * dpi / 72, collection)


def _line_paths(line: Line2D, name: str) -> Iterator[DrawnLine]:
    if not line.get_visible():
        return
    points = line.get_transform().transform(line.get_path().vertices)
    if line.get_linestyle() not in ("None", "none", "", " "):
        yield DrawnLine(name, points, line.get_zorder(), _is_faint(line.get_color()))
    if line.get_marker() not in ("None", "none", "", " ", None):
        dpi = line.get_figure(root=True).dpi  # type: ignore[union-attr]
        yield from _marks(points, line.get_markersize() / 2 * dpi / 72, line)


def _marks(places: Floats, radius: float, artist: Artist) -> Iterator[DrawnLine]:
    """A cross as wide as each mark."""
    for x, y in places:
        cross = np.array([[x - radius, y], [x + radius, y], [np.nan, np.nan], [x, y - radius], [x, y + radius]])
        yield DrawnLine("mark", cross, artist.get_zorder(), False)


def _is_faint(colour: object) -> bool:
    return to_rgba(colour)[3] == 0 or same_color(colour, FAINT)  # type: ignore[arg-type]


def _inside(box: Bbox, page: Bbox) -> bool:
    return bool(box.x0 >= page.x0 and box.x1 <= page.x1 and box.y0 >= page.y0 and box.y1 <= page.y1)
