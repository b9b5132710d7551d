"""Exceedance curves: the chance of at least X, of one run with its target or of several runs."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from forecast.analysis.findings import Exceedance
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, exact_percent, whole_percent
from forecast.reports.charts.fan import draw_run_legend
from forecast.reports.charts.point_label import PointLabelStyle, draw_point_label
from forecast.reports.charts.style import BAD, CORE, FAINT, GOOD, INK, PAPER, RUN_LINE_STYLES, Margin
from forecast.reports.fonts import truncate_label

EXCEEDANCE_MARGIN = Margin(3.6, 1.4, 0.6, 1.9)
EXCEEDANCES_MARGIN = Margin(3.6, 1.4, 0.2, 1.9)


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
    """Draw each run's curve with its own dashes; the upright line is a target that all runs share."""
    for number, (label, finding) in enumerate(findings.items()):
        colour, dashes = RUN_LINE_STYLES[number % len(RUN_LINE_STYLES)]
        chance = finding.chances if finding.higher_is_better else tuple(1 - c for c in finding.chances)
        axes.plot(finding.amounts, chance, color=colour, linestyle=dashes, linewidth=1.8, label=truncate_label(label))
    draw_curve_frame(axes, tuple(x for finding in findings.values() for x in finding.amounts), t, scale)
    targets = {finding.target for finding in findings.values()}
    if len(targets) == 1 and (target := targets.pop()) is not None:
        axes.axvline(target, color=INK, linewidth=0.9)
    draw_run_legend(axes)
