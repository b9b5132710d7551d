"""`forecast data actuals`."""

from __future__ import annotations

import json
import os
import pty
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import start_command
from tests.support.workbooks import SheetText, write_layouts, write_xlsx
from tests.workflows.test_actuals import project  # noqa: F401


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_was_read_and_written_is_said_in_80_columns(
    call: Any,
    project: Path,  # noqa: F811
    language: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(project)
    files = write_layouts(project)
    done = call("data", "actuals", files["monthly"].name, "--booked", "2026-01-05", "--lang", language)
    assert (done.code, done.err) == (0, "")
    expected = {
        "vi": "monthly.xlsx, 12 trang từ T1 đến T12: 12 tháng, tháng 1/2025 đến tháng 12/2025, đơn vị nghìn đồng, "
        "số lưu dạng số 3 tên khớp: revenue.dich_vu, revenue.lap_dat, revenue.nuoc_sach 12 ô tổng khớp "
        "đã ghi 36 dòng vào data/ledger.csv (booked 2026-01-05)",
        "en": "monthly.xlsx, 12 sheets from T1 to T12: 12 months, Jan 2025 to Dec 2025, unit thousand VND, "
        "numbers stored as numbers 3 texts matched: revenue.dich_vu, revenue.lap_dat, revenue.nuoc_sach 12 sums tie "
        "wrote 36 rows to data/ledger.csv (booked 2026-01-05)",
    }[language]
    lines = done.out.splitlines()
    assert " ".join(done.out.split()) == expected
    assert max(map(len, lines)) <= 80
    again = call("data", "actuals", files["csv"].name, "--booked", "2026-02-05", "--lang", language)
    assert "data/ledger.csv" in again.out.splitlines()[-1]
    assert (project / "data" / "ledger.csv").read_text().count("actual") == 39


def test_restatements_are_listed_with_old_and_new(call: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.chdir(project)
    ledger = project / "data" / "ledger.csv"
    ledger.write_text("month,service,revenue,status,booked,source\n2025-02,NS,11702000000,actual,2025-03-04,\n")
    rows = [["ĐVT: triệu đồng"], ["Dịch vụ", "Thực hiện"], ["NS", 11710.4], ["Thu khác", 5]]
    write_xlsx(project / "dc.xlsx", SheetText("T2.2025", rows))
    done = call("data", "actuals", "dc.xlsx", "--booked", "2025-04-04", "--lang", "vi")
    text = " ".join(done.out.split())
    assert "điều chỉnh lại: revenue.nuoc_sach tháng 2/2025 11,70 -> 11,71 tỷ đồng (+0,1%)" in text
    assert "1 tên không phải khoản mục của kế hoạch, các dòng hoặc cột đó được bỏ qua: T2.2025!A4 'Thu khác'" in text
    assert ledger.read_text().splitlines()[-1] == "2025-02,NS,11710400000,actual,2025-04-04,dc.xlsx!T2.2025!B3"


def test_problems_come_at_once_with_sheet_and_cell(call: Any, project: Path) -> None:  # noqa: F811
    rows = [["ĐVT: triệu đồng"], ["Dịch vụ", "Thực hiện"], ["NS", "#REF!"], ["LD", 3000], ["Cộng", 9]]
    path = write_xlsx(project / "a.xlsx", SheetText("T1.2025", rows))
    done = call("data", "actuals", path, "--plan", project / "scenarios" / "plan.yaml", "--booked", "2025-02-04")
    assert done.code == 2
    assert [line.partition(" ")[0] for line in done.complaints] == [f"{path}:T1.2025!B3:", f"{path}:T1.2025!B5:"]


def test_json_and_dry_run(call: Any, project: Path) -> None:  # noqa: F811
    before = (project / "data" / "ledger.csv").read_bytes()
    arguments = ["--plan", project / "scenarios" / "plan.yaml", "--booked", "2026-01-05", "--dry-run", "--json"]
    done = call("data", "actuals", write_layouts(project)["long"], *arguments)
    content = json.loads(done.out)
    assert (done.code, content["rows"], content["written"], len(content["figures"])) == (0, 36, False, 36)
    assert content["figures"][0]["source"].startswith("long.xlsx!So lieu!D")
    assert (project / "data" / "ledger.csv").read_bytes() == before


def test_files_that_cannot_be_read(call: Any, project: Path) -> None:  # noqa: F811
    plan = project / "scenarios" / "plan.yaml"
    assert call("data", "actuals", project / "no.xlsx", "--plan", plan).code == 2
    assert call("data", "actuals", project, "--plan", plan).code == 2
    os.mkfifo(project / "pipe.xlsx")
    assert call("data", "actuals", project / "pipe.xlsx", "--plan", plan).code == 2
    assert call("data", "actuals", "--plan", plan).code == 2


def test_the_day_of_booking_is_asked_on_a_terminal(project: Path) -> None:  # noqa: F811
    """In Vietnamese also as 5/1/2026; after a day within the last month, or no day at all, the question stays."""
    sheet = write_layouts(project)["monthly"]
    terminal, end = pty.openpty()
    os.write(terminal, b"soon\n2025-12-30\n5/1/2026\n")
    command = ("data", "actuals", sheet.name, "--lang", "vi")
    process = start_command(*command, stdin=end, stderr=end, cwd=project)
    out, _ = process.communicate(timeout=60)
    os.close(end)
    asked = os.read(terminal, 10_000).decode()
    os.close(terminal)
    assert process.returncode == 0
    assert "đã ghi 36 dòng vào data/ledger.csv (booked 2026-01-05)" in " ".join(out.decode().split())
    assert "monthly.xlsx!T1 không ghi ngày khoá sổ. Sổ tháng 12/2025 khoá ngày nào?" in asked
    assert "'soon' không phải một ngày" in asked
    assert "ngày 2025-12-30 chưa hết tháng; hãy gõ một ngày từ 2025-12-31 trở đi" in asked
    rows = (project / "data" / "ledger.csv").read_text().splitlines()[4:]
    assert {row.split(",")[4] for row in rows} == {"2026-01-05"}


def test_elsewhere_the_day_of_booking_is_an_error(call: Any, project: Path) -> None:  # noqa: F811
    before = (project / "data" / "ledger.csv").read_bytes()
    done = call("data", "actuals", write_layouts(project)["monthly"], "--plan", project / "scenarios" / "plan.yaml")
    assert (done.code, len(done.complaints)) == (2, 1)
    assert "give it with --booked 2026-01-05" in done.err
    assert (project / "data" / "ledger.csv").read_bytes() == before
