"""Outlying months and level shifts: found from the months known so far, masked or undone, and estimated.

An outlying month stands far from the months on both of its sides, in the same direction (an additive outlier of Chen
and Liu 1993). The first month has one side; the last two are not tested, for they may be the start of a new level.
Where the level moves for good within a month (a level shift, same source), the months before are read at the new level.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import TimeSeries
from forecast.timeseries.models.seasonal_profile import impute_from_profile

__all__ = ["clean", "clean_as_of", "impute"]

SIDE_MONTHS = 3
"""Months of each side whose median a month is compared with."""
OUTLIER_SDS = 6.0
"""Robust standard deviations beyond which a month is outlying [C]."""
MAD_TO_SD = 1.4826
"""Standard deviation of a normal in median absolute deviations."""
MIN_OUTLIER_SIZE = 0.4
"""Logs, or shares of the typical size, under which no month is outlying: half as much again [C]."""
MIN_UNCERTAIN_OUTLIER_SIZE = 1.0
"""The same where the season is not known yet, or where a holiday moves [C]."""
MIN_HOLIDAY_SHARE = 0.02
"""Share of a holiday in a month from which the month counts as touched."""
MAX_NONPOSITIVE_SHARE = 0.2
"""Share of months at 0 or below beyond which the other months are no measure of an outlier."""
SHIFT_SIDE_MONTHS = 6
"""Months on each side of a level shift; three are enough after the latest."""
SHIFT_AT_ONCE_MONTHS = 2
"""Months on each side by which a shift must have happened."""
MIN_SHIFT_SIZE = 0.3
"""Logs, or shares of the typical size, under which a level shift is left to the models [C]."""
MIN_SHIFT_SHARE_AT_ONCE = 0.6
"""Share of a shift that happens within two months, else it is a trend."""
MAX_LEVEL_SHIFTS = 3
"""Level shifts that are looked for."""
MIN_YEARS_FOR_SEASON = 3
"""Years from which medians know the season although one year is outlying."""
MIN_RECURRENCE_SHARE = 0.5
"""Share of a deviation that the same month of a neighbouring year must exceed for it to be the season."""


def clean(source: TimeSeries) -> TimeSeries:
    """Mask outlying months, undo level shifts and estimate every month without a value.

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
    levelled, shifts = _undo_level_shifts(source)
    series = impute(levelled, outlying_months(levelled))
    return replace(series, source=source, level_shifts=shifts)


def _undo_level_shifts(source: TimeSeries) -> tuple[TimeSeries, tuple[tuple[int, float], ...]]:
    """The series read at its last level, and the row and the size of each level shift."""
    shifts: list[tuple[int, float]] = []
    levelled = source
    while len(shifts) < MAX_LEVEL_SHIFTS and (shift := _largest_level_shift(levelled)) is not None:
        row, step = shift
        shifts.append(shift)
        is_before = np.arange(len(levelled.values)) < row
        levelled = replace(levelled, values=levelled.values + np.where(is_before, step, 0.0))
    return levelled, tuple(sorted(shifts))


def _largest_level_shift(series: TimeSeries) -> tuple[int, float] | None:
    """Row and size of the largest level shift, None where there is none."""
    observed = series.observed
    count = len(observed)
    if count < MIN_YEARS_FOR_SEASON * SEASON_MONTHS or not _is_mostly_positive(series):
        return None
    adjusted = observed - _seasonal_medians(observed)
    rows = np.arange(SHIFT_SIDE_MONTHS, count - SIDE_MONTHS + 1)
    before, after = _side_medians(adjusted, SHIFT_SIDE_MONTHS)
    moves = (after - before)[rows]
    if np.isnan(moves).all():
        return None
    # less the trend between the half years, in terms of their typical difference: a level that wanders has no shift
    moves = moves - np.nanmedian(moves)
    sd = MAD_TO_SD * float(np.nanmedian(np.abs(moves)))
    best = int(np.nanargmax(np.abs(moves)))
    step = float(moves[best])
    if abs(step) <= max(OUTLIER_SDS * sd, MIN_SHIFT_SIZE * _typical_size(series)):
        return None
    candidates = np.arange(max(1, rows[best] - SIDE_MONTHS), min(rows[-1], rows[best] + SIDE_MONTHS) + 1)
    row = _shift_row(adjusted, candidates, step)
    return None if row is None else (row, step)


