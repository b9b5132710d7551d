"""The workbooks of docs/tutorial.md: three years of an invented post office by month, and the first month after them.

python -m tests.support.tutorial_books   writes them into docs/tutorial
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import xlsxwriter

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "tutorial"
LEDGER = ROOT / "forecast" / "starter" / "post-office" / "history.csv"
"""Invented months; those of the first template of a post office."""
JANUARY_2026 = {"postal": 6_450_000_000, "finance": 5_420_000_000, "distribution": 10_800_000_000}
"""Invented, in VND."""
UNIT = 1_000_000
Row = list[str | float]
"""Label of a service, then its amounts in millions of VND."""
WRITTEN_ON = datetime(2026, 2, 3, 8)
"""Stands in the files in place of the day of writing, so that the bytes are the same each time."""


@dataclass(frozen=True)
class BookTexts:
    """Texts of the workbooks in one language."""

    history_file: str
    january_file: str
    title: str
    month_title: str
    unit: str
    service: str
    month: str
    amount: str
    total: str
    labels: dict[str, str]


TEXTS = {
    "en": BookTexts(
        "months.xlsx", "january-2026.xlsx", "Revenue by month, {year}", "Revenue, January 2026", "Unit: million VND",
        "Service", "{month}/{year}", "January 2026", "Total",
        {"postal": "Post and delivery", "finance": "Postal finance", "distribution": "Distribution and media"},
    ),
    "vi": BookTexts(
        "so-thang.xlsx", "thang-1-2026.xlsx", "Doanh thu theo tháng, năm {year}", "Doanh thu tháng 1/2026",
        "Đơn vị: triệu đồng", "Dịch vụ", "T{month}/{year}", "T1/2026", "Tổng cộng",
        {"postal": "Bưu chính chuyển phát", "finance": "Tài chính bưu chính", "distribution": "Phân phối truyền thông"},
    ),
}  # fmt: skip


def read_months() -> dict[tuple[str, int, int], int]:
    """Revenue in VND by service, year and month."""
    with LEDGER.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row["service"], int(row["month"][:4]), int(row["month"][5:])): int(row["revenue"]) for row in rows}


def write_books(folder: Path) -> list[Path]:
    """Write the workbooks of both languages into a folder."""
    files = []
    for texts in TEXTS.values():
        files.append(_write_history(folder / texts.history_file, texts))
        files.append(_write_january(folder / texts.january_file, texts))
    return files


def _write_history(path: Path, texts: BookTexts) -> Path:
    months = read_months()
    tables = {}
    for year in sorted({year for _, year, _ in months}):
        heads = [texts.month.format(month=month, year=year) for month in range(1, 13)]
        rows: list[Row] = [
            [texts.labels[service], *(months[service, year, month] / UNIT for month in range(1, 13))]
            for service in JANUARY_2026
        ]
        tables[str(year)] = (texts.title.format(year=year), heads, rows)
    return _write(path, texts, tables)


def _write_january(path: Path, texts: BookTexts) -> Path:
    rows: list[Row] = [[texts.labels[service], amount / UNIT] for service, amount in JANUARY_2026.items()]
    return _write(path, texts, {"2026-01": (texts.month_title, [texts.amount], rows)})


def _write(path: Path, texts: BookTexts, tables: dict[str, tuple[str, list[str], list[Row]]]) -> Path:
    """One sheet for each table: title, unit, heads, a row for each service, and their total in formulas."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": WRITTEN_ON})
        bold, amount, total = (
            book.add_format(style)
            for style in ({"bold": True}, {"num_format": "#,##0.0"}, {"bold": True, "num_format": "#,##0.0", "top": 1})
        )
        for name, (title, heads, rows) in tables.items():
            sheet = book.add_worksheet(name)
            sheet.set_column(0, 0, 26)
            sheet.set_column(1, len(heads), 11)
            sheet.write(0, 0, title, bold)
            sheet.write(1, 0, texts.unit)
            sheet.write_row(3, 0, [texts.service, *heads], bold)
            for index, row in enumerate(rows, start=4):
                sheet.write_row(index, 0, row, amount)
            last = 4 + len(rows)
            sheet.write(last, 0, texts.total, bold)
            for column in range(1, len(heads) + 1):
                letter = chr(ord("A") + column)
                value = sum(float(row[column]) for row in rows)
                sheet.write_formula(last, column, f"=SUM({letter}5:{letter}{last})", total, value)
    return path


if __name__ == "__main__":
    write_books(FOLDER)
