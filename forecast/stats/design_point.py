"""Design point: the most plausible values at which an outcome reaches a limit, in standard normal space."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats, Floats32

__all__ = ["DesignPoint", "find_design_point"]

EDGE_DRAWS = 4_096
"""Draws near the edge that the gradient is fitted on."""
MOMENT_DRAWS = 32_768
"""First draws that give means, covariances and the first gradient."""
MAX_PLANE_FITS = 6
"""Planes that are fitted; a smooth outcome takes two to four."""
STEP_TOLERANCE = 0.03
"""Standard deviations by which the point moves in the last step, at most."""
MIN_STANDARD_ERRORS = 4.5
"""Standard errors below which a moment counts as that of independent standard normals: one in 150,000 exceeds it."""
MAX_DISTANCE = 6.0
"""Distance, in standard deviations, beyond which the scores do not bring the outcome to the limit."""


@dataclass(frozen=True)
class DesignPoint:
    """The most plausible point at which the mean outcome is the limit."""

    scores: Floats
    """(names,) normal scores."""
    moves: Floats
    """(names,) distance of each score from its mean, in its standard deviations."""
    distance: float
    """Distance from the mean of all scores, in standard deviations (reliability index)."""


def find_design_point(scores: Floats32, outcome: Floats, limit: float, *, is_below: bool = True) -> DesignPoint | None:
    """Find the most plausible scores at which an outcome reaches a limit.

    The outcome is regressed on the scores of the draws at the edge, which are chosen by their scores alone, so that
    what else moves the outcome biases nothing. The point is the one nearest to the mean on the fitted plane.

    Parameters
    ----------
    scores : ndarray
        (names, draws) normal scores; they may be correlated.
    outcome : ndarray
        (draws,) in any unit.
    limit : float
        In the unit of the outcome.
    is_below : bool
        Whether the outcome fails below the limit.

    Returns
    -------
    DesignPoint or None
        None where the mean outcome fails already, or the scores do not bring the outcome to the limit.

    References
    ----------
    Hasofer, Lind (1974), Exact and invariant second-moment code format, Journal of the Engineering Mechanics Division
    100(1). Ditlevsen, Madsen (1996), Structural Reliability Methods, chapter 5.
    """
    mean, covariance = _moments(scores[:, :MOMENT_DRAWS])
    rows = np.arange(min(MOMENT_DRAWS, scores.shape[1]))
    point: Floats | None = None
    for _ in range(MAX_PLANE_FITS):
        gradient, level = _plane(scores[:, rows], outcome[rows])
        pull = covariance @ gradient
        variance = float(gradient @ pull)
        missing = limit - level - float(gradient @ mean)
        if variance <= 0 or (missing >= 0) == is_below or abs(missing) > MAX_DISTANCE * math.sqrt(variance):
            return None
        step, point = point, mean + pull * (missing / variance)
        if step is not None and float(np.abs(point - step).max()) < STEP_TOLERANCE:
            break
        along = gradient.astype(np.float32) @ scores - np.float32(gradient @ point)
        count = min(EDGE_DRAWS, len(along))
        rows = np.sort(np.argpartition(np.abs(along), count - 1)[:count])
    assert point is not None
    sd = np.sqrt(np.diag(covariance))
    moves = np.divide(point - mean, sd, out=np.zeros_like(sd), where=sd > 0)
    return DesignPoint(point, moves, abs(missing) / math.sqrt(variance))


def _moments(scores: Floats32) -> tuple[Floats, Floats]:
    """Means (names,) and covariances (names, names) of the scores: 0, 1 and 0 where chance explains the difference."""
    draws = scores.shape[1]
    error = MIN_STANDARD_ERRORS / math.sqrt(draws)
    mean = scores.mean(axis=1, dtype=np.float64)
    deviations = scores - mean[:, None].astype(np.float32)
    covariance = np.asarray(deviations @ deviations.T, np.float64) / draws
    variance = np.diag(covariance).copy()
    size = np.sqrt(np.maximum(np.outer(variance, variance), np.finfo(float).tiny))
    covariance[np.abs(covariance) < error * size] = 0.0
    np.fill_diagonal(covariance, np.where(np.abs(variance - 1) < math.sqrt(2) * error, 1.0, variance))
    return np.where(np.abs(mean) < error, 0.0, mean), covariance


def _plane(scores: Floats32, outcome: Floats) -> tuple[Floats, float]:
    """Gradient (names,) and level at 0 of the plane of least squares."""
    centre = scores.mean(axis=1, dtype=np.float64)
    deviations = scores.astype(np.float64) - centre[:, None]
    gradient = np.linalg.lstsq(deviations @ deviations.T, deviations @ (outcome - outcome.mean()), rcond=1e-9)[0]
    return gradient, float(outcome.mean() - gradient @ centre)
