"""Forecasts from past months, as fans, and the actual months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from forecast.arrays import Floats
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale
from forecast.reports.charts.style import (
    BAND,
    CORE,
    FAINT,
    INK,
    MUTED,
    Margin,
    axes_size_inches,
    draw_legend_above,
    text_width,
)
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
    axes.plot(
        np.arange(start, start + len(shown_actual)), shown_actual, color=INK, linewidth=1.3, marker="o", markersize=2.4
    )
    end = start + len(shown_actual)
    has_masked = not np.isnan(shown_masked).all()
    if has_masked:
        axes.plot(np.arange(start, end), shown_masked, **HOLLOW_DOT)
    axes.set_xlim(start - 0.7, end - 0.3)
    years = [month for month in range(start, end) if month % 12 == 0]
    year_width = axes_size_inches(axes)[0] / max(end - start, 1) * 12
    step_years = next((k for k in (1, 2, 5, 10) if text_width("2000") < 0.8 * year_width * k), 10)
    axes.set_xticks(years[::step_years], [str(month // 12) for month in years[::step_years]])
    low, high = axes.get_ylim()
    axes.set_ylim(low if low < 0 or low > 0.4 * high else 0, high)
    low, high = axes.get_ylim()
    ticks = [tick for tick in MaxNLocator(5).tick_values(low, high) if low <= tick <= high]
    step = (ticks[1] - ticks[0]) / scale.factor if len(ticks) > 1 else 1.0
    decimals = next((d for d in range(4) if abs(round(step, d) - step) < 1e-6 * abs(step)), 3)
    axes.set_yticks(ticks, [scale.number(tick, decimals) for tick in ticks])
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
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
