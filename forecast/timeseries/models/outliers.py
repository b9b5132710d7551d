"""Cleaning of a series: temporary changes and outlying months are masked and estimated, level shifts undone.

An outlying month stands far from the months on both of its sides, in the same direction (an additive outlier of Chen
and Liu 1993); the first month has one side. Temporary changes are up to twelve such months in a row. Both are looked
for before level shifts, so that a level that came back is no shift. What is still off in the last month may come back
too: it is read as a level shift, and the forecast carries the doubt (`recent_shift`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import TimeSeries
from forecast.timeseries.models.change_sizes import OUTLIER_SDS, is_mostly_positive, knows_season, min_outlier_sizes
from forecast.timeseries.models.level_shifts import undo_level_shifts
from forecast.timeseries.models.moving_medians import (
    moving_median,
    padded_windows,
    robust_sd,
    row_medians,
    seasonal_medians,
)
from forecast.timeseries.models.seasonal_profile import impute_from_profile
from forecast.timeseries.models.temporary_changes import MIN_RECURRENCE_SHARE, temporary_changes

__all__ = ["clean", "clean_as_of", "impute"]

SIDE_MONTHS = 3
"""Months of each side whose median a month is compared with."""


def clean(source: TimeSeries) -> TimeSeries:
    """Mask temporary changes and outlying months, undo level shifts and estimate every month without a value.

    Parameters
    ----------
    source : TimeSeries
        `values` (months,) are NaN where there is nothing to read; those months are masked.

    Returns
    -------
    TimeSeries
        The cleaned series, with `source` and the level shifts.

    References
    ----------
    Chen and Liu (1993), Joint estimation of model parameters and outlier effects in time series.
    """
    temporary = temporary_changes(source)
    levelled, shifts = undo_level_shifts(replace(source, masked=source.masked | temporary))
    series = impute(levelled, levelled.masked | outlying_months(levelled))
    return replace(series, source=source, level_shifts=shifts)


def impute(source: TimeSeries, outlying: NDArray[np.bool_] | None = None) -> TimeSeries:
    """Estimate the months that have no value or are outlying.

    Parameters
    ----------
    source : TimeSeries
        `values` (months,) are NaN where there is nothing to read.
    outlying : (months,), optional
        True for outlying months.

    Returns
    -------
    TimeSeries
        The series with those months masked and estimated, and with `source`.
    """
    unknown = np.isnan(source.values) if outlying is None else outlying | np.isnan(source.values)
    series = replace(source, masked=source.masked | unknown, source=source)
    return impute_from_profile(series, unknown) if unknown.any() else series


def clean_as_of(series: TimeSeries, count: int) -> TimeSeries:
    """Clean a series as it stood at an origin: no mask and no estimate has seen a later month.

    Parameters
    ----------
    series : TimeSeries
        A cleaned series, or one without estimates.
    count : int
        Months known at the origin.

    Returns
    -------
    TimeSeries
        The first `count` months, cleaned.
    """
    return clean((series.source or series).head(count))


def outlying_months(series: TimeSeries) -> NDArray[np.bool_]:
    """(months,): True for months that stand far from both of their sides, and not so in a neighbouring year."""
    observed = series.observed
    count = len(observed)
    if np.count_nonzero(~np.isnan(observed)) < 2 * SIDE_MONTHS or not is_mostly_positive(series):
        return np.zeros(count, bool)
    adjusted = observed - seasonal_medians(observed) if knows_season(series) else observed
    deviations = _side_deviations(adjusted)
    sd = robust_sd(adjusted - moving_median(adjusted, SIDE_MONTHS))
    is_far = np.abs(deviations) > np.maximum(OUTLIER_SDS * sd, min_outlier_sizes(series))
    return np.asarray(is_far & ~_recurs_yearly(deviations), bool)


def _side_deviations(values: Floats) -> Floats:
    """(months,): smaller distance from the medians of both sides, 0 where they disagree or a side is not known."""
    windows = padded_windows(values, SIDE_MONTHS)
    before, after = row_medians(windows[:, :SIDE_MONTHS], 1), row_medians(windows[:, SIDE_MONTHS + 1 :], 2)
    before[0] = after[0]
    from_before, from_after = values - before, values - after
    agree = np.sign(from_before) == np.sign(from_after)
    smaller = np.where(np.abs(from_before) < np.abs(from_after), from_before, from_after)
    return np.nan_to_num(np.where(agree, smaller, 0.0))


def _recurs_yearly(deviations: Floats) -> NDArray[np.bool_]:
    """(months,): True where a neighbouring year deviates likewise, or, but for the first month, is not known."""
    count = len(deviations)
    recurs, has_neighbour = np.zeros(count, bool), np.zeros(count, bool)
    for step in (-SEASON_MONTHS, SEASON_MONTHS):
        rows = np.arange(count)
        rows = rows[(rows + step >= 0) & (rows + step < count)]
        has_neighbour[rows] = True
        neighbour = deviations[rows + step]
        is_large = np.abs(neighbour) > MIN_RECURRENCE_SHARE * np.abs(deviations[rows])
        recurs[rows] |= (np.sign(neighbour) == np.sign(deviations[rows])) & is_large
    is_alone = ~has_neighbour
    is_alone[0] = False
    return recurs | is_alone
