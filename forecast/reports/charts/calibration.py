"""Calibration of past forecasts: the share of actual months in each tenth of the forecast distribution."""

from __future__ import annotations

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from forecast.i18n import Translator
from forecast.i18n.amounts import whole_percent
from forecast.reports.charts.style import CORE, FAINT, INK, RECONSTRUCTED, Margin, draw_legend_above
from forecast.timeseries.evaluation.scores import Calibration

CALIBRATION_MARGIN = Margin(3.2, 0.8, 0.2, 2.0)


def draw_calibration(axes: Axes, finding: Calibration, t: Translator) -> None:
    """Draw ten bars, of equal height where calibration is perfect; the two outermost lie outside P10 to P90."""
    count = len(finding.shares)
    colours = [RECONSTRUCTED if position in (0, count - 1) else CORE for position in range(count)]
    axes.bar([position + 0.5 for position in range(count)], finding.shares, width=0.86, color=colours)
    axes.plot([0, count], [1 / count] * 2, color=INK, linewidth=1.1, linestyle="--")
    top = max(*finding.shares, 1.5 / count) * 1.08
    axes.set_xlim(0, count)
    axes.set_ylim(0, top)
    ticks = [
        share / 100 for share in range(0, 100, 5 if top <= 0.25 else 10 if top <= 0.5 else 20) if share / 100 < top
    ]
    axes.set_yticks(ticks, [t.percent(share) for share in ticks])
    axes.set_xticks(
        [0, count / 2, count],
        [t("calibration_low"), t("calibration_middle"), t("calibration_high")],
    )
    first, _, last = axes.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    handles: list[Artist] = [
        Patch(color=CORE), Patch(color=RECONSTRUCTED), Line2D([], [], color=INK, linewidth=1.1, linestyle="--")
    ]  # fmt: skip
    inside, outside = whole_percent(finding.coverage80, t), whole_percent(1 - finding.coverage80, t)
    labels = [
        t("calibration_inside", share=inside),
        t("calibration_outside", share=outside),
        t("calibration_even"),
    ]
    draw_legend_above(axes, handles, labels)
