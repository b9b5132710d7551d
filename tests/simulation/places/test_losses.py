"""Losses of places add up to the loss of all."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from forecast.plan.scenario import Scenario
from forecast.simulation.compiled import compile_plan
from forecast.simulation.model.recovery import Recovery
from forecast.simulation.places.losses import PlaceLevels
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.timeseries.baseline import fit_baseline
from tests.support.place_plans import WITH_SHOCKS, read_plan


def test_weighted_place_levels_sum_to_the_total(tmp_path: Path) -> None:
    """With one cause, what the places keep and get back is what the province keeps and gets back, cell by cell."""
    waves = WITH_SHOCKS[WITH_SHOCKS.index("  waves:") : WITH_SHOCKS.index("  floods:")]
    scenario = read_plan(tmp_path, WITH_SHOCKS.replace(waves, ""), shocks__floods__per_year="3")
    levels, trades = place_levels(scenario)
    for n, service in enumerate(levels.services):
        weights = levels.geography.weights(service)
        total = np.zeros(trades[service].unshocked.shape)
        for row, weight in enumerate(weights):
            levels.walk_to(n, row)
            total += weight * levels._exact_levels[n].reshape(total.shape) * levels._untouched_amounts[n]
        assert levels.earlier > 0  # the plan names no day, so earlier floods are still recovered
        assert np.allclose(total[levels.earlier :], trades[service].amount, rtol=1e-9)


def place_levels(scenario: Scenario):  # type: ignore[no-untyped-def]
    from forecast.simulation import block
    from forecast.simulation.sampling.random_streams import Sampler

    compiled_plan = compile_plan(scenario, fit_baseline(scenario), 4 * PATHS_PER_BLOCK)
    sampler = Sampler(compiled_plan.seed, range(1), compiled_plan.groups)
    trade = block.simulate_trade(compiled_plan, sampler, block.sample_shocks(compiled_plan, sampler))
    recoveries = trade.shocks.recoveries
    assert compiled_plan.places is not None
    assert all(isinstance(recovery, Recovery) for recovery in recoveries.values())
    return PlaceLevels(compiled_plan.places.geography, trade.services, recoveries, slice(0, 12)), trade.services
