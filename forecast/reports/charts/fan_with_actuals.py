"""Forecasts from past months, as fans, and the actual months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from forecast.arrays import Floats
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale
from forecast.reports.charts.style import (
    BAND,
    CORE,
    INK,
    MUTED,
    Margin,
    draw_legend_above,
)
from forecast.reports.charts.time_axis import draw_amount_axis, draw_year_ticks
from forecast.timeseries.evaluation.scores import Fan

FAN_WITH_ACTUALS_MARGIN = Margin(3.6, 0.8, 0.2, 1.8)
HOLLOW_DOT: Mapping[str, Any] = {"color": INK, "marker": "o", "markersize": 3.6, "mfc": "none", "linestyle": "none"}
"""Marker of a masked month, in points."""
LEAD_MONTHS = 18
"""Actual months that are shown before the first fan."""


class ActualMonths(NamedTuple):
    """Actual months of one service, from its first on."""

    first_month: int
    scored: Floats
    """(months,), as measured; NaN where masked."""
    masked: Floats
    """(months,), as booked where masked, else NaN."""


def first_shown_month(fans: Sequence[Fan], first_month: int) -> int:
    """Return the first month of the chart, for actual months that begin at `first_month`."""
    return max(first_month, fans[0].first_month - LEAD_MONTHS)


def draw_fan_with_actuals(
    axes: Axes, fans: Sequence[Fan], months: ActualMonths, t: Translator, scale: AmountScale
) -> None:
    """Draw one fan an origin, bands of 95% and 80%; over them the actual months, masked ones hollow."""
    start = first_shown_month(fans, months.first_month)
    shown_actual, shown_masked = (values[start - months.first_month :] for values in (months.scored, months.masked))
    for fan in fans:
        x = np.arange(fan.first_month, fan.first_month + len(fan.median))
        axes.fill_between(x, fan.low95, fan.high95, color=BAND, alpha=0.38, linewidth=0)
        axes.fill_between(x, fan.low80, fan.high80, color=BAND, alpha=0.95, linewidth=0)
        axes.plot(x, fan.median, color=CORE, linewidth=1.6, linestyle="--")
        axes.axvline(fan.first_month - 0.5, color=MUTED, linewidth=0.7, linestyle=":")
    end = start + len(shown_actual)
    folds = [fan.first_month - start for fan in fans if start < fan.first_month < end]
    x_actual, broken_actual = (
        np.insert(values.astype(float), folds, np.nan) for values in (np.arange(start, end), shown_actual)
    )
    axes.plot(x_actual, broken_actual, color=INK, linewidth=1.3, marker="o", markersize=2.4)
    has_masked = not np.isnan(shown_masked).all()
    if has_masked:
        axes.plot(np.arange(start, end), shown_masked, **HOLLOW_DOT)
    axes.set_xlim(start - 0.7, end - 0.3)
    drawn = [values for fan in fans for values in (fan.low95, fan.high95)]
    draw_amount_axis(axes, np.concatenate([shown_actual, shown_masked, *drawn]), scale)
    draw_year_ticks(axes, start, end)
    handles: list[Artist] = [
        Line2D([], [], color=INK, linewidth=1.3, marker="o", markersize=2.4),
        Line2D([], [], color=CORE, linewidth=1.6, linestyle="--"),
        Patch(color=BAND, alpha=0.95),
        Patch(color=BAND, alpha=0.38),
    ]
    keys = ["fan_actual_observed", "fan_actual_middle", "fan_actual_80", "fan_actual_95"]
    if has_masked:
        handles.insert(1, Line2D([], [], **HOLLOW_DOT))
        keys.insert(1, "fan_actual_masked")
    draw_legend_above(axes, handles, [t(key) for key in keys], handle_ems=2.4)
