"""Small workbooks for tests, written as XML or as BIFF8 records: every trick of a sheet can be had.

python -m tests.support.workbooks FOLDER   writes the five layouts of the tests, to look at them in a spreadsheet
"""

from __future__ import annotations

import io
import struct
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from forecast.files.workbook import cell_address

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
NO_VALUE = object()
"""A formula whose value was not stored."""
SERIAL_ORIGIN = date(1899, 12, 30).toordinal()


@dataclass(frozen=True)
class SheetText:
    """A sheet to write."""

    name: str
    rows: Sequence[Sequence[Any]]
    merged: Sequence[str] = ()
    """Such as `C3:F3`."""
    hidden_rows: Sequence[int] = ()
    """From 1."""
    hidden_columns: Sequence[int] = ()
    state: str = "visible"
    formulas: Mapping[str, str] = field(default_factory=dict)
    """Address -> formula of a cell."""


def _cell(row: int, column: int, value: Any, formula: str, texts: dict[str, int]) -> str:
    place = cell_address(row, column)
    code = f"<f>{escape(formula)}</f>" if formula else ""
    if value is NO_VALUE:
        return f'<c r="{place}">{code or "<f>SUM(A1)</f>"}{"<v></v>" if column % 2 else ""}</c>'
    if isinstance(value, date):
        return f'<c r="{place}" s="1">{code}<v>{value.toordinal() - SERIAL_ORIGIN}</v></c>'
    if isinstance(value, str):
        return f'<c r="{place}" t="s">{code}<v>{texts.setdefault(value, len(texts))}</v></c>'
    return f'<c r="{place}">{code}<v>{value!r}</v></c>'


def sheet_xml(sheet: SheetText, texts: dict[str, int]) -> str:
    """The XML of a sheet; its texts join the shared ones."""
    rows = []
    for index, row in enumerate(sheet.rows):
        cells = "".join(
            _cell(index, column, value, sheet.formulas.get(cell_address(index, column), ""), texts)
            for column, value in enumerate(row)
            if value not in ("", None)
        )
        hidden = ' hidden="1"' if index + 1 in sheet.hidden_rows else ""
        rows.append(f'<row r="{index + 1}"{hidden}>{cells}</row>')
    columns = "".join(f'<col min="{c}" max="{c}" width="9" hidden="1"/>' for c in sheet.hidden_columns)
    merged = "".join(f'<mergeCell ref="{ref}"/>' for ref in sheet.merged)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{MAIN}">'
        + (f"<cols>{columns}</cols>" if columns else "")
        + f"<sheetData>{''.join(rows)}</sheetData>"
        + (f"<mergeCells>{merged}</mergeCells>" if merged else "")
        + "</worksheet>"
    )


def xlsx_bytes(*sheets: SheetText, extra: Mapping[str, bytes] | None = None) -> bytes:
    """The bytes of an .xlsx workbook; `extra` holds further parts, or others in place of its own."""
    texts: dict[str, int] = {}
    parts: dict[str, str | bytes] = {}
    listed, relations, types = "", "", ""
    for number, sheet in enumerate(sheets, start=1):
        parts[f"xl/worksheets/sheet{number}.xml"] = sheet_xml(sheet, texts)
        state = f' state="{sheet.state}"' if sheet.state != "visible" else ""
        listed += f'<sheet name={quoteattr(sheet.name)} sheetId="{number}"{state} r:id="rId{number}"/>'
        target = f"worksheets/sheet{number}.xml"
        relations += f'<Relationship Id="rId{number}" Type="{RELATIONS}/worksheet" Target="{target}"/>'
        types += (
            f'<Override PartName="/xl/{target}" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        )
    for name in ("sharedStrings", "styles"):
        relations += f'<Relationship Id="r{name}" Type="{RELATIONS}/{name}" Target="{name}.xml"/>'
    strings = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in texts)
    parts |= {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        f"{types}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    parts |= extra or {}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed.getvalue()


def write_xlsx(path: Path, *sheets: SheetText, extra: Mapping[str, bytes] | None = None) -> Path:
    """Write an .xlsx workbook."""
    path.write_bytes(xlsx_bytes(*sheets, extra=extra))
    return path


def _record(number: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", number, len(content)) + content


def _short_text(text: str) -> bytes:
    return struct.pack("<BB", len(text), 1) + text.encode("utf-16-le")


def _xls_sheet(sheet: SheetText, texts: dict[str, int]) -> bytes:
    content = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 1997, 0, 6))
    for index, row in enumerate(sheet.rows):
        options = 0x100 | (0x20 if index + 1 in sheet.hidden_rows else 0)
        content += _record(0x208, struct.pack("<HHHHHHI", index, 0, len(row), 255, 0, 0, options))
        for column, value in enumerate(row):
            place = struct.pack("<HHH", index, column, 0)
            if isinstance(value, str) and value:
                content += _record(0xFD, place + struct.pack("<I", texts.setdefault(value, len(texts))))
            elif value is NO_VALUE:
                content += _record(0x06, place + b"\3\0\0\0\0\0\xff\xff" + struct.pack("<HIH", 3, 0, 0))
            elif value not in ("", None):
                content += _record(0x203, place + struct.pack("<d", value))
    return content + _record(0x0A)


