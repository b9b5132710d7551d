"""Texts of what would reach a target: levers and their changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.analysis.seek_value import sought_assumptions
from forecast.i18n import Translator
from forecast.i18n.amounts import with_sign
from forecast.reports.content.assumptions import quantity_text
from forecast.reports.content.text import name_text

if TYPE_CHECKING:
    from forecast.analysis.seek import SeekRow, SeekTable
    from forecast.plan.scenario import Scenario

__all__ = ["drawn_levers", "lever_text", "reached_cases"]

MAX_SENTENCE_CHARACTERS = 200
MAX_DRAWN = {"decide": 4, "earn": 3, "outside": 2}
"""Levers of each kind that a chart shows: those that change most."""


def lever_text(row: SeekRow, scenario: Scenario, t: Translator, limit: int = MAX_SENTENCE_CHARACTERS) -> str:
    """Name a lever and its change.

    Parameters
    ----------
    row : SeekRow
        The lever.
    scenario : Scenario
        The plan.
    t : Translator
        The language.
    limit : int
        Characters of the text: the name is cut, the change is not.

    Returns
    -------
    str
        Such as `Merit payouts: certain and early`.
    """
    lever = row.lever
    if lever.is_of_several:
        return t(f"seek_several_{lever.change}", count=len(lever.names))
    params = {}
    if lever.change == "moved":
        first = sought_assumptions(scenario, lever.names[0])[0]
        params = {
            key: "–" if value is None else quantity_text(first, value, t)
            for key, value in (("before", row.before), ("after", row.after))
        }
    if lever.change == "open_months" and row.step is not None:
        params = {"change": with_sign(t.percent(row.step, 1))}
    name, key = name_text(lever.names[0], scenario, t), f"seek_{lever.change}"
    excess = len(t(key, name=name, **params)) - limit
    return t(key, name=name if excess <= 0 else f"{name[: len(name) - excess - 1].rstrip()}…", **params)


def reached_cases(row: SeekRow) -> str:
    """Count the other cases in which a lever has the required chance too.

    Parameters
    ----------
    row : SeekRow
        The lever.

    Returns
    -------
    str
        Such as `3/8`; empty without other cases.
    """
    return f"{sum(case.reaches for case in row.cases)}/{len(row.cases)}" if row.cases else ""


def drawn_levers(table: SeekTable) -> list[SeekRow]:
    """Choose the levers that a chart shows.

    Parameters
    ----------
    table : SeekTable
        All levers, those of a kind by falling effect.

    Returns
    -------
    list of SeekRow
        Those that raise the chance, `MAX_DRAWN` of each kind, in the order of the table.
    """
    chosen: list[SeekRow] = []
    for kind, limit in MAX_DRAWN.items():
        chosen += [row for row in table.rows if row.lever.kind == kind and row.difference.value > 0][:limit]
    return chosen
