"""Chance of each target, and its spread over the other assumption cases."""

from __future__ import annotations

from forecast.analysis.findings import CaseRow, TargetRow
from forecast.plan.labels import display_label
from forecast.plan.scenario import Scenario
from forecast.plan.targets import Target
from forecast.plan.workforce import ImpliedHeadcount
from forecast.simulation.results import Simulation
from forecast.stats.intervals import Estimate


def evaluate_targets(run: Simulation, cases: tuple[CaseRow, ...]) -> tuple[TargetRow, ...]:
    """Return every target of the plan, the main target first."""
    return tuple(_target_row(run, name, cases) for name in run.scenario.targets_by_priority)


def _target_row(run: Simulation, name: str, cases: tuple[CaseRow, ...]) -> TargetRow:
    target = run.scenario.targets[name]
    chance = run.chance(name)
    at_least = target.at_least is not None
    tally = run.tallies[run.target_figure(target)]
    return TargetRow(
        name=name,
        label=target.label or display_label(run.scenario, f"targets.{name}"),
        measure=target.measure,
        period=target.period.text,
        threshold=target.threshold.value,
        direction="at_least" if at_least else "at_most",
        required_chance=target.required,
        chance=chance,
        spread=_chance_spread(chance, name, cases),
        average_shortfall=tally.average_shortfall(target.threshold.value, at_least).value,
        other_basis=_other_basis_chance(run, target),
        is_restatement=_is_restatement(run.scenario, target, name),
        place=target.place or "",
        place_name=run.geography.display_name(target.place) if run.geography and target.place else "",
    )


def _chance_spread(chance: Estimate, name: str, cases: tuple[CaseRow, ...]) -> tuple[float, float]:
    """Return the lowest and highest chance over the cases, at least as wide as the plan's simulation error."""
    case_chances = [row.chances[name].value for row in cases if name in row.chances]
    return min([chance.low, *case_chances]), max([chance.high, *case_chances])


def _other_basis_chance(run: Simulation, target: Target) -> Estimate | None:
    place_suffix = f"@{target.place}" if target.place else ""
    if (f"{target.measure}:parts{place_suffix}", target.period.text) not in run.tallies:
        return None
    return run.chance_on(target, "parts" if target.basis == "stated" else "stated")


def _is_restatement(scenario: Scenario, target: Target, name: str) -> bool:
    headcount = scenario.workforce.headcount if scenario.workforce else None
    return (
        target.measure == "productivity"
        and isinstance(headcount, ImpliedHeadcount)
        and headcount.implied_by == f"targets.{name}"
    )
