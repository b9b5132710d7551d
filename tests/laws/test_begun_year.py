"""A horizon that begins inside a year whose earlier months are booked: these months count in the year to date."""

from __future__ import annotations

from pathlib import Path

import pytest

import forecast
from forecast.analysis.collect import collect_findings
from forecast.analysis.findings import Findings
from forecast.analysis.year_findings import MonthsTableRow, YearFindings
from forecast.i18n import Translator
from forecast.reports.content.causes import year_lines
from forecast.reports.summary import summarise_run
from forecast.simulation.results import Simulation
from forecast.workflows.year_references import open_year_references
from tests.support.closed_year import SEASON, booked_rows, write_closed_year

SERVICES = "{a: {growth: 0% to 20%}, b: {growth: -5% to 10%}}"
STATED = "stated: {2025: {total: 2400 million EUR, services: {a: 1300 million EUR, b: 1100 million EUR}}}\n"
SECOND_HALF = {"start": "2025-07", "months": 6, "period": "2025-07 to 2025-12"}


def analyse(plan: Path) -> tuple[Simulation, Findings]:
    run = forecast.simulate(forecast.read(plan), paths=2_000)
    with open_year_references(run.scenario, run.baseline) as references:
        return run, collect_findings(run, references=references)


def write(folder: Path, closed: int, as_of: str, more: str = STATED, **options: object) -> Path:
    rows = booked_rows({"a": 1.1e8 * SEASON[:closed], "b": 0.95e8 * SEASON[:closed]})
    return write_closed_year(folder, rows, SERVICES, names=("a", "b"), as_of=as_of, more=more, **options)  # type: ignore[arg-type]


def year_of(findings: Findings) -> YearFindings:
    assert findings.year is not None
    return findings.year


def total(findings: Findings) -> MonthsTableRow:
    return year_of(findings).table.rows[0]


@pytest.mark.parametrize(("closed", "as_of"), [(6, "2025-07-10"), (8, "2025-09-10")])
def test_the_year_is_that_of_a_plan_from_january(tmp_path: Path, closed: int, as_of: str) -> None:
    """Same books, same random numbers: same year to date, outlook, and chance of the assigned year."""
    _, half = analyse(write(tmp_path / "half", closed, as_of, **SECOND_HALF))
    _, full = analyse(write(tmp_path / "full", closed, as_of, period=SECOND_HALF["period"]))
    rows = [year_of(findings).table.rows for findings in (half, full)]
    assert [row.measure for row in rows[0]] == ["revenue", "revenue.a", "revenue.b"]
    for row, expected in zip(*rows, strict=True):
        for key in ("to_date", "actual_month", "year_ratio", "previous_year_ratio", "p10", "p50", "p90"):
            assert getattr(row, key) == pytest.approx(getattr(expected, key), rel=1e-12)
        assert row.chance == expected.chance is not None
        assert (row.is_month_booked, row.is_to_date_booked) == (True, True)
    assert total(half).year_ratio == pytest.approx(2.05e8 * sum(SEASON[:closed]) / 2.4e9)
    assert year_of(half).closed_months == year_of(full).closed_months
    assert year_of(half).table.outlook == "2025"


def test_months_before_the_plan_have_no_plan_and_no_step(tmp_path: Path) -> None:
    run, findings = analyse(write(tmp_path, 6, "2025-07-10", **SECOND_HALF))
    assert total(findings).plan_month is None
    assert findings.months.last_closed == ""
    plan = next(variance for variance in year_of(findings).variances if variance.reference == "plan")
    assert plan.steps == ()
    assert plan.start.to_date == plan.end.to_date == pytest.approx(2.05e8 * sum(SEASON[:6]))
    summary = summarise_run(run, findings)
    lead = year_lines(run.scenario, summary, Translator("en"))[0]
    assert lead.startswith("6 closed + 6 forecast months (6+6)")
    assert "of the plan to date" not in lead
    growth = [note["params"] for note in summary["history_notes"] if note["key"] == "closed_growth"]
    assert [note["service"] for note in growth] == ["a", "b"]


def test_costs_that_are_not_booked_yet_leave_the_revenue(tmp_path: Path) -> None:
    """Costs of June come later: the year has no costs until then, and its revenue all the same."""
    costs = "costs: {power: {of_revenue: {a: 10%, b: 10%}}}\n"
    plan = write(tmp_path, 6, "2025-07-10", STATED + costs, **SECOND_HALF)
    assert [row.measure for row in year_of(analyse(plan)[1]).table.rows] == ["revenue", "revenue.a", "revenue.b"]


def test_a_month_that_is_not_booked_leaves_the_plan_its_own_months(tmp_path: Path) -> None:
    plan = write(tmp_path, 8, "2025-09-10", **SECOND_HALF)
    ledger = tmp_path / "ledger.csv"
    rows = [line for line in ledger.read_text().splitlines() if not line.startswith("2025-03,b")]
    ledger.write_text("\n".join([*rows, ""]))
    year = year_of(analyse(plan)[1])
    assert (year.table.to_date, year.table.outlook) == ("2025-07 to 2025-08", "2025-07 to 2025-12")


def test_a_stated_total_above_its_services_leaves_the_plan_its_own_months(tmp_path: Path) -> None:
    """No ledger has the difference."""
    gap = "stated: {2024: {total: 2412 million EUR, services: {a: 1200 million EUR, b: 1200 million EUR}}}\n"
    plan = write(tmp_path, 8, "2025-09-10", gap, **SECOND_HALF)
    assert year_of(analyse(plan)[1]).table.outlook == "2025-07 to 2025-12"


def test_an_earlier_plan_that_did_not_know_the_months_is_left_out(tmp_path: Path) -> None:
    plan = write(tmp_path, 8, "2025-06-20", **SECOND_HALF)
    overlay = plan.parent / "september.yaml"
    overlay.write_text("extends: plan.yaml\nas_of: 2025-09-10\n")
    year = year_of(analyse(overlay)[1])
    assert year.table.outlook == "2025"
    assert [point.as_of for point in year.chances] == ["2025-06-30", "2025-07-05", "2025-08-05", "2025-09-10"]
