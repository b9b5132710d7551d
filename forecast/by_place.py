"""A block by place: the revenue of the province, split among districts, and theirs among their places.

At each fork the parts are weight x level x noise, put to the sum of what is split, so that places sum to districts and
districts to the province in every month of every path. The noise of a fork's part is log normal; a district's is as
much narrower as its places even out, so that two places differ as much in two districts as in one. Only the parts of
one fork are held at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from scipy.special import ndtri

from forecast.assumption import Assumption
from forecast.chance import Floats
from forecast.draws import BLOCK, Draws, Floats32, stream
from forecast.effects import Blow
from forecast.levels import Levels
from forecast.months import Calendar
from forecast.place_tally import WORSE, PlaceTally
from forecast.returns import Returning
from forecast.terrain import Terrain
from forecast.trade import Trade

FAN = 32
"""Most parts of one fork."""
FEW = 30
"""Places up to which each is told as a district is."""
MANY = 64
"""Districts up to which each is told by service."""
LEAST = 1e-9
"""Least top of a histogram."""


@dataclass(frozen=True)
class PlaceGauges:
    """What is read of the places."""

    terrain: Terrain
    noise: Assumption | None
    periods: tuple[tuple[str, Calendar], ...]
    """As written; the first is the one in which every place is counted."""
    told: frozenset[str]
    """Codes of places whose figures are read path by path, beside all districts."""
    tops: Floats | None = None
    """(places,) ends of the histograms of all other places; none while they are not counted."""

    def counted(self, figures: Mapping[tuple[str, str], Floats]) -> PlaceGauges:
        """The same with histograms, from the figures of the province in the first block."""
        text, calendar = self.periods[0]
        services = sorted(self.terrain.before)
        means = np.array([figures[f"revenue.{service}", text].mean() for service in services])
        weights = np.array([self.terrain.weights(service) for service in services])
        share = np.einsum("sc,s->c", weights, means) / max(means.sum(), LEAST)
        noise = 0.0 if self.noise is None else self.noise.value
        room = 1.5 * np.exp(min(6 * noise / np.sqrt(calendar.count), 3.0))
        tops = share * float(figures["revenue", text].max()) * room
        return replace(self, tops=np.maximum(tops, LEAST))

    def tally(self, causes: tuple[str, ...]) -> PlaceTally | None:
        """An empty tally of the places; none while they are not counted."""
        return None if self.tops is None else PlaceTally(self.tops, causes)


@dataclass(frozen=True)
class Fork:
    """Some neighbours, and the forks or single places that they fall into."""

    name: str
    """Of its noise."""
    start: int
    stop: int
    parts: tuple[Fork, ...] = ()
    code: str = ""
    """Of a district or a place; nothing for a group of them that is only for counting."""


def tree_of(terrain: Terrain) -> Fork:
    """The province, its districts and their places; more than `FAN` parts are grouped."""
    districts = []
    for one in terrain.districts:
        places = [
            Fork(terrain.places[row], row, row + 1, (), terrain.places[row]) for row in range(one.start, one.stop)
        ]
        districts.append(Fork(one.code, one.start, one.stop, _grouped(one.code, places), one.code))
    return Fork("", 0, terrain.count, _grouped("", districts))


def _grouped(name: str, parts: list[Fork]) -> tuple[Fork, ...]:
    while len(parts) > FAN:
        groups = [parts[row : row + FAN] for row in range(0, len(parts), FAN)]
        parts = [
            Fork(f"{name}/{group[0].name}", group[0].start, group[-1].stop, tuple(group))
            if len(group) > 1
            else group[0]
            for group in groups
        ]
    return tuple(parts)


@cache
def _quantiles() -> Floats32:
    """The normal distribution as 65,536 values that are equally likely: 16 random bits are one of them."""
    return np.asarray(ndtri((np.arange(2**16) + 0.5) / 2**16), np.float32)


def _normals(out: Floats32, seed: int, name: str, block: int) -> None:
    """Standard normals, row by row, so that a longer horizon keeps the first months."""
    words = stream(seed, name, block).bit_generator.random_raw(out.size // 4)
    np.take(_quantiles(), words.view(np.uint16), out=out.reshape(-1), mode="clip")


@dataclass
class PlayedPlaces:
    """What a block says by place."""

    figures: dict[tuple[str, str], Floats]
    """(measure@code, period) -> (paths,)"""
    tally: PlaceTally | None


@dataclass
class _Split:
    """The work of one block."""

    gauges: PlaceGauges
    levels: Levels
    noise: Floats32
    """(paths,) or (1,) standard deviation of a place's month."""
    seed: int
    block: int
    paths: int
    rows: list[slice]
    whole: Sequence[Mapping[str, Floats]]
    """By period, the figures of the province: `revenue`, `revenue:parts` and `revenue.SERVICE`."""
    tally: PlaceTally | None
    gaps: list[tuple[Floats, Floats | None]]
    """By period, what carries the gap; empty without one."""
    figures: dict[tuple[str, str], Floats] = field(default_factory=dict)
    pool: dict[tuple[int, int], Floats32] = field(default_factory=dict)
    spare: Floats = field(default_factory=lambda: np.empty(BLOCK))

    def province(self, trades: Mapping[str, Trade]) -> None:
        """Split all."""
        shape = self.levels.levels.shape[1:]
        flows = [np.broadcast_to(trades[s].revenue, shape).astype(np.float32) for s in self.levels.services]
        sums = np.array([[found[f"revenue.{s}"] for found in self.whole] for s in self.levels.services])
        self._fork(tree_of(self.gauges.terrain), flows, sums, 0)

    def _fork(self, node: Fork, flows: list[Floats32], sums: Floats, depth: int) -> None:
        """Split the flows of a node, (months, paths) by service; `sums` (services, periods, paths) are theirs."""
        inner = bool(node.parts[0].parts)
        told = inner or any(part.code in self.gauges.told for part in node.parts)
        if not told and self.tally is None:
            return
        amounts = np.empty((len(flows), len(self.rows) if told else 1, len(node.parts), BLOCK))
        kept = np.zeros((2, len(node.parts), BLOCK))
        split = []
        for n, flow in enumerate(flows):
            own = self._room(node, flow.shape, (depth, n) if inner else (-1, 0))
            factor = self._split(node, n, flow, own, kept)
            if inner:
                own *= factor
                factor = np.ones((len(flow), 1), np.float32)
            for period, rows in enumerate(self.rows[: amounts.shape[1]]):
                for row in range(len(node.parts)):
                    amounts[n, period, row] = np.einsum("mp,mp->p", own[row, rows], factor[rows])
                _put_to(amounts[n, period], sums[n, period])
            split.append(own)
        for row, part in enumerate(node.parts):
            self._tell(part, amounts[:, :, row], kept[:, row])
            if inner:
                self._fork(part, [own[row] for own in split], amounts[:, :, row], depth + 1)

    def _room(self, node: Fork, shape: tuple[int, ...], key: tuple[int, int]) -> Floats32:
        """(parts, months, paths) of memory that is used again."""
        if key not in self.pool:
            self.pool[key] = np.empty((FAN, *shape), np.float32)
        return self.pool[key][: len(node.parts)]

    def _split(self, node: Fork, n: int, flow: Floats32, own: Floats32, kept: Floats) -> Floats32:
        """Fill the parts (parts, months, paths) of one service; the factor (months, paths) that puts them to the flow.

        `kept` is told what the places keep, and what they would have.
        """
        before = self.gauges.terrain.before[self.levels.services[n]]
        total = np.zeros_like(flow)
        weighed = self.gauges.terrain.weighed
        alike = not (weighed or node.parts[0].parts)
        if alike:
            kept[1] += self.levels.calm[n] * (before[node.start + 1] - before[node.start])
        for row, part in enumerate(node.parts):
            weights = np.diff(before[part.start : part.stop + 1])
            level = self._level(part, n)
            if len(node.parts) == 1 or weights.sum() <= 0 or not self.noise.any():
                own[row] = weights.sum()
            else:
                self._noisy(part, n, weights, own[row], alike)
            if level is not None:
                own[row] *= level
            total += own[row]
            if not part.parts:
                kept[0, row] += np.multiply(self.levels.kept[n], weights[0], out=self.spare)
                if weighed:
                    kept[1, row] += np.multiply(self.levels.calm[n], weights[0], out=self.spare)
        self._mend(node, before, flow, own, total)
        np.divide(flow, total, out=total, where=total > 0)
        return total

    def _level(self, part: Fork, n: int) -> Floats32 | None:
        """(months, paths); none where all is 1."""
        if self.levels.still:
            return None
        if part.parts:
            return self.levels.of_rows(n, part.start, part.stop)
        self.levels.walk_to(n, part.start)
        return np.asarray(self.levels.levels[n])

    def _noisy(self, part: Fork, n: int, weights: Floats, out: Floats32, alike: bool) -> None:
        """Weight x noise, the mean of which is the weight; parts that are all `alike` need no weight and no mean."""
        _normals(out, self.seed, f"places.{part.name}.{self.levels.services[n]}", self.block)
        weight = weights.sum()
        sd = self.noise * np.float32(np.sqrt(np.square(weights).sum()) / weight)
        out *= sd
        if not alike:
            out += np.float32(np.log(weight)) - np.square(sd) / 2
        np.exp(out, out=out)

    @staticmethod
    def _mend(node: Fork, before: Floats, flow: Floats32, own: Floats32, total: Floats32) -> None:
        """Where every part is shut and something is taken all the same, it is split by weight."""
        shut = (total <= 0) & (flow > 0)
        if shut.any():
            for row, part in enumerate(node.parts):
                own[row][shut] = before[part.stop] - before[part.start]
            total[shut] = before[node.stop] - before[node.start]

    def _tell(self, part: Fork, amounts: Floats, kept: Floats) -> None:
        """Read the figures of a district or a place, (services, periods, paths)."""
        if part.code and (part.parts or part.code in self.gauges.told):
            for period, (text, _) in enumerate(self.gauges.periods):
                parts = amounts[:, period].sum(axis=0)
                self.figures[f"revenue@{part.code}", text] = self._with_gap(parts, period, part)
                if part.code in self.gauges.told or len(self.gauges.terrain.districts) <= MANY:
                    for n, service in enumerate(self.levels.services):
                        self.figures[f"revenue.{service}@{part.code}", text] = amounts[n, period]
                    if self.gaps:
                        self.figures[f"revenue:parts@{part.code}", text] = parts
        if self.tally is not None and not part.parts:
            whole = self._with_gap(amounts[:, 0].sum(axis=0), 0, part)[: self.paths]
            worse = int(np.count_nonzero(kept[0, : self.paths] < (1 - WORSE) * kept[1, : self.paths]))
            self.tally.add(part.start, whole, worse)

    def _with_gap(self, parts: Floats, period: int, part: Fork) -> Floats:
        """The gap between what is stated and the services is spread as their revenue is, by weight where that is 0."""
        if not self.gaps:
            return parts
        ratio, bare = self.gaps[period]
        whole = parts * ratio
        if bare is not None:
            before = self.gauges.terrain.before[self.levels.services[0]]
            whole += bare * (before[part.stop] - before[part.start])
        return whole


