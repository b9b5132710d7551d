"""A block by place: the revenue of the province, split among districts, and theirs among their places.

At each fork the parts are weight x level x noise, put to the sum of what is split, so that places sum to districts and
districts to the province in every month of every path. The noise of a fork's part is log normal; a district's is as
much narrower as its places even out, so that two places differ as much in two districts as in one. Only the parts of
one fork are held at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from forecast.arrays import Floats, Floats32
from forecast.periods import Calendar
from forecast.simulation.model.recovery import Recovery
from forecast.simulation.model.service_paths import ServicePaths
from forecast.simulation.places.hierarchy import MAX_PARTS_PER_NODE, PlaceNode, build_place_tree, fill_normals
from forecast.simulation.places.losses import PlaceLevels
from forecast.simulation.places.outputs import PlaceFigures, PlaceOutputs, gap_ratio
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler


@dataclass
class _Allocation:
    """The work of one block."""

    figures: PlaceFigures
    levels: PlaceLevels
    noise_sd: Floats32
    """(paths,) or (1,) standard deviation of a place's month."""
    seed: int
    block: int
    period_rows: list[slice]
    totals: Sequence[Mapping[str, Floats]]
    """By period, the figures of the province: `revenue`, `revenue:parts` and `revenue.SERVICE`."""
    is_noiseless: bool
    """Whether there is no noise."""
    buffers: dict[tuple[int, int], Floats32] = field(default_factory=dict)
    scratch: Floats = field(default_factory=lambda: np.empty(PATHS_PER_BLOCK))

    def allocate(self, trades: Mapping[str, ServicePaths]) -> None:
        """Split all."""
        shape = self.levels.levels.shape[1:]
        flows = [np.broadcast_to(trades[s].revenue, shape).astype(np.float32) for s in self.levels.services]
        sums = np.array([[found[f"revenue.{s}"] for found in self.totals] for s in self.levels.services])
        self._allocate_node(build_place_tree(self.figures.outputs.geography), flows, sums, 0)

    def _allocate_node(self, node: PlaceNode, flows: list[Floats32], sums: Floats, depth: int) -> None:
        """Split the flows of a node, (months, paths) by service; `sums` (services, periods, paths) are theirs."""
        inner = bool(node.parts[0].parts)
        told = self.figures.has_path_figures(node)
        if not told and self.figures.tally is None:
            return
        amounts = np.empty((len(flows), len(self.period_rows) if told else 1, len(node.parts), PATHS_PER_BLOCK))
        kept = np.zeros((2, len(node.parts), PATHS_PER_BLOCK))
        split = []
        for n, flow in enumerate(flows):
            own = self._buffer(node, flow.shape, (depth, n) if inner else (-1, 0))
            factor = self._fill_parts(node, n, flow, own, kept)
            if inner:
                own *= factor
                factor = np.ones((len(flow), 1), np.float32)
            for period, rows in enumerate(self.period_rows[: amounts.shape[1]]):
                for row in range(len(node.parts)):
                    amounts[n, period, row] = np.einsum("mp,mp->p", own[row, rows], factor[rows])
                _rescale(amounts[n, period], sums[n, period])
            split.append(own)
        for row, part in enumerate(node.parts):
            self.figures.record(part, amounts[:, :, row], kept[:, row])
            if inner:
                self._allocate_node(part, [own[row] for own in split], amounts[:, :, row], depth + 1)

    def _buffer(self, node: PlaceNode, shape: tuple[int, ...], key: tuple[int, int]) -> Floats32:
        """(parts, months, paths) of memory that is used again."""
        if key not in self.buffers:
            self.buffers[key] = np.empty((MAX_PARTS_PER_NODE, *shape), np.float32)
        return self.buffers[key][: len(node.parts)]

    def _fill_parts(self, node: PlaceNode, n: int, flow: Floats32, own: Floats32, kept: Floats) -> Floats32:
        """Fill the parts (parts, months, paths) of one service; the factor (months, paths) that puts them to the flow.

        `kept` is told what the places keep, and what they would have.
        """
        terrain = self.figures.outputs.geography
        before = terrain.cumulative_weight[self.levels.services[n]]
        total = np.zeros_like(flow)
        alike = not (terrain.is_weighted or node.parts[0].parts)
        if alike:
            kept[1] += self.levels.baseline_revenue[n] * (before[node.start + 1] - before[node.start])
        for row, part in enumerate(node.parts):
            weight = before[part.stop] - before[part.start]
            level = self._part_level(part, n)
            if len(node.parts) == 1 or weight <= 0 or self.is_noiseless:
                own[row] = weight
            else:
                self._fill_noisy_weights(part, n, before, own[row], alike)
            if level is not None:
                own[row] *= level
            total += own[row]
            if not part.parts:
                kept[0, row] += np.multiply(self.levels.shocked_revenue[n], weight, out=self.scratch)
                if terrain.is_weighted:
                    kept[1, row] += np.multiply(self.levels.baseline_revenue[n], weight, out=self.scratch)
        self._fill_closed_months(node, before, flow, own, total)
        np.divide(flow, total, out=total, where=total > 0)
        return total

    def _part_level(self, part: PlaceNode, n: int) -> Floats32 | None:
        """(months, paths); none where all is 1."""
        if self.levels.is_unchanged:
            return None
        if part.parts:
            return self.levels.mean_level(n, part.start, part.stop)
        self.levels.walk_to(n, part.start)
        return np.asarray(self.levels.levels[n])

    def _fill_noisy_weights(self, part: PlaceNode, n: int, before: Floats, out: Floats32, alike: bool) -> None:
        """Weight x noise, the mean of which is the weight; parts that are all `alike` need no weight and no mean."""
        fill_normals(out, self.seed, f"places.{part.noise_name}.{self.levels.services[n]}", self.block)
        weight, sd = before[part.stop] - before[part.start], self.noise_sd
        if part.parts:  # many places even out
            sd = sd * np.float32(np.sqrt(np.square(np.diff(before[part.start : part.stop + 1])).sum()) / weight)
        out *= sd
        if not alike:
            out += np.float32(np.log(weight)) - np.square(sd) / 2
        np.exp(out, out=out)

    @staticmethod
    def _fill_closed_months(node: PlaceNode, before: Floats, flow: Floats32, own: Floats32, total: Floats32) -> None:
        """Where every part is shut and something is taken all the same, it is split by weight."""
        shut = (total <= 0) & (flow > 0)
        if shut.any():
            for row, part in enumerate(node.parts):
                own[row][shut] = before[part.stop] - before[part.start]
            total[shut] = before[node.stop] - before[node.start]


