"""Columns of CSV files that a plan draws from: `empirical(file, column)`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path

from forecast.errors import InputError, Location, closest_match
from forecast.files.encoding import decode_text
from forecast.files.paths import display_path, read_regular_file, resolve_in_project
from forecast.units import QuantityError

MAX_COLUMN_BYTES = 4 * 1024 * 1024
MAX_COLUMN_VALUES = 100_000


def column_reader(folders: Mapping[str, Path], project: Path) -> Callable[[str, str, Location], tuple[str, ...]]:
    """A reader of the texts of a column; QuantityError says what is wrong with the file."""

    def read(file: str, column: str, where: Location) -> tuple[str, ...]:
        try:
            path = resolve_in_project(file, folders.get(where.file, project), project, where, "")
            text = decode_text(read_regular_file(path, where, "", MAX_COLUMN_BYTES), display_path(path))
        except InputError as wrong:
            complaint = wrong.problems[0]
            raise QuantityError(complaint.code, **dict(complaint.params)) from None
        return _read_column(text, column, display_path(path))

    return read


def _read_column(text: str, column: str, file: str) -> tuple[str, ...]:
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as wrong:
        raise QuantityError("column_not_csv", file=file, problem=str(wrong)) from None
    header = [name.strip() for name in rows[0]] if rows else []
    if column not in header:
        near = closest_match(column, header, 0.0) or "?"
        raise QuantityError("column_missing", column=column[:60], file=file, instead=near[:60])
    place = header.index(column)
    cells = []
    for line, row in enumerate(rows[1:], 2):
        if not row:
            continue
        if len(row) != len(header) or not row[place].strip():
            raise QuantityError("column_gap", column=column, file=file, row=str(line))
        cells.append(row[place].strip())
    if not 2 <= len(cells) <= MAX_COLUMN_VALUES:
        raise QuantityError("column_size", column=column, file=file, count=str(len(cells)), most=str(MAX_COLUMN_VALUES))
    return tuple(cells)