def xls_bytes(*sheets: SheetText, storage: str = "") -> bytes:
    """The bytes of an .xls workbook of Excel 97; `storage` is the name of a further entry, such as that of macros."""
    texts: dict[str, int] = {}
    bodies = [_xls_sheet(sheet, texts) for sheet in sheets]
    strings = b"".join(struct.pack("<HB", len(text), 1) + text.encode("utf-16-le") for text in texts)
    table = _record(0xFC, struct.pack("<II", len(texts), len(texts)) + strings)
    bof = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 1997, 0, 6))
    lengths = [len(_record(0x85, b"\0" * 6 + _short_text(sheet.name))) for sheet in sheets]
    start = len(bof) + sum(lengths) + len(table) + len(_record(0x0A))
    heads = b""
    for sheet, body in zip(sheets, bodies, strict=True):
        state = {"visible": 0, "hidden": 1}[sheet.state]
        heads += _record(0x85, struct.pack("<IBB", start, state, 0) + _short_text(sheet.name))
        start += len(body)
    stream = bof + heads + table + _record(0x0A) + b"".join(bodies)
    stream = stream.ljust(4096, b"\0")
    return _compound_file(stream, storage)


def _compound_file(stream: bytes, storage: str) -> bytes:
    """A compound file with one stream, `Workbook`."""
    sectors = -(-len(stream) // 512)
    n_tables = -(-(sectors + 2) // 127)
    chain = [*range(1, sectors), 0xFFFFFFFE, 0xFFFFFFFE, *[0xFFFFFFFD] * n_tables]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(512 * n_tables, b"\xff")

    def entry(name: str, kind: int, first: int, size: int, child: int, sibling: int) -> bytes:
        raw = (name.encode("utf-16-le") + b"\0\0").ljust(64, b"\0")
        head = raw + struct.pack("<HBBIII", 2 * len(name) + 2, kind, 1, 0xFFFFFFFF, sibling, child)
        return head.ljust(116, b"\0") + struct.pack("<IQ", first, size)

    none = 0xFFFFFFFF
    directory = entry("Root Entry", 5, 0xFFFFFFFE, 0, 1, none)
    directory += entry("Workbook", 2, 0, len(stream), none, 2 if storage else none)
    directory += entry(storage, 1, 0, 0, none, none) if storage else b"\0" * 128
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(24, b"\0")
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, n_tables, sectors, 0, 4096, 0xFFFFFFFE, 0,
                          0xFFFFFFFE, 0)  # fmt: skip
    first_table = sectors + 1
    difat = [first_table + number for number in range(n_tables)]
    header += struct.pack("<109I", *difat, *[0xFFFFFFFF] * (109 - n_tables))
    return header + stream.ljust(512 * sectors, b"\0") + directory.ljust(512, b"\0") + table


SERVICES = {"nuoc_sach": "Nước sạch", "lap_dat": "Lắp đặt đồng hồ", "dich_vu": "Dịch vụ khác của công ty"}
"""Services of the test's plan, and their labels."""
CODES = {"nuoc_sach": "NS", "lap_dat": "LD", "dich_vu": "DVK"}


def month_amount(service: str, month: int) -> int:
    """Revenue of a service in a month of the year, in đồng."""
    base = {"nuoc_sach": 24_905_113_402, "lap_dat": 3_117_420_655, "dich_vu": 1_238_954_311}[service]
    return base + (month * 7_919_233_017 + len(service) * 1_300_021) % (base // 9)


def _scaled(service: str, month: int, factor: int, decimals: int) -> float:
    return round(month_amount(service, month) / factor, decimals)


def wide_layout() -> list[SheetText]:
    """Months across under merged quarters, in triệu đồng, with sums in both directions."""
    head: list[Any] = ["STT", "Dịch vụ"]
    lower: list[Any] = ["", ""]
    for quarter in ("Quý I", "Quý II", "Quý III", "Quý IV"):
        head += [quarter, "", "", ""]
        lower += [*(f"Tháng {month}" for month in range(len(lower) - 1, len(lower) + 2)), "Cộng"]
    lower = ["", "", *(name for q in range(4) for name in (*(f"Tháng {3 * q + m}" for m in (1, 2, 3)), "Cộng"))]
    rows: list[list[Any]] = [["BÁO CÁO DOANH THU NĂM 2025"], [""] * 16 + ["ĐVT: triệu đồng"], [*head, "Cả năm"], lower]
    for number, (service, label) in enumerate(SERVICES.items(), start=1):
        values = [_scaled(service, month, 10**6, 1) for month in range(1, 13)]
        cells: list[Any] = []
        for quarter in range(4):
            part = values[3 * quarter : 3 * quarter + 3]
            cells += [*part, round(sum(part), 1)]
        rows.append([number, label, *cells, round(sum(values), 1)])
    totals = [round(sum(row[column] for row in rows[4:7]), 1) for column in range(2, 19)]
    rows += [["", "Tổng cộng", *totals], [], ["", "Người lập biểu", "", "", "", "", "", "Giám đốc"]]
    merged = ["A1:S1", "A3:A4", "B3:B4", "C3:F3", "G3:J3", "K3:N3", "O3:R3", "S3:S4"]
    return [SheetText("DT 2025", rows, merged)]


def long_layout() -> list[SheetText]:
    """One row a service and month, in đồng as texts, dates and texts as months, a sum after each month."""
    rows: list[list[Any]] = [["Tháng", "Mã DV", "Tên dịch vụ", "Doanh thu (đồng)", "Ghi chú"]]
    for month in range(1, 13):
        for number, (service, label) in enumerate(SERVICES.items(), start=1):
            text = f"{month_amount(service, month):,}".replace(",", ".")
            rows.append([date(2025, month, 1) if month % 2 else f"{month:02d}/2025", f"DV0{number}", label, text])
        total = sum(month_amount(service, month) for service in SERVICES)
        rows.append(["", "", f"Cộng tháng {month}", f"{total:,}".replace(",", ".")])
    return [SheetText("So lieu", rows)]


def monthly_layout() -> list[SheetText]:
    """One sheet a month, in nghìn đồng cut to whole ones, with plan and percent beside the actual figures."""
    sheets = []
    for month in range(1, 13):
        rows: list[list[Any]] = [
            [f"KẾT QUẢ KINH DOANH THÁNG {month} NĂM 2025"],
            ["", "", "", "", "Đơn vị tính: nghìn đồng"],
            ["TT", "Chỉ tiêu", "Kế hoạch", "Thực hiện", "% HT KH"],
            ["I", "Doanh thu"],
        ]
        for number, (service, label) in enumerate(SERVICES.items(), start=1):
            amount = month_amount(service, month) // 1000
            rows.append([number, label, amount + 1000, amount, 0.99])
        total = sum(month_amount(service, month) for service in SERVICES) // 1000
        rows.append(["", "Tổng doanh thu", 0, total])
        sheets.append(SheetText(f"T{month}", rows, ["A1:E1"]))
    return sheets


def down_layout() -> list[SheetText]:
    """Months down as bare numbers, services across, in tỷ đồng."""
    rows: list[list[Any]] = [["Doanh thu 2025 (tỷ đồng)"], [], ["Tháng", *SERVICES.values(), "Tổng"]]
    for month in range(1, 13):
        values = [_scaled(service, month, 10**9, 3) for service in SERVICES]
        rows.append([month, *values, round(sum(month_amount(s, month) for s in SERVICES) / 1e9, 3)])
    years = [round(sum(month_amount(service, month) for month in range(1, 13)) / 1e9, 3) for service in SERVICES]
    return [SheetText("Sheet1", [*rows, ["Cả năm", *years]])]


def csv_layout() -> str:
    """One row a service and month, separated by semicolons, without marks and without a unit."""
    lines = ["Thang;Dich vu;Doanh thu"]
    for month in range(1, 13):
        for service, code in CODES.items():
            lines.append(f"{month}/2025;{code};{_scaled(service, month, 10**6, 1)}".replace(".", ","))
    return "\n".join(lines) + "\n"


def write_layouts(folder: Path) -> dict[str, Path]:
    """Write the five layouts; layout -> file."""
    files = {
        "wide": write_xlsx(folder / "wide.xlsx", *wide_layout()),
        "long": write_xlsx(folder / "long.xlsx", *long_layout()),
        "monthly": write_xlsx(folder / "monthly.xlsx", *monthly_layout()),
        "down": write_xlsx(folder / "down.xlsx", *down_layout()),
        "csv": folder / "sheet.csv",
    }
    files["csv"].write_text(csv_layout(), encoding="utf-8")
    return files


if __name__ == "__main__":
    write_layouts(Path(sys.argv[1]))
