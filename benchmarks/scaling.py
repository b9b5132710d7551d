"""How much faster two processes are than one, on the same paths, in turn.

Prints one JSON object: seconds, CPU seconds and paths a second by number of processes, the ratio, and the load of the
machine before each case. Other people's work on the same cores makes the ratio smaller; `ratio_by_cpu_seconds` is
what it would be if every process had a core to itself and started at once. `--engine dask` measures a
local Dask cluster beside one process.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import forecast
from forecast.engines import DASK, LOCAL, create_engine
from forecast.plan.scenario import Scenario
from forecast.timeseries.baseline import Baseline, fit_baseline

HERE = Path(__file__).parents[1]
PLAN = HERE / "scenarios" / "covid-and-floods.yaml"
MIN_SPEEDUP = 1.9
"""Paths a second of two processes over those of one, by CPU seconds, which other work on the cores hardly moves."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--plan", type=Path, default=PLAN)
    parser.add_argument("--paths", type=int, default=10_000_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--engine", choices=[LOCAL, DASK], default=LOCAL)
    asked = parser.parse_args()
    scenario = forecast.read(asked.plan)
    with tempfile.TemporaryDirectory() as folder:
        baseline = fit_baseline(scenario, Path(folder))
    engines = {workers: asked.engine if workers > 1 else LOCAL for workers in asked.workers}
    cases = [time_run(scenario, baseline, asked.paths, *place) for place in engines.items()]
    ratio = cases[0]["seconds"] / cases[-1]["seconds"]
    work = cases[0]["cpu_seconds"] / cases[-1]["cpu_seconds"]
    answer = {
        "plan": asked.plan.stem,
        "paths": asked.paths,
        "engine": asked.engine,
        "cores": os.cpu_count(),
        "cases": cases,
        "ratio": round(ratio, 3),
        "ratio_by_cpu_seconds": round(work * cases[-1]["workers"] / cases[0]["workers"], 3),
        "same_numbers": len({case["chance"] for case in cases}) == 1,
    }
    print(json.dumps(answer, indent=1))
    return 1 if asked.gate and answer["ratio_by_cpu_seconds"] < MIN_SPEEDUP else 0


def time_run(scenario: Scenario, baseline: Baseline, paths: int, workers: int, engine: str) -> dict[str, float]:
    load = os.getloadavg()[0]
    with closing(create_engine(workers, engine)) as place:
        started, used = time.perf_counter(), cpu_seconds()
        run = forecast.simulate(
            scenario, paths=paths, baseline=baseline, execution=forecast.ExecutionOptions(engine=place)
        )
        seconds = time.perf_counter() - started
    used = cpu_seconds() - used
    chance = (
        run.chance(min(scenario.targets)).value if scenario.targets else run.tally("revenue", run.bridge_period).mean
    )
    return {
        "workers": workers,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(used, 2),
        "paths_per_second": round(paths / seconds),
        "load_before": round(load, 2),
        "chance": chance,
    }


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


if __name__ == "__main__":
    sys.exit(main())
