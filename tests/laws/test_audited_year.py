"""A year that is audited after the plan was made moves no forecast, only what is compared with that year."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.plan.accounts import read_plan_history
from forecast.simulation.results import Simulation
from tests.support.closed_year import SEASON, booked_rows, write_closed_year

AUDITED = ["2024-11,a,150000000,actual,2025-03-20", "2024-12,a,150000000,actual,2025-03-20"]
OVERLAY = "extends: plan.yaml\nas_of: 2025-04-10\n"


def reforecast(folder: Path, more_rows: list[str], overlay: str = OVERLAY) -> Simulation:
    write_closed_year(folder, [*booked_rows({"a": 1.1e8 * SEASON[:3]}), *more_rows], as_of="2025-01-20")
    (folder / "april.yaml").write_text(overlay, encoding="utf-8")
    return forecast.simulate(forecast.read(folder / "april.yaml"), paths=4_096, keep=4_096)


def test_an_audited_year_moves_no_forecast(tmp_path: Path) -> None:
    runs = [reforecast(tmp_path / str(number), rows) for number, rows in enumerate(([], AUDITED))]
    assert np.array_equal(runs[0].values("revenue", "2025"), runs[1].values("revenue", "2025"))
    assert any(key == "history_audited" for key, _ in runs[1].baseline.history_notes)


def test_what_is_compared_with_last_year_takes_the_audited_figures(tmp_path: Path) -> None:
    run = reforecast(tmp_path, AUDITED)
    history = read_plan_history(run.scenario)
    assert history is not None
    assert history.audited == {"revenue.a": {12 * 2024 + 10: 1.5e8, 12 * 2024 + 11: 1.5e8}}
    assert history.revenue["a"][10] == pytest.approx(1e8 * SEASON[10])


def test_a_revised_plan_counts_from_its_own_day(tmp_path: Path) -> None:
    """A plan that revises another is made on its own day, with the figures that are known then."""
    run = reforecast(tmp_path, AUDITED, OVERLAY + "revises: plan\n")
    assert run.scenario.planned_on == run.scenario.as_of
    assert run.baseline.services["a"].base_total == pytest.approx(1e8 * SEASON[:10].sum() + 3e8)


def test_an_earlier_day_than_that_of_the_plan_counts(tmp_path: Path) -> None:
    plan = write_closed_year(tmp_path, as_of="2025-03-31")
    scenario = forecast.read(plan, set={"as_of": "2025-01-31"})
    assert scenario.planned_on == scenario.as_of