def _shift_row(adjusted: Floats, candidates: NDArray[np.int_], step: float) -> int | None:
    """The candidate row at which the level moves by `step` at once, None where it moves slowly."""
    before, after = _side_medians(adjusted, SHIFT_AT_ONCE_MONTHS)
    at_once = np.nan_to_num((after - before)[candidates] / step)
    month = np.nan_to_num((adjusted - np.roll(adjusted, 1))[candidates] / step)
    best = int(np.argmax(at_once + month))
    return int(candidates[best]) if at_once[best] > MIN_SHIFT_SHARE_AT_ONCE else None


def _side_medians(values: Floats, side: int) -> tuple[Floats, Floats]:
    """Medians of `side` months before each month, and of as many from it on, each (months,)."""
    windows = _padded_windows(values, side)
    return _row_medians(windows[:, :side], 1), _row_medians(windows[:, side:-1], 1)


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
    if np.count_nonzero(~np.isnan(observed)) < 2 * SIDE_MONTHS or not _is_mostly_positive(series):
        return np.zeros(count, bool)
    knows_season = count >= MIN_YEARS_FOR_SEASON * SEASON_MONTHS
    adjusted = observed - _seasonal_medians(observed) if knows_season else observed
    deviations = _side_deviations(adjusted)
    sd = MAD_TO_SD * float(np.nanmedian(np.abs(adjusted - _moving_median(adjusted, SIDE_MONTHS))))
    min_size = np.full(count, MIN_OUTLIER_SIZE if knows_season else MIN_UNCERTAIN_OUTLIER_SIZE)
    regressors = series.regressors
    if regressors.shape[1]:
        min_size[np.abs(regressors).max(axis=1) > MIN_HOLIDAY_SHARE] = MIN_UNCERTAIN_OUTLIER_SIZE
    is_far = np.abs(deviations) > np.maximum(OUTLIER_SDS * sd, min_size * _typical_size(series))
    return np.asarray(is_far & ~_recurs_yearly(deviations), bool)


def _is_mostly_positive(series: TimeSeries) -> bool:
    """True where most months are above zero, so that a month far from the others is news."""
    if series.is_log:
        return True
    return float(np.mean(series.values[~np.isnan(series.values)] <= 0)) <= MAX_NONPOSITIVE_SHARE


def _typical_size(series: TimeSeries) -> float:
    """1 on the log scale; the median size of a month on the raw scale."""
    return 1.0 if series.is_log else float(np.nanmedian(np.abs(series.values)))


def _padded_windows(values: Floats, side: int) -> Floats:
    """(months, 2 side + 1): each month between its neighbours, NaN beyond the ends."""
    blank = np.full(side, np.nan)
    return sliding_window_view(np.concatenate([blank, values, blank]), 2 * side + 1)


def _row_medians(windows: Floats, min_known: int) -> Floats:
    """Median of each row, NaN where fewer than `min_known` are known."""
    known = np.count_nonzero(~np.isnan(windows), axis=1)
    medians = np.full(len(windows), np.nan)
    rows = known >= min_known
    if rows.any():
        medians[rows] = np.nanmedian(windows[rows], axis=1)
    return medians


def _moving_median(values: Floats, side: int) -> Floats:
    """(months,): median of each month with `side` months on either side."""
    return _row_medians(_padded_windows(values, side), 1)


def _seasonal_medians(values: Floats) -> Floats:
    """(months,): for each month of the year, the median distance from the moving median of a year."""
    deviations = values - _moving_median(values, SEASON_MONTHS // 2)
    blank = np.full(-len(values) % SEASON_MONTHS, np.nan)
    years = np.concatenate([deviations, blank]).reshape(-1, SEASON_MONTHS)
    season = np.nan_to_num(_row_medians(years.T, 1))
    return np.resize(season, len(values))


def _side_deviations(values: Floats) -> Floats:
    """(months,): smaller distance from the medians of both sides, 0 where they disagree or a side is not known."""
    windows = _padded_windows(values, SIDE_MONTHS)
    before, after = _row_medians(windows[:, :SIDE_MONTHS], 1), _row_medians(windows[:, SIDE_MONTHS + 1 :], 2)
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
