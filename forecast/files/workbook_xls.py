"""Vetting of .xls workbooks (BIFF8 in a compound file) before they are read: places of cells, texts, what is hidden.

The records are walked by their lengths and none is interpreted further than its place (Microsoft, MS-CFB and MS-XLS).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from forecast.files.workbook_xlsx import (
    SheetFacts,
    WorkbookError,
    check_cells,
    check_extent,
    check_text,
)

__all__ = ["VettedXls", "vet_xls"]

_FREE_SECTORS = 0xFFFFFFFA
"""Numbers of sectors from which a chain has ended."""
_BOF, _EOF, _BOUNDSHEET, _FILEPASS, _SUPBOOK, _SST, _CONTINUE = 0x809, 0x0A, 0x85, 0x2F, 0x1AE, 0xFC, 0x3C
_ROW, _COLINFO, _LABELSST, _MULRK, _MULBLANK = 0x208, 0x7D, 0xFD, 0xBD, 0xBE
_FORMULA = 0x06
_SEVERAL_CELLS = (_MULRK, _MULBLANK)
_CELLS = (0x203, 0x204, 0x27E, 0x201, 0x205, _FORMULA, 0xD6, _LABELSST, *_SEVERAL_CELLS)
_OWN_BOOK = 0x0401
_ADD_INS = 0x3A01
_MAX_SHEETS = 250


@dataclass(frozen=True)
class VettedXls:
    """Facts that the values of a workbook do not show."""

    facts_by_sheet: dict[str, SheetFacts]
    has_macros: bool
    link_count: int


def vet_xls(content: bytes) -> VettedXls:
    """Check a workbook of Excel 97 to 2003.

    Parameters
    ----------
    content : bytes
        The file.

    Returns
    -------
    VettedXls
        Facts by sheet.

    Raises
    ------
    WorkbookError
        It is damaged, too large, protected by a password, or of an older Excel.
    """
    try:
        names, stream = _read_compound_file(content)
        if "EncryptedPackage" in names:
            raise WorkbookError("workbook_password")
        if not stream:
            raise WorkbookError("workbook_kind")
        return _walk(stream, names)
    except (struct.error, IndexError, UnicodeDecodeError):
        raise WorkbookError("workbook_damaged") from None


def _read_compound_file(content: bytes) -> tuple[set[str], bytes]:
    """Names in a compound file, and the bytes of its stream `Workbook`; empty where it has none."""
    shift, small_shift = struct.unpack_from("<HH", content, 30)
    (first_directory,) = struct.unpack_from("<I", content, 48)
    cutoff, first_small, _, first_difat, _ = struct.unpack_from("<5I", content, 56)
    if shift not in (9, 12) or small_shift != 6:
        raise WorkbookError("workbook_damaged")
    size = 1 << shift

    def sector(number: int) -> bytes:
        return content[(number + 1) * size : (number + 2) * size]

    heads = list(struct.unpack_from("<109I", content, 76))
    while first_difat < _FREE_SECTORS and len(heads) * size <= len(content):
        *more, first_difat = struct.unpack(f"<{size // 4}I", sector(first_difat))
        heads += more
    table = b"".join(sector(number) for number in heads if number < _FREE_SECTORS)
    chains = struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])

    def chain(first: int, chains: tuple[int, ...]) -> Iterator[int]:
        for _ in range(len(chains) + 1):
            if first >= _FREE_SECTORS:
                return
            yield first
            first = chains[first]
        raise WorkbookError("workbook_damaged")

    directory = b"".join(map(sector, chain(first_directory, chains)))
    entries: dict[str, tuple[int, int]] = {}
    for start in range(0, len(directory) - 127, 128):
        (length,) = struct.unpack_from("<H", directory, start + 64)
        name = directory[start : start + max(0, min(length, 64) - 2)].decode("utf-16-le")
        first, count = struct.unpack_from("<IQ", directory, start + 116)
        if name:
            entries.setdefault(name, (first, count & 0xFFFFFFFF))
    first, count = entries.get("Workbook", (0, 0))
    if count >= cutoff:
        return set(entries), b"".join(map(sector, chain(first, chains)))[:count]
    root_first = entries.get("Root Entry", (_FREE_SECTORS, 0))[0]
    small = b"".join(map(sector, chain(root_first, chains)))
    small_table = b"".join(map(sector, chain(first_small, chains)))
    small_chains = struct.unpack(f"<{len(small_table) // 4}I", small_table)
    pieces = (small[64 * n : 64 * n + 64] for n in (chain(first, small_chains) if count else ()))
    return set(entries), b"".join(pieces)[:count]


def _records(stream: bytes, start: int = 0) -> Iterator[tuple[int, int, int]]:
    """Number of each record, where its content starts, and its length."""
    while start + 4 <= len(stream):
        record, length = struct.unpack_from("<HH", stream, start)
        yield record, start + 4, length
        start += 4 + length


def _walk(stream: bytes, names: set[str]) -> VettedXls:
    sheet_starts: dict[int, str] = {}
    links = longest = 0
    for record, start, length in _records(stream):
        if record == _BOF and struct.unpack_from("<H", stream, start)[0] != 0x600:
            raise WorkbookError("workbook_kind")
        if record == _FILEPASS:
            raise WorkbookError("workbook_password")
        if record == _BOUNDSHEET:
            position, _, name = _bound_sheet(stream, start)
            if position + 4 > len(stream):
                raise WorkbookError("workbook_damaged")
            sheet_starts[position] = name
        elif record == _SUPBOOK:
            links += length < 4 or struct.unpack_from("<H", stream, start + 2)[0] not in (_OWN_BOOK, _ADD_INS)
        elif record == _SST:
            longest = _longest_text(stream, start, length)
        elif record == _EOF:
            break
    if len(sheet_starts) > _MAX_SHEETS:
        raise WorkbookError("workbook_sheets", count=len(sheet_starts), most=_MAX_SHEETS)
    facts = {name: _walk_sheet(stream, start, name) for start, name in sheet_starts.items()}
    check_cells(facts.values())
    check_text(longest, sum(sheet.text_cells for sheet in facts.values()))
    has_macros = any(name.startswith("_VBA_PROJECT") or name == "VBA" for name in names)
    return VettedXls(facts, has_macros, links)


def _bound_sheet(stream: bytes, start: int) -> tuple[int, int, str]:
    """Where a sheet starts, whether it is shown, and its name."""
    position, state, _, length, is_wide = struct.unpack_from("<IBBBB", stream, start)
    raw = stream[start + 8 : start + 8 + length * (2 if is_wide & 1 else 1)]
    return position, state & 3, raw.decode("utf-16-le" if is_wide & 1 else "latin-1")


def _walk_sheet(stream: bytes, start: int, sheet: str) -> SheetFacts:
    facts = SheetFacts()
    formulas: dict[tuple[int, int], bool] = {}
    depth = 0
    for record, place, length in _records(stream, start):
        depth += (record == _BOF) - (record == _EOF)
        if depth == 0:
            break
        if depth > 1:  # a chart inside the sheet
            continue
        if record in _CELLS and length >= 6:
            row, column = struct.unpack_from("<HH", stream, place)
            last = struct.unpack_from("<H", stream, place + length - 2)[0] if record in _SEVERAL_CELLS else column
            facts.last_row, facts.last_column = max(facts.last_row, row), max(facts.last_column, last)
            facts.text_cells += record == _LABELSST
            check_extent(sheet, facts.last_row, facts.last_column)
            if record == _FORMULA and length >= 14:
                formulas[row, column] = stream[place + 6] == 3 and stream[place + 12 : place + 14] == b"\xff\xff"
        else:
            _note_hidden(facts, record, stream, place)
    if all(formulas.values()):  # a program that computes nothing wrote them; one blank result alone is a blank cell
        facts.formulas_without_value.update(formulas)
    return facts


def _note_hidden(facts: SheetFacts, record: int, stream: bytes, place: int) -> None:
    """Note a row or columns that are hidden."""
    if record == _ROW:
        row, options = struct.unpack_from("<H", stream, place)[0], stream[place + 12]
        if options & 0x20:
            facts.hidden_rows.add(row)
    elif record == _COLINFO:
        first, last, _, _, options = struct.unpack_from("<5H", stream, place)
        if options & 1:
            facts.hide_columns(first, last)


def _longest_text(stream: bytes, start: int, length: int) -> int:
    """Characters of the longest shared text; more than there are where the table is not as it should be."""
    (count,) = struct.unpack_from("<I", stream, start + 4)
    blocks = [(start + 8, start + length)]
    for record, place, size in _records(stream, start + length):
        if record != _CONTINUE:
            break
        blocks.append((place, place + size))
    longest = 0
    block, place = 0, blocks[0][0]
    for _ in range(count):
        if place >= blocks[block][1]:
            block += 1
            if block == len(blocks):
                break
            place = blocks[block][0]
        characters, flags = struct.unpack_from("<HB", stream, place)
        longest = max(longest, characters)
        place += 3
        runs = extra = 0
        if flags & 8:
            (runs,) = struct.unpack_from("<H", stream, place)
            place += 2
        if flags & 4:
            (extra,) = struct.unpack_from("<I", stream, place)
            place += 4
        block, place = _skip_text(stream, blocks, block, place, characters, flags & 1)
        block, place = _skip_bytes(blocks, block, place, 4 * runs + extra)
        if block == len(blocks):
            break
    return longest


def _skip_text(
    stream: bytes, blocks: list[tuple[int, int]], block: int, place: int, characters: int, is_wide: int
) -> tuple[int, int]:
    """Block and place after a text; each block that it goes on in begins with its width."""
    while characters:
        here = min(characters, (blocks[block][1] - place) // (1 + is_wide))
        characters -= here
        place += here * (1 + is_wide)
        if characters:
            block += 1
            if block == len(blocks):
                return block, 0
            place = blocks[block][0]
            is_wide = stream[place] & 1
            place += 1
    return block, place


def _skip_bytes(blocks: list[tuple[int, int]], block: int, place: int, count: int) -> tuple[int, int]:
    while block < len(blocks) and count > blocks[block][1] - place:
        count -= blocks[block][1] - place
        block += 1
        place = blocks[block][0] if block < len(blocks) else 0
    return block, place + count
