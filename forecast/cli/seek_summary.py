"""Answer of `forecast seek`, for a person."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from forecast.analysis.seek_value import SeekRoot, SoughtValue, sought_assumptions
from forecast.cli.target_choice import target_title
from forecast.cli.text_table import table_lines, wrap
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, choose_scale, exact_percent, whole_percent, with_sign
from forecast.i18n.listing import list_names
from forecast.reports.content.assumptions import quantity_text
from forecast.reports.content.levers import lever_text, reached_cases
from forecast.reports.content.text import name_text

if TYPE_CHECKING:
    from forecast.analysis.seek import SeekRow, SeekTable
    from forecast.plan.scenario import Scenario
    from forecast.workflows.seek import SeekResult

MAX_LEVER_CHARACTERS = 46
"""Characters of a lever in the table."""


def seek_lines(result: SeekResult, t: Translator) -> list[str]:
    """Lines for a person, at most 80 wide where names allow."""
    run, question = result.run, result.question
    chance = run.chance(question.target)
    title = target_title(run.scenario, question.target, chance, question.required, t)
    lines = wrap(title)
    if result.table is not None:
        lines += _table_text(result, result.table, t)
    for sought in result.values:
        lines += ["", *_sought_lines(result, sought, t)]
    return lines


def _table_text(result: SeekResult, table: SeekTable, t: Translator) -> Iterator[str]:
    run, required = result.run, table.required
    record = run.scenario.targets[table.target]
    scale = choose_scale(record.measure, [table.reachable.value], run.scenario.currency, t)
    amount = _interval(scale, table.reachable.low, table.reachable.high)
    yield from wrap(t("seek_reachable", required=exact_percent(required, t), amount=amount))
    yield ""
    if not table.rows:
        yield from wrap(t("seek_no_lever"))
        return
    yield from wrap(t("seek_lead", paths=t.number(table.paths)))
    heads = t("seek_columns").split("|")
    rows: list[list[str]] = [["", *heads]]
    for kind, of_kind in groupby(table.rows, key=lambda row: row.lever.kind):
        rows.append([t(f"seek_{kind}")])
        rows += [_row_cells(row, run.scenario, required, t) for row in of_kind]
    yield from table_lines(rows, indent=2)
    yield ""
    yield from wrap(t("seek_key"))
    yield from _case_lines(table, run.scenario, t)


def _row_cells(row: SeekRow, scenario: Scenario, required: float, t: Translator) -> list[str]:
    half = (row.difference.high - row.difference.low) / 2
    change = with_sign(t.number(100 * row.difference.value, 1))
    mark = "*" if row.reaches else " "
    chance = whole_percent(row.chance.value, t, None if row.step is not None else required)
    text = lever_text(row, scenario, t, MAX_LEVER_CHARACTERS)
    return [f"{mark} {text}", chance, f"{change} ±{t.number(100 * half, 1)}", reached_cases(row)]


def _case_lines(table: SeekTable, scenario: Scenario, t: Translator) -> Iterator[str]:
    """Cases in which levers that reach the required chance do not; levers of the same cases together."""
    by_cases: dict[tuple[str, ...], list[SeekRow]] = {}
    for row in table.rows:
        if row.reaches:
            by_cases.setdefault(tuple(case.name for case in row.cases if not case.reaches), []).append(row)
    for failing, rows in by_cases.items():
        labels = [case.label.in_language(t.language) or case.name for case in rows[0].cases if case.name in failing]
        names = "; ".join(lever_text(row, scenario, t) for row in rows)
        if failing and len(failing) == len(rows[0].cases):
            yield from wrap(t("seek_written_only", name=names))
        elif failing:
            yield from wrap(t("seek_fails_in", name=names, cases="; ".join(labels)))


def _interval(scale: AmountScale, low: float, high: float) -> str:
    decimals = scale.decimals + 1
    low_text, high_text = scale.number(low, decimals), scale.number(high, decimals)
    return scale.with_unit(low_text if low_text == high_text else f"{low_text} – {high_text}")


def _sought_lines(result: SeekResult, sought: SoughtValue, t: Translator) -> Iterator[str]:
    scenario, required = result.run.scenario, exact_percent(result.question.required, t)
    names = list_names([name_text(name, scenario, t) for name in sought.names], len(sought.names))
    yield from wrap(t(f"seek_by_{sought.mode}", names=names))
    if len(sought.names) > 1:
        yield from wrap("  " + t("seek_share_note"))
    value = _ValueText(scenario, sought, t)
    if not sought.roots:
        best, chance = sought.best
        key = "seek_everywhere" if sought.is_everywhere else "seek_best"
        params = {"low": value(sought.low), "high": value(sought.high), "value": value(best), "required": required}
        yield from wrap("  " + t(key, chance=whole_percent(chance.value, t), **params))
        return
    for root in sought.roots:
        yield from wrap("  " + _root_text(root, required, value, len(sought.roots), t))
    if len(sought.names) > 1:
        for name, at in sought.values_at_root.items():
            text = quantity_text(sought_assumptions(scenario, name)[0], at, t, 2)
            yield from wrap("    " + t("seek_at", name=name_text(name, scenario, t), value=text))


def _root_text(root: SeekRoot, required: str, value: _ValueText, count: int, t: Translator) -> str:
    key = "seek_root" if count > 1 else "seek_root_or_more" if root.rises else "seek_root_or_less"
    return t(
        key, chance=required, value=value(root.value.value), low=value(root.value.low), high=value(root.value.high)
    )


class _ValueText:
    """Text of a value of a search: in the unit of its number, or as a share of the way."""

    def __init__(self, scenario: Scenario, sought: SoughtValue, t: Translator) -> None:
        self.assumption = sought_assumptions(scenario, sought.names[0])[0] if len(sought.names) == 1 else None
        self.t = t

    def __call__(self, value: float) -> str:
        if self.assumption is None:
            return self.t.percent(value, 1)
        return quantity_text(self.assumption, value, self.t, 2)
