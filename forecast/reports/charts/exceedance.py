"""Exceedance curves: the chance of at least X, of one run with its target or of several runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from forecast.analysis.findings import Exceedance
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, exact_percent, whole_percent
from forecast.reports.charts.fan import draw_run_legend
from forecast.reports.charts.point_label import PointLabelStyle, Polyline, draw_point_label
from forecast.reports.charts.style import (
    BAD,
    CORE,
    FAINT,
    GOOD,
    INK,
    PAPER,
    RUN_LINE_STYLES,
    Margin,
    axes_size_inches,
    wrap_text,
)
from forecast.reports.fonts import truncate_label

EXCEEDANCE_MARGIN = Margin(3.6, 1.4, 0.6, 1.9)
EXCEEDANCES_MARGIN = Margin(3.6, 1.4, 0.2, 1.9)
LEFT_CHANCES, RIGHT_CHANCES = (0.3, 0.12, 0.42), (0.55, 0.82, 0.68)
"""Chances at which the labels of falling curves stand, that of the outermost first: there is room below and above."""
MAX_LABEL_SHARE = 0.27
"""Width of the label of a curve, as a share of the chart."""


def draw_exceedance(
    axes: Axes,
    finding: Exceedance,
    t: Translator,
    scale: AmountScale,
    required_chance: float | None = None,
    mood: str = "",
) -> None:
    """Draw the chance of X or more (of X or less, where less is better), and the target on the curve.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    finding : Exceedance
        The curve.
    t : Translator
        Language of the texts.
    scale : AmountScale
        Of the amounts.
    required_chance : float, optional
        Chance that is required.
    mood : str
        `good` or `bad` where the chance is clearly above or below the required one, else empty.
    """
    chance = finding.chances if finding.higher_is_better else tuple(1 - c for c in finding.chances)
    axes.plot(finding.amounts, chance, color=CORE, linewidth=2)
    axes.fill_between(finding.amounts, chance, color=CORE, alpha=0.10, linewidth=0)
    draw_curve_frame(axes, finding.amounts, t, scale)
    if finding.target is None or finding.target_chance is None:
        return
    low, high = axes.get_xlim()
    chance_met, x = finding.target_chance.value, min(max(finding.target, low), high)
    colour = {"good": GOOD, "bad": BAD}.get(mood, INK)
    to_axes = ([low, x, x], [chance_met, chance_met, 0.0])
    if low < finding.target < high:
        axes.plot(*to_axes, color=colour, linewidth=1, linestyle="--")
        axes.plot([x], [chance_met], "o", color=colour, markersize=6, markeredgecolor=PAPER)
    text = t(
        "exceedance_target" if finding.higher_is_better else "exceedance_target_most",
        chance=whole_percent(chance_met, t, required_chance), amount=scale.exact_amount(finding.target),
    )  # fmt: skip
    if required_chance is not None:
        text = f"{text}\n{t('exceedance_required', required=exact_percent(required_chance, t))}"
    draw_point_label(axes, (x, chance_met), text, [(finding.amounts, chance), to_axes], PointLabelStyle(colour))


def draw_curve_frame(axes: Axes, amounts: tuple[float, ...], t: Translator, scale: AmountScale) -> None:
    """Draw the frame of one curve or of several: percent up, amounts across, a light grid."""
    low, high = min(amounts), max(amounts)
    padding = 0.0 if high - low > 1e-9 * max(abs(low), abs(high)) else 0.05 * abs(high) or 1.0  # a constant figure
    axes.set_xlim(low - padding, high + padding)
    axes.set_ylim(0, 1.03)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0], [t.percent(share) for share in (0, 0.2, 0.4, 0.6, 0.8, 1.0)])
    ticks, decimals = amount_ticks(axes, scale)
    axes.set_xticks(ticks, [scale.number(tick, decimals) for tick in ticks])
    axes.grid(color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)


def amount_ticks(axes: Axes, scale: AmountScale) -> tuple[list[float], int]:
    """Return round amounts inside the x limits for about five ticks, and the decimals that they need."""
    low, high = axes.get_xlim()
    ticks = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], prune="both").tick_values(low, high)
    inside = [float(tick) for tick in ticks if low + 0.02 * (high - low) <= tick <= high - 0.02 * (high - low)]
    step = (inside[1] - inside[0]) / scale.factor if len(inside) > 1 else 1.0
    return inside, next((d for d in range(4) if abs(round(step, d) - step) < 1e-6 * abs(step)), 3)


def draw_exceedances(axes: Axes, findings: Mapping[str, Exceedance], t: Translator, scale: AmountScale) -> None:
    """Draw each run's curve with dashes and a label of its own; the upright line is a target that all runs share.

    Runs of which two have the same dashes stand in a legend.
    """
    curves: list[_LabelledCurve] = []
    for number, (label, finding) in enumerate(findings.items()):
        colour, dashes = RUN_LINE_STYLES[number % len(RUN_LINE_STYLES)]
        chance = finding.chances if finding.higher_is_better else tuple(1 - c for c in finding.chances)
        axes.plot(finding.amounts, chance, color=colour, linestyle=dashes, linewidth=1.8, label=truncate_label(label))
        curves.append(_LabelledCurve(label, colour, finding.amounts, chance))
    draw_curve_frame(axes, tuple(x for finding in findings.values() for x in finding.amounts), t, scale)
    if len(curves) > len(RUN_LINE_STYLES):
        draw_run_legend(axes)
        return
    lines: list[Polyline] = [(curve.amounts, curve.chances) for curve in curves]
    targets = {finding.target for finding in findings.values()}
    if len(targets) == 1 and (target := targets.pop()) is not None:
        axes.axvline(target, color=INK, linewidth=0.9)
        lines.append(([target, target], [0.0, 1.03]))
    _label_curves(axes, curves, lines, is_falling=next(iter(findings.values())).higher_is_better)


class _LabelledCurve(NamedTuple):
    """A curve and the text beside it."""

    label: str
    colour: str
    amounts: Sequence[float]
    chances: Sequence[float]

    def at(self, chance: float) -> tuple[float, float]:
        """The point of the curve nearest to a chance."""
        row = min(range(len(self.amounts)), key=lambda row: abs(self.chances[row] - chance))
        return self.amounts[row], self.chances[row]


def _label_curves(axes: Axes, curves: Sequence[_LabelledCurve], lines: list[Polyline], *, is_falling: bool) -> None:
    """Write the label of each curve on the side where it is the outer one, with a thin line to the curve."""
    ordered = sorted(curves, key=lambda curve: curve.at(0.5)[0])
    width = MAX_LABEL_SHARE * axes_size_inches(axes)[0]
    n_left = len(ordered) // 2
    for rank, curve in enumerate(ordered):
        is_left = rank < n_left
        outer = rank if is_left else len(ordered) - 1 - rank
        chances = LEFT_CHANCES if is_left == is_falling else RIGHT_CHANCES
        point = curve.at(chances[min(outer, len(chances) - 1)])
        side = -1 if is_left else 1
        up = side if is_falling else -side
        text = "\n".join(wrap_text(truncate_label(curve.label), width, weight="bold", lines=3))
        sides = ((side, up), (side, 0), (side, -up), (0, up))
        box = draw_point_label(axes, point, text, lines, PointLabelStyle(curve.colour), sides)
        lines.append(box)
        edge = _nearest_edge(box, point)
        axes.plot([point[0], edge[0]], [point[1], edge[1]], color=curve.colour, linewidth=0.7)
        axes.plot(*point, "o", color=curve.colour, markersize=4, markeredgecolor=PAPER)


def _nearest_edge(box: Polyline, point: tuple[float, float]) -> tuple[float, float]:
    """Middle of the side of a label that faces a point; a side, not its top or foot, where it lies beside it."""
    (left, right), (foot, top) = ((min(ends[:2]), max(ends[:2])) for ends in box)
    if left <= point[0] <= right:
        return (left + right) / 2, foot if point[1] < foot else top
    return left if point[0] < left else right, (foot + top) / 2
