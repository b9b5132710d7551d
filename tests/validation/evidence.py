"""Write docs/evidence.md: the results of the validation commands, about ten minutes; what `proof` wrote there stays."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from tests.validation import coverage, oracles, sobol
from tests.validation.proof import EVIDENCE_PAGE, kept_section

TEXT = """# Evidence

Written by `python -m tests.validation.evidence`, never by hand. {machine}.

## Closed forms

{checks} figures whose truth is known, each of a plan in YAML, read and simulated through the public interface
([closed_forms.py](../tests/validation/closed_forms.py)):
z = (estimate − truth) / standard error. At {paths:,} paths no |z| may pass
{largest:g}; over {many} other seeds of {few:,} paths the mean of z lies within {centre} of 0 and its standard deviation
between {low} and {high}. Printed by `python -m tests.validation.oracles`. Amounts in tỷ; {wrong}.

{oracles}

Over all checks and seeds at {paths:,} paths the mean of z is {mean:+.3f}, its standard deviation {sd:.3f}
({count} values; the largest {worst:+.2f}).

## Intervals

How often a printed 95% interval covers the truth: {low_cover:.1%} to {high_cover:.1%} is required, of the
Clopper-Pearson interval at least {wide:.0%}. Printed by `python -m tests.validation.coverage`; {uncovered}.

{coverage}

## Relations between runs

[test_metamorphic.py](../tests/laws/test_metamorphic.py) draws plans and checks: order of services, a service of zero,
money times 2^k and times 1000,
shocks of no size or no rate, harder and more frequent shocks, more paths, longer horizons,
two halves that move as one, a shock that comes later, higher targets, quantiles and CVaR in order, a run after another.

{proof}## Sobol points: not used

A trial on `scenarios/{plan}.yaml`, {sobol_paths:,} paths, {seeds} seeds, by
`python -m tests.validation.sobol`: the {names}
numbers that are drawn once a path come from Owen-scrambled Sobol points. Variance of plain draws divided by theirs:

{sobol}

The gain is real, but both ways to get it break a law. In order of the names, a new assumption changes every name
after it, so plans no longer have common random numbers. By a hash of the name, some two of {names} names share one of
{most:,} dimensions with chance {share:.1%} (of 500 names, {share_500:.1%}); with a separate scramble for each, two such
names have a rank correlation of ±{together:.2f} on average where none was requested, and nothing would show it.
And s / √n is no longer the error of any figure: every printed interval would need independent scrambles. At 100,000
paths the error of a chance is a third of a hundredth, where the cases of the plan change it by tenths: more paths are
the cheaper way.
"""


def machine() -> str:
    """The one line that depends on where it was made: class of the processor, versions."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy"))
    return f"Processor {platform.machine()} ({platform.system()}), Python {platform.python_version()}, {versions}"


def rows_in(folder: Path) -> tuple[list[oracles.Row], list[oracles.Row], list[coverage.Covered], dict[str, Any]]:
    """What the three commands printed with `--json` into oracles.json, coverage.json and sobol.json."""
    printed = {name: json.loads((folder / f"{name}.json").read_text()) for name in ("oracles", "coverage", "sobol")}
    large, small = (
        [oracles.Row(**{**row, "z": tuple(row["z"])}) for row in printed["oracles"][size]]
        for size in ("large", "small")
    )
    return large, small, [coverage.Covered(**row) for row in printed["coverage"]["intervals"]], printed["sobol"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", type=Path, help="a folder with what the three commands printed with --json")
    asked = parser.parse_args()
    if asked.of:
        large, small, covered, trial = rows_in(asked.of)
    else:
        large, small = oracles.measured()
        covered, trial = coverage.measured(), sobol.measured()
    z = [value for row in large for value in row.z]
    wrong = [row.name for row, many in zip(large, small, strict=True) if not (row.agrees and many.centred)]
    outside = [row.name for row in covered if not row.holds]
    mean = sum(z) / len(z)
    share_500 = 1.0
    for used in range(500):
        share_500 *= 1 - used / sobol.MAX_DIMENSIONS
    text = TEXT.format(
        machine=machine(),
        checks=len(large),
        paths=oracles.PATHS,
        few=oracles.FEW,
        many=len(oracles.MANY_SEEDS),
        largest=oracles.LARGEST,
        centre=oracles.CENTRE,
        low=oracles.SPREAD[0],
        high=oracles.SPREAD[1],
        wrong=failure_summary(wrong, "check"),
        oracles=oracles.table(large, small, oracles.PATHS, oracles.FEW),
        mean=mean,
        sd=(sum((value - mean) ** 2 for value in z) / (len(z) - 1)) ** 0.5,
        count=len(z),
        worst=max(z, key=abs),
        low_cover=coverage.LOW,
        high_cover=coverage.HIGH,
        wide=coverage.WIDE_LOW,
        uncovered=failure_summary(outside, "interval"),
        coverage=coverage.table(covered),
        proof=kept_section(EVIDENCE_PAGE.read_text(encoding="utf-8")),  # only `proof --full` measures it
        plan=trial["plan"],
        sobol_paths=trial["paths"],
        seeds=trial["seeds"],
        names=trial["names"],
        sobol=sobol.table(trial),
        most=sobol.MAX_DIMENSIONS,
        share=trial["chance_that_two_of_as_many_names_share_one"],
        share_500=1 - share_500,
        together=trial["rank_correlation_of_two_names_on_one_dimension"],
    )
    EVIDENCE_PAGE.write_text(text, encoding="utf-8")
    print(f"{len(large)} checks, {len(wrong)} fail; {len(covered)} intervals, {len(outside)} fail")
    return 1 if wrong or outside else 0


def failure_summary(failed: list[str], noun: str) -> str:
    """How many failed."""
    return f"none of the {noun}s fails" if not failed else f"**{len(failed)} fail: {', '.join(failed)}**"


if __name__ == "__main__":
    sys.exit(main())
