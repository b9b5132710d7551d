"""Kill `forecast run` with kill -9 at random moments: is the earlier report still readable, is anything stray left?

Prints one JSON object; exit 1 where a report could not be read or a stray was left after the next start.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from forecast.errors import ForecastError
from forecast.runs import repository

PUBLISHING_SECONDS = 0.05
"""Seconds that writing and linking a run take, about."""
PLAN = Path(__file__).parents[2] / "scenarios" / "covid.yaml"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--paths", type=int, default=20_000)
    parser.add_argument("--plan", type=Path, default=PLAN)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = kill_runs(asked.plan, Path(folder), times=asked.times, paths=asked.paths, seed=asked.seed)
    print(json.dumps(result, indent=1))
    return 0 if result["unreadable"] == result["strays_after_next_start"] == 0 and result["published"] >= 2 else 1


def kill_runs(plan: Path, reports: Path, *, times: int, paths: int, seed: int) -> dict[str, float]:
    """Start, kill, look; `times` over: every second time at any moment, else just when it begins to publish."""
    rng = random.Random(seed)
    started = time.monotonic()
    finish_run(start_run(plan, reports, paths, 0))
    run_seconds = time.monotonic() - started
    unreadable = left_over = finished = 0
    for turn in range(1, times + 1):
        process = start_run(plan, reports, paths, turn)
        if turn % 2:
            ended = wait_until(lambda: False, process, run_seconds * rng.uniform(0, 1))
        else:
            ended = wait_until(lambda: bool(stray_folders(reports)), process, 60)
            time.sleep(rng.uniform(0, PUBLISHING_SECONDS))
        finished += ended or process.poll() is not None
        process.kill()
        process.wait()
        unreadable += not is_readable(reports / plan.stem)
        left_over += len(stray_folders(reports))
    finish_run(start_run(plan, reports, paths, 0))
    return {
        "killed": times - finished,
        "published": len(list(repository.all_runs(reports))),
        "unreadable": unreadable + (not is_readable(reports / plan.stem)),
        "strays_before_next_start": left_over,
        "strays_after_next_start": len(stray_folders(reports)),
        "seconds_of_a_run": round(run_seconds, 2),
    }


def start_run(plan: Path, reports: Path, paths: int, seed: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "forecast", "run", str(plan), "--out", str(reports), "--quiet", "--json"]
    return subprocess.Popen(
        [*command, "--seed", str(seed), "--paths", str(paths)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
    )


def wait_until(reached: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for a moment, the end of the process or the end of the time; whether the process has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None and not reached():
        time.sleep(0.0005)
    return process.poll() is not None


def finish_run(process: subprocess.Popen[bytes]) -> None:
    if process.wait() != 0:
        raise SystemExit(f"forecast run ended with {process.returncode}")


def is_readable(shown: Path) -> bool:
    """Whether the report that `reports/<scenario>` shows is as it was written."""
    try:
        repository.verify(shown)
    except ForecastError:
        return False
    return True


def stray_folders(reports: Path) -> list[Path]:
    paths = (path for folder in (reports, reports / ".runs") for path in folder.iterdir())
    return [path for path in paths if ".tmp-" in path.name and "probe" not in path.name]


if __name__ == "__main__":
    sys.exit(main())
