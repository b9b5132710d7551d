"""The chance of at least X: one falling curve with its target, or those of several runs."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from forecast.analysis.findings import Exceedance
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale
from forecast.reports.charts.fan import draw_run_legend
from forecast.reports.charts.style import BAD, CORE, FAINT, GOOD, INK, PAPER, RUN_LINE_STYLES, Margin, truncate_label

EXCEEDANCE_MARGIN = Margin(3.6, 1.4, 0.6, 1.9)
EXCEEDANCES_MARGIN = Margin(3.6, 1.4, 0.2, 1.9)


def draw_exceedance(
    axes: Axes, finding: Exceedance, words: Translator, scale: AmountScale, want: float | None = None
) -> None:
    """The chance that the year ends at X or more (or at X or less, where less is better), and the target on it."""
    chance = finding.chances if finding.higher_is_better else tuple(1 - c for c in finding.chances)
    axes.plot(finding.amounts, chance, color=CORE, linewidth=2)
    axes.fill_between(finding.amounts, chance, color=CORE, alpha=0.10, linewidth=0)
    draw_curve_frame(axes, finding.amounts, words, scale)
    if finding.target is None or finding.target_chance is None:
        return
    low, high = axes.get_xlim()
    inside = low < finding.target < high
    reached = finding.target_chance.value
    colour = GOOD if want is None or reached >= want else BAD
    if inside:
        axes.plot([finding.target] * 2, [0, 1], color=INK, linewidth=0.9)
        axes.plot([low, finding.target], [reached, reached], color=colour, linewidth=1, linestyle="--")
        axes.plot([finding.target], [reached], "o", color=colour, markersize=6, markeredgecolor=PAPER)
    text = words(
        "exceedance_target" if finding.higher_is_better else "exceedance_target_most",
        chance=words.percent(reached), amount=scale.exact_amount(finding.target),
    )  # fmt: skip
    if want is not None:
        text = f"{text}\n{words('exceedance_wanted', want=words.percent(want))}"
    right = (finding.target - low) / (high - low) < 0.5
    falling = finding.higher_is_better
    up = falling == right
    axes.text(
        0.985 if right else 0.02, 0.97 if up else 0.035, text, transform=axes.transAxes, weight="bold", color=colour,
        ha="right" if right else "left", va="top" if up else "bottom", linespacing=1.25,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
    )  # fmt: skip


def draw_curve_frame(axes: Axes, at: tuple[float, ...], words: Translator, scale: AmountScale) -> None:
    """Percent up, amounts across, a light grid: the frame of one curve or of several."""
    low, high = min(at), max(at)
    room = 0.0 if high - low > 1e-9 * max(abs(low), abs(high)) else 0.05 * abs(high) or 1.0  # a figure that is sure
    axes.set_xlim(low - room, high + room)
    axes.set_ylim(0, 1.03)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0], [words.percent(share) for share in (0, 0.2, 0.4, 0.6, 0.8, 1.0)])
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], prune="both"))
    ticks = axes.get_xticks()
    step = (ticks[1] - ticks[0]) / scale.factor if len(ticks) > 1 else 1.0
    decimals = next((d for d in range(4) if abs(round(step, d) - step) < 1e-6 * abs(step)), 3)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: scale.number(x, decimals)))
    axes.grid(color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)


def draw_exceedances(axes: Axes, findings: Mapping[str, Exceedance], words: Translator, scale: AmountScale) -> None:
    """Each run's curve with its own dashes; the upright line is a target that all of them share."""
    for number, (label, finding) in enumerate(findings.items()):
        colour, dashes = RUN_LINE_STYLES[number % len(RUN_LINE_STYLES)]
        chance = finding.chances if finding.higher_is_better else tuple(1 - c for c in finding.chances)
        axes.plot(finding.amounts, chance, color=colour, linestyle=dashes, linewidth=1.8, label=truncate_label(label))
    draw_curve_frame(axes, tuple(x for finding in findings.values() for x in finding.amounts), words, scale)
    targets = {finding.target for finding in findings.values()}
    if len(targets) == 1 and (target := targets.pop()) is not None:
        axes.axvline(target, color=INK, linewidth=0.9)
    draw_run_legend(axes)
