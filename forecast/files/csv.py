"""CSV files, read strictly: every field is text that knows its line and column.

A file is UTF-8 or marked UTF-16, separated by commas, or by semicolons or tabs as spreadsheets export it; each row has
as many fields as the header. The fields are split here because the standard library's `csv` and pandas give no column
of a field.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from forecast.errors import InputError, Location, Problem, closest_match
from forecast.files.encoding import decode_text
from forecast.files.paths import display_path, read_regular_file, resolve_in_project
from forecast.i18n import Note
from forecast.units import QuantityError, read_number

__all__ = [
    "MAX_CSV_BYTES",
    "CsvCell",
    "CsvFile",
    "CsvRow",
    "DecimalMark",
    "check_columns",
    "column_reader",
    "decimal_mark",
    "number_notes",
    "parse_number_cell",
    "raise_if_problems",
    "read_csv",
]

MAX_CSV_BYTES = 8 * 2**20
"""Size of a data file."""
MAX_CSV_COLUMNS = 1_000
MAX_CSV_PROBLEMS = 50
MAX_UNKNOWN_COLUMNS = 20
"""Unknown columns that are named, each with its problem."""
MAX_COLUMN_VALUES = 100_000
"""Values of a column that a plan draws from."""
MAX_SAFE_INTEGER = 2**53
"""Whole numbers above it are not all held by a double."""
SEPARATORS = (",", ";", "\t")
_WORKBOOK_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""First bytes of .xlsx and .ods, and of .xls."""
_SEPARATOR_LINE = re.compile(r"sep=([,;\t])[ \t]*")
"""Line above the header by which a spreadsheet names its separator."""

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
_COMMA_NUMBER = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+)(?:,[0-9]+)?")
_SCIENTIFIC_NUMBER = re.compile(r"[+-]?([0-9](?:\.([0-9]+))?)[eE]\+?([0-9]{1,3})")
MIN_EXACT_DIGITS = 10
"""Digits of an amount in scientific notation from which it is taken for exact."""


class CsvCell(NamedTuple):
    """One field of a row, without the spaces around it."""

    text: str
    file: str
    line: int
    column: int

    @property
    def location(self) -> Location:
        """Place of the field."""
        return Location(self.file, self.line, self.column)


CsvRow = dict[str, CsvCell]


@dataclass(frozen=True)
class CsvFile:
    """Rows below a header."""

    location: Location
    """Place of the header."""
    columns: tuple[str, ...]
    rows: tuple[CsvRow, ...]
    digest: str
    """SHA-256 of the bytes."""
    separator: str = ","


def read_csv(path: str | Path, problems: list[Problem]) -> CsvFile:
    """Read the rows of a CSV.

    Parameters
    ----------
    path : str or Path
        The file.
    problems : list of Problem
        What is wrong inside a row is added, and the row is left out.

    Returns
    -------
    CsvFile
        Column names in lower case, and the rows; lines without any field are passed over.

    Raises
    ------
    InputError
        The file cannot be read as a table at all.
    """
    file = Location(display_path(Path(path)))
    content = read_regular_file(Path(path), file, "", MAX_CSV_BYTES)
    if content.startswith(_WORKBOOK_STARTS):
        raise InputError.of(file, "", "csv_is_workbook")
    lines = re.split(r"\r\n|\n|\r", decode_text(content, file.file))
    header_line, separator = _find_header(lines, file)
    header = Location(file.file, header_line + 1)
    if lines[header_line].count(separator) >= MAX_CSV_COLUMNS:
        count = lines[header_line].count(separator) + 1
        raise InputError.of(header, "", "csv_too_wide", count=count, most=MAX_CSV_COLUMNS)
    columns = _parse_header(lines[header_line], separator, header)
    rows = tuple(_parse_rows(lines, separator, columns, header, problems))
    if not rows and not problems:
        raise InputError.of(Location(header.file, header.line + 1), "", "csv_no_rows")
    return CsvFile(header, columns, rows, hashlib.sha256(content).hexdigest(), separator)


