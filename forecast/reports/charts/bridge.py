"""Bridge from last year to the forecast, or over the lines of the accounts: a waterfall whose figures add up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from forecast.analysis.findings import Bridge, BridgeStep
from forecast.i18n import Translator
from forecast.i18n.amounts import LESS_IS_BETTER, AmountScale, round_preserving_sum
from forecast.plan.labels import display_name
from forecast.reports.charts.rectangles import draw_rows
from forecast.reports.charts.rows import BAR_HEIGHT, RowLabel, draw_row_labels, set_x_limits, units_per_inch
from forecast.reports.charts.style import (
    BAD,
    GOOD,
    INK,
    MUTED,
    PAPER,
    SOLID,
    Margin,
    axes_size_inches,
    em_inches,
    text_width,
)

BRIDGE_MARGIN = Margin(0.2, 0.2, 0.2, 0.2)
MAX_STEPS = 9
"""Steps that are drawn; the smallest beyond them are grouped into one."""


def group_small_steps(steps: Sequence[BridgeStep], max_rows: int, t: Translator) -> tuple[BridgeStep, ...]:
    """Return at most `max_rows` steps, the smallest as one where the first of them was; their errors add as squares."""
    if len(steps) <= max_rows:
        return tuple(steps)
    large = {id(step) for step in sorted(steps, key=lambda step: -abs(step.amount))[: max_rows - 1]}
    small = [step for step in steps if id(step) not in large]
    amount = sum(step.amount for step in small)
    half_width = sum(((step.high - step.low) / 2) ** 2 for step in small) ** 0.5
    grouped = BridgeStep(t("bridge_others", count=len(small)), None, amount, amount - half_width, amount + half_width)
    return tuple(grouped if step is small[0] else step for step in steps if id(step) in large or step is small[0])


def drawn_steps(finding: Bridge, scale: AmountScale) -> tuple[BridgeStep, ...]:
    """Return the steps that are not printed as zero, unless all are."""
    _, decimals = rounded_amounts(finding, finding.steps, scale)
    unit = scale.factor * 10.0**-decimals
    return tuple(step for step in finding.steps if abs(step.amount) >= 0.5 * unit) or finding.steps


def rounded_amounts(finding: Bridge, steps: Sequence[BridgeStep], scale: AmountScale) -> tuple[list[float], int]:
    """Return start, steps and end as printed, in the unit of the scale, and their decimals; they add to the digit."""
    decimals = min(scale.decimals + 1, 2)
    start, changes, end = round_preserving_sum(
        finding.start.amount / scale.factor,
        [step.amount / scale.factor for step in steps],
        finding.end.amount / scale.factor,
        decimals,
    )
    return [start, *changes, end], decimals


def draw_bridge(axes: Axes, finding: Bridge, t: Translator, scale: AmountScale, max_rows: int = MAX_STEPS) -> None:
    """Draw last year solid, each step red or blue by what it does to the measure, the mean hatched, the plan a line."""
    # a bridge over the lines of the accounts starts at nothing and has no bar for its start
    rows = bridge_rows(finding, t, scale, max_rows)
    last = len(rows) - 1
    label_width = draw_row_labels(axes, [RowLabel(row.label, is_bold=row.is_total) for row in rows], head_rows=0.7)
    origin = axis_origin(finding)
    edges = [edge for row in rows for edge in (row.start, row.start + row.amount)]
    low, high = origin if origin > 0 else min(0.0, finding.plan, *edges), max(0.0, finding.plan, *edges)
    figure_width = max(text_width(row.text, weight="bold") for row in rows) + 0.6 * em_inches()
    set_x_limits(axes, low, high, label_width, figure_width)
    _draw_totals(axes, rows, max(origin, 0.0))
    _draw_steps(axes, finding, rows)
    axes.plot([finding.end.low, finding.end.high], [-last, -last], color=INK, linewidth=1.6)
    _draw_plan(axes, finding, t, scale, last)
    good, bad = _change_colours(finding)
    for row, entry in enumerate(rows):
        colour = INK if entry.is_total or not entry.text.strip("0.,") else good if entry.amount > 0 else bad
        axes.text(
            1, -row, entry.text, transform=axes.get_yaxis_transform(), ha="right", va="center", color=colour,
            weight="bold" if entry.is_total else "normal",
        )  # fmt: skip
    axes.set_xticks([])


class BridgeRow(NamedTuple):
    """One row of the waterfall."""

    label: str
    text: str
    """Its figure, as printed."""
    start: float
    """Where its bar begins: 0 for a total."""
    amount: float
    low: float
    """Lower end of the 95% simulation interval of the amount."""
    high: float
    is_total: bool = False


def bridge_rows(finding: Bridge, t: Translator, scale: AmountScale, max_rows: int = MAX_STEPS) -> list[BridgeRow]:
    """Return the rows of the waterfall, from last year on, or from the first line of the accounts.

    Parameters
    ----------
    finding : Bridge
        The bridge.
    t : Translator
        Language of the labels.
    scale : AmountScale
        Of the figures.
    max_rows : int
        Steps, at most; the smallest beyond them are one row.

    Returns
    -------
    list of BridgeRow
        Their printed figures add up; of a profit the revenue is a total between its services and the costs.
    """
    steps = group_small_steps(drawn_steps(finding, scale), max_rows, t)
    figures, decimals = rounded_amounts(finding, steps, scale)
    start, end = finding.start, finding.end
    rows = []
    if start.amount:
        text = t.number(figures[0], decimals)
        rows.append(BridgeRow(display_name(start.name, start.label, t), text, 0.0, *_interval(start), is_total=True))
    reached, printed = start.amount, figures[0]
    has_subtotal = finding.measure == "profit" and not start.amount
    for number, (step, figure) in enumerate(zip(steps, figures[1:-1], strict=True)):
        if has_subtotal and number and step.amount < 0 <= steps[number - 1].amount:
            revenue = t("measure_revenue")
            label, text = revenue[:1].upper() + revenue[1:], t.number(printed, decimals)
            rows.append(BridgeRow(label, text, 0.0, reached, reached, reached, is_total=True))
            has_subtotal = False
        name = display_name(step.name, step.label, t)
        rows.append(BridgeRow(name, _signed_text(figure, decimals, t), reached, *_interval(step)))
        reached, printed = reached + step.amount, printed + figure
    rows.append(BridgeRow(t("bridge_forecast"), t.number(figures[-1], decimals), 0.0, *_interval(end), is_total=True))
    return rows


def _interval(step: BridgeStep) -> tuple[float, float, float]:
    return step.amount, step.low, step.high


def _draw_totals(axes: Axes, rows: Sequence[BridgeRow], base: float) -> None:
    """Draw last year solid, the revenue outlined and the forecast's mean hatched."""
    for row, entry in enumerate(rows):
        if entry.is_total:
            is_end = row == len(rows) - 1
            colour = SOLID if row == 0 and not is_end else PAPER
            look = {"facecolor": colour, "edgecolor": INK, "linewidth": 0.9, "hatch": "/////" if is_end else None}
            draw_rows(axes, [-row], [entry.amount - base], BAR_HEIGHT, [base], **look)
            if base > 0:
                _draw_axis_break(axes, base, -row)


