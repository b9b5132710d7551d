"""Numbers of a CSV, read in one way only: the column's own decimal mark decides the ambiguous ones, and it is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal

from forecast.errors import Problem
from forecast.files.csv import CsvCell, CsvFile
from forecast.i18n import Note
from forecast.units import QuantityError, plain_digits, read_number

__all__ = ["DecimalMark", "decimal_mark", "exact_number", "number_notes", "parse_number_cell", "shown_decimal_marks"]

MAX_NUMBER_TEXT = 40
"""Characters of a number that a problem quotes."""
MAX_SAFE_INTEGER = 2**53
"""Whole numbers above it are not all held by a double."""
DecimalMark = Literal["", ".", ","]
"""The decimal mark that the numbers of a column show; empty where none shows it, or two do."""
_AMBIGUOUS_NUMBER = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_SHOWN_MARKS: tuple[tuple[DecimalMark, re.Pattern[str]], ...] = (
    (".", re.compile(r"[+-]?[0-9]+\.(?![0-9]{3}$)[0-9]+")),
    (".", re.compile(r"[+-]?(?:0|[0-9]{4,})\.[0-9]{3}")),
    (".", re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+")),
    (".", re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3}){2,}")),
    (",", re.compile(r"[+-]?[0-9]+,(?![0-9]{3}$)[0-9]+")),
    (",", re.compile(r"[+-]?(?:0|[0-9]{4,}),[0-9]{3}")),
    (",", re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")),
    (",", re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}){2,}")),
)
"""Decimal marks, and numbers that can only be read with them."""
_PLAIN_INTEGER = re.compile(r"[1-9][0-9]{0,14}")
"""Whole numbers that are read in one way only and held by a double."""
_COMMA_NUMBER = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+)(?:,[0-9]+)?")
_SCIENTIFIC_NUMBER = re.compile(r"[+-]?([0-9](?:\.([0-9]+))?)[eE]\+?([0-9]{1,3})")
MIN_EXACT_DIGITS = 10
"""Digits of an amount in scientific notation from which it is taken for exact."""


def decimal_mark(table: CsvFile, column: str) -> DecimalMark:
    """Return the decimal mark that decides how the ambiguous numbers of a column are read, such as 1.018.

    Parameters
    ----------
    table : CsvFile
        The table.
    column : str
        Name of a column of numbers.

    Returns
    -------
    DecimalMark
        The mark that at least one number can only be read with, where no number needs the other one. A comma counts
        only in a table that a spreadsheet separated by something else.
    """
    marks = shown_decimal_marks(row.text(column) for row in table.rows)
    mark = marks.pop() if len(marks) == 1 else ""
    return "" if mark == "," and table.separator == "," else mark


def shown_decimal_marks(texts: Iterable[str]) -> set[DecimalMark]:
    """Return the decimal marks without which some number of a list cannot be read.

    Parameters
    ----------
    texts : iterable of str
        Numbers as they are written.

    Returns
    -------
    set of DecimalMark
        Empty where no number shows one; the search ends at the second.
    """
    shown: set[DecimalMark] = set()
    for text in texts:
        if text.isdecimal():  # most are
            continue
        shown.update(mark for mark, pattern in _SHOWN_MARKS if pattern.fullmatch(text))
        if len(shown) > 1:
            break
    return shown


def number_notes(table: CsvFile, columns: Iterable[str]) -> list[Note]:
    """Return notes on numbers that are read in a way that a reader should know.

    Parameters
    ----------
    table : CsvFile
        The table.
    columns : iterable of str
        Its columns of numbers.

    Returns
    -------
    list of Note
        Ambiguous numbers that the others of their column decide, and numbers in scientific notation with few digits,
        which a spreadsheet may have rounded.
    """
    notes: list[Note] = []
    for column in columns:
        texts = [text for row in table.rows if not (text := row.text(column)).isdecimal()]
        notes += _decided_note(column, texts, decimal_mark(table, column))
        notes += _scientific_note(column, texts)
    return notes


def _decided_note(column: str, texts: list[str], mark: DecimalMark) -> Iterator[Note]:
    decided = [text for text in texts if mark in text and _AMBIGUOUS_NUMBER.fullmatch(text)] if mark == "." else []
    if mark == ",":
        decided = [text for text in texts if _AMBIGUOUS_NUMBER.fullmatch(text)]
    if decided:
        params = {"value": _plain_text(decided[0], mark), "example": decided[0], "mark": mark}
        yield _note("csv_decimals_decided", column=column, count=len(decided), **params)


def _scientific_note(column: str, texts: list[str]) -> Iterator[Note]:
    matches = [_SCIENTIFIC_NUMBER.fullmatch(text) for text in texts]
    rounded = [match for match in matches if match and _loses_digits(match)]
    if rounded:
        error = f"{100 * max(map(_rounding_error, rounded)):.1g}%"
        yield _note("csv_scientific", column=column, count=len(rounded), example=rounded[0][0], error=error)


def _note(key: str, **params: object) -> Note:
    return key, tuple(sorted((name, str(value)) for name, value in params.items()))


def _loses_digits(match: re.Match[str]) -> bool:
    """True where a number in scientific notation has few digits and its last one stands for more than a unit."""
    decimals = len(match[2] or "")
    return 1 + decimals < MIN_EXACT_DIGITS and int(match[3]) > decimals


def _rounding_error(match: re.Match[str]) -> float:
    """Largest relative error of a number that was rounded to its digits."""
    return 0.5 * 10.0 ** -len(match[2] or "") / max(float(match[1]), 1.0)


def _plain_text(text: str, mark: DecimalMark) -> str:
    """A number with a decimal point and without separators of thousands."""
    return text.replace(".", "").replace(",", ".") if mark == "," else text


def parse_number_cell(cell: CsvCell, column: str, problems: list[Problem], mark: DecimalMark = "") -> float:
    """Read the number of a field.

    Parameters
    ----------
    cell : CsvCell
        The field.
    column : str
        Name of its column.
    problems : list of Problem
        A number that cannot be read in one way only is added.
    mark : DecimalMark
        Decimal mark of the column, where it is known.

    Returns
    -------
    float
        NaN when it cannot be read.
    """
    text = cell.text
    if _PLAIN_INTEGER.fullmatch(text):  # most are
        return float(text)
    try:
        if not text:
            raise QuantityError("csv_number_missing")
        if not re.fullmatch(r"[+-]?[0-9][0-9.,_]*(?:[eE][+-]?[0-9]{1,3})?", text):
            raise _not_a_plain_number(text)
        if mark == "," and _COMMA_NUMBER.fullmatch(text):
            text = _plain_text(text, mark)
        value = read_number(text, has_three_decimals=bool(mark))
        if abs(Decimal(text)) > MAX_SAFE_INTEGER:
            raise QuantityError("csv_number_too_large", text=text[:40])
    except QuantityError as error:
        problems.append(Problem.of(cell.location, column, error.code, **error.params))
        return float("nan")
    return value


def _not_a_plain_number(text: str) -> QuantityError:
    """The error of a number that is none, with its digits alone where it is one in groups or of another script."""
    instead = plain_digits(text.lstrip("'")) if len(text) <= MAX_NUMBER_TEXT else ""
    if instead != text and re.fullmatch(r"[+-]?[0-9]+", instead):
        return QuantityError("odd_digits", number=text, instead=instead)
    return QuantityError("csv_not_a_number", text=text[:MAX_NUMBER_TEXT])


def exact_number(text: str, mark: DecimalMark) -> Decimal:
    """Return a number with all its digits.

    Parameters
    ----------
    text : str
        A field that `parse_number_cell` read.
    mark : DecimalMark
        Decimal mark of its column.

    Returns
    -------
    Decimal
        Of the same value.
    """
    return Decimal(_plain_text(text, mark) if mark == "," else text)
