"""Variances: their steps add up, and each cause has its own."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

import forecast
from forecast.analysis.variance_steps import split_by_volume_and_price
from forecast.analysis.year_findings import Variance, VarianceStep
from forecast.timeseries.baseline import fit_baseline
from tests.support.closed_plans import GROWTH, NOTE, PATHS, PRICES, SEASON, ClosedPlan, make_closed_plan

BOOKED_WATER = sum(100 * season * growth * PRICES[1] for season, growth in zip(SEASON, GROWTH, strict=False))
BOOKED_WORKS = 200_000 * 105 * (SEASON[0] + SEASON[2]) + 1_900_000_000
"""February as it was restated."""
WAGES_OF_2024 = [f"2024-{month:02d},cost.wages,2000000000,actual," for month in range(1, 13)]
"""Without a day of booking."""


def find_variance(plan: ClosedPlan, measure: str, reference: str) -> Variance:
    return next(v for v in plan.year.variances if (v.measure, v.reference) == (measure, reference))


def find_step(variance: Variance, kind: str, name: str) -> VarianceStep:
    return next(step for step in variance.steps if (step.kind, step.name) == (kind, name))


def test_steps_sum_to_the_difference_of_the_ends(march: ClosedPlan) -> None:
    measures = {(variance.measure, variance.reference) for variance in march.year.variances}
    assert {("revenue", "plan"), ("cost", "plan"), ("profit", "last_forecast"), ("revenue", "last_year")} <= measures
    for variance in march.year.variances:
        for key in ("to_date", "outlook"):
            total = math.fsum(getattr(step, key) for step in variance.steps)
            difference = getattr(variance.end, key) - getattr(variance.start, key)
            assert total == pytest.approx(difference, rel=1e-12, abs=1e-3)


def test_a_variance_begins_at_the_plan_and_ends_at_the_books(march: ClosedPlan) -> None:
    """With as many paths as are compared, the start is the plan's own mean."""
    plan = forecast.read(Path(march.run.scenario.file).parent / "plan.yaml")
    run = forecast.simulate(plan, paths=PATHS, baseline=fit_baseline(plan), periods=("2025-01 to 2025-03",))
    variance = find_variance(march, "revenue", "plan")
    assert variance.as_of == "2024-12-31"
    assert variance.start.outlook == pytest.approx(run.tally("revenue", "2025").mean, rel=1e-12)
    assert variance.start.to_date == pytest.approx(run.tally("revenue", "2025-01 to 2025-03").mean, rel=1e-12)
    assert variance.start.outlook_p50 == run.tally("revenue", "2025").quantile(0.5).value
    assert variance.end.to_date == BOOKED_WATER + BOOKED_WORKS
    assert variance.end.outlook == march.run.tally("revenue", "2025").mean


def test_the_last_forecast_is_the_overlay_of_the_month_before(march: ClosedPlan) -> None:
    variance = find_variance(march, "revenue", "last_forecast")
    assert variance.as_of == "2025-03-05"
    restated = 1_900_000_000 - 200_000 * 105 * SEASON[1]
    february = forecast.read(Path(march.run.scenario.file).parent / "february.yaml")
    works = forecast.simulate(february, paths=PATHS).tally("revenue.works", "2025-03").mean
    assumption = find_step(variance, "assumption", "services.works").to_date
    booked = find_step(variance, "actual", "revenue.works").to_date
    assert booked + assumption == pytest.approx(200_000 * 105 * SEASON[2] - works + restated, rel=1e-9)


