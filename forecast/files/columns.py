"""Columns of CSV files that a plan draws from: `empirical(file, column)`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path

from forecast.errors import InputError, Where, nearest
from forecast.files.encoding import text_of
from forecast.files.paths import content_of, inside, shown
from forecast.units import QuantityError

MAX_BYTES = 4 * 1024 * 1024
MAX_VALUES = 100_000


def column_reader(folders: Mapping[str, Path], project: Path) -> Callable[[str, str, Where], tuple[str, ...]]:
    """A reader of the texts of a column; QuantityError says what is wrong with the file."""

    def read(file: str, column: str, where: Where) -> tuple[str, ...]:
        try:
            path = inside(file, folders.get(where.file, project), project, where, "")
            text = text_of(content_of(path, where, "", MAX_BYTES), shown(path))
        except InputError as wrong:
            complaint = wrong.complaints[0]
            raise QuantityError(complaint.code, **dict(complaint.facts)) from None
        return _column(text, column, shown(path))

    return read


def _column(text: str, column: str, file: str) -> tuple[str, ...]:
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as wrong:
        raise QuantityError("column_not_csv", file=file, problem=str(wrong)) from None
    header = [name.strip() for name in rows[0]] if rows else []
    if column not in header:
        near = nearest(column, header, 0.0) or "?"
        raise QuantityError("column_missing", column=column[:60], file=file, instead=near[:60])
    place = header.index(column)
    cells = []
    for line, row in enumerate(rows[1:], 2):
        if not row:
            continue
        if len(row) != len(header) or not row[place].strip():
            raise QuantityError("column_gap", column=column, file=file, row=str(line))
        cells.append(row[place].strip())
    if not 2 <= len(cells) <= MAX_VALUES:
        raise QuantityError("column_size", column=column, file=file, count=str(len(cells)), most=str(MAX_VALUES))
    return tuple(cells)
