"""Tallies: what many paths say of one figure, each statement with its simulation error.

A tally keeps every value up to `EXACT` paths and a histogram beyond, so that memory does not grow with the run. Counts
against thresholds are exact in both. Spans are added in their order, which makes the sums the same on any engine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from forecast.arrays import Floats
from forecast.stats.bins import N_BINS, Bins, RunningSums
from forecast.stats.intervals import Z975, Estimate, binomial_interval

MAX_EXACT_PATHS = 32 * 4096
"""Paths up to which every value is kept."""


class Tally:
    """One figure over many paths."""

    def __init__(self, ruler: Bins, thresholds: Iterable[float] = (), exact: bool = True) -> None:
        self.bins = ruler
        self.thresholds = tuple(thresholds)
        self.is_exact = exact
        self._sums = RunningSums(len(self.thresholds))
        self._values: list[Floats] = []
        self._counts = np.zeros(0 if exact else N_BINS, np.int64)
        self._atom_count = 0.0
        """Values that are exactly the ruler's atom; they are in the bins too."""
        self._sorted: Floats | None = None
        self._curve: tuple[int, Floats, Floats] | None = None

    def add(self, values: Floats) -> None:
        """Count a block of values (paths,)."""
        if self.is_exact:
            self._values.append(values)
        else:
            # 4.4 ns a value with sums and a threshold, and 64 KiB; sorted values would take 8 bytes a path
            places = self.bins.positions(values)
            ends = self._sums.add(values, places, self.thresholds)
            self._sums.add_outer(places, self.bins, *ends)
            self._counts += np.bincount(self.bins.indices(places, *ends), minlength=N_BINS)
            if not math.isnan(self.bins.atom):
                self._atom_count += np.count_nonzero(values == self.bins.atom)

    def merge(self, later: Tally) -> None:
        """Add the tally of the span that follows."""
        if self.is_exact:
            self._values += later._values
            self._sums = RunningSums(len(self.thresholds))
        else:
            self._counts = self._counts + later._counts
            self._atom_count += later._atom_count
            self._sums.merge(later._sums)

    def __getstate__(self) -> dict[str, Any]:
        """For the way from a worker: counts in as few bytes as hold them, and nothing that can be worked out again."""
        most = self._counts.max(initial=0)
        counts = self._counts.astype(np.uint16 if most < 2**16 else np.uint64)
        return {**self.__dict__, "_counts": counts, "_sorted": None, "_curve": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._counts = self._counts.astype(np.int64)

    def state(self) -> dict[str, NDArray[Any]]:
        """All that was counted, as arrays; see `fill`."""
        if self.is_exact:
            return {"values": self.values}
        sums = self._sums
        counted = np.array(
            [sums.n, sums.minimum, sums.maximum, self._atom_count, *sums.position_sums, *sums.outer_sums.flat]
        )
        return {"counts": self._counts, "sums": counted, "below": sums.threshold_sums}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take back a state into a tally that has counted nothing; KeyError or ValueError where it does not fit."""
        if self.is_exact:
            self._values = [np.asarray(state["values"], float)]
            return
        counts = np.asarray(state["counts"], np.int64)
        below, sums = (np.asarray(state[name], float) for name in ("below", "sums"))
        if counts.shape != self._counts.shape or below.shape != self._sums.threshold_sums.shape:
            raise ValueError("the tally has other bins or thresholds")
        self._counts, self._sums.threshold_sums = counts, below
        count, self._sums.minimum, self._sums.maximum, self._atom_count = (float(value) for value in sums[:4])
        self._sums.n, self._sums.position_sums, self._sums.outer_sums = int(count), sums[4:6], sums[6:].reshape(2, 3)

    @property
    def sums(self) -> RunningSums:
        """Of all values; where they are kept, added up when first asked for."""
        kept = sum(map(len, self._values))
        if self._sums.n < kept:
            self._sums, values = RunningSums(len(self.thresholds)), self.values
            self._sums.add(values, self.bins.positions(values), self.thresholds)
        return self._sums

    @property
    def n(self) -> int:
        """How many values."""
        return self.sums.n

    @property
    def minimum(self) -> float:
        """The least."""
        return self.sums.minimum

    @property
    def maximum(self) -> float:
        """The largest."""
        return self.sums.maximum

    @property
    def values(self) -> Floats:
        """(paths,) every value in the order of the paths; ValueError when only a histogram was kept."""
        if not self.is_exact:
            raise ValueError("the values were not kept: too many paths")
        return np.concatenate(self._values)

    @property
    def mean(self) -> float:
        """The mean."""
        return self.bins.low + self.bins.width * float(self.sums.position_sums[0]) / self.n

    @property
    def variance(self) -> float:
        """Unbiased; 0 when every path is alike."""
        if self.n < 2 or self.minimum == self.maximum:
            return 0.0
        total, squares = self.sums.position_sums
        return max(0.0, float(squares - total**2 / self.n) / (self.n - 1)) * self.bins.width**2

    @property
    def sd(self) -> float:
        """The standard deviation."""
        return math.sqrt(self.variance)

    def mean_estimate(self) -> Estimate:
        """The mean and its normal interval."""
        half = Z975 * self.sd / math.sqrt(self.n)
        return Estimate(self.mean, self.mean - half, self.mean + half)

    def _sorted_values(self) -> Floats:
        if self._sorted is None or len(self._sorted) != self.n:
            self._sorted = np.sort(self.values)
        return self._sorted

    def _value_at_rank(self, rank: float) -> float:
        """The value at a rank from 0 to n - 1, straight lines between two."""
        rank = min(max(rank, 0.0), self.n - 1.0)
        if self.is_exact:
            first = int(rank)
            left = float(self._sorted_values()[first])
            right = float(self._sorted_values()[min(first + 1, self.n - 1)])
            return left + (rank - first) * (right - left)
        places, below = self._cumulative_counts()
        return float(np.clip(np.interp(rank + 0.5, below, places), self.minimum, self.maximum))

    def _cumulative_counts(self) -> tuple[Floats, Floats]:
        """The ends of the bins, and how many values lie below each; where many share a value it stands twice."""
        if self._curve is None or self._curve[0] != self.n:
            places = self.bins.low + np.arange(N_BINS + 1, dtype=np.float64) * self.bins.width
            counts: NDArray[Any] = self._counts
            if self._atom_count:
                places, counts = self._split_atom_bin(places)
            below = np.concatenate([[0.0], np.cumsum(counts)])
            places[0], places[-1] = min(places[0], self.minimum), max(places[-1], self.maximum)
            self._curve = (self.n, places, below)
        return self._curve[1:]

    def _split_atom_bin(self, places: Floats) -> tuple[Floats, Floats]:
        """The ends of the bins and their counts, the bin of the atom cut in what is below, at and above it."""
        atom = self.bins.atom
        own = int(self.bins.indices(self.bins.positions(np.array([atom])), atom, atom)[0])
        rest = self._counts[own] - self._atom_count
        share = (atom - places[own]) / self.bins.width
        if atom in (self.minimum, self.maximum):
            share = float(atom == self.maximum)
        cut = [rest * share, self._atom_count, rest * (1 - share)]
        counts = np.concatenate([self._counts[:own], cut, self._counts[own + 1 :]])
        return np.concatenate([places[: own + 1], [atom, atom], places[own + 1 :]]), counts

    def _bin_moments(self) -> tuple[Floats, Floats, Floats]:
        """Mean of each bin, how many values it holds, and their variance: exact in the outermost, which are wide."""
        places, below = self._cumulative_counts()
        means, within = (places[1:] + places[:-1]) / 2, np.zeros(len(places) - 1)
        for end, (count, total, squares) in zip((0, -1), self.sums.outer_sums, strict=True):
            if count:
                means[end] = self.bins.low + self.bins.width * total / count
                within[end] = self.bins.width**2 * max(0.0, squares / count - (total / count) ** 2)
        return means, np.diff(below), within

    def quantile(self, p: float) -> Estimate:
        """The p-quantile (linear between ranks) and the interval between two binomial ranks.

        The ranks are the normal's, with the half step and the skewness of a binomial (Cornish and Fisher 1938), and
        lines between two values: whole ranks cover too often where few paths lie beyond.
        """
        half = Z975 * math.sqrt(self.n * p * (1 - p))
        centre = self.n * p - 0.5 + (1 - 2 * p) * (Z975**2 - 1) / 6
        return Estimate(
            self._value_at_rank((self.n - 1) * p),
            self._value_at_rank(centre - half),
            self._value_at_rank(centre + half),
        )

    def _threshold_row(self, threshold: float) -> Floats:
        return np.asarray(self.sums.threshold_sums[self.thresholds.index(threshold)])

    def _count_below(self, threshold: float) -> float:
        if threshold in self.thresholds:
            return float(self._threshold_row(threshold)[0])
        if self.is_exact:
            return float(np.searchsorted(self._sorted_values(), threshold, side="left"))
        places, below = self._cumulative_counts()
        at = int(np.searchsorted(places, threshold, side="left"))
        if at == len(places):
            return float(self.n)
        if at == 0 or places[at] == threshold:
            return float(below[at])
        return float(np.interp(threshold, places[at - 1 : at + 1], below[at - 1 : at + 1]))

    def chance_at_least(self, threshold: float) -> Estimate:
        """Share of the paths at or above the threshold, with the interval of `interval`."""
        return binomial_interval(self.n - self._count_below(threshold), self.n)

    def chance_at_most(self, threshold: float) -> Estimate:
        """Share of the paths at or below the threshold."""
        on = self._threshold_row(threshold)[3] if threshold in self.thresholds else 0.0
        if threshold not in self.thresholds and self.is_exact:
            on = float(np.searchsorted(self._sorted_values(), threshold, side="right")) - self._count_below(threshold)
        return binomial_interval(self._count_below(threshold) + float(on), self.n)

    def expected_shortfall(self, threshold: float, at_least: bool = True) -> Estimate:
        """Mean miss given a miss of one of the thresholds, with its normal interval; 0 when nothing is missed."""
        count, total, squares, on = (float(value) for value in self._threshold_row(threshold))
        if not at_least:
            over, all_off = self.n - count - on, self.mean * self.n - threshold * self.n
            spread = self.variance * (self.n - 1) + self.n * (self.mean - threshold) ** 2
            count, total, squares = over, all_off + total, spread - squares
        if count < 1:
            return Estimate(0.0, 0.0, 0.0)
        mean = total / count
        sd = math.sqrt(max(0.0, squares / count - mean**2))
        half = Z975 * sd / math.sqrt(count)
        return Estimate(mean, max(0.0, mean - half), mean + half)

    def cvar(self, p: float, lower: bool = True) -> Estimate:
        """Mean of the worst share p of the paths, linearised interval (Manistre and Hancock 2005).

        Student's t with as many degrees of freedom as there are paths in the tail, less one: they are often few.
        """
        if self.is_exact:
            values, weights, within = self._sorted_values(), np.ones(self.n), np.zeros(self.n)
        else:
            values, weights, within = self._bin_moments()
        if not lower:
            values, weights, within = values[::-1], weights[::-1], within[::-1]
        room = self.n * p
        used = np.clip(room - np.concatenate([[0.0], np.cumsum(weights)[:-1]]), 0, weights)
        mean = float((used * values).sum() / room)
        edge = self._value_at_rank((self.n - 1) * (p if lower else 1 - p))
        spread = float((used * (np.square(values - edge) + within)).sum() / self.n) / p**2 - (mean - edge) ** 2
        half = float(stdtrit(max(room - 1, 1.0), 0.975)) * math.sqrt(max(0.0, spread) / self.n)
        return Estimate(mean, mean - half, mean + half)
