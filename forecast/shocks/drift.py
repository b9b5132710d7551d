"""A drift: a change that grows evenly, then stays."""

from __future__ import annotations

from typing import Literal

from forecast.assumption import Duration
from forecast.shocks.shock import Effects, Shock


class Drift(Shock):
    """A slow change: competition, a new habit."""

    kind: Literal["drift"]
    over: Duration
    """Time from the first day of the horizon until the change is whole."""
    effect: Effects
    """When it is whole."""
