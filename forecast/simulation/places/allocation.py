"""Top-down allocation of a block: the revenue of the province to districts, and theirs to their places.

At each node the parts are weight x level x noise, scaled to the sum of the node, so that places sum to districts and
districts to the province in every month of every path. The noise of a part is log normal; a district's is as much
narrower as its places even out, so that two places differ as much in two districts as in one. Only the parts of one
node are held at a time.
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
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler, stream_name


@dataclass
class _Allocation:
    """Allocation of one block."""

    figures: PlaceFigures
    levels: PlaceLevels
    noise_sd: Floats32
    """(paths,) or (1,) standard deviation of a place's month."""
    seed: int
    noise_root: str
    """First part of the names of the places' noise."""
    block: int
    horizon: Calendar
    period_rows: list[slice]
    totals: Sequence[Mapping[str, Floats]]
    """By period, the figures of the province: `revenue`, `revenue:parts` and `revenue.SERVICE`."""
    is_noiseless: bool
    """True without noise."""
    buffers: dict[tuple[int, int], Floats32] = field(default_factory=dict)
    scratch: Floats = field(default_factory=lambda: np.empty(PATHS_PER_BLOCK))

    def allocate(self, services: Mapping[str, ServicePaths]) -> None:
        """Allocate from the province down to the places."""
        shape = (self.horizon.count, PATHS_PER_BLOCK)
        flows = [np.broadcast_to(services[s].revenue, shape).astype(np.float32) for s in self.levels.services]
        sums = np.array([[figures[f"revenue.{s}"] for figures in self.totals] for s in self.levels.services])
        self._allocate_node(build_place_tree(self.figures.outputs.geography), flows, sums, 0)

    def _allocate_node(self, node: PlaceNode, flows: list[Floats32], sums: Floats, depth: int) -> None:
        """Allocate the flows of a node, (months, paths) by service; `sums` (services, periods, paths) are theirs."""
        has_inner_parts = bool(node.parts[0].parts)
        has_path_figures = self.figures.has_path_figures(node)
        if not has_path_figures and not self.figures.visits_every_place:
            return
        amounts = np.empty(
            (len(flows), len(self.period_rows) if has_path_figures else 1, len(node.parts), PATHS_PER_BLOCK)
        )
        expected_revenue = np.zeros((2, len(node.parts), PATHS_PER_BLOCK))
        part_flows = []
        for n, flow in enumerate(flows):
            parts = self._buffer(node, flow.shape, (depth, n) if has_inner_parts else (-1, 0))
            factor = self._fill_parts(node, n, flow, parts, expected_revenue)
            if has_inner_parts:
                parts *= factor
                factor = np.ones((len(flow), 1), np.float32)
            for period, rows in enumerate(self.period_rows[: amounts.shape[1]]):
                for row in range(len(node.parts)):
                    amounts[n, period, row] = np.einsum("mp,mp->p", parts[row, rows], factor[rows])
                (_rescale if flow.min() >= 0 else _close)(amounts[n, period], sums[n, period])
            part_flows.append(parts)
        for row, part in enumerate(node.parts):
            self.figures.record(part, amounts[:, :, row], expected_revenue[:, row])
            if has_inner_parts:
                self._allocate_node(part, [parts[row] for parts in part_flows], amounts[:, :, row], depth + 1)

    def _buffer(self, node: PlaceNode, shape: tuple[int, ...], key: tuple[int, int]) -> Floats32:
        """(parts, months, paths) of memory that is used again."""
        if key not in self.buffers:
            self.buffers[key] = np.empty((MAX_PARTS_PER_NODE, *shape), np.float32)
        return self.buffers[key][: len(node.parts)]

    def _fill_parts(
        self, node: PlaceNode, n: int, flow: Floats32, parts: Floats32, expected_revenue: Floats
    ) -> Floats32:
        """Fill the parts (parts, months, paths) of one service; the factor (months, paths) to the flow.

        `expected_revenue` (2, parts, paths) grows by the revenue of the places after shocks, and without them.
        """
        geography = self.figures.outputs.geography
        cumulative_weight = geography.cumulative_weight[self.levels.services[n]]
        total = np.zeros_like(flow)
        is_equal = not (geography.is_weighted or node.parts[0].parts)
        if is_equal:
            expected_revenue[1] += self.levels.baseline_revenue[n] * (
                cumulative_weight[node.start + 1] - cumulative_weight[node.start]
            )
        for row, part in enumerate(node.parts):
            weight = cumulative_weight[part.stop] - cumulative_weight[part.start]
            level = self._part_level(part, n)
            if len(node.parts) == 1 or weight <= 0 or self.is_noiseless:
                parts[row] = weight
            else:
                self._fill_noisy_weights(part, n, cumulative_weight, parts[row], is_equal)
            if level is not None:
                parts[row] *= level
            total += parts[row]
            if not part.parts:
                expected_revenue[0, row] += np.multiply(self.levels.shocked_revenue[n], weight, out=self.scratch)
                if geography.is_weighted:
                    expected_revenue[1, row] += np.multiply(self.levels.baseline_revenue[n], weight, out=self.scratch)
        self._fill_closed_months(node, cumulative_weight, flow, parts, total)
        np.divide(flow, total, out=total, where=total > 0)
        return total

    def _part_level(self, part: PlaceNode, n: int) -> Floats32 | None:
        """(months, paths) level of a part; None where all is 1."""
        if self.levels.is_unchanged:
            return None
        if part.parts:
            return self.levels.mean_level(n, part.start, part.stop)
        self.levels.walk_to(n, part.start)
        return self.levels.level(n)

    def _fill_noisy_weights(
        self, part: PlaceNode, n: int, cumulative_weight: Floats, out: Floats32, is_equal: bool
    ) -> None:
        """Weight x noise, the mean of which is the weight; equal parts need neither weight nor mean."""
        name = f"{self.noise_root}.{part.noise_name}.{self.levels.services[n]}"
        fill_normals(out, self.seed, name, self.block, self.horizon)
        weight, sd = cumulative_weight[part.stop] - cumulative_weight[part.start], self.noise_sd
        if part.parts:  # many places even out
            sd = sd * np.float32(
                np.sqrt(np.square(np.diff(cumulative_weight[part.start : part.stop + 1])).sum()) / weight
            )
        out *= sd
        if not is_equal:
            out += np.float32(np.log(weight)) - np.square(sd) / 2
        np.exp(out, out=out)

    @staticmethod
    def _fill_closed_months(
        node: PlaceNode, cumulative_weight: Floats, flow: Floats32, parts: Floats32, total: Floats32
    ) -> None:
        """Months in which every part is closed and there is revenue all the same are split by weight."""
        is_closed = (total <= 0) & (flow != 0)
        if is_closed.any():
            for row, part in enumerate(node.parts):
                parts[row][is_closed] = cumulative_weight[part.stop] - cumulative_weight[part.start]
            total[is_closed] = cumulative_weight[node.stop] - cumulative_weight[node.start]


