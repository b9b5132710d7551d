"""Chance of each target in every other case of the plan, with common random numbers."""

from __future__ import annotations

from pathlib import Path

from forecast.analysis.findings import CaseRow
from forecast.plan.record import Label
from forecast.plan.scenario import Scenario
from forecast.simulation.simulate import ProgressCallback, simulate
from forecast.timeseries.baseline import fit_baseline

MAX_CASE_PATHS = 16_384
"""Paths of a case: four blocks of the run's own luck; their simulation error is printed with them."""


def simulate_cases(
    scenario: Scenario, *, paths: int, seed: int, cache: Path | None = None, progress: ProgressCallback | None = None
) -> tuple[CaseRow, ...]:
    """Play every case on the luck of a run and give the chance of each target that it still has."""
    rows = []
    for done, name in enumerate(sorted(scenario.cases)):
        case = scenario.cases[name]
        baseline = fit_baseline(case, cache)
        run = simulate(case, paths=min(paths, MAX_CASE_PATHS), seed=seed, every_place=False, baseline=baseline)
        chances = {target: run.chance(target) for target in sorted(case.targets)}
        rows.append(CaseRow(name, case.name if case.name != scenario.name else _case_label(name), chances))
        if progress is not None:
            progress(done + 1, len(scenario.cases))
    return tuple(rows)


def _case_label(name: str) -> Label:
    text = name.replace("_", " ")
    return Label(vi=text[:1].upper() + text[1:], en=text[:1].upper() + text[1:])
