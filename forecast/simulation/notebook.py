"""A simulation as a notebook shows it: one table of HTML, without style sheet or script."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale, exact_percent, interval_text, whole_percent
from forecast.plan.labels import display_label
from forecast.simulation.compiled import output_periods

if TYPE_CHECKING:
    from forecast.plan.targets import Target
    from forecast.simulation.simulate import Simulation

__all__ = ["simulation_html"]

SHOWN_LEVELS = (0.1, 0.5, 0.9)


def simulation_html(run: Simulation) -> str:
    """Table of the targets of a simulation, in the language of its plan.

    Parameters
    ----------
    run : Simulation
        The simulated plan.

    Returns
    -------
    str
        HTML that needs nothing else: each target with its chance, the simulation error of that chance and P10, P50,
        P90 of its figure; of a plan without targets the revenue of each year. Texts of the plan are escaped.
    """
    t = Translator(run.scenario.language)
    name = run.scenario.name.in_language(t.language)
    caption = f"<b>{escape(name)}</b>, {escape(t('notebook_paths', paths=t.number(run.paths)))}"
    levels = [f"P{100 * level:.0f}" for level in SHOWN_LEVELS]
    if run.scenario.targets:
        heads = [*(t(f"notebook_{head}") for head in ("target", "level", "chance", "required")), *levels]
        rows = [_target_cells(run, key, target, t) for key, target in run.scenario.targets.items()]
    else:
        heads = [t("notebook_figure"), *levels]
        rows = [_revenue_cells(run, output.period, t) for output in output_periods(run.scenario) if not output.is_month]
    body = "".join(_row_html(cells, "td") for cells in rows)
    return f"<table><caption>{caption}</caption><thead>{_row_html(heads, 'th')}</thead><tbody>{body}</tbody></table>"


def _target_cells(run: Simulation, key: str, target: Target, t: Translator) -> list[str]:
    threshold = target.threshold.value
    required = None if target.required_chance is None else target.required_chance.value
    direction = "goal_at_least" if target.at_least is not None else "goal_at_most"
    tally = run.tally(*run.target_figure(target))
    amounts = [tally.quantile(level).value for level in SHOWN_LEVELS]
    scale = choose_scale(target.measure, [threshold, *amounts], run.scenario.currency, t)
    label = display_label(run.scenario, f"targets.{key}").in_language(t.language)
    chance = run.chance(key)
    error = interval_text(chance.low, chance.high, t, chance.value, required)
    return [
        label,
        t(direction, amount=scale.exact_amount(threshold)),
        f"{whole_percent(chance.value, t, required)} ({t('notebook_error', error=error)})",
        "" if required is None else exact_percent(required, t),
        *map(scale.amount, amounts),
    ]


def _revenue_cells(run: Simulation, period: str, t: Translator) -> list[str]:
    tally = run.tally("revenue", period)
    amounts = [tally.quantile(level).value for level in SHOWN_LEVELS]
    scale = choose_scale("revenue", amounts, run.scenario.currency, t)
    low, _, high = period.partition(" to ")
    words = t("span_from_to", low=low, high=high) if high else t("period_year", year=period)
    return [f"{t('measure_revenue')} {words}", *map(scale.amount, amounts)]


def _row_html(cells: Iterable[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
