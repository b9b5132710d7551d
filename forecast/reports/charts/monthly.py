"""Month by month in two tiers, in the notation of IBCS: the amounts from zero, and below them the change on the plan.

Last year is grey, the plan outlined, an actual month solid, a forecast hatched with its range beside it. The lower tier
has a scale of its own, so that a difference of some percent can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from forecast.analysis.findings import MonthBar, Months
from forecast.arrays import Floats
from forecast.i18n import Translator
from forecast.i18n.amounts import LESS_IS_BETTER, AmountScale
from forecast.reports.charts.rectangles import draw_columns
from forecast.reports.charts.rows import SMALL_TEXT_EMS
from forecast.reports.charts.style import (
    BAD,
    BAND,
    CORE,
    ESTIMATED,
    GOOD,
    INK,
    MUTED,
    PAPER,
    RECONSTRUCTED,
    SOLID,
    Margin,
    axes_size_inches,
    draw_legend_above,
    em_inches,
    fit_label,
    text_width,
)

MONTHLY_MARGIN = Margin(0.2, 0.2, 0.2, 0.2)
MonthBars = tuple[MonthBar, ...]
PREVIOUS_YEAR_COLOURS = {"actual": SOLID, "estimate": ESTIMATED, "example": ESTIMATED, "reconstructed": RECONSTRUCTED}
"""Colour of last year's bars by the status of their months."""
PALER_COLOURS = {SOLID: ESTIMATED, ESTIMATED: RECONSTRUCTED}
"""Colour of last year's bars beside closed months of this year, which are solid."""
PREVIOUS_YEAR_BAR, PLAN_BAR, MEDIAN_BAR, RANGE_STRIP = (-0.34, 0.24), (-0.06, 0.36), (0.14, 0.38), (0.425, 0.11)
"""Centre and width, in months, of last year, the plan, the forecast's median and its range."""
CHANGE_BAR = (0.0, 0.5)
"""Centre and width, in months, of a change on the plan."""
CLOSE_LINE = 0.515
"""Distance of the line after the last closed month from its middle, in months."""
UPPER_SHARE = 0.6
"""Share of the height that the upper tier takes."""
FIGURE_EMS, GAP_EMS = 1.25, 0.25
"""Heights of a row of figures and of the white between it and its bar, in heights of the text."""
MIN_TWO_TIERS_EMS = 10
"""Height of the chart, in heights of the text, from which it has the lower tier."""
FIGURE_WIDTH = 0.92
"""Share of a month that its figure may take."""


class _Tier(NamedTuple):
    """Where a tier stands on the axes, whose y is in inches from the bottom."""

    zero: float
    """Y of the value 0."""
    per_unit: float
    """Inches of a unit."""

    def y(self, value: float) -> float:
        """Y of a value, in inches."""
        return self.zero + self.per_unit * value

    def rows(self, values: Sequence[Sequence[float]]) -> Floats:
        """Y of values, (values of a month, months), in inches."""
        return np.asarray(self.zero + self.per_unit * np.array(values, float).T)


@dataclass(frozen=True)
class _Figures:
    """Figures above or below bars, as they are printed."""

    texts: list[str]
    """One a month, empty where there is no room."""
    size: float
    """Points."""


def draw_monthly(axes: Axes, finding: Months, t: Translator, scale: AmountScale) -> None:
    """Draw the months; the strip at the right of each is P10 to P90 and, darker, P25 to P75."""
    draw_legend_above(axes, *_legend_entries(finding, t))
    bars = finding.bars
    changes, is_of_plan = month_changes(finding)
    width, height = axes_size_inches(axes)
    axes.set_xlim(-0.56, len(bars) - 0.44)
    axes.set_ylim(-1 / 72, height)  # a point of room for the line at zero
    axes.set_xticks([])
    axes.set_yticks([])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    month_width, em = width / (len(bars) + 0.12), em_inches()
    has_changes = height > MIN_TWO_TIERS_EMS * em and any(change is not None for change in changes)
    names_height = (2.4 if _has_several_years(bars) else 1.45) * em
    upper_floor = names_height + ((1 - UPPER_SHARE) * height - names_height if has_changes else 0.0)
    upper = _upper_tier(bars, upper_floor, height)
    _draw_previous_year(axes, finding, upper)
    _draw_plan(axes, bars, upper)
    _draw_forecast(axes, bars, upper)
    axes.plot([-0.56, len(bars) - 0.44], [upper.zero] * 2, color=INK, linewidth=0.9)
    _draw_medians(axes, bars, scale, upper, month_width)
    _draw_month_names(axes, bars, t, upper_floor - 0.2 * em, month_width)
    lower_top = upper_floor - names_height
    if has_changes:
        _draw_changes(axes, finding, changes, is_of_plan, lower_top, t, scale)
    _draw_close(axes, finding, upper_floor, height)


