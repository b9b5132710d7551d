"""Initiatives: what we decide to do, when it starts, and what it brings if it happens."""

from __future__ import annotations

from forecast.plan.assumption import Day, Duration, Money, Share
from forecast.plan.bilingual import Label
from forecast.plan.fields import BooleanField
from forecast.plan.record import ByService, FrozenDict, Name, Record
from forecast.plan.shocks import Effects

__all__ = ["Initiative", "InitiativeCost"]


class InitiativeCost(Record):
    """Costs of an initiative; a cost that is absent is unknown, and the report says so."""

    once: Money | None = None
    """Paid in the month of the start."""
    per_month: Money | None = None
    """Paid from the start on."""


class Initiative(Record):
    """A decision of ours: it happens or not, starts, and grows to its full effect."""

    label: Label | None = None
    chance: Share | None = None
    """Chance that it happens; certain where nothing is said."""
    start: Day
    ramp: Duration | None = None
    """Time from the start until the effect is whole; at once where nothing is said."""
    effect: Effects
    """When it is whole, beyond the growth of the services."""
    takes_from: ByService[Share] = FrozenDict()
    """Share of each đồng gained that is lost by the named service."""
    cost: InitiativeCost | None = None
    needs: tuple[Name, ...] = ()
    """Initiatives that must happen; it does not start before them."""
    excludes: tuple[Name, ...] = ()
    """Initiatives that cannot be on together with it."""
    active: BooleanField = True
