"""Accuracy of the forecasts of locks: coverage, error, bias and CRPS, by measure, by lag, against other forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from forecast.analysis.scored_forecasts import REFERENCES, ScoredForecasts
from forecast.arrays import Floats
from forecast.runs.locks import LOCKED_LEVELS
from forecast.stats.chance_scores import outcome_weights
from forecast.stats.scoring import crps_quantiles, within_interval

__all__ = [
    "LAGS",
    "Comparison",
    "FigureScore",
    "LagScore",
    "MonthAhead",
    "score_by_lag",
    "score_figures",
    "score_months_ahead",
]

LAGS = (1, 3, 6)
"""Lags by which errors are listed, in months."""
INTERVALS = {50: (0.25, 0.75), 80: (0.1, 0.9), 95: (0.025, 0.975)}
"""Percent of an interval -> its levels."""
MEDIAN = LOCKED_LEVELS.index(0.5)


@dataclass(frozen=True)
class Comparison:
    """Errors beside those of another forecast of the same figures."""

    forecasts: int
    outcomes: int
    """Measures and periods; forecasts of the same one count once together."""
    error_ratio: float | None
    """Mean absolute error as a multiple of the other's; None where the other has none."""
    crps_ratio: float | None
    """CRPS as a multiple of the other's."""


@dataclass(frozen=True)
class FigureScore:
    """Scores of the forecasts of a measure over periods of one length."""

    measure: str
    months: int
    """Months of the periods."""
    forecasts: int
    outcomes: int
    """Periods; forecasts of the same one count once together."""
    coverage50: float
    """Share of the 50% intervals that held the actual figure."""
    coverage80: float
    coverage95: float
    bias: float | None
    """Sum of median less actual, as a share of the sum of the sizes of the actual figures."""
    error: float | None
    """Mean absolute error of the median, as a share of the mean size of the actual figures."""
    crps: float | None
    """Mean continuous ranked probability score, as the same share."""
    mase: float | None
    """Mean absolute scaled error; None without two years of months before the plans."""
    scaled_crps: float | None
    against: Mapping[str, Comparison] = field(default_factory=dict)
    """Other forecast -> comparison over the figures that both forecast."""


@dataclass(frozen=True)
class LagScore:
    """Errors of the forecasts of a measure that were made a number of months ahead."""

    measure: str
    months: int
    lag: int
    forecasts: int
    bias: float | None
    error: float | None
    crps: float | None


@dataclass(frozen=True)
class MonthAhead:
    """A month as it was forecast one month ahead."""

    lock: str
    measure: str
    month: str
    median: float
    low80: float
    high80: float
    actual: float

    @property
    def error(self) -> float | None:
        """Median less actual, as a share of the size of the actual figure; None where that is 0."""
        return (self.median - self.actual) / abs(self.actual) if self.actual else None

    @property
    def is_inside80(self) -> bool:
        """True where the 80% interval held the actual figure."""
        return self.low80 <= self.actual <= self.high80


@dataclass(frozen=True)
class ForecastErrors:
    """Errors of some forecasts, and their weights; (rows,)."""

    errors: Floats
    """Median less actual."""
    crps: Floats
    actual: Floats
    scale: Floats
    weights: Floats
    """Each outcome counts once."""

    @classmethod
    def of(cls, table: ScoredForecasts, quantiles: Floats | None = None) -> ForecastErrors:
        """Errors of the forecasts of a table, or of others in their place, (rows, levels)."""
        forecasts = table.quantiles if quantiles is None else quantiles
        return cls(
            forecasts[:, MEDIAN] - table.actual,
            crps_quantiles(table.actual, forecasts, LOCKED_LEVELS),
            table.actual,
            table.scale,
            outcome_weights([(key.measure, key.period) for key in table.keys]),
        )

    def total(self, values: Floats) -> float:
        """Weighted sum."""
        return float(self.weights @ values)

    def share(self, values: Floats) -> float | None:
        """Weighted mean as a share of the mean size of the actual figures; None where these are 0."""
        return _ratio(self.total(values), self.total(np.abs(self.actual)))

    def scaled(self, values: Floats) -> float | None:
        """Weighted mean in units of the scale; None where there is none."""
        scaled = float(np.average(values / self.scale, weights=self.weights))
        return scaled if np.isfinite(scaled) else None