def month_changes(finding: Months) -> tuple[list[float | None], bool]:
    """Return the median of each month less its plan, (months,), or less last year where there is no plan, and which."""
    is_of_plan = any(bar.plan is not None for bar in finding.bars)
    references = [bar.plan if is_of_plan else bar.previous_year for bar in finding.bars]
    changes = [
        None if reference is None else bar.p50 - reference
        for bar, reference in zip(finding.bars, references, strict=True)
    ]
    return changes, is_of_plan


def _upper_tier(bars: MonthBars, floor: float, top: float) -> _Tier:
    """The tier of the amounts, with room for the figures above it."""
    high = max(0.0, *(max(bar.p90, bar.p50, bar.plan or 0, bar.previous_year or 0) for bar in bars))
    low = min(0.0, *(min(bar.p10, bar.p50, bar.plan or 0, bar.previous_year or 0) for bar in bars))
    room = top - floor - (FIGURE_EMS + GAP_EMS) * em_inches()
    per_unit = max(room, em_inches()) / ((high - low) or 1.0)
    return _Tier(floor - low * per_unit, per_unit)


def _previous_year_colours(finding: Months) -> dict[str, str]:
    """Colour by status of a month of last year."""
    if not finding.last_closed:
        return PREVIOUS_YEAR_COLOURS
    return {status: PALER_COLOURS.get(colour, colour) for status, colour in PREVIOUS_YEAR_COLOURS.items()}


def _draw_previous_year(axes: Axes, finding: Months, tier: _Tier) -> None:
    bars, statuses = finding.bars, finding.previous_year_statuses
    for status, colour in _previous_year_colours(finding).items():
        amounts = [
            (position, bars[position].previous_year)
            for position, bar_status in enumerate(statuses)
            if bar_status == status
        ]
        if amounts:
            position, values = np.array(amounts, float).T
            centre, bar_width = PREVIOUS_YEAR_BAR
            draw_columns(axes, position + centre, tier.per_unit * values, bar_width, tier.zero, facecolor=colour)


def _draw_plan(axes: Axes, bars: MonthBars, tier: _Tier) -> None:
    amounts = [(position, bar.plan) for position, bar in enumerate(bars) if bar.plan is not None]
    if amounts:
        position, values = np.array(amounts, float).T
        centre, bar_width = PLAN_BAR
        outline = {"facecolor": PAPER, "edgecolor": INK, "linewidth": 0.9}
        draw_columns(axes, position + centre, tier.per_unit * values, bar_width, tier.zero, **outline)


def _draw_forecast(axes: Axes, bars: MonthBars, tier: _Tier) -> None:
    """Draw known months solid, the others hatched, each with its range."""
    for is_known in (True, False):
        selected = [(position, bar) for position, bar in enumerate(bars) if (bar.p95 == bar.p5) == is_known]
        if not selected:
            continue
        x = np.array([position for position, _ in selected], float)
        p10, p25, p50, p75, p90 = tier.rows([(b.p10, b.p25, b.p50, b.p75, b.p90) for _, b in selected])
        hatch, colour = (None, SOLID) if is_known else ("/////", PAPER)
        look = {"facecolor": colour, "edgecolor": INK, "linewidth": 0.9, "hatch": hatch}
        draw_columns(axes, x + MEDIAN_BAR[0], p50 - tier.zero, MEDIAN_BAR[1], tier.zero, **look)
        if not is_known:
            x, half = x + RANGE_STRIP[0], RANGE_STRIP[1] / 2
            draw_columns(axes, x, p90 - p10, RANGE_STRIP[1], p10, facecolor=BAND)
            draw_columns(axes, x, p75 - p25, RANGE_STRIP[1], p25, facecolor=CORE)
            gaps = np.full(len(x), np.nan)
            ends = np.column_stack([x - half, x + half, gaps]).ravel(), np.column_stack([p50, p50, gaps]).ravel()
            axes.plot(*ends, color=PAPER, linewidth=1.1, solid_capstyle="butt")


