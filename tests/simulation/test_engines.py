"""The same bytes on any engine, with any number of workers, after any stop."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import forecast
from forecast.engines import create_engine
from forecast.engines.dask import DaskEngine
from forecast.engines.engine import Engine
from forecast.errors import OutputError
from forecast.i18n import Translator
from forecast.plan.scenario import Scenario
from forecast.simulation.checkpoint import Checkpoint
from forecast.simulation.compiled import run_key
from forecast.simulation.results import Simulation
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.simulation.simulate import ExecutionOptions, simulate
from forecast.timeseries.baseline import fit_baseline
from tests.support.long_runs import PATHS, Notes, Stopped, make_checkpoint, output_hash, stop_after
from tests.support.plans import FULL_PLAN, SCENARIOS, read_plan_text
from tests.support.processes import child_environment, wait_for

pytestmark = pytest.mark.usefixtures("small_chunks")


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskEngine]:
    with DaskEngine(workers=1) as engine:
        yield engine


def scale_cluster(cluster: DaskEngine, workers: int) -> None:
    """Let a cluster have so many workers."""
    client = cluster._connect()
    assert cluster._cluster is not None
    cluster._cluster.scale(workers)
    wait_for(lambda: len(client.nthreads()) == workers)


def simulate_with_stops(scenario: Scenario, folder: Path, engines: tuple[Engine, ...], **more: Any) -> Simulation:
    """A run that each engine but the last leaves after a chunk or two."""
    notes: Notes = []
    for stops, engine in enumerate(engines[:-1], 1):
        kept = make_checkpoint(scenario, folder, notes)
        with pytest.raises(Stopped):
            simulate(
                scenario,
                paths=PATHS,
                execution=ExecutionOptions(engine=engine, checkpoint=kept, progress=stop_after(2 * stops)),
                **more,
            )
        assert notes[-1] == ("said_kept", stops * 4 * PATHS_PER_BLOCK)
    run = simulate(
        scenario,
        paths=PATHS,
        execution=ExecutionOptions(engine=engines[-1], checkpoint=make_checkpoint(scenario, folder, notes)),
        **more,
    )
    assert ("said_resumed", (len(engines) - 1) * 4 * PATHS_PER_BLOCK) in notes
    return run


@pytest.mark.slow
def test_results_do_not_depend_on_workers_engine_or_stops(cluster: DaskEngine, tmp_path: Path) -> None:
    scenario = read_plan_text(FULL_PLAN)
    asked = {"paths": PATHS, "keep": PATHS_PER_BLOCK}
    hashes = {"serial": output_hash(simulate(scenario, **asked))}
    for workers in (1, 2, 4):
        hashes[f"local {workers}"] = output_hash(
            simulate(scenario, execution=ExecutionOptions(workers=workers), **asked)
        )
    for workers in (1, 2, 4):
        scale_cluster(cluster, workers)
        hashes[f"dask {workers}"] = output_hash(simulate(scenario, execution=ExecutionOptions(engine=cluster), **asked))
    one_worker, two_workers = create_engine(1), create_engine(2)
    for name, engines in (
        ("serial", (one_worker, one_worker, one_worker)),
        ("local 2", (one_worker, two_workers)),
        ("dask", (cluster, one_worker)),
    ):
        stopped = simulate_with_stops(scenario, tmp_path / name, engines, keep=PATHS_PER_BLOCK)
        hashes[f"{name}, stopped"] = output_hash(stopped)
    assert len(hashes) == 10
    assert set(hashes.values()) == {hashes["serial"]}, hashes


@pytest.mark.slow
def test_results_by_place_do_not_depend_on_workers_engine_or_stops(cluster: DaskEngine, tmp_path: Path) -> None:
    scenario = forecast.read(SCENARIOS / "by-commune.yaml")
    baseline = fit_baseline(scenario)
    paths = 3 * PATHS_PER_BLOCK

    def result_hash(**options: Any) -> str:
        run = simulate(scenario, paths=paths, baseline=baseline, execution=ExecutionOptions(**options))
        figures = {" ".join(key): [t.n, t.mean, t.sd, t.quantile(0.1).value] for key, t in run.tallies.items()}
        assert run.places is not None
        places = {name: array.tolist() for name, array in run.places.state().items()}
        return hashlib.sha256(json.dumps([figures, places]).encode()).hexdigest()

    kept = Checkpoint(tmp_path, run_key(scenario, baseline, 1, paths, None))
    with pytest.raises(Stopped):
        simulate(
            scenario,
            paths=paths,
            baseline=baseline,
            execution=ExecutionOptions(checkpoint=kept, progress=stop_after(1)),
        )
    assert kept.saved_chunks > 0
    again = Checkpoint(tmp_path, run_key(scenario, baseline, 1, paths, None))
    hashes = [result_hash(), result_hash(workers=2), result_hash(engine=cluster), result_hash(checkpoint=again)]
    assert again.saved_chunks == 3
    assert len(set(hashes)) == 1


@pytest.mark.slow
def test_a_worker_killed_during_a_run_changes_nothing(cluster: DaskEngine) -> None:
    scenario = read_plan_text(FULL_PLAN)
    scale_cluster(cluster, 2)
    client = cluster._connect()
    killed: list[int] = []

    def kill_one(done: int, total: int) -> None:
        if done and not killed:
            killed.extend(client.run(os.getpid).values())
            os.kill(killed[0], signal.SIGKILL)

    run = simulate(scenario, paths=2 * PATHS, execution=ExecutionOptions(engine=cluster, progress=kill_one))
    assert killed
    assert output_hash(run) == output_hash(simulate(scenario, paths=2 * PATHS))


@pytest.mark.slow
def test_a_lost_scheduler_is_reported_and_finished_paths_are_kept(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CLUSTER_PROGRAM], stdout=subprocess.PIPE, env=child_environment(tmp_path)
    ) as other:
        assert other.stdout is not None
        address = other.stdout.readline().decode().strip()
        scenario, notes = read_plan_text(FULL_PLAN), Notes()

        def kill_it(done: int, total: int) -> None:
            if done >= 4 * PATHS_PER_BLOCK:
                other.kill()

        kept = make_checkpoint(scenario, tmp_path, notes)
        with DaskEngine(address) as engine, pytest.raises(OutputError) as caught:
            simulate(
                scenario,
                paths=100 * PATHS,
                execution=ExecutionOptions(engine=engine, checkpoint=kept, progress=kill_it),
            )
    assert caught.value.code == "scheduler_lost"
    for language in ("vi", "en"):
        assert address in Translator(language)("scheduler_lost", **caught.value.params)  # type: ignore[arg-type]
    ((key, paths),) = notes
    assert key == "said_kept"
    assert paths >= 4 * PATHS_PER_BLOCK
    again = simulate(
        scenario, paths=PATHS, execution=ExecutionOptions(checkpoint=make_checkpoint(scenario, tmp_path / "other"))
    )
    assert output_hash(again) == output_hash(simulate(scenario, paths=PATHS))


CLUSTER_PROGRAM = textwrap.dedent("""
    import time
    from forecast.engines.dask import DaskEngine
    if __name__ == "__main__":
        with DaskEngine(workers=1) as engine:
            engine._connect()
            print(engine._cluster.scheduler_address, flush=True)
            time.sleep(60)
""")
