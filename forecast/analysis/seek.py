"""Goal seeking: what would give a target its required chance, one change at a time, on common random numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecast.analysis.levers import Lever, fixed_levers, lever_variant, moving_levers, variant_within
from forecast.arrays import Bools, Floats
from forecast.plan.bilingual import Label
from forecast.plan.scenario import Scenario
from forecast.plan.targets import Target
from forecast.plan.variant import Variant, vary_plan
from forecast.simulation.model.closed_months import ClosedMonths
from forecast.simulation.results import Simulation
from forecast.simulation.side_by_side import simulate_targets, simulate_variants
from forecast.stats.bins import meets
from forecast.stats.intervals import Z975, Estimate, PairedHits, shifted_chance
from forecast.timeseries.baseline import Baseline

__all__ = ["CaseChance", "SeekRow", "SeekTable", "seek_table"]

LEVER_PATHS = 32_768
"""First paths of a run over which each lever is compared with the plan."""
MAX_MOVE = math.log(2)
"""Largest step that is tried: twice or half as much."""
FIRST_STEP = 0.02
"""Step of the first trial of a range that is moved, of its own size."""
MAX_TRIALS = 4
"""Simulations of a moved range after the first."""
BISECTIONS = 50
"""Halvings of the range of steps on interpolated paths."""
SOLVED_CHANCE = 0.0002
"""Distance from the required chance at which a search stops."""


@dataclass(frozen=True)
class CaseChance:
    """A lever under another assumption case."""

    name: str
    label: Label
    chance: float
    reaches: bool
    """True where the target has its required chance."""


@dataclass(frozen=True)
class SeekRow:
    """One change of the plan and the chance that it gives."""

    lever: Lever
    chance: Estimate
    difference: Estimate
    """Chance less that of the plan, on the same paths."""
    reaches: bool
    step: float | None = None
    """Size of a lever that has one: how far it must move, in units of its own size; of open months the share."""
    before: float | None = None
    """Median of a moved range by the plan, and after the move."""
    after: float | None = None
    cases: tuple[CaseChance, ...] = ()


@dataclass(frozen=True)
class SeekTable:
    """Everything that one could do for a target, one change at a time."""

    target: str
    required: float
    chance: Estimate
    """Chance of the target by the plan."""
    reachable: Estimate
    """Value of the target that has the required chance today, in the unit of its measure."""
    rows: tuple[SeekRow, ...]
    cases: tuple[CaseChance, ...]
    """The plan itself under its cases."""
    paths: int
    """Paths of each row."""
    case_paths: int


@dataclass(frozen=True)
class _Question:
    """A target and its required chance, asked of the first paths of a run."""

    run: Simulation
    target: str
    required: float
    paths: int
    open_from: int

    @property
    def record(self) -> Target:
        return self.run.scenario.targets[self.target]

    def variant(self, lever: Lever, step: float) -> Variant:
        """The change of a lever of some size."""
        return lever_variant(lever, self.run.scenario, step, self.open_from)

    def hits(self, values: Floats) -> Bools:
        """(paths,) whether the target is met."""
        return meets(values, self.record.threshold.value, self.record.at_least is not None)

    def simulate(self, variants: Mapping[str, Variant]) -> dict[str, Floats]:
        """By name, (paths,) the target's figure under each variant."""
        simulated = simulate_variants(self.run.scenario, self.run.baseline, variants, self.paths, self.run.seed)
        return {name: paths.values[self.target] for name, paths in simulated.items()}

    def chance(self, values: Floats, base: Floats) -> Estimate:
        """Chance of the run, moved by the difference on the first paths."""
        paired = _paired(self.hits(values), self.hits(base))
        return shifted_chance(self.run.chance(self.target), self.run.paths, paired)

    def reaches(self, chance: Estimate, step: float | None = None) -> bool:
        """True for the required chance; what was moved until it had it has it within the simulation error."""
        return (chance.value if step is None else chance.high) >= self.required


