"""Chunks: simulated by the same program, and restored as they were."""

from __future__ import annotations

import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.errors import OutputError
from forecast.simulation import chunks
from forecast.simulation.block import BlockResult, simulate_block
from forecast.simulation.compiled import CompiledPlan, compile_plan
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.timeseries.baseline import fit_baseline
from tests.support.long_runs import PATHS
from tests.support.place_plans import WITH_SHOCKS, place_list, read_plan
from tests.support.plans import TWO_SERVICES, read_plan_text


def test_a_worker_with_another_version_is_rejected() -> None:
    scenario = read_plan_text(TWO_SERVICES)
    work = chunks.prepare_chunks(
        compile_plan(scenario, fit_baseline(scenario), PATHS), 0, required_version=f"{chunks.local_code_version()}.1"
    )
    with pytest.raises(OutputError, match="another forecast"):
        chunks.simulate_chunk(work, 0)


def test_a_restored_chunk_result_is_unchanged(tmp_path: Path) -> None:
    compiled_plan = compile_plan(
        read_plan(tmp_path, WITH_SHOCKS, place_list(35)),
        fit_baseline(read_plan(tmp_path, WITH_SHOCKS, place_list(35))),
        PATHS_PER_BLOCK,
    )
    work = chunks.prepare_chunks(compiled_plan, 0, "")
    answer, again = chunks.simulate_chunk(work, 0), work.empty_result()
    facts, arrays = answer.state()
    again.restore(facts, arrays, PATHS_PER_BLOCK)
    assert again.places is not None
    assert again.places.n == PATHS_PER_BLOCK
    assert {name: np.asarray(a).tobytes() for name, a in again.state()[1].items()} == {
        name: np.asarray(a).tobytes() for name, a in arrays.items()
    }


@pytest.mark.parametrize("places", [False, True])
def test_every_block_is_simulated_once(places: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first block, which fixes the bins, is counted from the arrays that fixed them."""
    scenario = read_plan(tmp_path, WITH_SHOCKS, place_list(35)) if places else read_plan_text(TWO_SERVICES)
    simulated: list[int] = []
    kept: list[int] = []

    def record_and_simulate(plan: CompiledPlan, blocks: range, *, keeps_paths: bool) -> BlockResult:
        simulated.extend(blocks)
        kept.extend(block for block in blocks if keeps_paths)
        return simulate_block(plan, blocks, keeps_paths=keeps_paths)

    monkeypatch.setattr(chunks, "simulate_block", record_and_simulate)
    run = forecast.simulate(scenario, paths=6 * PATHS_PER_BLOCK, keep=2 * PATHS_PER_BLOCK)
    assert sorted(kept) == ([0, 1] if places else [0, 1, 2, 3])  # of those that are simulated together
    assert sorted(simulated) == list(range(6))
    assert run.tallies["revenue", run.bridge_period].n == 6 * PATHS_PER_BLOCK


def test_a_worker_simulates_the_first_blocks_again(tmp_path: Path) -> None:
    """The result of a job that was sent to a worker, without its first blocks, is that of the job here."""
    scenario = read_plan(tmp_path, WITH_SHOCKS, place_list(35))
    job = chunks.prepare_chunks(compile_plan(scenario, fit_baseline(scenario), PATHS_PER_BLOCK), 0, "")
    sent = pickle.loads(pickle.dumps(job))
    assert (len(job.first_batch), len(sent.first_batch)) == (1, 0)
    (facts, arrays), (other_facts, other_arrays) = (chunks.simulate_chunk(j, 0).state() for j in (job, sent))
    assert facts == other_facts
    assert {name: np.asarray(a).tobytes() for name, a in arrays.items()} == {
        name: np.asarray(a).tobytes() for name, a in other_arrays.items()
    }


def test_memory_does_not_grow_with_the_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MAX_EXACT_PATHS", 0)  # histograms, as in runs of more paths
    scenario = read_plan_text(TWO_SERVICES)
    baseline = fit_baseline(scenario)
    paths_of_chunk = chunks.BLOCKS_PER_CHUNK * PATHS_PER_BLOCK
    peaks = {}
    for n_chunks in (1, 2, 6):  # the first run fills the caches
        tracemalloc.start()
        forecast.simulate(scenario, paths=n_chunks * paths_of_chunk, baseline=baseline)
        peaks[n_chunks] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[6] < 1.1 * peaks[2]
