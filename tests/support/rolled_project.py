"""A small project whose plan is locked and whose months are rolled: its ledger, rows and sheets of its months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.workbooks import SheetText, write_xlsx

PLAN = """\
name: {en: Plan 2025, vi: Kế hoạch 2025}
as_of: 2025-01-10
currency: VND
language: vi
horizon: {from: 2025-01, months: 12}
history: ../data/ledger.csv
services:
  water: {label: {vi: Nước, en: Water}, growth: 0% to 8%, baseline: {noise: 2% to 4%}}
  works: {label: {vi: Lắp đặt, en: Works}, growth: -5% to 10%, baseline: {noise: 3% to 6%}}
targets:
  revenue: {measure: revenue, period: 2025, at_least: 38 tỷ, required_chance: 60%}
"""
SEASON = (90, 80, 100, 100, 110, 110, 120, 110, 100, 100, 90, 90)
MONTHLY = {"water": 27_000_000, "works": 3_500_000}
"""A hundredth of a mean month, VND."""
HEADINGS = "month,measure,value,status,booked,source"


def amount(service: str, month: int, factor: float = 1.0) -> int:
    """Revenue of a month of 2024, times a factor."""
    return round(MONTHLY[service] * SEASON[month - 1] * factor)


def booking_day(month: int) -> str:
    """The fifth of the next month."""
    return f"2025-{month + 1:02d}-05" if month < 12 else "2026-01-05"


def write_rolled_project(folder: Path) -> Path:
    """Write the plan and the books of 2024; its plan."""
    rows = [f"2024-{month:02d},revenue.{service},{amount(service, month)},actual,," for month in range(1, 13)
            for service in MONTHLY]  # fmt: skip
    files = {"scenarios/plan.yaml": PLAN, "data/ledger.csv": "\n".join([HEADINGS, *rows, ""])}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "scenarios" / "plan.yaml"


def book(
    folder: Path,
    month: int,
    factor: float = 1.03,
    *,
    day: str = "",
    services: Sequence[str] = ("water", "works"),
    status: str = "actual",
) -> None:
    """Append the rows of a month of 2025 to the ledger."""
    with (folder / "data" / "ledger.csv").open("a", encoding="utf-8") as ledger:
        for service in services:
            value = amount(service, month, factor)
            ledger.write(f"2025-{month:02d},revenue.{service},{value},{status},{day or booking_day(month)},\n")


def write_sheet(folder: Path, months: Mapping[int, float], name: str = "books.xlsx") -> Path:
    """Write a workbook with a sheet for each month of 2025; month -> factor on the year before."""
    sheets = []
    for month, factor in months.items():
        values = {service: amount(service, month, factor) for service in MONTHLY}
        rows = [
            [f"Doanh thu tháng {month} năm 2025"],
            ["Đơn vị tính: đồng"],
            ["Dịch vụ", "Thực hiện"],
            ["Nước", values["water"]],
            ["Lắp đặt", values["works"]],
            ["Tổng cộng", sum(values.values())],
        ]
        sheets.append(SheetText(f"T{month:02d}.2025", rows))
    return write_xlsx(folder / name, *sheets)