def test_each_known_change_is_a_step_of_its_own(march: ClosedPlan) -> None:
    variance = find_variance(march, "revenue", "plan")
    kinds = [(step.kind, step.name) for step in variance.steps]
    assert kinds == [
        ("event", "history.shocks.burst"),
        ("event", "shocks.drought"),
        ("initiative", "initiatives.meters"),
        ("assumption", "services.works"),
        ("volume", "revenue.water"),
        ("price", "revenue.water"),
        ("actual", "revenue.works"),
        ("learned", "revenue.water"),
        ("learned", "revenue.works"),
    ]
    burst = find_step(variance, "event", "history.shocks.burst")
    assert burst.label is not None
    assert burst.label.en == "Burst"
    march_plan = 100 * SEASON[2] * 100 * PRICES[0] * 1.04
    dry = 1 - 0.3 * 0.2 * 22 / 31
    assert burst.to_date == pytest.approx(-0.15 * 13 / 31 * dry * march_plan, rel=0.02)
    drought = find_step(variance, "event", "shocks.drought")
    assert drought.label is not None  # it stands in the plan alone
    assert drought.to_date == pytest.approx(0.3 * 0.2 * 22 / 31 * march_plan, rel=0.1)
    slipped = find_step(variance, "initiative", "initiatives.meters")
    summer = sum(100 * season * 100 * PRICES[0] * 1.04 for season in SEASON[5:8])
    assert slipped.to_date == 0
    assert slipped.outlook == pytest.approx(-0.5 * 0.07 * summer, rel=0.1)


def test_closed_months_are_split_by_volume_and_price(march: ClosedPlan) -> None:
    """Against last year, by the books alone."""
    variance = find_variance(march, "revenue", "last_year")
    volume = sum(100 * season * (growth - 100) * PRICES[0] for season, growth in zip(SEASON, GROWTH, strict=False))
    price = sum(100 * season * growth * (PRICES[1] - PRICES[0]) for season, growth in zip(SEASON, GROWTH, strict=False))
    assert find_step(variance, "volume", "revenue.water").to_date == pytest.approx(volume, rel=1e-9)
    assert find_step(variance, "price", "revenue.water").to_date == pytest.approx(price, rel=1e-9)
    assert variance.start.outlook_p50 == sum(SEASON) * 100 * (100 * PRICES[0] + 200_000)
    assert variance.start.outlook == pytest.approx(variance.start.outlook_p50, rel=1e-9)


def test_an_audit_of_last_year_is_a_step_of_its_own(tmp_path: Path) -> None:
    """The books of 2024 as the plan knew them, what the audit changed, then the change against the audited books."""
    works, power = 200_000 * 100, 120_000 * 100
    audit = {"to_date": {"works": -0.1 * works * 80, "power": 0.0}, "outlook": {"works": -0.1 * works * 80}}
    audit["outlook"]["power"] = 0.2 * power * 90
    rows = [
        f"2024-02,revenue.works,{0.9 * works * 80:.0f},actual,2025-03-20",
        f"2024-11,cost.power,{1.2 * power * 90:.0f},actual,2025-03-21",
    ]
    plain, audited = (make_closed_plan(tmp_path, more_rows=[*WAGES_OF_2024, *more]) for more in ([], rows))
    signs = {"revenue": {"works": 1}, "cost": {"power": 1}, "profit": {"works": 1, "power": -1}}
    for measure, lines in signs.items():
        before, after = (find_variance(plan, measure, "last_year") for plan in (plain, audited))
        steps = [step for step in after.steps if step.kind == "audit"]
        assert list(after.steps[: len(steps)]) == steps
        assert len(steps) == len(lines)
        for key, changes in audit.items():
            change = sum(sign * changes[name] for name, sign in lines.items())
            assert sum(getattr(step, key) for step in steps) == pytest.approx(change, rel=1e-9, abs=1e-3)
            assert getattr(after.start, key) == pytest.approx(getattr(before.start, key), rel=1e-9)
            others = math.fsum(getattr(step, key) for step in after.steps if step.kind != "audit")
            assert others == pytest.approx(getattr(after.end, key) - getattr(after.start, key) - change, rel=1e-9)
        assert after.start.outlook_p50 == pytest.approx(before.start.outlook_p50, rel=1e-9)
        assert after.end == before.end  # the audit moves no forecast
        assert {after.effect(step, step.outlook) for step in steps} == {""}
    kinds = {step.kind for variance in audited.year.variances[:6] for step in variance.steps}
    assert "audit" not in kinds  # nor the plan and the last forecast


