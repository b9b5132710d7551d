"""From a plan to what would give a target its required chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast.analysis.seek import SeekTable, seek_table
from forecast.analysis.seek_value import SeekMode, SoughtValue, seek_value
from forecast.reports.decision_summary import summarise_levers
from forecast.simulation.results import Simulation
from forecast.simulation.simulate import ExecutionOptions
from forecast.workflows.cases import fit_cases
from forecast.workflows.run import simulate_request

if TYPE_CHECKING:
    from forecast.workflows.request import RunRequest

__all__ = ["SeekQuestion", "SeekResult", "seek", "summarise_seek"]


@dataclass(frozen=True)
class SeekQuestion:
    """A target, the chance that it must have, and what may be changed."""

    target: str
    required: float
    names: tuple[str, ...] = ()
    """Dotted names of what is changed together; empty for the table of all levers."""
    modes: tuple[SeekMode, ...] = ("sure", "shift")
    ends: tuple[float, float] | None = None
    """Ends of the search in base units."""


@dataclass(frozen=True)
class SeekResult:
    """Answer of a goal seek."""

    run: Simulation
    question: SeekQuestion
    table: SeekTable | None
    values: tuple[SoughtValue, ...]
    """For each mode, the value of what was named."""

    @property
    def is_reachable(self) -> bool:
        """True where something gives the target its required chance, or it has it already."""
        if self.table is not None:
            return self.table.chance.value >= self.question.required or any(row.reaches for row in self.table.rows)
        return any(value.is_reachable for value in self.values)


def seek(request: RunRequest, question: SeekQuestion) -> SeekResult:
    """Simulate a plan and find what would give a target its required chance.

    Parameters
    ----------
    request : RunRequest
        The plan, its paths and seed.
    question : SeekQuestion
        What is asked.

    Returns
    -------
    SeekResult
        The table of all levers, or the values of what was named.

    Raises
    ------
    InputError
        The plan or its data cannot be read.
    """
    baseline, cases = fit_cases(request)
    run = simulate_request(request, baseline, ExecutionOptions(request.workers))
    if not question.names:
        return SeekResult(
            run, question, seek_table(run, cases, question.target, question.required, request.case_paths), ()
        )
    values = tuple(
        seek_value(run, question.target, question.required, question.names, mode, question.ends)
        for mode in question.modes
    )
    return SeekResult(run, question, None, values)


def summarise_seek(result: SeekResult, plan: str) -> dict[str, Any]:
    """Summarise an answer for `--json`.

    Parameters
    ----------
    result : SeekResult
        The answer.
    plan : str
        Path of the plan.

    Returns
    -------
    dict
        `plan`, `seed`, `paths`, `target`, `required_chance`, `chance` and `rows`, for the table of all levers also
        `target_with_required_chance`; amounts in the plan's currency, chances from 0 to 1.
    """
    run, question = result.run, result.question
    head = {
        "plan": plan,
        "seed": run.seed,
        "paths": run.paths,
        "target": question.target,
        "required_chance": question.required,
        "chance": run.chance(question.target)._asdict(),
    }
    if result.table is not None:
        reachable = {"target_with_required_chance": result.table.reachable._asdict()}
        return {**head, **reachable, "rows": summarise_levers(result.table)}
    return {**head, "rows": [row for value in result.values for row in _value_rows(value)]}


def _value_rows(sought: SoughtValue) -> Sequence[dict[str, Any]]:
    common = {"name": ", ".join(sought.names), "mode": sought.mode, "from": sought.low, "to": sought.high}
    best = {"best": {"at": sought.best[0], "chance": sought.best[1]._asdict()}}
    if not sought.roots:
        return [{**common, "value": None, "low": None, "high": None, "everywhere": sought.is_everywhere, **best}]
    return [
        {
            **common,
            **root.value._asdict(),
            "chance": root.chance._asdict(),
            "values": dict(sought.values_at_root),
            **best,
        }
        for root in sought.roots
    ]
