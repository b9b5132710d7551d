"""What is read of places as a block is split: figures path by path of some, a count of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from forecast.arrays import Floats
from forecast.periods import Calendar
from forecast.plan.assumption import Assumption
from forecast.plan.geography import Terrain
from forecast.simulation.places.hierarchy import Fork
from forecast.simulation.places.histograms import WORSE, PlaceTally
from forecast.simulation.sampling.random_streams import BLOCK

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


@dataclass
class ReadPlaces:
    """What has been read of the places of one block."""

    gauges: PlaceGauges
    services: tuple[str, ...]
    paths: int
    tally: PlaceTally | None
    gaps: list[tuple[Floats, Floats | None]]
    """By period, what carries the gap; empty without one."""
    figures: dict[tuple[str, str], Floats] = field(default_factory=dict)
    """(measure@code, period) -> (paths,)"""

    def wants(self, node: Fork) -> bool:
        """Whether any part of a fork is read path by path, in every period."""
        return bool(node.parts[0].parts) or any(part.code in self.gauges.told for part in node.parts)

    def tell(self, part: Fork, amounts: Floats, kept: Floats) -> None:
        """Read the figures of a district or a place, (services, periods, paths).

        `kept` (2, paths) is what a place keeps, and what it would have.
        """
        if part.code and (part.parts or part.code in self.gauges.told):
            for period, (text, _) in enumerate(self.gauges.periods):
                parts = amounts[:, period].sum(axis=0)
                self.figures[f"revenue@{part.code}", text] = self._with_gap(parts, period, part)
                if part.code in self.gauges.told or len(self.gauges.terrain.districts) <= MANY:
                    for n, service in enumerate(self.services):
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
            before = self.gauges.terrain.before[self.services[0]]
            whole += bare * (before[part.stop] - before[part.start])
        return whole


def gap_of(found: Mapping[str, Floats]) -> tuple[Floats, Floats | None]:
    """Revenue by that of the services, and the revenue where the services have none."""
    revenue, parts = found["revenue"], found["revenue:parts"]
    some = parts > 0
    ratio = np.divide(revenue, parts, out=np.zeros(BLOCK), where=some)
    return ratio, None if some.all() else np.where(some, 0.0, revenue)
