"""What was said of months of the past against what came: scores, fans, and how well the chances were calibrated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.special import ndtr

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.stats.scoring import crps_lognormal, crps_normal, interval_score
from forecast.stats.transforms import Z90
from forecast.timeseries.ensemble.ensemble import ValueScale

BACKTEST_HORIZON_MONTHS = SEASON_MONTHS
"""Months that are asked of each origin, where so many came."""
COMBINATION, SEASONAL_NAIVE = "blend", "seasonal_naive"
PIT_BINS = 10
Z975 = 1.959963984540054
"""Half the width of the central 95% of a standard normal."""


@dataclass(frozen=True)
class MarginalNormals:
    """What one model said: a normal for each month ahead, on the scale of the origin."""

    mean: Floats
    """(months ahead,)."""
    sd: Floats
    """(months ahead,)."""


@dataclass(frozen=True)
class Origin:
    """One month of the past from which one service was forecast."""

    first_month: int
    """The first month ahead."""
    scale: ValueScale
    forecasts: Mapping[str, MarginalNormals]
    """Model -> what it said; `blend` is what a plan would have stood on."""
    actual: Floats
    """(months ahead,), as measured, dated shocks taken out; NaN where masked."""
    error_scale: float
    """Mean change on the same month a year before, of the months that were known: what errors are scaled by."""

    def median(self, model: str) -> Floats:
        """Median of each month, as measured."""
        return _from_scale(self.forecasts[model].mean, self.scale)

    def normal_quantile(self, model: str, z: float) -> Floats:
        """The quantile of each month that lies `z` standard deviations from the middle, as measured."""
        return _from_scale(self.forecasts[model].mean + z * self.forecasts[model].sd, self.scale)

    def pit(self, model: str) -> Floats:
        """Probability integral transform: the share of what the model thought possible that lies below what came."""
        came = self.actual
        if self.scale == "log":
            came = np.log(came, out=np.full(came.shape, -np.inf), where=came > 0)
            came = np.where(np.isnan(self.actual), np.nan, came)
        apart, sd = came - self.forecasts[model].mean, self.forecasts[model].sd
        sure = np.where(apart > 0, np.inf, np.where(apart < 0, -np.inf, apart))
        return np.asarray(ndtr(np.divide(apart, sd, out=sure, where=sd > 0)))


@dataclass(frozen=True)
class Fan:
    """What was said at one origin, as measured, each (months ahead,)."""

    first_month: int
    low95: Floats
    low80: Floats
    median: Floats
    high80: Floats
    high95: Floats


def select_fans(origins: Sequence[Origin], model: str = COMBINATION) -> tuple[Fan, ...]:
    """Fans that do not overlap, the last one first sought where a whole year came after it; oldest first."""
    chosen: list[Origin] = []
    for origin in sorted(origins, key=lambda one: -one.first_month):
        whole = len(origin.actual) == BACKTEST_HORIZON_MONTHS or len(origin.actual) == max(
            len(one.actual) for one in origins
        )
        if whole and (not chosen or origin.first_month + len(origin.actual) <= chosen[-1].first_month):
            chosen.append(origin)
    edges = (-Z975, -Z90, 0.0, Z90, Z975)
    return tuple(Fan(one.first_month, *(one.normal_quantile(model, z) for z in edges)) for one in reversed(chosen))


@dataclass(frozen=True)
class Calibration:
    """How the chances that were said fitted what came."""

    shares: tuple[float, ...]
    """Share of the months in each tenth of what was thought possible, from the lowest; 0.1 each would be right."""
    coverage80: float
    coverage95: float
    months: int


def assess_calibration(origins: Iterable[Origin], model: str = COMBINATION) -> Calibration | None:
    """Of the months of all origins together; None where nothing came."""
    reached = _concatenate(one.pit(model) for one in origins)
    reached = reached[~np.isnan(reached)]
    if not len(reached):
        return None
    counts = np.bincount(np.minimum((PIT_BINS * reached).astype(int), PIT_BINS - 1), minlength=PIT_BINS)
    inside80, inside95 = (float(np.mean(np.abs(reached - 0.5) <= ndtr(z) - 0.5)) for z in (Z90, Z975))
    return Calibration(tuple(float(n) for n in counts / len(reached)), inside80, inside95, len(reached))


@dataclass(frozen=True)
class Score:
    """How good one model was; None where there is nothing to divide by."""

    mase: float | None
    """Mean absolute error in changes on the same month a year before."""
    crps: float | None
    """Continuous ranked probability score in the same unit."""
    msis95: float | None
    """Score of the 95% interval in the same unit."""
    coverage80: float | None
    coverage95: float | None
    bias: float | None
    """What the forecasts were too high by, as a share of what came."""
    months: int
    """Months that were judged."""

    def to_dict(self) -> dict[str, float | int | None]:
        """As JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def score_models(origins: Sequence[Origin]) -> dict[str, Score]:
    """Model -> score over the origins where it was asked, the blend first, then from the best to the worst."""
    names = sorted({name for origin in origins for name in origin.forecasts} - {COMBINATION})
    scores = {
        name: _score_model(name, [one for one in origins if name in one.forecasts]) for name in (COMBINATION, *names)
    }
    found = {name: score for name, score in scores.items() if score is not None}
    missed = {name: np.inf if score.mase is None else score.mase for name, score in found.items()}
    rest = sorted((name for name in found if name != COMBINATION), key=lambda name: (missed[name], name))
    return {name: found[name] for name in (COMBINATION, *rest) if name in found}


