"""Axes of the charts over months: years at January, and amounts from zero."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from forecast.i18n.amounts import AmountScale
from forecast.reports.charts.style import FAINT, MUTED, axes_size_inches, em_inches, text_width

YEAR_STEPS = (1, 2, 5, 10)
"""Years from one tick to the next."""


def draw_year_ticks(axes: Axes, first: int, end: int) -> None:
    """Write the years at their January, as many as fit.

    Parameters
    ----------
    axes : Axes
        Its x are months since year 0.
    first, end : int
        First month, and the month after the last.
    """
    years = [month for month in range(first, end) if month % 12 == 0]
    year_width = axes_size_inches(axes)[0] / max(end - first, 1) * 12
    step = next((k for k in YEAR_STEPS if text_width("2000") < 0.8 * year_width * k), YEAR_STEPS[-1])
    axes.set_xticks(years[::step], [str(month // 12) for month in years[::step]])
    axes.tick_params(axis="x", length=3, color=MUTED, pad=2)
    for label in axes.get_xticklabels():
        label.set_horizontalalignment("left" if label.get_position()[0] < first + 1 else "center")


def draw_amount_axis(axes: Axes, values: np.ndarray, scale: AmountScale, head_ems: float = 0.5) -> None:
    """Set the y axis from zero, or from the lowest amount below zero, to the highest, with ticks and a light grid.

    Parameters
    ----------
    axes : Axes
        The axes.
    values : ndarray
        All amounts that are drawn; NaN is left out.
    scale : AmountScale
        Of the amounts.
    head_ems : float
        White above the highest amount, in heights of the text.
    """
    low, high = min(0.0, float(np.nanmin(values))), max(0.0, float(np.nanmax(values)))
    height = axes_size_inches(axes)[1]
    top = low + (high - low or 1.0) / max(1 - head_ems * em_inches() / height, 0.3)
    axes.set_ylim(low - (0.04 * (high - low) if low < 0 else 0.0), top)
    ticks = [tick for tick in MaxNLocator(5).tick_values(low, high) if low <= tick <= high]
    step = (ticks[1] - ticks[0]) / scale.factor if len(ticks) > 1 else 1.0
    decimals = next((d for d in range(4) if abs(round(step, d) - step) < 1e-6 * abs(step)), 3)
    axes.set_yticks(ticks, [scale.number(tick, decimals) for tick in ticks])
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
