"""A run that a signal stops goes on at the next call."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

import forecast
from forecast.simulation.checkpoint import Checkpoint
from forecast.simulation.chunks import PartialResult
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.simulation.simulate import simulate
from forecast.workflows.publish import quantiles_csv
from tests.support.plans import FULL_PLAN
from tests.support.processes import wait_for
from tests.validation.forked_commands import ForkedCommand, run_forked

pytestmark = pytest.mark.usefixtures("small_chunks", "undrawn")
PATHS = 6 * PATHS_PER_BLOCK
"""Three chunks."""


def wait_after_saving() -> None:
    """Let this process wait for its signal once it has saved its first chunk."""
    save = Checkpoint._save

    def save_and_wait(self: Checkpoint, chunks: int, result: PartialResult) -> None:
        Checkpoint._save = save  # type: ignore[method-assign] - once
        save(self, chunks, result)
        wait_for(lambda: False)

    Checkpoint._save = save_and_wait  # type: ignore[method-assign]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_stopped_run_resumes_to_the_same_results(tmp_path: Path, number: signal.Signals, code: int) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(FULL_PLAN.replace("horizon:", "seed: 5\nhorizon:"), encoding="utf-8")
    call = ["run", str(plan), "--paths", str(PATHS), "--workers", "1", "--json"]
    kept = tmp_path / "cache" / "spans"
    process = ForkedCommand(call, tmp_path, prepare=wait_after_saving).start()
    wait_for(lambda: any(kept.glob("*.entry")) or process.has_ended())
    os.kill(process.pid, number)
    stopped = process.wait()
    assert (stopped.code, stopped.out) == (code, "")
    if number != signal.SIGKILL:
        *note, last = stopped.complaints
        saved = " ".join(line.strip() for line in note)
        assert f"the {2 * PATHS_PER_BLOCK:,} finished simulations are saved" in saved
        assert "the same command continues from there" in saved
        assert last == "stopped; what was published before is untouched"
    assert not (tmp_path / "reports" / "plan").exists()
    assert any(kept.glob("*.entry"))
    done = run_forked(call, tmp_path)
    assert (done.code, done.err) == (0, "")  # a pipe
    answer = json.loads(done.out)
    assert answer["summary"]["paths"] == PATHS
    assert not list(kept.glob("*.entry"))
    scenario = forecast.read(plan)
    assert scenario.seed == 5
    straight = simulate(scenario, paths=PATHS)
    folder = Path(answer["run_dir"])
    assert (folder / "quantiles.csv").read_bytes() == quantiles_csv(straight, answer["summary"])
