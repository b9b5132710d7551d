"""One path read again: the figures of its run, its events and the days on which they fall."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.plan.scenario import Scenario
from forecast.simulation.compiled import CompiledPlan, compile_plan
from forecast.simulation.conditioned import condition_plan
from forecast.simulation.results import Simulation
from forecast.simulation.single_path import realised_years, simulate_path
from forecast.timeseries.baseline import fit_baseline
from tests.support.failing_plans import RISKS, TWO_NORMALS

PATHS = (0, 17, 4_095, 4_096, 6_001)


@pytest.fixture(scope="module")
def risks(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Every kind of risk."""
    file = tmp_path_factory.mktemp("plan") / "plan.yaml"
    file.write_text(RISKS, encoding="utf-8")
    return forecast.read(file)


@pytest.fixture(scope="module")
def run(risks: Scenario) -> Simulation:
    """Its first paths, one by one."""
    return forecast.simulate(risks, paths=8_192, keep=8_192)


@pytest.fixture(scope="module")
def compiled(risks: Scenario) -> CompiledPlan:
    """The same, compiled."""
    return condition_plan(compile_plan(risks, fit_baseline(risks), 8_192))


@pytest.mark.parametrize("path", PATHS)
def test_a_path_has_the_figures_of_its_run(run: Simulation, compiled: CompiledPlan, path: int) -> None:
    single = simulate_path(compiled, path)
    for name in ("revenue.shop", "revenue.post", "cost.goods", "cost.floods", "cost.site"):
        assert single.inputs[name].sum() == pytest.approx(run.draws(name, "2026")[path], rel=1e-12)


@pytest.mark.parametrize("path", PATHS)
def test_its_months_are_what_the_shocks_leave_and_give_back(compiled: CompiledPlan, path: int) -> None:
    single = simulate_path(compiled, path)
    shop = single.services["shop"]  # no price moves it
    amount = shop.before_events * np.prod(list(shop.factors.values()), axis=0) + sum(shop.returned.values())
    assert amount == pytest.approx(single.inputs["revenue.shop"], rel=1e-12)


def test_events_are_as_many_as_were_counted_and_fall_on_their_days(run: Simulation, compiled: CompiledPlan) -> None:
    assert run.path_sample is not None
    occurrences = run.path_sample.occurrences
    kinds = set()
    for path in range(60):
        events = simulate_path(compiled, path).events
        kinds |= {event.kind for event in events}
        waves = [event for event in events if event.kind == "wave"]
        floods = [event for event in events if event.shock == "shocks.floods"]
        closures = [event for event in events if event.shock == "shocks.closure"]
        assert len(waves) == occurrences["shocks.waves"][path]
        assert len(floods) == occurrences["shocks.floods"][path]
        assert len(closures) == occurrences["shocks.closure"][path]
        for event in floods:
            assert date.fromordinal(int(event.start)).month in (9, 10)
            assert event.end - event.start < 12
        for event in closures:
            assert date.fromordinal(int(event.start)) == date(2026, 3, 10)
            assert date.fromordinal(int(event.end)) == date(2026, 6, 19)  # over after the last day
        for event in events:
            if event.kind == "hard":
                assert any(wave.start <= event.start and event.end <= wave.end for wave in waves)
                assert 0.5 <= event.reach <= 1
        assert all(event.reach > 0.4 for event in floods if event.kind == "province")
    assert kinds == {"wave", "hard", "local", "province", "event"}


def test_initiatives_are_as_they_went(run: Simulation, compiled: CompiledPlan) -> None:
    assert run.path_sample is not None
    for path in range(40):
        outcome = simulate_path(compiled, path).initiatives["site"]
        assert outcome.happens == bool(run.path_sample.occurrences["initiatives.site"][path])
        assert date(2025, 6, 1) < date.fromordinal(int(outcome.start)) < date(2027, 1, 1)


def test_a_year_moves_by_less_than_its_draw_where_months_are_noisy(tmp_path: Path, compiled: CompiledPlan) -> None:
    _, drawn, realised = realised_years(compiled)["services.post.baseline.annual"]
    slope = np.polyfit(np.log(drawn), np.log(realised), 1)[0]
    assert 0.5 < slope < 0.995
    file = tmp_path / "sure.yaml"
    file.write_text(TWO_NORMALS, encoding="utf-8")
    scenario = forecast.read(file)
    sure = condition_plan(compile_plan(scenario, fit_baseline(scenario), 4_096))
    _, drawn, realised = realised_years(sure)["services.a.baseline.annual"]
    assert realised == pytest.approx(drawn, rel=1e-5)
