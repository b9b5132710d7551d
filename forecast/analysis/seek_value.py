"""Goal seeking by name: the value of one assumption, or of several together, at which a target has a chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from forecast.arrays import Bools, Floats
from forecast.plan.assumption import BOUNDS_BY_TYPE, Assumption
from forecast.plan.record import FrozenDict
from forecast.plan.scenario import Scenario
from forecast.plan.variant import Variant
from forecast.plan.yearly_changes import parts_of_change
from forecast.simulation.results import Simulation
from forecast.simulation.side_by_side import simulate_variants
from forecast.stats.bins import meets
from forecast.stats.intervals import Z975, Estimate, binomial_interval

__all__ = ["SeekMode", "SeekRoot", "SoughtValue", "search_ends", "seek_value", "sought_assumptions"]

SeekMode = Literal["sure", "shift"]
"""`sure`: known to have the value; `shift`: its range moves until its median has the value, and keeps its width."""
GRID_POINTS = 9
"""Values that are tried first, evenly between the ends."""
GRID_PATHS = 16_384
"""First paths of a run on which a root is bracketed."""
MAX_SOLVE_PATHS = 1_000_000
"""First paths of a run on which a root is solved."""
MAX_REFINEMENTS = 30
"""Halvings of a bracket on the paths of the grid."""
NARROW_CHANCE = 0.01
"""Distance from the required chance within which a bracket is narrow enough to be solved on all paths."""
SOLVED_ERROR = 0.25
"""Distance from the required chance, in standard errors of the simulation, at which a value is solved."""
MAX_WIDENINGS = 4
"""Times that a bracket is widened on all paths, which may disagree with the first ones about its sign."""
WIDE_RANGE = 3.0
"""Widths of half a range beyond its P10 and P90 that are searched by default."""


@dataclass(frozen=True)
class SeekRoot:
    """A value at which the target has the required chance."""

    value: Estimate
    """With the 95% interval of its simulation error."""
    chance: Estimate
    """Chance of the target there."""
    rises: bool
    """True where the chance rises with the value."""


@dataclass(frozen=True)
class SoughtValue:
    """Values of one assumption, or of several together, that give a target its required chance."""

    names: tuple[str, ...]
    mode: SeekMode
    low: float
    high: float
    """Ends between which it was sought; of several names, shares of the way from each median to its better end."""
    roots: tuple[SeekRoot, ...]
    best: tuple[float, Estimate]
    """The value of the highest chance that was tried, and that chance."""
    paths: int
    values_at_root: Mapping[str, float]
    """By name, the value at the first root; empty without one."""

    @property
    def is_reachable(self) -> bool:
        """True where some value gives the required chance, or every one."""
        return bool(self.roots) or self.is_everywhere

    @property
    def is_everywhere(self) -> bool:
        """True where the target has more than the required chance at every value that was tried."""
        return not self.roots and self.best[1].value >= self._required

    _required: float = 1.0


def sought_assumptions(scenario: Scenario, name: str) -> tuple[Assumption, ...]:
    """Find the assumptions that a name stands for: one, or the years of a yearly change.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    name : str
        Dotted name of an assumption or of a yearly change.

    Returns
    -------
    tuple of Assumption
        Empty where the plan has no such number.
    """
    change = scenario.yearly_changes.get(name)
    if change is not None:
        return parts_of_change(change)
    return tuple(assumption for assumption in scenario.assumptions() if assumption.name == name)[:1]


@dataclass(frozen=True)
class _Setting:
    """Numbers that are moved, and the variant of each value of the search."""

    parts: Mapping[str, tuple[Assumption, ...]]
    mode: SeekMode
    ends: Mapping[str, float]
    """Better end of each of several names."""

    def variant(self, value: float) -> Variant:
        """The variant at a value; of several names `value` is the share of the way to the better ends."""
        held: dict[str, float] = {}
        moved: dict[str, float] = {}
        for name, at in self.values(value).items():
            first = self.parts[name][0]
            for part in self.parts[name]:
                if self.mode == "sure" or part.is_constant:
                    held[part.stream_name] = at
                else:
                    moved[part.stream_name] = first.step_to(at)
        return Variant(held=FrozenDict(held), moved=FrozenDict(moved))

    def values(self, value: float) -> dict[str, float]:
        """By name, its value at a value of the search."""
        if len(self.parts) == 1:
            return dict.fromkeys(self.parts, value)
        return {name: parts[0].value + value * (self.ends[name] - parts[0].value) for name, parts in self.parts.items()}


def seek_value(
    run: Simulation,
    target: str,
    required: float,
    names: Sequence[str],
    mode: SeekMode,
    ends: tuple[float, float] | None = None,
) -> SoughtValue:
    """Find the values of an assumption at which a target has a chance, by root finding on common random numbers.

    Parameters
    ----------
    run : Simulation
        The simulated plan.
    target : str
        Name of the target.
    required : float
        Chance that it must have, 0 to 1.
    names : sequence of str
        Dotted names of assumptions or yearly changes; of several, the smallest equal share of the way from each median
        to its better end is sought.
    mode : SeekMode
        Whether the value is known, or the range moves.
    ends : tuple of float, optional
        Ends of the search in base units; by default the range and what lies three of its half widths beyond.

    Returns
    -------
    SoughtValue
        Every root between the ends, in ascending order, and the best value that was tried.

    Raises
    ------
    KeyError
        The plan has no such assumption.
    ValueError
        A constant is sought without ends.
    """
    parts = {name: sought_assumptions(run.scenario, name) for name in names}
    for name, assumptions in parts.items():
        if not assumptions:
            raise KeyError(name)
    paths = min(run.paths, MAX_SOLVE_PATHS)
    setting = _Setting(parts, mode, {})
    if len(names) > 1:
        setting = _Setting(parts, mode, _better_ends(run, target, parts, mode))
        low, high = 0.0, 1.0
    else:
        low, high = ends or search_ends(parts[names[0]][0])
    search = _Search(run, target, required, setting)
    values = np.linspace(low, high, GRID_POINTS)
    chances = search.chances(values, min(GRID_PATHS, paths))
    roots = tuple(
        search.solve(float(values[row]), float(values[row + 1]), float(chances[row]), paths)
        for row in range(len(values) - 1)
        if (chances[row] >= required) != (chances[row + 1] >= required)
    )
    best = int(np.argmax(chances))
    chance = binomial_interval(round(chances[best] * min(GRID_PATHS, paths)), min(GRID_PATHS, paths))
    solved = tuple(root for root in roots if root is not None)
    at_root = setting.values(solved[0].value.value) if solved else {}
    return SoughtValue(tuple(names), mode, low, high, solved, (float(values[best]), chance), paths, at_root, required)


def search_ends(assumption: Assumption) -> tuple[float, float]:
    """Find the ends of a search where none are given.

    Parameters
    ----------
    assumption : Assumption
        What is sought.

    Returns
    -------
    tuple of float
        P10 and P90 and what lies `WIDE_RANGE` half widths beyond, inside the bounds of its kind, in base units.

    Raises
    ------
    ValueError
        A constant that is no share has no range.
    """
    bounds = BOUNDS_BY_TYPE[assumption.type_name]
    if assumption.is_constant:
        if all(map(math.isfinite, bounds)):
            return bounds
        raise ValueError(assumption.name)
    low, middle, high = assumption.distribution.ppf(np.array([0.1, 0.5, 0.9]))
    return (
        max(float(low - WIDE_RANGE * (middle - low)), bounds[0] if assumption.type_name != "change" else -0.99),
        min(float(high + WIDE_RANGE * (high - middle)), bounds[1]),
    )


def _better_ends(
    run: Simulation, target: str, parts: Mapping[str, tuple[Assumption, ...]], mode: SeekMode
) -> dict[str, float]:
    """By name, the end of its range at which the target's chance is higher."""
    ends = {name: parts_of[0].distribution.ppf(np.array([0.1, 0.9])) for name, parts_of in parts.items()}
    variants = {
        f"{name} {row}": _Setting({name: parts[name]}, mode, {}).variant(float(end))
        for name, pair in ends.items()
        for row, end in enumerate(pair)
    }
    record = run.scenario.targets[target]
    simulated = simulate_variants(run.scenario, run.baseline, variants, min(run.paths, GRID_PATHS), run.seed)
    means = {name: float(paths.values[target].mean()) for name, paths in simulated.items()}
    sign = 1 if record.at_least is not None else -1
    return {
        name: float(pair[1] if sign * means[f"{name} 1"] >= sign * means[f"{name} 0"] else pair[0])
        for name, pair in ends.items()
    }


