"""Normal scores of what is drawn in each event, path by path: one number a path for what has one an event."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from forecast.arrays import Floats, Floats32, Ints

__all__ = ["MarkScores"]


class MarkScores:
    """Sums of the scores of the events of a path, by name of the assumption that each event draws.

    Parameters
    ----------
    paths : int
        Paths of the blocks.
    """

    def __init__(self, paths: int) -> None:
        self.paths = paths
        self._sums: dict[str, tuple[Floats, Floats]] = {}
        self._added: dict[str, list[Ints]] = {}

    def add(self, name: str, path: Ints, uniforms: Floats32) -> None:
        """Add the draws of some events; those that were added before, for another use of the name, count once.

        Parameters
        ----------
        name : str
            Name of the draw.
        path : ndarray
            (events,) number of the path of each.
        uniforms : ndarray
            (events,) above 0 and below 1.
        """
        added = self._added.setdefault(name, [])
        if any(path is other for other in added):
            return
        added.append(path)
        scores = np.bincount(path, ndtri(uniforms).astype(np.float64), self.paths)
        counts = np.bincount(path, minlength=self.paths).astype(np.float64)
        before = self._sums.get(name, (np.zeros(1), np.zeros(1)))
        self._sums[name] = before[0] + scores, before[1] + counts

    def uniforms(self) -> dict[str, Floats]:
        """Sums of the scores over the root of their number, as uniform numbers: they tell nothing of the number.

        Returns
        -------
        dict of str to ndarray
            By name, (paths,) above 0 and below 1; 0 in a path without an event.
        """
        return {
            name: np.where(counts > 0, ndtr(scores / np.sqrt(np.maximum(counts, 1))), 0.0)
            for name, (scores, counts) in sorted(self._sums.items())
        }
