"""How a plan grows with its places: scenarios/national.yaml with 1, 7, 21 and 63 provinces.

    python -m benchmarks.national            a table
    python -m benchmarks.national --json     {"sizes": [{"provinces", "places", "paths_per_s", ...}], ...}
    python -m benchmarks.national --gate     exits 1 where a size lies further from the line than `MAX_OFF`

One core, CPU seconds of a block simulated and tallied, the faster of two; memory is the peak of the resident set less
what it was once everything was loaded, each size in a separate process. `us_per_path` and `us_per_path_and_place` are
the straight line through the sizes, and `worst_off` is how far the worst of them lies from it. `minutes_on_64` is
arithmetic, not a measurement: that line at 10,603 communes, for 10^6 paths, over 64 cores.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402 - after the number of threads

ROOT = Path(__file__).parents[1]
PLAN = ROOT / "scenarios" / "national.yaml"
PROVINCES = (1, 7, 21, 63)
MAX_OFF = 0.15
"""Share by which the time of a size may differ from the straight line through all."""
COMMUNES = 10_603
CORES = 64


def peak_mib() -> float:
    """MiB of resident memory at its highest so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def simulate_provinces(provinces: int, blocks: int = 2) -> dict[str, float]:
    """The first so many provinces of the list, those with the target of Hà Tĩnh left out."""
    import forecast
    import forecast.reports
    import forecast.timeseries.models
    from forecast.simulation.chunks import prepare_chunks, simulate_chunk
    from forecast.simulation.compiled import compile_plan
    from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
    from forecast.timeseries.baseline import fit_baseline

    scenario = forecast.read(PLAN)
    assert scenario.places is not None
    rows = Path(str(scenario.places.file)).read_text(encoding="utf-8").splitlines()
    first = sorted({row.split(",")[1] for row in rows[1:]})[:provinces]
    kept = [rows[0], *(row for row in rows[1:] if row.split(",")[1] in first)]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "places.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
        places = scenario.places.model_copy(update={"file": f"{folder}/places.csv"})
        targets = {name: target for name, target in scenario.targets.items() if target.place is None}
        scenario = scenario.model_copy(update={"places": places, "targets": targets})
        compiled = compile_plan(scenario, fit_baseline(scenario), 64 * PATHS_PER_BLOCK)
    loaded = peak_mib()
    work = prepare_chunks(compiled, 0, "")
    took = []
    for span in range(1, 1 + max(2, blocks // work.blocks_per_chunk)):  # of the first, a block is simulated before
        start = time.process_time()
        simulate_chunk(work, span)
        took.append((time.process_time() - start) / work.blocks_per_chunk)
    count = len(kept) - 1
    values = count * len(scenario.services) * scenario.horizon.months
    return {
        "provinces": len(first),
        "places": count,
        "paths_per_s": round(PATHS_PER_BLOCK / min(took)),
        "cpu_s_per_million_paths": round(min(took) / PATHS_PER_BLOCK * 1e6),
        "ns_per_value": round(min(took) / PATHS_PER_BLOCK / values * 1e9, 2),
        "mib_above_imports": round(peak_mib() - loaded, 1),
    }


def measure_sizes(sizes: tuple[int, ...] = PROVINCES) -> dict[str, Any]:
    """Each size in a separate process."""
    rows = []
    for size in sizes:
        command = [sys.executable, "-m", "benchmarks.national", "--provinces", str(size)]
        process = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        rows.append(json.loads(process.stdout))
    places = np.array([row["places"] for row in rows], float)
    cost = np.array([row["cpu_s_per_million_paths"] for row in rows], float)
    slope, start = np.polyfit(places, cost, 1)
    return {
        "sizes": rows,
        "us_per_path": round(float(start), 2),
        "us_per_path_and_place": round(float(slope), 4),
        "worst_off": round(float(np.abs(1 - (start + slope * places) / cost).max()), 3),
        "minutes_on_64": round(float(start + slope * COMMUNES) / CORES / 60, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--provinces", type=int, help="one size alone, as JSON")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--gate", action="store_true")
    asked = parser.parse_args()
    if asked.provinces:
        print(json.dumps(simulate_provinces(asked.provinces)))
        return 0
    results = measure_sizes()
    is_beyond = asked.gate and results["worst_off"] > MAX_OFF
    if asked.json:
        print(json.dumps(results))
        return int(is_beyond)
    for row in results["sizes"]:
        print("  ".join(f"{name} {value:>9,}" for name, value in row.items()))
    print(f"{COMMUNES:,} communes x 10^6 paths on {CORES} cores: {results['minutes_on_64']} minutes")
    return int(is_beyond)


if __name__ == "__main__":
    sys.exit(main())