def _paired(hits: Bools, base: Bools) -> PairedHits:
    both = int(np.count_nonzero(hits & base))
    return PairedHits(len(hits), int(np.count_nonzero(hits)), int(np.count_nonzero(base)), both)


def _difference(paired: PairedHits) -> Estimate:
    """Difference of two chances over the same paths, with its 95% interval (McNemar's variance)."""
    base = paired.base_hits or 0
    value = (paired.hits - base) / paired.paths
    variance = (paired.hits + base - 2 * paired.both) / paired.paths - value**2
    half = Z975 * math.sqrt(max(variance, 0.0) / paired.paths)
    return Estimate(value, value - half, value + half)


def seek_table(
    run: Simulation,
    cases: Mapping[str, tuple[Scenario, Baseline]],
    target: str,
    required: float,
    case_paths: int,
) -> SeekTable:
    """Try everything that one could do for a target, one change at a time.

    Parameters
    ----------
    run : Simulation
        The simulated plan.
    cases : mapping of str to tuple of Scenario and Baseline
        Its other assumption cases, by name.
    target : str
        Name of the target.
    required : float
        Chance that it must have, 0 to 1.
    case_paths : int
        First paths on which the cases are simulated.

    Returns
    -------
    SeekTable
        Initiatives, ranges that are moved as far as the required chance asks, and shocks without their worst part.

    References
    ----------
    Law (2015), Simulation Modeling and Analysis, 11.2 (common random numbers).
    """
    open_from = first_open_month(run)
    first_open = run.horizon.first if open_from is None else open_from
    question = _Question(run, target, required, min(run.paths, LEVER_PATHS), first_open)
    levers = fixed_levers(run.scenario, open_from)
    names = {str(number): lever.variant for number, lever in enumerate(levers)}
    values = question.simulate({"": Variant(), **names})
    base = values.pop("")
    rows = [_row(question, lever, values[str(number)], base) for number, lever in enumerate(levers)]
    decided = [row for row in rows if row.lever.kind == "decide"]
    outside = [row for row in rows if row.lever.kind == "outside" and row.difference.value]
    earned = _moved_rows(question, moving_levers(run.scenario, open_from), base)
    by_effect = [sorted(of_kind, key=lambda row: -row.difference.value) for of_kind in (decided, earned, outside)]
    rows = [row for of_kind in by_effect for row in of_kind]
    of_rows, of_plan = _case_chances(question, rows, cases, case_paths)
    return SeekTable(
        target,
        required,
        run.chance(target),
        _reachable(run, target, required),
        tuple(replace(row, cases=chances) for row, chances in zip(rows, of_rows, strict=True)),
        of_plan,
        question.paths,
        min(case_paths, run.paths),
    )


def first_open_month(run: Simulation) -> int | None:
    """The first month of a run, from year 0, after the last that is closed; None where none of its months is."""
    last = ClosedMonths.from_books(run.baseline.booked).last_month
    return None if last is None or last < run.horizon.first else last + 1


def _reachable(run: Simulation, target: str, required: float) -> Estimate:
    """Value that has the required chance today: a quantile of the target's figure."""
    record = run.scenario.targets[target]
    share = 1 - required if record.at_least is not None else required
    return run.tally(*run.target_figure(record)).quantile(share)


def _row(question: _Question, lever: Lever, values: Floats, base: Floats, step: float | None = None) -> SeekRow:
    chance = question.chance(values, base)
    difference = _difference(_paired(question.hits(values), question.hits(base)))
    return SeekRow(lever, chance, difference, question.reaches(chance, step), step)


