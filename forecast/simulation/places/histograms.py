"""Tallies of many places: a small histogram each, so that memory grows with the places, not with the paths."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats, Ints32
from forecast.stats.bins import find_atoms, snap_to_atoms, split_bins_at_atoms
from forecast.stats.intervals import Z975, Estimate, binomial_interval
from forecast.stats.stored_arrays import check_array

__all__ = ["PlaceTally"]

BINS_PER_PLACE = 1_024
"""Bins of a place, up to its upper bound."""
SEVERE_LOSS_SHARE = 0.10
"""Share of its revenue that a place loses in the paths that are counted."""

PLACE_ATOM_TOLERANCE = 1e-6
"""Share of a place's largest revenue by which paths of one atom may differ: levels of places have 24 bits."""
MIN_PLACE_ATOM_SHARE, MIN_PLACE_ATOM_PATHS = 0.01, 8
"""Share of the first block, and paths, from which a revenue counts as an atom: fewer lie so close by chance."""
MAX_ATOMS_PER_PLACE = 64
"""Atoms of a place that are counted by themselves, so that memory grows with the places alone."""

_STATE_FIELDS = ("counts", "atom_counts", "sums", "extremes", "severe_losses", "loss_sums", "baseline_sums")


def find_place_atoms(values: Floats) -> tuple[float, ...]:
    """Return the revenues (paths,) of a place that many paths of the first block share, ascending."""
    min_count = max(MIN_PLACE_ATOM_PATHS, MIN_PLACE_ATOM_SHARE * len(values))
    return find_atoms(values, PLACE_ATOM_TOLERANCE * float(values.max()), min_count, MAX_ATOMS_PER_PLACE)


