"""A plan drafted from the months of a workbook: it is valid, it says what it guessed, and it rests on the sheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from forecast.errors import InputError
from forecast.i18n import LANGUAGES, Language
from forecast.plan.accounts import read_plan_history
from forecast.plan.loading.loader import read_plan
from forecast.plan.scenario import Scenario
from forecast.stats.annual_change import predict_annual_change
from forecast.workflows.actuals import ActualsRequest, import_actuals
from forecast.workflows.drafted_figures import PRIOR_SD
from forecast.workflows.new_from_ledger import DraftedPlan, LedgerRequest, draft_from_ledger
from forecast.workflows.new_plan import PLAN_FILE
from tests.support.plans import ROOT
from tests.support.workbooks import SERVICES, SheetText, month_amount, write_layouts, write_xlsx

TITLE = "Doanh thu (triệu đồng)"


def months(first: int, count: int) -> list[tuple[int, int]]:
    """Year and month from the January of a year."""
    return [(first + month // 12, month % 12 + 1) for month in range(count)]


def write_sheet(folder: Path, period: Sequence[tuple[int, int]], *rows: list[Any], title: str = TITLE) -> Path:
    head = ["Dịch vụ", *(f"T{month}/{year}" for year, month in period)]
    return write_xlsx(folder / "book.xlsx", SheetText("DT", [[title], head, *rows]))


def growing(period: Sequence[tuple[int, int]], growth: float, level: float = 100.0) -> list[float]:
    """Months whose year grows by a share."""
    first = period[0][0]
    return [round(level * (1 + growth) ** (year - first) * (1 + month / 50), 4) for year, month in period]


def draft(path: Path, **options: Any) -> DraftedPlan:
    return draft_from_ledger(LedgerRequest((path,), **options), path.parent / "mine")


def scenario_of(drafted: DraftedPlan, folder: Path) -> Scenario:
    for name, content in drafted.content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return read_plan(folder / PLAN_FILE).scenario


def rows_of(drafted: DraftedPlan) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(drafted.content["data/ledger.csv"].decode())))


def codes(path: Path, **options: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        draft(path, **options)
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("layout", "step"), [("wide", 10**5), ("long", 1), ("monthly", 10**3), ("down", 10**6), ("csv", 10**5)]
)
def test_each_layout_becomes_a_ledger_and_a_plan(tmp_path: Path, layout: str, step: int) -> None:
    path = write_layouts(tmp_path)[layout]
    drafted = draft(path, unit="triệu đồng" if layout == "csv" else "")
    rows = rows_of(drafted)
    assert len(rows) == drafted.row_count == 36
    amounts = [int(row["revenue"]) for row in rows if row["month"] == "2025-03"]
    exact = sorted(month_amount(service, 3) for service in SERVICES)
    assert sorted(amounts) == pytest.approx(exact, abs=step)
    assert all(row["source"].startswith(f"{path.name}!") for row in rows)
    scenario = scenario_of(drafted, tmp_path / "mine")
    assert (scenario.language, scenario.currency) == ("vi", "VND")
    history = read_plan_history(scenario)
    assert history is not None
    assert history.services == tuple(sorted(scenario.services))


@pytest.mark.parametrize("sheets", [("DT",), ("Bưu chính", "Tài chính")])
def test_sheets_of_one_service_each(tmp_path: Path, sheets: tuple[str, ...]) -> None:
    rows = [["ĐVT: triệu đồng"], ["Tháng", "Doanh thu"], *([f"{m:02d}/{y}", 5 + m] for y, m in months(2024, 12))]
    path = write_xlsx(tmp_path / "book.xlsx", *(SheetText(name, rows) for name in sheets))
    drafted = draft(path)
    expected = ["Doanh thu"] if len(sheets) == 1 else list(sheets)
    assert [service.label for service in drafted.draft.services] == expected
    assert drafted.row_count == 12 * len(sheets)


def test_the_next_months_of_the_same_sheet_reach_the_ledger(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, months(2024, 12), ["Doanh thu bưu chính", *growing(months(2024, 12), 0)])
    scenario_of(draft(path), tmp_path / "mine")
    later = write_sheet(tmp_path, months(2024, 13), ["Doanh thu bưu chính", *growing(months(2024, 13), 0)])
    from datetime import date

    request = ActualsRequest((later,), tmp_path / "mine" / PLAN_FILE, booked=date(2025, 2, 5))
    assert import_actuals(request).update.row_count == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plan_and_its_examples_are_read_in_both_languages(tmp_path: Path, language: Language) -> None:
    period = months(2023, 24)
    path = write_sheet(tmp_path, period, ["Bưu chính", *growing(period, 0.05)], ["Tài chính", *growing(period, 0)])
    drafted = draft(path, language=language)
    text = drafted.content[PLAN_FILE].decode()
    plan, examples = text.split("# shocks:")
    scenario = scenario_of(drafted, tmp_path / "mine")
    (tmp_path / "mine" / PLAN_FILE).write_text(plan + "shocks:" + examples.replace("\n# ", "\n"))
    filled = read_plan(tmp_path / "mine" / PLAN_FILE).scenario
    assert (len(scenario.shocks), len(filled.shocks), len(filled.initiatives), len(filled.correlations)) == (0, 1, 1, 1)
    remarks = "\n".join(remark for remark in re.findall("# .*", text) if "label:" not in remark)
    assert bool(re.search("[ạảấầậếềệọốồộớờợụứừự]", remarks)) == (language == "vi")


def test_growth_rests_on_the_years_of_the_service_and_names_its_cells(tmp_path: Path) -> None:
    period = months(2022, 36)
    path = write_sheet(tmp_path, period, ["Bưu chính", *growing(period, 0.10)])
    growth = scenario_of(draft(path, language="en"), tmp_path / "mine").services["buu_chinh"].growth
    assert growth is not None
    low, high = predict_annual_change([0.10, 0.10], PRIOR_SD)
    written = growth.distribution.ppf([0.1, 0.9])  # type: ignore[union-attr]
    assert written == pytest.approx([round(low, 2), round(high, 2)])
    assert (growth.grade, growth.source.plain) == ("B", "book.xlsx!DT!B3:AK3")  # type: ignore[union-attr]
    assert growth.note.plain == "2023: +10.0%; 2024: +10.0%"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("count", "first", "months_ahead", "period", "has_growth"),
    [
        (8, "2023-09", 12, "2023-09 to 2024-08", False),
        (12, "2024-01", 12, "2024", True),
        (16, "2024-01", 12, "2024", True),
        (20, "2024-01", 24, "2025", True),
    ],
)
def test_the_plan_is_for_the_year_that_the_books_lead_to(
    tmp_path: Path, count: int, first: str, months_ahead: int, period: str, has_growth: bool
) -> None:
    span = months(2023, count)
    drafted = draft(write_sheet(tmp_path, span, ["Bưu chính", *growing(span, 0)]))
    text = drafted.content[PLAN_FILE].decode()
    assert f"horizon: {{from: {first}, months: {months_ahead}}}" in text
    assert drafted.draft.period == period
    assert (drafted.draft.services[0].growth is not None) == has_growth
    assert drafted.draft.is_last_year == (count >= 12)


def test_lines_that_no_plan_can_have_are_left_out_and_told(tmp_path: Path) -> None:
    period = months(2023, 24)
    values = growing(period, 0.05)
    path = write_sheet(
        tmp_path, period, ["Bưu chính", *values], ["Không bán", *[0] * 24], ["Đã dừng", *values[:20], "", "", "", ""],
        ["Lợi nhuận", *[1.5] * 24],
    )  # fmt: skip
    drafted = draft(path)
    assert [service.label for service in drafted.draft.services] == ["Bưu chính"]
    assert {(service.text, service.reason) for service in drafted.dropped} == {
        ("Không bán", "zero"),
        ("Đã dừng", "ended"),
    }
    assert [(line.text, line.reason) for line in drafted.left_out] == [("Lợi nhuận", "result")]


def test_a_service_that_began_with_the_plan_is_given_by_its_months(tmp_path: Path) -> None:
    period = months(2024, 16)
    path = write_sheet(tmp_path, period, ["Cũ", *growing(period, 0)], ["Mới", *[""] * 12, 10, 10, 10, 10])
    scenario = scenario_of(draft(path), tmp_path / "mine")
    annual = scenario.services["moi"].baseline.annual
    assert annual is not None
    assert annual.distribution.ppf([0.1, 0.9]) == pytest.approx([84e6, 156e6])


def test_months_below_zero_plan_no_growth(tmp_path: Path) -> None:
    period = months(2023, 24)
    path = write_sheet(tmp_path, period, ["A", *growing(period, 0)], ["B", *[5, -4] * 12])
    services = {service.label: service for service in draft(path).draft.services}
    assert services["A"].growth is not None
    assert services["B"].growth is None


def test_volume_and_revenue_become_volume_and_price(tmp_path: Path) -> None:
    period = months(2023, 24)
    rows = [[f"{month:02d}/{year}", 10 + month, 3 * (10 + month), 5, ""] for year, month in period]
    rows[3][4] = 7
    head = [
        ["ĐVT: triệu đồng"],
        ["Tháng", "Thư", "", "Kiện", ""],
        ["", "Sản lượng", "Doanh thu", "Doanh thu", "Sản lượng"],
    ]
    path = write_xlsx(tmp_path / "book.xlsx", SheetText("DT", [*head, *rows], merged=("A2:A3", "B2:C2", "D2:E2")))
    drafted = draft(path)
    assert drafted.counted == ("thu",)
    assert [(service.text, service.reason) for service in drafted.dropped] == [("Kiện", "volume")]
    prices = {row["value"] for row in rows_of(drafted) if row["measure"] == "price.thu"}
    assert prices == {"3000000"}


def test_costs_and_people_of_an_income_statement_are_in_the_plan(tmp_path: Path) -> None:
    period = months(2023, 24)
    path = write_sheet(
        tmp_path, period, ["Doanh thu", *[7] * 24], ["Bưu chính", *[3] * 24], ["Tài chính", *[4] * 24],
        ["Chi phí", *[3] * 24], ["Tiền lương", *[2] * 24], ["Vận chuyển", *[1] * 24], ["Lợi nhuận", *[4] * 24],
        ["Số lao động", *[35] * 24],
    )  # fmt: skip
    scenario = scenario_of(draft(path), tmp_path / "mine")
    assert (sorted(scenario.services), sorted(scenario.costs)) == (
        ["buu_chinh", "tai_chinh"],
        ["tien_luong", "van_chuyen"],
    )
    wages = scenario.costs["tien_luong"].per_month
    assert wages is not None
    low, high = wages.distribution.ppf([0.1, 0.9])
    assert low < 2e6 < high
    assert scenario.workforce is not None


def test_a_ledger_is_taken_as_it_is(tmp_path: Path) -> None:
    path = ROOT / "data" / "shop-chain.csv"
    drafted = draft_from_ledger(LedgerRequest((path,), currency="EUR"), tmp_path / "mine")
    assert drafted.content["data/ledger.csv"] == path.read_bytes()
    assert (drafted.counted, drafted.reading) == (("bread", "coffee"), None)
    assert codes(path) == ["new_no_currency"]


def test_a_reconstructed_ledger_has_its_noise_in_the_plan(tmp_path: Path) -> None:
    path = ROOT / "data" / "revenue-monthly.csv"
    drafted = draft_from_ledger(LedgerRequest((path,), language="vi"), tmp_path / "mine")
    assert drafted.is_currency_guessed
    assert all(service.noise for service in drafted.draft.services)


def test_names_of_any_text_are_safe_in_the_plan_and_the_ledger(tmp_path: Path) -> None:
    period = months(2024, 12)
    texts = ['=1+1 "x": {y} # z', "All", "123", "Bưu chính", "bưu-chính!"]
    path = write_sheet(tmp_path, period, *([text, *growing(period, 0, 50 + n)] for n, text in enumerate(texts)))
    scenario = scenario_of(draft(path), tmp_path / "mine")
    labels = [service.label.vi for service in scenario.services.values() if service.label]
    assert labels == [*texts[:4], "Bưu-chính!"]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([["A", *[5, 5, "", 5] * 6]], "new_gap"),
        ([["Chi phí điện", *[5] * 24]], "new_no_revenue"),
        ([["Sản lượng thư", *[5] * 24]], "new_no_revenue"),
    ],
)
def test_sheets_that_make_no_plan_are_refused(tmp_path: Path, rows: list[list[Any]], code: str) -> None:
    assert codes(write_sheet(tmp_path, months(2023, 24), *rows)) == [code]


def test_amounts_without_a_unit_are_of_the_currency_unless_they_are_dong(tmp_path: Path) -> None:
    rows = [["Month", "Bread", "Cakes"], *([f"{year}-{month:02d}", 5200.5, 310] for year, month in months(2024, 12))]
    path = write_xlsx(tmp_path / "book.xlsx", SheetText("Sales", rows))
    assert {row["revenue"] for row in rows_of(draft(path, currency="EUR"))} == {"5200.5", "310"}
    assert codes(path, currency="VND") == ["sheet_no_unit"]


def test_an_estimate_of_the_running_year_has_its_error_in_the_plan(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    rows = [f"{year}-{month:02d},a,{100 + month},actual" for year, month in months(2024, 12)]
    path.write_text("\n".join(["month,service,revenue,status", *rows, "2025-01,a,102,estimate", ""]))
    drafted = draft(path, currency="EUR")
    history = scenario_of(drafted, tmp_path / "mine").history
    assert history is not None
    assert (drafted.months[1], history.estimate_error is not None) == (12 * 2025, True)


def test_the_same_sheet_gives_the_same_bytes(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, months(2024, 12), ["A", *growing(months(2024, 12), 0)])
    assert draft(path).content == draft(path).content  # so that a killed call is known by what it left


def test_another_currency_than_that_of_the_sheet_is_refused(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, months(2024, 12), ["A", *[5] * 12])
    assert codes(path, currency="EUR") == ["new_other_currency"]
