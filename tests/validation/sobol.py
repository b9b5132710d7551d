"""What would Sobol points gain, and what would they cost? A trial on a shipped plan; the engine does not use them.

The numbers that are drawn once a path (assumptions, whether something happens, common factors) come from Owen-scrambled
Sobol points, a dimension a name; months and events stay as they are. Dimensions go to names by their order, which moves
every name behind a new one, or by a hash of the name, which moves none. The gain is the variance over independent seeds
of plain draws divided by that of the points: as many times fewer paths would do.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

import forecast
from forecast.simulation.results import Simulation
from forecast.simulation.sampling import random_streams
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.timeseries.baseline import fit_baseline

ROOT = Path(__file__).parents[2]
PLAN = "covid"
PATHS = 4 * PATHS_PER_BLOCK
SEEDS = range(1, 33)
MAX_DIMENSIONS = 21_201
"""Dimensions for which direction numbers are known (Joe and Kuo 2008)."""
Words = NDArray[np.uint32]
plain = random_streams.stream


def hashed(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:4], "little")


def points(dimensions: list[int], paths: int) -> Words:
    """(paths, dimensions) the first Sobol points as 32-bit integers, before they are scrambled."""
    engine = qmc.Sobol(max(dimensions) + 1, scramble=False, bits=32)
    rows = [engine.random(256)[:, dimensions] for _ in range(paths // 256)]
    return (np.concatenate(rows) * 2.0**32).astype(np.uint32)


def reversed_bits(x: Words) -> Words:
    for shift, mask in ((1, 0x55555555), (2, 0x33333333), (4, 0x0F0F0F0F), (8, 0x00FF00FF)):
        x = ((x >> np.uint32(shift)) & np.uint32(mask)) | ((x & np.uint32(mask)) << np.uint32(shift))
    return (x >> np.uint32(16)) | (x << np.uint32(16))


def scrambled(x: Words, seed: int) -> Words:
    """Owen's nested scramble by a hash (Laine and Karras 2011)."""
    x = reversed_bits(x) + np.uint32(seed)
    for factor in (0x6C50B47C, 0xB82F1E52, 0xC7AFE638, 0x8D22F6E6):
        x = x ^ (x * np.uint32(factor))
    return reversed_bits(x)


@dataclass
class Stream:
    """A generator whose uniform numbers are a column of points."""

    plain: np.random.Generator
    column: Words | None
    name: str
    seed: int
    block: int
    seen: set[str]

    def random(self, *, out: NDArray[np.float64]) -> None:
        self.seen.add(self.name)
        if self.column is None:
            self.plain.random(out=out)
            return
        scrambled_bits = scrambled(
            self.column[self.block * PATHS_PER_BLOCK :][: len(out)], hashed(f"{self.seed} {self.name}")
        )
        np.multiply(scrambled_bits.astype(np.float64) + 0.5, 2.0**-32, out=out)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)


class Trial:
    """A plan simulated on points in place of the streams of some names."""

    def __init__(self, plan: str) -> None:
        self.scenario = forecast.read(ROOT / "scenarios" / f"{plan}.yaml")
        self.baseline = fit_baseline(self.scenario)
        self.names: set[str] = set()

    def simulate(self, seed: int, columns: Mapping[str, Words]) -> Simulation:
        def stream(seed: int, name: str, block: int, layer: int | str = 0) -> Any:
            generator = plain(seed, name, block, layer)
            return Stream(generator, columns.get(name) if layer == 0 else None, name, seed, block, self.names)

        random_streams.stream = stream
        try:
            return forecast.simulate(self.scenario, paths=PATHS, seed=seed, baseline=self.baseline)
        finally:
            random_streams.stream = plain

    def figures(self, columns: Mapping[str, Words]) -> NDArray[np.float64]:
        """(seeds, 3) the chance of the target, the mean and the P5."""
        rows = []
        for seed in SEEDS:
            run = self.simulate(seed, columns)
            tally = run.tally("revenue", "2021")
            rows.append((run.chance("revenue").value, tally.mean, tally.quantile(0.05).value))
        return np.array(rows)


def shared_dimension(pairs: int = 200) -> float:
    """Mean size of the rank correlation of two names that one dimension serves, each with its own scramble."""
    x = np.ascontiguousarray(points([7], PATHS_PER_BLOCK)[:, 0])
    correlations = []
    for pair in range(pairs):
        a, b = (scrambled(x, hashed(f"{pair} {name}")).astype(np.float64) for name in "ab")
        correlations.append(abs(np.corrcoef(a, b)[0, 1]))
    return float(np.mean(correlations))


def measured(plan: str = PLAN) -> dict[str, Any]:
    """Gains of both ways to give out dimensions, and what a hash does where two names share a dimension."""
    trial = Trial(plan)
    base = trial.figures({}).var(axis=0, ddof=1)
    names = sorted(trial.names)
    by_order = list(range(len(names)))
    by_hash = [hashed(name) % MAX_DIMENSIONS for name in names]
    result: dict[str, Any] = {
        "plan": plan,
        "paths": PATHS,
        "seeds": len(SEEDS),
        "names": len(names),
        "names_that_share_a_dimension_by_hash": len(names) - len(set(by_hash)),
        "chance_that_two_of_as_many_names_share_one": round(
            1 - float(np.prod(1 - np.arange(len(names)) / MAX_DIMENSIONS)), 3
        ),
    }
    result["rank_correlation_of_two_names_on_one_dimension"] = round(shared_dimension(), 2)
    for way, dimensions in (("by_order", by_order), ("by_hash", by_hash)):
        drawn = points(dimensions, PATHS)
        columns = {name: np.ascontiguousarray(drawn[:, i]) for i, name in enumerate(names)}
        gain = base / trial.figures(columns).var(axis=0, ddof=1)
        result[way] = dict(zip(("chance", "mean", "p5"), (round(float(g), 2) for g in gain), strict=True))
    return result


def table(result: Mapping[str, Any]) -> str:
    """In Markdown."""
    lines = ["| dimensions are given | chance | mean | P5 |", "|---|--:|--:|--:|"]
    for way, label in (("by_order", "in order of the names"), ("by_hash", "by a hash of the name")):
        gain = result[way]
        lines.append(f"| {label} | {gain['chance']:.1f} | {gain['mean']:.1f} | {gain['p5']:.1f} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plan", default=PLAN)
    asked = parser.parse_args()
    result = measured(asked.plan)
    if asked.json:
        print(json.dumps(result, indent=1))
    else:
        print(table(result))
        print({key: value for key, value in result.items() if not isinstance(value, dict)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
