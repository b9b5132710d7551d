"""Fans of several runs, one over another: the median of each month and P10 to P90."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from forecast.analysis.findings import Months
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale
from forecast.reports.charts.style import (
    FAINT,
    RUN_LINE_STYLES,
    Margin,
    axes_size_inches,
    draw_legend_above,
    text_width,
)
from forecast.reports.fonts import truncate_label

FAN_MARGIN = Margin(3.6, 0.8, 0.2, 1.8)
MAX_BANDS = 2
"""Runs whose bands can be told apart; the lines of more stand without bands."""


def draw_fan(axes: Axes, findings: Mapping[str, Months], t: Translator, scale: AmountScale) -> None:
    """Draw each run's median with its own dashes and the band from P10 to P90."""
    months = sorted({bar.month for finding in findings.values() for bar in finding.bars})
    position = {month: number for number, month in enumerate(months)}
    for number, (label, finding) in enumerate(findings.items()):
        colour, dashes = RUN_LINE_STYLES[number % len(RUN_LINE_STYLES)]
        x = [position[bar.month] for bar in finding.bars]
        if len(findings) <= MAX_BANDS:
            axes.fill_between(
                x, [b.p10 for b in finding.bars], [b.p90 for b in finding.bars], color=colour, alpha=0.13, linewidth=0
            )
        axes.plot(
            x, [b.p50 for b in finding.bars], color=colour, linestyle=dashes, linewidth=1.8, label=truncate_label(label)
        )
    axes.set_xlim(-0.3, len(months) - 0.7)
    month_width = axes_size_inches(axes)[0] / len(months)
    names = [t(f"month_{int(month[5:])}") for month in months]
    step = next((k for k in (1, 2, 3, 6, 12, 24) if max(map(text_width, names)) < 0.85 * month_width * k), 24)
    axes.set_xticks(range(0, len(months), step), names[::step])
    axes.yaxis.set_major_locator(MaxNLocator(5, prune=None))
    ticks = axes.get_yticks()
    tick_step = (ticks[1] - ticks[0]) / scale.factor if len(ticks) > 1 else 1.0
    decimals = next((d for d in range(4) if abs(round(tick_step, d) - tick_step) < 1e-6 * abs(tick_step)), 3)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: scale.number(y, decimals)))
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    draw_run_legend(axes)


def draw_run_legend(axes: Axes) -> None:
    """Draw the legend of the runs above the axes."""
    draw_legend_above(axes, *axes.get_legend_handles_labels(), handle_ems=2.8)
