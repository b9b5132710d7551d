"""Cholesky factor of a covariance that may be singular, by loops: a larger matrix begins with the rows of a smaller."""

from __future__ import annotations

import numpy as np

from forecast.arrays import Floats

__all__ = ["cholesky"]

NEGATIVE_TOLERANCE = 1e-9
"""Share of a variance by which a pivot may lie below zero before a strict factor is refused."""
ZERO_PIVOT = 1e-12
"""Share of a variance below which a pivot is zero: its root would be a million times as large as its error."""


def cholesky(matrix: Floats, *, strict: bool = False) -> Floats:
    """Lower triangular L with L L' = matrix, for a positive semidefinite matrix.

    `np.linalg.cholesky` refuses a singular matrix, and its factor of 24 months does not begin with that of 12: its last
    bits move with the size. Here each column is a sum of its own, so that a longer horizon keeps the first months.

    Parameters
    ----------
    matrix : (n, n), symmetric
    strict : whether a matrix that is not positive semidefinite is refused

    Returns
    -------
    Floats : (n, n); the column of a variable that follows from the earlier ones is zero

    Raises
    ------
    ValueError : a pivot lies below zero, and `strict`

    References
    ----------
    Golub and Van Loan (2013), Matrix Computations, 4.2.8 (Cholesky of a positive semidefinite matrix).
    """
    factor = np.zeros_like(matrix, dtype=np.float64)
    for column in range(len(matrix)):
        explained = factor[column:, :column] * factor[column, :column]
        residual = matrix[column:, column] - explained.sum(axis=1)
        variance = matrix[column, column]
        if strict and residual[0] < -NEGATIVE_TOLERANCE * variance:
            raise ValueError("not positive semidefinite")
        if residual[0] > ZERO_PIVOT * variance:
            factor[column:, column] = residual / np.sqrt(residual[0])
    return factor
