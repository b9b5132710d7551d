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
from forecast.periods import SEASON
from forecast.timeseries.models.base import Past
from forecast.timeseries.models.seasonal_profile import with_estimates

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
NOT_ABOVE_ZERO = 0.2
"""Share of months at 0 or below from which the others are no measure of what is odd."""
STAYS = 6
"""Months on each side of a move of the level; three are enough after the latest."""
MOVED = 0.3
"""Logs, or shares of the usual size, under which a move of the level is left to the models [C]."""
SHARP = 0.6
"""Share of a move that is there within two months, else it is a trend."""
MOVES = 3
"""Moves of the level that are looked for."""
ENOUGH_YEARS = 3
"""Years from which medians know the season although one year is odd."""


def cleaned(source: Past) -> Past:
    """The past with its odd months masked and every month that has no value estimated; `source` is kept in it.

    `source.values` (months,) are NaN where there is nothing to read; those months are masked.
    """
    level, moved = _settled(source)
    past = estimated(level, odd_months(level))
    return replace(past, source=source, moved=moved)


def _settled(source: Past) -> tuple[Past, tuple[tuple[int, float], ...]]:
    """The past read at its last level, and the rows at which the level moved, with how far."""
    moved: list[tuple[int, float]] = []
    level = source
    while len(moved) < MOVES and (found := _move(level)) is not None:
        row, step = found
        moved.append(found)
        level = replace(level, values=level.values + np.where(np.arange(len(level.values)) < row, step, 0.0))
    return level, tuple(sorted(moved))


def _move(past: Past) -> tuple[int, float] | None:
    """The row and the size of the largest move of the level, if there is any.

    The medians of the half years before and after each month, less what the trend adds between them, held against how
    far they usually are apart: a level that always wanders has no move.
    """
    seen = past.seen
    count = len(seen)
    if count < ENOUGH_YEARS * SEASON or not _measures(past):
        return None
    calm = seen - _season(seen)
    rows = np.arange(STAYS, count - SIDE + 1)
    before, after = _sides(calm, STAYS)
    apart = (after - before)[rows]
    if np.isnan(apart).all():
        return None
    apart = apart - np.nanmedian(apart)
    usual = 1.4826 * float(np.nanmedian(np.abs(apart)))
    best = int(np.nanargmax(np.abs(apart)))
    step = float(apart[best])
    if abs(step) <= max(FAR * usual, MOVED * _unit(past)):
        return None
    near_before, near_after = _sides(calm, 2)
    around = np.arange(max(1, rows[best] - SIDE), min(rows[-1], rows[best] + SIDE) + 1)
    at_once = np.nan_to_num((near_after - near_before)[around] / step)
    month = np.nan_to_num((calm - np.roll(calm, 1))[around] / step)
    place = int(np.argmax(at_once + month))
    return (int(around[place]), step) if at_once[place] > SHARP else None


def _sides(values: Floats, side: int) -> tuple[Floats, Floats]:
    """Medians of so many months before each month, and of as many from it on, (months,)."""
    windows = _padded(values, side)
    return _median(windows[:, :side], 1), _median(windows[:, side:-1], 1)


def estimated(source: Past, odd: NDArray[np.bool_] | None = None) -> Past:
    """The past with the months estimated that have no value or are `odd`; `source` is kept in it."""
    unknown = np.isnan(source.values) if odd is None else odd | np.isnan(source.values)
    past = replace(source, masked=source.masked | unknown, source=source)
    return with_estimates(past, unknown) if unknown.any() else past


def known_until(past: Past, count: int) -> Past:
    """The past as it stood after its first `count` months: no mask and no estimate has seen a later month."""
    return cleaned((past.source or past).until(count))


def odd_months(past: Past) -> NDArray[np.bool_]:
    """(months,): which months stand far from both of their sides; a month whose like a year apart does so too is not
    odd but the season, and where there is no such month only the first can be odd."""
    seen = past.seen
    count = len(seen)
    if np.count_nonzero(~np.isnan(seen)) < 2 * SIDE or not _measures(past):
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


def _measures(past: Past) -> bool:
    """Whether most months are above zero, so that one that is far from the others says something."""
    return past.log or float(np.mean(past.values[~np.isnan(past.values)] <= 0)) <= NOT_ABOVE_ZERO


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