def score_figures(table: ScoredForecasts) -> tuple[FigureScore, ...]:
    """Score the forecasts of each measure, single months apart from longer periods.

    Each period counts once, however many locks forecast it.

    Parameters
    ----------
    table : ScoredForecasts
        Forecasts and actual figures.

    Returns
    -------
    tuple of FigureScore
        By measure, then by length.
    """
    return tuple(
        _score_figure(measure, months, table.select(rows)) for (measure, months), rows in table.rows_by_figure.items()
    )


def score_by_lag(table: ScoredForecasts) -> tuple[LagScore, ...]:
    """Score the forecasts of each measure by how many months ahead they were made.

    Parameters
    ----------
    table : ScoredForecasts
        Forecasts and actual figures.

    Returns
    -------
    tuple of LagScore
        By measure, length and lag, of the lags in `LAGS` that were forecast.
    """
    scores = []
    for (measure, months), rows in table.rows_by_figure.items():
        for lag in LAGS:
            selected = table.select(rows[table.lags[rows] == lag])
            if selected.keys:
                sums = ForecastErrors.of(selected)
                shares = (sums.share(sums.errors), sums.share(np.abs(sums.errors)), sums.share(sums.crps))
                scores.append(LagScore(measure, months, lag, len(selected.keys), *shares))
    return tuple(scores)


def score_months_ahead(table: ScoredForecasts) -> tuple[MonthAhead, ...]:
    """List the months that were forecast one month ahead.

    Parameters
    ----------
    table : ScoredForecasts
        Forecasts and actual figures.

    Returns
    -------
    tuple of MonthAhead
        By measure and month; where two locks forecast the same month, the later one counts.
    """
    low, high = (LOCKED_LEVELS.index(level) for level in INTERVALS[80])
    months: dict[tuple[str, str], MonthAhead] = {}
    for (measure, length), rows in table.rows_by_figure.items():
        ahead = rows[table.lags[rows] == 1] if length == 1 else rows[:0]
        for row in sorted(ahead, key=lambda row: table.keys[row].period):
            key = table.keys[row]
            median, low80, high80 = (float(table.quantiles[row, level]) for level in (MEDIAN, low, high))
            actual = float(table.actual[row])
            months[measure, key.period] = MonthAhead(key.lock, measure, key.period, median, low80, high80, actual)
    return tuple(months.values())


def _score_figure(measure: str, months: int, table: ScoredForecasts) -> FigureScore:
    sums = ForecastErrors.of(table)
    absolute = np.abs(sums.errors)
    comparisons = {name: compare_forecasts(table, name) for name in REFERENCES}
    return FigureScore(
        measure=measure,
        months=months,
        forecasts=len(table.keys),
        outcomes=round(float(sums.weights.sum())),
        coverage50=_coverage(table, 50, sums.weights),
        coverage80=_coverage(table, 80, sums.weights),
        coverage95=_coverage(table, 95, sums.weights),
        bias=sums.share(sums.errors),
        error=sums.share(absolute),
        crps=sums.share(sums.crps),
        mase=sums.scaled(absolute),
        scaled_crps=sums.scaled(sums.crps),
        against={name: comparison for name, comparison in comparisons.items() if comparison is not None},
    )


def _coverage(table: ScoredForecasts, percent: int, weights: Floats) -> float:
    """Weighted share of the intervals that held the actual figure."""
    low, high = (table.quantiles[:, LOCKED_LEVELS.index(level)] for level in INTERVALS[percent])
    return float(np.average(within_interval(table.actual, low, high), weights=weights))


def compare_forecasts(table: ScoredForecasts, reference: str) -> Comparison | None:
    """Compare forecasts with those of a reference, over the figures that both forecast; None without any."""
    is_shared = ~np.isnan(table.references[reference]).any(axis=1)
    if not is_shared.any():
        return None
    shared = table.select(np.flatnonzero(is_shared))
    sums, others = ForecastErrors.of(shared), ForecastErrors.of(shared, shared.references[reference])
    return Comparison(
        len(shared.keys),
        round(float(sums.weights.sum())),
        _ratio(sums.total(np.abs(sums.errors)), others.total(np.abs(others.errors))),
        _ratio(sums.total(sums.crps), others.total(others.crps)),
    )


def _ratio(value: float, other: float) -> float | None:
    """A value as a multiple of another; None where that is 0."""
    return value / other if other > 0 else None
