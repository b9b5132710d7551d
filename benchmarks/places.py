"""Cost of a list of places: 216 communes, 3 services, 12 months, each with its own noise and its own shocks.

    python -m benchmarks.places              a table
    python -m benchmarks.places --json       {"places", "paths_per_s", "mib_above_imports", "reconcile_s", ...}
    python -m benchmarks.places --times 10   beside it a list ten times as long

`paths_per_s` is blocks simulated and tallied by one core, CPU seconds, the fastest of several; `mib_above_imports` is
the peak of the resident memory over four spans less what it was once the baseline was fitted and everything was loaded.
`reconcile_s` are CPU seconds to make and use the projection (MinT with shrinkage) of all nodes of the province, twelve
months of 100 draws.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
PLAN = ROOT / "scenarios" / "by-commune.yaml"
BLOCKS = 8


def peak_mib() -> float:
    """MiB of resident memory at its highest so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def simulate_communes(times: int, blocks: int) -> dict[str, float]:
    """The plan as shipped, or with each commune `times` over."""
    import forecast
    import forecast.reports
    from forecast.simulation.chunks import prepare_chunks, simulate_chunk
    from forecast.simulation.compiled import compile_plan
    from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
    from forecast.timeseries.baseline import fit_baseline

    scenario = forecast.read(PLAN)
    assert scenario.places is not None
    if times > 1:
        folder = Path(tempfile.mkdtemp())
        rows = Path(str(scenario.places.file)).read_text(encoding="utf-8").splitlines()
        many = [f"{n}.{row.split(',')[0]},{n}.{row.split(',')[1]}" for n in range(times) for row in rows[1:]]
        (folder / "places.csv").write_text("\n".join(["place,district", *many]) + "\n", encoding="utf-8")
        places = scenario.places.model_copy(update={"file": str(folder / "places.csv")})
        kept = {name: target for name, target in scenario.targets.items() if target.place is None}
        scenario = scenario.model_copy(update={"places": places, "targets": kept, "cases": {}})
    compiled = compile_plan(scenario, fit_baseline(scenario), 64 * PATHS_PER_BLOCK)
    loaded = peak_mib()
    work = prepare_chunks(compiled, 0, "")
    spans = max(1, blocks // work.blocks_per_chunk)
    took = []
    for span in range(spans):
        start = time.process_time()
        simulate_chunk(work, span)
        took.append((time.process_time() - start) / work.blocks_per_chunk)
    assert work.plan.places is not None
    size = work.plan.places.geography.count
    cells = size * len(scenario.services) * scenario.horizon.months
    return {
        "places": size,
        "districts": len(work.plan.places.geography.districts),
        "paths_per_s": round(PATHS_PER_BLOCK / min(took)),
        "ns_per_value": round(min(took) / PATHS_PER_BLOCK / cells * 1e9, 2),
        "mib_above_imports": round(peak_mib() - loaded, 1),
    }


def time_reconciliation() -> dict[str, float]:
    """All nodes of the province, by services and places."""
    import forecast
    from forecast.plan.geography import read_places
    from forecast.timeseries.reconciliation import fit_reconciler, grouped_hierarchy

    scenario = forecast.read(PLAN)
    assert scenario.places is not None
    geography = read_places(str(scenario.places.file), scenario.service_names)
    districts = {
        place: district.code
        for district in geography.districts
        for place in geography.places[district.start : district.stop]
    }
    hierarchy = grouped_hierarchy(districts, scenario.service_names)
    rng = np.random.default_rng(1)
    errors = rng.normal(size=(36, len(hierarchy.nodes)))
    base = np.exp(rng.normal(size=(len(hierarchy.nodes), 12, 100)))
    start = time.process_time()
    reconciled = fit_reconciler(hierarchy, "mint", errors=errors)(base)
    took = time.process_time() - start
    off = float(np.abs(hierarchy.gaps(reconciled)).max() / reconciled.max())
    return {
        "reconcile_nodes": len(hierarchy.nodes),
        "reconcile_series": len(hierarchy.bottom),
        "reconcile_s": round(took, 3),
        "incoherence": off,
    }


def measure_all(times: int) -> dict[str, Any]:
    """All figures."""
    figures: dict[str, Any] = simulate_communes(1, BLOCKS * 2)
    if times > 1:
        figures["longer_list"] = simulate_communes(times, 2)
    return {**figures, **time_reconciliation()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=1, help="beside it a list so many times as long")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    figures = measure_all(asked.times)
    if asked.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
