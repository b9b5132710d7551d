"""Share of a variance that some inputs explain together, by least squares on the kept paths.

Of a plan with closed months this tells what is left to each input: given its books a draw depends on the others, so
that it cannot be drawn again alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from forecast.analysis.uncertain_inputs import UncertainInput
from forecast.arrays import Floats
from forecast.stats.intervals import Estimate
from forecast.stats.variance_shares import regression_share

__all__ = ["REGRESSION_PATHS", "ScoreRegression"]

REGRESSION_PATHS = 16_384
"""First paths of a run with closed months on which its figure is regressed."""
SCORE_POWERS = (1, 2, 3)
"""Powers of a normal score, or of a count, on which an outcome is regressed."""


class ScoreRegression:
    """Regressions of one outcome on the scores of any of its inputs.

    Parameters
    ----------
    inputs : sequence of UncertainInput
        The inputs.
    outcome : ndarray
        (paths,) the outcome, in the first of the kept paths.
    """

    def __init__(self, inputs: Sequence[UncertainInput], outcome: Floats) -> None:
        self.inputs = inputs
        self.outcome = outcome
        self._design = np.concatenate([_powers(each, len(outcome)) for each in inputs] or [np.empty((0, len(outcome)))])
        self._products = self._design @ self._design.T
        self._with_outcome = self._design @ (outcome - outcome.mean())

    def parts(self, chosen: Sequence[UncertainInput]) -> list[Floats]:
        """Fit some inputs and return what each explains, given the others.

        Parameters
        ----------
        chosen : sequence of UncertainInput
            Of the inputs.

        Returns
        -------
        list of ndarray
            (paths,) of each, with mean 0.
        """
        rows = self._rows(lambda each: any(each is other for other in chosen))
        coefficients = np.linalg.lstsq(self._products[np.ix_(rows, rows)], self._with_outcome[rows], rcond=None)[0]
        by_input = zip(coefficients.reshape(-1, len(SCORE_POWERS)), rows.reshape(-1, len(SCORE_POWERS)), strict=True)
        return [of_input @ self._design[of_rows] for of_input, of_rows in by_input]

    def share(self, is_chosen: Callable[[UncertainInput], bool]) -> tuple[Estimate, Floats]:
        """Fit the inputs of a kind.

        Parameters
        ----------
        is_chosen : callable
            Whether an input is one of them.

        Returns
        -------
        tuple of Estimate and ndarray
            Share of the variance that they explain, and (paths,) what they do.
        """
        chosen = [each for each in self.inputs if is_chosen(each)]
        fitted = np.sum(self.parts(chosen), axis=0) if chosen else np.zeros(len(self.outcome))
        return regression_share(fitted, self.outcome, len(SCORE_POWERS) * len(chosen)), fitted

    def _rows(self, is_chosen: Callable[[UncertainInput], bool]) -> np.ndarray:
        numbers = [number for number, each in enumerate(self.inputs) if is_chosen(each)]
        return np.array([len(SCORE_POWERS) * n + p for n in numbers for p in range(len(SCORE_POWERS))], dtype=int)


def _powers(each: UncertainInput, paths: int) -> Floats:
    """(powers, paths) centred powers of an input; 0 in a path in which it is not drawn."""
    scores = each.draws[:paths]
    if each.assumption is not None:
        scores = np.zeros(len(each.draws))
        scores[slice(None) if each.present is None else each.present] = each.scores
        scores = scores[:paths]
    powers = np.stack([scores**power for power in SCORE_POWERS])
    centred: Floats = powers - powers.mean(axis=1, keepdims=True)
    return centred
