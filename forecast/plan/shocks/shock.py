"""What every shock has: a label, what comes back, and how much of the trade it reaches."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from forecast.arrays import Floats
from forecast.plan.assumption import Duration, Effect, Share
from forecast.plan.record import ByService, Label, Noun, Table, of_service
from forecast.simulation.model.impacts import WITHIN, Impact, SimulationContext
from forecast.simulation.sampling.random_streams import Draws


class Effects(Noun):
    """What happens to the drivers of the services; all changes multiply."""

    volume: ByService[Effect] = Table()
    """Pieces sold, or revenue at unchanged prices."""
    price: ByService[Effect] = Table()
    revenue: ByService[Effect] = Table()
    """A shock that takes revenue takes the pieces with it; write price where only the price falls."""
    unit_cost: ByService[Effect] = Table()
    """Cost of a piece."""
    headcount: Effect | None = None


class Shock(Noun, ABC):
    """What the world does to us."""

    label: Label | None = None
    recovered: ByService[Share] = Table()
    """Share of the lost volume and revenue that comes back; none where nothing is said."""
    within: Duration | None = None
    """Time after the end of an event over which what is recovered comes back; 2 months where nothing is said."""
    reach: Share | None = None
    """Share of the places that it reaches; all where nothing is said."""

    @property
    def events_per_year(self) -> float:
        """How many are expected where they come by chance."""
        return 0.0

    @abstractmethod
    def strike(self, name: str, draws: Draws, context: SimulationContext) -> Impact:
        """What it does in some blocks; `name` is its dotted name, under which its events are drawn."""

    def returning(self, draws: Draws, services: tuple[str, ...]) -> dict[str, Floats]:
        """By service, the share of its loss that comes back."""
        said = {service: of_service(self.recovered, service) for service in services}
        return {service: draws(share) for service, share in said.items() if share is not None}

    def spread(self, draws: Draws) -> Floats:
        """Days over which it comes back."""
        return np.array([WITHIN]) if self.within is None else draws(self.within)

    def reached(self, draws: Draws) -> Floats:
        """Share of the trade that it reaches."""
        return np.ones(1) if self.reach is None else draws(self.reach)
