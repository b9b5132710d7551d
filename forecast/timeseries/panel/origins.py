"""Origins inside a panel: its siblings as they stood one or more horizons ago, and their actual values afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.timeseries.panel.panel import Panel

__all__ = ["SiblingOrigin", "sibling_origins"]

MAX_SIBLINGS = 800
"""Siblings that are forecast again, over all origins and evenly spread over the panel: what takes the time."""
MAX_SIBLING_ORIGINS = 3
MIN_SEASONS = 2
"""Seasons that a sibling has before its origin, and at least `MIN_PERIODS`."""
MIN_PERIODS = 8


@dataclass(frozen=True)
class SiblingOrigin:
    """Siblings as they stood at an origin."""

    panel: Panel
    """The siblings up to the origin."""
    actual: Floats
    """(siblings, horizon): their values afterwards."""


def sibling_origins(panel: Panel, horizon: int, max_origins: int = MAX_SIBLING_ORIGINS) -> list[SiblingOrigin]:
    """Origins one horizon apart, as many as their siblings allow.

    Parameters
    ----------
    panel : Panel
        Series in their units.
    horizon : int
        Periods ahead.
    max_origins : int
        Most origins.

    Returns
    -------
    list of SiblingOrigin
        The latest first; none where no series is long enough.
    """
    origins: list[SiblingOrigin] = []
    budget = MAX_SIBLINGS
    for number in range(1, max_origins + 1):
        dropped = number * horizon
        long = np.flatnonzero(panel.lengths >= max(MIN_SEASONS * panel.season, MIN_PERIODS) + dropped)
        count = min(len(long), MAX_SIBLINGS)
        if not count or count > budget:
            break
        rows = long[np.arange(count) * len(long) // count]
        end = panel.values.shape[1] - dropped
        origins.append(SiblingOrigin(panel.drop_last(dropped).take(rows), panel.values[rows, end : end + horizon]))
        budget -= count
    return origins