def test_costs_of_last_year_that_were_booked_after_the_plan_are_no_audit(tmp_path: Path) -> None:
    """They count as last year, though the plan did not know them; a restatement beside them is one."""
    audit = "2024-11,cost.wages,2100000000,actual,2025-03-20"
    plan = make_closed_plan(tmp_path, more_rows=[*WAGES_OF_2024[:-1], WAGES_OF_2024[-1] + "2025-01-20", audit])
    variance = find_variance(plan, "cost", "last_year")
    steps = [(step.name, step.to_date, step.outlook) for step in variance.steps if step.kind == "audit"]
    assert steps == [("cost.wages", 0, 1e8)]
    assert variance.start.outlook == pytest.approx(12 * 20e8 + 120_000 * 100 * sum(SEASON), rel=1e-9)
    notes = [dict(params)["names"] for key, params in plan.run.baseline.history_notes if key == "history_audited"]
    assert notes == ["cost.wages 2024-11"]


def test_a_month_without_volume_has_no_price_of_its_own() -> None:
    assert split_by_volume_and_price([((0, 0), (5, 50))]) == (50, 0)
    assert split_by_volume_and_price([((10, 100), (8, 88))]) == (-20, 8)


def test_a_cost_above_plan_is_adverse_and_lowers_profit(march: ClosedPlan) -> None:
    cost, profit = (find_variance(march, measure, "plan") for measure in ("cost", "profit"))
    wages = find_step(cost, "actual", "cost.wages")
    assert wages.to_date > 0
    assert not cost.is_favourable(wages.to_date)
    assert find_step(profit, "actual", "cost.wages").to_date == -wages.to_date
    assert not profit.is_favourable(-wages.to_date)


def test_closed_months_teach_the_open_ones(march: ClosedPlan) -> None:
    """Water was 5% below last year in March, works 5% above."""
    variance = find_variance(march, "revenue", "last_forecast")
    assert find_step(variance, "learned", "revenue.works").outlook != 0
    assert find_step(variance, "learned", "revenue.works").to_date == 0


def test_a_note_stands_beside_the_first_step_of_its_measure(march: ClosedPlan) -> None:
    variance = find_variance(march, "revenue", "plan")
    assert find_step(variance, "volume", "revenue.water").notes == (("2025-03", NOTE),)
    assert sum(bool(step.notes) for step in variance.steps) == 1
    assert march.year.notes["headcount"] == (("2025-02", "Two new fitters"),)


def test_a_plan_that_did_not_change_has_steps_of_its_books_alone(tmp_path: Path) -> None:
    plan = make_closed_plan(tmp_path, "plan.yaml", as_of="2025-04-05", **{"shocks.drought": None})
    for variance in plan.year.variances:
        assert {step.kind for step in variance.steps} <= {"volume", "price", "actual", "learned", "rest"}
    assert find_variance(plan, "revenue", "plan").as_of == "2024-12-31"


def test_initiatives_that_need_each_other_are_taken_in_order(march: ClosedPlan) -> None:
    """A new initiative that needs another new one comes after it; so none needs what is not there."""
    from forecast.analysis.earlier_forecasts import PlanState
    from forecast.analysis.variance_causes import _initiative_causes
    from forecast.plan.record import FrozenDict

    before = PlanState(march.run.scenario, march.run.baseline)
    meters = march.run.scenario.initiatives["meters"]
    added = {"a": meters.model_copy(update={"needs": ("b",)}), "b": meters, "meters": meters}
    now = replace(before, scenario=before.scenario.model_copy(update={"initiatives": FrozenDict(added)}))
    assert [cause.name for cause in _initiative_causes(before, now)] == ["initiatives.b", "initiatives.a"]
    both = {**added, "b": meters.model_copy(update={"needs": ("a",)})}
    now = replace(before, scenario=before.scenario.model_copy(update={"initiatives": FrozenDict(both)}))
    assert [cause.name for cause in _initiative_causes(before, now)] == ["initiatives"]
