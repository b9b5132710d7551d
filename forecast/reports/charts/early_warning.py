"""Early warning: levels of the year to date at which the chance of the target falls, beside its forecast range."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes

from forecast.analysis.triggers import EarlyWarning, TriggerMonth
from forecast.arrays import Floats, Ints
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, exact_percent
from forecast.reports.charts.point_label import PointLabelStyle, Polyline, draw_point_label
from forecast.reports.charts.rows import SMALL_TEXT_EMS
from forecast.reports.charts.style import BAD, BAND, FAINT, INK, MUTED, Margin, axes_size_inches, text_width

EARLY_WARNING_MARGIN = Margin(3.4, 0.6, 0.6, 2.9)
LEVEL_STYLES = ("-", (0, (2, 1.5)))
"""Lines of the levels, the higher chance first."""
LEVEL_FIGURE_SIDES = ((0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1))
MAX_TICK_DECIMALS = 4
MAX_FIGURES = 4
"""Amounts that are written on a line."""


def draw_early_warning(
    axes: Axes, finding: EarlyWarning, t: Translator, scale: AmountScale, month_names: Sequence[str]
) -> None:
    """Draw the levels as distances from the median of the year to date, over its range from P10 to P90."""
    months = finding.months
    x = np.arange(len(months))
    middle = np.array([month.outlook[1] for month in months])
    band = np.array([[month.outlook[0], month.outlook[2]] for month in months]).T - middle
    lines = [_line(months, number, middle) for number in range(len(months[0].levels))]
    drawn = np.concatenate([band.ravel(), [0.0], *(line[~np.isnan(line)] for line in lines)]) / scale.factor
    pad = 0.14 * float(np.ptp(drawn))
    axes.set_ylim(drawn.min() - pad, drawn.max() + 0.5 * pad)
    axes.set_xlim(-0.5, len(months) - 0.5)
    axes.fill_between(x, band[0] / scale.factor, band[1] / scale.factor, color=BAND, alpha=0.55, linewidth=0)
    axes.axhline(0, color=INK, linewidth=0.9)
    paths: list[Polyline] = [(x.tolist(), [0.0] * len(x))]
    paths += [(x.tolist(), (line / scale.factor).tolist()) for line in lines]
    for line, style in zip(lines, LEVEL_STYLES * len(lines), strict=False):
        axes.plot(x, line / scale.factor, color=BAD, linewidth=1.6, linestyle=style, marker="o", markersize=3)
    _draw_level_figures(axes, finding, lines, paths, t, scale)
    _draw_axes(axes, month_names, scale, t)


def _line(months: Sequence[TriggerMonth], number: int, middle: Floats) -> Floats:
    """(months,) distances of a level from the median; NaN where it is not known."""
    levels = [month.levels[number] for month in months]
    values = [level.level.value if level.level is not None and level.tells else np.nan for level in levels]
    distances: Floats = np.array(values) - middle
    return distances


def _draw_level_figures(
    axes: Axes,
    finding: EarlyWarning,
    lines: Sequence[Floats],
    paths: list[Polyline],
    t: Translator,
    scale: AmountScale,
) -> None:
    """Write what each line stands for at its end, and its amounts at some months."""
    for number, line in enumerate(lines):
        known = np.flatnonzero(~np.isnan(line))
        if not known.size:
            continue
        chance = exact_percent(finding.months[0].levels[number].chance, t)
        last = int(known[-1])
        style = PointLabelStyle(BAD, "bold")
        for row in _figure_rows(known):
            level = finding.months[row].levels[number].level
            assert level is not None  # known
            amount = scale.number(level.value, max(1, scale.decimals))
            text = f"{chance}: {amount}" if row == last else amount
            sides = LEVEL_FIGURE_SIDES if number else tuple((a, -b) for a, b in LEVEL_FIGURE_SIDES)
            paths.append(draw_point_label(axes, (row, line[row] / scale.factor), text, paths, style, sides))
            style = PointLabelStyle(BAD, "normal")


def _figure_rows(known: Ints) -> list[int]:
    """Months whose amounts are written, the last first: evenly spread, and the last."""
    chosen = np.unique(np.linspace(0, len(known) - 1, min(MAX_FIGURES, len(known))).round().astype(int))
    return [int(known[place]) for place in chosen[::-1]]


def _draw_axes(axes: Axes, month_names: Sequence[str], scale: AmountScale, t: Translator) -> None:
    size = SMALL_TEXT_EMS * float(matplotlib.rcParams["font.size"])
    ticks = [tick for tick in axes.get_yticks() if axes.get_ylim()[0] <= tick <= axes.get_ylim()[1]]
    decimals = next((d for d in range(MAX_TICK_DECIMALS) if np.allclose(np.round(ticks, d), ticks)), MAX_TICK_DECIMALS)
    names = [scale.signed_number(tick * scale.factor, decimals) if tick else "0" for tick in ticks]
    axes.set_yticks(ticks, names, color=MUTED)
    for tick in ticks:
        axes.axhline(tick, color=FAINT, linewidth=0.6, zorder=0)
    width = axes_size_inches(axes)[0] / len(month_names)
    step = next((k for k in (1, 2, 3, 6) if max(map(text_width, month_names)) < 0.92 * k * width), 12)
    places = range(0, len(month_names), step)
    axes.set_xticks(list(places), [month_names[place] for place in places])
    axes.set_xlabel(t("early_warning_axis"), size=size, color=MUTED, labelpad=2)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
