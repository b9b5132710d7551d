"""Accuracy and coverage of sums of months at past origins, beside those of single months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.special import ndtr

from forecast.stats.intervals import Z975
from forecast.stats.transforms import Z90
from forecast.timeseries.ensemble.sum_scores import SUM_LENGTHS, SumLength, SumScore

__all__ = ["MIN_SUMS", "SumAccuracy", "assess_sums"]

MIN_SUMS = 6
"""Sums of a length from which its scores are given: the share of fewer says nothing of an interval [C]."""


@dataclass(frozen=True)
class SumAccuracy:
    """Scores of all sums of one length; None where there are fewer than `MIN_SUMS`."""

    length: SumLength
    coverage80: float | None
    """Share of the sums inside the 80% interval."""
    coverage95: float | None
    scaled_crps: float | None
    """Mean continuous ranked probability score, over months and the mean yearly change of a month."""
    wql: float | None
    """Weighted quantile loss over the deciles."""
    sums: int
    """Sums with an actual; those of neighbouring origins overlap."""

    @property
    def is_scored(self) -> bool:
        """True where there are enough sums."""
        return self.sums >= MIN_SUMS

    def to_dict(self) -> dict[str, Any]:
        """Convert to JSON.

        Returns
        -------
        dict of str to Any
            By field.
        """
        return {field.name: getattr(self, field.name) for field in fields(self)}


def assess_sums(services: Mapping[str, Sequence[SumScore]]) -> tuple[SumAccuracy, ...]:
    """Assess the sums of several services together, each length for itself.

    Parameters
    ----------
    services : mapping of str to sequence of SumScore
        Scores of one model at all origins, by service.

    Returns
    -------
    tuple of SumAccuracy
        One a length, from single months to the calendar year. Coverage and CRPS are means over all sums, the weighted
        quantile loss is the mean of those of the services, whose units may differ.
    """
    return tuple(_assess_length(length, services) for length in SUM_LENGTHS)


def _assess_length(length: SumLength, services: Mapping[str, Sequence[SumScore]]) -> SumAccuracy:
    by_service = [[score for score in scores if score.length == length] for scores in services.values()]
    scores = [score for each in by_service for score in each]
    if len(scores) < MIN_SUMS:
        return SumAccuracy(length, None, None, None, None, len(scores))
    distances = np.abs(np.array([score.pit for score in scores]) - 0.5)
    scaled = [score.scaled_crps for score in scores if score.scaled_crps is not None]
    losses = [loss for each in by_service if (loss := _weighted_quantile_loss(each)) is not None]
    return SumAccuracy(
        length=length,
        coverage80=float(np.mean(distances <= ndtr(Z90) - 0.5)),
        coverage95=float(np.mean(distances <= ndtr(Z975) - 0.5)),
        scaled_crps=float(np.mean(scaled)) if scaled else None,
        wql=float(np.mean(losses)) if losses else None,
        sums=len(scores),
    )


def _weighted_quantile_loss(scores: Sequence[SumScore]) -> float | None:
    """Sum of the quantile losses by that of the actual sums (Salinas and others 2020); None where these are 0."""
    size, loss = sum(abs(score.actual) for score in scores), sum(score.quantile_loss for score in scores)
    return loss / size if size > 0 and np.isfinite(loss) else None
