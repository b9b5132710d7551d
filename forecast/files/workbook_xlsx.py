"""Vetting of .xlsx workbooks before they are read: sizes, XML without entities, places of cells, what is not shown.

A workbook is a ZIP of XML. Its parts are inflated here, within bounds, and packed anew, so that the reader sees what
was vetted and nothing else: no macro, no picture, no link to another file.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from xml.parsers import expat

__all__ = ["SheetFacts", "VettedXlsx", "WorkbookError", "check_extent", "vet_xlsx"]

MAX_PART_BYTES = 16 * 2**20
"""Bytes of one part of a workbook, inflated."""
MAX_PARTS_BYTES = 24 * 2**20
"""Bytes of all parts that are read, inflated."""
MAX_PARTS = 2_000
MAX_ROWS_PER_SHEET = 20_000
MAX_COLUMNS_PER_SHEET = 1_000
MAX_CELLS_PER_SHEET = 400_000
"""Cells of the rectangle that a sheet fills, empty ones included."""
MAX_WORKBOOK_CELLS = 1_500_000
MAX_WORKBOOK_ROWS = 30_000
MAX_SHEETS = 250
MAX_WORKBOOK_TEXT = 32 * 2**20
"""Characters of all cells, if each text cell held the longest text of the workbook."""
MAX_XML_DEPTH = 60
_READ_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(?:_rels/)?[^/]+\.xml(?:\.rels)?|xl/worksheets/[^/]+\.xml", re.IGNORECASE
)
_LINKS = re.compile(r"xl/externalLinks/[^/]+\.xml", re.IGNORECASE)
_MACROS = re.compile(r"(?:.*/)?vbaProject\.bin|xl/macrosheets/.*", re.IGNORECASE)
_INTEGER = re.compile(r"[0-9]{1,7}")
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


class WorkbookError(Exception):
    """A workbook that is not read.

    Parameters
    ----------
    code : str
        Key of the sentence in `i18n/messages/`.
    cell : str, optional
        Sheet and cell: `T1!C7`.
    **params : object
        Texts of its placeholders.
    """

    def __init__(self, code: str, cell: str = "", **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.cell = cell
        self.params = params


@dataclass
class SheetFacts:
    """Facts about a sheet that its values do not show; rows and columns are counted from 0."""

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    formulas_without_value: set[tuple[int, int]] = field(default_factory=set)
    """(row, column) of each."""
    last_row: int = -1
    last_column: int = -1
    text_cells: int = 0

    def hide_columns(self, first: int, last: int) -> None:
        """Note columns that are hidden, the last one included."""
        self.hidden_columns.update(range(first, min(last + 1, MAX_COLUMNS_PER_SHEET)))


@dataclass(frozen=True)
class VettedXlsx:
    """A workbook packed anew, and what its values do not show."""

    content: io.BytesIO
    facts_by_part: dict[str, SheetFacts]
    """Name of a part, such as `xl/worksheets/sheet1.xml`, and its facts."""
    part_by_sheet: dict[str, str]
    """Sheet and its part."""
    has_macros: bool
    link_count: int


def vet_xlsx(content: bytes) -> VettedXlsx:
    """Check a workbook and pack the parts that are read anew.

    Parameters
    ----------
    content : bytes
        The file.

    Returns
    -------
    VettedXlsx
        Parts of XML alone, not compressed.

    Raises
    ------
    WorkbookError
        It is too large, damaged, protected by a password, or not what a spreadsheet writes.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise WorkbookError("workbook_damaged") from None
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MAX_PARTS or len({name.lower() for name in names}) < len(names):
        raise WorkbookError("workbook_damaged")
    parts = _inflate([entry for entry in entries if _READ_PARTS.fullmatch(entry.filename)], archive)
    if "xl/workbook.xml" not in parts:
        raise WorkbookError("workbook_kind")
    part_by_sheet = _sheet_parts(parts)
    if len(part_by_sheet) > MAX_SHEETS:
        raise WorkbookError("workbook_sheets", count=len(part_by_sheet), most=MAX_SHEETS)
    facts = {name: _scan_sheet(parts[name], sheet) for sheet, name in part_by_sheet.items() if name in parts}
    check_cells(facts[part_by_sheet[sheet]] for sheet in part_by_sheet if part_by_sheet[sheet] in facts)
    _check_text(parts, facts)
    return VettedXlsx(
        _pack(parts),
        facts,
        part_by_sheet,
        any(_MACROS.fullmatch(name) for name in names),
        sum(_LINKS.fullmatch(name) is not None for name in names),
    )


