"""The shipped example year, lived month by month: closed months are exact, later rows change nothing."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

import forecast
from forecast.plan.scenario import Scenario
from forecast.simulation.results import Simulation
from forecast.timeseries.baseline import fit_baseline
from tests.support import water_books
from tests.support.plans import ROOT, SCENARIOS

PLAN = SCENARIOS / "water-2025.yaml"
OVERLAYS = tuple(SCENARIOS / "months" / f"2025-{month:02d}.yaml" for month in range(1, 13))
PATHS = 2_000
SERVICES = ("household", "industry", "connections")


@pytest.fixture(scope="module")
def fits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fits")


def simulate(scenario: Scenario, fits: Path) -> Simulation:
    return forecast.simulate(scenario, paths=PATHS, baseline=fit_baseline(scenario, fits))


@pytest.fixture(scope="module")
def year(fits: Path) -> dict[str, Simulation]:
    """A run for the plan and for each overlay, by the month that is closed."""
    return {path.stem: simulate(forecast.read(path), fits) for path in (PLAN, *OVERLAYS)}


def known_figures(as_of: date, status: str = "actual") -> dict[tuple[str, str], int]:
    """(measure, month) -> the figure of 2025 that was booked last by a day, with the revenue of household water."""
    figures = {
        (row.measure, row.month): row.value
        for row in water_books.booked_rows()
        if row.booked <= as_of and row.status == status and row.month >= "2025"
    }
    volumes = {month: value for (measure, month), value in figures.items() if measure == "volume.household"}
    prices = {month: figures["price.household", month] for month in volumes}
    return figures | {("revenue.household", month): volumes[month] * prices[month] for month in volumes}


def test_every_figure_of_the_books_comes_from_the_generator() -> None:
    assert water_books.LEDGER.read_text(encoding="utf-8") == water_books.ledger_text()
    assert water_books.ASSIGNED.read_text(encoding="utf-8") == water_books.assigned_text()


def test_each_overlay_extends_the_month_before_it() -> None:
    for path, parent in zip(OVERLAYS, ("../water-2025.yaml", *(path.name for path in OVERLAYS)), strict=False):
        assert f"\nextends: {parent}\n" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("month", range(1, 13))
def test_booked_figures_are_exact_in_every_path(year: dict[str, Simulation], month: int) -> None:
    run = year[f"2025-{month:02d}"]
    assert run.scenario.as_of is not None
    known = known_figures(run.scenario.as_of)
    assert {name for _, name in known} == {f"2025-{m:02d}" for m in range(1, month + 1)}
    for m in range(1, 13):
        name = f"2025-{m:02d}"
        for service in SERVICES:
            tally = run.tally(f"revenue.{service}", name)
            booked = known.get((f"revenue.{service}", name))
            if booked is None:
                assert tally.maximum > tally.minimum
            else:
                assert (tally.minimum, tally.maximum) == (booked, booked)


def test_an_estimate_closes_no_month(year: dict[str, Simulation]) -> None:
    october = year["2025-09"]
    assert october.baseline.booked["revenue.industry"][12 * 2025 + 8].status == "estimate"
    tally = october.tally("revenue.industry", "2025-09")
    assert tally.maximum > tally.minimum
    assert year["2025-10"].tally("revenue.industry", "2025-09").sd == 0


def test_a_restatement_counts_from_the_day_on_which_it_was_booked(year: dict[str, Simulation]) -> None:
    before, after = (year[name].tally("revenue.industry", "2025-02").mean for name in ("2025-02", "2025-03"))
    assert after - before == pytest.approx(after * 0.015, abs=1)
    notes = {name: dict(run.baseline.history_notes) for name, run in year.items()}
    assert "history_restated" not in notes["2025-02"]
    assert dict(notes["2025-03"]["history_restated"])["count"] == "1"


def test_at_the_end_of_the_year_everything_is_known(year: dict[str, Simulation]) -> None:
    december = year["2025-12"]
    assert december.scenario.as_of is not None
    known = known_figures(december.scenario.as_of)
    revenue = sum(value for (measure, _), value in known.items() if measure.startswith("revenue."))
    costs = sum(value for (measure, _), value in known.items() if measure.startswith("cost."))
    for measure, total in (("revenue", revenue), ("cost", costs), ("profit", revenue - costs)):
        tally = december.tally(measure, "2025")
        assert (tally.minimum, tally.maximum) == (total, total), measure
    assert {december.chance(name).value for name in december.scenario.targets} == {0.0, 1.0}
    assert {december.chance(name).value for name in ("revenue", "surplus", "productivity")} == {1.0}


def test_a_settled_target_stays_settled(year: dict[str, Simulation]) -> None:
    chances = [year[path.stem].chance("first_half").value for path in OVERLAYS]
    assert 0 < chances[3] < 1
    assert chances[5:] == [0.0] * 7


def test_rows_that_are_booked_later_change_nothing(year: dict[str, Simulation], fits: Path, tmp_path: Path) -> None:
    shutil.copytree(SCENARIOS, tmp_path / "scenarios")
    shutil.copytree(ROOT / "data", tmp_path / "data")
    ledger = tmp_path / "data" / "water-ledger.csv"
    header, *rows = ledger.read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if row.split(",")[4] <= "2025-05-05"]
    poison = ["2025-03,revenue.industry,1,actual,2025-05-06,", "2024-12,nonsense,x,actual,2025-05-06,"]
    ledger.write_text("\n".join([header, *poison, *kept, ""]), encoding="utf-8")
    poisoned = simulate(forecast.read(tmp_path / "scenarios" / "months" / "2025-04.yaml"), fits)
    for key, tally in year["2025-04"].tallies.items():
        assert (tally.mean, tally.minimum, tally.maximum) == (
            poisoned.tallies[key].mean, poisoned.tallies[key].minimum, poisoned.tallies[key].maximum,
        )  # fmt: skip