def _find_header(lines: list[str], file: Location) -> tuple[int, str]:
    """Row of the header, and the separator: the one that a line above it names, or that the header shows."""
    named = ""
    for row, line in enumerate(lines):
        if match := _SEPARATOR_LINE.fullmatch(line):
            named = match[1]
        elif line.strip(" \t,;"):
            return row, named or max(SEPARATORS, key=line.count)
    raise InputError.of(file, "", "csv_empty")


def _parse_header(line: str, separator: str, header: Location) -> tuple[str, ...]:
    cells = _split_line(line, separator, header.file, header.line)
    if cells is None:
        raise InputError.of(header, "", "csv_quote")
    while cells and not cells[-1].text:  # columns of a spreadsheet that are empty to the end
        cells.pop()
    columns = tuple(cell.text.lower() for cell in cells)
    seen: set[str] = set()
    for cell, column in zip(cells, columns, strict=True):
        if not column:
            raise InputError.of(cell.location, "", "csv_column_unnamed")
        if column in seen:
            raise InputError.of(cell.location, column[:80], "csv_column_twice", column=column[:80])
        seen.add(column)
    return columns


def _parse_rows(
    lines: list[str], separator: str, columns: tuple[str, ...], header: Location, problems: list[Problem]
) -> Iterator[CsvRow]:
    for line_number, line in enumerate(lines[header.line :], start=header.line + 1):
        if not line.strip(f" \t{separator}"):
            continue
        cells = _split_line(line, separator, header.file, line_number)
        if cells is None:
            problems.append(Problem.of(Location(header.file, line_number), "", "csv_quote"))
            continue
        while len(cells) > len(columns) and not cells[-1].text:
            cells.pop()
        if len(cells) == len(columns):
            yield dict(zip(columns, cells, strict=True))
            continue
        is_longer = len(cells) > len(columns)
        location = cells[len(columns)].location if is_longer else Location(header.file, line_number, len(line) + 1)
        code = "csv_long_row" if is_longer else "csv_short_row"
        problems.append(Problem.of(location, "", code, count=len(cells), columns=len(columns)))


def _split_line(line: str, separator: str, file: str, line_number: int) -> list[CsvCell] | None:
    """Split a line into its fields; None when a quote is left open or stands inside a field."""
    cells = []
    start = 0
    if '"' not in line:
        for text in line.split(separator):
            cells.append(CsvCell(text.strip(), file, line_number, start + 1))
            start += len(text) + 1
        return cells
    pattern = _field_pattern(separator)
    while True:
        if not (match := pattern.match(line, start)):
            return None
        text = match[2] if match[1] is None else match[1].replace('""', '"')
        cells.append(CsvCell(text.strip(), file, line_number, start + 1))
        if match.end() == len(line):
            return cells
        start = match.end() + 1


@cache
def _field_pattern(separator: str) -> re.Pattern[str]:
    """A field, quoted or plain, up to a separator; it never goes back, so that it takes linear time."""
    blank = "[ ]" if separator == "\t" else r"[ \t]"
    end = f"(?={separator}|$)"
    return re.compile(f'{blank}*+(?:"((?:[^"]|"")*+)"{blank}*+{end}|([^{separator}"]*+){end})')


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
    shown: set[DecimalMark] = set()
    for row in table.rows:
        text = row[column].text
        shown.update(mark for mark, pattern in _SHOWN_MARKS if pattern.fullmatch(text))
        if len(shown) > 1:
            return ""
    mark = shown.pop() if shown else ""
    return "" if mark == "," and table.separator == "," else mark


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
        texts = [row[column].text for row in table.rows]
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


