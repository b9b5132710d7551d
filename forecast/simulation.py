"""A scenario played: spans of blocks go to an engine, their tallies are merged in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import TypeVar

import numpy as np

from forecast.baseline import Baseline, baseline_of
from forecast.block import Deck, FigureKey, Gauge, gauges_of, play
from forecast.chance import Floats
from forecast.copula import Group, groups_of, triangular
from forecast.draws import BLOCK
from forecast.engines import engine_of
from forecast.estimate import Estimate
from forecast.months import Calendar
from forecast.plan import Scenario, Target
from forecast.tally import EXACT, Ruler, Tally, interval

SPAN = 16
"""Blocks of a span: what one worker answers at a time, whatever their number."""
SERIAL = 400_000
"""Paths below which more processes cost more than they save, for a plan of ordinary size."""

K = TypeVar("K")
Progress = Callable[[int, int], None]
"""Called with the paths done and the paths to do."""


@dataclass(frozen=True)
class Kept:
    """The first paths of a run, one by one."""

    uniforms: Mapping[str, Floats]
    """By name of the draw, (paths,)."""
    luck: Mapping[str, Floats]
    """By shock how many events fell, by initiative whether it happens, (paths,)."""
    figures: Mapping[FigureKey, Floats]


@dataclass
class _Answer:
    """What a span says."""

    tallies: dict[FigureKey, Tally]
    joint: int = 0
    """Paths in which every target is met."""
    uniforms: list[Mapping[str, Floats]] = field(default_factory=list)
    luck: list[Mapping[str, Floats]] = field(default_factory=list)
    figures: list[Mapping[FigureKey, Floats]] = field(default_factory=list)

    def merge(self, later: _Answer) -> _Answer:
        for key, tally in self.tallies.items():
            tally.merge(later.tallies[key])
        self.joint += later.joint
        self.uniforms += later.uniforms
        self.luck += later.luck
        self.figures += later.figures
        return self


@dataclass(frozen=True)
class _Work:
    """A deck with what its tallies need."""

    deck: Deck
    rulers: Mapping[FigureKey, Ruler]
    thresholds: Mapping[FigureKey, tuple[float, ...]]
    keep: int
    """First blocks that are kept path by path."""
    span: int
    """Blocks that are answered at a time."""


@dataclass(frozen=True)
class Simulation:
    """A scenario, played."""

    scenario: Scenario
    baseline: Baseline
    seed: int
    paths: int
    tallies: Mapping[FigureKey, Tally]
    joint: Estimate | None
    """Chance that every target is met."""
    bridge: str
    """Period of the steps from last year to the forecast."""
    groups: Mapping[str, Group]
    kept: Kept | None = None

    @property
    def horizon(self) -> Calendar:
        """The months that were played."""
        return self.scenario.horizon.calendar

    def tally(self, measure: str, period: str) -> Tally:
        """What the paths say of one figure; KeyError when it was not read."""
        return self.tallies[measure, period]

    def figure(self, target: Target) -> FigureKey:
        """The figure of a target on its own basis."""
        return figure_of(target, target.basis, self.tallies)

    def chance(self, target: str) -> Estimate:
        """The chance of a target, with its simulation error; KeyError when the plan has no such target."""
        own = self.scenario.targets[target]
        return self.chance_on(own, own.basis)

    def chance_on(self, target: Target, basis: str) -> Estimate:
        """The chance of a target on a basis, `stated` or `parts`."""
        tally = self.tallies[figure_of(target, basis, self.tallies)]
        value = target.threshold.value
        return tally.chance_at_least(value) if target.at_least is not None else tally.chance_at_most(value)

    def values(self, measure: str, period: str) -> Floats:
        """(paths,) a figure in every path; ValueError when only a histogram was kept."""
        return self.tallies[measure, period].values


def figure_of(target: Target, basis: str, figures: Mapping[FigureKey, object]) -> FigureKey:
    """The figure of a target on a basis; the gap is left out on the basis of the parts, where there is one."""
    parts = (f"{target.measure}:parts", target.period.text)
    return parts if basis == "parts" and parts in figures else (target.measure, target.period.text)


def simulate(
    scenario: Scenario,
    *,
    paths: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    keep: int = 0,
    baseline: Baseline | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Simulation:
    """Play a scenario.

    `keep` asks for the first so many paths one by one (rounded up to whole blocks). The answer is the same for any
    number of workers; few paths are played in this process whatever `workers` says.
    """
    deck = deck_of(scenario, baseline or baseline_of(scenario, cache), paths, seed)
    blocks = -(-deck.paths // BLOCK)
    work = _work_of(deck, -(-keep // BLOCK))
    spans = range(-(-blocks // work.span))
    engine = engine_of(workers if deck.paths > SERIAL else 1)
    answers: list[_Answer] = []
    for span, answer in enumerate(engine.map(_tally_span, work, spans)):
        answers = [reduce(_Answer.merge, [*answers, answer])]
        if progress is not None:
            progress(min(deck.paths, (span + 1) * work.span * BLOCK), deck.paths)
    return _simulation(scenario, deck, answers[0])


def deck_of(scenario: Scenario, baseline: Baseline, paths: int | None = None, seed: int | None = None) -> Deck:
    """All that the blocks are played from; ValueError for a number of paths that is none."""
    gauges = gauges_of(scenario)
    count = scenario.paths if paths is None else paths
    if count < 1:
        raise ValueError("a run needs at least one path")
    return Deck(
        scenario=scenario.model_copy(update={"readings": {}}),
        baseline=baseline,
        seed=scenario.seed if seed is None else seed,
        paths=count,
        groups=_groups(scenario, baseline),
        gauges=gauges,
        bridge=_bridge_period(scenario, gauges),
    )


def _bridge_period(scenario: Scenario, gauges: tuple[Gauge, ...]) -> str:
    """That of the first revenue target, else the first period that is read."""
    for name in sorted(scenario.targets):
        if scenario.targets[name].measure == "revenue":
            return str(scenario.targets[name].period.text)
    return gauges[0].period


def _groups(scenario: Scenario, baseline: Baseline) -> dict[str, Group]:
    """By name, what is correlated with it; a service's wander moves as its months do."""
    freedom = None if scenario.copula == "gaussian" else float(scenario.copula[2:-1])
    said = {name: (entry.between, entry.rank) for name, entry in scenario.correlations.items()}
    groups = groups_of(said, freedom)
    surprises = {f"services.{service}" for service in scenario.services}
    if baseline.correlation is not None and not surprises & groups.keys() and len(surprises) > 1:
        taught = Group(tuple(sorted(surprises)), triangular(baseline.correlation))
        groups.update(dict.fromkeys(taught.names, taught))
    for name in sorted(surprises & groups.keys()):
        groups[f"{name}.wander"] = _wandering(groups[name])
    return groups


