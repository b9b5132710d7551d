"""Findings that a decision rests on, added to the view of a run once its answer is given."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from forecast.workflows.cases import fit_cases

if TYPE_CHECKING:
    from forecast.reports.content.context import RunView
    from forecast.simulation.results import Simulation
    from forecast.workflows.request import RunRequest

__all__ = ["DEFAULT_REQUIRED_CHANCE", "add_decisions"]

DEFAULT_REQUIRED_CHANCE = 0.8
"""Chance that is asked where neither the call nor the target names one."""


def add_decisions(view: RunView, run: Simulation, request: RunRequest) -> RunView:
    """Add what a decision rests on to the view of a run, for which its answer need not wait.

    Parameters
    ----------
    view : RunView
        As `build_view` made it.
    run : Simulation
        Its simulation.
    request : RunRequest
        The request; where it decides, what would reach the main target is simulated too.

    Returns
    -------
    RunView
        With decisions, in its summary too.

    Raises
    ------
    InputError
        A case or its data cannot be read.
    """
    from forecast.analysis.decisions import collect_decisions
    from forecast.analysis.seek import seek_table
    from forecast.analysis.total_effects import heads_of_plan, total_effects
    from forecast.reports.decision_summary import summarise_decisions

    decisions = collect_decisions(run)
    target = run.scenario.main_target
    if request.decides and target:
        required = run.scenario.targets[target].required
        asked = DEFAULT_REQUIRED_CHANCE if required is None else required
        _, cases = fit_cases(request)
        heads = total_effects(run, target, heads_of_plan(run.scenario, run.groups))
        decisions = dataclasses.replace(
            decisions, seek=seek_table(run, cases, target, asked, request.case_paths), heads=tuple(heads)
        )
    summary = {**view.summary, **summarise_decisions(view.findings, decisions)}
    return dataclasses.replace(view, summary=summary, decisions=decisions)
