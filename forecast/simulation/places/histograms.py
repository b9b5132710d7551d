"""What many paths say of many places: a small histogram each, so that memory follows the places, not the paths."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.stats.intervals import Z975, Estimate, binomial_interval

BINS_PER_PLACE = 1_024
"""Bins of a place, from nothing to its top."""
SEVERE_LOSS_SHARE = 0.10
"""Share of its year that a place loses in the paths that are counted."""

_STATE_FIELDS = ("counts", "sums", "extremes", "severe_losses", "loss_sums", "baseline_sums")


@dataclass
class PlaceTally:
    """Amounts of a period in each place, and what shocks took there."""

    upper_bounds: Floats
    """(places,) end of each histogram; what lies above counts in the last bin."""
    causes: tuple[str, ...]

    def __post_init__(self) -> None:
        places = len(self.upper_bounds)
        self.n = 0
        self.counts = np.zeros((places, BINS_PER_PLACE), np.uint32)
        self.sums = np.zeros((places, 2))
        """Of the amounts in units of the top, and of their squares."""
        self.extremes = np.tile([math.inf, -math.inf], (places, 1))
        self.severe_losses = np.zeros(places, np.int64)
        """Paths in which a place loses more than a tenth of its amount to shocks, returns counted."""
        self.loss_sums = np.zeros((len(self.causes), places))
        """Sums over the paths of what each cause takes, before returns."""
        self.baseline_sums = np.zeros(places)
        """Sums over the paths of the amounts without shocks."""

    def add(self, place: int, values: Floats, worse: int) -> None:
        """Count a block of a place."""
        off = values * (1 / self.upper_bounds[place])
        self.sums[place] += off.sum(), np.dot(off, off)
        self.extremes[place] = min(self.extremes[place, 0], off.min()), max(self.extremes[place, 1], off.max())
        np.minimum(off * BINS_PER_PLACE, BINS_PER_PLACE - 1, out=off)
        self.counts[place] += np.bincount(off.astype(np.intp), minlength=BINS_PER_PLACE).astype(np.uint32)
        self.severe_losses[place] += worse

    def merge(self, later: PlaceTally) -> None:
        """Add the tally of the span that follows."""
        self.n += later.n
        self.counts += later.counts
        self.sums += later.sums
        self.extremes[:, 0] = np.minimum(self.extremes[:, 0], later.extremes[:, 0])
        self.extremes[:, 1] = np.maximum(self.extremes[:, 1], later.extremes[:, 1])
        self.severe_losses += later.severe_losses
        self.loss_sums += later.loss_sums
        self.baseline_sums += later.baseline_sums

    def state(self) -> dict[str, NDArray[Any]]:
        """All that was counted, as arrays; see `fill`."""
        return {"n": np.array(self.n), **{name: getattr(self, name) for name in _STATE_FIELDS}}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take back a state into a tally that has counted nothing; KeyError or ValueError where it does not fit."""
        for name in _STATE_FIELDS:
            own = getattr(self, name)
            if state[name].shape != own.shape:
                raise ValueError("the tally has other places")
            own[:] = state[name]
        self.n = int(state["n"])

    def mean(self, place: int) -> Estimate:
        """The mean and its normal interval."""
        mean = self.sums[place, 0] / self.n
        spread = max(0.0, self.sums[place, 1] / self.n - mean**2)
        half = Z975 * math.sqrt(spread / max(self.n - 1, 1))
        return Estimate(*(float(x * self.upper_bounds[place]) for x in (mean, mean - half, mean + half)))

    def quantile(self, place: int, p: float) -> Estimate:
        """The p-quantile and the interval between two binomial ranks, straight lines inside a bin."""
        half = Z975 * math.sqrt(self.n * p * (1 - p))
        ranks = np.array([self.n * p, self.n * p - half, self.n * p + half])
        steps = np.concatenate([[0], np.cumsum(self.counts[place], dtype=np.float64)])
        found = (
            np.clip(np.interp(ranks, steps, np.arange(BINS_PER_PLACE + 1) / BINS_PER_PLACE), *self.extremes[place])
            * self.upper_bounds[place]
        )
        return Estimate(*map(float, found))

    def severe_loss_chance(self, place: int) -> Estimate:
        """The chance that shocks take more than a tenth, with its interval."""
        return binomial_interval(int(self.severe_losses[place]), self.n)

    def loss_shares(self, rows: NDArray[np.intp] | slice) -> dict[str, float]:
        """By cause, what it takes of the places of some rows, as a share of what they have without shocks."""
        calm = float(self.baseline_sums[rows].sum())
        taken = self.loss_sums[:, rows].sum(axis=1)
        return {cause: float(lost) / calm if calm > 0 else 0.0 for cause, lost in zip(self.causes, taken, strict=True)}
