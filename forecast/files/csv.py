"""CSV files, read strictly: every field is text that knows its line and column.

A file is UTF-8 or marked UTF-16, separated by commas, or by semicolons, tabs or bars as spreadsheets export it; each
row has as many fields as the header. The fields are split here because the standard library's `csv` and pandas give no
column of a field.
"""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from forecast.errors import InputError, Location, Problem, closest_match, has_enough_problems, raise_if_problems
from forecast.files.characters import single_line
from forecast.files.column_names import english_columns
from forecast.files.encoding import decode_text
from forecast.files.paths import display_path, read_regular_file, resolve_in_project
from forecast.units import QuantityError

__all__ = [
    "MAX_CSV_BYTES",
    "CsvCell",
    "CsvFile",
    "CsvRow",
    "check_columns",
    "column_reader",
    "read_csv",
    "read_grid",
    "vietnamese_column_problems",
]

MAX_CSV_BYTES = 8 * 2**20
"""Size of a data file."""
MAX_CSV_COLUMNS = 1_000
MAX_CSV_ROWS = 250_000
"""Rows of a file: two years of 10,000 places."""
MAX_UNKNOWN_COLUMNS = 20
"""Unknown columns that are named, each with its problem."""
MAX_COLUMN_VALUES = 100_000
"""Values of a column that a plan draws from."""
MAX_TITLE_ROWS = 20
"""Rows above the header in which a title may stand."""
SEPARATORS = (",", ";", "\t")
RARE_SEPARATOR = "|"
"""Separates a file whose header has none of the others."""
_WORKBOOK_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""First bytes of .xlsx and .ods, and of .xls."""
_ODD_LINE_ENDS = re.compile("[\x85\u2028\u2029]")
"""Line ends that no spreadsheet writes: they stand inside a field."""
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?[ \t,;|]*', re.IGNORECASE)
"""Line above the header by which a spreadsheet names its separator."""


class CsvCell(NamedTuple):
    """One field of a row, without the spaces around it."""

    text: str
    row: CsvRow
    position: int
    """Columns before it."""

    @property
    def location(self) -> Location:
        """Place of the field."""
        return self.row.locate(self.position)


class CsvRow(Mapping[str, CsvCell]):
    """Fields of one row by column; their places are computed when they are asked for.

    Parameters
    ----------
    file : str
        Path as it is shown.
    line : int
        From 1.
    fields : list of str
        As they stand between the separators, or without their quotes.
    starts : list of int, optional
        Where each begins, from 0; None where no field is quoted.
    index_by_column : mapping of str to int
        Position of each column, shared by all rows.
    """

    __slots__ = ("fields", "file", "index_by_column", "line", "starts")

    def __init__(
        self, file: str, line: int, fields: list[str], starts: list[int] | None, index_by_column: Mapping[str, int]
    ) -> None:
        self.file = file
        self.line = line
        self.fields = fields
        self.starts = starts
        self.index_by_column = index_by_column

    def __getitem__(self, column: str) -> CsvCell:
        """Field of a column."""
        index = self.index_by_column[column]
        return CsvCell(_cell_text(self.fields[index]), self, index)

    def __iter__(self) -> Iterator[str]:
        """Names of the columns, in order."""
        return iter(self.index_by_column)

    def __len__(self) -> int:
        """Number of columns."""
        return len(self.index_by_column)

    def __contains__(self, column: object) -> bool:
        """Return whether there is such a column."""
        return column in self.index_by_column

    def text(self, column: str) -> str:
        """Return the text of a column, without the spaces around it."""
        return _cell_text(self.fields[self.index_by_column[column]])

    def locate(self, index: int) -> Location:
        """Return the place of the field at a position."""
        start = sum(map(len, self.fields[:index])) + index if self.starts is None else self.starts[index]
        return Location(self.file, self.line, start + 1)


def _cell_text(field: str) -> str:
    """A field as text on one line; plain ASCII, which most are, needs no composing."""
    return field.strip() if field.isascii() and "\t" not in field else single_line(field)


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


def read_csv(path: str | Path, problems: list[Problem], names: tuple[str, ...] = ()) -> CsvFile:
    """Read the rows of a CSV.

    Parameters
    ----------
    path : str or Path
        The file.
    problems : list of Problem
        What is wrong inside a row is added, and the row is left out.
    names : tuple of str, optional
        Columns by which a header is known from a title above it.

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
    text = unicodedata.normalize("NFC", decode_text(content, file.file))  # at once: a ledger has many small fields
    lines = re.split(r"\r\n|\n|\r", _ODD_LINE_ENDS.sub(" ", text))
    header_line, separator = _find_header(lines, file, names)
    if separator != "\t":
        lines = [line.replace("\t", " ") for line in lines]
    header = Location(file.file, header_line + 1)
    if lines[header_line].count(separator) >= MAX_CSV_COLUMNS:
        count = lines[header_line].count(separator) + 1
        raise InputError.of(header, "", "csv_too_wide", count=count, most=MAX_CSV_COLUMNS)
    columns = _parse_header(lines[header_line], separator, header)
    rows = tuple(_parse_rows(lines, separator, columns, header, problems))
    if not rows and not problems:
        raise InputError.of(Location(header.file, header.line + 1), "", "csv_no_rows")
    return CsvFile(header, columns, rows, hashlib.sha256(content).hexdigest(), separator)


