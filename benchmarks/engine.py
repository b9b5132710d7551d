"""How close a simulation comes to the cost of its random numbers, measured in turn in one process on one core.

The bound is numpy (64 bits, SFC64) drawing alone what the plan draws: a standard normal a month, service and path, a
uniform an assumption and path, and for each event a uniform for its path, its moment and each of its marks. Prints a
line a plan; `--json` the figures of `reference.yaml`, those of the shipped plan beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import forecast
from forecast.baseline import baseline_of
from forecast.block import Deck, play
from forecast.draws import Draws, Events
from forecast.simulation import deck_of

HERE = Path(__file__).parent
PLANS = {"reference": HERE / "reference.yaml", "shipped": HERE.parent / "scenarios" / "covid-and-floods.yaml"}
PATHS = 100_000
TURNS = 7


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
                f" {figures['ns_per_path_month_service']} ns a path, month and service,"
                f" {figures['mpaths_per_s']} million paths a second; drawn a path: {figures['drawn_per_path']}"
            )
    return 0


def measured(plan: Path) -> dict[str, Any]:
    """Play and draw in turn; the least of the readings of each, and the median of their ratios."""
    scenario = forecast.read(plan)
    with tempfile.TemporaryDirectory() as folder:
        baseline = baseline_of(scenario, Path(folder))
    counts = drawn(deck_of(scenario, baseline, PATHS, 1))
    turns = [
        (seconds(lambda: forecast.simulate(scenario, paths=PATHS, baseline=baseline)), seconds(lambda: bare(counts)))
        for _ in range(TURNS)
    ]
    whole, alone = (min(column) for column in zip(*turns, strict=True))
    cells = PATHS * scenario.horizon.months * len(scenario.services)
    return {
        "ratio": round(float(np.median([one / other for one, other in turns])), 2),
        "ns_per_path_month_service": round(1e9 * whole / cells, 2),
        "mpaths_per_s": round(PATHS / whole / 1e6, 3),
        "bare_ns_per_path_month_service": round(1e9 * alone / cells, 2),
        "drawn_per_path": {name: round(count / PATHS, 2) for name, count in counts.items()},
    }


def drawn(deck: Deck) -> dict[str, int]:
    """How many numbers of each kind the paths of a deck take, counted in its first block."""
    counts = {"normals": 0, "uniforms": 0, "of_events": 0}
    normals, uniform, events, mark = Draws._own_normals, Draws._own_uniform, Draws.events, Events.uniform

    def counting_normals(self: Draws, name: str, months: int) -> Any:
        counts["normals"] += months
        return normals(self, name, months)

    def counting_uniforms(self: Draws, name: str) -> Any:
        counts["uniforms"] += 1
        return uniform(self, name)

    def counting_events(self: Draws, *asked: Any) -> Events:
        found = events(self, *asked)
        counts["of_events"] += 2 * len(found)
        return found

    def counting_marks(self: Events, name: str) -> Any:
        counts["of_events"] += len(self)
        return mark(self, name)

    try:
        Draws._own_normals, Draws._own_uniform = counting_normals, counting_uniforms  # type: ignore[method-assign]
        Draws.events, Events.uniform = counting_events, counting_marks  # type: ignore[method-assign,assignment]
        block = len(next(iter(play(deck, range(1)).figures.values())))
    finally:
        Draws._own_normals, Draws._own_uniform = normals, uniform  # type: ignore[method-assign]
        Draws.events, Events.uniform = events, mark  # type: ignore[method-assign]
    by_path = {name: counts[name] * PATHS for name in ("normals", "uniforms")}
    return {**by_path, "of_events": counts["of_events"] * PATHS // block}


def bare(counts: dict[str, int]) -> None:
    """Numpy alone, in pieces that stay in its cache."""
    numbers = np.random.Generator(np.random.SFC64(1))
    for name, count in counts.items():
        draw: Callable[[int], Any] = numbers.standard_normal if name == "normals" else numbers.random
        for _ in range(count // 4096):
            draw(4096)


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    raise SystemExit(main())
