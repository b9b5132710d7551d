"""Restatements: of several rows of a month and measure, the one that was booked last counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from forecast.history.ledger_figures import LedgerFigure, LedgerSeries
from forecast.i18n import Note
from forecast.i18n.listing import list_names
from forecast.periods import format_month

__all__ = ["Restatement", "restatement_note", "select_last_booked"]

Restatement = tuple[LedgerFigure, LedgerFigure]
"""The last figure of a month that was another one, and the figure that counts."""
MAX_NAMED_RESTATEMENTS = 4
"""Restated figures that a note names."""


def select_last_booked(figures: Sequence[LedgerFigure]) -> tuple[list[LedgerFigure], list[Restatement]]:
    """Select the row of each month that counts.

    Parameters
    ----------
    figures : sequence of LedgerFigure
        Rows of one measure, in the order of the file; those without a day of booking have a month each.

    Returns
    -------
    rows : list of LedgerFigure
        One a month, by month: the last by day on which it became known, of one day the last in the file.
    restatements : list of Restatement
        What changed, by month. An estimate that is followed by another figure is no restatement.
    """
    if all(earlier.month < later.month for earlier, later in pairwise(figures)):  # most are
        return list(figures), []
    by_month: dict[int, list[LedgerFigure]] = {}
    for figure in figures:
        by_month.setdefault(figure.month, []).append(figure)
    rows: list[LedgerFigure] = []
    restatements: list[Restatement] = []
    for _, versions in sorted(by_month.items()):
        if len(versions) > 1:
            versions.sort(key=lambda figure: figure.known_on)  # stable: of one day in the order of the file
            others = [f for f in versions if f.value != versions[-1].value and f.status != "estimate"]
            restatements += [(others[-1], versions[-1])] if others else []
        rows.append(versions[-1])
    return rows, restatements


def restatement_note(changes: Iterable[tuple[LedgerSeries, Sequence[Restatement]]]) -> list[Note]:
    """Return a note on the figures that were restated.

    Parameters
    ----------
    changes : iterable of (LedgerSeries, sequence of Restatement)
        The series of a ledger, and what changed in each.

    Returns
    -------
    list of Note
        One note with the first figures by measure and month, old and new; empty where nothing was restated.
    """
    texts = sorted(
        (f"{series.kind}.{series.name}" if series.kind != "headcount" else series.kind, old.month, old.value, new.value)
        for series, restatements in changes
        for old, new in restatements
    )
    if not texts:
        return []
    names = [f"{measure} {format_month(month)} {old:.15g} -> {new:.15g}" for measure, month, old, new in texts]
    listed = list_names(names, MAX_NAMED_RESTATEMENTS, "; ")
    return [("history_restated", (("count", str(len(names))), ("names", listed)))]
