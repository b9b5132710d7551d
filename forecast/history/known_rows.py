"""Rows of a ledger that were known on a day: their texts, and what another state of the ledger says of them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from forecast.errors import Location, Problem, raise_if_problems
from forecast.files.csv import MAX_CSV_BYTES
from forecast.files.encoding import decode_text
from forecast.files.paths import display_path, read_regular_file, real_path
from forecast.history.accounts import Accounts
from forecast.history.ledger_figures import LedgerFigure, read_figures
from forecast.periods import format_month

__all__ = ["FigureDifference", "known_figure_differences", "known_rows"]


@dataclass(frozen=True)
class FigureDifference:
    """A figure that was known and is another one, is gone, or was not there."""

    name: str
    """Measure and month: `revenue.postal 2025-03`."""
    old: str | None
    """Value and status; None where there was no such row."""
    new: str | None
    """None where the row is gone."""
    location: Location
    """Place of the row now; of the file where it is gone."""


_RowKey = tuple[str, str, int, int]
"""Measure, account, month and day of booking."""


def known_rows(path: str, currency: str, accounts: Accounts, as_of: date | None) -> tuple[str, ...]:
    """Read the rows of a ledger that were known on a day, as they are written.

    Parameters
    ----------
    path : str
        A ledger that can be read.
    currency : str
        The currency of its amounts.
    accounts : Accounts
        What its rows call the services and costs of the plan.
    as_of : date, optional
        The day; None for all rows.

    Returns
    -------
    tuple of str
        The lines down to the headings, then a line for each row.

    Raises
    ------
    InputError
        It cannot be read.
    """
    problems: list[Problem] = []
    table = read_figures(path, currency, accounts, as_of, problems).table
    raise_if_problems(problems)
    content = read_regular_file(real_path(Path(path)), Location(path), "", MAX_CSV_BYTES)
    lines = re.split(r"\r\n|\n|\r", decode_text(content, path))
    return (*lines[: table.location.line], *(lines[row.line - 1] for row in table.rows))


def known_figure_differences(
    old: Path, new: Path, currency: str, accounts: Accounts, as_of: date | None
) -> list[FigureDifference]:
    """Compare what two states of a ledger say of a day.

    Parameters
    ----------
    old : Path
        A ledger with the rows that were known.
    new : Path
        The ledger as it is.
    currency : str
        The currency of the amounts.
    accounts : Accounts
        What the rows call the services and costs of the plan.
    as_of : date, optional
        The day: rows that became known later are no difference. Without it no row that was added is one.

    Returns
    -------
    list of FigureDifference
        By place: figures that changed or are gone, and with a day those that were added as if they had been known.

    Raises
    ------
    InputError
        A ledger cannot be read.
    """
    before, after = (_figures(path, currency, accounts, as_of) for path in (old, new))
    differences = []
    for key in sorted(before.keys() | after.keys()):
        name = f"{key[0]} {format_month(key[2])}"
        changed, added = _unmatched(before.get(key, []), after.get(key, []))
        for index, figure in enumerate(changed):
            now = added[index] if index < len(added) else None
            place = Location(display_path(new)) if now is None else now.cell.location
            differences.append(FigureDifference(name, _text(figure), None if now is None else _text(now), place))
        if as_of is not None:
            differences += [
                FigureDifference(name, None, _text(figure), figure.cell.location) for figure in added[len(changed) :]
            ]
    return sorted(differences, key=lambda each: (each.location, each.name))


def _figures(path: Path, currency: str, accounts: Accounts, as_of: date | None) -> dict[_RowKey, list[LedgerFigure]]:
    """The figures of a ledger, those of one key in the order of the file."""
    problems: list[Problem] = []
    ledger = read_figures(str(path), currency, accounts, as_of, problems)
    raise_if_problems(problems)
    figures: dict[_RowKey, list[LedgerFigure]] = defaultdict(list)
    for series in ledger.series:
        measure = series.kind if series.kind == "headcount" else f"{series.kind}.{series.name}"
        for figure in series.figures:
            figures[measure, series.account, figure.month, figure.booked].append(figure)
    return figures


def _unmatched(old: list[LedgerFigure], new: list[LedgerFigure]) -> tuple[list[LedgerFigure], list[LedgerFigure]]:
    """Figures of each side without an equal one on the other, in order."""
    remaining = list(new)
    changed = []
    for figure in old:
        equal = next((each for each in remaining if _text(each) == _text(figure)), None)
        if equal is None:
            changed.append(figure)
        else:
            remaining.remove(equal)
    return changed, remaining


def _text(figure: LedgerFigure) -> str:
    return f"{figure.value:.15g} ({figure.status})"
