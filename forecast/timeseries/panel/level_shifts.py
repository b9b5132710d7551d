"""Level shifts inside many series of months at once: the months before one are read at the new level.

A level shift is a move between the medians of half a year on both sides that is large beside the other such moves of
the series, that happens within two months, and of which every half year after it, and of the two years before it, keeps
a share: what comes back is temporary. The rules resemble those for one series in `forecast/timeseries/models/`, but a
panel has nobody who looks at each shift, so that half a year must have passed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.panel.panel import Panel

__all__ = ["level_out_shifts"]

HALF_YEAR_MONTHS = 6
"""Months on each side of a shift whose medians are compared."""
MIN_YEARS_FOR_SHIFTS = 3
"""Years from which medians know the season."""
MIN_MOVE_SDS = 5.0
"""Robust standard deviations of the moves of a series that a shift exceeds [C]."""
MIN_MOVE_SIZE = 0.3
"""Logs, or shares of the typical size, that a shift exceeds [C]."""
MIN_SHIFT_AT_ONCE = 0.6
"""Share of a shift that happens from the two months before to the two from it on, else it is a trend."""
SEARCH_MONTHS = 3
"""Months on either side of the largest move among which the first month of the new level is looked for."""
MIN_SHARE_KEPT = 0.5
"""Share of a shift by which every half year after it lies from the level before, and every one of the `MONTHS_BEFORE`
before it from the level after, else it is a temporary change or the end of one."""
MONTHS_BEFORE = 24
MAX_CANDIDATES = 3
"""Largest moves of a series, half a year apart or more, that are tried."""
MAX_SHIFTS = 3
"""Level shifts of a series that are looked for."""
MAX_SHARE_AT_ZERO = 0.2
"""Share of months at 0 or below beyond which a series has no level."""
MAD_TO_NORMAL_SD = 1.4826
"""Standard deviation of a normal in median absolute deviations."""


def level_out_shifts(panel: Panel) -> Panel:
    """Read each series of months at its last level.

    Parameters
    ----------
    panel : Panel
        Series in their units; where the season is not twelve, none is changed.

    Returns
    -------
    Panel
        The series, the months before a shift multiplied by its factor, or moved by it where some are below zero.

    References
    ----------
    Chen and Liu (1993), Joint estimation of model parameters and outlier effects in time series.
    """
    if panel.season != SEASON_MONTHS:
        return panel
    values = panel.values.copy()
    is_mostly_positive = (values <= 0).sum(axis=1) <= MAX_SHARE_AT_ZERO * panel.lengths
    rows = np.flatnonzero(is_mostly_positive & (panel.lengths >= MIN_YEARS_FOR_SHIFTS * SEASON_MONTHS))
    for _ in range(MAX_SHIFTS):
        if not len(rows):
            break
        is_log = panel.is_positive[rows, None]
        scaled = np.where(is_log, np.log(np.where(is_log, values[rows], 1.0)), values[rows])
        typical_size = np.where(is_log[:, 0], 1.0, np.nanmedian(np.abs(scaled), axis=1))
        shifts = [
            (row, *shift)
            for row, shift in zip(rows, _largest_shifts(scaled, typical_size), strict=True)
            if shift is not None
        ]
        for row, start, step in shifts:
            values[row, :start] = _at_last_level(values[row], start, step, bool(panel.is_positive[row]))
        rows = np.array([row for row, *_ in shifts], np.intp)
    return replace(panel, values=values)


def _at_last_level(values: Floats, start: int, step: float, is_log: bool) -> Floats:
    """The months before a shift, in proportion where none is below zero, moved by `step` where some are."""
    before = values[:start]
    if is_log:
        return np.asarray(before * np.exp(step))
    months = min(len(values) - start, SEASON_MONTHS)
    year_before = values[start - SEASON_MONTHS :][:months].sum() if start >= SEASON_MONTHS else 0.0
    if np.nanmin(values) >= 0 and year_before > 0:
        return np.asarray(before * values[start : start + months].sum() / year_before)
    return np.asarray(before + step)


def _largest_shifts(values: Floats, typical_size: Floats) -> list[tuple[int, float] | None]:
    """First month and size of the largest shift of each series, None where there is none."""
    adjusted = values - _seasonal_medians(values)
    levels = np.median(sliding_window_view(adjusted, HALF_YEAR_MONTHS, axis=1), axis=2)
    moves = levels[:, HALF_YEAR_MONTHS:] - levels[:, :-HALF_YEAR_MONTHS]
    # less the trend between the half years, in terms of their typical difference: a level that wanders has no shift
    moves = moves - np.nanmedian(moves, axis=1, keepdims=True)
    sizes = np.nan_to_num(np.abs(moves))
    sd = MAD_TO_NORMAL_SD * np.nanmedian(np.abs(moves), axis=1)
    limits = np.maximum(MIN_MOVE_SDS * sd, MIN_MOVE_SIZE * typical_size)
    shifts: list[tuple[int, float] | None] = [None] * len(values)
    for row in np.flatnonzero(sizes.max(axis=1) > limits):
        for _ in range(MAX_CANDIDATES):
            best = int(np.argmax(sizes[row]))
            if sizes[row, best] <= limits[row]:
                break
            step = float(moves[row, best])
            start = _shift_start(adjusted[row], levels[row], HALF_YEAR_MONTHS + best, step)
            if start is not None:
                shifts[row] = (start, step)
                break
            sizes[row, max(best - HALF_YEAR_MONTHS, 0) : best + HALF_YEAR_MONTHS + 1] = 0.0
    return shifts


def _shift_start(adjusted: Floats, levels: Floats, around: int, step: float) -> int | None:
    """First month of a level that moved by `step` near a month, None where it moved slowly or was temporary."""
    last = len(adjusted) - HALF_YEAR_MONTHS
    candidates = np.arange(max(around - SEARCH_MONTHS, HALF_YEAR_MONTHS), min(around + SEARCH_MONTHS, last) + 1)
    at_once = adjusted[candidates] + adjusted[candidates + 1] - adjusted[candidates - 1] - adjusted[candidates - 2]
    in_month = adjusted[candidates] - adjusted[candidates - 1]
    best = int(np.nanargmax((at_once / 2 + in_month) / step))
    start = int(candidates[best])
    old, new = levels[start - HALF_YEAR_MONTHS], levels[start]
    # from the half year before the last to the one after the next: a trend goes further there than a shift
    reach = levels[min(start + HALF_YEAR_MONTHS, last)] - levels[max(start - 2 * HALF_YEAR_MONTHS, 0)]
    is_at_once = at_once[best] / 2 / step > MIN_SHIFT_AT_ONCE * max(1.0, np.nan_to_num(reach / step))
    later, earlier = levels[start:], levels[max(start - MONTHS_BEFORE, 0) : start - HALF_YEAR_MONTHS + 1]
    shares = np.append((later - old) / step, np.nan_to_num((new - earlier) / step, nan=1.0))
    is_kept = shares.min() >= MIN_SHARE_KEPT  # False where the series had not begun half a year before
    return start if is_at_once and is_kept else None


def _seasonal_medians(values: Floats) -> Floats:
    """(series, months): of each month of the year, the median distance from the moving median of a year."""
    series, count = values.shape
    side = SEASON_MONTHS // 2
    trend = np.full_like(values, np.nan)
    trend[:, side : count - side] = np.median(sliding_window_view(values, 2 * side + 1, axis=1), axis=2)
    blank = np.full((series, -count % SEASON_MONTHS), np.nan)
    deviations = np.concatenate([blank, values - trend], axis=1).reshape(series, -1, SEASON_MONTHS)
    season = np.nan_to_num(np.nanmedian(deviations, axis=1))
    return np.tile(season, deviations.shape[1])[:, -count:]