def _rescale(parts: Floats, total: Floats) -> None:
    """Scale (parts, paths), summed in 32 bits, to their total (paths,) of 64 bits."""
    summed = parts.sum(axis=0)
    parts *= np.divide(total, summed, out=np.ones_like(summed), where=summed > 0)


def _close(parts: Floats, total: Floats) -> None:
    """Add by size to (parts, paths), summed in 32 bits, what they lack of a total (paths,) that may be about zero."""
    sizes = np.abs(parts)
    size = sizes.sum(axis=0)
    parts += sizes * np.divide(total - parts.sum(axis=0), size, out=np.zeros_like(size), where=size > 0)


def allocate_block(
    outputs: PlaceOutputs,
    sampler: Sampler,
    paths: int,
    horizon: Calendar,
    services: Mapping[str, ServicePaths],
    recoveries: Mapping[str, Recovery],
    province_figures: Mapping[tuple[str, str], Floats],
) -> PlaceFigures:
    """Figures and tally of the places of a block; `province_figures` are by (measure, period)."""
    rows = [horizon.rows(calendar) for _, calendar in outputs.periods]
    levels = PlaceLevels(outputs.geography, services, recoveries, rows[0])
    tally = outputs.empty_tally(tuple(sorted(recoveries)))
    noise = np.zeros(1) if outputs.noise is None else sampler(outputs.noise)
    names = ("revenue", "revenue:parts", *(f"revenue.{service}" for service in levels.services))
    by_period = [
        {
            name: np.broadcast_to(province_figures[name, text], PATHS_PER_BLOCK)
            for name in names
            if (name, text) in province_figures
        }
        for text, _ in outputs.periods
    ]
    gap_ratios = [gap_ratio(figures) for figures in by_period if "revenue:parts" in figures]
    result = PlaceFigures(outputs, levels.services, paths, tally, gap_ratios)
    noise_sd = noise.astype(np.float32)
    root = stream_name("places", "places" in sampler.resampled)
    _Allocation(
        result, levels, noise_sd, sampler.seed, root, sampler.blocks.start, horizon, rows, by_period, not noise_sd.any()
    ).allocate(services)
    if tally is not None:
        tally.n += paths
        tally.loss_sums, tally.baseline_sums = levels.sum_losses(tally.causes, paths)
    return result
