"""Do simulated numbers agree with closed forms? z = (estimate - truth) / standard error, for every check.

At 10^6 paths |z| <= 5 for each of a few seeds; over 40 seeds of fewer paths the mean of z lies within 0.6 of 0 and its
standard deviation between 0.7 and 1.35. Exits 1 when one does not. `--quick` takes fewer paths.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from tests.validation.closed_forms import Oracle, oracles

PATHS = 1_000_000
SEEDS = (1, 2, 3)
FEW = 16_384
MANY_SEEDS = range(101, 141)
LARGEST, CENTRE, SPREAD = 5.0, 0.6, (0.7, 1.35)


@dataclass(frozen=True)
class Row:
    """One check over some seeds."""

    plan: str
    name: str
    truth: float
    estimate: float
    """Of the first seed."""
    error: float
    """Its standard error."""
    z: tuple[float, ...]
    """By seed."""

    @property
    def largest(self) -> float:
        """The z furthest from 0."""
        return max(self.z, key=abs)

    @property
    def agrees(self) -> bool:
        """No seed beyond the gate."""
        return abs(self.largest) <= LARGEST

    @property
    def centred(self) -> bool:
        """Over many seeds: neither biased, nor errors that are too small or too large."""
        return abs(self.mean) <= CENTRE and SPREAD[0] <= self.sd <= SPREAD[1]

    @property
    def mean(self) -> float:
        """Of z."""
        return float(np.mean(self.z))

    @property
    def sd(self) -> float:
        """Of z."""
        return float(np.std(self.z, ddof=1))


def rows_of(oracle: Oracle, paths: int, seeds: Iterable[int]) -> list[Row]:
    """All checks of one plan."""
    estimates = []
    for seed in seeds:
        run = oracle.simulate(paths, seed)
        estimates.append([check.find(run) for check in oracle.checks])
    return [
        Row(
            oracle.name,
            check.name,
            check.truth,
            estimates[0][i].value,
            estimates[0][i].error,
            tuple((by_seed[i].value - check.truth) / by_seed[i].error for by_seed in estimates),
        )
        for i, check in enumerate(oracle.checks)
    ]


def measured(paths: int = PATHS, few: int = FEW) -> tuple[list[Row], list[Row]]:
    """Every check at many paths for a few seeds, and at fewer for many."""
    large: list[Row] = []
    small: list[Row] = []
    for oracle in oracles():
        large += rows_of(oracle, paths, SEEDS)
        small += rows_of(oracle, few, MANY_SEEDS)
        print(f"{len(large)} checks: {oracle.name}", file=sys.stderr)
    return large, small


def table(large: list[Row], small: list[Row], paths: int, few: int) -> str:
    """In Markdown."""
    lines = [
        f"| plan | check | truth | estimate | error | z of {len(SEEDS)} seeds, {paths:,} paths "
        f"| mean and sd of z, {len(MANY_SEEDS)} seeds, {few:,} paths |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for row, many in zip(large, small, strict=True):
        z = ", ".join(f"{value:+.2f}" for value in row.z)
        mark = "" if row.agrees and many.centred else " **fails**"
        lines.append(
            f"| {row.plan} | {row.name} | {row.truth:.6g} | {row.estimate:.6g} | {row.error:.2g} | {z} "
            f"| {many.mean:+.2f}, {many.sd:.2f}{mark} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="100,000 paths, and 4,096 for 40 seeds")
    asked = parser.parse_args()
    paths, few = (100_000, 4_096) if asked.quick else (PATHS, FEW)
    large, small = measured(paths, few)
    wrong = sorted({row.name for row in large if not row.agrees} | {row.name for row in small if not row.centred})
    if asked.json:
        rows = {"large": [asdict(row) for row in large], "small": [asdict(row) for row in small]}
        print(json.dumps({"paths": paths, "few": few, **rows, "wrong": wrong}, indent=1))
    else:
        print(table(large, small, paths, few))
        print(f"\n{len(large)} checks, {len(wrong)} beyond the gates: {', '.join(wrong) or 'none'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