def read_grid(path: Path, content: bytes) -> list[list[str]]:
    """Split a CSV into its fields, with no header and no number of columns asked for.

    Parameters
    ----------
    path : Path
        The file.
    content : bytes
        All of it.

    Returns
    -------
    list of list of str
        Fields by row; a blank line is an empty row, a quoted field may hold line ends.

    Raises
    ------
    InputError
        The text is in another encoding, has an open quote, or more rows or columns than a data file may have.
    """
    file = Location(display_path(path))
    text = unicodedata.normalize("NFC", decode_text(content, file.file))
    lines = text.splitlines(keepends=True)
    named = _SEPARATOR_LINE.fullmatch(lines[0].rstrip("\r\n")) if lines else None
    separator = named[1] if named else _grid_separator(lines)
    reader = csv.reader(lines[1:] if named else lines, delimiter=separator, strict=True)
    rows: list[list[str]] = [[]] if named else []
    try:
        for row in reader:
            if len(rows) == MAX_CSV_ROWS:
                raise InputError.of(Location(file.file, len(rows)), "", "csv_too_long", most=MAX_CSV_ROWS)
            if len(row) > MAX_CSV_COLUMNS:
                raise InputError.of(
                    Location(file.file, len(rows) + 1), "", "csv_too_wide", count=len(row), most=MAX_CSV_COLUMNS
                )
            rows.append([single_line(field) for field in row])
    except csv.Error:
        raise InputError.of(Location(file.file, reader.line_num), "", "csv_quote") from None
    return rows


def _grid_separator(lines: list[str]) -> str:
    """The separator that splits the most lines; a comma only where it splits more than the others."""
    return max(SEPARATORS[::-1], key=lambda separator: sum(separator in line for line in lines))


def _find_header(lines: list[str], file: Location, names: tuple[str, ...]) -> tuple[int, str]:
    """Row of the header, and the separator: the one that a line above it names, or that the header shows."""
    named = ""
    for row, line in enumerate(lines):
        if match := _SEPARATOR_LINE.fullmatch(line):
            named = match[1]
        elif line.strip(" \t,;|"):
            if names and (below := _header_below(lines, row, names)):
                raise InputError.of(Location(file.file, row + 1), "", "csv_title_rows", row=below + 1)
            return row, named or _shown_separator(line)
    raise InputError.of(file, "", "csv_empty")


def _shown_separator(line: str) -> str:
    """The separator that stands in a line most often."""
    shown = max(SEPARATORS, key=line.count)
    return RARE_SEPARATOR if shown not in line and RARE_SEPARATOR in line else shown


def _header_below(lines: list[str], row: int, names: tuple[str, ...]) -> int:
    """Row of the header where this one holds one name of a column at most and one below holds two; else 0."""
    if _count_names(lines[row], names) > 1:
        return 0
    below = range(row + 1, min(row + 1 + MAX_TITLE_ROWS, len(lines)))
    return next((number for number in below if _count_names(lines[number], names) > 1), 0)


def _count_names(line: str, names: tuple[str, ...]) -> int:
    """Number of the names of columns that a line holds, in English or Vietnamese."""
    fields = line.split(_shown_separator(line), MAX_CSV_COLUMNS)[:MAX_CSV_COLUMNS]
    columns = tuple(field.strip(' \t"').lower() for field in fields)
    return len({*english_columns(columns, names)} & {*names})


def _parse_header(line: str, separator: str, header: Location) -> tuple[str, ...]:
    row = _split_line(line, separator, header, {})
    if row is None:
        raise InputError.of(header, "", "csv_quote")
    columns = tuple(field.strip().lower() for field in row.fields)
    while columns and not columns[-1]:  # columns of a spreadsheet that are empty to the end
        columns = columns[:-1]
    seen: set[str] = set()
    for index, column in enumerate(columns):
        if not column:
            raise InputError.of(row.locate(index), "", "csv_column_unnamed")
        if column in seen:
            raise InputError.of(row.locate(index), column[:80], "csv_column_twice", column=column[:80])
        seen.add(column)
    return columns


