"""A simulation as a notebook shows it: one table of HTML, without style sheet or script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import NamedTuple

from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale, exact_percent, interval_text, whole_percent
from forecast.plan.labels import display_label
from forecast.plan.scenario import Scenario
from forecast.simulation.compiled import FigureKey, output_periods
from forecast.stats.intervals import Estimate
from forecast.stats.tally import Tally

__all__ = ["TargetOutcome", "results_html"]

SHOWN_LEVELS = (0.1, 0.5, 0.9)
"""Quantiles that stand beside a chance."""


class TargetOutcome(NamedTuple):
    """A target as it was simulated."""

    chance: Estimate
    """Chance that it is met."""
    tally: Tally
    """Values of its figure."""


def results_html(
    scenario: Scenario, paths: int, targets: Mapping[str, TargetOutcome], tallies: Mapping[FigureKey, Tally]
) -> str:
    """Table of the targets of a simulation, in the language of its plan.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    paths : int
        Number of simulations.
    targets : mapping of str to TargetOutcome
        By name of the target.
    tallies : mapping of (measure, period) to Tally
        Every figure; those of the revenue are shown where the plan has no target.

    Returns
    -------
    str
        HTML that needs nothing else: each target with its chance, the simulation error of that chance and P10, P50,
        P90 of its figure; of a plan without targets the revenue of each year. Texts of the plan are escaped.
    """
    t = Translator(scenario.language)
    name = scenario.name.in_language(t.language)
    caption = f"<b>{escape(name)}</b>, {escape(t('notebook_paths', paths=t.number(paths)))}"
    levels = [f"P{100 * level:.0f}" for level in SHOWN_LEVELS]
    if targets:
        heads = [*(t(f"notebook_{head}") for head in ("target", "level", "chance", "required")), *levels]
        rows = [_target_cells(scenario, key, outcome, t) for key, outcome in targets.items()]
    else:
        heads = [t("notebook_figure"), *levels]
        periods = [output.period for output in output_periods(scenario) if not output.is_month]
        rows = [_revenue_cells(period, tallies["revenue", period], scenario.currency, t) for period in periods]
    body = "".join(_row_html(cells, "td") for cells in rows)
    return f"<table><caption>{caption}</caption><thead>{_row_html(heads, 'th')}</thead><tbody>{body}</tbody></table>"


def _target_cells(scenario: Scenario, key: str, outcome: TargetOutcome, t: Translator) -> list[str]:
    target, (chance, tally) = scenario.targets[key], outcome
    threshold = target.threshold.value
    required = target.required
    direction = "goal_at_least" if target.at_least is not None else "goal_at_most"
    amounts = [tally.quantile(level).value for level in SHOWN_LEVELS]
    scale = choose_scale(target.measure, [threshold, *amounts], scenario.currency, t)
    error = interval_text(chance.low, chance.high, t, chance.value, required)
    return [
        display_label(scenario, f"targets.{key}").in_language(t.language),
        t(direction, amount=scale.exact_amount(threshold)),
        f"{whole_percent(chance.value, t, required)} ({t('notebook_error', error=error)})",
        "" if required is None else exact_percent(required, t),
        *map(scale.amount, amounts),
    ]


def _revenue_cells(period: str, tally: Tally, currency: str, t: Translator) -> list[str]:
    amounts = [tally.quantile(level).value for level in SHOWN_LEVELS]
    scale = choose_scale("revenue", amounts, currency, t)
    low, _, high = period.partition(" to ")
    words = t("span_from_to", low=low, high=high) if high else t("period_year", year=period)
    return [f"{t('measure_revenue')} {words}", *map(scale.amount, amounts)]


def _row_html(cells: Iterable[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
