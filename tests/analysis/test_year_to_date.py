"""The year to date of a run: the chances of earlier days, the plan of the months, nothing where nothing is closed."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

import forecast
from forecast.analysis.collect import collect_findings
from forecast.analysis.earlier_forecasts import PAIRED_PATHS, PlanState, earlier_days, state_on_day
from forecast.i18n import Translator
from forecast.periods import first_day
from forecast.plan.accounts import read_books_by_day
from forecast.reports.content.year_to_date import year_section
from forecast.simulation.closed_year import find_closed_year
from forecast.stats.intervals import PairedHits, shifted_chance
from forecast.timeseries.baseline import fit_baseline
from tests.support.closed_plans import PATHS, ClosedPlan, make_closed_plan, write_closed_plan


def test_each_forecast_of_the_year_has_its_chances(march: ClosedPlan) -> None:
    points = march.year.chances
    assert [(point.as_of, len(point.closed_months)) for point in points] == [
        ("2024-12-31", 0),
        ("2025-03-05", 2),
        ("2025-04-05", 3),
    ]
    assert points[-1].chances == {name: march.run.chance(name) for name in ("power", "revenue")}
    assert points[0].change is None
    for before, point in itertools.pairwise(points):
        assert point.change is not None
        assert point.change.as_of == before.as_of
    last = [variance for variance in march.year.variances if variance.reference == "last_forecast"]
    assert points[-1].change is not None
    assert points[-1].change.steps == tuple(
        step if not step.notes else type(step)(**{**vars(step), "notes": ()}) for step in last[0].steps
    )


def test_the_first_chance_is_that_of_the_plan_alone(march: ClosedPlan) -> None:
    """Where as many paths are compared as the run has, exactly; so is that of the overlay of February."""
    for name, row in (("plan.yaml", 0), ("february.yaml", 1)):
        scenario = forecast.read(Path(march.run.scenario.file).parent / name)
        alone = forecast.simulate(scenario, paths=PATHS)
        assert march.year.chances[row].chances["revenue"].value == alone.chance("revenue").value


def test_months_have_the_plan_and_the_close(march: ClosedPlan) -> None:
    months = march.findings.months
    assert months.last_closed == "2025-03"
    plan = forecast.read(Path(march.run.scenario.file).parent / "plan.yaml")
    run = forecast.simulate(plan, paths=PATHS)
    medians = [run.tally("revenue", bar.month).quantile(0.5).value for bar in months.bars]
    assert [bar.plan for bar in months.bars] == pytest.approx(medians, rel=1e-4)  # those of single months are binned


def test_nothing_closed_is_no_year_to_date(tmp_path: Path) -> None:
    plan = write_closed_plan(tmp_path).parent / "plan.yaml"
    run = forecast.simulate(forecast.read(plan), paths=200)
    findings = collect_findings(run)
    assert findings.year is None
    assert findings.months.last_closed == ""
    frames = forecast.analyse(run)
    assert all(frames[name].empty for name in ("months_table", "variance", "chance_by_month"))


def test_a_plan_without_parents_stands_as_it_was_before_its_books(tmp_path: Path) -> None:
    plan = make_closed_plan(tmp_path, "plan.yaml", as_of="2025-04-05", **{"shocks.drought": None})
    run, year = plan.run, find_closed_year(plan.run.scenario, plan.run.baseline)
    assert year is not None
    days = earlier_days(run, year, read_books_by_day(run.scenario), ())
    assert [day.as_of.isoformat() for day in days] == ["2024-12-31", "2025-02-05", "2025-03-05"]
    assert [len(day.closed_months) for day in days] == [0, 1, 2]
    assert not days[0].forecast.state.baseline.booked
    february = days[2].forecast.state.baseline.booked["revenue.works"]
    assert february[2025 * 12 + 1].value == 200_000 * 105 * 80  # not yet restated


def test_an_event_is_known_from_its_first_day_on(march: ClosedPlan) -> None:
    state = PlanState(march.run.scenario, march.run.baseline)
    books = read_books_by_day(march.run.scenario)
    for day, count in ((2, 0), (8, 1)):
        earlier = state_on_day(state, first_day(2025 * 12 + 2) + day - 1, books)
        assert earlier.scenario.history is not None
        assert len(earlier.scenario.history.shocks) == count


def test_frames_hold_the_year_to_date(march: ClosedPlan) -> None:
    frames = forecast.analyse(march.run)
    variance = frames["variance"].query("measure == 'revenue' and reference == 'plan'")
    assert variance["kind"].tolist()[0] == "start"
    assert variance["to_date"].iloc[:-1].sum() == pytest.approx(variance["to_date"].iloc[-1])
    assert frames["months_table"].set_index("measure").loc["revenue", "to_date"] == march.year.table.rows[0].to_date
    assert len(frames["chance_by_month"]) == 6


def test_books_of_a_day_are_those_of_a_plan_of_that_day(march: ClosedPlan) -> None:
    books = read_books_by_day(march.run.scenario)
    assert books is not None
    for day in ("2025-02-05", "2025-03-05", "2025-04-01"):
        scenario = forecast.read(march.run.scenario.file, set={"as_of": day, "history.shocks": None, "shocks": None})
        baseline = fit_baseline(scenario)
        assert books.on_day(scenario.as_of.toordinal()) == baseline.booked


def test_days_of_closing_stand_in_for_forecasts_that_nobody_wrote(tmp_path: Path) -> None:
    """The overlay of February alone: January is what the plan would have said with its books."""
    plan = make_closed_plan(tmp_path, "february.yaml")
    assert [point.as_of for point in plan.year.chances] == ["2024-12-31", "2025-02-05", "2025-03-05"]
    january = forecast.read(tmp_path / "plan.yaml", set={"as_of": "2025-02-05"})
    alone = forecast.simulate(january, paths=PATHS)
    assert plan.year.chances[1].chances["revenue"].value == alone.chance("revenue").value


def test_a_longer_run_moves_earlier_chances_and_means_by_paired_differences(tmp_path: Path) -> None:
    """Only the first paths are simulated again: what they have in common with all is left out."""
    plan = make_closed_plan(tmp_path, "february.yaml", paths=6_000)
    first = {
        name: forecast.simulate(forecast.read(tmp_path / f"{name}.yaml"), paths=PAIRED_PATHS)
        for name in ("plan", "february")
    }
    hits = {name: run.values("revenue", "2025") >= 150e9 for name, run in first.items()}
    paired = PairedHits(
        PAIRED_PATHS,
        int(hits["plan"].sum()),
        int(hits["february"].sum()),
        int((hits["plan"] & hits["february"]).sum()),
    )
    expected = shifted_chance(plan.run.chance("revenue"), plan.run.paths, paired)
    assert plan.year.chances[0].chances["revenue"] == expected
    variance = next(v for v in plan.year.variances if (v.measure, v.reference) == ("revenue", "plan"))
    means = {name: run.tally("revenue", "2025").mean for name, run in first.items()}
    assert variance.end.outlook == plan.run.tally("revenue", "2025").mean
    change = variance.end.outlook - variance.start.outlook
    assert change == pytest.approx(means["february"] - means["plan"], rel=1e-9)


def test_a_chance_of_another_goal_names_it(tmp_path: Path) -> None:
    """The plan of that day had another threshold; so the points are not of one goal."""
    plan = make_closed_plan(tmp_path, **{"targets.revenue.at_least": "148 tỷ"})
    assert [point.other_goals for point in plan.year.chances] == [{"revenue": 150e9}, {"revenue": 150e9}, {}]
    section = year_section(plan.view, Translator("en"))
    assert section is not None
    assert section.chances is not None
    assert [row[2].endswith("for at least 150 billion VND") for row in section.chances.rows] == [True, True, False]
    days = "31 December 2024 (at least 150 billion VND); 5 March 2025 (at least 150 billion VND)"
    assert section.chances_note.endswith(f"Of another goal, as the plan had it on that day: {days}.")
    assert plan.view.summary["chance_by_month"][0]["other_goals"] == {"revenue": 150e9}
