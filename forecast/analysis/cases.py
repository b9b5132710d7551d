"""Chance of each target in another case of the plan, compared with the plan on the same paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.analysis.findings import CaseRow
from forecast.arrays import Bools
from forecast.plan.bilingual import Label
from forecast.simulation.results import Simulation
from forecast.simulation.side_by_side import TargetPaths
from forecast.stats.bins import meets
from forecast.stats.intervals import PairedHits, binomial_interval, shifted_chance

__all__ = ["SimulatedCase", "evaluate_case"]


@dataclass(frozen=True)
class SimulatedCase:
    """One other case of a plan over the first paths of a run."""

    name: str
    label: Label
    hits: Mapping[str, PairedHits]
    """By target of the case, the paths in which it is met, and those in which the plan meets its own."""


def evaluate_case(name: str, case: TargetPaths, plan: TargetPaths) -> SimulatedCase:
    """Count the paths that meet each target in a case and in the plan.

    Parameters
    ----------
    name : str
        Name of the case.
    case : TargetPaths
        The targets of the case, with the seed and the number of paths of `plan`.
    plan : TargetPaths
        Those of the plan that the case belongs to.

    Returns
    -------
    SimulatedCase
        Label of the case, and the hits of each target that it still has.
    """
    scenario = case.scenario
    label = scenario.name if scenario.name != plan.scenario.name else _label_from_name(name)
    plan_hits = {target: _hits(plan, target) for target in plan.scenario.targets}
    paired = {target: _paired(_hits(case, target), plan_hits.get(target)) for target in sorted(scenario.targets)}
    return SimulatedCase(name, label, paired)


def _hits(plan: TargetPaths, name: str) -> Bools:
    """(paths,) whether a target is met."""
    target = plan.scenario.targets[name]
    return meets(plan.values[name], target.threshold.value, target.at_least is not None)


def _paired(case: Bools, plan: Bools | None) -> PairedHits:
    count = int(np.count_nonzero(case))
    if plan is None:
        return PairedHits(len(case), count)
    return PairedHits(len(case), count, int(np.count_nonzero(plan)), int(np.count_nonzero(case & plan)))


def case_row(run: Simulation, case: SimulatedCase) -> CaseRow:
    """Return the chances of a case: those of the run, moved by the difference on the first paths.

    What a case does not touch has exactly the chance of the run; a target that the plan lacks, that of the case alone.
    """
    chances = {}
    for target, hits in case.hits.items():
        if hits.base_hits is None:
            chances[target] = binomial_interval(hits.hits, hits.paths)
        else:
            chances[target] = shifted_chance(run.chance(target), run.paths, hits)
    return CaseRow(case.name, case.label, chances, max((hits.paths for hits in case.hits.values()), default=0))


def _label_from_name(name: str) -> Label:
    """`stated_base` as "Stated base", in both languages."""
    text = name.replace("_", " ")
    text = text[:1].upper() + text[1:]
    return Label(vi=text, en=text)
