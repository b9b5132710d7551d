"""From a plan to what the chance of a target hangs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast.analysis.sensitivity import compute_sensitivity
from forecast.analysis.total_effects import TotalEffect, heads_of_plan, single_heads, total_effects
from forecast.analysis.uncertainty_sources import UncertaintySources, uncertainty_sources
from forecast.reports.decision_summary import summarise_effects, summarise_inputs, summarise_sources
from forecast.simulation.results import Simulation
from forecast.simulation.simulate import ExecutionOptions
from forecast.workflows.cases import fit_request_baseline
from forecast.workflows.run import simulate_request

if TYPE_CHECKING:
    from forecast.analysis.findings import Sensitivity
    from forecast.workflows.request import RunRequest

__all__ = ["SensitivityResult", "measure_sensitivity", "summarise_sensitivity"]


@dataclass(frozen=True)
class SensitivityResult:
    """Answer of a sensitivity analysis."""

    run: Simulation
    target: str
    inputs: Sensitivity
    """Effects that the draws of the run alone tell."""
    sources: UncertaintySources | None
    """None where nothing is uncertain."""
    heads: tuple[TotalEffect, ...]
    singles: tuple[TotalEffect, ...]
    """Each initiative and each assumption; empty where they were not asked for."""


def measure_sensitivity(request: RunRequest, target: str, *, measures_each: bool = False) -> SensitivityResult:
    """Simulate a plan and measure what a target hangs on.

    Parameters
    ----------
    request : RunRequest
        The plan, its paths and seed.
    target : str
        Name of the target.
    measures_each : bool
        Whether each initiative and each assumption is drawn again alone.

    Returns
    -------
    SensitivityResult
        Effects of inputs, sources of the uncertainty, and total effects.

    Raises
    ------
    InputError
        The plan or its data cannot be read.
    """
    run = simulate_request(request, fit_request_baseline(request), ExecutionOptions(request.workers))
    inputs = compute_sensitivity(run, target)
    assert inputs is not None  # the request keeps paths
    singles = single_heads(run.scenario, run.groups) if measures_each else []
    return SensitivityResult(
        run,
        target,
        inputs,
        uncertainty_sources(run, target),
        tuple(total_effects(run, target, heads_of_plan(run.scenario, run.groups))),
        tuple(total_effects(run, target, singles, is_single=True)) if singles else (),
    )


def summarise_sensitivity(result: SensitivityResult, plan: str) -> dict[str, Any]:
    """Summarise an answer for `--json`.

    Parameters
    ----------
    result : SensitivityResult
        The answer.
    plan : str
        Path of the plan.

    Returns
    -------
    dict
        `plan`, `seed`, `paths`, `target`, `measure`, `period`, `chance`, `grades`, `rows` and `groups` of correlated
        inputs, `rare` events, `heads` and `each`; amounts in the plan's currency, chances and shares from 0 to 1.
    """
    run, inputs = result.run, summarise_inputs(result.inputs)
    return {
        "plan": plan,
        "seed": run.seed,
        "paths": run.paths,
        "target": result.target,
        "measure": result.inputs.measure,
        "period": result.inputs.period,
        "chance": run.chance(result.target)._asdict(),
        "grades": None if result.sources is None else summarise_sources(result.sources),
        "rows": inputs.pop("fifths"),
        **inputs,
        "heads": summarise_effects(result.heads),
        "each": summarise_effects(result.singles),
    }
