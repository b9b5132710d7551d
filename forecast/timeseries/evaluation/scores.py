"""Accuracy and calibration of forecasts at past origins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from scipy.special import ndtr

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.stats.intervals import Z975
from forecast.stats.scoring import crps_lognormal, crps_normal, interval_score
from forecast.stats.transforms import Z90
from forecast.timeseries.ensemble.sum_scores import SumScore
from forecast.timeseries.models.base import MonthScale

__all__ = [
    "COMBINATION",
    "SEASONAL_NAIVE",
    "Calibration",
    "Fan",
    "MarginalNormals",
    "Origin",
    "Score",
    "assess_calibration",
    "select_fans",
]

BACKTEST_HORIZON_MONTHS = SEASON_MONTHS
"""Months ahead of each origin, where so many actuals are known."""
COMBINATION, SEASONAL_NAIVE = "blend", "seasonal_naive"
"""Names of the combination and of the benchmark among the models of an origin."""
PIT_BINS = 10
"""Equal bins of the probability integral transform."""
MIN_TABLES_FOR_MEAN = 2
"""Services from which their scores have a mean."""


@dataclass(frozen=True)
class MarginalNormals:
    """Forecast of one model: a normal for each month ahead, on the scale of the origin."""

    mean: Floats
    """(months ahead,)."""
    sd: Floats
    """(months ahead,)."""


@dataclass(frozen=True)
class Origin:
    """Forecasts of one service from one past month, and the actual."""

    first_month: int
    """The first month ahead."""
    scale: MonthScale
    forecasts: Mapping[str, MarginalNormals]
    """Model -> its forecast; `blend` is the combination that a plan would have used."""
    actual: Floats
    """(months ahead,), as measured, dated shocks removed; NaN where masked."""
    error_scale: float
    """Unit of scaled errors: mean change of the known months from the same month a year before."""
    sums: Mapping[str, tuple[SumScore, ...]] = field(default_factory=dict)
    """Model -> scores of its months and of sums of them."""

    def median(self, model: str) -> Floats:
        """Compute the median of each month.

        Parameters
        ----------
        model : str
            Name in `forecasts`.

        Returns
        -------
        Floats
            (months ahead,), as measured.
        """
        return _from_scale(self.forecasts[model].mean, self.scale)

    def normal_quantile(self, model: str, z: float) -> Floats:
        """Compute the quantile of each month at a standard normal quantile.

        Parameters
        ----------
        model : str
            Name in `forecasts`.
        z : float
            Standard deviations from the median.

        Returns
        -------
        Floats
            (months ahead,), as measured.
        """
        return _from_scale(self.forecasts[model].mean + z * self.forecasts[model].sd, self.scale)

    def pit(self, model: str) -> Floats:
        """Compute the probability integral transform: the predicted probability below the actual.

        Parameters
        ----------
        model : str
            Name in `forecasts`.

        Returns
        -------
        Floats
            (months ahead,), between 0 and 1; NaN where masked.

        References
        ----------
        Gneiting, Balabdaoui and Raftery (2007), Probabilistic forecasts, calibration and sharpness.
        """
        actual = self.actual
        if self.scale == "log":
            actual = np.log(actual, out=np.full(actual.shape, -np.inf), where=actual > 0)
            actual = np.where(np.isnan(self.actual), np.nan, actual)
        errors, sd = actual - self.forecasts[model].mean, self.forecasts[model].sd
        certain = np.where(errors > 0, np.inf, np.where(errors < 0, -np.inf, errors))
        return np.asarray(ndtr(np.divide(errors, sd, out=certain, where=sd > 0)))


@dataclass(frozen=True)
class Fan:
    """Quantiles of the forecast at one origin, as measured, each (months ahead,)."""

    first_month: int
    low95: Floats
    low80: Floats
    median: Floats
    high80: Floats
    high95: Floats


def select_fans(origins: Sequence[Origin], model: str = COMBINATION) -> tuple[Fan, ...]:
    """Select fans that do not overlap, from the last origin with a full year of actuals backwards.

    Parameters
    ----------
    origins : sequence of Origin
        Origins of one service.
    model : str
        Name in their `forecasts`.

    Returns
    -------
    tuple of Fan
        Oldest first.
    """
    chosen: list[Origin] = []
    longest = max((len(origin.actual) for origin in origins), default=0)
    for origin in sorted(origins, key=lambda origin: -origin.first_month):
        is_complete = len(origin.actual) in (BACKTEST_HORIZON_MONTHS, longest)
        if is_complete and (not chosen or origin.first_month + len(origin.actual) <= chosen[-1].first_month):
            chosen.append(origin)
    edges = (-Z975, -Z90, 0.0, Z90, Z975)
    return tuple(
        Fan(origin.first_month, *(origin.normal_quantile(model, z) for z in edges)) for origin in reversed(chosen)
    )


@dataclass(frozen=True)
class Calibration:
    """Agreement of the predicted probabilities with the actuals."""

    shares: tuple[float, ...]
    """Share of the months in each tenth of the predicted distribution, from the lowest; 0.1 each would be right."""
    coverage80: float
    """Share of the months inside the 80% interval."""
    coverage95: float
    months: int
    """Months with an actual."""


def assess_calibration(origins: Iterable[Origin], model: str = COMBINATION) -> Calibration | None:
    """Assess the calibration over the months of all origins together.

    Parameters
    ----------
    origins : iterable of Origin
        Origins of one service or of several.
    model : str
        Name in their `forecasts`.

    Returns
    -------
    Calibration or None
        None where there is no actual.
    """
    pit = _concatenate(origin.pit(model) for origin in origins)
    pit = pit[~np.isnan(pit)]
    if not len(pit):
        return None
    counts = np.bincount(np.minimum((PIT_BINS * pit).astype(int), PIT_BINS - 1), minlength=PIT_BINS)
    return Calibration(tuple(float(n) for n in counts / len(pit)), _coverage(pit, Z90), _coverage(pit, Z975), len(pit))


@dataclass(frozen=True)
class Score:
    """Accuracy of one model; None where there is nothing to divide by."""

    mase: float | None
    """Mean absolute error, in changes from the same month a year before."""
    crps: float | None
    """Continuous ranked probability score, in the same unit."""
    msis95: float | None
    """Score of the 95% interval, in the same unit."""
    coverage80: float | None
    """Share of the months inside the 80% interval."""
    coverage95: float | None
    bias: float | None
    """Sum of forecast less actual, as a share of the sum of the actuals."""
    months: int
    """Months with an actual."""
    masked: int = 0
    """Months left out because they are masked; like the others, once for each origin that forecast them."""

    def to_dict(self) -> dict[str, float | int | None]:
        """Convert to JSON.

        Returns
        -------
        dict of str to float, int or None
            By field.
        """
        return {field.name: getattr(self, field.name) for field in fields(self)}


def score_models(origins: Sequence[Origin]) -> dict[str, Score]:
    """Model -> score over its origins, the combination first, then from the best to the worst MASE."""
    names = sorted({name for origin in origins for name in origin.forecasts} - {COMBINATION})
    scores: dict[str, Score] = {}
    for name in (COMBINATION, *names):
        score = _score_model(name, [origin for origin in origins if name in origin.forecasts])
        if score is not None:
            scores[name] = score
    mase = {name: np.inf if score.mase is None else score.mase for name, score in scores.items()}
    ranked = sorted((name for name in scores if name != COMBINATION), key=lambda name: (mase[name], name))
    return {name: scores[name] for name in (COMBINATION, *ranked) if name in scores}


def _score_model(model: str, origins: list[Origin]) -> Score | None:
    """The score of one model over all origins; None where there is no actual."""
    actual = _concatenate(origin.actual for origin in origins)
    known = ~np.isnan(actual)
    if not known.any():
        return None
    scale = _concatenate(np.full(len(origin.actual), origin.error_scale) for origin in origins)[known]
    median = _concatenate(origin.median(model) for origin in origins)[known]
    low, high = (_concatenate(origin.normal_quantile(model, z) for origin in origins)[known] for z in (-Z975, Z975))
    crps = _concatenate(_crps(origin, model) for origin in origins)[known]
    pit = _concatenate(origin.pit(model) for origin in origins)[known]
    actual = actual[known]
    return Score(
        mase=_finite_or_none(np.mean(np.abs(median - actual) / scale)),
        crps=_finite_or_none(np.mean(crps / scale)),
        msis95=_finite_or_none(np.mean(interval_score(actual, low, high, 0.05) / scale)),
        coverage80=_finite_or_none(_coverage(pit, Z90)),
        coverage95=_finite_or_none(_coverage(pit, Z975)),
        bias=_finite_or_none(np.sum(median - actual) / np.sum(actual)) if np.sum(actual) != 0 else None,
        months=len(actual),
        masked=int(np.count_nonzero(~known)),
    )


def _coverage(pit: Floats, z: float) -> float:
    """Share of the transforms (months,) inside the central interval of half-width `z` standard deviations."""
    return float(np.mean(np.abs(pit - 0.5) <= ndtr(z) - 0.5))


def _crps(origin: Origin, model: str) -> Floats:
    """(months ahead,): continuous ranked probability score, as measured."""
    forecast = origin.forecasts[model]
    return (crps_lognormal if origin.scale == "log" else crps_normal)(origin.actual, forecast.mean, forecast.sd)


def mean_scores(tables: list[Mapping[str, Score]]) -> dict[str, Score]:
    """Model -> mean of its scores over the tables that have it, with months summed; empty under two tables."""
    if len(tables) < MIN_TABLES_FOR_MEAN:
        return {}
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: _mean_score([table[name] for table in tables if name in table]) for name in names}


def _mean_score(scores: list[Score]) -> Score:
    """The mean of each field over the scores that have it."""
    means: dict[str, float | None] = {}
    for key in ("mase", "crps", "msis95", "coverage80", "coverage95", "bias"):
        values = [getattr(score, key) for score in scores if getattr(score, key) is not None]
        means[key] = float(np.mean(values)) if values else None
    return Score(**means, months=sum(score.months for score in scores), masked=sum(score.masked for score in scores))


def _concatenate(parts: Iterable[Floats]) -> Floats:
    """(values,): all parts in their order."""
    return np.concatenate([np.zeros(0), *parts])


def _finite_or_none(value: np.floating[Any] | float) -> float | None:
    """The value as a float; None where it is not finite."""
    return float(value) if np.isfinite(value) else None


def _from_scale(values: Floats, scale: MonthScale) -> Floats:
    """The values in the unit of the history."""
    if scale == "log":
        return np.exp(values)
    return np.maximum(values, 0.0) if scale == "censored" else values
