"""Tallies: statistics of one figure over many paths, each with its simulation error.

A tally keeps every value up to `MAX_EXACT_PATHS` and a histogram beyond, so that memory does not grow with the run.
Counts against thresholds are exact in both. Chunks are merged in their order, which makes the sums the same on any
engine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from forecast.arrays import Floats
from forecast.stats.bins import N_BINS, Bins, RunningSums, snap_to_atoms, split_bins_at_atoms
from forecast.stats.intervals import Z975, Estimate, binomial_interval
from forecast.stats.stored_arrays import check_array

__all__ = ["MAX_EXACT_PATHS", "Tally"]

MAX_EXACT_PATHS = 32 * 4096
"""Paths up to which every value is kept."""


def _is_constant(values: Floats) -> bool:
    """Return whether all values (paths,) are the same; one that is repeated without a copy is not looked through."""
    if values.strides == (0,):
        return True
    return bool(values[0] == values[-1] and np.minimum.reduce(values) == np.maximum.reduce(values))


class Tally:
    """Tally statistic of one figure over many paths (L'Ecuyer's SSJ).

    Parameters
    ----------
    bins : Bins
        Fixed by the first block.
    thresholds : iterable of float
        Limits against which values are counted, in the unit of the figure.
    exact : bool
        Whether every value is kept; else a histogram of `bins`.

    References
    ----------
    docs/model.md; Manistre and Hancock (2005), Variance of the CTE estimator; Cornish and Fisher (1938).
    """

    def __init__(self, bins: Bins, thresholds: Iterable[float] = (), exact: bool = True) -> None:
        self.bins = bins
        self.thresholds = tuple(thresholds)
        self.is_exact = exact
        self._sums = RunningSums(len(self.thresholds))
        self._values: list[Floats] = []
        self._counts = np.zeros(0 if exact else N_BINS, np.int64)
        self._atoms = np.array(bins.atoms)
        self._atom_counts = np.zeros(len(bins.atoms), np.int64)
        """(atoms,) values on each atom; they are in the bins too."""
        self._constant: tuple[float, Tally] | None = None
        """A value that a whole block had, and the tally of that block."""
        self._sorted: Floats | None = None
        self._curve: tuple[int, Floats, Floats] | None = None

    def add(self, values: Floats) -> None:
        """Count a block of values (paths,)."""
        if self.is_exact:
            self._values.append(values)
        elif _is_constant(values):
            self.merge(self._tally_of_constant(values))  # one figure in seven, such as losses that never come back
        else:
            self._count(values)

    def _count(self, values: Floats) -> None:
        """Count values (paths,) in the histogram and the sums."""
        # 3 ns a value with sums, and 64 KiB; sorted values would take 8 bytes a path
        if len(self._atoms):
            values, on_atoms = snap_to_atoms(values, self._atoms, self.bins.atom_tolerance)
            self._atom_counts += on_atoms
        positions = self.bins.positions(values)
        extremes = self._sums.add(values, positions, self.thresholds)
        self._sums.add_outer(positions, self.bins, *extremes)
        self._counts += np.bincount(self.bins.indices(positions, *extremes), minlength=N_BINS)

    def _tally_of_constant(self, values: Floats) -> Tally:
        """Tally of a block in which every path has the same value; that of the last such block where it is the same."""
        if self._constant is None or (self._constant[0], self._constant[1].n) != (values[0], len(values)):
            tally = Tally(self.bins, self.thresholds, exact=False)
            tally._count(values)
            self._constant = float(values[0]), tally
        return self._constant[1]

    def merge(self, later: Tally) -> None:
        """Add the tally of the chunk that follows."""
        if self.is_exact:
            self._values += later._values
            self._sums = RunningSums(len(self.thresholds))
        else:
            if self._counts.dtype != np.int64:
                self._counts = self._counts.astype(np.int64)  # a worker's, in few bytes
            self._counts += later._counts
            self._atom_counts += later._atom_counts
            self._sums.merge(later._sums)

    def __getstate__(self) -> dict[str, Any]:
        """State that a worker sends: counts in as few bytes as hold them, and nothing that can be computed again."""
        return {
            **self.__dict__,
            "_counts": self._short_counts(),
            "_constant": None,
            "_sorted": None,
            "_curve": None,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)  # short counts stay short: many results may wait to be merged
        if self._counts.dtype == np.uint64:
            self._counts = self._counts.astype(np.int64)

    def _short_counts(self) -> NDArray[Any]:
        """Counts in as few bytes as hold them."""
        return self._counts.astype(np.uint16 if self._counts.max(initial=0) < 2**16 else np.uint64)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return all counts and sums as arrays, for `restore`."""
        if self.is_exact:
            return {"values": self.values}
        sums = self._sums
        totals = np.array([sums.n, sums.minimum, sums.maximum, *sums.position_sums, *sums.outer_sums.flat])
        return {
            "counts": self._short_counts(),
            "atoms": self._atom_counts,
            "sums": totals,
            "below": sums.threshold_sums,
        }

    def restore(self, state: Mapping[str, NDArray[Any]], n: int) -> None:
        """Restore a state of `n` values into an empty tally; KeyError or ValueError when it does not fit."""
        if self.is_exact:
            self._values = [check_array(state["values"], (n,), np.float64)]
            return
        stored = state["counts"]
        counts = check_array(stored, self._counts.shape, np.uint16 if stored.dtype == np.uint16 else np.uint64)
        counts = counts.astype(np.int64)
        atom_counts = check_array(state["atoms"], self._atom_counts.shape, np.int64)
        totals = check_array(state["sums"], (11,), np.float64)
        threshold_sums = check_array(state["below"], self._sums.threshold_sums.shape, np.float64)
        counted, minimum, maximum = map(float, totals[:3])
        smallest = (counts.min(), atom_counts.min(initial=0), totals[4], threshold_sums[:, [0, 2, 3]].min(initial=0.0))
        if min(smallest) < 0 or counts.sum() != n or counted != n or minimum > maximum or atom_counts.sum() > n:
            raise ValueError("the tally has counts that no values have")
        self._counts, self._atom_counts, self._sums.threshold_sums = counts, atom_counts, threshold_sums
        self._sums.n, self._sums.minimum, self._sums.maximum = n, minimum, maximum
        self._sums.position_sums, self._sums.outer_sums = totals[3:5], totals[5:].reshape(2, 3)

    @property
    def sums(self) -> RunningSums:
        """Running sums of all values; of an exact tally they are computed when they are first needed."""
        n_values = sum(map(len, self._values))
        if self._sums.n < n_values:
            self._sums, values = RunningSums(len(self.thresholds)), self.values
            self._sums.add(values, self.bins.positions(values), self.thresholds)
        return self._sums

    @property
    def n(self) -> int:
        """Number of values."""
        return self.sums.n

    @property
    def minimum(self) -> float:
        """Lowest value."""
        return self.sums.minimum

    @property
    def maximum(self) -> float:
        """Highest value."""
        return self.sums.maximum

    @property
    def values(self) -> Floats:
        """Every value in the order of the paths, (paths,); ValueError when only a histogram is kept."""
        if not self.is_exact:
            raise ValueError("the values were not kept: too many paths")
        return np.concatenate(self._values)

    @property
    def mean(self) -> float:
        """Mean."""
        return self.bins.low + self.bins.width * float(self.sums.position_sums[0]) / self.n

    @property
    def variance(self) -> float:
        """Unbiased variance; 0 when every path has the same value."""
        if self.n < 2 or self.minimum == self.maximum:
            return 0.0
        total, squares = self.sums.position_sums
        return max(0.0, float(squares - total**2 / self.n) / (self.n - 1)) * self.bins.width**2

    @property
    def sd(self) -> float:
        """Standard deviation."""
        return math.sqrt(self.variance)

    def mean_estimate(self) -> Estimate:
        """Mean with its normal interval."""
        half = Z975 * self.sd / math.sqrt(self.n)
        return Estimate(self.mean, self.mean - half, self.mean + half)

    def _sorted_values(self) -> Floats:
        if self._sorted is None or len(self._sorted) != self.n:
            self._sorted = np.sort(self.values)
        return self._sorted

    def _value_at_rank(self, rank: float) -> float:
        """Value at a rank from 0 to n - 1, by straight lines between two."""
        rank = min(max(rank, 0.0), self.n - 1.0)
        if self.is_exact:
            first = int(rank)
            lower = float(self._sorted_values()[first])
            upper = float(self._sorted_values()[min(first + 1, self.n - 1)])
            return lower + (rank - first) * (upper - lower)
        edges, below = self._cumulative_counts()
        return float(np.clip(np.interp(rank + 0.5, below, edges), self.minimum, self.maximum))

    def _cumulative_counts(self) -> tuple[Floats, Floats]:
        """Edges of the bins and the number of values below each, (edges,) both; an atom stands twice."""
        if self._curve is None or self._curve[0] != self.n:
            edges = self.bins.low + np.arange(N_BINS + 1, dtype=np.float64) * self.bins.width
            counts = self._counts.astype(np.float64)
            if self._atom_counts.any():
                atoms, extremes = self._atoms, (self.minimum, self.maximum)
                rows = self.bins.indices(self.bins.positions(atoms), *extremes)
                edges, counts = split_bins_at_atoms(edges, counts, atoms, self._atom_counts, rows, extremes)
            below = np.concatenate([[0.0], np.cumsum(counts)])
            edges[0], edges[-1] = min(edges[0], self.minimum), max(edges[-1], self.maximum)
            self._curve = (self.n, edges, below)
        return self._curve[1:]

    def _bin_moments(self) -> tuple[Floats, Floats, Floats]:
        """Mean, number and variance of the values of each bin, (bins,) each: exact in the outermost, which are wide."""
        edges, below = self._cumulative_counts()
        means, within = (edges[1:] + edges[:-1]) / 2, np.zeros(len(edges) - 1)
        for end, (count, total, squares) in zip((0, -1), self.sums.outer_sums, strict=True):
            if count:
                means[end] = self.bins.low + self.bins.width * total / count
                within[end] = self.bins.width**2 * max(0.0, squares / count - (total / count) ** 2)
        return means, np.diff(below), within

    def quantile(self, p: float) -> Estimate:
        """Estimate the p-quantile (linear between ranks) and the interval between two binomial ranks."""
        # The ranks are those of a normal with the half step and the skewness of a binomial (Cornish and Fisher 1938),
        # and lines between two values: whole ranks cover too often where few paths lie beyond.
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
        edges, below = self._cumulative_counts()
        row = int(np.searchsorted(edges, threshold, side="left"))
        if row == len(edges):
            return float(self.n)
        if row == 0 or edges[row] == threshold:
            return float(below[row])
        return float(np.interp(threshold, edges[row - 1 : row + 1], below[row - 1 : row + 1]))

    def _count_on(self, threshold: float) -> float:
        """Values on the threshold: exactly where it is counted or values are kept, else those of an atom."""
        if threshold in self.thresholds:
            return float(self._threshold_row(threshold)[3])
        if self.is_exact:
            return float(np.searchsorted(self._sorted_values(), threshold, side="right")) - self._count_below(threshold)
        return float(self._atom_counts[self._atoms == threshold].sum())

    def chance_at_least(self, threshold: float) -> Estimate:
        """Estimate the chance of a value at or above the threshold, with the interval of `binomial_interval`."""
        return binomial_interval(self.n - self._count_below(threshold), self.n)

    def chance_at_most(self, threshold: float) -> Estimate:
        """Estimate the chance of a value at or below the threshold, with the interval of `binomial_interval`."""
        return binomial_interval(self._count_below(threshold) + self._count_on(threshold), self.n)

    def average_shortfall(self, threshold: float, at_least: bool = True) -> Estimate:
        """Estimate the average shortfall when a threshold is missed, with its normal interval; 0 when it never is."""
        count, total, squares, n_on_threshold = (float(value) for value in self._threshold_row(threshold))
        if not at_least:
            n_above, total_shortfall = self.n - count - n_on_threshold, self.mean * self.n - threshold * self.n
            total_squares = self.variance * (self.n - 1) + self.n * (self.mean - threshold) ** 2
            count, total, squares = n_above, total_shortfall + total, total_squares - squares
        if count < 1:
            return Estimate(0.0, 0.0, 0.0)
        mean = total / count
        sd = math.sqrt(max(0.0, squares / count - mean**2))
        half = Z975 * sd / math.sqrt(count)
        return Estimate(mean, max(0.0, mean - half), mean + half)

    def cvar(self, p: float, lower: bool = True) -> Estimate:
        """Estimate the mean of the worst share p of the paths: the expected shortfall, or CVaR.

        The interval is linearised (Manistre and Hancock 2005).
        """
        if self.is_exact:
            values, weights, within = self._sorted_values(), np.ones(self.n), np.zeros(self.n)
        else:
            values, weights, within = self._bin_moments()
        if not lower:
            values, weights, within = values[::-1], weights[::-1], within[::-1]
        n_tail = self.n * p
        used = np.clip(n_tail - np.concatenate([[0.0], np.cumsum(weights)[:-1]]), 0, weights)
        mean = float((used * values).sum() / n_tail)
        quantile = self._value_at_rank((self.n - 1) * (p if lower else 1 - p))
        variance = (
            float((used * (np.square(values - quantile) + within)).sum() / self.n) / p**2 - (mean - quantile) ** 2
        )
        # Student's t with as many degrees of freedom as there are paths in the tail, less one: they are often few
        half = float(stdtrit(max(n_tail - 1, 1.0), 0.975)) * math.sqrt(max(0.0, variance) / self.n)
        return Estimate(mean, mean - half, mean + half)