def _inflate(entries: list[zipfile.ZipInfo], archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Inflated parts by name; each is read to its stated size, which its checksum confirms."""
    stated = [entry.file_size for entry in entries]
    if max(stated, default=0) > MAX_PART_BYTES or sum(stated) > MAX_PARTS_BYTES:
        raise WorkbookError("workbook_too_large", size=_megabytes(max(sum(stated), max(stated))),
                              most=_megabytes(MAX_PARTS_BYTES))  # fmt: skip
    parts: dict[str, bytes] = {}
    for entry in entries:
        if entry.flag_bits & 1:
            raise WorkbookError("workbook_password")
        try:
            with archive.open(entry) as compressed:
                part = compressed.read(entry.file_size + 1)  # read() alone inflates what a false size hides
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError):
            raise WorkbookError("workbook_damaged") from None
        if len(part) != entry.file_size or part[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in part[:4]:
            raise WorkbookError("workbook_damaged")
        if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
            raise WorkbookError("workbook_entities")
        parts[entry.filename] = part
    return parts


def _megabytes(size: int) -> str:
    return f"{max(1, size // 2**20)} MB"


def _sheet_parts(parts: dict[str, bytes]) -> dict[str, str]:
    """Part of each sheet, by the relations of the workbook."""
    targets: dict[str, str] = {}
    sheets: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship" and attributes.get("TargetMode", "") != "External":
            target = attributes.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            targets[attributes.get("Id", "")] = path

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "sheet":
            key = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            sheets[attributes.get("name", "")] = targets.get(key, "")

    _parse_starts(parts.get("xl/_rels/workbook.xml.rels", b"<x/>"), relation)
    _parse_starts(parts["xl/workbook.xml"], sheet)
    return sheets


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _parse_starts(part: bytes, start: Callable[[str, dict[str, str]], None]) -> None:
    """Call a function with each element that starts."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    _parse(part, parser)


def _parse(part: bytes, parser: expat.XMLParserType) -> None:
    try:
        parser.Parse(part, True)
    except expat.ExpatError:
        raise WorkbookError("workbook_damaged") from None


class _SheetScanner:
    """Handlers of expat that gather the facts of one sheet."""

    def __init__(self, sheet: str) -> None:
        self.sheet = sheet
        self.facts = SheetFacts()
        self.depth = 0
        self.row = -1
        self.column = -1
        self.has_formula = False
        self.has_value = False
        self.is_text = False
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note a row, a column, a cell, its formula or its value."""
        tag = name if ":" not in name else _local(name)
        self.depth += 1
        if self.depth > MAX_XML_DEPTH:
            raise WorkbookError("workbook_damaged")
        if tag == "c":
            self._start_cell(attributes)
        elif tag == "is" or (tag == "v" and self.is_text):
            self.has_value = True
        elif tag == "v" and self.has_formula:
            self.parser.CharacterDataHandler = self.characters
        elif tag == "f":
            self.has_formula = True
        elif tag == "row":
            self.row = int(attributes["r"]) - 1 if _INTEGER.fullmatch(attributes.get("r", "")) else self.row + 1
            self.column = -1
            if attributes.get("hidden") in ("1", "true") and self.row < MAX_ROWS_PER_SHEET:
                self.facts.hidden_rows.add(self.row)
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = (attributes.get(key, "") for key in ("min", "max"))
            if _INTEGER.fullmatch(first) and _INTEGER.fullmatch(last):
                self.facts.hide_columns(int(first) - 1, int(last) - 1)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        match = _ADDRESS.fullmatch(attributes.get("r", ""))
        self.column = column_number(match[1]) if match else self.column + 1
        row = int(match[2]) - 1 if match else self.row
        self.row = row
        facts = self.facts
        facts.last_row, facts.last_column = max(facts.last_row, row), max(facts.last_column, self.column)
        facts.text_cells += attributes.get("t") == "s"
        self.has_formula = self.has_value = False
        self.is_text = attributes.get("t") == "str"  # whose empty text is a value
        check_extent(self.sheet, facts.last_row, facts.last_column)

    def characters(self, text: str) -> None:
        """Note that the value of a formula is stored."""
        self.has_value = self.has_value or bool(text.strip())

    def end(self, name: str) -> None:
        """Note a cell whose formula has no stored value."""
        self.depth -= 1
        self.parser.CharacterDataHandler = None
        if (name if ":" not in name else _local(name)) == "c" and self.has_formula and not self.has_value:
            self.facts.formulas_without_value.add((self.row, self.column))


def column_number(letters: str) -> int:
    """Number of a column from 0: 0 for `A`, 26 for `AA`."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - 64
    return number - 1


def check_extent(sheet: str, last_row: int, last_column: int) -> None:
    """Refuse a sheet whose cells lie too far out.

    Parameters
    ----------
    sheet : str
        Its name.
    last_row, last_column : int
        From 0.

    Raises
    ------
    WorkbookError
        It has more rows, columns or cells than are read.
    """
    cells = (last_row + 1) * (last_column + 1)
    if last_row < MAX_ROWS_PER_SHEET and last_column < MAX_COLUMNS_PER_SHEET and cells <= MAX_CELLS_PER_SHEET:
        return
    limits = {"most_rows": MAX_ROWS_PER_SHEET, "most_columns": MAX_COLUMNS_PER_SHEET, "most_cells": MAX_CELLS_PER_SHEET}
    raise WorkbookError("sheet_too_large", cell=sheet, rows=last_row + 1, columns=last_column + 1, **limits)


def check_cells(sheets: Iterable[SheetFacts]) -> None:
    """Refuse sheets that together have too many rows or cells."""
    extents = [(sheet.last_row + 1, sheet.last_column + 1) for sheet in sheets]
    rows, cells = sum(count for count, _ in extents), sum(count * width for count, width in extents)
    if rows > MAX_WORKBOOK_ROWS or cells > MAX_WORKBOOK_CELLS:
        raise WorkbookError(
            "workbook_cells", rows=rows, cells=cells, most_rows=MAX_WORKBOOK_ROWS, most_cells=MAX_WORKBOOK_CELLS
        )


def _scan_sheet(part: bytes, sheet: str) -> SheetFacts:
    scanner = _SheetScanner(sheet)
    _parse(part, scanner.parser)
    return scanner.facts


def _check_text(parts: dict[str, bytes], facts: dict[str, SheetFacts]) -> None:
    """Refuse texts that together could fill the memory: each cell gets a copy of its shared text."""
    strings = next(
        (part for name, part in parts.items() if PurePosixPath(name).name.lower() == "sharedstrings.xml"), b""
    )
    longest = max(map(len, re.split(rb"</(?:[A-Za-z0-9]+:)?si>", strings)), default=0)
    check_text(longest, sum(sheet.text_cells for sheet in facts.values()))


def check_text(longest: int, text_cells: int) -> None:
    """Refuse so many cells of so long texts that they could fill the memory."""
    if longest * text_cells > MAX_WORKBOOK_TEXT:
        raise WorkbookError("workbook_texts", size=longest)


def _pack(parts: dict[str, bytes]) -> io.BytesIO:
    """A ZIP of the parts, not compressed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    packed.seek(0)
    return packed