def _wandering(group: Group) -> Group:
    names = tuple(f"{name}.wander" for name in group.names)
    return replace(group, names=names, common=f"{group.common}.wander" if group.common else "")


def _work_of(deck: Deck, keep: int) -> _Work:
    first = play(deck, 0)
    rulers = {key: Ruler.of(values) for key, values in first.figures.items()}
    thresholds: dict[FigureKey, set[float]] = {}
    for target in deck.scenario.targets.values():
        for basis in ("stated", "parts"):
            thresholds.setdefault(figure_of(target, basis, rulers), set()).add(target.threshold.value)
    for decision in deck.scenario.decisions.values():
        trigger = decision.trigger
        if trigger is not None and (limit := trigger.below or trigger.above) is not None:
            thresholds.setdefault((trigger.measure, trigger.period.text), set()).add(limit.value)
    return _Work(deck, rulers, {key: tuple(sorted(found)) for key, found in thresholds.items()}, keep, SPAN)


def _tally_span(work: _Work, span: int) -> _Answer:
    deck = work.deck
    by_month = {gauge.period for gauge in deck.gauges if gauge.monthly}
    exact = {key: deck.paths <= EXACT and key[1] not in by_month for key in work.rulers}
    answer = _Answer({k: Tally(r, work.thresholds.get(k, ()), exact[k]) for k, r in work.rulers.items()})
    blocks = -(-deck.paths // BLOCK)
    for block in range(span * work.span, min(blocks, (span + 1) * work.span)):
        played = play(deck, block)
        for key, values in played.figures.items():
            answer.tallies[key].add(values)
        answer.joint += _all_met(deck.scenario, played.figures)
        if block < work.keep:
            answer.uniforms.append(played.uniforms)
            answer.luck.append(played.luck)
            answer.figures.append({key: values for key, values in played.figures.items() if key[1] not in by_month})
    return answer


def _all_met(scenario: Scenario, figures: Mapping[FigureKey, Floats]) -> int:
    met: np.ndarray | bool = True
    for target in scenario.targets.values():
        values = figures[figure_of(target, target.basis, figures)]
        limit = target.threshold.value
        met = met & (values >= limit if target.at_least is not None else values <= limit)
    return int(np.count_nonzero(met)) if scenario.targets else 0


def _simulation(scenario: Scenario, deck: Deck, answer: _Answer) -> Simulation:
    kept = None
    if answer.uniforms:
        kept = Kept(*(_joined(parts) for parts in (answer.uniforms, answer.luck, answer.figures)))
    return Simulation(
        scenario=scenario,
        baseline=deck.baseline,
        seed=deck.seed,
        paths=deck.paths,
        tallies=answer.tallies,
        joint=interval(answer.joint, deck.paths) if deck.scenario.targets else None,
        bridge=deck.bridge,
        groups=deck.groups,
        kept=kept,
    )


def _joined(parts: list[Mapping[K, Floats]]) -> dict[K, Floats]:
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}




__all__ = ["Kept", "Progress", "Simulation", "deck_of", "figure_of", "simulate"]
