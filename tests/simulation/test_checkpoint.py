"""Checkpoints: each belongs to one run, a damaged one is ignored, and writing them costs little."""

from __future__ import annotations

import os
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.plan.scenario import Scenario
from forecast.simulation import checkpoint, chunks
from forecast.simulation.compiled import compile_plan
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.simulation.simulate import ExecutionOptions, simulate
from forecast.timeseries.baseline import fit_baseline
from tests.support.long_runs import PATHS, Notes, Stopped, make_checkpoint, output_hash, stop_after
from tests.support.plans import FULL_PLAN, TWO_SERVICES, read_plan_text

pytestmark = pytest.mark.usefixtures("small_chunks")


@pytest.mark.parametrize("harm", ["cut", "empty", "other run", "other chunks"])
def test_a_damaged_or_foreign_checkpoint_is_ignored_with_a_note(
    tmp_path: Path, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = read_plan_text(FULL_PLAN)
    with pytest.raises(Stopped):
        simulate(
            scenario,
            paths=PATHS,
            execution=ExecutionOptions(checkpoint=make_checkpoint(scenario, tmp_path), progress=stop_after(2)),
        )
    (file,) = tmp_path.glob("*.entry")
    asked: dict[str, Any] = {"seed": scenario.seed}
    if harm == "other run":
        other = make_checkpoint(scenario, tmp_path, seed=99)
        file.rename(other._cache._file(other.key))
        asked = {"seed": 99}
    elif harm == "other chunks":
        monkeypatch.setattr(chunks, "BLOCKS_PER_CHUNK", 3)
    else:
        file.write_bytes(file.read_bytes()[: 1000 if harm == "cut" else 0])
    notes: Notes = []
    run = simulate(
        scenario,
        paths=PATHS,
        execution=ExecutionOptions(checkpoint=make_checkpoint(scenario, tmp_path, notes, **asked)),
        **asked,
    )
    assert notes == [("said_kept_unusable", 0)]
    assert output_hash(run) == hash_without_a_stop(asked["seed"], chunks.BLOCKS_PER_CHUNK)


@cache
def hash_without_a_stop(seed: int, blocks_per_chunk: int) -> str:
    """Hash of the outputs of a run that nothing stops, in chunks of so many blocks."""
    assert blocks_per_chunk == chunks.BLOCKS_PER_CHUNK
    return output_hash(simulate(read_plan_text(FULL_PLAN), paths=PATHS, seed=seed))


def test_a_checkpoint_belongs_to_one_run(tmp_path: Path) -> None:
    scenario = read_plan_text(TWO_SERVICES)
    key = make_checkpoint(scenario, tmp_path).key
    assert make_checkpoint(read_plan_text(TWO_SERVICES), tmp_path).key == key
    others = [
        make_checkpoint(scenario, tmp_path, seed=2),
        make_checkpoint(scenario, tmp_path, paths=PATHS + 1),
        make_checkpoint(scenario, tmp_path, precision=0.001),
        make_checkpoint(read_plan_text(TWO_SERVICES, services__a__baseline__annual="normal(121 tỷ, 5 tỷ)"), tmp_path),
    ]
    assert len({key, *(other.key for other in others)}) == 5


def test_deleted_and_expired_checkpoints_are_removed(tmp_path: Path) -> None:
    scenario = read_plan_text(TWO_SERVICES)
    kept = make_checkpoint(scenario, tmp_path)
    simulate(scenario, paths=PATHS, execution=ExecutionOptions(checkpoint=kept))
    assert len(list(tmp_path.glob("*.entry"))) == 1
    kept.delete()
    assert not list(tmp_path.glob("*.entry"))
    simulate(scenario, paths=PATHS, execution=ExecutionOptions(checkpoint=kept))
    (file,) = tmp_path.glob("*.entry")
    old = time.time() - 31 * 86_400
    os.utime(file, (old, old))
    make_checkpoint(scenario, tmp_path)
    assert not list(tmp_path.glob("*.entry"))


def test_writing_checkpoints_takes_less_than_its_share_of_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = read_plan_text(TWO_SERVICES)
    monkeypatch.setattr(checkpoint, "MAX_WRITING_SHARE", 0.01)
    now, took, written = [0.0], 0.3, []
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now[0])
    kept = make_checkpoint(scenario, tmp_path)

    def put(*_: object) -> bool:
        written.append(now[0])
        now[0] += took
        return True

    monkeypatch.setattr(kept._cache, "put", put)
    work = chunks.prepare_chunks(compile_plan(scenario, fit_baseline(scenario), PATHS), 0, "")
    _, answer = kept.restore(work)
    for chunk in range(1, 1000):
        now[0] += 0.25
        kept.save_if_due(chunk, answer)
    assert 5 < len(written) < 0.01 * now[0] / took + 1


