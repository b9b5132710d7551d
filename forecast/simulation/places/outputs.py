"""What is read of places as a block is split: figures path by path of some, a count of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from forecast.arrays import Floats
from forecast.periods import Calendar
from forecast.plan.assumption import Assumption
from forecast.plan.geography import Geography
from forecast.simulation.places.hierarchy import PlaceNode
from forecast.simulation.places.histograms import SEVERE_LOSS_SHARE, PlaceTally
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK

MAX_PLACES_IN_DETAIL = 30
"""Places up to which each is told as a district is."""
MAX_DISTRICTS_BY_SERVICE = 64
"""Districts up to which each is told by service."""
MIN_HISTOGRAM_BOUND = 1e-9
"""Least top of a histogram."""


@dataclass(frozen=True)
class PlaceOutputs:
    """What is read of the places."""

    geography: Geography
    noise: Assumption | None
    periods: tuple[tuple[str, Calendar], ...]
    """As written; the first is the one in which every place is counted."""
    detailed_places: frozenset[str]
    """Codes of places whose figures are read path by path, beside all districts."""
    upper_bounds: Floats | None = None
    """(places,) ends of the histograms of all other places; none while they are not counted."""

    def with_histograms(self, figures: Mapping[tuple[str, str], Floats]) -> PlaceOutputs:
        """The same with histograms, from the figures of the province in the first block."""
        text, calendar = self.periods[0]
        services = sorted(self.geography.cumulative_weight)
        means = np.array([figures[f"revenue.{service}", text].mean() for service in services])
        weights = np.array([self.geography.weights(service) for service in services])
        share = np.einsum("sc,s->c", weights, means) / max(means.sum(), MIN_HISTOGRAM_BOUND)
        noise = 0.0 if self.noise is None else self.noise.value
        room = 1.5 * np.exp(min(6 * noise / np.sqrt(calendar.count), 3.0))
        tops = share * float(figures["revenue", text].max()) * room
        return replace(self, upper_bounds=np.maximum(tops, MIN_HISTOGRAM_BOUND))

    def empty_tally(self, causes: tuple[str, ...]) -> PlaceTally | None:
        """An empty tally of the places; none while they are not counted."""
        return None if self.upper_bounds is None else PlaceTally(self.upper_bounds, causes)


@dataclass
class PlaceFigures:
    """What has been read of the places of one block."""

    outputs: PlaceOutputs
    services: tuple[str, ...]
    paths: int
    tally: PlaceTally | None
    gap_ratios: list[tuple[Floats, Floats | None]]
    """By period, what carries the gap; empty without one."""
    figures: dict[tuple[str, str], Floats] = field(default_factory=dict)
    """(measure@code, period) -> (paths,)"""

    def has_path_figures(self, node: PlaceNode) -> bool:
        """Whether any part of a fork is read path by path, in every period."""
        return bool(node.parts[0].parts) or any(part.code in self.outputs.detailed_places for part in node.parts)

    def record(self, part: PlaceNode, amounts: Floats, kept: Floats) -> None:
        """Read the figures of a district or a place, (services, periods, paths).

        `kept` (2, paths) is what a place keeps, and what it would have.
        """
        if part.code and (part.parts or part.code in self.outputs.detailed_places):
            for period, (text, _) in enumerate(self.outputs.periods):
                parts = amounts[:, period].sum(axis=0)
                self.figures[f"revenue@{part.code}", text] = self._add_gap(parts, period, part)
                if (
                    part.code in self.outputs.detailed_places
                    or len(self.outputs.geography.districts) <= MAX_DISTRICTS_BY_SERVICE
                ):
                    for n, service in enumerate(self.services):
                        self.figures[f"revenue.{service}@{part.code}", text] = amounts[n, period]
                    if self.gap_ratios:
                        self.figures[f"revenue:parts@{part.code}", text] = parts
        if self.tally is not None and not part.parts:
            whole = self._add_gap(amounts[:, 0].sum(axis=0), 0, part)[: self.paths]
            worse = int(np.count_nonzero(kept[0, : self.paths] < (1 - SEVERE_LOSS_SHARE) * kept[1, : self.paths]))
            self.tally.add(part.start, whole, worse)

    def _add_gap(self, parts: Floats, period: int, part: PlaceNode) -> Floats:
        """The gap between what is stated and the services is spread as their revenue is, by weight where that is 0."""
        if not self.gap_ratios:
            return parts
        ratio, bare = self.gap_ratios[period]
        whole = parts * ratio
        if bare is not None:
            before = self.outputs.geography.cumulative_weight[self.services[0]]
            whole += bare * (before[part.stop] - before[part.start])
        return whole


def gap_ratio(found: Mapping[str, Floats]) -> tuple[Floats, Floats | None]:
    """Revenue by that of the services, and the revenue where the services have none."""
    revenue, parts = found["revenue"], found["revenue:parts"]
    some = parts > 0
    ratio = np.divide(revenue, parts, out=np.zeros(PATHS_PER_BLOCK), where=some)
    return ratio, None if some.all() else np.where(some, 0.0, revenue)
