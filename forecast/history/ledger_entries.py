"""A ledger opened for appending: its bytes, its form, and every figure with all its digits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from forecast.errors import InputError, Location, Problem, raise_if_problems
from forecast.files.csv import MAX_CSV_BYTES, read_grid
from forecast.files.csv_numbers import DecimalMark, decimal_mark, exact_number
from forecast.files.encoding import decode_text
from forecast.files.paths import display_path, read_regular_file
from forecast.history.accounts import Accounts
from forecast.history.ledger_figures import LedgerFigure, day_known, read_figures

__all__ = ["LedgerEntry", "LedgerFile", "LedgerForm", "entry_day", "new_ledger", "open_ledger"]

LedgerForm = Literal["revenue", "volume", "long"]
"""Figures of its rows: revenue of a service, its volume and price, or one measure."""


@dataclass(frozen=True)
class LedgerEntry:
    """One figure of a ledger."""

    month: int
    measure: str
    value: Decimal
    status: str
    booked: str
    """ISO date, or empty."""
    tolerance: Decimal = Decimal(0)
    source: str = ""
    text: str = ""
    """Name of its service or cost in the file."""


@dataclass(frozen=True)
class LedgerFile:
    """A ledger as it lies on the disk."""

    path: Path
    content: bytes
    columns: tuple[str, ...]
    separator: str
    form: LedgerForm
    entries: tuple[LedgerEntry, ...]
    """In the order of the file; a row with volume and price is two."""
    texts: Mapping[str, tuple[str, ...]]
    """Service, or `cost.` and a cost -> the texts that name it in the file, one an account."""
    mark: DecimalMark = ""

    @property
    def location(self) -> Location:
        """Place of the file."""
        return Location(display_path(self.path))

    @property
    def latest(self) -> dict[tuple[str, int], LedgerEntry]:
        """(measure, month) -> its last row; accounts of one service are not added up."""
        return {(entry.measure, entry.month): entry for entry in self.by_day_known}

    @property
    def by_day_known(self) -> list[LedgerEntry]:
        """The entries by the day on which they became known, those of one day in the order of the file."""
        return sorted(self.entries, key=entry_day)

    def values(self) -> dict[tuple[str, int], Decimal]:
        """(measure, month) -> value; the last row of each account counts, revenue is added to volume and price."""
        by_text = {(entry.measure, entry.month, entry.text): entry.value for entry in self.by_day_known}
        for (measure, month, text), volume in list(by_text.items()):
            kind, _, name = measure.partition(".")
            if kind == "volume" and (price := by_text.get((f"price.{name}", month, text))) is not None:
                by_text[f"revenue.{name}", month, text] = volume * price
        totals: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
        for (measure, month, _), value in by_text.items():
            totals[measure, month] += value
        return dict(totals)


def open_ledger(path: Path, currency: str, accounts: Accounts) -> LedgerFile:
    """Read a ledger for appending.

    Parameters
    ----------
    path : Path
        The CSV.
    currency : str
        The currency of its amounts.
    accounts : Accounts
        What its rows call the services and costs of the plan.

    Returns
    -------
    LedgerFile
        Its bytes, its form and its figures.

    Raises
    ------
    InputError
        It cannot be read.
    """
    problems: list[Problem] = []
    content = read_regular_file(path, Location(display_path(path)), "", MAX_CSV_BYTES)
    headings = [row for row in read_grid(path, content) if any(row)]
    if len(headings) == 1:
        return _empty_ledger(path, content, headings[0])
    figures = read_figures(str(path), currency, accounts, None, problems)
    raise_if_problems(problems)
    table = figures.table
    marks = {column: decimal_mark(table, column) for column in figures.figure_columns}
    form: LedgerForm = "long" if figures.is_long else "revenue" if "revenue" in marks else "volume"
    texts: dict[str, list[str]] = defaultdict(list)
    rows: list[tuple[int, LedgerEntry]] = []
    for series in figures.series:
        text = series.text if form != "long" else series.text.partition(".")[2].strip()
        measure = series.kind if series.kind == "headcount" else f"{series.kind}.{series.name}"
        key = measure if series.kind == "cost" else measure.partition(".")[2]
        if text not in texts[key]:
            texts[key].append(text)
        for figure in series.figures:
            value = _exact_value(figure, series.kind, form, marks)
            booked = figure.row.text("booked") if "booked" in figure.row else ""
            entry = LedgerEntry(figure.month, measure, value, figure.status, booked, text=text)
            rows.append((figure.cell.location.line, entry))
    entries = tuple(entry for _, entry in sorted(rows, key=lambda row: row[0]))
    mark: DecimalMark = next((mark for mark in marks.values() if mark), "")
    named = {name: tuple(names) for name, names in texts.items()}
    return LedgerFile(path, content, table.columns, table.separator, form, entries, named, mark)


def _exact_value(figure: LedgerFigure, kind: str, form: LedgerForm, marks: Mapping[str, DecimalMark]) -> Decimal:
    """A figure with all the digits of its row; a cost in a ledger of volumes is the product of both."""
    if form != "volume":
        (column,) = marks
        return exact_number(figure.row.text(column), marks[column])
    numbers = {column: exact_number(figure.row.text(column), mark) for column, mark in marks.items()}
    return numbers["volume"] * numbers["price"] if kind == "cost" else numbers[kind]


def _empty_ledger(path: Path, content: bytes, heading: list[str]) -> LedgerFile:
    """A ledger that is a row of headings and nothing else."""
    columns = tuple(name.lower() for name in heading if name)
    text = decode_text(content, display_path(path))
    separator = max((",", ";", "\t"), key=text.count)
    is_long, is_counted = "measure" in columns, "volume" in columns
    figures = ("value",) if is_long else ("volume", "price") if is_counted else ("revenue",)
    needed = ("month", "measure" if is_long else "service", *figures, "status")
    if missing := [name for name in needed if name not in columns]:
        location = Location(display_path(path))
        raise InputError([Problem.of(location, name, "csv_column_missing", column=name) for name in missing])
    form: LedgerForm = "long" if is_long else "volume" if is_counted else "revenue"
    return LedgerFile(path, content, columns, separator, form, (), {})


def new_ledger(path: Path, columns: tuple[str, ...]) -> LedgerFile:
    """Begin a ledger that is not on the disk yet.

    Parameters
    ----------
    path : Path
        Where it will be.
    columns : tuple of str
        Its columns: those of one of the three forms, with `booked` and `source`.

    Returns
    -------
    LedgerFile
        A row of headings and nothing else, in UTF-8.
    """
    return _empty_ledger(path, (",".join(columns) + "\n").encode(), list(columns))


def entry_day(entry: LedgerEntry) -> str:
    """Return the day on which a figure became known.

    Parameters
    ----------
    entry : LedgerEntry
        The figure.

    Returns
    -------
    str
        ISO date; empty for an estimate that was not booked, see `day_known`.
    """
    day = 0 if entry.booked else day_known(entry.month, 0, entry.status)
    return entry.booked or (date.fromordinal(day).isoformat() if day else "")
