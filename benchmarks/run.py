"""Time of a run, cold and with its fits kept, and how fast paths are simulated, beside bare draws.

Prints one JSON object: seconds, and ratios taken in one process in turn. `--gate` exits 1 beyond the limits.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import forecast
from forecast.timeseries.baseline import fit_baseline

HERE = Path(__file__).parents[1]
PATHS = 100_000
MAX_SECONDS = {"simulate": 2.5, "run_cold": 12.0, "run_cached": 5.0, "help": 0.2}
"""Seconds."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--slack", type=float, default=1.0, help="factor on the limits, for a slower machine")
    asked = parser.parse_args()
    seconds = {**time_simulation(), **time_runs()}
    within = {name: seconds[name] <= limit * asked.slack for name, limit in MAX_SECONDS.items()}
    ratio = seconds["simulate"] / seconds["bare_draws"]
    answer = {
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "limits": MAX_SECONDS,
        "simulate_over_bare_draws": round(ratio, 2),
        "paths_per_second": round(PATHS / seconds["simulate"]),
        "within": within,
    }
    print(json.dumps(answer, indent=1))
    return 1 if asked.gate and not all(within.values()) else 0


def time_simulation() -> dict[str, float]:
    """100,000 paths of covid-and-floods, and numpy drawing as many normals as its months and services hold."""
    scenario = forecast.read(HERE / "scenarios" / "covid-and-floods.yaml")
    with tempfile.TemporaryDirectory() as folder:
        baseline = fit_baseline(scenario, Path(folder))
    numbers = scenario.horizon.months * len(scenario.services) * PATHS
    simulate_seconds = min_seconds(lambda: forecast.simulate(scenario, paths=PATHS, baseline=baseline))
    draw_seconds = min_seconds(lambda: np.random.Generator(np.random.SFC64(1)).standard_normal(numbers))
    return {"simulate": simulate_seconds, "bare_draws": draw_seconds}


def time_runs() -> dict[str, float]:
    """`forecast run scenarios/covid.yaml` with its report: cold, with the fits kept, and `--help`."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "FORECAST_CACHE": str(Path(folder) / "fits")}
        command = ["run", "scenarios/covid.yaml", "--quiet", "--out", str(Path(folder) / "reports"), "--seed"]
        cold = time_command([*command, "1"], environment)
        cached = min(time_command([*command, str(seed)], environment) for seed in (2, 3))
        answer = min(time_command(["--help"], environment) for _ in range(5))
    return {"run_cold": cold, "run_cached": cached, "help": answer}


def time_command(arguments: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    command = [sys.executable, "-m", "forecast", *arguments]
    subprocess.run(command, cwd=HERE, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def min_seconds(work: Callable[[], object], times: int = 3) -> float:
    """The least of a few measurements: the time when nothing else slows the machine."""
    cases = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        cases.append(time.perf_counter() - started)
    return min(cases)


if __name__ == "__main__":
    sys.exit(main())
