"""How close a simulation comes to the cost of its random numbers, measured in turn in one process on one core.

The bound is numpy (64 bits, SFC64) drawing alone what the plan draws: a standard normal a month, service and path, a
uniform an assumption and path, one a path and process for its number of events, and for each event one for its moment
and for each of its marks. The simulation counts all its figures, and the quantiles of years and months, the expected
shortfalls and the chances are read. Prints a line a plan; `--json` the figures of `reference.yaml`, those of the
shipped plan beside them, and how many of the bare draws each part of the work takes.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import forecast
from forecast.periods import format_month
from forecast.plan.scenario import Scenario
from forecast.simulation import block
from forecast.simulation.compiled import CompiledPlan, compile_plan
from forecast.simulation.results import Simulation
from forecast.simulation.sampling import events
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler
from forecast.timeseries.baseline import Baseline, fit_baseline

HERE = Path(__file__).parent
PLANS = {"reference": HERE / "reference.yaml", "shipped": HERE.parent / "scenarios" / "covid-and-floods.yaml"}
PATHS = 1_000_000
ORDINARY_PATHS = 100_000
"""Paths of an ordinary run, whose values are kept and sorted."""
ROUNDS = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    results = {name: measure_plan(path) for name, path in PLANS.items()}
    if asked.json:
        print(json.dumps({**results["reference"], "shipped": results["shipped"]}, indent=1))
    else:
        for name, figures in results.items():
            print(
                f"{name}: {figures['ratio']} times its bare draws,"
                f" {figures['ratio_of_100000_paths']} times for {ORDINARY_PATHS:,} paths;"
                f" {figures['ns_per_path_month_service']} ns a path, month and service,"
                f" {figures['mpaths_per_s']} million paths a second; drawn a path: {figures['drawn_per_path']};"
                f" in bare draws: {figures['parts']}"
            )
    return 0


def measure_plan(plan: Path) -> dict[str, Any]:
    """Simulate and draw in turn; the least time of each, and the median of their ratios."""
    scenario = forecast.read(plan)
    with tempfile.TemporaryDirectory() as folder:
        baseline = fit_baseline(scenario, Path(folder))
    counts = count_draws(compile_plan(scenario, baseline, PATHS, 1))
    simulation_seconds, draw_seconds, ratio = compare_with_draws(scenario, baseline, PATHS, counts)
    cells = PATHS * scenario.horizon.months * len(scenario.services)
    return {
        "ratio": ratio,
        "ns_per_path_month_service": round(1e9 * simulation_seconds / cells, 2),
        "mpaths_per_s": round(PATHS / simulation_seconds / 1e6, 3),
        "ratio_of_100000_paths": compare_with_draws(scenario, baseline, ORDINARY_PATHS, counts)[2],
        "bare_ns_per_path_month_service": round(1e9 * draw_seconds / cells, 2),
        "drawn_per_path": {name: round(count, 2) for name, count in counts.items()},
        "parts": time_parts(scenario, baseline, counts),
    }


def compare_with_draws(
    scenario: Scenario, baseline: Baseline, paths: int, counts: Mapping[str, float]
) -> tuple[float, float, float]:
    """Least seconds of a simulation that is read and of its bare draws, and the median of their ratios."""

    def simulate_and_read() -> None:
        read_results(forecast.simulate(scenario, paths=paths, baseline=baseline))

    turns = [
        (elapsed_seconds(simulate_and_read), elapsed_seconds(lambda: draw_numbers(counts, paths)))
        for _ in range(ROUNDS)
    ]
    ratio = float(np.median([simulation / draws for simulation, draws in turns]))
    return min(simulation for simulation, _ in turns), min(draws for _, draws in turns), round(ratio, 2)


def read_results(run: Simulation) -> None:
    """Read the numbers of the first page of a report: quantiles of years and months, shortfalls, chances."""
    months = {format_month(month) for month in run.horizon.months}
    for (measure, period), tally in run.tallies.items():
        if measure.split(".")[0].removesuffix(":parts") in ("revenue", "productivity"):
            for p in (0.1, 0.5, 0.9) if period in months else (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95):
                tally.quantile(p)
    for name, target in run.scenario.targets.items():
        run.chance(name)
        tally = run.tally(*run.target_figure(target))
        tally.average_shortfall(target.threshold.value, target.at_least is not None)
        tally.cvar(0.05, lower=target.at_least is not None)


def time_parts(scenario: Scenario, baseline: Baseline, counts: Mapping[str, float]) -> dict[str, float]:
    """How many times the bare draws each part takes, its function timed while batches are simulated."""
    compiled = compile_plan(scenario, baseline, PATHS, 1)
    parts = {
        "normals": (Sampler, "_independent_normals"),
        "baseline": (block, "sample_baseline"),
        "shocks": (block, "sample_impacts"),
    }
    parts |= {
        "initiatives": (block, "simulate_initiatives"),
        "services": (block, "simulate_service"),
        "block": (block, "simulate_block"),
    }
    spent = dict.fromkeys(parts, 0.0)

    def clocked(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return work(*given, **named)
            finally:
                spent[name] += time.perf_counter() - started

        return timed

    kept = {name: getattr(owner, attribute) for name, (owner, attribute) in parts.items()}
    draw_seconds = 0.0
    try:
        for name, (owner, attribute) in parts.items():
            setattr(owner, attribute, clocked(name, kept[name]))
        for batch in range(1, 17):
            block.simulate_block(compiled, range(batch * compiled.batch_blocks, (batch + 1) * compiled.batch_blocks))
            draw_seconds += elapsed_seconds(lambda: draw_numbers(counts, compiled.batch_blocks * PATHS_PER_BLOCK))
    finally:
        for name, (owner, attribute) in parts.items():
            setattr(owner, attribute, kept[name])
    spent["baseline"] -= spent["normals"]
    return {name: round(value / draw_seconds, 2) for name, value in spent.items()}


def count_draws(compiled: CompiledPlan) -> dict[str, float]:
    """How many numbers of each kind a path takes, counted in the first blocks."""
    counts = {"normals": 0, "uniforms": 0, "of_events": 0}
    normals, filled, mark = Sampler._independent_normals, Sampler.sample_by_block, events._hash_uniform

    def counting_normals(self: Sampler, name: str, years: range) -> Any:
        counts["normals"] += 12 * len(years) * self.paths
        return normals(self, name, years)

    def counting_filled(self: Sampler, *given: Any) -> Any:
        counts["uniforms"] += self.paths
        return filled(self, *given)

    def counting_marks(ticket: Any, name: str) -> Any:
        counts["of_events"] += ticket.shape[1]
        return mark(ticket, name)

    try:
        Sampler._independent_normals, Sampler.sample_by_block = counting_normals, counting_filled  # type: ignore[method-assign,assignment]
        events._hash_uniform = counting_marks  # type: ignore[assignment]
        result = block.simulate_block(compiled, range(compiled.batch_blocks))
    finally:
        Sampler._independent_normals, Sampler.sample_by_block, events._hash_uniform = normals, filled, mark  # type: ignore[method-assign]
    paths = len(next(iter(result.figures.values())))
    return {name: count / paths for name, count in counts.items()}


def draw_numbers(counts: Mapping[str, float], paths: int) -> None:
    """Numpy alone, in pieces that stay in its cache."""
    numbers = np.random.Generator(np.random.SFC64(1))
    for name, count in counts.items():
        draw: Callable[[int], Any] = numbers.standard_normal if name == "normals" else numbers.random
        for _ in range(round(count * paths / PATHS_PER_BLOCK)):
            draw(PATHS_PER_BLOCK)


def elapsed_seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    raise SystemExit(main())