def _rescale(parts: Floats, whole: Floats) -> None:
    """Take from (parts, paths) in 32 bits what rounding left between them and their whole."""
    total = parts.sum(axis=0)
    parts *= np.divide(whole, total, out=np.ones_like(total), where=total > 0)


def allocate_block(
    gauges: PlaceOutputs,
    draws: Sampler,
    paths: int,
    horizon: Calendar,
    trades: Mapping[str, ServicePaths],
    returning: Mapping[str, Recovery],
    whole: Mapping[tuple[str, str], Floats],
) -> PlaceFigures:
    """Split a block by place; `whole` holds the figures of the province by (measure, period)."""
    rows = [horizon.rows(calendar) for _, calendar in gauges.periods]
    levels = PlaceLevels(gauges.geography, trades, returning, rows[0])
    tally = gauges.empty_tally(tuple(sorted(returning)))
    noise = np.zeros(1) if gauges.noise is None else draws(gauges.noise)
    names = ("revenue", "revenue:parts", *(f"revenue.{service}" for service in levels.services))
    by_period = [
        {name: np.broadcast_to(whole[name, text], PATHS_PER_BLOCK) for name in names if (name, text) in whole}
        for text, _ in gauges.periods
    ]
    gaps = [gap_ratio(found) for found in by_period if "revenue:parts" in found]
    read = PlaceFigures(gauges, levels.services, paths, tally, gaps)
    loud = noise.astype(np.float32)
    _Allocation(read, levels, loud, draws.seed, draws.blocks.start, rows, by_period, not loud.any()).allocate(trades)
    if tally is not None:
        tally.n += paths
        tally.loss_sums, tally.baseline_sums = levels.sum_losses(tally.causes, paths)
    return read
