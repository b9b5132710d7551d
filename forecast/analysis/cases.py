"""Chance of each target in another case of the plan."""

from __future__ import annotations

from forecast.analysis.findings import CaseRow
from forecast.plan.record import Label
from forecast.plan.scenario import Scenario
from forecast.simulation.simulate import Simulation

__all__ = ["evaluate_case"]


def evaluate_case(name: str, scenario: Scenario, run: Simulation) -> CaseRow:
    """Chance of each target in one case.

    Parameters
    ----------
    name : str
        Name of the case in the plan.
    scenario : Scenario
        The plan that the case belongs to.
    run : Simulation
        The simulated case, with the seed of the plan.

    Returns
    -------
    CaseRow
        Label of the case and the chance of each target that it still has.
    """
    case = run.scenario
    label = case.name if case.name != scenario.name else _label_from_name(name)
    return CaseRow(name, label, {target: run.chance(target) for target in sorted(case.targets)})


def _label_from_name(name: str) -> Label:
    """`stated_base` as "Stated base", in both languages."""
    text = name.replace("_", " ")
    text = text[:1].upper() + text[1:]
    return Label(vi=text, en=text)
