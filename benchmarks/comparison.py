"""Ratio by which a comparison of three plans takes longer than a run of one, with the fits kept, in turn.

Prints one JSON object: seconds of wall time and of CPU, and the median of the ratios of wall time. Two cores must be
free: a comparison works on both. `--gate` exits 1 beyond the limit.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1]
PLANS = ("scenarios/covid.yaml", "scenarios/plan-2021.yaml", "scenarios/covid-and-floods.yaml")
MAX_RATIO = 1.6
ROUNDS = 3


def time_comparison(rounds: int = ROUNDS) -> dict[str, Any]:
    """Seconds of a run of the first plan and of a comparison of all, and the median of their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "FORECAST_CACHE": str(Path(folder) / "fits"), "OPENBLAS_NUM_THREADS": "1"}
        common = ["--quiet", "--out", str(Path(folder) / "reports"), "--seed"]
        time_command(["compare", *PLANS, *common, "0"], environment)  # fits the histories
        turns = [
            (
                time_command(["run", PLANS[0], *common, str(seed)], environment),
                time_command(["compare", *PLANS, *common, str(seed)], environment),
            )
            for seed in range(1, rounds + 1)
        ]
    run, compare = zip(*turns, strict=True)
    return {
        "run": min(run),
        "compare": min(compare),
        "ratio": round(statistics.median(both[0] / alone[0] for alone, both in turns), 2),
        "limit": MAX_RATIO,
        "load_average": round(os.getloadavg()[0], 2),
    }


def time_command(arguments: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds of wall time and of CPU of one command, its own processes included."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "forecast", *arguments]
    subprocess.run(command, cwd=HERE, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return round(time.perf_counter() - started, 2), round(used, 2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gate", action="store_true")
    asked = parser.parse_args()
    figures = time_comparison()
    print(json.dumps(figures, indent=1))
    return 1 if asked.gate and figures["ratio"] > MAX_RATIO else 0


if __name__ == "__main__":
    sys.exit(main())
