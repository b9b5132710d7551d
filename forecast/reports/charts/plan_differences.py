"""Plans compared: their chances by rank, one plan less another by month, and by cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from forecast.analysis.findings import Bridge, MonthDifference, TargetRow
from forecast.i18n import Translator
from forecast.i18n.amounts import LESS_IS_BETTER, AmountScale, round_preserving_sum, with_sign
from forecast.plan.labels import display_name
from forecast.reports.charts.bridge import group_small_steps
from forecast.reports.charts.cases import draw_required
from forecast.reports.charts.rows import BAR_HEIGHT, RowLabel, draw_row_labels, set_x_limits
from forecast.reports.charts.style import (
    BAD,
    BAND,
    CORE,
    FAINT,
    GOOD,
    INK,
    MUTED,
    PAPER,
    Margin,
    axes_size_inches,
    em_inches,
    text_width,
)

RANKED_MARGIN = Margin(0.2, 0.4, 0.2, 1.8)
MONTH_DIFFERENCES_MARGIN = Margin(0.4, 0.4, 0.4, 1.8)
PLAN_STEPS_MARGIN = Margin(0.2, 0.2, 0.2, 0.2)
MAX_PLAN_STEPS = 9
"""Causes that are drawn; the smallest beyond them are one row."""


class RankedPlan(NamedTuple):
    """A plan among others."""

    label: str
    target: TargetRow
    """Its main target."""
    text: str
    """Chance and simulation error, as printed."""


def draw_ranked_chances(axes: Axes, plans: Sequence[RankedPlan], t: Translator) -> None:
    """Draw the chance of each plan's main target with its simulation error, in the order given, and what is required.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    plans : sequence of RankedPlan
        The likeliest first.
    t : Translator
        Language of the texts.
    """
    required = {plan.target.required_chance for plan in plans}
    shared = required.pop() if len(required) == 1 else None
    labels = [RowLabel(plan.label, is_bold=number == 0) for number, plan in enumerate(plans)]
    label_width = draw_row_labels(axes, labels, head_rows=0.7 if shared is not None else 0.0)
    set_x_limits(axes, 0, 1, label_width + 0.05, max(text_width(plan.text, weight="bold") for plan in plans) + 0.15)
    if shared is not None:
        floor = 0.5 - len(plans)
        axes.plot([shared] * 2, [0.5, floor], color=INK, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
        draw_required(axes, shared, t)
    y = -np.arange(len(plans))
    values, lows, highs = np.array([plan.target.chance for plan in plans]).T
    axes.hlines(y, 0, 1, color=FAINT, linewidth=0.8, zorder=0.5)
    axes.hlines(y, lows, highs, color=INK, linewidth=2.5, zorder=2)
    axes.scatter(values, y, s=45, c=[CORE] + [PAPER] * (len(plans) - 1), edgecolors=CORE, linewidths=1.6, zorder=3)
    for number, plan in enumerate(plans):
        axes.text(
            1, -number, plan.text, transform=axes.get_yaxis_transform(), ha="right", va="center",
            weight="normal" if number else "bold",
        )  # fmt: skip
    axes.set_xticks([0, 0.5, 1], [t.percent(share) for share in (0, 0.5, 1)], color=MUTED)


def draw_month_differences(
    axes: Axes, months: Sequence[MonthDifference], t: Translator, scale: AmountScale, measure: str
) -> None:
    """Draw the mean difference of each month as a bar, P10 to P90 of the difference as a band, both from zero.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    months : sequence of MonthDifference
        In order.
    t : Translator
        Language of the texts.
    scale : AmountScale
        Of the differences, not of the amounts.
    measure : str
        What differs: of a cost or a headcount less is better.
    """
    x = np.arange(len(months))
    means, lows, highs = np.array([(month.mean, month.p10, month.p90) for month in months]).T
    good, bad = (BAD, GOOD) if measure.partition(".")[0] in LESS_IS_BETTER else (GOOD, BAD)
    axes.bar(x, highs - lows, 0.82, bottom=lows, color=BAND, alpha=0.55, linewidth=0, zorder=1)
    axes.bar(x, means, 0.42, color=[good if mean >= 0 else bad for mean in means], linewidth=0, zorder=2)
    axes.axhline(0, color=INK, linewidth=0.9, zorder=3)
    axes.set_xlim(-0.6, len(months) - 0.4)
    floor, top = min(0.0, float(lows.min()), float(means.min())), max(0.0, float(highs.max()), float(means.max()))
    extent = (top - floor) or 1.0
    line = 1.5 * em_inches() / axes_size_inches(axes)[1] * extent * 1.3
    axes.set_ylim(floor - line, top + line)
    width = axes_size_inches(axes)[0] / (len(months) + 0.2)
    names = [t(f"month_{int(month.month[5:])}") for month in months]
    texts = [scale.signed_number(month.mean) for month in months]
    name_step = next((k for k in (1, 2, 3, 6, 12, 24) if max(map(text_width, names)) < 0.85 * width * k), 24)
    text_step = next((k for k in (1, 2, 3, 6, 12, 24) if max(map(text_width, texts)) < 0.95 * width * k), 24)
    for number in range(0, len(months), text_step):
        is_up = means[number] >= 0
        edge = highs[number] if is_up else lows[number]
        y = max(edge, means[number], 0.0) if is_up else min(edge, means[number], 0.0)
        axes.annotate(
            texts[number], (float(x[number]), y), xytext=(0, 2 if is_up else -2), textcoords="offset points",
            ha="center", va="bottom" if is_up else "top", color=good if is_up else bad,
        )  # fmt: skip
    axes.set_xticks(range(0, len(months), name_step), names[::name_step])
    axes.set_yticks([])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def draw_plan_steps(axes: Axes, finding: Bridge, t: Translator, scale: AmountScale) -> None:
    """Draw what each cause adds or takes from one plan to another, and their sum; the printed figures add up.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    finding : Bridge
        From the mean of one plan to that of the other.
    t : Translator
        Language of the texts.
    scale : AmountScale
        Of the differences.
    """
    rows = plan_step_rows(finding, t, scale)
    good, bad = (BAD, GOOD) if finding.measure.partition(".")[0] in LESS_IS_BETTER else (GOOD, BAD)
    labels = [RowLabel(label, is_bold=number == len(rows) - 1) for number, (label, *_) in enumerate(rows)]
    label_width = draw_row_labels(axes, labels)
    ends = [end for _, _, amount, low, high in rows for end in (amount, low, high)]
    figure_width = max(text_width(text, weight="bold") for _, text, *_ in rows) + 0.6 * em_inches()
    set_x_limits(axes, min(0.0, *ends), max(0.0, *ends), label_width, figure_width)
    for number, (_, text, amount, low, high) in enumerate(rows):
        colour = good if amount >= 0 else bad
        is_total = number == len(rows) - 1
        face = PAPER if is_total else colour
        axes.barh(
            -number, amount, BAR_HEIGHT, color=face, edgecolor=INK if is_total else colour, linewidth=0.9,
            hatch="/////" if is_total else None,
        )  # fmt: skip
        axes.plot([low, high], [-number, -number], color=INK, linewidth=1.0)
        axes.text(
            1, -number, text, transform=axes.get_yaxis_transform(), ha="right", va="center",
            color=INK if is_total else colour, weight="bold" if is_total else "normal",
        )  # fmt: skip
    axes.plot([0, 0], [0.5, 0.5 - len(rows)], color=INK, linewidth=0.9)
    axes.set_xticks([])


def plan_step_rows(finding: Bridge, t: Translator, scale: AmountScale) -> list[tuple[str, str, float, float, float]]:
    """Return label, printed figure, amount and its interval of each cause, the largest first, then of their sum."""
    ordered = sorted(finding.steps, key=lambda step: -abs(step.amount))
    steps = group_small_steps(ordered, MAX_PLAN_STEPS, t)
    total = finding.end.amount - finding.start.amount
    decimals = min(scale.decimals + 1, 2)
    _, printed, end = round_preserving_sum(
        0.0, [step.amount / scale.factor for step in steps], total / scale.factor, decimals
    )
    rows = [
        (display_name(step.name, step.label, t), _signed(value, decimals, t), step.amount, step.low, step.high)
        for step, value in zip(steps, printed, strict=True)
    ]
    return [*rows, (t("compare_steps_total"), _signed(end, decimals, t), total, total, total)]


def _signed(value: float, decimals: int, t: Translator) -> str:
    return with_sign(t.number(value, decimals))
