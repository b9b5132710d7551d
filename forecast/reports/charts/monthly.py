"""Month by month, in the notation of IBCS: last year solid, the plan outlined, the forecast hatched with its fan."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from forecast.analysis.findings import MonthBar, Months
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale
from forecast.reports.charts.style import (
    BAND,
    CORE,
    ESTIMATED,
    INK,
    MUTED,
    PAPER,
    RECONSTRUCTED,
    SOLID,
    Margin,
    axes_size_inches,
    draw_legend_above,
    em_inches,
    text_width,
)

MONTHLY_MARGIN = Margin(0.2, 0.2, 0.2, 2.6)
MonthBars = tuple[MonthBar, ...]
PREVIOUS_YEAR_COLOURS = {"actual": SOLID, "estimate": ESTIMATED, "example": ESTIMATED, "reconstructed": RECONSTRUCTED}
"""Colour of last year's bars by the status of their months."""
PALER_COLOURS = {SOLID: ESTIMATED, ESTIMATED: RECONSTRUCTED}
"""Colour of last year's bars beside closed months of this year, which are solid."""
PREVIOUS_YEAR_BAR, PLAN_BAR, MEDIAN_BAR, FAN_STRIP = (-0.33, 0.24), (-0.02, 0.34), (0.16, 0.38), (0.425, 0.11)
"""Centre and width, in months, of last year, the plan, the forecast's median and its fan."""
CLOSE_LINE = 0.515
"""Distance of the line after the last closed month from its middle, in months."""


def draw_monthly(axes: Axes, finding: Months, t: Translator, scale: AmountScale) -> None:
    """Draw months as bars from zero; the strip at the right of each is P10 to P90 and, darker, P25 to P75."""
    draw_legend_above(axes, *_legend_entries(finding, t))
    is_crowded = len(finding.bars) > 18
    _draw_previous_year(axes, finding)
    _draw_plan(axes, finding.bars)
    _draw_forecast(axes, finding.bars)
    top = max(max(bar.p90, bar.plan or 0, bar.previous_year or 0) for bar in finding.bars)
    low = min(0.0, min(bar.p10 for bar in finding.bars))
    high = top + (top - low) * 1.5 * em_inches() / axes_size_inches(axes)[1]
    axes.set_ylim(low * 1.05, high * 1.02)
    axes.set_xlim(-0.6, len(finding.bars) - 0.42)
    axes.axhline(0, color=INK, linewidth=0.9)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_yticks([])
    if not is_crowded:
        _draw_amounts(axes, finding.bars, scale, top - low)
    _draw_month_names(axes, finding.bars, t)
    _draw_close(axes, finding)


def _previous_year_colours(finding: Months) -> dict[str, str]:
    """Colour by status of a month of last year."""
    if not finding.last_closed:
        return PREVIOUS_YEAR_COLOURS
    return {status: PALER_COLOURS.get(colour, colour) for status, colour in PREVIOUS_YEAR_COLOURS.items()}


def _draw_previous_year(axes: Axes, finding: Months) -> None:
    bars, statuses = finding.bars, finding.previous_year_statuses
    for status, colour in _previous_year_colours(finding).items():
        bars_of_status = [
            (position, bars[position].previous_year)
            for position, bar_status in enumerate(statuses)
            if bar_status == status
        ]
        if bars_of_status:
            position, heights = zip(*bars_of_status, strict=True)
            axes.bar(np.add(position, PREVIOUS_YEAR_BAR[0]), heights, PREVIOUS_YEAR_BAR[1], color=colour, linewidth=0)


def _draw_plan(axes: Axes, bars: MonthBars) -> None:
    planned_bars = [(position, bar.plan) for position, bar in enumerate(bars) if bar.plan is not None]
    if planned_bars:
        position, heights = zip(*planned_bars, strict=True)
        axes.bar(np.add(position, PLAN_BAR[0]), heights, PLAN_BAR[1], facecolor=PAPER, edgecolor=INK, linewidth=0.9)


