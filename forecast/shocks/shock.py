"""What every shock has: a label, what comes back, and how much of the trade it reaches."""

from __future__ import annotations

from forecast.assumption import Duration, Effect, Share
from forecast.noun import ByService, Label, Noun


class Effects(Noun):
    """What happens to the drivers of the services; all changes multiply."""

    volume: ByService[Effect] = {}
    """Pieces sold, or revenue at unchanged prices."""
    price: ByService[Effect] = {}
    revenue: ByService[Effect] = {}
    unit_cost: ByService[Effect] = {}
    """Cost of a piece."""
    headcount: Effect | None = None


class Shock(Noun):
    """What the world does to us."""

    label: Label | None = None
    recovered: ByService[Share] = {}
    """Share of the lost volume and revenue that comes back; none where nothing is said."""
    within: Duration | None = None
    """Time after the end of an event over which what is recovered comes back; 2 months where nothing is said."""
    reach: Share | None = None
    """Share of the places that it reaches; all where nothing is said."""
