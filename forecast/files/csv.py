"""A CSV file, read strictly: every field is text that knows its line and column.

Nothing is guessed: the file is UTF-8 with commas, one row a line, and each row has as many fields as the header.
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
    """The rows below a header."""

    location: Location
    """The header."""
    columns: tuple[str, ...]
    rows: tuple[CsvRow, ...]
    digest: str
    """SHA-256 of the bytes."""


def read_csv(path: str | Path, complaints: list[Problem]) -> CsvFile:
    """Read the rows of a CSV; what is wrong inside a row goes to `complaints`, which drops the row.

    InputError when the file cannot be read as a table at all.
    """
    top = Location(display_path(Path(path)))
    content = read_regular_file(Path(path), top, "", MAX_CSV_BYTES)
    lines = re.split(r"\r\n|\n|\r", _decode(content, top))
    if not lines or not lines[0].strip():
        raise InputError.of(top, "", "csv_empty")
    if lines[0].count(",") >= MAX_CSV_COLUMNS:
        raise InputError.of(top, "", "csv_too_wide", count=lines[0].count(",") + 1, most=MAX_CSV_COLUMNS)
    columns = _parse_header(lines[0], top)
    rows = tuple(_parse_rows(lines[1:], columns, top, complaints))
    if not rows and not complaints:
        raise InputError.of(Location(top.file, 2), "", "csv_no_rows")
    return CsvFile(top, columns, rows, hashlib.sha256(content).hexdigest())


def _decode(content: bytes, top: Location) -> str:
    if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise InputError.of(top, "", "not_utf8", encoding="UTF-16")
    return decode_text(content, top.file)


def _parse_header(line: str, top: Location) -> tuple[str, ...]:
    cells = _split_line(line, top.file, 1)
    if cells is None:
        raise InputError.of(top, "", "csv_quote")
    columns = tuple(cell.text.lower() for cell in cells)
    if len(columns) == 1 and re.search(r"[;\t]", line):
        raise InputError.of(top, "", "csv_separator", separator=";" if ";" in line else "TAB")
    for place, column in enumerate(columns):
        if not column:
            raise InputError.of(cells[place].location, "", "csv_column_unnamed")
        if column in columns[:place]:
            raise InputError.of(cells[place].location, column, "csv_column_twice", column=column)
    return columns


def _parse_rows(
    lines: list[str], columns: tuple[str, ...], top: Location, complaints: list[Problem]
) -> Iterator[CsvRow]:
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        cells = _split_line(line, top.file, number)
        where = Location(top.file, number)
        if cells is None:
            complaints.append(Problem.of(where, "", "csv_quote"))
        elif len(cells) != len(columns):
            more = len(cells) > len(columns)
            where = cells[len(columns)].location if more else Location(top.file, number, len(line) + 1)
            code = "csv_long_row" if more else "csv_short_row"
            complaints.append(Problem.of(where, "", code, count=len(cells), columns=len(columns)))
        else:
            yield dict(zip(columns, cells, strict=True))


def _split_line(line: str, file: str, number: int) -> list[CsvCell] | None:
    """The fields of a line; None when a quote is left open or stands inside a field."""
    cells = []
    start = 0
    while True:
        if not (found := _FIELD.match(line, start)):
            return None
        text = found[2] if found[1] is None else found[1].replace('""', '"')
        cells.append(CsvCell(text.strip(), Location(file, number, start + 1)))
        if found.end() == len(line):
            return cells
        start = found.end() + 1


def check_columns(table: CsvFile, needed: tuple[str, ...], allowed: tuple[str, ...]) -> list[Problem]:
    """Complaints about columns that are missing or unknown."""
    known = (*needed, *allowed)
    missing = [name for name in needed if name not in table.columns]
    wrong = [Problem.of(table.location, name, "csv_column_missing", column=name) for name in missing]
    for name in table.columns:
        if name not in known:
            instead = closest_match(name, known) or ", ".join(known)
            wrong.append(Problem.of(table.location, name[:80], "csv_column_unknown", instead=instead))
    return wrong


def parse_number_cell(cell: CsvCell, column: str, complaints: list[Problem]) -> float:
    """The number of a field; NaN, and a complaint, when it cannot be read in one way only."""
    text = cell.text
    try:
        if not text:
            raise QuantityError("csv_number_missing")
        if not re.fullmatch(r"[+-]?\d[\d.,_]*(?:[eE][+-]?\d{1,3})?", text):
            raise QuantityError("csv_not_a_number", text=text[:40])
        value = read_number(text)
        if abs(Decimal(text)) > MAX_SAFE_INTEGER:
            raise QuantityError("csv_number_too_large", text=text[:40])
    except QuantityError as wrong:
        complaints.append(Problem.of(cell.location, column, wrong.code, **wrong.params))
        return float("nan")
    return value


def raise_if_problems(complaints: list[Problem]) -> None:
    """InputError of the first complaints, by line, and of how many more there are."""
    if not complaints:
        return
    first = sorted(set(complaints))
    if len(first) > MAX_CSV_PROBLEMS:
        last = first[MAX_CSV_PROBLEMS - 1].location
        behind = Location(last.file, last.line, last.column + 1)
        left = Problem.of(behind, "", "csv_and_more", count=len(first) - MAX_CSV_PROBLEMS)
        first = [*first[:MAX_CSV_PROBLEMS], left]
    raise InputError(first)


def column_reader(folders: Mapping[str, Path], project: Path) -> Callable[[str, str, Location], tuple[str, ...]]:
    """A reader of a column of a CSV, for `empirical(file, column)`; QuantityError says what is wrong with the file."""

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