def _change_colours(finding: Bridge) -> tuple[str, str]:
    """Colours of a rise and of a fall."""
    return (BAD, GOOD) if finding.measure.partition(".")[0] in LESS_IS_BETTER else (GOOD, BAD)


def _draw_steps(axes: Axes, finding: Bridge, rows: Sequence[BridgeRow]) -> None:
    """Draw the bar of each step with its simulation error, and the connectors from each row to the next."""
    good, bad = _change_colours(finding)
    steps = [(-row, entry) for row, entry in enumerate(rows) if not entry.is_total]
    if steps:
        y = np.array([position for position, _ in steps])
        starts, amount, low, high = np.array([(e.start, e.amount, e.low, e.high) for _, e in steps]).T
        for colour, chosen in ((good, amount >= 0), (bad, amount < 0)):
            draw_rows(axes, y[chosen], amount[chosen], BAR_HEIGHT, starts[chosen], facecolor=colour)
        axes.hlines(y, starts + low, starts + high, color=INK, linewidth=1.0)
    reached = np.array([entry.start + entry.amount for entry in rows[:-1]])
    below = -np.arange(1, len(rows))
    half = BAR_HEIGHT / 2
    axes.vlines(reached, below + half, below + 1 - half, color=MUTED, linewidth=0.6, zorder=0)


def _draw_plan(axes: Axes, finding: Bridge, t: Translator, scale: AmountScale, last: int) -> None:
    """Draw the plan as a dashed line over all rows, its label above the first."""
    axes.plot([finding.plan] * 2, [0.5, -last - 0.5], color=INK, linewidth=1.1, linestyle=(0, (4, 2)), zorder=3)
    text = t("bridge_plan_line", amount=scale.exact_amount(finding.plan, 3))
    low, high = axes.get_xlim()
    width, _ = axes_size_inches(axes)
    share, half = (finding.plan - low) / (high - low), text_width(text) / 2 / width
    centre = min(max(share, half), 1 - half)
    axes.text(centre, 0.62, text, transform=axes.get_yaxis_transform(), ha="center", va="bottom", color=INK)


def _signed_text(figure: float, decimals: int, t: Translator) -> str:
    text = t.number(figure, decimals)
    return f"+{text}" if figure > 0 else text


def axis_origin(finding: Bridge) -> float:
    """Return the lower end of the axis: zero, or below the lowest edge, with a break, when all are far from zero."""
    edges = finding.start.amount + np.concatenate([[0.0], np.cumsum([step.amount for step in finding.steps])])
    low, high = min(*edges, finding.end.amount, finding.plan), max(*edges, finding.end.amount, finding.plan)
    if low <= 0 or high - low > 0.35 * high:
        return float(min(0.0, low))
    return float(low - 0.6 * (high - low))


def _draw_axis_break(axes: Axes, origin: float, y: float) -> None:
    """Draw two slanted strokes across a bar that does not begin at zero."""
    per_inch = units_per_inch(axes)
    slant, rise = 0.03 * per_inch, BAR_HEIGHT * 0.7
    x = np.array(
        [[origin + shift * per_inch - slant, origin + shift * per_inch + slant, np.nan] for shift in (0.08, 0.14)]
    )
    heights = np.array([[y - rise, y + rise, np.nan]] * 2)
    axes.plot(x.ravel(), heights.ravel(), color=PAPER, linewidth=3.2, zorder=3)
    axes.plot(x.ravel(), heights.ravel(), color=INK, linewidth=0.8, zorder=4)


def axis_break_note(finding: Bridge, t: Translator) -> str:
    """Return the sentence about an axis that does not begin at zero; empty when it does."""
    return t("bridge_axis_break") if axis_origin(finding) > 0 else ""
