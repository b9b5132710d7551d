"""The months or quarters of a stated year are read strictly and tied to what the year states."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from forecast.errors import InputError
from forecast.plan.data_files import data_files
from forecast.plan.loading.loader import read
from forecast.plan.stated_periods import read_stated_periods

PLAN = """\
name: x
horizon: {from: 2025-01, months: 12}
stated:
  2025: {total: 100 tỷ, services: {a: 60 tỷ, b: 40.0 tỷ}, periods: assigned.csv}
services:
  a: {label: {vi: Nước sạch, en: Water}, baseline: {method: given, annual: 61 tỷ, shape: flat}}
  b: {baseline: {method: given, annual: 41 tỷ, shape: flat}}
costs: {power: {per_month: 1 tỷ}}
"""


def quarters(measure: str, values: Sequence[object]) -> list[str]:
    return [f"2025-Q{quarter},{measure},{value}" for quarter, value in enumerate(values, 1)]


def write(folder: Path, rows: list[str], plan: str = PLAN) -> Path:
    (folder / "assigned.csv").write_text("\n".join(["period,measure,value", *rows, ""]), encoding="utf-8")
    (folder / "plan.yaml").write_text(plan, encoding="utf-8")
    return folder / "plan.yaml"


def problems(folder: Path, rows: list[str], plan: str = PLAN) -> list[str]:
    with pytest.raises(InputError) as raised:
        read(write(folder, rows, plan))
    return str(raised.value).replace(f"{folder}/", "").splitlines()


def test_months_and_quarters_are_read_by_measure(tmp_path: Path) -> None:
    months = [f"2025-{month:02d},revenue.Nước sạch,5000000000" for month in range(1, 13)]
    rows = [*months, *quarters("profit", [1, -2, 3, 4]), "Quý 1/2025,headcount,9", *quarters("headcount", [1] * 4)[1:]]
    plan = write(tmp_path, rows)
    values = read_stated_periods(read(plan))
    assert (len(values), values["revenue.a", "2025-03"], values["profit", "2025-Q2"]) == (20, 5e9, -2)
    assert values["headcount", "2025-Q1"] == 9
    assert [row["name"] for row in data_files(read(plan))] == ["assigned.csv"]
    assert read_stated_periods(read(plan, set={"stated.2025.periods": "null"})) == {}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (quarters("revenue.a", ["15e9"] * 3 + [14_400_000_000]), "add up to 59,400,000,000 and not to '60 tỷ'"),
        (quarters("revenue.b", [10_000_000_000] * 3 + [10_300_000_000]), "not to '40.0 tỷ' (plan.yaml:4:"),
        (quarters("revenue", [25_000_000_001] * 3 + [26_000_000_000]), "add up to 101,000,000,003"),
        (quarters("revenue.a", [1, 2, 3]), "revenue.a of 2025 lacks 2025-Q4"),
        ([*quarters("cost", [1, 2, 3]), "2025-10,cost,4"], "cost has months and quarters"),
        ([*quarters("cost", [1, 2, 3, 4]), "2025-Q1,cost,1"], "2025-Q1 of cost stands in line 2 already"),
        (["2024-Q1,cost,4"], "'2024-Q1' is not in 2025"),
        (["2025-H1,cost,4"], "'2025-H1' is no month or quarter; write e.g. '2025-03' or '2025-Q1'"),
        (["2025-Q1,revenue.c,4"], "write revenue."),
        (["2025-Q1,revenu.a,4"], "write revenue, cost, profit, headcount, revenue.NAME"),
        (["2025-Q1,cost.a,4"], "write cost.power"),
        (["2025-Q1,cost,4.321"], "4.321"),
    ],
)
def test_a_wrong_file_is_refused_at_its_row(tmp_path: Path, rows: list[str], sentence: str) -> None:
    lines = problems(tmp_path, rows)
    assert any(sentence in line for line in lines), lines
    assert all(line.startswith("assigned.csv:") for line in lines), lines


@pytest.mark.parametrize(
    "values",
    [
        [15_100_000_000, 15_100_000_000, 15_100_000_000, 15_000_000_000],  # 60.3 is shown as 60
        [15_000_000_000, 15_000_000_000, 15_000_000_000, 16_000_000_000],  # quarters that are rounded too
    ],
)
def test_sums_tie_within_the_digits_that_are_shown(tmp_path: Path, values: list[int]) -> None:
    assert len(read_stated_periods(read(write(tmp_path, quarters("revenue.a", values))))) == 4


def test_services_tie_to_the_total_where_only_that_is_stated(tmp_path: Path) -> None:
    plan = PLAN.replace("services: {a: 60 tỷ, b: 40.0 tỷ}, ", "")
    rows = [*quarters("revenue.a", [16] * 4), *quarters("revenue.b", [10] * 4)]
    (line,) = problems(tmp_path, rows, plan)
    assert line.startswith("assigned.csv:2:19: value: the periods of revenue in 2025 add up to 104 and not to '100 tỷ'")
    rows = [row + "000000000" for row in [*quarters("revenue.a", [15] * 4), *quarters("revenue.b", [10] * 4)]]
    assert len(read_stated_periods(read(write(tmp_path, rows, plan)))) == 8


def test_columns_in_vietnamese_are_named_in_one_problem(tmp_path: Path) -> None:
    plan = write(tmp_path, [])
    (tmp_path / "assigned.csv").write_text("kỳ,chỉ tiêu,giá trị\n2025-Q1,cost,4\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read(plan)
    (problem,) = raised.value.problems
    assert dict(problem.params)["instead"] == "period, measure, value"


def test_a_missing_file_is_named_where_the_plan_names_it(tmp_path: Path) -> None:
    write(tmp_path, [])
    (tmp_path / "assigned.csv").unlink()
    with pytest.raises(InputError) as raised:
        read(tmp_path / "plan.yaml")
    (problem,) = raised.value.problems
    assert (problem.path, problem.location.line) == ("stated.2025.periods", 4)