def _moved_rows(question: _Question, levers: Sequence[Lever], base: Floats) -> list[SeekRow]:
    """Each range moved until the target has the required chance; all of them are tried side by side."""
    by_name = {lever.names[0]: lever for lever in levers}
    trials = dict.fromkeys(by_name, (0.0, base))
    steps = dict.fromkeys(by_name, FIRST_STEP)
    sample_chance = float(question.hits(base).mean())
    goal = question.required - (question.run.chance(question.target).value - sample_chance)
    ended: dict[str, tuple[float, Floats]] = {}
    for trial in range(MAX_TRIALS + 1):
        pending = [name for name in by_name if name not in ended]
        simulated = question.simulate({name: question.variant(by_name[name], steps[name]) for name in pending})
        for name, values in simulated.items():
            distance = abs(float(question.hits(values).mean()) - goal)
            if distance <= SOLVED_CHANCE or trial == MAX_TRIALS or np.array_equal(values, trials[name][1]):
                ended[name] = steps[name], values
                continue
            step = _interpolated_step(question, goal, trials[name], (steps[name], values))
            if step == steps[name]:  # the largest, and not enough
                ended[name] = step, values
            trials[name], steps[name] = (steps[name], values), step
    return [
        _with_medians(question.run.scenario, _row(question, by_name[name], values, base, step))
        for name, (step, values) in sorted(ended.items())
        if not np.array_equal(values, base)
    ]


def _interpolated_step(
    question: _Question, goal: float, first: tuple[float, Floats], second: tuple[float, Floats]
) -> float:
    """Step at which paths on straight lines between two trials have the chance `goal`; the largest where none has."""
    (step_a, values_a), (step_b, values_b) = first, second
    slope = (values_b - values_a) / (step_b - step_a)

    def chance(step: float) -> float:
        return float(question.hits(values_a + (step - step_a) * slope).mean())

    low, high = -MAX_MOVE, MAX_MOVE
    rises = chance(high) >= chance(low)
    if not min(chance(low), chance(high)) <= goal <= max(chance(low), chance(high)):
        return high if rises == (goal > chance(high)) else low
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if (chance(middle) >= goal) == rises:
            high = middle
        else:
            low = middle
    return high if rises else low


def _with_medians(scenario: Scenario, row: SeekRow) -> SeekRow:
    """The row of a moved range with its median before and after; of several years that of the first."""
    if row.lever.change != "moved" or row.step is None:
        return row
    before = next(a for a in scenario.assumptions() if a.stream_name == row.lever.streams[0])
    return replace(row, before=before.value, after=before.moved(row.step * before.move_unit).value)


def _case_chances(
    question: _Question, rows: Sequence[SeekRow], cases: Mapping[str, tuple[Scenario, Baseline]], paths: int
) -> tuple[list[tuple[CaseChance, ...]], tuple[CaseChance, ...]]:
    """Chances of each row under each case, and those of the plan itself under each case."""
    run = question.run
    variants = {str(number): question.variant(row.lever, row.step or 0.0) for number, row in enumerate(rows)}
    asked = {name: case for name, case in cases.items() if question.target in case[0].targets}
    plans = {("", ""): (run.scenario, run.baseline)}
    for name, (scenario, baseline) in asked.items():
        plans[name, ""] = scenario, baseline
        for row, variant in variants.items():
            plans[name, row] = vary_plan(scenario, variant_within(variant, scenario)), baseline
    keys = {f"{case}/{row}": (case, row) for case, row in plans}
    simulated = simulate_targets({key: plans[keys[key]] for key in keys}, min(paths, run.paths), run.seed)
    hits = {
        keys[key]: meets(
            target_paths.values[question.target],
            target_paths.scenario.targets[question.target].threshold.value,
            target_paths.scenario.targets[question.target].at_least is not None,
        )
        for key, target_paths in simulated.items()
    }

    def under(name: str, row: str, step: float | None) -> CaseChance:
        chance = shifted_chance(run.chance(question.target), run.paths, _paired(hits[name, row], hits["", ""]))
        return CaseChance(name, asked[name][0].name, chance.value, question.reaches(chance, step))

    of_rows = [tuple(under(name, str(number), row.step) for name in asked) for number, row in enumerate(rows)]
    return of_rows, tuple(under(name, "", None) for name in asked)