@dataclass
class PlaceTally:
    """Revenue of a period in each place, and the losses to shocks there."""

    upper_bounds: Floats
    """(places,) end of each histogram; what lies above counts in the last bin."""
    causes: tuple[str, ...]
    """Names of the shocks, in order."""
    atoms: tuple[tuple[float, ...], ...] | None = ()
    """By place, the revenues that many paths share, ascending; None where the values that are added fix them."""
    low: float = 0.0
    """Start of each histogram in units of its end, 0 or less; what lies below counts in the first bin."""

    def __post_init__(self) -> None:
        places = len(self.upper_bounds)
        self.n = 0
        self.counts = np.zeros((places, BINS_PER_PLACE), np.uint32)
        self._first_atoms: dict[int, tuple[float, ...]] | None = {} if self.atoms is None else None
        """By place, the atoms of the values that were added first, where they fix them."""
        atoms = MAX_ATOMS_PER_PLACE if self.atoms is None else max(map(len, self.atoms), default=0)
        self.atom_counts = np.zeros((places, atoms), np.uint32)
        """(places, atoms) values on each atom; they are in the bins too."""
        self.sums = np.zeros((places, 2))
        """(places, 2) of the amounts in units of the upper bound, and of their squares."""
        self.extremes = np.tile([math.inf, -math.inf], (places, 1))
        self.severe_losses = np.zeros(places, np.int64)
        """(places,) paths in which a place loses more than a tenth of its revenue to shocks, after recovery."""
        self.loss_sums = np.zeros((len(self.causes), places))
        """(causes, places) sums over the paths of the loss to each shock, before recovery."""
        self.baseline_sums = np.zeros(places)
        """(places,) sums over the paths of the revenue without shocks."""

    def add(self, place: int, values: Floats, severe_losses: int) -> None:
        """Count a block of a place.

        Parameters
        ----------
        place : int
            Its row in the list.
        values : ndarray
            (paths,) revenue of the period.
        severe_losses : int
            Paths of the block with a severe loss.
        """
        if self._first_atoms is not None:
            self._first_atoms[place] = find_place_atoms(values)
        scale, atoms = 1 / self.upper_bounds[place], self._scaled_atoms(place)
        scaled = values * scale
        if len(atoms):
            scaled, on_atoms = snap_to_atoms(scaled, atoms, PLACE_ATOM_TOLERANCE)
            self.atom_counts[place, : len(atoms)] += on_atoms.astype(np.uint32)
        self.sums[place] += scaled.sum(), np.dot(scaled, scaled)
        self.extremes[place] = min(self.extremes[place, 0], scaled.min()), max(self.extremes[place, 1], scaled.max())
        self.counts[place] += np.bincount(self._bin_rows(scaled), minlength=BINS_PER_PLACE).astype(np.uint32)
        self.severe_losses[place] += severe_losses

    def _scaled_atoms(self, place: int) -> Floats:
        """(atoms,) in units of the upper bound."""
        atoms = self._first_atoms or self.atoms
        return np.asarray(atoms[place] if atoms else (), float) * float(1 / self.upper_bounds[place])

    def freeze_atoms(self) -> tuple[tuple[float, ...], ...]:
        """Keep the atoms of the first block of every place, which later blocks count too.

        Returns
        -------
        tuple
            By place, ascending.
        """
        assert self._first_atoms is not None  # asked of the tally of the first block
        self.atoms = tuple(self._first_atoms[place] for place in range(len(self.upper_bounds)))
        self._first_atoms = None
        self.atom_counts = self.atom_counts[:, : max(map(len, self.atoms), default=0)]
        return self.atoms

    def merge(self, later: PlaceTally) -> None:
        """Add the tally of the blocks that follow.

        Parameters
        ----------
        later : PlaceTally
            Of the same places and shocks.
        """
        self.n += later.n
        self.counts += later.counts
        self.atom_counts += later.atom_counts
        self.sums += later.sums
        self.extremes[:, 0] = np.minimum(self.extremes[:, 0], later.extremes[:, 0])
        self.extremes[:, 1] = np.maximum(self.extremes[:, 1], later.extremes[:, 1])
        self.severe_losses += later.severe_losses
        self.loss_sums += later.loss_sums
        self.baseline_sums += later.baseline_sums

    def state(self) -> dict[str, NDArray[Any]]:
        """All counts as arrays, for `restore`.

        Returns
        -------
        dict
            Array by name.
        """
        return {"n": np.array(self.n), **{name: getattr(self, name) for name in _STATE_FIELDS}}

    def restore(self, state: Mapping[str, NDArray[Any]], n: int) -> None:
        """Fill an empty tally from a state.

        Parameters
        ----------
        state : mapping of str to ndarray
            Array by name, from `state`.
        n : int
            Paths that were counted.

        Raises
        ------
        KeyError
            When an array is missing.
        ValueError
            When the state is of other places, shocks or paths, or has a number that is not finite.
        """
        for name in _STATE_FIELDS:
            array = getattr(self, name)
            array[:] = check_array(state[name], array.shape, array.dtype)
        is_counted = (self.counts.sum(axis=1, dtype=np.int64) == n).all()
        is_possible = (self.severe_losses >= 0).all() and (self.severe_losses <= n).all()
        if int(check_array(state["n"], (), np.int64)) != n or not is_counted or not is_possible:
            raise ValueError("the tally has counts that no paths have")
        self.n = n

    def mean(self, place: int) -> Estimate:
        """Mean revenue of a place.

        Parameters
        ----------
        place : int
            Its row in the list.

        Returns
        -------
        Estimate
            With its normal 95% interval.
        """
        mean = self.sums[place, 0] / self.n
        spread = max(0.0, self.sums[place, 1] / self.n - mean**2)
        half = Z975 * math.sqrt(spread / max(self.n - 1, 1))
        return Estimate(*(float(x * self.upper_bounds[place]) for x in (mean, mean - half, mean + half)))

    def quantile(self, place: int, p: float) -> Estimate:
        """Quantile of the revenue of a place: an atom, or linear inside a bin.

        Parameters
        ----------
        place : int
            Its row in the list.
        p : float
            Probability, 0 to 1.

        Returns
        -------
        Estimate
            With the 95% interval between two binomial ranks.
        """
        half = Z975 * math.sqrt(self.n * p * (1 - p))
        ranks = np.array([self.n * p, self.n * p - half, self.n * p + half])
        edges, below = self._cumulative_counts(place)
        quantiles = np.clip(np.interp(ranks, below, edges), *self.extremes[place]) * self.upper_bounds[place]
        return Estimate(*map(float, quantiles))

    def _bin_rows(self, scaled: Floats) -> Ints32:
        """Bin of each value in units of the upper bound."""
        positions = (scaled - self.low) * (BINS_PER_PLACE / (1 - self.low))
        return np.clip(positions, 0, BINS_PER_PLACE - 1, out=positions).astype(np.int32)

    def _cumulative_counts(self, place: int) -> tuple[Floats, Floats]:
        """Edges of the bins in units of the upper bound, and the number of values below each; an atom stands twice."""
        edges = self.low + (1 - self.low) * np.arange(BINS_PER_PLACE + 1) / BINS_PER_PLACE
        counts = self.counts[place].astype(np.float64)
        atoms = self._scaled_atoms(place)
        if len(atoms):
            rows = self._bin_rows(atoms)
            atom_counts = self.atom_counts[place, : len(atoms)].astype(np.int64)
            lowest, highest = self.extremes[place]
            edges, counts = split_bins_at_atoms(edges, counts, atoms, atom_counts, rows, (lowest, highest))
        return edges, np.concatenate([[0.0], np.cumsum(counts)])

    def severe_loss_chance(self, place: int) -> Estimate:
        """Chance of a severe loss: more than a tenth of the revenue of a place is lost to shocks.

        Parameters
        ----------
        place : int
            Its row in the list.

        Returns
        -------
        Estimate
            With its 95% interval.
        """
        return binomial_interval(int(self.severe_losses[place]), self.n)

    def loss_shares(self, rows: NDArray[np.intp] | slice) -> dict[str, float]:
        """Loss to each shock as a share of the size of the revenue without shocks.

        Parameters
        ----------
        rows : ndarray or slice
            Of the places, together.

        Returns
        -------
        dict
            Share by shock, before recovery.
        """
        baseline = abs(float(self.baseline_sums[rows].sum()))
        losses = self.loss_sums[:, rows].sum(axis=1)
        return {
            cause: float(lost) / baseline if baseline > 0 else 0.0
            for cause, lost in zip(self.causes, losses, strict=True)
        }
