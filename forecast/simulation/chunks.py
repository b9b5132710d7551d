"""Chunks of blocks: what one worker simulates at a time, and its partial result, merged in order of the chunks.

A chunk is a pure function of its job and its number. A partial result is kept on disk between times and restored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.errors import OutputError
from forecast.files.fingerprint import code_version
from forecast.periods import format_month
from forecast.plan.targets import Target, book_measure
from forecast.simulation.block import BlockResult, simulate_block
from forecast.simulation.compiled import CompiledPlan, FigureKey, figure_key
from forecast.simulation.places.histograms import PlaceTally
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.stats.bins import Bins, meets
from forecast.stats.stored_arrays import check_array
from forecast.stats.tally import MAX_EXACT_PATHS, Tally

BLOCKS_PER_CHUNK = 16
"""Blocks of a chunk, whatever the number of workers."""
MAX_EXACT_VALUES = 10_000_000
"""Values of all figures that are kept one by one, 80 MB; a plan of more figures counts them in histograms."""
MAX_BOOKED_SERVICES = 12
"""Services up to which the months of each are kept path by path, too: 3 MB a year of each."""
PLACES_PER_BLOCK_COST = 128
"""Places that take as long again as a province; a plan with more has fewer blocks in a chunk."""

StateArrays = Mapping[str, NDArray[np.generic]]

_KeyT = TypeVar("_KeyT")
_PATH_FIELDS = ("uniforms", "occurrences", "marks", "figures")


@dataclass
class PartialResult:
    """Tallies and first paths of one chunk, or of all chunks up to one."""

    tallies: dict[FigureKey, Tally]
    joint_hits: int = 0
    """Paths in which every target is met."""
    uniforms: list[Mapping[str, Floats]] = field(default_factory=list)
    """By name of the draw, values of the first paths; a mapping for each batch of blocks."""
    occurrences: list[Mapping[str, Floats]] = field(default_factory=list)
    marks: list[Mapping[str, Floats]] = field(default_factory=list)
    figures: list[Mapping[FigureKey, Floats]] = field(default_factory=list)
    places: PlaceTally | None = None
    """Tally of every place, where they are listed."""

    def merge(self, later: PartialResult) -> None:
        """Add the result of the chunk that follows."""
        for key, tally in self.tallies.items():
            tally.merge(later.tallies[key])
        if self.places is not None and later.places is not None:
            self.places.merge(later.places)
        self.joint_hits += later.joint_hits
        for kind in _PATH_FIELDS:
            getattr(self, kind).extend(getattr(later, kind))

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[np.generic]]]:
        """All of it as JSON and arrays, for `restore`."""
        arrays: dict[str, NDArray[np.generic]] = {}
        for number, key in enumerate(sorted(self.tallies)):
            arrays |= {f"{number}.{name}": array for name, array in self.tallies[key].state().items()}
        if self.places is not None:
            arrays |= {f"places.{name}": array for name, array in self.places.state().items()}
        metadata: dict[str, Any] = {"joint": self.joint_hits}
        for kind in _PATH_FIELDS:
            parts = getattr(self, kind)
            names = list(parts[0]) if parts else []
            metadata[kind] = names
            if names:
                values = concatenate_blocks(parts)
                arrays[kind] = np.array([values[name] for name in names])
        return metadata, arrays

    def restore(self, metadata: Mapping[str, Any], arrays: StateArrays, paths: int) -> None:
        """Fill an empty result from a state of so many paths; KeyError, TypeError or ValueError where it is none."""
        for number, key in enumerate(sorted(self.tallies)):
            self.tallies[key].restore(_with_prefix(arrays, f"{number}."), paths)
        if self.places is not None:
            self.places.restore(_with_prefix(arrays, "places."), paths)
        self.joint_hits = metadata["joint"]
        if type(self.joint_hits) is not int or not 0 <= self.joint_hits <= paths:
            raise ValueError("a number of paths that cannot be")
        for kind in _PATH_FIELDS:
            names = [tuple(name) if isinstance(name, list) else name for name in metadata[kind]]
            if names:
                values = check_array(arrays[kind], (len(names), *arrays[kind].shape[1:2]), arrays[kind].dtype)
                setattr(self, kind, [dict(zip(names, values, strict=True))])


def _with_prefix(arrays: StateArrays, prefix: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def concatenate_blocks(parts: list[Mapping[_KeyT, Floats]]) -> dict[_KeyT, Floats]:
    """Name -> the values of all blocks, one after the other; nothing where no block is kept, or none has a name."""
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]} if parts else {}


@dataclass(frozen=True)
class ChunkJob:
    """A compiled plan with what its tallies need."""

    plan: CompiledPlan
    bins: Mapping[FigureKey, Bins]
    thresholds: Mapping[FigureKey, tuple[float, ...]]
    """By figure, values at which paths are counted exactly."""
    sampled_blocks: int
    """First blocks that are kept path by path."""
    sampled_names: Mapping[str, frozenset[str]]
    """Names of the uniforms, the occurrences and the marks that are kept of them."""
    blocks_per_chunk: int
    is_exact: bool
    """True where the paths are so few that the values of whole periods are kept."""
    code_version: str
    """Version of the code and the libraries where the work is done; empty where it cannot be another."""
    sampled_causes: frozenset[FigureKey] = frozenset()
    """Steps of the bridge that are computed for those blocks alone."""
    sampled_measure: str = ""
    """Measure whose single months are kept path by path too; empty for none."""
    first_batch: list[BlockResult] = field(default_factory=list, compare=False, repr=False)
    """Result of the first blocks, of which the first fixed the bins, until this process counts it; at most one."""

    def __getstate__(self) -> dict[str, Any]:
        """State that a worker is sent: the first blocks are simulated there again, in less time than they are sent."""
        return {**self.__dict__, "first_batch": []}

    @property
    def block_count(self) -> int:
        """Blocks of the whole run."""
        return -(-self.plan.paths // PATHS_PER_BLOCK)

    @property
    def chunk_count(self) -> int:
        """Chunks of the whole run."""
        return -(-self.block_count // self.blocks_per_chunk)

    @property
    def layout(self) -> tuple[int, ...]:
        """Blocks of a chunk, blocks that are kept path by path, and whether tallies are exact."""
        return self.blocks_per_chunk, self.sampled_blocks, int(self.is_exact)

    def paths_after(self, chunks: int) -> int:
        """Paths of the first chunks."""
        return min(self.plan.paths, chunks * self.blocks_per_chunk * PATHS_PER_BLOCK)

    @cached_property
    def month_periods(self) -> frozenset[str]:
        """The single months that are recorded."""
        return frozenset(output.period for output in self.plan.periods if output.is_month)

    @cached_property
    def sampled_figures(self) -> frozenset[FigureKey]:
        """The figures that are kept path by path: no places, and of single months those of a measure or of a target.

        The steps of the bridge by cause are kept in no other way.
        """
        months = {(self.sampled_measure, month) for month in self.month_periods} if self.sampled_measure else set()
        periods = frozenset(self.bins) - self.binned_figures()
        return periods | self.sampled_causes | self.booked_months | (months & self.bins.keys())

    @cached_property
    def booked_months(self) -> frozenset[FigureKey]:
        """The months of each target's measure, or of what its ratio is made of, and of the services, in its period."""
        services = self.plan.services if len(self.plan.services) <= MAX_BOOKED_SERVICES else ()
        keys = {
            (line, format_month(month))
            for target in self.plan.targets.values()
            if target.place is None
            for month in range(target.period.calendar.first, target.period.calendar.last + 1)
            for line in (book_measure(target.measure), *(f"revenue.{service}" for service in services))
        }
        return frozenset(keys & self.bins.keys())

    def empty_result(self) -> PartialResult:
        """A result that has counted nothing."""
        binned = self.binned_figures()
        tallies = {
            key: Tally(bins, self.thresholds.get(key, ()), self.is_exact and key not in binned)
            for key, bins in self.bins.items()
        }
        places = self.plan.places
        return PartialResult(tallies, places=places.empty_tally(self.plan.causes) if places else None)

    def binned_figures(self) -> set[FigureKey]:
        """Figures that are counted in histograms, however few the paths are."""
        return {key for key in self.bins if key[1] in self.month_periods or self.is_place_figure(key)}

    def restore_result(self, chunks: int, metadata: Mapping[str, Any], arrays: StateArrays) -> PartialResult:
        """Result of the first chunks from its state; KeyError, TypeError or ValueError where the state does not fit."""
        if type(chunks) is not int or not 0 < chunks <= self.chunk_count:
            raise ValueError("a number of chunks that cannot be")
        result = self.empty_result()
        result.restore(metadata, arrays, self.paths_after(chunks))
        kept = min(self.paths_after(chunks), self.sampled_blocks * PATHS_PER_BLOCK)
        for kind in _PATH_FIELDS:
            parts = getattr(result, kind)
            stored: frozenset[Any] = frozenset(parts[0]) if parts else frozenset()
            expected = self.sampled_names.get(kind, self.sampled_figures) if kept else frozenset()
            if stored != expected:
                raise ValueError("paths of other names")
            if any(values.shape != (kept,) or values.dtype.kind != "f" for part in parts for values in part.values()):
                raise ValueError("another number of paths")
        return result

    def is_place_figure(self, key: FigureKey) -> bool:
        """True for a figure of one place that no target asks for."""
        return "@" in key[0] and key not in self.thresholds


