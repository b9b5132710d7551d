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
from forecast.periods import month_text
from forecast.plan.scenario import Scenario
from forecast.simulation import block
from forecast.simulation.compiled import Deck, deck_of
from forecast.simulation.sampling import events
from forecast.simulation.sampling.random_streams import BLOCK, Draws
from forecast.simulation.simulate import Simulation
from forecast.timeseries.baseline import Baseline, baseline_of

HERE = Path(__file__).parent
PLANS = {"reference": HERE / "reference.yaml", "shipped": HERE.parent / "scenarios" / "covid-and-floods.yaml"}
PATHS = 1_000_000
FEW = 100_000
"""Paths of an ordinary run, whose values are kept and sorted."""
TURNS = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = {name: measured(path) for name, path in PLANS.items()}
    if asked.json:
        print(json.dumps({**found["reference"], "shipped": found["shipped"]}, indent=1))
    else:
        for name, figures in found.items():
            print(
                f"{name}: {figures['ratio']} times its bare draws,"
                f" {figures['ratio_of_100000_paths']} times for {FEW:,} paths;"
                f" {figures['ns_per_path_month_service']} ns a path, month and service,"
                f" {figures['mpaths_per_s']} million paths a second; drawn a path: {figures['drawn_per_path']};"
                f" in bare draws: {figures['parts']}"
            )
    return 0


def measured(plan: Path) -> dict[str, Any]:
    """Play and draw in turn; the least of the readings of each, and the median of their ratios."""
    scenario = forecast.read(plan)
    with tempfile.TemporaryDirectory() as folder:
        baseline = baseline_of(scenario, Path(folder))
    counts = drawn(deck_of(scenario, baseline, PATHS, 1))
    whole, alone, ratio = in_turn(scenario, baseline, PATHS, counts)
    cells = PATHS * scenario.horizon.months * len(scenario.services)
    return {
        "ratio": ratio,
        "ns_per_path_month_service": round(1e9 * whole / cells, 2),
        "mpaths_per_s": round(PATHS / whole / 1e6, 3),
        "ratio_of_100000_paths": in_turn(scenario, baseline, FEW, counts)[2],
        "bare_ns_per_path_month_service": round(1e9 * alone / cells, 2),
        "drawn_per_path": {name: round(count, 2) for name, count in counts.items()},
        "parts": parts(scenario, baseline, counts),
    }


def in_turn(
    scenario: Scenario, baseline: Baseline, paths: int, counts: Mapping[str, float]
) -> tuple[float, float, float]:
    """Least seconds of a simulation that is read and of its bare draws, and the median of their ratios."""

    def whole() -> None:
        read(forecast.simulate(scenario, paths=paths, baseline=baseline))

    turns = [(seconds(whole), seconds(lambda: bare(counts, paths))) for _ in range(TURNS)]
    ratio = float(np.median([one / other for one, other in turns]))
    return min(one for one, _ in turns), min(other for _, other in turns), round(ratio, 2)


def read(run: Simulation) -> None:
    """What the first page of a report says in numbers: quantiles of years and months, shortfalls, chances."""
    months = {month_text(month) for month in run.horizon.months}
    for (measure, period), tally in run.tallies.items():
        if measure.split(".")[0].removesuffix(":parts") in ("revenue", "productivity"):
            for p in (0.1, 0.5, 0.9) if period in months else (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95):
                tally.quantile(p)
    for name, target in run.scenario.targets.items():
        run.chance(name)
        tally = run.tally(*run.figure(target))
        tally.expected_shortfall(target.threshold.value, target.at_least is not None)
        tally.cvar(0.05, lower=target.at_least is not None)


def parts(scenario: Scenario, baseline: Baseline, counts: Mapping[str, float]) -> dict[str, float]:
    """How many times the bare draws each part takes, of batches that are played with a clock at its doors."""
    deck = deck_of(scenario, baseline, PATHS, 1)
    doors = {"normals": (Draws, "_own_normals"), "calm": (block, "calm_of"), "shocks": (block, "_struck")}
    doors |= {"initiatives": (block, "act"), "trade": (block, "trade_of"), "whole": (block, "play")}
    spent = dict.fromkeys(doors, 0.0)

    def clocked(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return work(*given, **named)
            finally:
                spent[name] += time.perf_counter() - started

        return timed

    kept = {name: getattr(owner, attribute) for name, (owner, attribute) in doors.items()}
    alone = 0.0
    try:
        for name, (owner, attribute) in doors.items():
            setattr(owner, attribute, clocked(name, kept[name]))
        for batch in range(1, 17):
            block.play(deck, range(batch * deck.batch, (batch + 1) * deck.batch))
            alone += seconds(lambda: bare(counts, deck.batch * BLOCK))
    finally:
        for name, (owner, attribute) in doors.items():
            setattr(owner, attribute, kept[name])
    spent["calm"] -= spent["normals"]
    return {name: round(value / alone, 2) for name, value in spent.items()}


def drawn(deck: Deck) -> dict[str, float]:
    """How many numbers of each kind a path takes, counted in the first blocks."""
    counts = {"normals": 0, "uniforms": 0, "of_events": 0}
    normals, filled, mark = Draws._own_normals, Draws.by_block, events._uniform

    def counting_normals(self: Draws, name: str, months: int) -> Any:
        counts["normals"] += months * self.paths
        return normals(self, name, months)

    def counting_filled(self: Draws, *given: Any) -> Any:
        counts["uniforms"] += self.paths
        return filled(self, *given)

    def counting_marks(ticket: Any, name: str) -> Any:
        counts["of_events"] += ticket.shape[1]
        return mark(ticket, name)

    try:
        Draws._own_normals, Draws.by_block = counting_normals, counting_filled  # type: ignore[method-assign,assignment]
        events._uniform = counting_marks  # type: ignore[assignment]
        played = block.play(deck, range(deck.batch))
    finally:
        Draws._own_normals, Draws.by_block, events._uniform = normals, filled, mark  # type: ignore[method-assign]
    paths = len(next(iter(played.figures.values())))
    return {name: count / paths for name, count in counts.items()}


def bare(counts: Mapping[str, float], paths: int) -> None:
    """Numpy alone, in pieces that stay in its cache."""
    numbers = np.random.Generator(np.random.SFC64(1))
    for name, count in counts.items():
        draw: Callable[[int], Any] = numbers.standard_normal if name == "normals" else numbers.random
        for _ in range(round(count * paths / BLOCK)):
            draw(BLOCK)


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    raise SystemExit(main())