def test_a_short_run_writes_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = read_plan_text(TWO_SERVICES)
    monkeypatch.setattr(checkpoint, "MIN_SECONDS_BETWEEN_WRITES", 5.0)
    monkeypatch.setattr(checkpoint, "MIN_SECONDS_TO_SAVE", 2.0)
    simulate(scenario, paths=PATHS, execution=ExecutionOptions(checkpoint=make_checkpoint(scenario, tmp_path)))
    assert not list(tmp_path.glob("*.entry"))


HARMS: dict[str, Any] = {
    "a count more": lambda facts, arrays: arrays["0.counts"].__setitem__(0, arrays["0.counts"][0] + 1),
    "a count below zero": lambda facts, arrays: arrays.update(
        {"0.counts": np.array([-1, 10**6, *arrays["0.counts"][2:]]).astype(np.uint64)}
    ),
    "counts of another type": lambda facts, arrays: arrays.update({"0.counts": arrays["0.counts"].astype(np.int64)}),
    "no number": lambda facts, arrays: arrays["1.sums"].__setitem__(4, float("nan")),
    "infinite": lambda facts, arrays: arrays["1.sums"].__setitem__(1, float("-inf")),
    "whole numbers": lambda facts, arrays: arrays.update({"1.sums": arrays["1.sums"].astype(int)}),
    "a shorter array": lambda facts, arrays: arrays.update({"1.sums": arrays["1.sums"][:-1]}),
    "joint below zero": lambda facts, arrays: facts.update(joint=-1),
    "joint as text": lambda facts, arrays: facts.update(joint="5"),
    "joint of more paths": lambda facts, arrays: facts.update(joint=10**12),
    "more chunks": lambda facts, arrays: facts.update(chunks=facts["chunks"] + 1),
    "chunks as a fraction": lambda facts, arrays: facts.update(chunks=1.5),
    "chunks as a truth": lambda facts, arrays: facts.update(chunks=True),
    "chunks beyond the run": lambda facts, arrays: facts.update(chunks=10**9),
    "names of other draws": lambda facts, arrays: facts["uniforms"].__setitem__(0, "services.other.growth"),
    "a draw less": lambda facts, arrays: facts["uniforms"].pop(),
    "no draws": lambda facts, arrays: facts.update(uniforms=None),
    "a uniform that is none": lambda facts, arrays: arrays["uniforms"].__setitem__((0, 0), float("nan")),
    "fewer paths": lambda facts, arrays: arrays.update(figures=arrays["figures"][:, :-1]),
}


@cache
def checkpoint_of_a_stopped_run() -> tuple[Scenario, str, bytes]:
    """A plan, and the name and the content of the entry that its run left when it was stopped."""
    scenario = read_plan_text(FULL_PLAN)
    with tempfile.TemporaryDirectory() as folder:
        saved = make_checkpoint(scenario, Path(folder))
        execution = ExecutionOptions(checkpoint=saved, progress=stop_after(2))
        with pytest.raises(Stopped):
            simulate(scenario, paths=PATHS, keep=PATHS_PER_BLOCK, execution=execution)
        (file,) = Path(folder).glob("*.entry")
        return scenario, file.name, file.read_bytes()


@pytest.mark.parametrize("harm", HARMS)
def test_a_checkpoint_that_no_run_wrote_is_ignored_with_a_note(tmp_path: Path, harm: str) -> None:
    scenario, name, content = checkpoint_of_a_stopped_run()
    (tmp_path / name).write_bytes(content)
    saved = make_checkpoint(scenario, tmp_path)
    entry = saved._cache.get(saved.key)
    assert entry is not None
    arrays = {name: array.copy() for name, array in entry.arrays.items()}
    HARMS[harm](entry.metadata, arrays)
    assert saved._cache.put(saved.key, entry.metadata, arrays)
    notes: Notes = []
    job = chunks.prepare_chunks(compile_plan(scenario, fit_baseline(scenario), PATHS), 1, "")
    restored, result = make_checkpoint(scenario, tmp_path, notes).restore(job)
    assert (restored, notes) == (0, [("said_kept_unusable", 0)])
    assert result.joint_hits == 0
