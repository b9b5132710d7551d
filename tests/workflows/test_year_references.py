"""References of closed months: locks before files, the approved plan's medians, and their digests in the run's id."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import forecast
from forecast.analysis.earlier_forecasts import YearReferences
from forecast.plan.scenario import Scenario
from forecast.runs.locks import LOCKED_LEVELS, Lock, locks_folder
from forecast.timeseries.baseline import Baseline, fit_baseline
from forecast.workflows.request import RunRequest
from forecast.workflows.year_references import open_year_references, reference_digests
from tests.support.closed_plans import PLAN, ledger_rows, write_closed_plan
from tests.support.locks import append_lock


def write_project(project: Path) -> Path:
    """The small year as a project; the path of the overlay of March."""
    (project / "scenarios").mkdir()
    return write_closed_plan(project / "scenarios")


def lock_plan(project: Path, **fields: Any) -> Lock:
    """Lock the plan of the small year with made-up figures."""
    rows = tuple(row for row in ledger_rows() if not row.startswith("2025"))
    ledger = {"file": "scenarios/ledger.csv", "rows": rows}
    content = "".join(f"{row}\n" for row in rows).encode()
    quantiles = tuple(100e9 + 10e9 * number for number in range(len(LOCKED_LEVELS)))
    defaults = {
        "name": "plan",
        "plan": "scenarios/plan.yaml",
        "as_of": date(2024, 12, 31),
        "sources": {"scenarios/plan.yaml": PLAN},
        "ledger": {**ledger, "digest": hashlib.sha256(content).hexdigest()},
        "quantiles": {"revenue": {"2025": quantiles, "2025-03": quantiles}},
    }
    return append_lock(locks_folder(project), **{**defaults, **fields})


def references_of(scenario: Scenario, baseline: Baseline) -> YearReferences:
    with open_year_references(scenario, baseline) as references:
        return references


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scenario, Baseline]:
    folder = tmp_path_factory.mktemp("year")
    scenario = forecast.read(write_project(folder))
    return folder, scenario, fit_baseline(scenario)


def test_without_locks_the_files_of_earlier_days_count(project: tuple[Path, Scenario, Baseline]) -> None:
    _, scenario, baseline = project
    references = references_of(scenario, baseline)
    assert [forecast.day for forecast in references.earlier] == [date(2024, 12, 31), date(2025, 3, 5)]
    assert not any(forecast.lock or forecast.chances for forecast in references.earlier)
    assert (references.locked, references.plan_lock) == ({}, "")
    assert len(reference_digests(scenario)) == 2


def test_a_lock_stands_for_the_file_of_its_day(tmp_path: Path) -> None:
    """Also where the file was changed since."""
    scenario = forecast.read(write_project(tmp_path))
    baseline = fit_baseline(scenario)
    draft = lock_plan(tmp_path, approved_by="")
    approved = lock_plan(tmp_path, name="plan-v2", version=2, supersedes="plan", approved_by="Board", reference="12/QĐ")
    lock_plan(tmp_path, name="other", plan="scenarios/other.yaml", sources={"scenarios/other.yaml": PLAN})
    plan = tmp_path / "scenarios" / "plan.yaml"
    plan.write_text(PLAN.replace("growth: 0% to 8%", "growth: 0% to 4%"), encoding="utf-8")
    references = references_of(scenario, baseline)
    first, second = references.earlier
    assert (first.lock, second.lock) == ("plan-v2", "")
    assert first.chances["revenue"].value == 0.7
    growth = first.state.scenario.services["water"].growth
    assert growth is not None
    assert growth.text == "0% to 8%"  # type: ignore[union-attr]  # one growth for all years
    assert references.locked == {"revenue": {"2025": 150e9, "2025-03": 150e9}}
    assert references.plan_lock == f"plan-v2 ({approved.short_hash})"
    digests = reference_digests(scenario)
    assert approved.digest in digests
    assert draft.digest not in digests


def test_a_revised_plan_has_its_own_medians(project: tuple[Path, Scenario, Baseline], tmp_path: Path) -> None:
    scenario = forecast.read(write_project(tmp_path))
    lock_plan(tmp_path)
    middle = tuple(140e9 + 1e9 * number for number in range(len(LOCKED_LEVELS)))
    lock_plan(
        tmp_path, name="revised", revises="plan", as_of=date(2025, 2, 20), closed_months=("2025-01",),
        quantiles={"revenue": {"2025": middle}},
    )  # fmt: skip
    references = references_of(scenario, fit_baseline(scenario))
    assert references.locked["revenue"]["2025"] == 150e9
    assert references.revised == {"revenue": {"2025": 145e9}}


def test_a_broken_chain_is_said_and_no_lock_is_read(tmp_path: Path) -> None:
    scenario = forecast.read(write_project(tmp_path))
    lock_plan(tmp_path)
    file = locks_folder(tmp_path) / "plan.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"planner"', '"another"'), encoding="utf-8")
    references = references_of(scenario, fit_baseline(scenario))
    assert references.are_locks_broken
    assert not any(forecast.lock for forecast in references.earlier)


def test_what_is_compared_with_is_an_input_of_the_run(project: tuple[Path, Scenario, Baseline], tmp_path: Path) -> None:
    folder, scenario, _ = project

    def run_id(plan: Scenario) -> str:
        return RunRequest(plan, 1, 500, "vi", tmp_path).inputs.run_id

    before = run_id(scenario)
    february = folder / "scenarios" / "february.yaml"
    text = february.read_text(encoding="utf-8")
    february.write_text(text + "initiatives: {meters: {start: 2025-07}}\n", encoding="utf-8")
    again = forecast.read(scenario.file)  # what March says of the initiative hides it
    february.write_text(text, encoding="utf-8")
    assert again == scenario
    february.write_text(text + "initiatives: {meters: {start: 2025-07}}\n", encoding="utf-8")
    assert run_id(scenario) != before
    february.write_text(text, encoding="utf-8")
    assert run_id(scenario) == before
    plan = forecast.read(folder / "scenarios" / "plan.yaml")
    assert "references" not in RunRequest(plan, 1, 500, "vi", tmp_path).inputs.manifest
