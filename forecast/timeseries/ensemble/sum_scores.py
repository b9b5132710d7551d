"""Scores of sums of months: what a plan uses is a quarter, a half year and a year, and months are not independent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.stats.cholesky import cholesky
from forecast.stats.scoring import crps_lognormal, crps_normal, crps_sample, pinball
from forecast.timeseries.models.base import PredictiveNormal, ValueScale

__all__ = ["SUM_LENGTHS", "SumLength", "SumScore", "score_sums"]

SumLength = Literal["1", "3", "6", "12", "year"]
SUM_LENGTHS: tuple[SumLength, ...] = ("1", "3", "6", "12", "year")
"""Months of a sum, or the calendar year."""
MIN_OPEN_MONTHS = 6
"""Months of a calendar year that must lie ahead for its total to be scored; fewer are mostly what is booked."""
QUANTILE_LEVELS = np.arange(1, 10) / 10
"""Levels of the quantile loss: the nine deciles, as in the literature on panels (Salinas and others 2020)."""
SUM_DRAWS = 4_000
"""Draws behind the distribution of a sum."""
SUM_SEED = 20210112
"""Seed of those draws; they share no random number with the simulation."""


@dataclass(frozen=True)
class SumScore:
    """Score of one sum of months ahead of one origin."""

    length: SumLength
    pit: float
    """Predicted probability below the actual sum, 0 to 1."""
    scaled_crps: float | None
    """Continuous ranked probability score over months and the mean yearly change of a month; None without a change."""
    quantile_loss: float
    """Twice the mean quantile loss over the deciles, in the unit of the history."""
    actual: float
    """The sum that came, in the unit of the history; the open months alone for a calendar year."""


def score_sums(
    forecast: PredictiveNormal, scale: ValueScale, actual: Floats, first_month: int, error_scale: float
) -> tuple[SumScore, ...]:
    """Score a forecast on each month, each sum of 3, 6 and 12 months in a row, and the total of the calendar year.

    The booked months of a calendar year are the same in forecast and actual, so that its open months are scored.

    Parameters
    ----------
    forecast : PredictiveNormal
        The months ahead, or more, on `scale`.
    scale : {"log", "raw"}
        Scale of the forecast.
    actual : Floats
        (months ahead,), in the unit of the history; a sum with a month that is NaN is not scored.
    first_month : int
        The first month ahead.
    error_scale : float
        Q of `seasonal_scale`, in the unit of the history.

    Returns
    -------
    tuple of SumScore
        By length, then by month.
    """
    steps = len(actual)
    ahead = PredictiveNormal(forecast.mean[:steps], forecast.covariance[:steps, :steps])
    draws = None
    scores = []
    for length, months in _sums_ahead(steps, first_month):
        if np.isnan(actual[months]).any():
            continue
        if length == "1":
            pit, crps, quantiles = _month_forecast(ahead, scale, actual, months.start)
        else:
            draws = _draw_months(ahead, scale) if draws is None else draws
            pit, crps, quantiles = _sum_forecast(draws[months].sum(axis=0), actual[months].sum())
        total = float(actual[months].sum())
        scaled = crps / ((months.stop - months.start) * error_scale)
        loss = 2 * float(np.mean(pinball(total, quantiles, QUANTILE_LEVELS)))
        scores.append(SumScore(length, pit, scaled if np.isfinite(scaled) else None, loss, total))
    return tuple(scores)


def _sums_ahead(steps: int, first_month: int) -> Iterator[tuple[SumLength, slice]]:
    """Length and rows of each sum within the months ahead; sums of one length do not overlap."""
    for length in SUM_LENGTHS[:-1]:
        size = int(length)
        yield from ((length, slice(start, start + size)) for start in range(0, steps - size + 1, size))
    open_months = SEASON_MONTHS - first_month % SEASON_MONTHS
    if MIN_OPEN_MONTHS <= open_months <= steps:
        yield "year", slice(0, open_months)


def _month_forecast(
    ahead: PredictiveNormal, scale: ValueScale, actual: Floats, row: int
) -> tuple[float, float, Floats]:
    """Probability below the actual, CRPS and deciles of one month, in closed form."""
    mean, sd, value = float(ahead.mean[row]), float(np.sqrt(ahead.covariance[row, row])), float(actual[row])
    crps = (crps_lognormal if scale == "log" else crps_normal)(value, mean, sd)
    with np.errstate(divide="ignore"):
        error = (np.log(max(value, 0.0)) if scale == "log" else value) - mean
    z = error / sd if sd > 0 else np.sign(error) * np.inf if error else 0.0
    quantiles = mean + sd * ndtri(QUANTILE_LEVELS)
    return float(ndtr(z)), float(crps), np.exp(quantiles) if scale == "log" else quantiles


def _sum_forecast(draws: Floats, actual: float) -> tuple[float, float, Floats]:
    """Probability below the actual, CRPS and deciles of one sum, from its draws (draws,); a tie counts half."""
    below = float(np.mean(draws < actual) + np.mean(draws == actual) / 2)
    return below, float(crps_sample(actual, draws)), np.asarray(np.quantile(draws, QUANTILE_LEVELS))


def _draw_months(ahead: PredictiveNormal, scale: ValueScale) -> Floats:
    """(months, draws): joint draws of the months, in the unit of the history."""
    values = ahead.mean[:, None] + cholesky(ahead.covariance) @ _standard_normals()[: len(ahead.mean)]
    return np.exp(values) if scale == "log" else values


@cache
def _standard_normals() -> Floats:
    """(12, draws): the same for every sum."""
    return np.random.default_rng(SUM_SEED).standard_normal((SEASON_MONTHS, SUM_DRAWS))