def _score_model(model: str, origins: list[Origin]) -> Score | None:
    came = _concatenate(one.actual for one in origins)
    seen = ~np.isnan(came)
    if not seen.any():
        return None
    usual = _concatenate(np.full(len(one.actual), one.error_scale) for one in origins)[seen]
    middle = _concatenate(one.median(model) for one in origins)[seen]
    low, high = (_concatenate(one.normal_quantile(model, z) for one in origins)[seen] for z in (-Z975, Z975))
    crps = _concatenate(_crps(one, model) for one in origins)[seen]
    reached = _concatenate(one.pit(model) for one in origins)[seen]
    came = came[seen]
    return Score(
        mase=_finite_or_none(np.mean(np.abs(middle - came) / usual)),
        crps=_finite_or_none(np.mean(crps / usual)),
        msis95=_finite_or_none(np.mean(interval_score(came, low, high, 0.05) / usual)),
        coverage80=_finite_or_none(np.mean(np.abs(reached - 0.5) <= ndtr(Z90) - 0.5)),
        coverage95=_finite_or_none(np.mean(np.abs(reached - 0.5) <= ndtr(Z975) - 0.5)),
        bias=_finite_or_none(np.sum(middle - came) / np.sum(came)) if np.sum(came) != 0 else None,
        months=len(came),
    )


def _crps(origin: Origin, model: str) -> Floats:
    said = origin.forecasts[model]
    return (crps_lognormal if origin.scale == "log" else crps_normal)(origin.actual, said.mean, said.sd)


def mean_scores(tables: list[Mapping[str, Score]]) -> dict[str, Score]:
    """The mean of each model's scores over the tables that have it; months are summed; nothing under two tables."""
    if len(tables) < 2:
        return {}
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: _mean_score([table[name] for table in tables if name in table]) for name in names}


def _mean_score(scores: list[Score]) -> Score:
    found: dict[str, float | None] = {}
    for key in ("mase", "crps", "msis95", "coverage80", "coverage95", "bias"):
        values = [getattr(score, key) for score in scores if getattr(score, key) is not None]
        found[key] = float(np.mean(values)) if values else None
    return Score(**found, months=sum(score.months for score in scores))


def _concatenate(parts: Iterable[Floats]) -> Floats:
    return np.concatenate([np.zeros(0), *parts])


def _finite_or_none(value: np.floating[Any]) -> float | None:
    return float(value) if np.isfinite(value) else None


def _from_scale(values: Floats, scale: ValueScale) -> Floats:
    return np.exp(values) if scale == "log" else values
