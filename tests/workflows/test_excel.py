"""`forecast excel`: export, edit, import."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from forecast.files.workbook import cell_address
from forecast.plan.loading.loader import read
from forecast.reports.workbook.document import INPUT_COLUMNS
from forecast.reports.workbook.input_cells import input_assumptions
from forecast.reports.workbook.table_sheet import HEADER_ROW
from tests.cli.conftest import call  # noqa: F401
from tests.support.office import edit_cells, sheet_values
from tests.support.workbook_plans import write_plan

EDITS: dict[str, tuple[int, float, str]] = {
    "services.a.growth.2027": (2, 0.333, "2% to 33.3%"),
    "services.a.baseline.annual": (1, 121_234_567_891.0, "normal(121234567891 VND, 5000000000 VND)"),
    "services.b.baseline.annual": (0, 79_999_999_999.0, "79999999999 VND to 95000000000 VND"),
    "initiatives.shop.start": (0, 46270.0, "2026-09-05 to 2026-11-20"),
    "initiatives.shop.ramp": (1, 2.25, "2.25 months"),
    "initiatives.shop.effect.volume.a": (1, 0.03125, "pert(0%, 3.1250%, 9%)"),
    "workforce.headcount": (1, 101.0, "101 people"),
    "costs.goods.once": (2, 2_500_000_000.0, "uniform(1000000000 VND, 2500000000 VND)"),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan with its workbook."""
    from forecast.cli import main

    folder = tmp_path_factory.mktemp("excel")
    plan = write_plan(folder)
    assert main(["excel", "export", str(plan), "--paths", "500", "--lang", "vi", "--quiet"]) == 0
    return folder


def exported(project: Path) -> Path:
    return project / "reports" / "plan.xlsx"


def row_of(project: Path, name: str) -> int:
    names = [assumption.name for assumption in input_assumptions(read(project / "plan.yaml").assumptions())]
    return HEADER_ROW + 1 + names.index(name)


def edited(project: Path, edits: dict[str, tuple[int, float]], target: Path) -> Path:
    numbers = {
        cell_address(row_of(project, name), INPUT_COLUMNS["low"] + position): number
        for name, (position, number) in edits.items()
    }
    return edit_cells(exported(project), 2, numbers, target)


