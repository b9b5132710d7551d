"""Schema of fits that are read back, from a cache or from a manifest: finite, of matching lengths, and possible."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from forecast.arrays import Floats
from forecast.i18n import LANGUAGES, Note, Translator
from forecast.stats.stored_arrays import check_array
from forecast.timeseries.ensemble.ensemble import Fit
from forecast.timeseries.ensemble.sum_scores import SUM_LENGTHS, SumLength, SumScore

__all__ = ["check_correlation", "check_fit", "parse_pinned"]

MAX_STORED_MONTHS = 1_200
"""Months of a stored fit: a horizon of a hundred years."""
WEIGHT_TOLERANCE = 1e-9
"""Difference of the sum of the weights from 1."""
CORRELATION_TOLERANCE = 1e-9
"""Rounding of a correlation matrix: of its symmetry, its diagonal and, times its size, its eigenvalues."""

_Share = Annotated[FiniteFloat, Field(ge=0, le=1)]
_Size = Annotated[FiniteFloat, Field(ge=0)]
_NoteRow = tuple[str, list[tuple[str, str]]]
_SumRow = tuple[SumLength, str]
_CheckRow = tuple[int, str, str, str, list[_SumRow]]


class PinnedCombination(BaseModel):
    """The combination of one service, as a manifest has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    history: Annotated[str, Field(strict=True, pattern=r"^[0-9a-f]{64}$")]
    first: Annotated[int, Field(strict=True, ge=0, lt=12 * 10_000)]
    scale: Literal["log", "raw"]
    past: Annotated[str, Field(strict=True)]
    masked: Annotated[str, Field(strict=True, pattern=r"^[01]*$")]
    mean: Annotated[str, Field(strict=True)]
    root: Annotated[list[Annotated[str, Field(strict=True)]], Field(max_length=MAX_STORED_MONTHS)]
    weights: dict[str, Annotated[FiniteFloat, Field(strict=True)]]
    mase: Annotated[_Size, Field(strict=True)] | None
    coverage80: Annotated[_Share, Field(strict=True)] | None
    coverage95: Annotated[_Share, Field(strict=True)] | None
    noise: Annotated[_Size, Field(strict=True)] | None
    persistence: Annotated[_Share, Field(strict=True)] | None
    correlation: dict[str, Annotated[FiniteFloat, Field(strict=True)]] | None
    notes: list[_NoteRow]
    checks: list[_CheckRow]


def parse_pinned(content: Any) -> PinnedCombination:
    """Parse the combination of a manifest.

    Parameters
    ----------
    content : object
        As JSON has it.

    Returns
    -------
    PinnedCombination
        Its keys, each of its type and range.

    Raises
    ------
    ValueError
        A key is missing, unknown, or of another type or range.
    """
    try:
        return PinnedCombination.model_validate(content)
    except ValidationError as fault:
        raise ValueError(f"no combination: {fault.error_count()} faults") from None


def check_fit(fit: Fit) -> Fit:
    """Check a fit that was read back.

    Parameters
    ----------
    fit : Fit
        As it was read.

    Returns
    -------
    Fit
        The same.

    Raises
    ------
    ValueError, TypeError
        It holds what no fit has: other lengths, numbers that are not finite, a negative variance, weights that do not
        add up, a note without a sentence.
    """
    months = len(fit.mean)
    if not 0 < months <= MAX_STORED_MONTHS:
        raise ValueError("a number of months that no fit has")
    check_array(fit.mean, (months,), np.float64)
    check_array(fit.cholesky, (months, months), np.float64)
    if np.triu(fit.cholesky, 1).any() or (np.diagonal(fit.cholesky) < 0).any():
        raise ValueError("no Cholesky factor")
    _check_numbers(fit)
    for check in fit.checks:
        _check_origin(check.first_month, check.mean, check.sd, check.actual)
        for score in check.sums:
            _check_sum(score)
    for note in fit.notes:
        _check_note(note)
    return fit


def check_correlation(matrix: Floats, count: int) -> Floats:
    """Check a correlation matrix that was read back.

    Parameters
    ----------
    matrix : ndarray
        As it was read.
    count : int
        Services.

    Returns
    -------
    ndarray
        (services, services), the same.

    Raises
    ------
    ValueError
        It is no correlation matrix: another shape, not symmetric, another diagonal than 1, not positive semidefinite.
    """
    check_array(matrix, (count, count), np.float64)
    is_symmetric = np.abs(matrix - matrix.T).max(initial=0.0) <= CORRELATION_TOLERANCE
    has_unit_diagonal = np.abs(np.diagonal(matrix) - 1).max(initial=0.0) <= CORRELATION_TOLERANCE
    if not is_symmetric or not has_unit_diagonal or np.abs(matrix).max(initial=0.0) > 1 + CORRELATION_TOLERANCE:
        raise ValueError("no correlation matrix")
    if count and np.linalg.eigvalsh(matrix)[0] < -CORRELATION_TOLERANCE * count:
        raise ValueError("correlations that are not possible together")
    return matrix


def _check_numbers(fit: Fit) -> None:
    """ValueError or TypeError where a weight, a score, a noise or a parameter is none."""
    weights = [_finite(weight) for weight in fit.weights.values()]
    if min(weights, default=-1.0) < 0 or abs(sum(weights) - 1) > WEIGHT_TOLERANCE:
        raise ValueError("weights that do not add up")
    for value, highest in (
        (fit.mase, math.inf),
        (fit.coverage80, 1.0),
        (fit.coverage95, 1.0),
        (fit.noise, math.inf),
        (fit.persistence, 1.0),
    ):
        if value is not None and not 0 <= _finite(value) <= highest:
            raise ValueError("a number that no fit has")
    for parameters in fit.parameters.values():
        for name, value in parameters.items():
            if not isinstance(name, str):
                raise TypeError("a parameter without a name")
            _finite(value)


def _finite(value: object) -> float:
    """The value as a number; ValueError where it is none, or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("no finite number")
    return float(value)


def _check_origin(first_month: object, mean: Any, sd: Any, actual: Any) -> None:
    """ValueError where the check of an origin has other lengths, or a number that none has."""
    if isinstance(first_month, bool) or not isinstance(first_month, int) or not 0 <= first_month < 12 * 10_000:
        raise ValueError("no month")
    if not len(mean) == len(sd) == len(actual):
        raise ValueError("columns of other lengths")
    if any(_finite(value) < 0 for value in sd):
        raise ValueError("a negative standard deviation")
    for value in (*mean, *(value for value in actual if value is not None)):
        _finite(value)


def _check_sum(score: SumScore) -> None:
    """ValueError where the score of a sum is of another length, or has a number that none has."""
    if score.length not in SUM_LENGTHS:
        raise ValueError("a sum of other months")
    sizes = (score.quantile_loss, 0.0 if score.scaled_crps is None else score.scaled_crps)
    if not 0 <= _finite(score.pit) <= 1 or min(map(_finite, sizes)) < 0:
        raise ValueError("a score that no sum has")
    _finite(score.actual)


def _check_note(note: Note) -> None:
    """ValueError or TypeError where a note has no sentence, or not the parameters of its sentence."""
    key, params = note
    texts: Mapping[str, str] = dict(params)
    if not all(isinstance(text, str) for text in (key, *texts, *texts.values())):
        raise TypeError("a note of other things than texts")
    try:
        for language in LANGUAGES:
            Translator(language)(key, **texts)
    except (KeyError, IndexError) as fault:
        raise ValueError("a note without a sentence") from fault
