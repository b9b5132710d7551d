"""Temporary changes: up to twelve months in a row that stand off the level on both of their sides.

The level is the median of the two years around a month (25 months), less season and trend: a change of up to twelve
months does not move it, a level shift moves it at once. Months that deviate likewise in a neighbouring year are a
season. A change that reaches the last month may still end, or stay: it is a recent one. Temporary change and level
shift are those of Chen and Liu (1993); a temporary change may have any course here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import TimeSeries
from forecast.timeseries.models.change_sizes import (
    MIN_OUTLIER_SIZE,
    OUTLIER_SDS,
    is_mostly_positive,
    knows_season,
    min_outlier_sizes,
)
from forecast.timeseries.models.moving_medians import full_moving_median, monthly_trend, robust_sd, seasonal_medians

MAX_TEMPORARY_MONTHS = 12
"""Months up to which a change is temporary: the 25 months of the level must hold more months without it."""
CHANGE_SDS = 5.0
"""Robust standard deviations beyond which a month counts among several that are as far [C]."""
MIN_CHANGE_SIZE, MIN_RECENT_SIZE = 0.2, 0.3
"""Logs, or shares of the typical size, under which several months in a row are no change: one that came back, and one
that is under way, which is as large as a level shift [C]."""
MIN_SIDE_MONTHS = 3
"""Months that must be known before a change."""
EDGE_SHARE = 0.5
"""Share of the size of a change from which its first and last months belong to it: it may come and go in steps [C]."""
NEARLY_BACK_SHARE = 0.25
"""Share of the typical size of a change up to which the level is back [C]."""
MIN_FAR_SHARE = 0.5
"""Share of the months of a change that must be far [C]."""
MIN_SHARE_AT_ONCE = 0.6
"""Share of a change that must come or go within two months, else it is a slow movement [C]."""
MIN_RECURRENCE_SHARE = 0.5
"""Share of a change that the same months of a neighbouring year must exceed for it to be a season."""
MIN_RECURRING_OVERLAP = 2 / 3
"""Share of the months of a change and of the like in a neighbouring year that both must have for it to be a season."""
MAX_ROUNDS = 4
"""Times that changes are looked for: each round measures without those that are known."""


@dataclass(frozen=True)
class LevelChange:
    """Consecutive months that stand off the level, in one direction."""

    first: int
    """Row of the first month."""
    stop: int
    """Row after the last month."""

    @property
    def rows(self) -> slice:
        """Rows of the change."""
        return slice(self.first, self.stop)


@dataclass(frozen=True)
class _Deviations:
    """Distances from the level, and how far is far."""

    series: TimeSeries
    detrended: Floats
    """(months,): the series less season and trend, NaN where masked."""
    values: Floats
    """(months,): the same less its level."""

    @cached_property
    def sd(self) -> float:
        """Robust standard deviation."""
        return robust_sd(self.values)

    def far(self, sds: float, size: float) -> Floats:
        """(months,): distance beyond which a month is far, in standard deviations and at least of a size."""
        return np.maximum(sds * self.sd, min_outlier_sizes(self.series, size))

    @property
    def signs(self) -> Floats:
        """(months,): -1 or 1 where a month may belong to a change, else 0; NaN where masked."""
        is_off = np.abs(self.values) > EDGE_SHARE * self.far(CHANGE_SDS, MIN_CHANGE_SIZE)
        return np.where(np.isnan(self.values), np.nan, np.where(is_off, np.sign(self.values), 0.0))

    def is_far(self, change: LevelChange, sds: float, size: float) -> bool:
        """True where enough months of a change are far; a single one must be outlying."""
        known = ~np.isnan(self.values[change.rows])
        limits = self.far(sds, size) if np.count_nonzero(known) > 1 else self.far(OUTLIER_SDS, MIN_OUTLIER_SIZE)
        is_far = np.abs(self.values[change.rows]) > limits[change.rows]
        return bool(np.mean(is_far[known]) >= MIN_FAR_SHARE)


def temporary_changes(series: TimeSeries) -> NDArray[np.bool_]:
    """(months,): True for the months of temporary changes, which the series leaves out from one round to the next."""
    masked = np.zeros(len(series.values), bool)
    for _ in range(MAX_ROUNDS):
        deviations = _deviations(series, masked)
        if deviations is None:
            break
        changes = [change for change in _changes(deviations) if _is_temporary(change, deviations)]
        if not changes:
            break
        for change in changes:
            masked[change.rows] = True
    return masked & ~np.isnan(series.observed)


def recurs_yearly(series: TimeSeries, change: LevelChange) -> bool:
    """True where a change of the series is a season: a neighbouring year has the like, or none is known."""
    deviations = _deviations(series, np.zeros(len(series.values), bool))
    return deviations is None or _recurs_yearly(change, deviations.values)


def recent_change(series: TimeSeries) -> LevelChange | None:
    """The change that reaches the last known month, None where there is none."""
    deviations = _deviations(series, np.zeros(len(series.values), bool))
    if deviations is None:
        return None
    changes = _changes(deviations)
    if not changes or np.any(~np.isnan(deviations.values[changes[-1].stop :])):
        return None
    return changes[-1] if deviations.is_far(changes[-1], OUTLIER_SDS, MIN_RECENT_SIZE) else None


def _deviations(series: TimeSeries, masked: NDArray[np.bool_]) -> _Deviations | None:
    """Distances of the unmasked months from the level; None where the series cannot teach one."""
    observed = np.where(masked, np.nan, series.observed)
    if np.count_nonzero(~np.isnan(observed)) <= SEASON_MONTHS + MIN_SIDE_MONTHS or not is_mostly_positive(series):
        return None
    adjusted = observed - seasonal_medians(observed) if knows_season(series) else observed
    detrended = adjusted - monthly_trend(adjusted) * np.arange(len(adjusted))
    values = detrended - full_moving_median(detrended, MAX_TEMPORARY_MONTHS)
    return _Deviations(series, detrended, values)


def _changes(deviations: _Deviations) -> list[LevelChange]:
    """Changes of up to a year, in their order; those that began before the series are none."""
    changes = []
    for run in _runs(deviations.signs):
        change = _trimmed(run, deviations.values)
        is_short = change.stop - change.first <= MAX_TEMPORARY_MONTHS
        n_before = np.count_nonzero(~np.isnan(deviations.values[: change.first]))
        if is_short and n_before >= MIN_SIDE_MONTHS and _is_change(change, deviations):
            changes.append(change)
    return changes


def _runs(signs: Floats) -> list[LevelChange]:
    """Stretches of months with one sign; masked months do not end one."""
    runs: list[LevelChange] = []
    row = 0
    while row < len(signs):
        if np.isnan(signs[row]) or signs[row] == 0:
            row += 1
            continue
        stop = row + 1
        while stop < len(signs) and (np.isnan(signs[stop]) or signs[stop] == signs[row]):
            stop += 1
        runs.append(LevelChange(row, stop))
        row = stop
    return runs


def _trimmed(run: LevelChange, values: Floats) -> LevelChange:
    """A run without the first and the last months that are masked, or in which the level is nearly back."""
    sizes = np.abs(values[run.rows])
    is_off = sizes > NEARLY_BACK_SHARE * np.nanmedian(sizes)
    rows = run.first + np.flatnonzero(is_off)
    return LevelChange(int(rows[0]), int(rows[-1]) + 1)


def _is_change(change: LevelChange, deviations: _Deviations) -> bool:
    """True where its months are far, it came or went at once, and no neighbouring year has the like."""
    if not deviations.is_far(change, CHANGE_SDS, MIN_CHANGE_SIZE):
        return False
    return _is_at_once(change, deviations.values) and not _recurs_yearly(change, deviations.values)


def _is_at_once(change: LevelChange, values: Floats) -> bool:
    """True where most of the typical distance comes within the first two months, or goes after the last two."""
    inside = values[change.rows]
    size = float(np.nanmedian(inside))
    before, after = values[: change.first], values[change.stop :]
    moves = [
        inner - outer[~np.isnan(outer)][edge]
        for outer, edge, inner in (
            (before, -1, _largest(inside[:2], size)),
            (after, 0, _largest(inside[-2:], size)),
        )
        if np.any(~np.isnan(outer))
    ]
    return any(move / size >= MIN_SHARE_AT_ONCE for move in moves)


def _largest(values: Floats, size: float) -> float:
    """The value furthest in the direction of `size`; NaN where none is known."""
    known = values[~np.isnan(values)]
    return float(known[np.argmax(known * np.sign(size))]) if len(known) else np.nan


def _recurs_yearly(change: LevelChange, values: Floats) -> bool:
    """True where the same months of the next year, or of the year before if that is not known, deviate likewise.

    Also where neither year is known: the change may be the season of a short history.
    """
    for step in (SEASON_MONTHS, -SEASON_MONTHS):
        around = np.arange(change.first - MAX_TEMPORARY_MONTHS // 2, change.stop + MAX_TEMPORARY_MONTHS // 2)
        around = around[(around + step >= 0) & (around + step < len(values)) & (around >= 0)]
        inside = (around >= change.first) & (around < change.stop)
        neighbours = values[around + step]
        if np.count_nonzero(~np.isnan(neighbours[inside])) * 2 > change.stop - change.first:
            size = float(np.nanmedian(values[change.rows]))
            recurs = neighbours / size > MIN_RECURRENCE_SHARE
            return bool(np.sum(recurs & inside) >= MIN_RECURRING_OVERLAP * np.sum(recurs | inside))
    return True


def _is_temporary(change: LevelChange, deviations: _Deviations) -> bool:
    """True where the change stands off the months before and after it, those of other changes left out."""
    quiet = deviations.signs == 0
    size = float(np.nanmedian(deviations.values[change.rows]))
    inside = float(np.nanmedian(deviations.detrended[change.rows]))
    before = deviations.detrended[: change.first][quiet[: change.first]][-MIN_SIDE_MONTHS:]
    after = deviations.detrended[change.stop :][quiet[change.stop :]][:MIN_SIDE_MONTHS]
    sides = [float(np.median(side)) for side in (before, after) if len(side)]
    return len(sides) == 2 and all((inside - side) / size > EDGE_SHARE for side in sides)
