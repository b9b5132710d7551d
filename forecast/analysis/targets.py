"""How likely is each target, and how far does its chance move over the readings?"""

from __future__ import annotations

from forecast.analysis.findings import ReadingRow, TargetRow
from forecast.plan.labels import label_of
from forecast.plan.scenario import Scenario, by_weight
from forecast.plan.targets import Target
from forecast.plan.workforce import Implied
from forecast.simulation.simulate import Simulation
from forecast.stats.intervals import Estimate


def targets_of(run: Simulation, readings: tuple[ReadingRow, ...]) -> tuple[TargetRow, ...]:
    """Every target of the plan, in the order of `main_of`."""
    return tuple(_target(run, name, readings) for name in by_weight(run.scenario))


def _target(run: Simulation, name: str, readings: tuple[ReadingRow, ...]) -> TargetRow:
    target = run.scenario.targets[name]
    chance = run.chance(name)
    at_least = target.at_least is not None
    tally = run.tallies[run.figure(target)]
    return TargetRow(
        name=name,
        label=target.label or label_of(run.scenario, f"targets.{name}"),
        measure=target.measure,
        period=target.period.text,
        threshold=target.threshold.value,
        direction="at_least" if at_least else "at_most",
        want=target.want.value if target.want is not None else None,
        chance=chance,
        spread=_spread(chance, name, readings),
        expected_shortfall=tally.expected_shortfall(target.threshold.value, at_least).value,
        other_basis=_other_basis(run, target),
        restates=_restates(run.scenario, target, name),
        place=target.place or "",
        place_name=run.terrain.name(target.place) if run.terrain and target.place else "",
    )


def _spread(chance: Estimate, name: str, readings: tuple[ReadingRow, ...]) -> tuple[float, float]:
    """Lowest and highest over the readings, at least as wide as the simulation error of the plan's own chance."""
    over = [row.chances[name].value for row in readings if name in row.chances]
    return min([chance.low, *over]), max([chance.high, *over])


def _other_basis(run: Simulation, target: Target) -> Estimate | None:
    at = f"@{target.place}" if target.place else ""
    if (f"{target.measure}:parts{at}", target.period.text) not in run.tallies:
        return None
    return run.chance_on(target, "parts" if target.basis == "stated" else "stated")


def _restates(scenario: Scenario, target: Target, name: str) -> bool:
    people = scenario.workforce.headcount if scenario.workforce else None
    return target.measure == "productivity" and isinstance(people, Implied) and people.implied_by == f"targets.{name}"
