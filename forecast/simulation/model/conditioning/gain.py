"""Linear update of the normal components by the booked cells, and how surprising these are.

With loadings H of the cells, covariance C of the components and errors R, K = H C H' + R is the covariance of the
cells, and C H' K^-1 the gain: what the components move by for each unit by which a cell lies above its path (Matheron's
rule).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular

from forecast.arrays import Bools, Floats, Ints

__all__ = ["CellErrors", "CellValues", "Gain", "arms_length_variance", "widening"]

ARMS_LENGTH = 2.5
"""Standard deviations beyond which a cell that nothing explains teaches less [C]."""
ARMS_LENGTH_PASSES = 3
WIDENING_DEGREES = 4.0
"""Weight of the plan's own widths against the closed months, in closed months [C]."""


@dataclass(frozen=True)
class CellErrors:
    """Covariance of the errors with which cells are known."""

    exact: Floats
    """(cells,) variance of what a cell holds beside the components: next to nothing for an actual figure."""
    booked: Floats
    """(cells, cells) covariance of estimates and of what the named events of closed months left."""
    arms_length: Floats
    """(cells,) variance added to cells that surprise too much."""

    @property
    def total(self) -> Floats:
        """(cells, cells)."""
        return self.booked + np.diag(self.exact + self.arms_length)


@dataclass(frozen=True)
class CellValues:
    """A value of each cell by path, in few rows: the closed months of a service mostly differ by a constant.

    Cell i of path p is constants[i] + Σ_r is_in_row[i, r] rows[r, p]. A sum over the cells takes the work of the rows,
    which are about as many as services.
    """

    constants: Floats
    """(cells,)"""
    is_in_row: Floats
    """(cells, rows) 1 for the row of a cell, else 0."""
    rows: Floats
    """(rows, paths)"""

    @classmethod
    def from_parts(cls, parts: Sequence[tuple[Floats, Floats | None]], paths: int) -> CellValues:
        """Sort parts by cell: its own, (paths,) or (1,), and a part (paths,) or (1,) that others share, by identity."""
        rows: list[Floats] = []
        number_of_row: dict[int, int] = {}
        row_of_cell = np.full(len(parts), -1)
        constants = np.zeros(len(parts))
        for cell, (of_cell, shared) in enumerate(parts):
            row = shared
            if len(of_cell) > 1 or shared is None:
                row = of_cell if shared is None else of_cell + shared
            else:
                constants[cell] = of_cell[0]
            assert row is not None
            if len(row) == 1:
                constants[cell] += row[0]
                continue
            if row is not shared or id(row) not in number_of_row:
                number_of_row[id(row)] = len(rows)
                rows.append(row)
            row_of_cell[cell] = number_of_row[id(row)]
        is_in_row = (row_of_cell[:, None] == np.arange(len(rows))).astype(np.float64)
        # logarithms of amounts and of shares of them are large, and cancel: by row, so that 32 bits hold the difference
        middles = (constants @ is_in_row) / is_in_row.sum(axis=0)
        values = np.array(rows) if rows else np.empty((0, paths))
        values += middles[:, None]
        return cls(constants - is_in_row @ middles, is_in_row, values)

    def distance_root(self, gain: Gain) -> Floats:
        """(rows + 1 at most, rows + 1) triangular R: squared distances of the cells are |R (rows, 1)'|²."""
        combined = np.column_stack([self.is_in_row, self.constants])
        return np.asarray(np.linalg.qr(gain.whitening @ combined, mode="r"))

    def distances(self, root: Floats, columns: Ints | slice) -> Floats:
        """(columns,) or (1,) squared Mahalanobis distance of the cells in some paths; `root` of `distance_root`."""
        white = root[:, :-1] @ self.rows[:, columns]
        white += root[:, -1:]
        return np.asarray(np.einsum("rp,rp->p", white, white))


@dataclass(frozen=True)
class Gain:
    """Update of the components, for one member of each mixture."""

    loadings: Floats
    """(cells, components), few of them not 0."""
    gain: Floats
    """(components, cells)."""
    whitening: Floats
    """(cells, cells) inverse of the lower triangular L of K = L L'."""

    @classmethod
    def from_covariance(cls, loadings: Floats, covariance: Floats, errors: Floats) -> Gain:
        """Solve for the gain; `errors` (cells, cells)."""
        between = covariance @ loadings.T
        total = loadings @ between + errors
        root = cholesky((total + total.T) / 2, lower=True)
        whitening = solve_triangular(root, np.eye(len(root)), lower=True)
        return cls(loadings, cho_solve((root, True), between.T).T, whitening)

    def distances(self, residuals: Floats) -> Floats:
        """(paths,) squared Mahalanobis distance of residuals (cells, paths)."""
        white = self.whitening @ residuals
        return np.asarray(np.einsum("cp,cp->p", white, white))

    @property
    def log_determinant(self) -> float:
        """Logarithm of the determinant of K."""
        return -2 * float(np.log(np.diag(self.whitening)).sum())

    def log_likelihood(self, distances: Floats) -> Floats:
        """(paths,) logarithm of the normal density at squared distances (paths,), but for a constant."""
        return -0.5 * (distances + self.log_determinant)


def widening(distances: Floats, cells: int) -> Floats:
    """Compute the factor of the spread about the mean of the open months after surprising cells, never below 1.

    Parameters
    ----------
    distances : ndarray
        (paths,) squared Mahalanobis distances of the cells.
    cells : int
        Number of cells.

    Returns
    -------
    ndarray
        (paths,) root of (4 + distance) / (4 + cells): the scale of a t distribution with 4 degrees of freedom given the
        cells.

    References
    ----------
    Ding (2016), On the conditional distribution of the multivariate t distribution.
    """
    return np.sqrt(np.maximum(1.0, (WIDENING_DEGREES + distances) / (WIDENING_DEGREES + cells)))


def arms_length_variance(residuals: Floats, covariance: Floats, exempt: Bools) -> tuple[Floats, Floats]:
    """Find the cells that surprise too much, and the variance that each gets in addition.

    Parameters
    ----------
    residuals : ndarray
        (cells,) booked less expected.
    covariance : ndarray
        (cells, cells) of the cells by the plan.
    exempt : ndarray
        (cells,) True for cells that the planner calls ordinary.

    Returns
    -------
    variance : ndarray
        (cells,) v ((a / 2.5)² - 1) for a cell that lies a > 2.5 standard deviations from its expectation given the
        others, v its variance given them; else 0.
    scores : ndarray
        (cells,) the signed distances a.
    """
    added = np.zeros(len(residuals))
    scores = np.zeros(len(residuals))
    for _ in range(ARMS_LENGTH_PASSES):
        inverse = np.linalg.inv(covariance + np.diag(added))
        given_others = 1 / np.diag(inverse)
        variance = np.maximum(given_others - added, np.finfo(float).tiny)
        scores = (inverse @ residuals) * given_others / np.sqrt(variance)
        beyond = (np.abs(scores) > ARMS_LENGTH) & ~exempt
        added = np.where(beyond, variance * (np.square(scores / ARMS_LENGTH) - 1), 0.0)
    return added, scores


def surprise_rank(distance: float, distances: Floats) -> float:
    """Share of paths, (paths,) distances, that are at least as surprising; at least half of one path."""
    return max(float(np.mean(distances >= distance)), 0.5 / len(distances)) if math.isfinite(distance) else 1.0
