"""A run that a signal stops goes on at the next call."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import forecast
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.simulation.simulate import simulate
from forecast.workflows.publish import quantiles_csv
from tests.support.plans import FULL_PLAN
from tests.support.processes import child_environment, wait_for

pytestmark = pytest.mark.usefixtures("small_chunks")


FREQUENT_CHECKPOINTS = """
    import sys
    from forecast.simulation import checkpoint
    from forecast.cli import main
    checkpoint.MIN_SECONDS_BETWEEN_WRITES = checkpoint.MIN_SECONDS_TO_SAVE = 0.0
    checkpoint.MAX_WRITING_SHARE = 1e9
    if __name__ == "__main__":
        sys.exit(main(sys.argv[1:]))
"""
"""`forecast`, with a checkpoint after every chunk."""


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow),
        (signal.SIGTERM, 143),
        pytest.param(signal.SIGKILL, -9, marks=pytest.mark.slow),
    ],
)
def test_a_stopped_run_resumes_to_the_same_results(tmp_path: Path, number: signal.Signals, code: int) -> None:
    plan, few = tmp_path / "plan.yaml", 4 * 16 * PATHS_PER_BLOCK
    plan.write_text(FULL_PLAN.replace("horizon:", "seed: 5\nhorizon:"), encoding="utf-8")
    call = [
        sys.executable,
        "-c",
        textwrap.dedent(FREQUENT_CHECKPOINTS),
        "run",
        str(plan),
        "--paths",
        str(few),
        "--workers",
        "1",
    ]
    kept = tmp_path / "cache" / "spans"
    with subprocess.Popen(
        [*call, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=child_environment(tmp_path)
    ) as process:
        wait_for(lambda: any(kept.glob("*.entry")))
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert out == b""
    if number != signal.SIGKILL:
        *note, last = err.decode().splitlines()
        saved = " ".join(line.strip() for line in note)
        assert "finished simulations are saved; the same command continues from there" in saved
        assert last == "stopped; what was published before is untouched"
    assert not (tmp_path / "reports" / "plan").exists()
    done = subprocess.run([*call, "--json"], capture_output=True, env=child_environment(tmp_path), check=True)
    assert done.stderr == b""  # a pipe
    answer = json.loads(done.stdout)
    assert answer["summary"]["paths"] == few
    assert not list(kept.glob("*.entry"))
    scenario = forecast.read(plan)
    assert scenario.seed == 5
    straight = simulate(scenario, paths=few)
    folder = Path(answer["run_dir"])
    assert (folder / "quantiles.csv").read_bytes() == quantiles_csv(straight, answer["summary"])