@dataclass(frozen=True)
class _Search:
    """A target's chance as a function of one value."""

    run: Simulation
    target: str
    required: float
    setting: _Setting

    def hits(self, values: Sequence[float] | Floats, paths: int) -> list[Bools]:
        """(paths,) for each value, whether the target is met."""
        record = self.run.scenario.targets[self.target]
        variants = {str(row): self.setting.variant(float(value)) for row, value in enumerate(values)}
        simulated = simulate_variants(self.run.scenario, self.run.baseline, variants, paths, self.run.seed)
        return [
            meets(simulated[name].values[self.target], record.threshold.value, record.at_least is not None)
            for name in variants
        ]

    def chances(self, values: Sequence[float] | Floats, paths: int) -> Floats:
        """(values,) share of the paths in which the target is met."""
        return np.array([float(np.mean(hits)) for hits in self.hits(values, paths)])

    def solve(self, low: float, high: float, chance_low: float, paths: int) -> SeekRoot | None:
        """The root in a bracket of the grid; None where all paths have none, however wide the bracket."""
        low, high = bisect_chance(
            lambda value: float(self.chances([value], min(GRID_PATHS, paths))[0]),
            (low, high),
            self.required,
            rises=chance_low < self.required,
        )
        for _ in range(MAX_WIDENINGS):
            chances = self.chances([low, high], paths)
            if (chances[0] >= self.required) != (chances[1] >= self.required):
                return self._root(low, high, chances, paths)
            middle, half = (low + high) / 2, 2 * (high - low)
            low, high = middle - half, middle + half
        return None

    def _root(self, low: float, high: float, chances: Floats, paths: int) -> SeekRoot:
        value = low + (self.required - float(chances[0])) * (high - low) / float(chances[1] - chances[0])
        hits = float(self.hits([value], paths)[0].sum())
        at_value = hits / paths
        end, at_end = max(((low, chances[0]), (high, chances[1])), key=lambda point: abs(point[0] - value))
        slope = float(at_end - at_value) / (end - value)
        error = math.sqrt(self.required * (1 - self.required) / paths)
        if abs(at_value - self.required) > SOLVED_ERROR * error:  # the chance is no straight line between the ends
            value += (self.required - at_value) / slope
            hits = float(self.hits([value], paths)[0].sum())
        half = Z975 * error / abs(slope)
        return SeekRoot(Estimate(value, value - half, value + half), binomial_interval(hits, paths), slope > 0)


def bisect_chance(
    chance: Callable[[float], float], bracket: tuple[float, float], required: float, *, rises: bool
) -> tuple[float, float]:
    """Halve a bracket until it holds a few hundredths of the chance.

    Parameters
    ----------
    chance : callable
        Chance at a value.
    bracket : tuple of float
        Ends on both sides of a root.
    required : float
        Chance at the root.
    rises : bool
        Whether the chance rises through the root.

    Returns
    -------
    tuple of float
        The narrower bracket.
    """
    low, high = bracket
    for _ in range(MAX_REFINEMENTS):
        middle = (low + high) / 2
        at_middle = chance(middle)
        if (at_middle >= required) == rises:
            high = middle
        else:
            low = middle
        if abs(at_middle - required) < NARROW_CHANCE:
            break
    return low, high
