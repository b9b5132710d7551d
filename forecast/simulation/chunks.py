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
from forecast.simulation.block import simulate_block
from forecast.simulation.compiled import CompiledPlan, FigureKey, figure_key
from forecast.simulation.partial_result import PartialResult
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.stats.bins import Bins, meets
from forecast.stats.tally import MAX_EXACT_PATHS, Tally

BLOCKS_PER_CHUNK = 16
"""Blocks of a span: what one worker answers at a time, whatever their number."""
PLACES_PER_BLOCK_COST = 128
"""Places that take as long again as a province; a plan with more has fewer blocks in a span."""


@dataclass(frozen=True)
class ChunkJob:
    """A deck with what its tallies need."""

    plan: CompiledPlan
    bins: Mapping[FigureKey, Bins]
    thresholds: Mapping[FigureKey, tuple[float, ...]]
    sampled_blocks: int
    """First blocks that are kept path by path."""
    blocks_per_chunk: int
    """Blocks that are answered at a time."""
    is_exact: bool
    """Whether the paths are so few that the values of whole periods are kept."""
    code_version: str
    """What the code and the libraries must be where the work is done; empty where they cannot be others."""

    @property
    def block_count(self) -> int:
        """Of the whole run."""
        return -(-self.plan.paths // PATHS_PER_BLOCK)

    @property
    def chunk_count(self) -> int:
        """Of the whole run."""
        return -(-self.block_count // self.blocks_per_chunk)

    @property
    def layout(self) -> tuple[int, ...]:
        """How the run is cut, and what is kept of it."""
        return self.blocks_per_chunk, self.sampled_blocks, int(self.is_exact)

    def paths_after(self, spans: int) -> int:
        """Paths of the first spans."""
        return min(self.plan.paths, spans * self.blocks_per_chunk * PATHS_PER_BLOCK)

    @cached_property
    def month_periods(self) -> frozenset[str]:
        """The single months that are read."""
        return frozenset(gauge.period for gauge in self.plan.periods if gauge.is_month)

    def empty_result(self) -> PartialResult:
        """An answer that has counted nothing."""
        rough = {key for key in self.bins if key[1] in self.month_periods or self.is_place_figure(key)}
        exact = {key: self.is_exact and key not in rough for key in self.bins}
        tallies = {k: Tally(r, self.thresholds.get(k, ()), exact[k]) for k, r in self.bins.items()}
        places = self.plan.places
        return PartialResult(tallies, places=places.empty_tally(self.plan.causes) if places else None)

    def is_place_figure(self, key: FigureKey) -> bool:
        """Whether a figure is of one place, and no target asks for it."""
        return "@" in key[0] and key not in self.thresholds


def prepare_chunks(deck: CompiledPlan, keep: int, required_version: str, every_place: bool = True) -> ChunkJob:
    """The work of a deck: the first block fixes the ruler of each histogram."""
    first = simulate_block(deck, range(1))
    rulers = {key: Bins.from_values(values) for key, values in first.figures.items()}
    thresholds: dict[FigureKey, set[float]] = {}
    for target in deck.scenario.targets.values():
        for basis in ("stated", "parts"):
            thresholds.setdefault(figure_key(target, basis, rulers), set()).add(target.threshold.value)
    for decision in deck.scenario.decisions.values():
        trigger = decision.trigger
        if trigger is not None and (limit := trigger.below or trigger.above) is not None:
            thresholds.setdefault((trigger.measure, trigger.period.text), set()).add(limit.value)
    at = {key: tuple(sorted(found)) for key, found in thresholds.items()}
    span = BLOCKS_PER_CHUNK
    if deck.places is not None:
        span = max(1, BLOCKS_PER_CHUNK // (1 + deck.places.geography.count // PLACES_PER_BLOCK_COST))
        if every_place:
            deck = replace(deck, places=deck.places.with_histograms(first.figures))
    return ChunkJob(deck, rulers, at, keep, span, deck.paths <= MAX_EXACT_PATHS, required_version)


def simulate_chunk(work: ChunkJob, span: int) -> PartialResult:
    """Play a span; OutputError where this is not the program that asks."""
    if work.code_version and work.code_version != local_code_version():
        raise OutputError("worker_differs")
    deck = work.plan
    answer = work.empty_result()
    last = min(work.block_count, (span + 1) * work.blocks_per_chunk)
    for first in range(span * work.blocks_per_chunk, last, deck.batch_blocks):
        played = simulate_block(deck, range(first, min(first + deck.batch_blocks, last)))
        for key, values in played.figures.items():
            answer.tallies[key].add(values)
        if answer.places is not None and played.places is not None:
            answer.places.merge(played.places)
        answer.joint_hits += _count_all_targets_met(deck.scenario, played.figures)
        if first < work.sampled_blocks:
            kept = (work.sampled_blocks - first) * PATHS_PER_BLOCK
            one_by_one = {
                k: v
                for k, v in played.figures.items()
                if k[1] not in work.month_periods and not work.is_place_figure(k)
            }
            answer.uniforms.append({name: u[:kept].copy() for name, u in played.uniforms.items()})
            answer.occurrences.append({name: values[:kept].copy() for name, values in played.occurrences.items()})
            answer.figures.append({key: values[:kept].copy() for key, values in one_by_one.items()})
    return answer


def _count_all_targets_met(scenario: Scenario, figures: Mapping[FigureKey, Floats]) -> int:
    whole: np.ndarray | bool = True
    for target in scenario.targets.values():
        values = figures[figure_key(target, target.basis, figures)]
        whole = whole & meets(values, target.threshold.value, target.at_least is not None)
    return int(np.count_nonzero(whole)) if scenario.targets else 0


def local_code_version() -> str:
    """The code and the libraries that the numbers come from."""
    return " ".join(code_version((), ("numpy", "scipy")))