def _draw_close(axes: Axes, finding: Months, floor: float, top: float) -> None:
    """Draw a line after the last closed month; all months before it are closed."""
    months = [bar.month for bar in finding.bars]
    if finding.last_closed in months:
        x = months.index(finding.last_closed) + CLOSE_LINE
        axes.plot([x, x], [floor, top], color=INK, linewidth=1.2, linestyle=(0, (2, 2)), zorder=0.5)


def _fit_figures(
    values: Sequence[float | None], write: Callable[[float, int], str], decimals: int, room: float
) -> _Figures:
    """Write the figures of months with as many decimals, and as large, as fit `room` inches, else only some of them."""
    points = float(matplotlib.rcParams["font.size"])
    known = [value for value in values if value is not None]
    attempts = [(places, size) for places in range(decimals, -1, -1) for size in (points, SMALL_TEXT_EMS * points)]
    for places, size in attempts:
        if max(text_width(write(value, places), size) for value in known) <= room:
            return _Figures(["" if value is None else write(value, places) for value in values], size)
    return _some_figures(values, write, decimals, room, SMALL_TEXT_EMS * points)


def _some_figures(
    values: Sequence[float | None], write: Callable[[float, int], str], decimals: int, room: float, size: float
) -> _Figures:
    """Write the highest and the lowest figure, then the first and the last, where they stand clear of one another."""
    positions = [position for position, value in enumerate(values) if value is not None]
    by_value = sorted(positions, key=lambda position: values[position] or 0.0)
    texts = [""] * len(values)
    month_width = room / FIGURE_WIDTH
    for position in dict.fromkeys((by_value[-1], by_value[0], positions[0], positions[-1])):
        text = write(values[position] or 0.0, decimals)
        reach = text_width(text, size) / month_width
        if all(abs(position - other) > 1.1 * reach for other, written in enumerate(texts) if written):
            texts[position] = text
    return _Figures(texts, size)


def _centre(position: int, text: str, size: float, month_width: float, count: int) -> float:
    """Middle of a figure of a month, moved inwards where it would leave the axes."""
    half = text_width(text, size) / month_width / 2
    return min(max(position, half - 0.5), count - 0.5 - half)


def _beside(position: int, text: str, size: float, month_width: float) -> slice:
    """Months over or under which a figure reaches, which may have been moved inwards from the edge."""
    months = text_width(text, size) / month_width
    reach = ceil(months) if months > 1 else 0
    return slice(max(0, position - reach), position + reach + 1)


def _draw_medians(axes: Axes, bars: MonthBars, scale: AmountScale, tier: _Tier, month_width: float) -> None:
    """Write the medians above what is highest in a month."""
    figures = _fit_figures([bar.p50 for bar in bars], scale.number, scale.decimals, FIGURE_WIDTH * month_width)
    for position, text in enumerate(figures.texts):
        if text:
            beside = bars[_beside(position, text, figures.size, month_width)]
            highest = max(max(b.p90, b.plan or 0, b.p50, b.previous_year or 0, 0) for b in beside)
            y = tier.y(highest) + GAP_EMS * em_inches()
            x = _centre(position, text, figures.size, month_width, len(bars))
            axes.text(x, y, text, ha="center", va="bottom", color=INK, size=figures.size)


def _has_several_years(bars: MonthBars) -> bool:
    return len({bar.month[:4] for bar in bars}) > 1


