"""CSV files, read strictly: every field is text that knows its line and column.

Nothing is guessed: the file is UTF-8 with commas, one row a line, and each row has as many fields as the header. The
fields are split here because the standard library's `csv` and pandas give no column of a field.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from forecast.errors import InputError, Location, Problem, closest_match
from forecast.files.encoding import decode_text
from forecast.files.paths import display_path, read_regular_file, resolve_in_project
from forecast.units import QuantityError, read_number

__all__ = [
    "CsvCell",
    "CsvFile",
    "CsvRow",
    "check_columns",
    "column_reader",
    "parse_number_cell",
    "raise_if_problems",
    "read_csv",
]

MAX_CSV_BYTES = 8 * 2**20
MAX_CSV_COLUMNS = 1_000
MAX_CSV_PROBLEMS = 50
MAX_COLUMN_VALUES = 100_000
"""Values of a column that a plan draws from."""
MAX_SAFE_INTEGER = 2**53
"""Whole numbers above it are not all held by a double."""

_FIELD = re.compile(r'[ \t]*(?:"((?:[^"]|"")*)"[ \t]*(?=,|$)|([^,"]*)(?=,|$))')


@dataclass(frozen=True)
class CsvCell:
    """One field of a row, without the spaces around it."""

    text: str
    location: Location


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
        Column names in lower case, and the rows.

    Raises
    ------
    InputError
        The file cannot be read as a table at all.
    """
    header = Location(display_path(Path(path)))
    content = read_regular_file(Path(path), header, "", MAX_CSV_BYTES)
    lines = re.split(r"\r\n|\n|\r", _decode(content, header))
    if not lines or not lines[0].strip():
        raise InputError.of(header, "", "csv_empty")
    if lines[0].count(",") >= MAX_CSV_COLUMNS:
        raise InputError.of(header, "", "csv_too_wide", count=lines[0].count(",") + 1, most=MAX_CSV_COLUMNS)
    columns = _parse_header(lines[0], header)
    rows = tuple(_parse_rows(lines[1:], columns, header, problems))
    if not rows and not problems:
        raise InputError.of(Location(header.file, 2), "", "csv_no_rows")
    return CsvFile(header, columns, rows, hashlib.sha256(content).hexdigest())


def _decode(content: bytes, header: Location) -> str:
    if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise InputError.of(header, "", "not_utf8", encoding="UTF-16")
    return decode_text(content, header.file)


def _parse_header(line: str, header: Location) -> tuple[str, ...]:
    cells = _split_line(line, header.file, 1)
    if cells is None:
        raise InputError.of(header, "", "csv_quote")
    columns = tuple(cell.text.lower() for cell in cells)
    if len(columns) == 1 and re.search(r"[;\t]", line):
        raise InputError.of(header, "", "csv_separator", separator=";" if ";" in line else "TAB")
    for position, column in enumerate(columns):
        if not column:
            raise InputError.of(cells[position].location, "", "csv_column_unnamed")
        if column in columns[:position]:
            raise InputError.of(cells[position].location, column, "csv_column_twice", column=column)
    return columns


def _parse_rows(
    lines: list[str], columns: tuple[str, ...], header: Location, problems: list[Problem]
) -> Iterator[CsvRow]:
    for line_number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        cells = _split_line(line, header.file, line_number)
        location = Location(header.file, line_number)
        if cells is None:
            problems.append(Problem.of(location, "", "csv_quote"))
        elif len(cells) != len(columns):
            is_longer = len(cells) > len(columns)
            location = cells[len(columns)].location if is_longer else Location(header.file, line_number, len(line) + 1)
            code = "csv_long_row" if is_longer else "csv_short_row"
            problems.append(Problem.of(location, "", code, count=len(cells), columns=len(columns)))
        else:
            yield dict(zip(columns, cells, strict=True))


def _split_line(line: str, file: str, line_number: int) -> list[CsvCell] | None:
    """Split a line into its fields; None when a quote is left open or stands inside a field."""
    cells = []
    start = 0
    while True:
        if not (match := _FIELD.match(line, start)):
            return None
        text = match[2] if match[1] is None else match[1].replace('""', '"')
        cells.append(CsvCell(text.strip(), Location(file, line_number, start + 1)))
        if match.end() == len(line):
            return cells
        start = match.end() + 1


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
    for name in table.columns:
        if name not in columns:
            instead = closest_match(name, columns) or ", ".join(columns)
            problems.append(Problem.of(table.location, name[:80], "csv_column_unknown", instead=instead))
    return problems


def parse_number_cell(cell: CsvCell, column: str, problems: list[Problem]) -> float:
    """Read the number of a field.

    Parameters
    ----------
    cell : CsvCell
        The field.
    column : str
        Name of its column.
    problems : list of Problem
        A number that cannot be read in one way only is added.

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
        value = read_number(text)
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
