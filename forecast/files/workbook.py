"""Sheets of .xlsx and .xls workbooks and of CSV files: cells by row and column, read within bounds.

Cells are read with calamine, after the file is vetted: a workbook can be made to fill the memory, and calamine has no
limits. Formulas are never computed; their stored values are read.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.errors import InputError, Location
from forecast.files.characters import FORBIDDEN_CHARACTERS, single_line
from forecast.files.csv import MAX_CSV_BYTES, read_grid
from forecast.files.paths import display_path, name_problem, read_regular_file
from forecast.files.workbook_xls import vet_xls
from forecast.files.workbook_xlsx import SheetFacts, WorkbookError, check_extent, vet_xlsx

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

__all__ = ["Sheet", "Workbook", "cell_address", "read_workbook"]

_ZIP_START = b"PK\x03\x04"
_COMPOUND_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORKBOOK_ENDINGS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
MAX_CELL_CHARACTERS = 500
"""Characters of a cell that are kept."""


@dataclass(frozen=True)
class Sheet:
    """Cells of one sheet; rows and columns are counted from 0."""

    file: str
    """Path as it is shown."""
    name: str
    """Empty for a CSV."""
    rows: Sequence[Sequence[Any]]
    """Text, number, date or truth value of each cell; an empty text where there is none."""
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()
    """First and last cell of merged ranges."""
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    formulas_without_value: frozenset[tuple[int, int]] = frozenset()
    """(row, column) of formulas whose value was not stored."""

    def location(self, row: int, column: int) -> Location:
        """Place of a cell."""
        address = cell_address(row, column)
        return Location(self.file, row + 1, column + 1, f"{self.name}!{address}" if self.name else address)

    def source(self, row: int, column: int) -> str:
        """Name of the file, sheet and cell, as a ledger keeps them."""
        file = Path(self.file).name.lstrip("=+-@")  # a spreadsheet would take it for a formula
        return "!".join(filter(None, (file, self.name, cell_address(row, column))))


@dataclass(frozen=True)
class Workbook:
    """Sheets of one file that are shown."""

    file: str
    """Path as it is shown."""
    sheets: tuple[Sheet, ...]
    digest: str
    """SHA-256 of the bytes."""
    hidden_sheets: tuple[str, ...] = field(default=())
    has_macros: bool = False
    link_count: int = 0
    """Other workbooks that formulas refer to."""


def cell_address(row: int, column: int) -> str:
    """Return the address of a cell as spreadsheets write it.

    Parameters
    ----------
    row, column : int
        From 0.

    Returns
    -------
    str
        Such as `C7`.
    """
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row + 1}"


def read_workbook(path: Path) -> Workbook:
    """Read the sheets of a workbook or of a CSV.

    Parameters
    ----------
    path : Path
        A regular file of 8 MB at most.

    Returns
    -------
    Workbook
        Sheets that are shown; a CSV is one sheet without a name.

    Raises
    ------
    InputError
        The file cannot be read, is too large or damaged, or is no workbook.
    """
    if problem := name_problem(path, path.parent):
        raise InputError([problem])
    file = Location(display_path(path))
    content = read_regular_file(path, file, "", MAX_CSV_BYTES)
    digest = hashlib.sha256(content).hexdigest()
    try:
        if content.startswith(_ZIP_START):
            return _read_xlsx(file.file, content, digest)
        if content.startswith(_COMPOUND_START):
            return _read_xls(file.file, content, digest)
        if path.suffix.lower() not in _WORKBOOK_ENDINGS:
            return _read_csv(path, file.file, content, digest)
    except WorkbookError as error:
        place = Location(file.file, cell=error.cell) if error.cell else file
        raise InputError.of(place, "", error.code, **error.params) from None
    is_page = content.lstrip(b"\xef\xbb\xbf \r\n\t")[:200].lower().startswith((b"<", b"mime"))
    raise InputError.of(file, "", "workbook_is_page" if is_page else "workbook_kind")


def _read_csv(path: Path, file: str, content: bytes, digest: str) -> Workbook:
    rows = read_grid(path, content)
    check_extent("", len(rows) - 1, max(map(len, rows), default=0) - 1)
    return Workbook(file, (Sheet(file, "", rows),), digest)


def _read_xlsx(file: str, content: bytes, digest: str) -> Workbook:
    vetted = vet_xlsx(content)
    facts = {sheet: vetted.facts_by_part.get(part, SheetFacts()) for sheet, part in vetted.part_by_sheet.items()}
    sheets, hidden = _read_sheets(file, vetted.content, facts)
    return Workbook(file, sheets, digest, hidden, vetted.has_macros, vetted.link_count)


def _read_xls(file: str, content: bytes, digest: str) -> Workbook:
    vetted = vet_xls(content)
    sheets, hidden = _read_sheets(file, io.BytesIO(content), vetted.facts_by_sheet)
    return Workbook(file, sheets, digest, hidden, vetted.has_macros, vetted.link_count)


def _read_sheets(
    file: str, content: io.BytesIO, facts: dict[str, SheetFacts]
) -> tuple[tuple[Sheet, ...], tuple[str, ...]]:
    """Sheets that are shown, and the names of the others."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_filelike(content)
        listed = [entry for entry in workbook.sheets_metadata if entry.typ == SheetTypeEnum.WorkSheet]
        hidden = tuple(entry.name for entry in listed if entry.visible != SheetVisibleEnum.Visible)
        names = [entry.name for entry in listed if entry.visible == SheetVisibleEnum.Visible]
        return tuple(_read_sheet(file, workbook, name, facts.get(name, SheetFacts())) for name in names), hidden
    except CalamineError:
        raise WorkbookError("workbook_damaged") from None
    except BaseException as error:  # a panic of the Rust library is no Exception, and its class has no public name
        if type(error).__name__ != "PanicException":
            raise
        raise WorkbookError("workbook_damaged") from None


def _read_sheet(file: str, workbook: CalamineWorkbook, name: str, facts: SheetFacts) -> Sheet:
    sheet: CalamineSheet = workbook.get_sheet_by_name(name)
    rows = sheet.to_python(skip_empty_area=False)
    clean = [[_clean(value) for value in row] for row in rows]
    return Sheet(
        file,
        single_line(FORBIDDEN_CHARACTERS.sub("", name)),
        clean,
        tuple(sheet.merged_cell_ranges or ()),
        frozenset(facts.hidden_rows),
        frozenset(facts.hidden_columns),
        frozenset(facts.formulas_without_value),
    )


def _clean(value: Any) -> Any:
    """Value of a cell; a text on one line, without what no reader can see, cut to what is kept."""
    if value.__class__ is not str or not value:
        return value
    return single_line(FORBIDDEN_CHARACTERS.sub("", value[:MAX_CELL_CHARACTERS]))
