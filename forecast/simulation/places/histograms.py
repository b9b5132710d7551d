"""What many paths say of many places: a small histogram each, so that memory follows the places, not the paths."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.stats.intervals import Z95, Estimate, interval

BINS = 1_024
"""Bins of a place, from nothing to its top."""
WORSE = 0.10
"""Share of its year that a place loses in the paths that are counted."""

_COUNTED = ("counts", "sums", "ends", "worse", "lost", "calm")


@dataclass
class PlaceTally:
    """Amounts of a period in each place, and what shocks took there."""

    tops: Floats
    """(places,) end of each histogram; what lies above counts in the last bin."""
    causes: tuple[str, ...]

    def __post_init__(self) -> None:
        places = len(self.tops)
        self.n = 0
        self.counts = np.zeros((places, BINS), np.uint32)
        self.sums = np.zeros((places, 2))
        """Of the amounts in units of the top, and of their squares."""
        self.ends = np.tile([math.inf, -math.inf], (places, 1))
        self.worse = np.zeros(places, np.int64)
        """Paths in which a place loses more than a tenth of its amount to shocks, returns counted."""
        self.lost = np.zeros((len(self.causes), places))
        """Sums over the paths of what each cause takes, before returns."""
        self.calm = np.zeros(places)
        """Sums over the paths of the amounts without shocks."""

    def add(self, place: int, values: Floats, worse: int) -> None:
        """Count a block of a place."""
        off = values * (1 / self.tops[place])
        self.sums[place] += off.sum(), np.dot(off, off)
        self.ends[place] = min(self.ends[place, 0], off.min()), max(self.ends[place, 1], off.max())
        np.minimum(off * BINS, BINS - 1, out=off)
        self.counts[place] += np.bincount(off.astype(np.intp), minlength=BINS).astype(np.uint32)
        self.worse[place] += worse

    def merge(self, later: PlaceTally) -> None:
        """Add the tally of the span that follows."""
        self.n += later.n
        self.counts += later.counts
        self.sums += later.sums
        self.ends[:, 0] = np.minimum(self.ends[:, 0], later.ends[:, 0])
        self.ends[:, 1] = np.maximum(self.ends[:, 1], later.ends[:, 1])
        self.worse += later.worse
        self.lost += later.lost
        self.calm += later.calm

    def state(self) -> dict[str, NDArray[Any]]:
        """All that was counted, as arrays; see `fill`."""
        return {"n": np.array(self.n), **{name: getattr(self, name) for name in _COUNTED}}

    def fill(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take back a state into a tally that has counted nothing; KeyError or ValueError where it does not fit."""
        for name in _COUNTED:
            own = getattr(self, name)
            if state[name].shape != own.shape:
                raise ValueError("the tally has other places")
            own[:] = state[name]
        self.n = int(state["n"])

    def mean(self, place: int) -> Estimate:
        """The mean and its normal interval."""
        mean = self.sums[place, 0] / self.n
        spread = max(0.0, self.sums[place, 1] / self.n - mean**2)
        half = Z95 * math.sqrt(spread / max(self.n - 1, 1))
        return Estimate(*(float(x * self.tops[place]) for x in (mean, mean - half, mean + half)))

    def quantile(self, place: int, p: float) -> Estimate:
        """The p-quantile and the interval between two binomial ranks, straight lines inside a bin."""
        half = Z95 * math.sqrt(self.n * p * (1 - p))
        ranks = np.array([self.n * p, self.n * p - half, self.n * p + half])
        steps = np.concatenate([[0], np.cumsum(self.counts[place], dtype=np.float64)])
        found = np.clip(np.interp(ranks, steps, np.arange(BINS + 1) / BINS), *self.ends[place]) * self.tops[place]
        return Estimate(*map(float, found))

    def chance_of_worse(self, place: int) -> Estimate:
        """The chance that shocks take more than a tenth, with its interval."""
        return interval(int(self.worse[place]), self.n)

    def loss_shares(self, rows: NDArray[np.intp] | slice) -> dict[str, float]:
        """By cause, what it takes of the places of some rows, as a share of what they have without shocks."""
        calm = float(self.calm[rows].sum())
        taken = self.lost[:, rows].sum(axis=1)
        return {cause: float(lost) / calm if calm > 0 else 0.0 for cause, lost in zip(self.causes, taken, strict=True)}
