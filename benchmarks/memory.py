"""How much memory a simulation takes as its paths grow: the peak of a fresh process for each number of paths.

Prints one JSON object: MiB by number of paths, after the imports and at the peak, and how much the peak grows from
10^5 paths, whose values are kept, and from the least number whose values are not. `--json` is how it always prints.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

HERE = Path(__file__).parents[1]
PLAN = HERE / "scenarios" / "covid-and-floods.yaml"
MAX_GROWTH = 0.10
"""By how much the peak may grow from 10^5 to 10^7 paths."""


def main() -> int:
    from forecast.stats.tally import MAX_EXACT_PATHS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--plan", type=Path, default=PLAN)
    parser.add_argument("--most", type=int, default=10_000_000)
    parser.add_argument("--one", type=int, help="one number of paths, measured in this process")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure_peak(asked.plan, asked.one)))
        return 0
    warm_cache(asked.plan)
    counts = sorted({100_000, MAX_EXACT_PATHS + 1, 1_000_000, asked.most})
    rows = {paths: measure_in_new_process(asked.plan, paths) for paths in counts}
    peak = {paths: row["peak_mib"] for paths, row in rows.items()}
    growth = peak[asked.most] / peak[100_000] - 1
    answer = {
        "plan": asked.plan.stem,
        "paths": rows,
        "growth": round(growth, 4),
        "growth_of_histograms": round(peak[asked.most] / peak[MAX_EXACT_PATHS + 1] - 1, 4),
        "limit": MAX_GROWTH,
        "load_average": round(os.getloadavg()[0], 2),
    }
    print(json.dumps(answer, indent=1))
    return 1 if asked.gate and growth > MAX_GROWTH else 0


def warm_cache(plan: Path) -> None:
    """Leave the fits in the cache, so that no process that is measured loads the models."""
    import forecast
    from forecast.files.cache import cache_folder
    from forecast.timeseries.baseline import fit_baseline

    fit_baseline(forecast.read(plan), cache_folder())


def measure_in_new_process(plan: Path, paths: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.memory", "--plan", str(plan), "--one", str(paths)]
    done = subprocess.run(command, cwd=HERE, check=True, stdout=subprocess.PIPE)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def measure_peak(plan: Path, paths: int) -> dict[str, float]:
    import forecast
    from forecast.files.cache import cache_folder
    from forecast.timeseries.baseline import fit_baseline

    scenario = forecast.read(plan)
    baseline = fit_baseline(scenario, cache_folder())
    before = peak_mib()
    started = time.perf_counter()
    forecast.simulate(scenario, paths=paths, baseline=baseline)
    seconds = time.perf_counter() - started
    return {"before_mib": before, "peak_mib": peak_mib(), "seconds": round(seconds, 2)}


def peak_mib() -> float:
    """The peak of this process so far; on Linux without that of the process that started it, which getrusage keeps."""
    status = Path("/proc/self/status")
    if status.is_file():
        match = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.M)
        if match:
            return round(int(match[1]) / 1024, 1)
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)


if __name__ == "__main__":
    sys.exit(main())
