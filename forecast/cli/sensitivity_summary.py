"""Answer of `forecast sensitivity`, for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from forecast.cli.target_choice import target_title
from forecast.cli.text_table import table_lines, wrap
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, choose_scale, error_points, whole_percent
from forecast.reports.content.sensitivity import effect_name, input_name, rare_event_text, sources_sentence

if TYPE_CHECKING:
    from forecast.analysis.findings import SensitivityBar
    from forecast.analysis.total_effects import TotalEffect
    from forecast.plan.scenario import Scenario
    from forecast.workflows.sensitivity import SensitivityResult

MAX_LISTED_INPUTS = 12
"""Inputs of the table; all with `--each`."""
MAX_INPUT_NAME_CHARACTERS = 36


def sensitivity_lines(result: SensitivityResult, t: Translator, *, lists_all: bool) -> list[str]:
    """Lines for a person, at most 80 wide."""
    return list(_lines(result, t, lists_all=lists_all))


def _lines(result: SensitivityResult, t: Translator, *, lists_all: bool) -> Iterator[str]:
    run, inputs = result.run, result.inputs
    required, chance = run.scenario.targets[result.target].required, run.chance(result.target)
    yield from wrap(target_title(run.scenario, result.target, chance, required, t))
    if result.sources is None:
        yield from wrap(t("sensitivity_certain"))
        return
    yield from wrap(sources_sentence(result.sources, t))
    bars = inputs.bars if lists_all else inputs.bars[:MAX_LISTED_INPUTS]
    if bars:
        yield ""
        yield from _input_lines(result, bars, t)
    if inputs.rare:
        yield ""
        yield t("sensitivity_rare")
        for event in inputs.rare:
            yield from wrap(f"  {rare_event_text(event, inputs, run.scenario, t)}")
    for effects, head in ((result.heads, "sensitivity_heads"), (result.singles, "sensitivity_singles")):
        if effects:
            yield ""
            yield from _effect_lines(t(head), effects, run.scenario, t)
    if run.lesson is not None:
        yield ""
        yield from wrap(t("sensitivity_closed"))


def _input_lines(result: SensitivityResult, bars: Sequence[SensitivityBar], t: Translator) -> Iterator[str]:
    inputs, scenario = result.inputs, result.run.scenario
    changes = [change for bar in (*bars, *inputs.groups) for change in (bar.low, bar.high)]
    scale = choose_scale(inputs.measure, changes, scenario.currency, t)
    yield from wrap(t("sensitivity_lead", unit=scale.of_changes.unit))
    rows = [["", *t("sensitivity_columns").split("|")]]
    rows += [row for bar in bars for row in _bar_rows(bar, scenario, scale, t)]
    if inputs.groups:
        rows.append([t("sensitivity_groups")])
        rows += [row for bar in inputs.groups for row in _bar_rows(bar, scenario, scale, t)]
    yield from table_lines(rows, indent=2)
    if more := len(inputs.bars) - len(bars):
        yield from wrap(t("sensitivity_more", count=more))
    if any(bar.shared_with for bar in bars):
        yield from wrap(t("sensitivity_shared"))
    halves = [
        max((each.high - each.low) / 2 for each in estimates)
        for estimates in ([end for bar in bars for end in (bar.chance_low, bar.chance_high)], [b.share for b in bars])
    ]
    chance, share = (t.number(100 * half, 1) for half in halves)
    change = scale.number(max(bar.error for bar in bars))
    yield from wrap(t("sensitivity_errors", chance=chance, share=share, change=change))


def _bar_rows(bar: SensitivityBar, scenario: Scenario, scale: AmountScale, t: Translator) -> list[list[str]]:
    """The row of an input; a long name takes rows of its own before the last part of it."""
    *first, last = wrap(input_name(bar, scenario, t), MAX_INPUT_NAME_CHARACTERS)
    mark = "*" if bar.shared_with else " "
    cells = [
        whole_percent(bar.chance_low.value, t),
        whole_percent(bar.chance_high.value, t),
        t.number(100 * max(0.0, bar.share.value), 1),
        f"{scale.signed_number(bar.low)} {scale.signed_number(bar.high)}",
    ]
    rows = [[part, *("" for _ in cells)] for part in first] + [[last, *cells]]
    return [[f"{' ' if number else mark} {name}", *figures] for number, (name, *figures) in enumerate(rows)]


def _effect_lines(lead: str, effects: Sequence[TotalEffect], scenario: Scenario, t: Translator) -> Iterator[str]:
    yield from wrap(lead)
    rows = [["", *t("sensitivity_head_columns").split("|")]]
    for effect in effects:
        *first, last = wrap(effect_name(effect, scenario, t), MAX_INPUT_NAME_CHARACTERS + 10)
        changed = "–" if effect.changed is None else whole_percent(effect.changed.value, t)
        rows += [[part, "", ""] for part in first]
        rows.append(
            [
                last,
                f"{t.percent(effect.share.value, 1)} ±{error_points(effect.share.low, effect.share.high, t)}",
                changed,
            ]
        )
    yield from table_lines(rows, indent=2)
