"""Level shifts: the months before one are read at the last level, also where the shift is recent and may not stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.timeseries.models.base import TimeSeries
from forecast.timeseries.models.change_sizes import OUTLIER_SDS, is_mostly_positive, knows_season, typical_size
from forecast.timeseries.models.moving_medians import monthly_trend, robust_sd, seasonal_medians, side_medians
from forecast.timeseries.models.temporary_changes import MAX_TEMPORARY_MONTHS, LevelChange, recent_change, recurs_yearly

SHIFT_SIDE_MONTHS = 6
"""Months on each side of a level shift; three are enough after the latest."""
MIN_MONTHS_AFTER = 3
"""Months after a shift whose median is its new level; a recent change may have fewer."""
SHIFT_AT_ONCE_MONTHS = 2
"""Months on each side by which a shift must have happened."""
MIN_SHIFT_SIZE = 0.3
"""Logs, or shares of the typical size, under which a level shift is left to the models [C]."""
MIN_SHIFT_SHARE_AT_ONCE = 0.6
"""Share of a shift that happens within two months, else it is a trend."""
MAX_LEVEL_SHIFTS = 3
"""Level shifts that are looked for."""
MAX_REMAINING_SHARE = 0.5
"""Share of a shift that is still there within a year, up to which the level came back."""

LevelShift = tuple[int, float]
"""Row of the first month at the new level, and the size of the move."""


def undo_level_shifts(source: TimeSeries) -> tuple[TimeSeries, tuple[LevelShift, ...]]:
    """The series read at its last level, months between a shift and its return masked, and its level shifts by row."""
    levelled, shifts = source, []
    new_season = np.zeros(len(source.values), bool)
    if (shift := _recent_shift(levelled)) is not None:
        levelled = _at_new_level(levelled, shift)
        shifts.append(shift)
    while len(shifts) < MAX_LEVEL_SHIFTS:
        visible = replace(levelled, masked=levelled.masked | new_season)
        shift = _largest_level_shift(visible)
        if shift is None or any(row == shift[0] for row, _step in shifts):  # one month, one shift
            break
        span = _returned_span(visible, shift)
        if span is None:
            levelled = _at_new_level(levelled, shift)
            shifts.append(shift)
        elif recurs_yearly(levelled, span):
            new_season[span.rows] = True
        else:
            levelled = replace(levelled, masked=levelled.masked | _is_in(span, levelled))
    return levelled, tuple(sorted(shifts))


def _is_in(span: LevelChange, series: TimeSeries) -> NDArray[np.bool_]:
    """(months,): True for the rows of a span."""
    rows = np.arange(len(series.values))
    return np.asarray((rows >= span.first) & (rows < span.stop), bool)


def _returned_span(series: TimeSeries, shift: LevelShift) -> LevelChange | None:
    """The months from a shift until the level came back within a year, or so before it; None where it stayed."""
    known = np.flatnonzero(~np.isnan(series.observed))
    adjusted = (series.observed - seasonal_medians(series.observed))[known]
    row, step = int(np.searchsorted(known, shift[0])), shift[1]
    before, after = side_medians(adjusted, MIN_MONTHS_AFTER)
    back = (before - after) / step
    distance = np.abs(np.arange(len(adjusted)) - row)
    back[(distance < 1) | (distance > MAX_TEMPORARY_MONTHS) | np.isnan(back)] = 0.0
    back[:MIN_MONTHS_AFTER] = 0.0  # there is no level before
    partner = int(np.argmax(back))
    if back[partner] <= MAX_REMAINING_SHARE:
        return None
    first, stop = sorted((row, partner))
    outer = np.median(adjusted[max(0, first - SHIFT_SIDE_MONTHS) : first])
    moved = float(np.median(adjusted[stop : stop + SHIFT_SIDE_MONTHS]) - outer)
    stayed = abs(moved) > MAX_REMAINING_SHARE * abs(step)
    return None if stayed else LevelChange(int(known[first]), int(known[stop]))


def _at_new_level(series: TimeSeries, shift: LevelShift) -> TimeSeries:
    """The series with the months before a shift moved by its size."""
    row, step = shift
    return replace(series, values=series.values + np.where(np.arange(len(series.values)) < row, step, 0.0))


def _recent_shift(series: TimeSeries) -> LevelShift | None:
    """The change that reaches the last month, by the level of its last months, less the trend; None without one."""
    change = recent_change(series)
    if change is None:
        return None
    observed = series.observed
    adjusted = observed - seasonal_medians(observed) if knows_season(series) else observed
    detrended = adjusted - monthly_trend(adjusted) * np.arange(len(adjusted))
    before, after = (values[~np.isnan(values)] for values in (detrended[: change.first], detrended[change.rows]))
    step = float(np.median(after[-MIN_MONTHS_AFTER:]) - np.median(before[-SHIFT_SIDE_MONTHS:]))
    return None if abs(step) < MIN_SHIFT_SIZE * typical_size(series) else (change.first, step)


def _largest_level_shift(series: TimeSeries) -> LevelShift | None:
    """Row and size of the largest level shift, None where there is none; masked months are passed over."""
    if not knows_season(series) or not is_mostly_positive(series):
        return None
    known = np.flatnonzero(~np.isnan(series.observed))
    adjusted = (series.observed - seasonal_medians(series.observed))[known]
    rows = np.arange(SHIFT_SIDE_MONTHS, len(adjusted) - MIN_MONTHS_AFTER + 1)
    if not len(rows):
        return None
    before, after = side_medians(adjusted, SHIFT_SIDE_MONTHS)
    moves = (after - before)[rows]
    # less the trend between the half years, in terms of their typical difference: a level that wanders has no shift
    moves = moves - np.median(moves)
    best = int(np.argmax(np.abs(moves)))
    step = float(moves[best])
    if abs(step) <= max(OUTLIER_SDS * robust_sd(moves), MIN_SHIFT_SIZE * typical_size(series)):
        return None
    first, stop = max(1, rows[best] - MIN_MONTHS_AFTER), min(rows[-1], rows[best] + MIN_MONTHS_AFTER) + 1
    row = _shift_row(adjusted, np.arange(first, stop), step)
    return None if row is None else (int(known[row]), step)


def _shift_row(adjusted: Floats, candidates: NDArray[np.int_], step: float) -> int | None:
    """The candidate row at which the level moves by `step` at once, None where it moves slowly."""
    before, after = side_medians(adjusted, SHIFT_AT_ONCE_MONTHS)
    at_once = (after - before)[candidates] / step
    month = (adjusted - np.roll(adjusted, 1))[candidates] / step
    best = int(np.argmax(at_once + month))
    return int(candidates[best]) if at_once[best] > MIN_SHIFT_SHARE_AT_ONCE else None
