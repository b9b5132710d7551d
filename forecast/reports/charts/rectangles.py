"""Rectangles of one look as one shape: a chart of months has a hundred of them, and each artist takes its time."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import ArrayLike

_CODES = (Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY)


def draw_columns(axes: Axes, x: ArrayLike, heights: ArrayLike, width: float, bottom: ArrayLike, **style: Any) -> None:
    """Draw upright bars about x, as `Axes.bar` does, without a change of the limits of the axes."""
    centres = np.asarray(x, float)
    draw_rectangles(axes, centres - width / 2, bottom, np.full(centres.shape, width), heights, **style)


def draw_rows(axes: Axes, y: ArrayLike, widths: ArrayLike, height: float, left: ArrayLike, **style: Any) -> None:
    """Draw level bars about y, as `Axes.barh` does, without a change of the limits of the axes."""
    centres = np.asarray(y, float)
    draw_rectangles(axes, left, centres - height / 2, widths, np.full(centres.shape, height), **style)


def draw_rectangles(
    axes: Axes, left: ArrayLike, bottom: ArrayLike, widths: ArrayLike, heights: ArrayLike, **style: Any
) -> None:
    """Draw rectangles as one shape; the four arrays are (rectangles,), in data units."""
    x0, y0, wide, high = np.broadcast_arrays(*(np.asarray(part, float) for part in (left, bottom, widths, heights)))
    if not x0.size:
        return
    x = np.stack([x0, x0 + wide, x0 + wide, x0, x0], axis=-1)
    y = np.stack([y0, y0, y0 + high, y0 + high, y0], axis=-1)
    path = Path(np.column_stack([x.ravel(), y.ravel()]), np.tile(_CODES, x0.size))
    axes.add_artist(PathPatch(path, **{"linewidth": 0, **style}))
