"""Medians that move along a series: of the months around each, before and after it, and of each month of the year."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS

MAD_TO_SD = 1.4826
"""Standard deviation of a normal in median absolute deviations."""


def padded_windows(values: Floats, side: int) -> Floats:
    """(months, 2 side + 1): each month between its neighbours, NaN beyond the ends."""
    blank = np.full(side, np.nan)
    return sliding_window_view(np.concatenate([blank, values, blank]), 2 * side + 1)


def row_medians(windows: Floats, min_known: int) -> Floats:
    """Median of each row, NaN where fewer than `min_known` are known."""
    known = np.count_nonzero(~np.isnan(windows), axis=1)
    medians = np.full(len(windows), np.nan)
    rows = known >= min_known
    if rows.any():
        medians[rows] = np.nanmedian(windows[rows], axis=1)
    return medians


def moving_median(values: Floats, side: int) -> Floats:
    """(months,): median of each month with `side` months on either side, fewer at the ends."""
    return row_medians(padded_windows(values, side), 1)


def full_moving_median(values: Floats, side: int) -> Floats:
    """(months,): median of 2 side + 1 months, at the ends of the first and of the last so many."""
    width = min(2 * side + 1, len(values))
    medians = row_medians(sliding_window_view(values, width), 1)
    return medians[np.clip(np.arange(len(values)) - side, 0, len(medians) - 1)]


def side_medians(values: Floats, side: int) -> tuple[Floats, Floats]:
    """Medians of `side` months before each month, and of as many from it on, each (months,)."""
    windows = padded_windows(values, side)
    return row_medians(windows[:, :side], 1), row_medians(windows[:, side:-1], 1)


def monthly_trend(values: Floats) -> float:
    """Median change from the same month a year before, by month; 0 where no two years are known."""
    yearly = values[SEASON_MONTHS:] - values[:-SEASON_MONTHS]
    return 0.0 if np.isnan(yearly).all() else float(np.nanmedian(yearly)) / SEASON_MONTHS


def seasonal_medians(values: Floats) -> Floats:
    """(months,): for each month of the year, the median distance from the moving median of a year, less the trend."""
    detrended = values - monthly_trend(values) * np.arange(len(values))
    deviations = detrended - moving_median(detrended, SEASON_MONTHS // 2)
    blank = np.full(-len(values) % SEASON_MONTHS, np.nan)
    years = np.concatenate([deviations, blank]).reshape(-1, SEASON_MONTHS)
    season = np.nan_to_num(row_medians(years.T, 1))
    return np.resize(season, len(values))


def robust_sd(deviations: Floats) -> float:
    """Standard deviation by the median absolute deviation; NaN where nothing is known."""
    return MAD_TO_SD * float(np.nanmedian(np.abs(deviations)))
