"""Outputs of the places of a block: figures path by path of some, a tally of all."""

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
"""Places up to which each has figures path by path, as a district has."""
MAX_DISTRICTS_BY_SERVICE = 64
"""Districts up to which each has figures by service."""
MIN_HISTOGRAM_BOUND = 1e-9
"""Least upper bound of a histogram, in money."""


@dataclass(frozen=True)
class PlaceOutputs:
    """Periods and places whose figures are recorded."""

    geography: Geography
    noise: Assumption | None
    """Standard deviation of one place's month against its share."""
    periods: tuple[tuple[str, Calendar], ...]
    """By text as written; every place is counted in the first."""
    detailed_places: frozenset[str]
    """Codes of places whose figures are recorded path by path, beside all districts."""
    upper_bounds: Floats | None = None
    """(places,) ends of the histograms of all other places; None while they are not counted."""
    has_negatives: bool = False
    """True where revenue may be below zero; the histograms then begin as far below zero as they end above."""
    fixes_histograms: bool = False
    """True in the first block, which fixes the histograms and finds the atoms of every place."""
    atoms: tuple[tuple[float, ...], ...] = ()
    """By place, the revenues that many paths share."""

    def with_histograms(self, figures: Mapping[tuple[str, str], Floats]) -> PlaceOutputs:
        """The same with histograms, from the figures (paths,) of the province in the first block."""
        text, calendar = self.periods[0]
        services = sorted(self.geography.cumulative_weight)
        means = np.array([figures[f"revenue.{service}", text].mean() for service in services])
        weights = np.array([self.geography.weights(service) for service in services])
        largest = np.array([np.abs(figures[f"revenue.{service}", text]).max() for service in services])
        has_negatives = any(figures[f"revenue.{service}", text].min() < 0 for service in services)
        share = np.einsum("sc,s->c", weights, means) / max(means.sum(), MIN_HISTOGRAM_BOUND)
        expected = weights.T @ largest if has_negatives else share * float(figures["revenue", text].max())
        noise = 0.0 if self.noise is None else self.noise.value
        headroom = 1.5 * np.exp(min(6 * noise / np.sqrt(calendar.count), 3.0))
        return replace(
            self,
            upper_bounds=np.maximum(expected * headroom, MIN_HISTOGRAM_BOUND),
            has_negatives=has_negatives,
        )

    def empty_tally(self, causes: tuple[str, ...]) -> PlaceTally | None:
        """An empty tally of the places; None while they are not counted."""
        low = -1.0 if self.has_negatives else 0.0
        if self.upper_bounds is None:
            return None
        atoms = None if self.fixes_histograms else self.atoms
        return PlaceTally(self.upper_bounds, causes, atoms, low)


@dataclass
class PlaceFigures:
    """Figures and tally of the places of one block."""

    outputs: PlaceOutputs
    services: tuple[str, ...]
    paths: int
    tally: PlaceTally | None
    gap_ratios: list[tuple[Floats, Floats | None]]
    """By period, the ratio that carries the gap; empty without a gap."""
    figures: dict[tuple[str, str], Floats] = field(default_factory=dict)
    """(measure@code, period) -> (paths,)"""

    @property
    def visits_every_place(self) -> bool:
        """True where every place is counted."""
        return self.tally is not None

    def has_path_figures(self, node: PlaceNode) -> bool:
        """True where any part of a node is recorded path by path, in every period."""
        return bool(node.parts[0].parts) or any(part.code in self.outputs.detailed_places for part in node.parts)

    def record(self, part: PlaceNode, amounts: Floats, expected_revenue: Floats) -> None:
        """Record the figures of a district or a place, (services, periods, paths).

        `expected_revenue` (2, paths) of a place is after shocks, and without them.
        """
        if part.code and (part.parts or part.code in self.outputs.detailed_places):
            for period, (text, _) in enumerate(self.outputs.periods):
                revenue_of_services = amounts[:, period].sum(axis=0)
                self.figures[f"revenue@{part.code}", text] = self._add_gap(revenue_of_services, period, part)
                if (
                    part.code in self.outputs.detailed_places
                    or len(self.outputs.geography.districts) <= MAX_DISTRICTS_BY_SERVICE
                ):
                    for n, service in enumerate(self.services):
                        self.figures[f"revenue.{service}@{part.code}", text] = amounts[n, period]
                    if self.gap_ratios:
                        self.figures[f"revenue:parts@{part.code}", text] = revenue_of_services
        if part.parts or self.tally is None:
            return
        total = self._add_gap(amounts[:, 0].sum(axis=0), 0, part)[: self.paths]
        shocked, baseline = expected_revenue[:, : self.paths]
        limit = np.where(baseline < 0, 1 + SEVERE_LOSS_SHARE, 1 - SEVERE_LOSS_SHARE) * baseline
        self.tally.add(part.start, total, int(np.count_nonzero(shocked < limit)))

    def _add_gap(self, revenue_of_services: Floats, period: int, part: PlaceNode) -> Floats:
        """(paths,) revenue with the gap spread as the services' revenue is, by weight where that is 0."""
        if not self.gap_ratios:
            return revenue_of_services
        ratio, without_services = self.gap_ratios[period]
        total = revenue_of_services * ratio
        if without_services is not None:
            cumulative_weight = self.outputs.geography.cumulative_weight[self.services[0]]
            total += without_services * (cumulative_weight[part.stop] - cumulative_weight[part.start])
        return total


def gap_ratio(figures: Mapping[str, Floats]) -> tuple[Floats, Floats | None]:
    """(paths,) revenue / revenue of the services; (paths,) the gap where the services have none or less, or None."""
    revenue, revenue_of_services = figures["revenue"], figures["revenue:parts"]
    is_positive = revenue_of_services > 0
    ratio = np.divide(revenue, revenue_of_services, out=np.ones(PATHS_PER_BLOCK), where=is_positive)
    return ratio, None if is_positive.all() else np.where(is_positive, 0.0, revenue - revenue_of_services)
