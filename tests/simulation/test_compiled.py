"""The compiled plan."""

from __future__ import annotations

from forecast.simulation import compiled
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.timeseries.baseline import fit_baseline
from tests.support.overlapping_waves import MANY_WAVES
from tests.support.plans import read_plan_text


def test_batches_are_smaller_for_many_months_or_events() -> None:
    sizes = {"12": 4, "120": 2}
    for months, blocks in sizes.items():
        scenario = read_plan_text(MANY_WAVES, horizon__months=months, shocks__w__waves_per_year="1")
        assert compiled.compile_plan(scenario, fit_baseline(scenario), PATHS_PER_BLOCK, 5).batch_blocks == blocks
    scenario = read_plan_text(MANY_WAVES, shocks__w__waves_per_year="60")
    assert compiled.compile_plan(scenario, fit_baseline(scenario), PATHS_PER_BLOCK, 5).batch_blocks == 1
