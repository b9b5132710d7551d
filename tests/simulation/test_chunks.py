"""Chunks: simulated by the same program, and restored as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from forecast.errors import OutputError
from forecast.simulation import chunks
from forecast.simulation.compiled import compile_plan
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
