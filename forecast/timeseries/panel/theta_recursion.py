"""Theta as a recursion, of many series at once: smoothing, and the straight line through the periods known so far.

Dynamic (Fiorucci and others 2016, equations 20 to 24): the forecast of one step is

    mu_t = l_{t-1} + (1 - 1 / theta) ((1 - alpha)^(t-1) A_{t-1} + (1 - (1 - alpha)^t) / alpha B_{t-1})

where l is the level of simple smoothing, and A and B are start and slope of the line. Standard (Assimakopoulos and
Nikolopoulos 2000, as Hyndman and Billah 2003 write it): simple smoothing, and half the slope of the line through the
whole past as a drift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast.arrays import Bools, Floats, Ints

BURN_IN_PERIODS = 3
"""First periods whose errors do not count in the dynamic form, for no line goes through them yet; none do not count
where there are no more than twice as many. So short a series has no line at all."""


@dataclass(frozen=True)
class TrendLines:
    """Series that end together, and the straight line through each up to every period."""

    values: Floats
    """(series, periods), 0 before the series begins."""
    age: Ints
    """(series, periods): 1 in the first period of the series, 0 before it."""
    is_counted: Bools
    """(series, periods): whose errors count."""

    @cached_property
    def _line_fits(self) -> tuple[Floats, Floats, Floats]:
        """A, B and the mean of the values up to each period, each (series, periods + 1), 0 before the first."""
        age = np.maximum(self.age, 1)
        mean = np.cumsum(self.values, axis=1) / age
        tilt = np.cumsum(self.values * self.age, axis=1) / age - mean * (age + 1) / 2
        slope = 12 * tilt / np.maximum(age**2 - 1, 1)
        slope[self.age < 2] = 0.0
        blank = np.zeros((len(self.values), 1))
        start, slope, mean = (
            np.concatenate([blank, each], axis=1) for each in (mean - (age + 1) / 2 * slope, slope, mean)
        )
        return start, slope, mean

    @property
    def preceding_lines(self) -> tuple[Floats, Floats]:
        """A and B of the line through the periods before each, (series, periods)."""
        start, slope, _ = self._line_fits
        return start[:, :-1], slope[:, :-1]

    @property
    def final_line(self) -> tuple[Floats, Floats]:
        """Slope and mean over the whole of each series, (series,)."""
        _, slope, mean = self._line_fits
        return slope[:, -1], mean[:, -1]

    @cached_property
    def first_value(self) -> Floats:
        """(series,): the first value."""
        return np.asarray((self.values * (self.age == 1)).sum(axis=1))

    @property
    def lengths(self) -> Ints:
        """(series,): periods."""
        return self.age[:, -1]

    @cached_property
    def n_counted(self) -> Ints:
        """(series,): periods whose errors count."""
        return np.asarray(self.is_counted.sum(axis=1))


def fit_trend_lines(values: Floats, masked: Bools | None = None, burn: int = BURN_IN_PERIODS) -> TrendLines:
    """Of (series, periods), NaN before each begins; `masked` periods are filtered, but their errors do not count."""
    known = ~np.isnan(values)
    age = np.cumsum(known, axis=1)
    burnt = np.where(age[:, -1:] > 2 * burn, burn, 0)
    counted = (age > burnt) & known
    return TrendLines(np.where(known, values, 0.0), age, counted if masked is None else counted & ~masked)


def _is_single_alpha(alpha: Floats) -> bool:
    """Whether all series, of which there are some, have one alpha (series,)."""
    return len(alpha) > 0 and bool(np.all(alpha == alpha[0]))


def simple_smoothing(values: Floats, alpha: Floats) -> Floats:
    """(series, periods): simple smoothing from 0 of alpha (series,)."""
    if _is_single_alpha(alpha):
        from scipy.signal import lfilter  # a second to load, and kept fits do without

        rate = float(alpha[0])
        return np.asarray(lfilter([rate], [1.0, rate - 1.0], values, axis=1))
    level = np.zeros(len(values))
    found = np.empty(values.shape[::-1])
    for period, column in enumerate(np.ascontiguousarray(values.T)):
        level = level + alpha * (column - level)
        found[period] = level
    return found.T


def theta_design(lines: TrendLines, alpha: Floats) -> tuple[Floats, Floats, Floats]:
    """Errors of smoothing from 0, and what the first level and 1 - 1 / theta add to mu; 0 where errors do not count.

    Each (series, periods), for alpha (series,).
    """
    before = np.zeros_like(lines.values)
    before[:, 1:] = simple_smoothing(lines.values, alpha)[:, :-1]
    ages = np.maximum(np.arange(lines.values.shape[1] + 1) - 1.0, 0.0)
    if _is_single_alpha(alpha):
        decay = ((1 - alpha[0]) ** ages)[lines.age]
    else:
        decay = np.exp(np.log1p(-alpha)[:, None] * ages[lines.age])
    start, slope = lines.preceding_lines
    line = decay * start
    line += (1 - decay * (1 - alpha[:, None])) * (slope / alpha[:, None])
    errors = lines.values - before
    for each in (errors, decay, line):
        each *= lines.is_counted
    return errors, decay, line


@dataclass(frozen=True)
class ThetaState:
    """Where a filter stands after the last period; each (..., series)."""

    level: Floats
    slope: Floats
    """Of the line through the whole past, a period."""
    mean: Floats
    """Of the whole past."""
    lengths: Floats
    """Periods of the past."""

    @classmethod
    def stack(cls, states: Sequence[ThetaState]) -> ThetaState:
        """Several as one, each field (states, ..., series)."""
        return cls(
            np.array([each.level for each in states]),
            np.array([each.slope for each in states]),
            np.array([each.mean for each in states]),
            np.array([each.lengths for each in states]),
        )


def theta_state(lines: TrendLines, alpha: Floats, first: Floats) -> ThetaState:
    """After the whole past, from the level `first` before it; both (series,)."""
    slope, mean = lines.final_line
    lengths = lines.lengths.astype(float)
    level = simple_smoothing(lines.values, alpha)[:, -1] + (1 - alpha) ** lengths * first
    return ThetaState(level, slope, mean, lengths)


def theta_means(state: ThetaState, alpha: Floats, share: Floats, horizon: int, *, shock: bool = False) -> Floats:
    """(..., series, horizon) of the dynamic form: the recursion goes on with its own forecasts for values.

    `share` is 1 - 1 / theta; with `shock` the first value is 1 above its forecast.
    """
    level, slope, mean, count = state.level, state.slope, state.mean, state.lengths
    found = np.empty((*np.broadcast_shapes(level.shape, alpha.shape), horizon))
    start = mean - (count + 1) / 2 * slope
    decay = (1 - alpha) ** count
    for step in range(horizon):
        value = level + share * (decay * start + (1 - decay * (1 - alpha)) / alpha * slope)
        value = value + 1.0 if shock and step == 0 else value
        found[..., step] = value
        level = level + alpha * (value - level)
        slope = ((count - 1) * slope + 6 * (value - mean) / (count + 1)) / (count + 2)
        mean = mean + (value - mean) / (count + 1)
        start = mean - (count + 2) / 2 * slope
        count, decay = count + 1, decay * (1 - alpha)
    return found


def theta_responses(alpha: Floats, share: Floats, lengths: Floats, horizon: int) -> Floats:
    """(..., series, horizon) of the dynamic form: what an error of 1 in the first period ahead adds to each."""
    blank = np.zeros(np.broadcast_shapes(alpha.shape, lengths.shape))
    return theta_means(ThetaState(blank, blank, blank, lengths), alpha, share, horizon, shock=True)


def standard_theta_means(state: ThetaState, alpha: Floats, horizon: int) -> Floats:
    """(..., series, horizon) of the standard form: half the slope, from where smoothing lags the line."""
    lag = (1 - (1 - alpha) ** state.lengths) / alpha
    return np.asarray(state.level[..., None] + state.slope[..., None] / 2 * (np.arange(horizon) + lag[..., None]))
