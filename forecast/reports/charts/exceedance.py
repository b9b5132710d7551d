"""Exceedance curves: the chance of at least X, of one run with its target or of several runs."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from forecast.analysis.findings import Exceedance
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, exact_percent, whole_percent
from forecast.reports.charts.fan import draw_run_legend
from forecast.reports.charts.style import BAD, CORE, FAINT, GOOD, INK, PAPER, RUN_LINE_STYLES, Margin
from forecast.reports.fonts import truncate_label

EXCEEDANCE_MARGIN = Margin(3.6, 1.4, 0.6, 1.9)
EXCEEDANCES_MARGIN = Margin(3.6, 1.4, 0.2, 1.9)


def draw_exceedance(
    axes: Axes, finding: Exceedance, t: Translator, scale: AmountScale, required_chance: float | None = None
) -> None:
    """Draw the chance of X or more (of X or less, where less is better), and the target on the curve."""
    chance = finding.chances if finding.higher_is_better else tuple(1 - c for c in finding.chances)
    axes.plot(finding.amounts, chance, color=CORE, linewidth=2)
    axes.fill_between(finding.amounts, chance, color=CORE, alpha=0.10, linewidth=0)
    draw_curve_frame(axes, finding.amounts, t, scale)
    if finding.target is None or finding.target_chance is None:
        return
    low, high = axes.get_xlim()
    is_inside = low < finding.target < high
    chance_met = finding.target_chance.value
    colour = GOOD if required_chance is None or chance_met >= required_chance else BAD
    if is_inside:
        axes.plot([finding.target] * 2, [0, 1], color=INK, linewidth=0.9)
        axes.plot([low, finding.target], [chance_met, chance_met], color=colour, linewidth=1, linestyle="--")
        axes.plot([finding.target], [chance_met], "o", color=colour, markersize=6, markeredgecolor=PAPER)
    text = t(
        "exceedance_target" if finding.higher_is_better else "exceedance_target_most",
        chance=whole_percent(chance_met, t, required_chance), amount=scale.exact_amount(finding.target),
    )  # fmt: skip
    if required_chance is not None:
        text = f"{text}\n{t('exceedance_required', required=exact_percent(required_chance, t))}"
    is_right = (finding.target - low) / (high - low) < 0.5
    falling = finding.higher_is_better
    is_top = falling == is_right
    axes.text(
        0.985 if is_right else 0.02, 0.97 if is_top else 0.035, text,
        transform=axes.transAxes, weight="bold", color=colour,
        ha="right" if is_right else "left", va="top" if is_top else "bottom", linespacing=1.25,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
    )  # fmt: skip


def draw_curve_frame(axes: Axes, amounts: tuple[float, ...], t: Translator, scale: AmountScale) -> None:
    """Draw the frame of one curve or of several: percent up, amounts across, a light grid."""
    low, high = min(amounts), max(amounts)
    padding = 0.0 if high - low > 1e-9 * max(abs(low), abs(high)) else 0.05 * abs(high) or 1.0  # a constant figure
    axes.set_xlim(low - padding, high + padding)
    axes.set_ylim(0, 1.03)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0], [t.percent(share) for share in (0, 0.2, 0.4, 0.6, 0.8, 1.0)])
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], prune="both"))
    ticks = axes.get_xticks()
    step = (ticks[1] - ticks[0]) / scale.factor if len(ticks) > 1 else 1.0
    decimals = next((d for d in range(4) if abs(round(step, d) - step) < 1e-6 * abs(step)), 3)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: scale.number(x, decimals)))
    axes.grid(color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)


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