def check_columns(table: CsvFile, needed: tuple[str, ...], allowed: tuple[str, ...]) -> list[Problem]:
    """Check the columns of a table.

    Parameters
    ----------
    table : CsvFile
        The table.
    needed : tuple of str
        Columns that it must have.
    allowed : tuple of str
        Columns that it may have.

    Returns
    -------
    list of Problem
        Columns that are missing or unknown.
    """
    columns = (*needed, *allowed)
    missing = [name for name in needed if name not in table.columns]
    problems = [Problem.of(table.location, name, "csv_column_missing", column=name) for name in missing]
    unknown = [name for name in table.columns if name not in columns]
    for name in unknown[:MAX_UNKNOWN_COLUMNS]:
        instead = closest_match(name, columns) or ", ".join(columns)
        problems.append(Problem.of(table.location, name[:80], "csv_column_unknown", instead=instead))
    if len(unknown) > MAX_UNKNOWN_COLUMNS:
        count = len(unknown) - MAX_UNKNOWN_COLUMNS
        problems.append(Problem.of(table.location, "", "csv_more_columns_unknown", count=count))
    return problems


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
    try:
        if not text:
            raise QuantityError("csv_number_missing")
        if not re.fullmatch(r"[+-]?\d[\d.,_]*(?:[eE][+-]?\d{1,3})?", text):
            raise QuantityError("csv_not_a_number", text=text[:40])
        if mark == "," and _COMMA_NUMBER.fullmatch(text):
            text = _plain_text(text, mark)
        value = read_number(text, has_three_decimals=bool(mark))
        if abs(Decimal(text)) > MAX_SAFE_INTEGER:
            raise QuantityError("csv_number_too_large", text=text[:40])
    except QuantityError as error:
        problems.append(Problem.of(cell.location, column, error.code, **error.params))
        return float("nan")
    return value


def raise_if_problems(problems: list[Problem]) -> None:
    """Raise the problems, if there are any.

    Parameters
    ----------
    problems : list of Problem
        In any order.

    Raises
    ------
    InputError
        The first `MAX_CSV_PROBLEMS` by line, and how many more there are.
    """
    if not problems:
        return
    first = sorted(set(problems))
    if len(first) > MAX_CSV_PROBLEMS:
        last = first[MAX_CSV_PROBLEMS - 1].location
        next_location = Location(last.file, last.line, last.column + 1)
        remaining = Problem.of(next_location, "", "csv_and_more", count=len(first) - MAX_CSV_PROBLEMS)
        first = [*first[:MAX_CSV_PROBLEMS], remaining]
    raise InputError(first)


def column_reader(folders: Mapping[str, Path], project: Path) -> Callable[[str, str, Location], tuple[str, ...]]:
    """Make the function that reads a column of a CSV, for `empirical(file, column)`.

    Parameters
    ----------
    folders : mapping of str to Path
        Folder of each plan file, which the paths in it are relative to.
    project : Path
        Folder that the CSV must lie in.

    Returns
    -------
    Callable
        (file, column, location) -> texts in the order of the rows; it raises QuantityError for a file that cannot be
        read, a column that is missing or has a gap, and too few or too many values.
    """

    def read(file: str, column: str, location: Location) -> tuple[str, ...]:
        try:
            path = resolve_in_project(file, folders.get(location.file, project), project, location, "")
            return _read_column(path, column)
        except InputError as error:
            problem = error.problems[0]
            if problem.code.startswith("csv_"):
                raise QuantityError("column_not_csv", file=str(problem.location)) from None
            raise QuantityError(problem.code, **dict(problem.params)) from None

    return read


def _read_column(path: Path, column: str) -> tuple[str, ...]:
    """The texts of a column of a CSV, in the order of its rows."""
    problems: list[Problem] = []
    table = read_csv(path, problems)
    raise_if_problems(problems)
    file, name = table.location.file, column.lower()
    if name not in table.columns:
        instead = closest_match(name, table.columns, 0.0) or "?"
        raise QuantityError("column_missing", column=column[:60], file=file, instead=instead[:60])
    cells = [row[name] for row in table.rows]
    for cell in cells:
        if not cell.text:
            raise QuantityError("column_gap", column=column, file=file, row=str(cell.location.line))
    if not 2 <= len(cells) <= MAX_COLUMN_VALUES:
        raise QuantityError("column_size", column=column, file=file, count=str(len(cells)), most=str(MAX_COLUMN_VALUES))
    return tuple(cell.text for cell in cells)
