"""Month by month, in the notation of IBCS: last year solid, the plan outlined, the forecast hatched with its fan."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
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
"""Face of last year's bars by what is known of them; the key names each."""
PREVIOUS_YEAR_BAR, PLAN_BAR, MEDIAN_BAR, FAN_STRIP = (-0.33, 0.24), (-0.02, 0.34), (0.16, 0.38), (0.425, 0.11)
"""Centre and width, in months, of last year, the plan, the forecast's middle and its fan."""


def draw_monthly(axes: Axes, finding: Months, words: Translator, scale: AmountScale) -> None:
    """Months as bars from zero; the strip at the right of each is the middle 8 in 10 and, darker, the middle half."""
    draw_legend_above(axes, *_legend_entries(finding, words))
    crowded = len(finding.bars) > 18
    _draw_previous_year(axes, finding.bars, finding.previous_year_statuses)
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
    if not crowded:
        _draw_amounts(axes, finding.bars, scale, top - low)
    _draw_month_names(axes, finding.bars, words)


def _draw_previous_year(axes: Axes, bars: MonthBars, statuses: Sequence[str]) -> None:
    for status, face in PREVIOUS_YEAR_COLOURS.items():
        shown = [(at, bars[at].previous_year) for at, known in enumerate(statuses) if known == status]
        if shown:
            at, heights = zip(*shown, strict=True)
            axes.bar(np.add(at, PREVIOUS_YEAR_BAR[0]), heights, PREVIOUS_YEAR_BAR[1], color=face, linewidth=0)


def _draw_plan(axes: Axes, bars: MonthBars) -> None:
    shown = [(at, bar.plan) for at, bar in enumerate(bars) if bar.plan is not None]
    if shown:
        at, heights = zip(*shown, strict=True)
        axes.bar(np.add(at, PLAN_BAR[0]), heights, PLAN_BAR[1], facecolor=PAPER, edgecolor=INK, linewidth=0.9)


def _draw_forecast(axes: Axes, bars: MonthBars) -> None:
    """Known months solid; the others hatched, each with its fan."""
    for known in (True, False):
        shown = [(at, bar) for at, bar in enumerate(bars) if (bar.p95 == bar.p5) == known]
        if not shown:
            continue
        x = np.array([at for at, _ in shown], float)
        p10, p25, p50, p75, p90 = np.array([(b.p10, b.p25, b.p50, b.p75, b.p90) for _, b in shown]).T
        hatch, face = (None, SOLID) if known else ("/////", PAPER)
        axes.bar(x + MEDIAN_BAR[0], p50, MEDIAN_BAR[1], facecolor=face, edgecolor=INK, linewidth=0.9, hatch=hatch)
        if not known:
            axes.bar(x + FAN_STRIP[0], p90 - p10, FAN_STRIP[1], bottom=p10, color=BAND, linewidth=0)
            axes.bar(x + FAN_STRIP[0], p75 - p25, FAN_STRIP[1], bottom=p25, color=CORE, linewidth=0)
            axes.hlines(
                p50,
                x + FAN_STRIP[0] - FAN_STRIP[1] / 2,
                x + FAN_STRIP[0] + FAN_STRIP[1] / 2,
                color=PAPER,
                linewidth=1.1,
            )


def _draw_amounts(axes: Axes, bars: tuple[MonthBar, ...], scale: AmountScale, span: float) -> None:
    wide, high = axes_size_inches(axes)
    room = wide / (len(bars) + 0.3)
    decimals = scale.decimals
    while decimals and max(text_width(scale.number(bar.p50, decimals)) for bar in bars) > 0.94 * room:
        decimals -= 1
    if max(text_width(scale.number(bar.p50, decimals)) for bar in bars) > 0.94 * room:
        return
    for at, bar in enumerate(bars):
        over = max(bar.p90, bar.plan or 0, bar.p50, bar.previous_year or 0, 0) + 0.25 * em_inches() / high * span
        axes.text(at + 0.12, over, scale.number(bar.p50, decimals), ha="center", va="bottom", color=INK)


def _draw_month_names(axes: Axes, bars: tuple[MonthBar, ...], words: Translator) -> None:
    room = axes_size_inches(axes)[0] / (len(bars) + 0.3)
    names = [words(f"month_{int(bar.month[5:])}") for bar in bars]
    if max(map(text_width, names)) > 0.85 * room:
        names = [str(int(bar.month[5:])) for bar in bars]
    every = next((k for k in (1, 2, 3, 6, 12, 24) if max(map(text_width, names)) < 0.85 * room * k), 24)
    shown = range(0, len(bars), every)
    axes.set_xticks([at + 0.05 for at in shown], [names[at] for at in shown])
    size = float(matplotlib.rcParams["font.size"])
    previous = -1e9
    for at, bar in enumerate(bars):
        if (at == 0 or bar.month.endswith("-01")) and (at - previous) * room > 1.4 * text_width("2021"):
            axes.annotate(
                bar.month[:4], (at + 0.05, 0), (0, -1.75 * size), xycoords=("data", "axes fraction"),
                textcoords="offset points", ha="center", va="top", color=MUTED, size=size * 0.9,
            )  # fmt: skip
            previous = at


def _legend_entries(finding: Months, words: Translator) -> tuple[list[Artist], list[str]]:
    """Patches and what they stand for: only of what is drawn."""
    found: list[tuple[Artist, str]] = []
    found += [
        (Patch(facecolor=PREVIOUS_YEAR_COLOURS[one]), words(f"months_{one}"))
        for one in PREVIOUS_YEAR_COLOURS
        if one in finding.previous_year_statuses
    ]
    if any(bar.plan is not None for bar in finding.bars):
        found.append((Patch(facecolor=PAPER, edgecolor=INK), words("months_plan")))
    if any(bar.p95 == bar.p5 for bar in finding.bars):
        found.append((Patch(facecolor=SOLID, edgecolor=INK), words("months_known")))
    if any(bar.p95 != bar.p5 for bar in finding.bars):
        found.append((Patch(facecolor=PAPER, edgecolor=INK, hatch="/////"), words("months_forecast")))
        found.append((Patch(facecolor=BAND), words("months_band")))
        found.append((Patch(facecolor=CORE), words("months_core")))
    return [artist for artist, _ in found], [text for _, text in found]
