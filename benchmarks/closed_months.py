"""Time that closed months add to the simulation of a plan, in turn with the same plan without its books.

Five services of twelve months, correlated months, noise that is itself unsure, an initiative and storms; 3, 6 and 9
months of all services closed. The same blocks are simulated with and without the conditioning of the closed months; the
medians over the rounds of (with - without) / without, by CPU time, are printed as one JSON object. `--gate` exits 1
where one is beyond the limit.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import forecast
from forecast.simulation.block import simulate_block
from forecast.simulation.compiled import CompiledPlan, compile_plan
from forecast.simulation.conditioned import condition_plan
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.timeseries.baseline import fit_baseline

PLAN = """
name: A year of five services
as_of: AS_OF
horizon: {from: 2025-01, months: 12}
history: ledger.csv
services:
  post: {growth: 0% to 20%}
  bank: {growth: 3% to 6%}
  retail: {growth: -10% to 5%}
  cards: {growth: 2% to 12%}
  freight: {growth: -4% to 9%}
baseline: {noise: 4% to 10%, persistence: 20% to 60%, level_noise: 2% to 4%}
correlations:
  months: {between: [services.post, services.bank, services.retail, services.cards, services.freight], rank: 0.3}
initiatives:
  push: {chance: 60%, start: 2025-02-01, effect: {volume: {post: 4% to 10%}}}
shocks:
  storms:
    kind: storm
    per_year: 0.5
    season: {5: 1, 6: 1, 7: 1, 8: 1, 9: 1, 10: 1}
    classes: {big: {weight: 1, reach: 60% to 95%, days: 2 to 8, loss_share: {all: 60% to 90%}}}
targets:
  revenue: {measure: revenue, period: 2025, at_least: 6300 million}
"""
SERVICES = ("post", "bank", "retail", "cards", "freight")
SEASON = np.array([1.1, 0.9, 1.0, 1.0, 0.95, 0.95, 1.0, 1.05, 1.0, 1.0, 1.0, 1.05])
"""Months of 2024 as shares of a twelfth."""
CLOSED_MONTHS = (3, 6, 9)
PATHS, BATCH, ROUNDS = 100_000, 4, 7
MAX_SHARE = 0.3
"""Bars for the simulation of closed months, as shares of the simulation without them."""


def write_plan(folder: Path, closed: int) -> Path:
    """Write the plan and its ledger: 2024, and so many months of 2025 some percent above the same of 2024."""
    rng = np.random.default_rng(7)
    rows = ["month,service,revenue,status,booked"]
    for service in SERVICES:
        months = 1e8 * SEASON * np.exp(0.04 * rng.standard_normal((2, 12)))
        for year, count in ((2024, 12), (2025, closed)):
            for month, value in enumerate(months[year - 2024][:count], 1):
                booked = f"{year}-{month + 1:02d}-05" if month < 12 else f"{year + 1}-01-05"
                rows.append(f"{year}-{month:02d},{service},{value:.0f},actual,{booked}")
    (folder / "ledger.csv").write_text("\n".join([*rows, ""]), encoding="utf-8")
    plan = folder / "plan.yaml"
    plan.write_text(PLAN.replace("AS_OF", f"2025-{closed + 1:02d}-10"), encoding="utf-8")
    return plan


def compile_in(folder: Path, closed: int) -> CompiledPlan:
    """Compile the plan with so many closed months, its open months conditioned."""
    scenario = forecast.read(write_plan(folder, closed))
    return condition_plan(compile_plan(scenario, fit_baseline(scenario, folder / "fits"), PATHS, 1))


def simulation_seconds(plan: CompiledPlan) -> float:
    """CPU seconds of all blocks of a plan."""
    stop = -(-PATHS // PATHS_PER_BLOCK)
    started = time.process_time()
    for first in range(0, stop, BATCH):
        simulate_block(plan, range(first, min(first + BATCH, stop)))
    return time.process_time() - started


def added_share(closed: int, rounds: int = ROUNDS) -> float:
    """Time that so many closed months add, as a share of the simulation without them."""
    with tempfile.TemporaryDirectory() as folder:
        conditioned = compile_in(Path(folder), closed)
    if conditioned.conditioning is None:
        raise AssertionError("the closed months teach nothing")
    unconditioned = replace(conditioned, conditioning=None)
    turns = [(simulation_seconds(unconditioned), simulation_seconds(conditioned)) for _ in range(rounds)]
    return statistics.median(given / alone - 1 for alone, given in turns)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gate", action="store_true")
    asked = parser.parse_args()
    shares = {f"{len(SERVICES) * closed} cells": round(added_share(closed), 2) for closed in CLOSED_MONTHS}
    figures: dict[str, Any] = {**shares, "limit": MAX_SHARE, "load_average": round(os.getloadavg()[0], 2)}
    print(json.dumps(figures, indent=1))
    return 1 if asked.gate and max(shares.values()) > MAX_SHARE else 0


if __name__ == "__main__":
    sys.exit(main())
