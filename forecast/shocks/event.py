"""A dated event: it happens or it does not, from one day until another."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from forecast.assumption import Day, Share
from forecast.shocks.shock import Effects, Shock


class Event(Shock):
    """Something with a date: street works, a lockdown on record."""

    kind: Literal["event"]
    chance: Share | None = None
    """Chance that it happens; certain where nothing is said."""
    from_: Day = Field(alias="from")
    """Its first day, counted."""
    until: Day
    """Its last day, counted."""
    effect: Effects
    """Of a day, where it reaches."""
