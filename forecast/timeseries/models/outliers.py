"""Months that teach nothing, found from the months known so far, masked, and estimated from the others.

An odd month stands far from the months on both of its sides, in the same direction (an additive outlier of Chen and
Liu 1993). The first month has one side, the last two are not judged, for they may be the start of a new level. Where
the level moves for good within a month (a level shift, same source), the months before are read at the new level.
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

SIDE_MONTHS = 3
"""Months of each side whose median a month is held against."""
OUTLIER_SDS = 6.0
"""Robust standard deviations beyond which a month is odd [C]."""
MIN_OUTLIER_SIZE = 0.4
"""Logs, or shares of the usual size, under which no month is odd: half as much again [C]."""
MIN_UNCERTAIN_OUTLIER_SIZE = 1.0
"""The same where the season is not known yet, or where a festival moves [C]."""
MIN_HOLIDAY_SHARE = 0.02
"""Share of a festival in a month from which the month counts as touched."""
MAX_NONPOSITIVE_SHARE = 0.2
"""Share of months at 0 or below from which the others are no measure of what is odd."""
SHIFT_SIDE_MONTHS = 6
"""Months on each side of a move of the level; three are enough after the latest."""
MIN_SHIFT_SIZE = 0.3
"""Logs, or shares of the usual size, under which a move of the level is left to the models [C]."""
MIN_SHIFT_SHARE_AT_ONCE = 0.6
"""Share of a move that is there within two months, else it is a trend."""
MAX_LEVEL_SHIFTS = 3
"""Moves of the level that are looked for."""
MIN_YEARS_FOR_SEASON = 3
"""Years from which medians know the season although one year is odd."""


def clean(source: TimeSeries) -> TimeSeries:
    """The past with its odd months masked and every month that has no value estimated; `source` is kept in it.

    `source.values` (months,) are NaN where there is nothing to read; those months are masked.
    """
    level, moved = _remove_level_shifts(source)
    past = impute(level, outlying_months(level))
    return replace(past, source=source, level_shifts=moved)


def _remove_level_shifts(source: TimeSeries) -> tuple[TimeSeries, tuple[tuple[int, float], ...]]:
    """The past read at its last level, and the rows at which the level moved, with how far."""
    moved: list[tuple[int, float]] = []
    level = source
    while len(moved) < MAX_LEVEL_SHIFTS and (found := _largest_level_shift(level)) is not None:
        row, step = found
        moved.append(found)
        level = replace(level, values=level.values + np.where(np.arange(len(level.values)) < row, step, 0.0))
    return level, tuple(sorted(moved))


def _largest_level_shift(past: TimeSeries) -> tuple[int, float] | None:
    """The row and the size of the largest move of the level, if there is any.

    The medians of the half years before and after each month, less what the trend adds between them, held against how
    far they usually are apart: a level that always wanders has no move.
    """
    seen = past.observed
    count = len(seen)
    if count < MIN_YEARS_FOR_SEASON * SEASON_MONTHS or not _is_mostly_positive(past):
        return None
    calm = seen - _seasonal_medians(seen)
    rows = np.arange(SHIFT_SIDE_MONTHS, count - SIDE_MONTHS + 1)
    before, after = _side_medians(calm, SHIFT_SIDE_MONTHS)
    apart = (after - before)[rows]
    if np.isnan(apart).all():
        return None
    apart = apart - np.nanmedian(apart)
    usual = 1.4826 * float(np.nanmedian(np.abs(apart)))
    best = int(np.nanargmax(np.abs(apart)))
    step = float(apart[best])
    if abs(step) <= max(OUTLIER_SDS * usual, MIN_SHIFT_SIZE * _typical_size(past)):
        return None
    near_before, near_after = _side_medians(calm, 2)
    around = np.arange(max(1, rows[best] - SIDE_MONTHS), min(rows[-1], rows[best] + SIDE_MONTHS) + 1)
    at_once = np.nan_to_num((near_after - near_before)[around] / step)
    month = np.nan_to_num((calm - np.roll(calm, 1))[around] / step)
    place = int(np.argmax(at_once + month))
    return (int(around[place]), step) if at_once[place] > MIN_SHIFT_SHARE_AT_ONCE else None


def _side_medians(values: Floats, side: int) -> tuple[Floats, Floats]:
    """Medians of so many months before each month, and of as many from it on, (months,)."""
    windows = _padded_windows(values, side)
    return _row_medians(windows[:, :side], 1), _row_medians(windows[:, side:-1], 1)


def impute(source: TimeSeries, odd: NDArray[np.bool_] | None = None) -> TimeSeries:
    """The past with the months estimated that have no value or are `odd`; `source` is kept in it."""
    unknown = np.isnan(source.values) if odd is None else odd | np.isnan(source.values)
    past = replace(source, masked=source.masked | unknown, source=source)
    return impute_from_profile(past, unknown) if unknown.any() else past


def clean_as_of(past: TimeSeries, count: int) -> TimeSeries:
    """The past as it stood after its first `count` months: no mask and no estimate has seen a later month."""
    return clean((past.source or past).head(count))


def outlying_months(past: TimeSeries) -> NDArray[np.bool_]:
    """(months,): which months stand far from both of their sides; a month whose like a year apart does so too is not
    odd but the season, and where there is no such month only the first can be odd."""
    seen = past.observed
    count = len(seen)
    if np.count_nonzero(~np.isnan(seen)) < 2 * SIDE_MONTHS or not _is_mostly_positive(past):
        return np.zeros(count, bool)
    sure = count >= MIN_YEARS_FOR_SEASON * SEASON_MONTHS
    calm = seen - _seasonal_medians(seen) if sure else seen
    apart = _side_deviations(calm)
    usual = 1.4826 * float(np.nanmedian(np.abs(calm - _moving_median(calm, SIDE_MONTHS))))
    least = np.full(count, MIN_OUTLIER_SIZE if sure else MIN_UNCERTAIN_OUTLIER_SIZE)
    festival = past.regressors
    if festival.shape[1]:
        least[np.abs(festival).max(axis=1) > MIN_HOLIDAY_SHARE] = MIN_UNCERTAIN_OUTLIER_SIZE
    far = np.abs(apart) > np.maximum(OUTLIER_SDS * usual, least * _typical_size(past))
    return np.asarray(far & ~_recurs_yearly(apart), bool)


def _is_mostly_positive(past: TimeSeries) -> bool:
    """Whether most months are above zero, so that one that is far from the others says something."""
    return past.is_log or float(np.mean(past.values[~np.isnan(past.values)] <= 0)) <= MAX_NONPOSITIVE_SHARE


def _typical_size(past: TimeSeries) -> float:
    """1 on the log scale; the usual size of a month on the raw scale."""
    return 1.0 if past.is_log else float(np.nanmedian(np.abs(past.values)))


def _padded_windows(values: Floats, side: int) -> Floats:
    """(months, 2 side + 1): each month between its neighbours, NaN beyond the ends."""
    blank = np.full(side, np.nan)
    return sliding_window_view(np.concatenate([blank, values, blank]), 2 * side + 1)


def _row_medians(windows: Floats, least: int) -> Floats:
    """Median of each row, NaN where fewer than `least` are known."""
    known = np.count_nonzero(~np.isnan(windows), axis=1)
    found = np.full(len(windows), np.nan)
    rows = known >= least
    if rows.any():
        found[rows] = np.nanmedian(windows[rows], axis=1)
    return found


def _moving_median(values: Floats, side: int) -> Floats:
    """Moving median, (months,)."""
    return _row_medians(_padded_windows(values, side), 1)


def _seasonal_medians(values: Floats) -> Floats:
    """(months,): of each month of the year, the median distance from the moving median of a year."""
    apart = values - _moving_median(values, SEASON_MONTHS // 2)
    rows = np.full(-len(values) % SEASON_MONTHS, np.nan)
    years = np.concatenate([apart, rows]).reshape(-1, SEASON_MONTHS)
    season = np.nan_to_num(_row_medians(years.T, 1))
    return np.resize(season, len(values))


def _side_deviations(values: Floats) -> Floats:
    """(months,): the smaller distance from the medians of both sides, 0 where they disagree or a side is not known."""
    windows = _padded_windows(values, SIDE_MONTHS)
    before, after = _row_medians(windows[:, :SIDE_MONTHS], 1), _row_medians(windows[:, SIDE_MONTHS + 1 :], 2)
    before[0] = after[0]
    early, late = values - before, values - after
    agree = np.sign(early) == np.sign(late)
    smaller = np.where(np.abs(early) < np.abs(late), early, late)
    return np.nan_to_num(np.where(agree, smaller, 0.0))


def _recurs_yearly(apart: Floats) -> NDArray[np.bool_]:
    """(months,): whether the month a year before or after is half as far apart in the same direction, or, but for the
    first month, whether there is none."""
    count = len(apart)
    like = np.zeros(count, bool)
    twins = np.zeros(count, bool)
    for step in (-SEASON_MONTHS, SEASON_MONTHS):
        here = np.arange(count)
        here = here[(here + step >= 0) & (here + step < count)]
        twins[here] = True
        other = apart[here + step]
        like[here] |= (np.sign(other) == np.sign(apart[here])) & (np.abs(other) > 0.5 * np.abs(apart[here]))
    alone = ~twins
    alone[0] = False
    return like | alone