def _draw_month_names(axes: Axes, bars: MonthBars, t: Translator, top: float, month_width: float) -> None:
    """Write the names of the months, and below them the years where there are several."""
    names = [t(f"month_{int(bar.month[5:])}") for bar in bars]
    if max(map(text_width, names)) > 0.9 * month_width:
        names = [str(int(bar.month[5:])) for bar in bars]
    step = next((k for k in (1, 2, 3, 6, 12, 24) if max(map(text_width, names)) < 0.9 * month_width * k), 24)
    first = next((position for position, bar in enumerate(bars) if bar.month.endswith("-01")), 0) % step
    for position in range(first, len(bars), step):
        axes.text(position + 0.05, top, names[position], ha="center", va="top", color=INK)
    last_year_position = -1e9
    for position, bar in enumerate(bars if _has_several_years(bars) else ()):
        is_clear = (position - last_year_position) * month_width > 1.4 * text_width("2021")
        if (position == 0 or bar.month.endswith("-01")) and is_clear:
            axes.text(position - 0.45, top - 1.1 * em_inches(), bar.month[:4], ha="left", va="top", color=MUTED)
            last_year_position = position


def _draw_changes(
    axes: Axes,
    finding: Months,
    changes: Sequence[float | None],
    is_of_plan: bool,
    top: float,
    t: Translator,
    scale: AmountScale,
) -> None:
    """Draw the lower tier: its head, the changes red or blue, and their signed figures."""
    width, _ = axes_size_inches(axes)
    em, month_width = em_inches(), width / (len(changes) + 0.12)
    head = t("months_change_plan" if is_of_plan else "months_change_year", unit=scale.unit)
    axes.text(-0.5, top - 0.15 * em, fit_label(head, width), ha="left", va="top", color=INK, weight="bold")
    known = [change for change in changes if change is not None]
    largest = max(map(abs, known)) / scale.factor
    decimals = 0 if largest >= 20 else 1 if largest >= 0.95 else 2 if largest >= 0.095 else 3
    figures = _fit_figures(changes, scale.signed_number, decimals, FIGURE_WIDTH * month_width)
    high, low = max(0.0, *known, 0.0), min(0.0, *known, 0.0)
    figure_height = (FIGURE_EMS * figures.size / float(matplotlib.rcParams["font.size"]) + GAP_EMS) * em
    room_above, room_below = figure_height * (high > 0), figure_height * (low < 0)
    extent = max(top - 1.6 * em - room_above - room_below, 0.3 * em)
    per_unit = extent / ((high - low) or 1.0)
    tier = _Tier(room_below - low * per_unit, per_unit)
    less_is_better = finding.measure.partition(".")[0] in LESS_IS_BETTER
    for is_good, colour in ((True, GOOD), (False, BAD)):
        for is_known in (True, False):
            chosen = [
                (position, change)
                for position, (change, bar) in enumerate(zip(changes, finding.bars, strict=True))
                if change and ((change > 0) != less_is_better) == is_good and (bar.p95 == bar.p5) == is_known
            ]
            if chosen:
                x, values = np.array(chosen, float).T
                face, hatch = (colour, None) if is_known else (PAPER, "/////")
                look = {"facecolor": face, "edgecolor": colour, "linewidth": 0.9, "hatch": hatch}
                draw_columns(axes, x + CHANGE_BAR[0], per_unit * values, CHANGE_BAR[1], tier.zero, **look)
    axes.plot([-0.56, len(changes) - 0.44], [tier.zero] * 2, color=INK, linewidth=0.9)
    known_changes = [change or 0.0 for change in changes]
    for position, (change, text) in enumerate(zip(changes, figures.texts, strict=True)):
        if text and change is not None:
            sign = -1 if change < 0 else 1
            beside = known_changes[_beside(position, text, figures.size, month_width)]
            edge = min(0.0, *beside) if change < 0 else max(0.0, *beside)
            x = _centre(position, text, figures.size, month_width, len(changes))
            axes.text(
                x, tier.y(edge) + sign * 0.8 * GAP_EMS * em, text, ha="center",
                va="top" if change < 0 else "bottom", size=figures.size,
                color=GOOD if (change > 0) != less_is_better else BAD,
            )  # fmt: skip


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
