"""Sheet for actual figures of a workbook: exported, filled and read back into the ledger."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from forecast.files.workbook import cell_address, read_workbook
from forecast.reports.workbook.actuals_sheet import (
    ACTUALS_HEAD_ROW,
    BOOKED_DAY_ROW,
    FIRST_ACTUALS_COLUMN,
    find_actuals_sheet,
)
from forecast.workflows.actuals import ActualsRequest, import_actuals
from tests.cli.conftest import call  # noqa: F401
from tests.support.office import fill_cells
from tests.support.rolled_project import PLAN, book, write_rolled_project

COSTS = """\
costs: {power: {label: {vi: Điện, en: Power}, of_revenue: {water: 12%}}}
workforce: {headcount: 90 people}
"""
FIGURES = {"Lắp đặt": 312_500_000, "Nước": 2_187_654_321, "Điện": 262_000_000, "Số lao động": 91}
SHEET_NUMBER = 5
"""From 1, in a workbook of a plan with closed months."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan of which January is booked, and its workbook."""
    from forecast.cli import main

    folder = tmp_path_factory.mktemp("form")
    plan = write_rolled_project(folder)
    plan.write_text(PLAN.replace("as_of: 2025-01-10", "as_of: 2025-02-10") + COSTS, encoding="utf-8")
    book(folder, 1)
    out = str(folder / "reports" / "plan.xlsx")
    assert main(["excel", "export", str(plan), "--paths", "300", "--quiet", "--out", out]) == 0
    return folder


def workbook_of(project: Path) -> Path:
    return project / "reports" / "plan.xlsx"


def filled(project: Path, months: dict[int, dict[str, float]], target: str, booked: date | None = None) -> Path:
    """The workbook with figures, by column of a month from 0 and text of the row."""
    sheet = find_actuals_sheet(read_workbook(workbook_of(project)).sheets)
    assert sheet is not None
    rows = {str(cells[0]): row for row, cells in enumerate(sheet.rows) if row > ACTUALS_HEAD_ROW}
    numbers = {
        cell_address(rows[text], FIRST_ACTUALS_COLUMN + month): value
        for month, figures in months.items()
        for text, value in figures.items()
    }
    if booked is not None:
        numbers[cell_address(BOOKED_DAY_ROW, 1)] = float(booked.toordinal() - date(1899, 12, 30).toordinal())
    return fill_cells(workbook_of(project), SHEET_NUMBER, numbers, project / target)


def test_the_sheet_has_open_months_services_costs_and_people(project: Path) -> None:
    sheet = find_actuals_sheet(read_workbook(workbook_of(project)).sheets)
    assert sheet is not None
    assert sheet.name == "Thực hiện"
    heads = sheet.rows[ACTUALS_HEAD_ROW][: FIRST_ACTUALS_COLUMN + 11]
    assert heads[:3] == ["Chỉ tiêu", "ĐVT", "Tháng 2/2025"]
    assert heads[-1] == "Tháng 12/2025"
    assert {str(cells[0]) for cells in sheet.rows[ACTUALS_HEAD_ROW + 1 :]} == FIGURES.keys()


def test_figures_reach_the_ledger_with_their_cells_and_once(project: Path) -> None:
    ledger = project / "data" / "ledger.csv"
    before = ledger.read_text(encoding="utf-8")
    plan = project / "scenarios" / "plan.yaml"
    path = filled(project, {0: FIGURES}, "february.xlsx", date(2025, 3, 5))
    import_actuals(ActualsRequest((path,), plan))
    added = ledger.read_text(encoding="utf-8").removeprefix(before).splitlines()
    assert added == [
        "2025-02,cost.power,262000000,actual,2025-03-05,february.xlsx!Thực hiện!C9",
        "2025-02,headcount,91,actual,2025-03-05,february.xlsx!Thực hiện!C10",
        "2025-02,revenue.water,2187654321,actual,2025-03-05,february.xlsx!Thực hiện!C7",
        "2025-02,revenue.works,312500000,actual,2025-03-05,february.xlsx!Thực hiện!C8",
    ]
    again = import_actuals(ActualsRequest((path,), plan))
    assert (again.update.row_count, again.is_written) == (0, False)
    ledger.write_text(before, encoding="utf-8")


def test_a_workbook_with_figures_is_never_written_over(
    call: Any,  # noqa: F811
    project: Path,
) -> None:
    path = filled(project, {1: {"Nước": 2e9}}, "march.xlsx")
    before = path.read_bytes()
    plan = project / "scenarios" / "plan.yaml"
    done = call("excel", "export", plan, "--paths", "300", "--quiet", "--out", path)
    assert (done.code, path.read_bytes()) == (4, before)
    assert "trang số thực hiện đã có số (Thực hiện!D7)" in done.err


def test_an_empty_sheet_has_nothing_to_import(call: Any, project: Path) -> None:  # noqa: F811
    """Nor are the forecasts on the other sheets read as actual figures."""
    before = (project / "data" / "ledger.csv").read_bytes()
    done = call("data", "actuals", workbook_of(project), "--plan", project / "scenarios" / "plan.yaml")
    assert done.code == 2
    assert (project / "data" / "ledger.csv").read_bytes() == before
