"""The update of the draws: Matheron's rule on all components, of which the program moves those that count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.simulation.block import simulation_context
from forecast.simulation.compiled import compile_plan
from forecast.simulation.conditioned import condition_plan
from forecast.simulation.model.baseline_paths import draw_baseline
from forecast.simulation.model.conditioning import conditioning
from forecast.simulation.model.conditioning.gain import widening
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler
from forecast.timeseries.baseline import fit_baseline
from tests.support.closed_year import SEASON, booked_rows, write_closed_year

MORE = """\
correlations: {months: {between: [services.a, services.b], rank: 0.3}}
initiatives: {push: {chance: 50%, start: 2025-02-01, effect: {volume: {a: 5% to 10%}}}}
"""


def test_the_draws_are_those_of_matherons_rule_on_all_components(tmp_path: Path) -> None:
    closed = booked_rows({"a": 1.15e8 * SEASON[:4], "b": 1.02e8 * SEASON[:3]})
    services = "{a: {growth: 0% to 20%}, b: {growth: 3% to 6%}}"
    scenario = forecast.read(write_closed_year(tmp_path, closed, services, names=("a", "b"), more=MORE))
    plan = condition_plan(compile_plan(scenario, fit_baseline(scenario), PATHS_PER_BLOCK))
    conditioning = plan.conditioning
    assert conditioning is not None
    sampler = Sampler(plan.seed, range(1), plan.groups, plan.yearly)
    surroundings = conditioning.surroundings(plan.baseline, sampler, simulation_context(plan, sampler), [])
    draws = draw_baseline(plan.baseline, sampler)

    def components(drawn: dict[str, object]) -> np.ndarray:
        rows: dict[int, np.ndarray] = {}
        for name, service in plan.baseline.services.items():
            rows.update(conditioning.places.read(service, drawn[name], {}))  # type: ignore[arg-type]
        return np.array([np.broadcast_to(rows[place], PATHS_PER_BLOCK) for place in sorted(rows)], np.float64)

    before = components(dict(draws.services))
    states = conditioning.states(plan.baseline, draws, surroundings.with_middle_events(conditioning.event_middle))
    (gain,) = conditioning.gains.values()
    explained = gain.loadings @ before
    gaps = states.booked - states.state + explained
    spread = widening(gain.distances(gaps), len(conditioning.cells))
    expected = spread * before + gain.gain @ (gaps - spread * explained)
    conditioned = conditioning.update(plan.baseline, draws, sampler, surroundings)
    after = components(dict(conditioned.services))
    is_closed = np.zeros(len(after), bool)
    for cell in conditioning.cells:
        is_closed[conditioning.places.services[cell.service].planned.start + cell.row] = True
    assert is_closed.sum() == 7
    assert after[~is_closed] == pytest.approx(expected[~is_closed], abs=1e-6)
    assert np.abs(after - before)[~is_closed].max() > 0.1
    assert np.array_equal(after[is_closed], before[is_closed])
    booked = conditioned.services["b"].amounts(plan.baseline.services["b"])[2]
    assert booked == pytest.approx(np.full(PATHS_PER_BLOCK, 1.02e8 * SEASON[2]))


def test_a_mixture_has_the_figure_of_its_level_in_each_path() -> None:
    takes_planner = np.array([True, False, True])
    of_planner, of_history = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    assert np.array_equal(conditioning._choose(takes_planner, [of_planner, of_history]), [1.0, 5.0, 3.0])
    assert conditioning._choose(takes_planner, [of_history]) is of_history
    assert conditioning._choose(None, [of_planner]) is of_planner
