"""Months that teach nothing, found from the months known so far, masked, and estimated from the others.

An odd month stands far from the months on both of its sides, in the same direction (an additive outlier of Chen and
Liu 1993): a level that moves for good is far from one side only. The first month has one side, the last two are not
judged, for they may be the start of a new level.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from forecast.chance import Floats
from forecast.models.model import SEASON, Past
from forecast.models.profile import with_estimates

SIDE = 3
"""Months of each side whose median a month is held against."""
FAR = 6.0
"""Robust standard deviations beyond which a month is odd [C]."""
LEAST = 0.4
"""Logs, or shares of the usual size, under which no month is odd: half as much again [C]."""
LEAST_UNSURE = 1.0
"""The same where the season is not known yet, or where a festival moves [C]."""
FESTIVAL_TOUCHES = 0.02
"""Share of a festival in a month from which the month counts as touched."""
ENOUGH_YEARS = 3
"""Years from which medians know the season although one year is odd."""


def cleaned(source: Past) -> Past:
    """The past with its odd months masked and every month that has no value estimated; `source` is kept in it.

    `source.values` (months,) are NaN where there is nothing to read; those months are masked.
    """
    odd = odd_months(source)
    unknown = odd | np.isnan(source.values)
    past = replace(source, masked=source.masked | unknown, source=source)
    return with_estimates(past, unknown) if unknown.any() else past


def known_until(past: Past, count: int) -> Past:
    """The past as it stood after its first `count` months: no mask and no estimate has seen a later month."""
    return cleaned((past.source or past).until(count))


def odd_months(past: Past) -> NDArray[np.bool_]:
    """(months,): which months stand far from both of their sides; a month whose like a year apart does so too is not
    odd but the season, and where there is no such month only the first can be odd."""
    seen = np.where(past.masked, np.nan, past.values)
    count = len(seen)
    if np.count_nonzero(~np.isnan(seen)) < 2 * SIDE:
        return np.zeros(count, bool)
    sure = count >= ENOUGH_YEARS * SEASON
    calm = seen - _season(seen) if sure else seen
    apart = _apart(calm)
    usual = 1.4826 * float(np.nanmedian(np.abs(calm - _middle(calm, SIDE))))
    least = np.full(count, LEAST if sure else LEAST_UNSURE)
    festival = past.regressors
    if festival.shape[1]:
        least[np.abs(festival).max(axis=1) > FESTIVAL_TOUCHES] = LEAST_UNSURE
    far = np.abs(apart) > np.maximum(FAR * usual, least * _unit(past))
    return np.asarray(far & ~_like_another_year(apart), bool)


def _unit(past: Past) -> float:
    """1 on the log scale; the usual size of a month on the raw scale."""
    return 1.0 if past.log else float(np.nanmedian(np.abs(past.values)))


def _padded(values: Floats, side: int) -> Floats:
    """(months, 2 side + 1): each month between its neighbours, NaN beyond the ends."""
    blank = np.full(side, np.nan)
    return sliding_window_view(np.concatenate([blank, values, blank]), 2 * side + 1)


def _median(windows: Floats, least: int) -> Floats:
    """Median of each row, NaN where fewer than `least` are known."""
    known = np.count_nonzero(~np.isnan(windows), axis=1)
    found = np.full(len(windows), np.nan)
    rows = known >= least
    if rows.any():
        found[rows] = np.nanmedian(windows[rows], axis=1)
    return found


def _middle(values: Floats, side: int) -> Floats:
    """Moving median, (months,)."""
    return _median(_padded(values, side), 1)


def _season(values: Floats) -> Floats:
    """(months,): of each month of the year, the median distance from the moving median of a year."""
    apart = values - _middle(values, SEASON // 2)
    rows = np.full(-len(values) % SEASON, np.nan)
    years = np.concatenate([apart, rows]).reshape(-1, SEASON)
    season = np.nan_to_num(_median(years.T, 1))
    return np.resize(season, len(values))


def _apart(values: Floats) -> Floats:
    """(months,): the smaller distance from the medians of both sides, 0 where they disagree or a side is not known."""
    windows = _padded(values, SIDE)
    before, after = _median(windows[:, :SIDE], 1), _median(windows[:, SIDE + 1 :], 2)
    before[0] = after[0]
    early, late = values - before, values - after
    agree = np.sign(early) == np.sign(late)
    smaller = np.where(np.abs(early) < np.abs(late), early, late)
    return np.nan_to_num(np.where(agree, smaller, 0.0))


def _like_another_year(apart: Floats) -> NDArray[np.bool_]:
    """(months,): whether the month a year before or after is half as far apart in the same direction, or, but for the
    first month, whether there is none."""
    count = len(apart)
    like = np.zeros(count, bool)
    twins = np.zeros(count, bool)
    for step in (-SEASON, SEASON):
        here = np.arange(count)
        here = here[(here + step >= 0) & (here + step < count)]
        twins[here] = True
        other = apart[here + step]
        like[here] |= (np.sign(other) == np.sign(apart[here])) & (np.abs(other) > 0.5 * np.abs(apart[here]))
    alone = ~twins
    alone[0] = False
    return like | alone
