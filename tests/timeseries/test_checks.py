"""A plan and a history that do not fit are refused, with both lines."""

from __future__ import annotations

import pickle
from pathlib import Path

import forecast
from forecast.history.ledger import read_history
from forecast.timeseries.checks import check_history


def test_problems_of_plan_and_history_have_locations_in_both(tmp_path: Path) -> None:
    months = [f"{year}-{month:02d}" for year in (2018, 2019, 2020) for month in range(1, 13)]
    names = ("postal", "parcels")
    rows = [f"{month},{name},{100 + place % 7},actual" for name in names for place, month in enumerate(months)]
    (tmp_path / "h.csv").write_text("\n".join(["month,service,revenue,status", *rows]) + "\n", encoding="utf-8")
    plan = (
        "name: n\nas_of: 2020-12-05\nhistory: h.csv\nhorizon:\n  months: 12\n  from: 2021-02\n"
        "services:\n  postal: {baseline: {mask: [2017-01]}}\n  banking: {growth: 1%}\n"
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