def prepare_chunks(
    plan: CompiledPlan, keep: int, required_version: str, every_place: bool = True, sampled_measure: str = ""
) -> ChunkJob:
    """The job of a plan: the first block fixes the bins of each histogram; `keep` blocks stay path by path."""
    blocks_per_chunk = BLOCKS_PER_CHUNK
    if plan.places is not None:
        blocks_per_chunk = max(1, BLOCKS_PER_CHUNK // (1 + plan.places.geography.count // PLACES_PER_BLOCK_COST))
    stop = min(-(-plan.paths // PATHS_PER_BLOCK), blocks_per_chunk)
    first_plan = _with_histogram_search(plan) if every_place else plan
    first = simulate_block(first_plan, _batch(plan, 0, stop), keeps_paths=keep > 0)
    bins = {key: Bins.from_values(values[:PATHS_PER_BLOCK]) for key, values in first.figures.items()}
    thresholds = _thresholds(plan, bins)
    if first.place_outputs is not None:
        plan = replace(plan, places=first.place_outputs)
    kept = {"uniforms": first.uniforms, "occurrences": first.occurrences, "marks": first.marks}
    names = {kind: frozenset(values) for kind, values in kept.items()}
    causes = frozenset(first.causes)
    job = ChunkJob(
        plan, bins, thresholds, keep, names, blocks_per_chunk, False, required_version, causes, sampled_measure, [first]
    )
    kept_figures = len(bins) - len(job.binned_figures())
    is_exact = plan.paths <= MAX_EXACT_PATHS and kept_figures * plan.paths <= MAX_EXACT_VALUES
    return replace(job, is_exact=is_exact)


def _with_histogram_search(plan: CompiledPlan) -> CompiledPlan:
    """The same plan, the first block of which fixes the histogram of every place."""
    return plan if plan.places is None else replace(plan, places=replace(plan.places, fixes_histograms=True))


def _batch(plan: CompiledPlan, first: int, stop: int) -> range:
    """Blocks from `first` on that are simulated together, before `stop`."""
    return range(first, min(first + plan.batch_blocks, stop))


def _thresholds(plan: CompiledPlan, bins: Mapping[FigureKey, Bins]) -> dict[FigureKey, tuple[float, ...]]:
    """By figure, the values of targets and triggers, in order."""
    values: dict[FigureKey, set[float]] = {}
    for target in plan.targets.values():
        for basis in ("stated", "parts"):
            values.setdefault(figure_key(target, basis, bins), set()).add(target.threshold.value)
    for key, value in plan.trigger_values:
        values.setdefault(key, set()).add(value)
    return {key: tuple(sorted(of_figure)) for key, of_figure in values.items()}


def simulate_chunk(job: ChunkJob, chunk: int) -> PartialResult:
    """Partial result of one chunk; OutputError where this is not the program that asks."""
    if job.code_version and job.code_version != local_code_version():
        raise OutputError("worker_differs")
    plan, result = job.plan, job.empty_result()
    stop = min(job.block_count, (chunk + 1) * job.blocks_per_chunk)
    for first in range(chunk * job.blocks_per_chunk, stop, plan.batch_blocks):
        is_simulated, is_kept = first == 0 and job.first_batch, first < job.sampled_blocks
        blocks = _batch(plan, first, stop)
        block = job.first_batch.pop() if is_simulated else simulate_block(plan, blocks, keeps_paths=is_kept)
        for key, values in block.figures.items():
            result.tallies[key].add(values)
        if result.places is not None and block.places is not None:
            result.places.merge(block.places)
        result.joint_hits += _count_all_targets_met(plan.targets, block.figures)
        if is_kept:
            _keep_paths(job, result, block, (job.sampled_blocks - first) * PATHS_PER_BLOCK)
    return result


def _keep_paths(job: ChunkJob, result: PartialResult, block: BlockResult, paths: int) -> None:
    """Keep the first paths of some blocks one by one."""
    result.uniforms.append({name: u[:paths].copy() for name, u in block.uniforms.items()})
    result.occurrences.append({name: values[:paths].copy() for name, values in block.occurrences.items()})
    no_event = np.zeros(len(next(iter(block.figures.values()))))
    marks = {name: block.marks.get(name, no_event) for name in sorted(job.sampled_names["marks"])}
    result.marks.append({name: u[:paths].copy() for name, u in marks.items()})
    figures = {key: values for key, values in block.figures.items() if key in job.sampled_figures} | dict(block.causes)
    result.figures.append({key: values[:paths].copy() for key, values in figures.items()})


def _count_all_targets_met(targets: Mapping[str, Target], figures: Mapping[FigureKey, Floats]) -> int:
    """Paths in which every target is met; 0 without targets."""
    all_met: np.ndarray | bool = True
    for target in targets.values():
        values = figures[figure_key(target, target.basis, figures)]
        all_met = all_met & meets(values, target.threshold.value, target.at_least is not None)
    return int(np.count_nonzero(all_met)) if targets else 0


def local_code_version() -> str:
    """Version of the code and the libraries that the numbers come from."""
    return " ".join(code_version((), ("numpy", "scipy")))