def _draw_forecast(axes: Axes, bars: MonthBars) -> None:
    """Draw known months solid, the others hatched, each with its fan."""
    for is_known in (True, False):
        selected = [(position, bar) for position, bar in enumerate(bars) if (bar.p95 == bar.p5) == is_known]
        if not selected:
            continue
        x = np.array([position for position, _ in selected], float)
        p10, p25, p50, p75, p90 = np.array([(b.p10, b.p25, b.p50, b.p75, b.p90) for _, b in selected]).T
        hatch, colour = (None, SOLID) if is_known else ("/////", PAPER)
        axes.bar(x + MEDIAN_BAR[0], p50, MEDIAN_BAR[1], facecolor=colour, edgecolor=INK, linewidth=0.9, hatch=hatch)
        if not is_known:
            axes.bar(x + FAN_STRIP[0], p90 - p10, FAN_STRIP[1], bottom=p10, color=BAND, linewidth=0)
            axes.bar(x + FAN_STRIP[0], p75 - p25, FAN_STRIP[1], bottom=p25, color=CORE, linewidth=0)
            axes.hlines(
                p50,
                x + FAN_STRIP[0] - FAN_STRIP[1] / 2,
                x + FAN_STRIP[0] + FAN_STRIP[1] / 2,
                color=PAPER,
                linewidth=1.1,
            )


def _draw_close(axes: Axes, finding: Months) -> None:
    """Draw a line after the last closed month; all months before it are closed."""
    months = [bar.month for bar in finding.bars]
    if finding.last_closed in months:
        position = months.index(finding.last_closed) + CLOSE_LINE
        axes.axvline(position, color=INK, linewidth=1.2, linestyle=(0, (2, 2)), zorder=0.5)


def _draw_amounts(axes: Axes, bars: tuple[MonthBar, ...], scale: AmountScale, y_range: float) -> None:
    width, height = axes_size_inches(axes)
    month_width = width / (len(bars) + 0.3)
    decimals = scale.decimals
    while decimals and max(text_width(scale.number(bar.p50, decimals)) for bar in bars) > 0.94 * month_width:
        decimals -= 1
    if max(text_width(scale.number(bar.p50, decimals)) for bar in bars) > 0.94 * month_width:
        return
    for position, bar in enumerate(bars):
        y = max(bar.p90, bar.plan or 0, bar.p50, bar.previous_year or 0, 0) + 0.25 * em_inches() / height * y_range
        axes.text(position + 0.12, y, scale.number(bar.p50, decimals), ha="center", va="bottom", color=INK)


def _draw_month_names(axes: Axes, bars: tuple[MonthBar, ...], t: Translator) -> None:
    month_width = axes_size_inches(axes)[0] / (len(bars) + 0.3)
    names = [t(f"month_{int(bar.month[5:])}") for bar in bars]
    if max(map(text_width, names)) > 0.85 * month_width:
        names = [str(int(bar.month[5:])) for bar in bars]
    step = next((k for k in (1, 2, 3, 6, 12, 24) if max(map(text_width, names)) < 0.85 * month_width * k), 24)
    tick_positions = range(0, len(bars), step)
    axes.set_xticks([position + 0.05 for position in tick_positions], [names[position] for position in tick_positions])
    size = float(matplotlib.rcParams["font.size"])
    last_year_position = -1e9
    for position, bar in enumerate(bars):
        if (position == 0 or bar.month.endswith("-01")) and (
            position - last_year_position
        ) * month_width > 1.4 * text_width("2021"):
            axes.annotate(
                bar.month[:4], (position + 0.05, 0), (0, -1.75 * size), xycoords=("data", "axes fraction"),
                textcoords="offset points", ha="center", va="top", color=MUTED, size=size * 0.9,
            )  # fmt: skip
            last_year_position = position


def _legend_entries(finding: Months, t: Translator) -> tuple[list[Artist], list[str]]:
    """Return the patches of the legend and their texts, only for what is drawn."""
    entries: list[tuple[Artist, str]] = []
    entries += [
        (Patch(facecolor=colour), t(f"months_{status}"))
        for status, colour in _previous_year_colours(finding).items()
        if status in finding.previous_year_statuses
    ]
    if any(bar.plan is not None for bar in finding.bars):
        text = t("months_closed_plan" if finding.last_closed else "months_plan")
        entries.append((Patch(facecolor=PAPER, edgecolor=INK), text))
    if any(bar.p95 == bar.p5 for bar in finding.bars):
        text = t("months_closed_known" if finding.last_closed else "months_known")
        entries.append((Patch(facecolor=SOLID, edgecolor=INK), text))
    if any(bar.p95 != bar.p5 for bar in finding.bars):
        entries.append((Patch(facecolor=PAPER, edgecolor=INK, hatch="/////"), t("months_forecast")))
        entries.append((Patch(facecolor=BAND), t("months_band")))
        entries.append((Patch(facecolor=CORE), t("months_core")))
    if finding.last_closed:
        entries.append((Line2D([], [], color=INK, linewidth=1.2, linestyle=(0, (2, 2))), t("months_close")))
    return [artist for artist, _ in entries], [text for _, text in entries]
