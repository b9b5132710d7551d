"""From a plan to the early warning of a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from forecast.analysis.triggers import EarlyWarning, early_warning
from forecast.reports.decision_summary import summarise_warning_months
from forecast.simulation.results import Simulation
from forecast.simulation.simulate import ExecutionOptions
from forecast.workflows.cases import fit_request_baseline
from forecast.workflows.run import simulate_request

if TYPE_CHECKING:
    from forecast.workflows.request import RunRequest

__all__ = ["summarise_warning", "warn_early"]


def warn_early(request: RunRequest, target: str, chances: Sequence[float]) -> tuple[Simulation, EarlyWarning | None]:
    """Simulate a plan and find the levels of its year to date at which a target has some chances.

    Parameters
    ----------
    request : RunRequest
        The plan, its paths and seed.
    target : str
        Name of the target.
    chances : sequence of float
        Chances, 0 to 1.

    Returns
    -------
    tuple of Simulation and EarlyWarning
        The run, and the levels; None where no months of the target's measure are kept.

    Raises
    ------
    InputError
        The plan or its data cannot be read.
    """
    run = simulate_request(request, fit_request_baseline(request), ExecutionOptions(request.workers))
    return run, early_warning(run, target, chances)


def summarise_warning(run: Simulation, warning: EarlyWarning, plan: str) -> dict[str, Any]:
    """Summarise an early warning for `--json`.

    Parameters
    ----------
    run : Simulation
        The simulated plan.
    warning : EarlyWarning
        Its levels.
    plan : str
        Path of the plan.

    Returns
    -------
    dict
        `plan`, `seed`, `paths`, `target`, `measure`, `chance` and `rows`, one a month and chance; amounts in the plan's
        currency, chances from 0 to 1.
    """
    return {
        "plan": plan,
        "seed": run.seed,
        "paths": run.paths,
        "target": warning.target,
        "measure": warning.measure,
        "chance": warning.chance._asdict(),
        "rows": summarise_warning_months(warning),
    }