def test_untouched_round_trip_is_empty(call: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.chdir(project)
    done = call("excel", "import", "reports/plan.xlsx", "--lang", "en")
    assert (done.code, done.out, done.err) == (0, "", "No assumption was changed.\n")
    done = call("excel", "import", "reports/plan.xlsx", "--json")
    assert json.loads(done.out) == {"overlay": None, "edits": []}


def test_edited_cells_come_back_exactly(
    call: Any,  # noqa: F811
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(project)
    edited(project, {name: edit[:2] for name, edit in EDITS.items()}, project / "edited.xlsx")
    overlay = project / "edited.yaml"
    overlay.unlink(missing_ok=True)
    done = call("excel", "import", "edited.xlsx", "--out", "edited.yaml", "--lang", "en")
    assert (done.code, done.out) == (0, f"{len(EDITS)} assumptions changed: edited.yaml\n")
    before = {assumption.name: assumption for assumption in read("plan.yaml").assumptions()}
    after = {assumption.name: assumption for assumption in read("edited.yaml").assumptions()}
    assert {name for name in after if after[name].distribution != before[name].distribution} == set(EDITS)
    for name, (position, _, text) in EDITS.items():
        cell = cell_address(row_of(project, name), INPUT_COLUMNS["low"] + position)
        assert (after[name].text, after[name].source.plain) == (text, f"edited.xlsx!Giả định!{cell}")
    again = call("excel", "import", "edited.xlsx", "--out", "edited.yaml", "--lang", "en")
    assert (again.code, again.err) == (4, "edited.yaml: is there already; name another file with --out OVERLAY\n")


@pytest.mark.parametrize(
    ("name", "position", "number", "code"),
    [
        ("services.a.growth.2027", 0, 0.5, "must stand in this order"),
        ("services.b.growth", 0, -1.5, "-1.5 cannot be used here"),
        ("initiatives.shop.chance", 1, 1.01, "1.01 cannot be used here"),
        ("services.a.baseline.annual", 2, 0.0, "0 cannot be used here"),
    ],
)
def test_what_a_plan_refuses_is_refused_with_its_cell(
    call: Any,  # noqa: F811
    project: Path,
    tmp_path: Path,
    name: str,
    position: int,
    number: float,
    code: str,
) -> None:
    file = edited(project, {name: (position, number)}, tmp_path / "edited.xlsx")
    done = call("excel", "import", file, "--plan", project / "plan.yaml", "--lang", "en")
    cell = cell_address(row_of(project, name), INPUT_COLUMNS["low"] + position)
    assert done.code == 2
    assert f"Giả định!{cell}: {name}: " in done.err
    assert code in done.err


def test_a_text_in_a_yellow_cell_is_named(call: Any, project: Path, tmp_path: Path) -> None:  # noqa: F811
    address = cell_address(row_of(project, "workforce.headcount"), INPUT_COLUMNS["middle"])
    file = tmp_path / "text.xlsx"
    with zipfile.ZipFile(exported(project)) as source, zipfile.ZipFile(file, "w") as copy:
        for part in source.namelist():
            content = source.read(part)
            if part == "xl/worksheets/sheet2.xml":
                content = content.replace(f'<c r="{address}"'.encode(), f'<c r="{address}" t="str"'.encode()).replace(
                    b"<v>100</v>", b"<v>=1+1</v>"
                )
            copy.writestr(part, content)
    done = call("excel", "import", file, "--plan", project / "plan.yaml", "--lang", "en")
    assert done.code == 2
    assert f"!{address}: workforce.headcount: '=1+1' is no number; enter a number" in done.err


def test_a_plan_that_changed_since_is_refused(call: Any, project: Path, tmp_path: Path) -> None:  # noqa: F811
    plan = tmp_path / "plan.yaml"
    text = (project / "plan.yaml").read_text(encoding="utf-8")
    plan.write_text(text.replace("100 people", "99 people").replace("  later:", "  sooner:"), encoding="utf-8")
    done = call("excel", "import", exported(project), "--plan", plan, "--lang", "en")
    assert done.code == 2
    assert "workforce.headcount: the plan now says '99 people', the workbook was made from '100 people'" in done.err
    assert "initiatives.later.start: the plan has no assumption of this name" in done.err
    assert "initiatives.sooner.start: the row of this assumption is missing" in done.err


def test_hostile_files_are_refused(call: Any, project: Path, tmp_path: Path) -> None:  # noqa: F811
    page, other, bomb = tmp_path / "page.xlsx", tmp_path / "other.csv", tmp_path / "bomb.xlsx"
    page.write_text("<html></html>")
    other.write_text("a,b\n1,2\n")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (64 * 2**20))
    for file in (page, other, bomb, tmp_path / "none.xlsx"):
        done = call("excel", "import", file, "--plan", project / "plan.yaml", "--lang", "en")
        assert done.code == 2
        assert done.out == ""


def test_edits_are_not_written_over(call: Any, project: Path, tmp_path: Path) -> None:  # noqa: F811
    file = edited(project, {"workforce.headcount": (1, 90.0)}, tmp_path / "mine.xlsx")
    before = file.read_bytes()
    done = call("excel", "export", project / "plan.yaml", "--paths", "500", "--out", file, "--lang", "en")
    assert done.code == 4
    assert "its inputs were edited" in done.err
    assert file.read_bytes() == before
    note = tmp_path / "note.xlsx"
    note.write_text("mine")
    done = call("excel", "export", project / "plan.yaml", "--paths", "500", "--out", note, "--lang", "en")
    assert (done.code, note.read_text()) == (4, "mine")


def test_a_quiet_export_prints_nothing_but_errors(call: Any, project: Path, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "quiet.xlsx"
    words = ("excel", "export", project / "plan.yaml", "--paths", "500", "--lang", "en", "--out", file)
    done = call(*words, "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert file.stat().st_size
    assert "Workbook:" in call(*words).out
    assert json.loads(call(*words, "--quiet", "--json").out)["workbook"] == str(file)
    file.write_text("mine")
    refused = call(*words, "--quiet")
    assert (refused.code, refused.out) == (4, "")
    assert str(file.name) in refused.err


def test_run_writes_the_workbook_and_the_table_after_the_answer(
    call: Any,  # noqa: F811
    project: Path,
) -> None:
    done = call("run", project / "plan.yaml", "--paths", "500", "--lang", "en", "--excel", "--csv-for", "vi")
    assert done.code == 0
    words = [line.split(":")[0].strip() for line in done.out.splitlines()]
    assert [word for word in words if word in ("Next", "Workbook", "Table")] == ["Next", "Workbook", "Table"]
    assert sheet_values(exported(project))["Summary"]["A1"] == "=1+1"
    table = (project / "reports" / "plan-quantiles.csv").read_text(encoding="utf-8-sig")
    assert table.startswith("measure;period;p;value;low;high\n")
    assert "e+" not in table
    (project / "reports" / "plan-quantiles.csv").write_text("mine")
    refused = call("run", project / "plan.yaml", "--paths", "500", "--lang", "en", "--csv-for", "vi")
    assert refused.code == 4
    assert (project / "reports" / "plan-quantiles.csv").read_text() == "mine"


def test_json_names_the_workbook_and_the_table(call: Any, tmp_path: Path) -> None:  # noqa: F811
    plan = write_plan(tmp_path)
    done = call("run", plan, "--paths", "500", "--excel", "--csv-for", "en", "--json", "--quiet")
    answer = json.loads(done.out)
    reports = tmp_path / "reports"
    assert (answer["workbook"], answer["table"]) == (str(reports / "plan.xlsx"), str(reports / "plan-quantiles.csv"))


def test_a_workbook_names_no_plan_outside_the_project(
    call: Any,  # noqa: F811
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    file = tmp_path / "inside" / "outside.xlsx"
    with zipfile.ZipFile(exported(project)) as source, zipfile.ZipFile(file, "w") as copy:
        for part in source.namelist():
            content = source.read(part)
            copy.writestr(part, content.replace(b"<t>plan.yaml</t>", b"<t>../plan.yaml</t>"))
    write_plan(tmp_path)
    done = call("excel", "import", file, "--lang", "en")
    assert done.code == 2
    assert "the plan of this workbook, ../plan.yaml, is not here; name it with --plan PLAN" in done.err


def test_plans_stand_side_by_side(call: Any, project: Path, tmp_path: Path) -> None:  # noqa: F811
    other = project / "other.yaml"
    other.write_text(
        "extends: plan.yaml\nname: Another\ninitiatives: {unlikely: null}\nworkforce: {headcount: 80 people}\n"
    )
    file = tmp_path / "two.xlsx"
    done = call(
        "excel", "export", project / "plan.yaml", other, "--paths", "500", "--out", file, "--lang", "en", "--json"
    )
    first, second = json.loads(done.out)
    assert (first["workbook"], "workbook" in second) == (str(file), False)
    cells = sheet_values(file)["Plans side by side"]
    assert [cells[f"{column}4"] for column in "EF"] == ["=1+1", "Another"]
    rows = {(cells[f"A{row}"], cells[f"B{row}"], cells[f"C{row}"]): row for row in range(5, 60) if f"A{row}" in cells}
    row = rows["Headcount", "2027", "P50"]
    assert [cells[f"{column}{row}"] for column in "EF"] == pytest.approx(
        [answer["summary"]["measures"]["headcount"]["2027"]["p50"] for answer in (first, second)]
    )
    too_many = call("excel", "export", *[project / "plan.yaml"] * 7, "--lang", "en")
    assert (too_many.code, "name 6 at most" in too_many.err) == (2, True)
