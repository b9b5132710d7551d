"""A scenario played: spans of blocks go to an engine, their tallies are merged in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from forecast.arrays import Floats
from forecast.engines import Engine, engine_of
from forecast.periods import Calendar
from forecast.plan.geography import Terrain
from forecast.plan.scenario import Scenario, main_of
from forecast.plan.targets import Target
from forecast.simulation.checkpoint import Checkpoint
from forecast.simulation.chunks import Work, made_by_here, tally_span, work_of
from forecast.simulation.compiled import FigureKey, deck_of, figure_of
from forecast.simulation.partial_result import Answer, joined
from forecast.simulation.places.histograms import PlaceTally
from forecast.simulation.sampling.random_streams import BLOCK
from forecast.stats.copula import Group
from forecast.stats.intervals import Estimate, interval
from forecast.stats.tally import Tally
from forecast.timeseries.baseline import Baseline, baseline_of

SERIAL = 400_000
"""Paths below which more processes cost more than they save, for a plan of ordinary size."""

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


@dataclass(frozen=True)
class Precision:
    """How sure a run shall be of one target before it stops."""

    target: str
    half: float
    """Half the width of the 95% interval of its chance."""


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
    asked: int
    """Paths that were asked for; fewer were played where the precision was reached."""
    precision: Precision | None = None
    kept: Kept | None = None
    terrain: Terrain | None = None
    """The places, where they are listed."""
    places: PlaceTally | None = None
    """What the paths say of each."""

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
        return _chance(target, basis, self.tallies)

    def values(self, measure: str, period: str) -> Floats:
        """(paths,) a figure in every path; ValueError when only a histogram was kept."""
        return self.tallies[measure, period].values


@dataclass(frozen=True)
class Course:
    """How a run goes its way: where it is played, what is kept of it meanwhile, who is told. No figure hangs on it."""

    workers: int = 1
    """Processes of this machine; few paths are played in this one whatever it says."""
    engine: Engine | None = None
    """Where it is played instead."""
    checkpoint: Checkpoint | None = None
    """Where its finished spans are kept, and from which it goes on when it was stopped."""
    progress: Progress = lambda done, to_do: None
    """Told how many paths are done."""


def simulate(
    scenario: Scenario,
    *,
    paths: int | None = None,
    seed: int | None = None,
    keep: int = 0,
    precision: float | None = None,
    every_place: bool = True,
    baseline: Baseline | None = None,
    course: Course | None = None,
) -> Simulation:
    """Play a scenario.

    `keep` asks for the first so many paths one by one (rounded up to whole blocks). `precision` ends the run before
    `paths` once half the width of the 95% interval of the main target's chance is no larger; ValueError without a
    target. Without `every_place` only districts and the places of targets are told, which is many times as fast where
    the plan lists its places. The answer is the same for any `course`. Without a `baseline` the history is fitted.
    """
    course = course or Course()
    deck = deck_of(scenario, baseline or baseline_of(scenario), paths, seed)
    wanted = _precision(scenario, precision)
    few = SERIAL if deck.places is None else SERIAL // (1 + deck.places.terrain.count)
    played_by = course.engine or engine_of(course.workers if deck.paths > few else 1)
    made_by = made_by_here() if played_by.afar else ""
    work = work_of(deck, -(-keep // BLOCK), made_by=made_by, every_place=every_place)
    spans, answer = _played(work, played_by, wanted, course.checkpoint, course.progress)
    return _simulation(scenario, work, spans, answer, wanted)


def _played(
    work: Work, engine: Engine, wanted: Precision | None, checkpoint: Checkpoint | None, progress: Progress
) -> tuple[int, Answer]:
    """The answers of the spans from the first on, merged in order; how many."""
    spans, merged = checkpoint.restore(work.blank, work.cut) if checkpoint else (0, work.blank())
    if checkpoint and spans:
        checkpoint.say("said_resumed", work.paths_to(spans))
    whole = True
    _tell(work, spans, merged, wanted, progress)
    ahead = range(spans, 0 if spans and _is_precise(work, merged, wanted) else work.spans)
    try:
        with closing(engine.map(tally_span, work, ahead)) as answers:
            for answer in answers:
                whole = False
                merged.merge(answer)
                spans, whole = spans + 1, True
                _tell(work, spans, merged, wanted, progress)
                if _is_precise(work, merged, wanted):
                    break
                if checkpoint:
                    checkpoint.keep_if_due(spans, merged)
    except BaseException:  # a signal, a lost worker; an answer that was being merged is not whole
        if checkpoint and whole:
            checkpoint.keep_at_end(spans, merged)
        if checkpoint and checkpoint.kept:
            checkpoint.say("said_kept", work.paths_to(checkpoint.kept))
        raise
    if checkpoint:
        checkpoint.keep_at_end(spans, merged)
    return spans, merged


def _tell(work: Work, spans: int, merged: Answer, wanted: Precision | None, progress: Progress) -> None:
    """How many paths are done, and how many there will be: fewer where the precision will be reached before."""
    done, total = work.paths_to(spans), work.deck.paths
    if wanted is not None and done:
        chance = _chance_of(work, merged, wanted)
        needed = done * ((chance.high - chance.low) / 2 / wanted.half) ** 2
        total = min(total, max(done, math.ceil(needed)))
    progress(done, total)


def _is_precise(work: Work, merged: Answer, wanted: Precision | None) -> bool:
    if wanted is None:
        return False
    chance = _chance_of(work, merged, wanted)
    return (chance.high - chance.low) / 2 <= wanted.half


def _chance_of(work: Work, merged: Answer, wanted: Precision) -> Estimate:
    target = work.deck.scenario.targets[wanted.target]
    return _chance(target, target.basis, merged.tallies)


def _chance(target: Target, basis: str, tallies: Mapping[FigureKey, Tally]) -> Estimate:
    tally = tallies[figure_of(target, basis, tallies)]
    value = target.threshold.value
    return tally.chance_at_least(value) if target.at_least is not None else tally.chance_at_most(value)


def _precision(scenario: Scenario, half: float | None) -> Precision | None:
    if half is None:
        return None
    if not half > 0:
        raise ValueError("a precision is above zero")
    if not scenario.targets:
        raise ValueError("the plan names no target whose chance could be precise")
    return Precision(main_of(scenario), half)


def _simulation(scenario: Scenario, work: Work, spans: int, answer: Answer, wanted: Precision | None) -> Simulation:
    deck, played = work.deck, work.paths_to(spans)
    kept = None
    if answer.uniforms:
        kept = Kept(*(joined(parts) for parts in (answer.uniforms, answer.luck, answer.figures)))
    return Simulation(
        scenario=scenario,
        baseline=deck.baseline,
        seed=deck.seed,
        paths=played,
        tallies=answer.tallies,
        joint=interval(answer.joint, played) if deck.scenario.targets else None,
        bridge=deck.bridge,
        groups=deck.groups,
        asked=deck.paths,
        precision=wanted,
        kept=kept,
        terrain=deck.places.terrain if deck.places else None,
        places=answer.places,
    )


__all__ = ["Kept", "Precision", "Progress", "Simulation", "deck_of", "figure_of", "simulate"]