def _gap(found: Mapping[str, Floats]) -> tuple[Floats, Floats | None]:
    """Revenue by that of the services, and the revenue where the services have none."""
    revenue, parts = found["revenue"], found["revenue:parts"]
    some = parts > 0
    ratio = np.divide(revenue, parts, out=np.zeros(BLOCK), where=some)
    return ratio, None if some.all() else np.where(some, 0.0, revenue)


def _put_to(parts: Floats, whole: Floats) -> None:
    """Take from (parts, paths) in 32 bits what rounding left between them and their whole."""
    total = parts.sum(axis=0)
    parts *= np.divide(whole, total, out=np.ones_like(total), where=total > 0)


def play_places(
    gauges: PlaceGauges,
    draws: Draws,
    paths: int,
    horizon: Calendar,
    trades: Mapping[str, Trade],
    blows: Mapping[str, Blow],
    returning: Mapping[str, Returning],
    whole: Mapping[tuple[str, str], Floats],
) -> PlayedPlaces:
    """Split a block by place; `whole` holds the figures of the province by (measure, period)."""
    rows = [horizon.rows(calendar) for _, calendar in gauges.periods]
    levels = Levels(gauges.terrain, trades, blows, returning, rows[0])
    tally = gauges.tally(tuple(sorted(blows)))
    noise = np.zeros(1) if gauges.noise is None else draws(gauges.noise)
    names = ("revenue", "revenue:parts", *(f"revenue.{service}" for service in levels.services))
    by_period = [
        {name: np.broadcast_to(whole[name, text], BLOCK) for name in names if (name, text) in whole}
        for text, _ in gauges.periods
    ]
    gaps = [_gap(found) for found in by_period if "revenue:parts" in found]
    work = _Split(
        gauges, levels, noise.astype(np.float32), draws.seed, draws.block, paths, rows, by_period, tally, gaps
    )
    work.province(trades)
    if tally is not None:
        tally.n += paths
        tally.lost, tally.calm = levels.lost(tally.causes, paths)
    return PlayedPlaces(work.figures, tally)
