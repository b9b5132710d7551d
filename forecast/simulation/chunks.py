"""Spans of blocks: what one worker answers at a time. A span is a pure function of its work and its number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from forecast.arrays import Floats
from forecast.errors import OutputError
from forecast.files.fingerprint import code_version
from forecast.plan.scenario import Scenario
from forecast.simulation.block import play
from forecast.simulation.compiled import Deck, FigureKey, figure_of
from forecast.simulation.partial_result import Answer
from forecast.simulation.sampling.random_streams import BLOCK
from forecast.stats.bins import Ruler, met
from forecast.stats.tally import EXACT, Tally

SPAN = 16
"""Blocks of a span: what one worker answers at a time, whatever their number."""
PLACES_OF_SPAN = 128
"""Places that take as long again as a province; a plan with more has fewer blocks in a span."""


@dataclass(frozen=True)
class Work:
    """A deck with what its tallies need."""

    deck: Deck
    rulers: Mapping[FigureKey, Ruler]
    thresholds: Mapping[FigureKey, tuple[float, ...]]
    keep: int
    """First blocks that are kept path by path."""
    span: int
    """Blocks that are answered at a time."""
    exact: bool
    """Whether the paths are so few that the values of whole periods are kept."""
    made_by: str
    """What the code and the libraries must be where the work is done; empty where they cannot be others."""

    @property
    def blocks(self) -> int:
        """Of the whole run."""
        return -(-self.deck.paths // BLOCK)

    @property
    def spans(self) -> int:
        """Of the whole run."""
        return -(-self.blocks // self.span)

    @property
    def cut(self) -> tuple[int, ...]:
        """How the run is cut, and what is kept of it."""
        return self.span, self.keep, int(self.exact)

    def paths_to(self, spans: int) -> int:
        """Paths of the first spans."""
        return min(self.deck.paths, spans * self.span * BLOCK)

    @cached_property
    def by_month(self) -> frozenset[str]:
        """The single months that are read."""
        return frozenset(gauge.period for gauge in self.deck.gauges if gauge.monthly)

    def blank(self) -> Answer:
        """An answer that has counted nothing."""
        rough = {key for key in self.rulers if key[1] in self.by_month or self.of_place(key)}
        exact = {key: self.exact and key not in rough for key in self.rulers}
        tallies = {k: Tally(r, self.thresholds.get(k, ()), exact[k]) for k, r in self.rulers.items()}
        places = self.deck.places
        return Answer(tallies, places=places.tally(self.deck.causes) if places else None)

    def of_place(self, key: FigureKey) -> bool:
        """Whether a figure is of one place, and no target asks for it."""
        return "@" in key[0] and key not in self.thresholds


def work_of(deck: Deck, keep: int, made_by: str, every_place: bool = True) -> Work:
    """The work of a deck: the first block fixes the ruler of each histogram."""
    first = play(deck, range(1))
    rulers = {key: Ruler.of(values) for key, values in first.figures.items()}
    thresholds: dict[FigureKey, set[float]] = {}
    for target in deck.scenario.targets.values():
        for basis in ("stated", "parts"):
            thresholds.setdefault(figure_of(target, basis, rulers), set()).add(target.threshold.value)
    for decision in deck.scenario.decisions.values():
        trigger = decision.trigger
        if trigger is not None and (limit := trigger.below or trigger.above) is not None:
            thresholds.setdefault((trigger.measure, trigger.period.text), set()).add(limit.value)
    at = {key: tuple(sorted(found)) for key, found in thresholds.items()}
    span = SPAN
    if deck.places is not None:
        span = max(1, SPAN // (1 + deck.places.terrain.count // PLACES_OF_SPAN))
        if every_place:
            deck = replace(deck, places=deck.places.counted(first.figures))
    return Work(deck, rulers, at, keep, span, deck.paths <= EXACT, made_by)


def tally_span(work: Work, span: int) -> Answer:
    """Play a span; OutputError where this is not the program that asks."""
    if work.made_by and work.made_by != made_by_here():
        raise OutputError("worker_differs")
    deck = work.deck
    answer = work.blank()
    last = min(work.blocks, (span + 1) * work.span)
    for first in range(span * work.span, last, deck.batch):
        played = play(deck, range(first, min(first + deck.batch, last)))
        for key, values in played.figures.items():
            answer.tallies[key].add(values)
        if answer.places is not None and played.places is not None:
            answer.places.merge(played.places)
        answer.joint += _all_met(deck.scenario, played.figures)
        if first < work.keep:
            kept = (work.keep - first) * BLOCK
            one_by_one = {k: v for k, v in played.figures.items() if k[1] not in work.by_month and not work.of_place(k)}
            answer.uniforms.append({name: u[:kept].copy() for name, u in played.uniforms.items()})
            answer.luck.append({name: values[:kept].copy() for name, values in played.luck.items()})
            answer.figures.append({key: values[:kept].copy() for key, values in one_by_one.items()})
    return answer


def _all_met(scenario: Scenario, figures: Mapping[FigureKey, Floats]) -> int:
    whole: np.ndarray | bool = True
    for target in scenario.targets.values():
        values = figures[figure_of(target, target.basis, figures)]
        whole = whole & met(values, target.threshold.value, target.at_least is not None)
    return int(np.count_nonzero(whole)) if scenario.targets else 0


def made_by_here() -> str:
    """The code and the libraries that the numbers come from."""
    return " ".join(code_version((), ("numpy", "scipy")))
