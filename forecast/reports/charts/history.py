"""History and forecast on one axis: past months as booked, closed months of the year, and the fan of those to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from forecast.analysis.findings import Months
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale
from forecast.periods import parse_month
from forecast.reports.charts.monthly import CLOSE_LINE
from forecast.reports.charts.style import (
    BAND,
    CORE,
    ESTIMATED,
    INK,
    MUTED,
    SOLID,
    Margin,
    axes_size_inches,
    draw_legend_above,
    em_inches,
    text_width,
)
from forecast.reports.charts.time_axis import draw_amount_axis, draw_year_ticks

HISTORY_MARGIN = Margin(3.2, 0.6, 0.2, 1.7)
HISTORY_COLOURS = {"actual": SOLID, "estimate": ESTIMATED, "example": ESTIMATED, "reconstructed": ESTIMATED}
"""Colour of the line of past months by their weakest status."""


def draw_history(
    axes: Axes, finding: Months, t: Translator, scale: AmountScale, year_totals: Mapping[int, float]
) -> None:
    """Draw the past months as a line, the forecast as bands of 80% and 50% about its median, and the sum of each year.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    finding : Months
        The months.
    t : Translator
        Language of the texts.
    scale : AmountScale
        Of the months.
    year_totals : mapping of int to float
        Total of each whole year, the median of a year to come.
    """
    draw_legend_above(axes, *_legend_entries(finding, t), handle_ems=2.0)
    past, bars = finding.history, finding.bars
    first = parse_month(past[0][0])
    months = np.array([parse_month(month) for month, _, _ in past])
    values = np.array([value for _, value, _ in past])
    x = np.array([parse_month(bar.month) for bar in bars])
    p10, p25, p50, p75, p90 = np.array([(b.p10, b.p25, b.p50, b.p75, b.p90) for b in bars]).T
    closed = np.array([bar.p95 == bar.p5 for bar in bars])
    axes.plot(*with_breaks(months, values), color=HISTORY_COLOURS[line_status(finding)], linewidth=1.4)
    last_month, last_value = months[-1], values[-1]
    if closed.any():
        is_joined = x[0] == last_month + 1
        line = (
            (np.append(last_month, x[closed]), np.append(last_value, p50[closed]))
            if is_joined
            else (x[closed], p50[closed])
        )
        axes.plot(*line, color=INK, linewidth=1.6, marker="o", markersize=2.4, markevery=slice(int(is_joined), None))
        last_month, last_value = x[closed][-1], p50[closed][-1]
    if not closed.all():
        to_come = ~closed
        if x[to_come][0] == last_month + 1:  # the forecast begins where the books end
            axes.plot([last_month, x[to_come][0]], [last_value, p50[to_come][0]], color=MUTED, linewidth=0.9)
        axes.fill_between(x[to_come], p10[to_come], p90[to_come], color=BAND, linewidth=0)
        axes.fill_between(x[to_come], p25[to_come], p75[to_come], color=CORE, alpha=0.55, linewidth=0)
        axes.plot(x[to_come], p50[to_come], color=INK, linewidth=1.3, linestyle=(0, (4, 2)))
    end = int(x[-1]) + 1
    axes.set_xlim(first - 0.7, end - 0.3)
    totals = {year: total for year, total in year_totals.items() if first <= 12 * year and 12 * year + 12 <= end}
    fits = _totals_fit(axes, totals, scale)
    draw_amount_axis(axes, np.concatenate([values, p10, p90]), scale, head_ems=2.0 if fits else 0.5)
    draw_year_ticks(axes, first, end)
    if finding.last_closed:
        close = parse_month(finding.last_closed) + CLOSE_LINE
        low, high = axes.get_ylim()
        top = high - (2.0 * em_inches() / axes_size_inches(axes)[1]) * (high - low) if fits else high
        axes.plot([close, close], [low, top], color=INK, linewidth=1.2, linestyle=(0, (2, 2)), zorder=0.5)
    if fits:
        for year, total in totals.items():
            axes.text(
                12 * year + 5.5, 1.0, scale.number(total), transform=axes.get_xaxis_transform(), ha="center", va="top",
                weight="bold" if 12 * year >= x[0] - 11 else "normal", color=INK,
            )  # fmt: skip


def with_breaks(months: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Months and values of a line, with NaN between months that do not follow one another.

    Parameters
    ----------
    months, values : ndarray
        (months,) each, ascending.

    Returns
    -------
    tuple of ndarray
        Both with one more entry at each break.
    """
    breaks = np.flatnonzero(np.diff(months) > 1) + 1
    return np.insert(months.astype(float), breaks, np.nan), np.insert(values.astype(float), breaks, np.nan)


def line_status(finding: Months) -> str:
    """Weakest status of the past months: reconstructed before estimated or made up before actual."""
    statuses = {status for _, _, status in finding.history}
    return next(status for status in ("reconstructed", "example", "estimate", "actual") if status in statuses)


def _totals_fit(axes: Axes, totals: Mapping[int, float], scale: AmountScale) -> bool:
    """True where the totals of the years can be written side by side."""
    low, high = axes.get_xlim()
    room = 0.92 * 12 / (high - low) * axes_size_inches(axes)[0]
    texts: Sequence[str] = [scale.number(total) for total in totals.values()]
    return bool(texts) and max(text_width(text, weight="bold") for text in texts) <= room


def _legend_entries(finding: Months, t: Translator) -> tuple[list[Artist], list[str]]:
    """Marks of the legend and their texts, only for what is drawn."""
    status = line_status(finding)
    entries: list[tuple[Artist, str]] = [
        (Line2D([], [], color=HISTORY_COLOURS[status], linewidth=1.4), t(f"history_{status}"))
    ]
    if any(bar.p95 == bar.p5 for bar in finding.bars):
        text = t("months_closed_known" if finding.last_closed else "months_known")
        entries.append((Line2D([], [], color=INK, linewidth=1.6, marker="o", markersize=2.4), text))
    if any(bar.p95 != bar.p5 for bar in finding.bars):
        entries.append((Line2D([], [], color=INK, linewidth=1.3, linestyle=(0, (4, 2))), t("months_forecast")))
        entries.append((Patch(facecolor=CORE, alpha=0.55), t("months_core")))
        entries.append((Patch(facecolor=BAND), t("months_band")))
    return [artist for artist, _ in entries], [text for _, text in entries]
