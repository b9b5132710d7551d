"""A run that ends at a precision."""

from __future__ import annotations

import pytest

from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.simulation.simulate import ExecutionOptions, simulate
from tests.support.long_runs import output_hash
from tests.support.plans import ONE_SERVICE, TWO_SERVICES, read_plan_text

pytestmark = pytest.mark.usefixtures("small_chunks")


def test_a_run_stops_at_the_first_precise_chunk_for_any_workers() -> None:
    scenario = read_plan_text(TWO_SERVICES)
    runs = [
        simulate(scenario, paths=60 * PATHS_PER_BLOCK, precision=0.005, execution=ExecutionOptions(workers=workers))
        for workers in (1, 2)
    ]
    assert {run.paths for run in runs} == {10 * PATHS_PER_BLOCK}
    assert {run.paths_requested for run in runs} == {60 * PATHS_PER_BLOCK}
    assert len({output_hash(run) for run in runs}) == 1
    chance = runs[0].chance("revenue")
    assert (chance.high - chance.low) / 2 <= 0.005
    before = simulate(scenario, paths=8 * PATHS_PER_BLOCK).chance("revenue")
    assert (before.high - before.low) / 2 > 0.005


def test_a_precision_needs_a_target() -> None:
    with pytest.raises(ValueError, match="no target"):
        simulate(read_plan_text(ONE_SERVICE), paths=PATHS_PER_BLOCK, precision=0.01)