def _parse_rows(
    lines: list[str], separator: str, columns: tuple[str, ...], header: Location, problems: list[Problem]
) -> Iterator[CsvRow]:
    blank = f" \t{separator}"
    index_by_column = {column: index for index, column in enumerate(columns)}
    count = 0
    for line_number, line in enumerate(islice(lines, header.line, None), start=header.line + 1):
        if not line.strip(blank):
            continue
        if has_enough_problems(problems):
            return
        count += 1
        start = Location(header.file, line_number)
        if count > MAX_CSV_ROWS:
            raise InputError.of(start, "", "csv_too_long", most=MAX_CSV_ROWS)
        row = _split_line(line, separator, start, index_by_column)
        if row is None:
            problems.append(Problem.of(start, "", "csv_quote"))
            continue
        fields = row.fields
        while len(fields) > len(columns) and not fields[-1].strip(blank if len(fields) > MAX_CSV_COLUMNS else None):
            fields.pop()
        if len(fields) == len(columns):
            yield row
            continue
        is_longer = len(fields) > len(columns)
        location = row.locate(len(columns)) if is_longer else Location(header.file, line_number, len(line) + 1)
        code = "csv_long_row" if is_longer else "csv_short_row"
        count_text = f"{MAX_CSV_COLUMNS}+" if len(fields) > MAX_CSV_COLUMNS else str(len(fields))
        problems.append(Problem.of(location, "", code, count=count_text, columns=len(columns)))


def _split_line(line: str, separator: str, start: Location, index_by_column: Mapping[str, int]) -> CsvRow | None:
    """Split a line into its fields; None when a quote is left open or stands inside a field.

    The field after the first `MAX_CSV_COLUMNS` is what remains of the line.
    """
    if '"' not in line:
        return CsvRow(start.file, start.line, line.split(separator, MAX_CSV_COLUMNS), None, index_by_column)
    fields: list[str] = []
    starts: list[int] = []
    position = 0
    pattern = _field_pattern(separator)
    while True:
        starts.append(position)
        if len(fields) == MAX_CSV_COLUMNS:
            fields.append(line[position:])
            return CsvRow(start.file, start.line, fields, starts, index_by_column)
        if not (match := pattern.match(line, position)):
            return None
        fields.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        if match.end() == len(line):
            return CsvRow(start.file, start.line, fields, starts, index_by_column)
        position = match.end() + 1


@cache
def _field_pattern(separator: str) -> re.Pattern[str]:
    """A field, quoted or plain, up to a separator; it never goes back, so that it takes linear time."""
    blank = "[ ]" if separator == "\t" else r"[ \t]"
    end = f"(?=[{separator}]|$)"
    return re.compile(f'{blank}*+(?:"((?:[^"]|"")*+)"{blank}*+{end}|([^{separator}"]*+){end})')


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
        Columns that are written in Vietnamese, missing or unknown.
    """
    names = (*needed, *allowed)
    columns = english_columns(table.columns, names)
    missing = [name for name in needed if name not in columns]
    problems = [Problem.of(table.location, name, "csv_column_missing", column=name) for name in missing]
    problems += vietnamese_column_problems(table, names)
    unknown = [name for name in columns if name not in names]
    for name in unknown[:MAX_UNKNOWN_COLUMNS]:
        instead = closest_match(name, names) or ", ".join(names)
        problems.append(Problem.of(table.location, name[:80], "csv_column_unknown", instead=instead))
    if len(unknown) > MAX_UNKNOWN_COLUMNS:
        count = len(unknown) - MAX_UNKNOWN_COLUMNS
        problems.append(Problem.of(table.location, "", "csv_more_columns_unknown", count=count))
    return problems


def vietnamese_column_problems(table: CsvFile, names: tuple[str, ...]) -> list[Problem]:
    """Find the columns of a table that are named in Vietnamese.

    Parameters
    ----------
    table : CsvFile
        The table.
    names : tuple of str
        Columns that it may have.

    Returns
    -------
    list of Problem
        One with every name to write, or none.
    """
    columns = english_columns(table.columns, names)
    translated = [pair for pair in zip(table.columns, columns, strict=True) if pair[0] != pair[1]]
    if not translated:
        return []
    written, instead = (", ".join(part) for part in zip(*translated, strict=True))
    return [Problem.of(table.location, "", "csv_columns_vietnamese", written=written, instead=instead)]


def column_reader(
    folders: Mapping[str, Path], project: Path, on_file: Callable[[Path], object] = lambda path: None
) -> Callable[[str, str, Location], tuple[str, ...]]:
    """Make the function that reads a column of a CSV, for `empirical(file, column)`.

    Parameters
    ----------
    folders : mapping of str to Path
        Folder of each plan file, which the paths in it are relative to.
    project : Path
        Folder that the CSV must lie in.
    on_file : Callable, optional
        Called with the path of each file that was read.

    Returns
    -------
    Callable
        (file, column, location) -> texts in the order of the rows; it raises QuantityError for a file that cannot be
        read, a column that is missing or has a gap, and too few or too many values.
    """

    def read(file: str, column: str, location: Location) -> tuple[str, ...]:
        try:
            path = resolve_in_project(file, folders.get(location.file, project), project, location, "")
            texts = _read_column(path, column)
            on_file(path)
            return texts
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
