"""A run is named by what goes into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.plan.loading.loader import read_text
from forecast.runs.manifest import run_inputs
from tests.support.place_ledgers import LEDGER_PLAN, ledger_rows, write_ledger


def test_the_place_ledger_is_part_of_the_run_id(tmp_path: Path) -> None:
    inputs = run_inputs(read_text(LEDGER_PLAN, write_ledger(tmp_path, ledger_rows())), seed=1, paths=10, language="en")
    other_inputs = run_inputs(
        read_text(LEDGER_PLAN, write_ledger(tmp_path, ledger_rows(growth=0.01))), seed=1, paths=10, language="en"
    )
    assert {row["name"] for row in inputs.manifest["data"]} == {"places.csv", "ledger.csv"}
    assert inputs.run_id != other_inputs.run_id


PLAN = """
name: Shop
horizon: {from: 2026-01, months: 12}
services:
  bread:
    label: {en: Bread, vi: Bánh mì}
    growth: {value: 2% to 4%, source: our books, grade: B}
    baseline: {method: given, annual: 60 million VND, shape: flat}
targets:
  revenue: {measure: revenue, period: 2026, at_least: 60 million VND}
"""


def run_id_of(text: str, **more: object) -> str:
    asked = {"seed": 1, "paths": 1000, "language": "en", **more}
    return run_inputs(read_text(text), **asked).run_id  # type: ignore[arg-type]


def test_the_same_inputs_have_the_same_run_id() -> None:
    assert run_id_of(PLAN) == run_id_of(PLAN)


@pytest.mark.parametrize(
    "changed",
    [
        PLAN.replace("2% to 4%", "2% to 5%"),
        PLAN.replace("our books", "a guess"),
        PLAN.replace("Bánh mì", "Bánh mỳ"),
        PLAN + "\nseed: 2\n",
        "# a line above moves every line that the report prints\n" + PLAN,
    ],
)
def test_another_plan_has_another_run_id(changed: str) -> None:
    assert run_id_of(changed) != run_id_of(PLAN)


def test_seed_paths_and_language_are_part_of_the_run_id() -> None:
    ids = {run_id_of(PLAN), run_id_of(PLAN, seed=2), run_id_of(PLAN, paths=2000), run_id_of(PLAN, language="vi")}
    assert len(ids) == 4


def test_a_comment_does_not_change_the_scenario_hash() -> None:
    hashes = {
        run_inputs(read_text(text), seed=1, paths=10, language="en").manifest["scenario_hash"]
        for text in (PLAN, "# a comment\n" + PLAN)
    }
    assert len(hashes) == 1


def test_the_run_id_depends_on_the_content_of_the_data(tmp_path: Path) -> None:
    rows = ["month,service,revenue,status"] + [f"2025-{month:02d},bread,5000000,actual" for month in range(1, 13)]
    text = PLAN.replace("    baseline: {method: given, annual: 60 million VND, shape: flat}\n", "")
    text += "history: {file: history.csv}\n"
    inputs = []
    for cell in ("5000000", "5000001"):
        (tmp_path / "history.csv").write_text("\n".join([*rows[:-1], rows[-1].replace("5000000", cell)]) + "\n")
        scenario = read_text(text, tmp_path)
        inputs.append(run_inputs(scenario, seed=1, paths=10, language="en"))
    assert inputs[0].run_id != inputs[1].run_id
    (data,) = inputs[0].manifest["data"]
    assert data["name"] == "history.csv"
    assert data["size"] == (tmp_path / "history.csv").stat().st_size
