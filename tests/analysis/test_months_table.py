"""The monthly table: its figures are those of the ledger, the plan and the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from forecast.analysis.collect import collect_findings
from forecast.analysis.year_findings import MonthsTableRow, PlanFigure
from forecast.workflows.year_references import open_year_references
from tests.support.closed_plans import GROWTH, PRICES, SEASON, ClosedPlan, make_closed_plan

WATER_2024 = [100 * season * 100 * PRICES[0] for season in SEASON]
WATER_2025 = [100 * season * growth * PRICES[1] for season, growth in zip(SEASON, GROWTH, strict=False)]


def find_row(plan: ClosedPlan, measure: str) -> MonthsTableRow:
    return next(row for row in plan.year.table.rows if row.measure == measure)


def test_rows_are_those_measures_that_the_plan_has(march: ClosedPlan) -> None:
    assert [(row.position, row.measure) for row in march.year.table.rows] == [
        ("1", "revenue"),
        ("1.1", "revenue.water"),
        ("1.2", "revenue.works"),
        ("2", "cost"),
        ("2.1", "cost.power"),
        ("2.2", "cost.wages"),
        ("3", "profit"),
        ("4", "headcount"),
        ("5", "productivity"),
    ]
    assert march.year.closed_months == ("2025-01", "2025-02", "2025-03")
    assert march.year.open_count == 9
    assert (march.year.table.month, march.year.table.to_date) == ("2025-03", "2025-01 to 2025-03")


def test_booked_figures_are_exact_and_others_are_marked(march: ClosedPlan) -> None:
    water, power, people = (find_row(march, name) for name in ("revenue.water", "cost.power", "headcount"))
    assert (water.actual_month, water.is_month_booked) == (WATER_2025[2], True)
    assert (water.to_date, water.is_to_date_booked) == (sum(WATER_2025), True)
    assert (people.actual_month, people.to_date, people.is_to_date_booked) == (102, 102, True)
    assert not power.is_month_booked  # costs of March are booked on 20 April
    assert not power.is_to_date_booked
    assert power.actual_month == march.run.tally("cost.power", "2025-03").quantile(0.5).value


def test_ratios_are_of_the_plan_and_of_the_year_before(march: ClosedPlan) -> None:
    water, revenue = find_row(march, "revenue.water"), find_row(march, "revenue")
    assert water.previous_year_ratio == pytest.approx(sum(WATER_2025) / sum(WATER_2024[:3]))
    assert water.plan_month is not None
    assert water.month_ratio == WATER_2025[2] / water.plan_month.value
    assert revenue.plan_year == PlanFigure(150e9, "target")
    assert revenue.year_ratio == revenue.to_date / 150e9
    people = find_row(march, "headcount")
    assert people.previous_year_ratio == pytest.approx(1.02)
    assert find_row(march, "cost.wages").previous_year_ratio is None  # never booked


def test_the_outlook_and_the_chance_are_those_of_the_run(march: ClosedPlan) -> None:
    row, tally = find_row(march, "revenue"), march.run.tally("revenue", "2025")
    assert (row.p10, row.p50, row.p90) == tuple(tally.quantile(p).value for p in (0.1, 0.5, 0.9))
    assert (row.target, row.chance) == ("revenue", march.run.chance("revenue"))
    assert find_row(march, "cost.power").chance == march.run.chance("power")
    assert find_row(march, "revenue.water").chance is None


def test_an_assigned_quarter_is_spread_over_its_months(march: ClosedPlan) -> None:
    """As the plan forecasts them, so that they add up to it."""
    with open_year_references(march.run.scenario, march.run.baseline) as references:
        pass
    quarters = {f"2025-Q{quarter}": 30e9 for quarter in range(1, 5)}
    assigned = {"revenue.water": quarters, "revenue.works": dict.fromkeys(quarters, 6000000000.0)}
    findings = collect_findings(march.run, references=replace(references, assigned=assigned))
    assert findings.year is not None
    rows = {row.measure: row for row in findings.year.table.rows}
    plan = rows["revenue.water"].plan_month
    assert plan is not None
    assert plan.source == "assigned_quarter"
    plans = [bar.plan for bar in findings.months.bars[:3]]
    assert sum(value for value in plans if value is not None) == pytest.approx(36e9)


def test_the_plan_is_assigned_else_locked_else_simulated(march: ClosedPlan) -> None:
    with open_year_references(march.run.scenario, march.run.baseline) as references:
        pass
    references = replace(
        references,
        assigned={
            "revenue.water": {"2025-03": 11e9, **{f"2025-Q{quarter}": 32e9 for quarter in range(1, 5)}},
            "revenue.works": {"2025-03": 2e9, "2025": 25e9},
        },
        locked={"cost.power": {"2025-03": 1.2e9}, "revenue.works": {"2025-03": 9e9}},
        revised={"revenue": {"2025": 149e9}},
    )
    year = collect_findings(march.run, references=references).year
    assert year is not None
    rows = {row.measure: row for row in year.table.rows}
    assert rows["revenue.water"].plan_month == PlanFigure(11e9, "assigned")
    assert rows["revenue.water"].plan_year == PlanFigure(128e9, "assigned")  # four quarters
    assert rows["revenue.works"].plan_year == PlanFigure(25e9, "assigned")
    assert rows["revenue"].plan_month == PlanFigure(13e9, "assigned")  # the sum of its services
    assert rows["revenue"].plan_year == PlanFigure(153e9, "assigned")
    assert rows["revenue"].year_ratio == rows["revenue"].to_date / 149e9
    assert rows["cost.power"].plan_month == PlanFigure(1.2e9, "locked")
    assert rows["headcount"].plan_month is not None
    assert rows["headcount"].plan_month.source == "simulated"
    works = rows["revenue.works"].chance
    assert works == march.run.tally("revenue.works", "2025").chance_at_least(25e9)


def test_a_year_whose_months_are_all_closed_has_no_doubt(tmp_path: Path) -> None:
    plan = make_closed_plan(tmp_path, "plan.yaml", **{"shocks.drought": None, "horizon.months": 3}, as_of="2025-04-21",
                            **{"targets.revenue.period": "2025-01 to 2025-03", "targets.power": None,
                               "initiatives.meters": None})  # fmt: skip
    row = find_row(plan, "revenue")
    assert plan.year.open_count == 0
    assert row.p10 == row.p90 == row.to_date
    assert all(row.is_month_booked for row in plan.year.table.rows)
