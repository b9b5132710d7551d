"""A plan and a history that do not fit are refused, with both lines."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import forecast
from forecast.history.ledger import History, read_history
from forecast.periods import Calendar, format_month
from forecast.plan.accounts import read_plan_history
from forecast.plan.scenario import Scenario
from forecast.timeseries.baseline import fit_tasks
from forecast.timeseries.baseline_notes import fitted_notes
from forecast.timeseries.checks import MAX_HISTORY_MONTHS, check_history
from forecast.timeseries.ensemble.ensemble import MAX_FITTED_MONTHS


def test_problems_of_plan_and_history_have_locations_in_both(tmp_path: Path) -> None:
    months = [f"{year}-{month:02d}" for year in (2018, 2019, 2020) for month in range(1, 13)]
    names = ("postal", "parcels")
    booked = {"2020-12": "2020-12-04"}  # before the month was over
    rows = [
        f"{month},{name},{100 + place % 7},actual,{booked.get(month, '')}"
        for name in names
        for place, month in enumerate(months)
    ]
    (tmp_path / "h.csv").write_text("\n".join(["month,service,revenue,status,booked", *rows]) + "\n", encoding="utf-8")
    plan = (
        "name: n\nas_of: 2020-12-05\nhistory: h.csv\nhorizon:\n  months: 12\n  from: 2021-02\n"
        "services:\n  postal: {baseline: {mask: [2017-01]}}\n  banking: {}\n"
    )
    (tmp_path / "a.yaml").write_text(plan, encoding="utf-8")
    scenario = forecast.read(tmp_path / "a.yaml")
    assert scenario.location_of("targets.x").line == 1
    problems = check_history(scenario, read_history(str(tmp_path / "h.csv"), "VND"))
    places = {
        (problem.code, Path(problem.location.file).name, problem.location.line, problem.location.column)
        for problem in problems
    }
    assert places == {
        ("ledger_calls_service", "h.csv", 38, 9),
        ("history_ends_before_plan", "a.yaml", 6, 9),
        ("history_of_the_future", "h.csv", 37, 20),
        ("history_of_the_future", "h.csv", 73, 21),
        ("mask_outside", "a.yaml", 8, 29),
    }
    assert pickle.loads(pickle.dumps(scenario)).location_of("horizon.from").line == 6


def plan_with_history(folder: Path, count: int) -> tuple[Scenario, History]:
    """A plan of one service that has booked so many months, and its history."""
    calendar = Calendar(12 * 2021 - count, count)
    rows = [f"{format_month(month)},postal,{100 + month % 7},actual" for month in calendar.months]
    (folder / "h.csv").write_text("\n".join(["month,service,revenue,status", *rows]) + "\n", encoding="utf-8")
    plan = "name: n\nhistory: h.csv\nhorizon: {from: 2021-01, months: 12}\nservices: {postal: {}}\n"
    (folder / "a.yaml").write_text(plan, encoding="utf-8")
    return forecast.read(folder / "a.yaml"), read_history(str(folder / "h.csv"), "VND")


@pytest.mark.parametrize(("count", "is_cut"), [(MAX_FITTED_MONTHS, False), (MAX_FITTED_MONTHS + 1, True)])
def test_a_note_says_that_models_are_fitted_to_the_last_months(tmp_path: Path, count: int, is_cut: bool) -> None:
    scenario, history = plan_with_history(tmp_path, count)
    [task] = fit_tasks(scenario, history)
    notes = [
        params for key, params in fitted_notes(scenario, history, task, 2020, 0.0) if key == "baseline_long_history"
    ]
    assert notes == ([(("count", "181"), ("last", "180"), ("service", "postal"))] if is_cut else [])


@pytest.mark.parametrize("count", [MAX_HISTORY_MONTHS, MAX_HISTORY_MONTHS + 1])
def test_a_history_of_more_months_than_are_read_is_refused(tmp_path: Path, count: int) -> None:
    problems = check_history(*plan_with_history(tmp_path, count))
    if count == MAX_HISTORY_MONTHS:
        assert problems == []
        return
    [problem] = problems
    assert (Path(problem.location.file).name, problem.location.line) == ("h.csv", 2)
    sentence = "'postal' has 601 months, 1970-12 to 2020-12; at most 600 are read: take out those before 1971-01"
    assert problem.message("en").endswith(sentence)
    assert "chỉ đọc nhiều nhất 600 tháng" in problem.message("vi")


@pytest.mark.parametrize(("day", "line"), [("2020-12-04", 62), ("2020-12-30", 62), ("2020-12-31", None)])
def test_a_month_is_over_on_its_last_day(tmp_path: Path, day: str, line: int | None) -> None:
    """December was booked as actual on 4 December, before it was over, and again after it."""
    months = Calendar(12 * 2021 - 61, 61).months
    rows = [f"{format_month(month)},postal,{100 + month % 7},actual," for month in months]
    rows[-1] += "2020-12-04"
    rows.append("2020-12,postal,99,actual,2021-01-04")
    (tmp_path / "h.csv").write_text("\n".join(["month,service,revenue,status,booked", *rows]) + "\n", encoding="utf-8")
    plan = (
        f"name: n\nas_of: {day}\nhistory: h.csv\nhorizon: {{from: 2021-01, months: 12}}\nservices: {{postal: {{}}}}\n"
    )
    (tmp_path / "a.yaml").write_text(plan, encoding="utf-8")
    scenario = forecast.read(tmp_path / "a.yaml")
    history = read_plan_history(scenario)
    assert history is not None
    problems = [(problem.code, problem.location.line) for problem in check_history(scenario, history)]
    assert problems == ([("history_of_the_future", line)] if line else [])
