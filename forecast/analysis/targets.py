"""How likely is each target, and how far does its chance move over the readings?"""

from __future__ import annotations

from pathlib import Path

from forecast.analysis.findings import ReadingRow, TargetRow
from forecast.plan.labels import label_of
from forecast.plan.record import Label
from forecast.plan.scenario import Scenario, Target, by_weight
from forecast.plan.workforce import Implied
from forecast.simulation.simulate import Progress, Simulation, simulate
from forecast.stats.intervals import Estimate
from forecast.timeseries.baseline import baseline_of

READING_PATHS = 16_384
"""Paths of a reading: four blocks of the run's own luck; their simulation error is printed with them."""


def readings_of(
    scenario: Scenario, *, paths: int, seed: int, cache: Path | None = None, progress: Progress | None = None
) -> tuple[ReadingRow, ...]:
    """Play every reading on the luck of a run and give the chance of each target that it still has."""
    rows = []
    for done, name in enumerate(sorted(scenario.readings)):
        reading = scenario.readings[name]
        baseline = baseline_of(reading, cache)
        played = simulate(reading, paths=min(paths, READING_PATHS), seed=seed, every_place=False, baseline=baseline)
        chances = {target: played.chance(target) for target in sorted(reading.targets)}
        rows.append(ReadingRow(name, reading.name if reading.name != scenario.name else _label(name), chances))
        if progress is not None:
            progress(done + 1, len(scenario.readings))
    return tuple(rows)


def _label(name: str) -> Label:
    text = name.replace("_", " ")
    return Label(vi=text[:1].upper() + text[1:], en=text[:1].upper() + text[1:])


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
