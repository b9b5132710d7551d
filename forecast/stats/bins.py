"""Bins in which values are counted, thresholds that they meet, and running sums."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from forecast.arrays import Bools, Floats, Ints, Ints32

__all__ = ["Bins", "find_atoms", "meets", "snap_to_atoms", "split_bins_at_atoms"]

N_BINS = 8_192
"""Bins of a histogram, over one and a quarter times the range of the first block; the outermost go on to the ends."""
THRESHOLD_TOLERANCE = 1e-12
"""Share of a threshold by which a value may miss it and yet be on it."""
MIN_ATOM_SHARE = 0.001
"""Share of the first block from which a value counts as an atom: the printed quantiles lie at 5% and more."""
ATOM_TOLERANCE = 1e-12
"""Share of the largest value by which paths of one atom may differ: the last bits of a sum of months."""
MAX_ATOM_TOLERANCE_BINS = 1e-3
"""The same in bins, at most, so that a narrow figure of large values is no atom."""


@dataclass(frozen=True)
class Bins:
    """Bins of one figure, fixed by the first block whatever the engine.

    Parameters
    ----------
    low, high : float
        Ends, in the unit of the figure; the outermost bins go on beyond them.
    atoms : tuple of float
        Values that many paths share, ascending, such as no cost at all: each is counted by itself.
    """

    low: float
    high: float
    atoms: tuple[float, ...] = ()

    @classmethod
    def from_values(cls, values: Floats) -> Bins:
        """Make bins one and a quarter times as wide as `values` (paths,)."""
        low, high = float(values.min()), float(values.max())
        margin = (high - low) / 8 or max(abs(low), 1.0) * 1e-9
        bins = cls(low - margin, high + margin)
        return replace(bins, atoms=find_atoms(values, bins.atom_tolerance, max(2.0, MIN_ATOM_SHARE * len(values))))

    @cached_property
    def atom_tolerance(self) -> float:
        """Distance from an atom within which a value is on it, in the unit of the figure."""
        return min(ATOM_TOLERANCE * max(abs(self.low), abs(self.high)), MAX_ATOM_TOLERANCE_BINS * self.width)

    @cached_property
    def width(self) -> float:
        """Width of one bin, in the unit of the figure."""
        return (self.high - self.low) / N_BINS

    def positions(self, values: Floats) -> Floats:
        """Positions of values above the low end, in bins and parts of bins, (paths,)."""
        positions = values - self.low  # first, so that a narrow figure of large values loses nothing
        positions *= 1 / self.width
        return positions

    def indices(self, positions: Floats, lowest: float, highest: float) -> Ints32:
        """Bin of each position (paths,), of values from `lowest` to `highest`; beyond the ends the outermost bin."""
        # numpy.histogram counts the same in 5.9 times the time of this and a bincount (16,384 values)
        if lowest <= self.low + self.width:
            positions = np.maximum(positions, 0.0)
        if highest >= self.high - self.width:
            positions = np.minimum(positions, N_BINS - 1.0)
        return positions.astype(np.int32)  # the processor has one step for four of them; of 64 bits it has none


def meets(values: Floats, limit: float, at_least: bool) -> Bools:
    """Return which values reach a limit, or stay within it; the last bits of a sum of months decide nothing.

    Parameters
    ----------
    values : Floats
        (paths,).
    limit : float
        In the unit of the values.
    at_least : bool
        Whether a value must reach the limit; else it must not exceed it.

    Returns
    -------
    Bools
        (paths,).
    """
    slack = THRESHOLD_TOLERANCE * abs(limit)
    return values >= limit - slack if at_least else values <= limit + slack


def find_atoms(values: Floats, tolerance: float, min_count: float, max_atoms: int | None = None) -> tuple[float, ...]:
    """Find the values that many paths share (the atoms of a distribution).

    Parameters
    ----------
    values : Floats
        (paths,) of the first block.
    tolerance : float
        Distance between two neighbours of one atom, in the unit of the values.
    min_count : float
        Paths of an atom, at least.
    max_atoms : int, optional
        The largest atoms that are returned; all where nothing is given.

    Returns
    -------
    tuple of float
        Ascending; of each group of neighbours its most frequent value.
    """
    ascending = np.sort(values)
    ends_group = np.diff(ascending) > tolerance
    if ends_group.all():
        return ()
    starts = np.concatenate([[0], np.flatnonzero(ends_group) + 1])
    counts = np.diff(starts, append=len(values))
    largest_first = np.argsort(-counts, kind="stable")[:max_atoms]
    atoms = np.sort(largest_first[counts[largest_first] >= min_count])
    return tuple(_most_frequent(ascending[starts[atom] : starts[atom] + counts[atom]]) for atom in atoms)


def _most_frequent(ascending: Floats) -> float:
    values, counts = np.unique(ascending, return_counts=True)
    return float(values[counts.argmax()])


def snap_to_atoms(values: Floats, atoms: Floats, tolerance: float) -> tuple[Floats, Ints]:
    """Move values near an atom onto it.

    Parameters
    ----------
    values : Floats
        (paths,).
    atoms : Floats
        (atoms,), ascending, at least one.
    tolerance : float
        Distance within which a value is moved, in the unit of the values.

    Returns
    -------
    tuple of Floats and Ints
        The values, (paths,), and how many lie on each atom, (atoms,).
    """
    if len(atoms) == 1:
        is_on_atom = np.abs(values - atoms[0]) <= tolerance
        n_on_atom = np.count_nonzero(is_on_atom)
        if np.count_nonzero(values == atoms[0]) < n_on_atom:
            values = np.where(is_on_atom, atoms[0], values)
        return values, np.array([n_on_atom])
    nearest = np.searchsorted((atoms[1:] + atoms[:-1]) / 2, values)
    atom = atoms[nearest]
    is_on_atom = np.abs(values - atom) <= tolerance
    return np.where(is_on_atom, atom, values), np.bincount(nearest[is_on_atom], minlength=len(atoms))


def split_bins_at_atoms(
    edges: Floats,
    counts: Floats,
    atoms: Floats,
    atom_counts: Ints,
    rows: Ints32,
    extremes: tuple[float, float],
) -> tuple[Floats, Floats]:
    """Split the bins of atoms, so that each atom is a bin without a width.

    Parameters
    ----------
    edges, counts : Floats
        (bins + 1,) and (bins,), those on the atoms included.
    atoms, atom_counts, rows : Floats, Ints, Ints32
        (atoms,), ascending: the values, how many paths lie on each, and the bin in which they are counted.
    extremes : tuple of float
        The lowest and the highest value: no path lies beyond them.

    Returns
    -------
    tuple of Floats
        Edges and counts; the other values of a bin are spread evenly between its ends and its atoms.
    """
    pieces, inner_edges, start = [], [], 0
    for row in np.unique(rows):
        in_row = rows == row
        points = np.clip(np.concatenate([[edges[row]], atoms[in_row], [edges[row + 1]]]), *extremes)
        lengths = np.diff(points)
        total = lengths.sum()
        shares = lengths / total if total > 0 else np.full(len(lengths), 1 / len(lengths))
        others = max(0.0, float(counts[row] - atom_counts[in_row].sum()))
        split = np.zeros(2 * len(lengths) - 1)
        split[::2], split[1::2] = others * shares, atom_counts[in_row]
        pieces += [counts[start:row], split]
        inner_edges += [edges[start : row + 1], np.repeat(atoms[in_row], 2)]
        start = row + 1
    return np.concatenate([*inner_edges, edges[start:]]), np.concatenate([*pieces, counts[start:]])


class RunningSums:
    """Running sums of many values, in all and by threshold."""

    def __init__(self, n_thresholds: int) -> None:
        self.n = 0
        self.minimum, self.maximum = math.inf, -math.inf
        self.position_sums = np.zeros(2)
        """Sums of the positions of the values in the bins, and of their squares, (2,)."""
        self.threshold_sums = np.zeros((n_thresholds, 4))
        """By threshold, (thresholds, 4): values below it, sum and squares of their shortfalls, and values on it."""
        self.outer_sums = np.zeros((2, 3))
        """For the lowest and the highest bin: values, and sums of their positions and squares, (2, 3)."""

    def add(self, values: Floats, positions: Floats, thresholds: tuple[float, ...]) -> tuple[float, float]:
        """Add values and their positions, (paths,) each; return the lowest and the highest value."""
        lowest, highest = float(np.minimum.reduce(values)), float(np.maximum.reduce(values))
        self.n += len(values)
        self.minimum, self.maximum = min(self.minimum, lowest), max(self.maximum, highest)
        self.position_sums[0] += np.add.reduce(positions)
        self.position_sums[1] += np.add.reduce(np.square(positions))
        for row, threshold in enumerate(thresholds):
            is_below = ~meets(values, threshold, at_least=True)
            shortfall = threshold - values[is_below]
            n_on_threshold = np.count_nonzero(meets(values, threshold, at_least=False)) - len(shortfall)
            self.threshold_sums[row] += (len(shortfall), shortfall.sum(), np.square(shortfall).sum(), n_on_threshold)
        return lowest, highest

    def add_outer(self, positions: Floats, bins: Bins, lowest: float, highest: float) -> None:
        """Add the positions (paths,) that lie in the outermost bins, of values from `lowest` to `highest`."""
        if lowest < bins.low + bins.width:
            self.outer_sums[0] += _moments(positions[positions < 1])
        if highest >= bins.high - bins.width:
            self.outer_sums[1] += _moments(positions[positions >= N_BINS - 1])

    def merge(self, later: RunningSums) -> None:
        """Add the sums of the values that follow."""
        self.n += later.n
        self.minimum, self.maximum = min(self.minimum, later.minimum), max(self.maximum, later.maximum)
        self.position_sums = self.position_sums + later.position_sums
        self.threshold_sums = self.threshold_sums + later.threshold_sums
        self.outer_sums = self.outer_sums + later.outer_sums


def _moments(positions: Floats) -> tuple[float, float, float]:
    """Count, sum and sum of squares."""
    return len(positions), positions.sum(), np.square(positions).sum()
