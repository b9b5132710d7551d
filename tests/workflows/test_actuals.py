"""An import of actual figures: sheets to ledger and back through the plan, whole or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from forecast.errors import InputError
from forecast.plan.accounts import read_plan_history
from forecast.plan.loading.loader import read
from forecast.timeseries.checks import check_history
from forecast.workflows.actuals import ActualsRequest, ImportedActuals, find_plan, import_actuals
from tests.support.plans import ROOT
from tests.support.workbooks import SERVICES, SheetText, month_amount, write_layouts, write_xlsx

PLAN = """\
name: x
horizon: {from: 2026-01, months: 12}
history: ../data/ledger.csv
services:
  nuoc_sach: {label: {vi: Nước sạch, en: Water}, account: [NS]}
  lap_dat: {label: {vi: Lắp đặt đồng hồ, en: Meters}, account: [LD]}
  dich_vu: {label: {vi: Dịch vụ khác của công ty, en: Other services}, account: [DVK]}
costs:
  dien: {per_month: 3 tỷ, account: Tiền điện}
"""
BOOKED = date(2026, 1, 5)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "scenarios" / "plan.yaml").write_text(PLAN)
    rows = "".join(f"2024-12,{service},{month_amount(service, 12) * 0.9:.0f},actual,,\n" for service in SERVICES)
    (tmp_path / "data" / "ledger.csv").write_text("month,service,revenue,status,booked,source\n" + rows)
    return tmp_path


def import_files(project: Path, *files: Path, **options: object) -> ImportedActuals:
    request = ActualsRequest(files, project / "scenarios" / "plan.yaml", **{"booked": BOOKED, **options})  # type: ignore[arg-type]
    return import_actuals(request)


@pytest.mark.parametrize("layout", ["wide", "long", "monthly", "down", "csv"])
def test_a_year_of_each_layout_reaches_the_history_of_the_plan(project: Path, layout: str) -> None:
    path = write_layouts(project)[layout]
    result = import_files(project, path)
    assert (result.update.row_count, result.gaps, result.lacking) == (36, (), ())
    history = read_plan_history(read(project / "scenarios" / "plan.yaml"))
    assert history is not None
    for service in SERVICES:
        exact = [month_amount(service, month) for month in range(1, 13)]
        assert history.revenue[service][1:] == pytest.approx(exact, rel=5e-4)
    again = import_files(project, path)
    assert (again.update.row_count, again.update.unchanged) == (0, 36)


@pytest.mark.parametrize("layout", ["wide", "long", "monthly", "down", "csv"])
def test_a_year_of_each_layout_closes_the_months_of_its_plan(project: Path, layout: str) -> None:
    plan = project / "scenarios" / "plan.yaml"
    plan.write_text(PLAN.replace("from: 2026-01", "from: 2025-01"))
    import_files(project, write_layouts(project)[layout])
    scenario = read(plan)
    history = read_plan_history(scenario)
    assert history is not None
    assert check_history(scenario, history) == []
    assert history.calendar.last == 12 * 2025 - 1
    for service in SERVICES:
        booked = history.booked[f"revenue.{service}"]
        assert [figure.status for figure in booked.values()] == ["actual"] * 12
        exact = [month_amount(service, month) for month in range(1, 13)]
        assert [booked[12 * 2025 + row].value for row in range(12)] == pytest.approx(exact, rel=5e-4)


def test_a_month_of_volume_price_and_revenue_closes_the_month_of_the_example_year(tmp_path: Path) -> None:
    for folder in ("scenarios", "data"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    ledger = tmp_path / "data" / "water-ledger.csv"
    header, *rows = ledger.read_text(encoding="utf-8").splitlines()
    rows = [row for row in rows if row.split(",")[4] < "2025-04"]
    ledger.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    sheet = [
        ["ĐVT: đồng"], ["Dịch vụ", "Sản lượng (m3)", "Đơn giá", "Doanh thu"],
        ["Nước sinh hoạt", 1_630_000, 9_480, 15_452_400_000], ["Nước sản xuất", None, None, 4_600_000_000],
        ["Lắp đặt đồng hồ", None, None, 700_000_000], ["Tổng cộng", None, None, 20_752_400_000],
    ]  # fmt: skip
    path = write_xlsx(tmp_path / "t3.xlsx", SheetText("T3.2025", sheet))
    request = ActualsRequest((path,), tmp_path / "scenarios" / "water-2025.yaml", date(2025, 4, 5))
    assert import_actuals(request).update.row_count == 4
    history = read_plan_history(read(tmp_path / "scenarios" / "months" / "2025-03.yaml"))
    assert history is not None
    march = 12 * 2025 + 2
    assert history.booked["revenue.household"][march] == (1_630_000 * 9_480, "actual")
    assert history.booked["revenue.industry"][march] == (4_600_000_000, "actual")  # no longer its flash figure


def test_layouts_of_the_same_year_agree_with_each_other(project: Path) -> None:
    files = write_layouts(project)
    import_files(project, files["long"])
    for layout in ("wide", "down", "csv"):
        assert import_files(project, files[layout], booked=date(2026, 2, 5)).update.row_count == 0


def test_a_restatement_is_a_later_row_and_the_last_one_counts(project: Path) -> None:
    import_files(project, write_layouts(project)["long"])
    sheet = SheetText("T2.2025", [["ĐVT: đồng"], ["Dịch vụ", "Thực hiện"], ["NS", 24_000_000_000]])
    before = (project / "data" / "ledger.csv").read_bytes()
    result = import_files(project, write_xlsx(project / "dc.xlsx", sheet), booked=date(2026, 3, 5))
    assert (project / "data" / "ledger.csv").read_bytes().startswith(before)
    ((old, new),) = result.update.restated
    assert (old.value, new.value) == (month_amount("nuoc_sach", 2), 24_000_000_000)
    history = read_plan_history(read(project / "scenarios" / "plan.yaml"))
    assert history is not None
    assert history.revenue["nuoc_sach"][2] == 24e9


def test_a_ledger_that_was_made_long_can_be_checked_with_its_plan(project: Path) -> None:
    import_files(project, write_layouts(project)["long"])
    costs = SheetText("T1.2025", [["ĐVT: đồng"], ["Chi phí", "Thực hiện"], ["Tiền điện", 3_150_000_000]])
    result = import_files(project, write_xlsx(project / "costs.xlsx", costs), convert=True)
    assert result.update.converted_to == "long"
    scenario = read(project / "scenarios" / "plan.yaml")
    history = read_plan_history(scenario)
    assert history is not None
    assert check_history(scenario, history) == []
    assert (history.calendar.count, history.services) == (13, tuple(sorted(SERVICES)))
    assert history.costs["dien"] == {12 * 2025: (3_150_000_000, "actual")}


def test_what_is_asked_for_and_refused_leaves_the_ledger_as_it_was(project: Path) -> None:
    files = write_layouts(project)
    before = (project / "data" / "ledger.csv").read_bytes()
    costs = SheetText("T1.2025", [["ĐVT: đồng"], ["Chi phí", "Thực hiện"], ["Tiền điện", 3_150_000_000]])
    for options, code in (
        ({"booked": None}, "actuals_booked_missing"),
        ({"booked": date(2025, 12, 30)}, "actuals_booked_early"),
        ({"unit": "cái"}, "actuals_unit"),
        ({"unit": "tỷ đồng"}, "sheet_unit_unlikely"),
    ):
        with pytest.raises(InputError) as caught:
            import_files(project, files["long"], **options)
        assert {problem.code for problem in caught.value.problems} == {code}
    with pytest.raises(InputError) as caught:
        import_files(project, write_xlsx(project / "cp.xlsx", costs))
    assert caught.value.problems[0].code == "ledger_must_be_long"
    assert import_files(project, files["long"], is_dry_run=True).update.row_count == 36
    assert (project / "data" / "ledger.csv").read_bytes() == before


def test_gaps_and_services_without_a_figure_are_told(project: Path) -> None:
    sheet = SheetText("T2.2025", [["ĐVT: đồng"], ["Dịch vụ", "Thực hiện"], ["NS", 24_000_000_000]])
    result = import_files(project, write_xlsx(project / "t2.xlsx", sheet))
    assert result.gaps == (("revenue.nuoc_sach", 12 * 2025),)
    assert result.lacking == (("dich_vu", 12 * 2025 + 1), ("lap_dat", 12 * 2025 + 1))


def test_the_only_plan_is_found(project: Path) -> None:
    assert find_plan(project / "data") == project / "scenarios" / "plan.yaml"
    (project / "scenarios" / "other.yaml").write_text(PLAN)
    with pytest.raises(InputError) as caught:
        find_plan(project)
    assert caught.value.problems[0].code == "actuals_which_plan"


KILLED = """\
import os, signal, sys
from datetime import date
from pathlib import Path
from forecast.files import atomic
from forecast.workflows.actuals import ActualsRequest, import_actuals
atomic._replace = lambda temporary, path: os.kill(os.getpid(), signal.SIGKILL)
import_actuals(ActualsRequest((Path(sys.argv[1]),), Path(sys.argv[2]), date(2026, 1, 5)))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal")
def test_a_kill_in_the_middle_leaves_the_ledger_whole(project: Path) -> None:
    path = write_layouts(project)["long"]
    ledger = project / "data" / "ledger.csv"
    before = ledger.read_bytes()
    command = [sys.executable, "-c", KILLED, str(path), str(project / "scenarios" / "plan.yaml")]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert ledger.read_bytes() == before
    assert any("tmp-" in entry.name for entry in ledger.parent.iterdir())
    assert import_files(project, path).update.row_count == 36
    assert {entry.name for entry in ledger.parent.iterdir()} == {"ledger.csv", ".ledger.csv.lock"}
