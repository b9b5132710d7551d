"""Sizes from which months far from the others count: as shares of a typical month, on the scale of a series."""

from __future__ import annotations

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import TimeSeries

OUTLIER_SDS = 6.0
"""Robust standard deviations beyond which a month is far from the others [C]."""
MIN_OUTLIER_SIZE = 0.4
"""Logs, or shares of the typical size, under which no month is outlying: half as much again [C]."""
MIN_UNCERTAIN_OUTLIER_SIZE = 1.0
"""The same where the season is not known yet, or where a holiday moves [C]."""
MIN_HOLIDAY_SHARE = 0.02
"""Share of a holiday in a month from which the month counts as touched."""
MAX_NONPOSITIVE_SHARE = 0.2
"""Share of months at 0 or below beyond which the other months are no measure of an outlier."""
MIN_YEARS_FOR_SEASON = 3
"""Years from which medians know the season although one year is outlying."""


def knows_season(series: TimeSeries) -> bool:
    """True where the series is long enough for medians to know its season."""
    return len(series.values) >= MIN_YEARS_FOR_SEASON * SEASON_MONTHS


def is_mostly_positive(series: TimeSeries) -> bool:
    """True where most months are above zero, so that a month far from the others is news."""
    if series.is_log:
        return True
    return float(np.mean(series.values[~np.isnan(series.values)] <= 0)) <= MAX_NONPOSITIVE_SHARE


def typical_size(series: TimeSeries) -> float:
    """1 on the log scale; the median size of a month on the raw scale."""
    return 1.0 if series.is_log else float(np.nanmedian(np.abs(series.values)))


def min_outlier_sizes(series: TimeSeries, size: float = MIN_OUTLIER_SIZE) -> Floats:
    """(months,): the size under which a month is not outlying, on the scale of the series; `size` by default."""
    size = size if knows_season(series) else MIN_UNCERTAIN_OUTLIER_SIZE
    sizes = np.full(len(series.values), size)
    if series.regressors.shape[1]:
        touched = np.abs(series.regressors).max(axis=1) > MIN_HOLIDAY_SHARE
        sizes[touched] = MIN_UNCERTAIN_OUTLIER_SIZE
    return sizes * typical_size(series)
