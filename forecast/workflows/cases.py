"""The baseline of a request and of its cases, and the cases themselves over the first paths of the plan."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from forecast.workflows.publish import raise_if_data_changed
from forecast.workflows.request import RunRequest

if TYPE_CHECKING:
    from forecast.analysis.cases import SimulatedCase
    from forecast.engines.engine import Engine
    from forecast.plan.scenario import Scenario
    from forecast.timeseries.baseline import Baseline

__all__ = ["fit_cases", "fit_request_baseline", "simulate_cases"]


def fit_request_baseline(request: RunRequest, cluster: Engine | None = None) -> Baseline:
    """Fit the baseline of a request, or restore it.

    Parameters
    ----------
    request : RunRequest
        The plan, its fits and its cache.
    cluster : Engine, optional
        Engine that fits; this process by default.

    Returns
    -------
    Baseline
        The fitted baseline.

    Raises
    ------
    InputError
        The history is faulty.
    """
    from forecast.timeseries.baseline import fit_baseline

    return fit_baseline(request.scenario, cache=request.cache, pinned_fits=request.pinned_fits, engine=cluster)


def simulate_cases(request: RunRequest) -> tuple[SimulatedCase, ...]:
    """Simulate the cases of a plan, its own and the standing ones, over the first paths of the plan itself.

    Parameters
    ----------
    request : RunRequest
        The plan with its cases.

    Returns
    -------
    tuple of SimulatedCase
        The plan's own in the order of their names, then the standing ones.

    Raises
    ------
    InputError
        A case or its data cannot be read, or a data file changed meanwhile.
    """
    from forecast.analysis.cases import evaluate_case
    from forecast.simulation.side_by_side import simulate_targets

    plan = request.scenario
    baseline, cases = fit_cases(request)
    if not cases:
        return ()
    simulated = simulate_targets({"": (plan, baseline), **cases}, request.case_paths, request.seed)
    for name in plan.cases:
        raise_if_data_changed(simulated[name], request.inputs)
    return tuple(evaluate_case(name, simulated[name], simulated[""]) for name in cases)


def fit_cases(request: RunRequest) -> tuple[Baseline, dict[str, tuple[Scenario, Baseline]]]:
    """Fit the baseline of a plan and those of its cases.

    Parameters
    ----------
    request : RunRequest
        The plan with its cases.

    Returns
    -------
    tuple of Baseline and dict of str to tuple of Scenario and Baseline
        That of the plan; and by name its own cases in the order of their names, then the standing ones, which have the
        fits of the plan: a doubt is no other history.

    Raises
    ------
    InputError
        A case or its data cannot be read.
    """
    from forecast.plan.standing_cases import standing_cases

    plan = request.scenario
    baseline = _fit_case(plan, request)
    standing = standing_cases(plan) if plan.targets else {}
    of_plan = {
        name: (case, baseline if _has_baseline_of(plan, case) else _fit_case(case, request))
        for name, case in sorted(plan.cases.items())
    }
    return baseline, of_plan | {name: (case, baseline) for name, case in standing.items()}


def _fit_case(case: Scenario, request: RunRequest) -> Baseline:
    """The baseline of a case of a request, from the fits that are stored with it."""
    return fit_request_baseline(dataclasses.replace(request, scenario=case, pinned_fits=None))


_WITHOUT_BASELINE = ("name", "cases", "targets", "decisions", "initiatives", "workforce")
"""Parts of a plan of which no history and no baseline knows."""


def _has_baseline_of(plan: Scenario, case: Scenario) -> bool:
    """True where a case differs from its plan in nothing that a baseline is made of."""
    return case.model_copy(update={part: getattr(plan, part) for part in _WITHOUT_BASELINE}) == plan
