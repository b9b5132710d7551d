"""Time and memory of what a decision rests on, in turn with a plain simulation of the same paths.

The plan with epidemics, floods, storms and initiatives (88 uncertain numbers). As multiples of the plain simulation, by
CPU time of this process: sensitivity from the draws, and with its sources and heads; early warning; ways to fail; goal
seeking by one lever, the table and the table with cases; the bridge between two plans; and what a report waits for.
Medians over the rounds, as one JSON object, with the peak memory above that of the plain simulation, each in a process
of its own. `--gate` exits 1 where one is beyond its limit.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import forecast
from forecast.analysis.decisions import collect_decisions
from forecast.analysis.earlier_forecasts import PlanState
from forecast.analysis.failure_modes import failure_modes
from forecast.analysis.plan_bridge import bridge_plans
from forecast.analysis.plan_causes import PlanPair
from forecast.analysis.seek import seek_table
from forecast.analysis.seek_value import seek_value
from forecast.analysis.sensitivity import SENSITIVITY_PATHS, compute_sensitivity
from forecast.analysis.total_effects import heads_of_plan, total_effects
from forecast.analysis.triggers import early_warning
from forecast.analysis.uncertainty_sources import uncertainty_sources
from forecast.plan.standing_cases import standing_cases
from forecast.simulation.results import Simulation
from forecast.timeseries.baseline import fit_baseline

PLAN, OTHER_PLAN = "scenarios/covid-and-floods.yaml", "scenarios/no-initiatives.yaml"
TARGET = "revenue"
REPORT = "report"
"""Findings that a report waits for after its answer: those of this process; the ways to fail are found beside it."""
CASE_PATHS = 16_384
ROUNDS = 3
LIMITS: Mapping[str, float] = {
    "sensitivity": 1.0,
    "sensitivity with groups": 8.0,
    "early warning": 1.0,
    "ways to fail": 1.0,
    "seek one lever": 4.0,
    "seek table": 8.0,
    "seek table with cases": 16.0,
    "bridge": 4.0,
    REPORT: 0.5,
}
"""Multiples of a plain simulation."""
MAX_MEMORY_MIB = 150


def simulate() -> Simulation:
    """The plan with its kept paths, as `forecast run` simulates it."""
    scenario = forecast.read(PLAN)
    return forecast.simulate(scenario, keep=SENSITIVITY_PATHS, baseline=fit_baseline(scenario))


def tasks(run: Simulation) -> dict[str, Callable[[], object]]:
    """By name, a call of each analysis on a simulated plan."""
    scenario, baseline = run.scenario, run.baseline
    cases = {name: (case, baseline) for name, case in (*scenario.cases.items(), *standing_cases(scenario).items())}
    other = forecast.read(OTHER_PLAN)
    states = PlanState(other, fit_baseline(other)), PlanState(scenario, baseline)
    pair = PlanPair(*states, scenario.targets[TARGET])
    threshold = scenario.targets[TARGET].threshold.value

    def sensitivity() -> None:
        compute_sensitivity(run, TARGET)

    def sensitivity_with_groups() -> None:
        compute_sensitivity(run, TARGET)
        uncertainty_sources(run, TARGET)
        total_effects(run, TARGET, heads_of_plan(scenario, run.groups))

    return {
        "sensitivity": sensitivity,
        "sensitivity with groups": sensitivity_with_groups,
        "early warning": lambda: early_warning(run, TARGET),
        "ways to fail": lambda: failure_modes(run),
        "seek one lever": lambda: seek_value(run, TARGET, 0.8, ("services.postal.growth",), "shift", None),
        "seek table": lambda: seek_table(run, {}, TARGET, 0.8, CASE_PATHS),
        "seek table with cases": lambda: seek_table(run, cases, TARGET, 0.8, CASE_PATHS),
        "bridge": lambda: bridge_plans(pair, CASE_PATHS, run.seed, (threshold, threshold)),
        REPORT: lambda: collect_decisions(run),
    }


def measure_ratios(rounds: int) -> dict[str, float]:
    """By analysis, the median over the rounds of its CPU time over that of a plain simulation in the same round."""
    run = simulate()
    calls = tasks(run)
    ratios: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        plain = _cpu_time(lambda: forecast.simulate(run.scenario, baseline=run.baseline))
        for name, call in calls.items():
            ratios[name].append(_cpu_time(call) / plain)
    return {name: round(statistics.median(values), 2) for name, values in ratios.items()}


def _cpu_time(call: Callable[[], object]) -> float:
    """Seconds of CPU of this process."""
    start = time.process_time()
    call()
    return time.process_time() - start


def measure_memory() -> dict[str, float]:
    """By analysis, its peak memory above that of the simulation alone, in MiB."""
    plain = _peak_of("")
    return {name: round(max(0.0, _peak_of(name) - plain), 1) for name in LIMITS}


def _peak_of(name: str) -> float:
    """Peak memory of a process that simulates and then analyses, in MiB."""
    command = [sys.executable, "-m", "benchmarks.decisions", "--peak-of", name]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def print_peak(name: str) -> None:
    """Print the peak memory of this process after one analysis."""
    run = simulate()
    if name:
        tasks(run)[name]()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> int:
    """Measure, print, and exit 1 where a bar is passed and a gate is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--peak-of", default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak_of is not None:
        print_peak(options.peak_of)
        return 0
    result: dict[str, Any] = {"ratios": measure_ratios(options.rounds), "memory_mib": measure_memory()}
    beyond = [name for name, limit in LIMITS.items() if result["ratios"][name] > limit]
    beyond += [f"memory of {name}" for name, peak in result["memory_mib"].items() if peak > MAX_MEMORY_MIB]
    print(json.dumps(result | {"limits": dict(LIMITS), "beyond": beyond}, indent=2))
    return 1 if options.gate and beyond else 0


if __name__ == "__main__":
    sys.exit(main())
