"""Workbooks are read within bounds: what a spreadsheet writes is read, what fills the memory is refused."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest

from forecast.errors import InputError
from forecast.files.workbook import Workbook, cell_address, read_workbook
from tests.support.workbooks import MAIN, NO_VALUE, SheetText, xls_bytes, xlsx_bytes

PART = "xl/worksheets/sheet1.xml"
HEAD, TAIL = f'<worksheet xmlns="{MAIN}"><sheetData>'.encode(), b"</sheetData></worksheet>"
SMALL = SheetText("T1", [["Tháng 1", "đồng"], [1.5, "1.234"]])


def read_bytes(folder: Path, content: bytes, name: str = "book.xlsx") -> Workbook:
    path = folder / name
    path.write_bytes(content)
    return read_workbook(path)


def refusal(folder: Path, content: bytes, name: str = "book.xlsx") -> str:
    """Code of the problem of a workbook that is refused."""
    with pytest.raises(InputError) as caught:
        read_bytes(folder, content, name)
    return caught.value.problems[0].code


def with_part(part: bytes) -> bytes:
    """A workbook whose sheet is this XML."""
    return xlsx_bytes(SMALL, extra={PART: part})


def test_cells_of_both_formats_and_of_a_csv(tmp_path: Path) -> None:
    rows = [["Tháng 1", "đồng"], [1.5, "1.234"]]
    assert read_bytes(tmp_path, xlsx_bytes(SMALL)).sheets[0].rows == rows
    assert read_bytes(tmp_path, xls_bytes(SMALL), "book.xls").sheets[0].rows == rows
    lines = '"Tháng\n1";đồng\n1,5;1.234\n\n;x\n'
    assert read_bytes(tmp_path, lines.encode("utf-8-sig"), "a.csv").sheets[0].rows == [
        ["Tháng 1", "đồng"], ["1,5", "1.234"], [], ["", "x"],
    ]  # fmt: skip
    assert read_bytes(tmp_path, "a\t1,5\r\nb\t2,5\r\n".encode("utf-16"), "a.csv").sheets[0].rows[1] == ["b", "2,5"]


def test_dates_merged_cells_and_what_is_hidden(tmp_path: Path) -> None:
    shown = SheetText(
        "A", [[date(2025, 1, 31), NO_VALUE, NO_VALUE], [1, 2], [3]], ["A1:B1"], hidden_rows=[2], hidden_columns=[2]
    )
    book = read_bytes(tmp_path, xlsx_bytes(shown, SheetText("B", [[1]], state="hidden")))
    (sheet,) = book.sheets
    assert sheet.rows[0][0] == date(2025, 1, 31)
    assert sheet.merged == (((0, 0), (0, 1)),)
    assert (sheet.hidden_rows, sheet.hidden_columns, sheet.formulas_without_value) == ({1}, {1}, {(0, 1), (0, 2)})
    assert book.hidden_sheets == ("B",)
    old = SheetText("A", [[1, NO_VALUE], [2]], hidden_rows=[1])
    book = read_bytes(tmp_path, xls_bytes(old, SheetText("B", [[1]], state="hidden")), "book.xls")
    assert (book.sheets[0].hidden_rows, book.hidden_sheets) == ({0}, ("B",))
    assert book.sheets[0].formulas_without_value == {(0, 1)}


def test_macros_and_links_are_known_and_not_opened(tmp_path: Path) -> None:
    extra = {"xl/vbaProject.bin": b"x", "xl/externalLinks/externalLink1.xml": b"<x/>"}
    book = read_bytes(tmp_path, xlsx_bytes(SMALL, extra=extra))
    assert (book.has_macros, book.link_count) == (True, 1)
    assert read_bytes(tmp_path, xls_bytes(SMALL, storage="_VBA_PROJECT_CUR"), "book.xls").has_macros


def inflated() -> bytes:
    return with_part(HEAD + b" " * (30 << 20) + TAIL)


def falsely_small() -> bytes:
    """A part of 40 MB whose stated size is 5,000 bytes."""
    part = HEAD + b" " * (40 << 20) + TAIL
    content = with_part(part)
    return content.replace(struct.pack("<I", len(part)), struct.pack("<I", 5_000))


def shared_text() -> bytes:
    rows = b"".join(b'<row><c t="s"><v>0</v></c></row>' for _ in range(9_000))
    strings = f'<sst xmlns="{MAIN}"><si><t>{"x" * 9_000}</t></si></sst>'
    return xlsx_bytes(SMALL, extra={PART: HEAD + rows + TAIL, "xl/sharedStrings.xml": strings.encode()})


def looped_chain() -> bytes:
    content = bytearray(xls_bytes(SMALL))
    (table,) = struct.unpack_from("<I", content, 76)
    struct.pack_into("<I", content, 512 * (table + 1) + 4, 0)
    return bytes(content)


def far_record() -> bytes:
    rows = [[1], *[[]] * 21_000, [1]]
    return xls_bytes(SheetText("T1", rows))


def doubled_part() -> bytes:
    packed = BytesIO(xlsx_bytes(SMALL))
    with zipfile.ZipFile(packed, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(PART, HEAD + TAIL)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (inflated, "a.xlsx", "workbook_too_large"),
        (falsely_small, "a.xlsx", "workbook_damaged"),
        (shared_text, "a.xlsx", "workbook_texts"),
        (lambda: with_part(HEAD + b'<row><c r="XFD1048576"><v>1</v></c></row>' + TAIL), "a.xlsx", "sheet_too_large"),
        (lambda: with_part(b"<!DOCTYPE x>" + HEAD + TAIL), "a.xlsx", "workbook_entities"),
        (lambda: with_part(HEAD + b"<a>" * 99 + b"</a>" * 99 + TAIL), "a.xlsx", "workbook_damaged"),
        (lambda: xlsx_bytes(*(SheetText(f"T{n}", [[1]]) for n in range(251))), "a.xlsx", "workbook_sheets"),
        (doubled_part, "a.xlsx", "workbook_damaged"),
        (lambda: xlsx_bytes(SMALL)[:900], "a.xlsx", "workbook_damaged"),
        (lambda: xlsx_bytes(SMALL, extra={"xl/workbook.xml": b"<x"}), "a.xlsx", "workbook_damaged"),
        (looped_chain, "a.xls", "workbook_damaged"),
        (far_record, "a.xls", "sheet_too_large"),
        (lambda: xls_bytes(SMALL)[:3_000], "a.xls", "workbook_damaged"),
        (lambda: xls_bytes(SMALL, storage="EncryptedPackage"), "a.xls", "workbook_password"),
        (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "a.xls", "workbook_is_page"),
        (lambda: b"no workbook", "a.xlsx", "workbook_kind"),
        (lambda: b"x;1\n" * 20_001, "a.csv", "sheet_too_large"),
        (lambda: b'x;"1', "a.csv", "csv_quote"),
        (lambda: "Tháng".encode("cp1258", "replace"), "a.csv", "not_utf8"),
    ],
)  # fmt: skip
def test_hostile_and_damaged_files_are_refused(
    tmp_path: Path, content: Callable[[], bytes], name: str, code: str
) -> None:
    assert refusal(tmp_path, content(), name) == code


def test_no_more_is_inflated_than_a_part_says_that_it_holds(tmp_path: Path) -> None:
    content = falsely_small()
    tracemalloc.start()
    refusal(tmp_path, content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 << 20


def test_addresses() -> None:
    assert [cell_address(0, 0), cell_address(6, 2), cell_address(0, 26), cell_address(1, 701)] == [
        "A1",
        "C7",
        "AA1",
        "ZZ2",
    ]
