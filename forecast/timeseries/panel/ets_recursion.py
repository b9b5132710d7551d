"""Exponential smoothing with additive errors as one linear recursion, of many series side by side.

It serves every form (Hyndman and others 2008, "Forecasting with Exponential Smoothing", chapter 3):

    y_t = l + phi b + s_j + e_t;   l' = l + phi b + alpha e;   b' = phi b + beta e;   s_j' = s_j + gamma e

The errors are linear in the values and in the states before the first period: e = A y - X x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from forecast.arrays import Bools, Floats, Ints
from forecast.timeseries.panel.ets_forms import ALPHA, BETA, GAMMA, PHI


@dataclass(frozen=True)
class EtsColumns:
    """Series side by side that begin in the same row, the longest first, less an offset, in units of a scale."""

    values: Floats
    """(periods, columns), 0 after the last."""
    n_periods: Ints
    """(columns,), descending: periods."""
    observed: Bools
    """(periods,): whether a value teaches; a period that does not moves no state."""
    season: int
    """Periods of a season; 1 where there is none."""

    @property
    def n_observed(self) -> Ints:
        """(columns,): periods that teach."""
        return np.concatenate([[0], np.cumsum(self.observed)])[self.n_periods]

    def n_active(self) -> list[int]:
        """How many series have each period."""
        return [int(np.searchsorted(-self.n_periods, -period, side="left")) for period in range(len(self.values))]

    def take(self, columns: Ints) -> EtsColumns:
        """Some of the columns, in an order that keeps the longest first."""
        return EtsColumns(self.values[:, columns], self.n_periods[columns], self.observed, self.season)


@dataclass(frozen=True)
class EtsState:
    """Parameters and first states of columns."""

    smoothing: Floats
    """(4, columns): alpha, beta, gamma, phi."""
    initial: Floats
    """(width, columns): level, slope, and the season of the first periods."""

    def where(self, chosen: Bools, other: EtsState) -> EtsState:
        """This where `chosen`, (columns,), else the other."""
        return EtsState(
            np.where(chosen, self.smoothing, other.smoothing), np.where(chosen, self.initial, other.initial)
        )

    def take(self, columns: Ints) -> EtsState:
        """Some of the columns, in any order."""
        return EtsState(self.smoothing[:, columns], self.initial[:, columns])


def concatenate_states(states: list[EtsState]) -> EtsState:
    """The columns of all, in their order."""
    smoothing = np.concatenate([each.smoothing for each in states], axis=1)
    return EtsState(smoothing, np.concatenate([each.initial for each in states], axis=1))


def n_states(season: int) -> int:
    """States: level, slope and season."""
    return 2 + season * (season > 1)


@dataclass(frozen=True)
class EtsGridResponses:
    """What the errors of each point of a grid are made of: e = A y - X x."""

    to_values: Floats
    """A, (points, periods, periods)."""
    to_states: Floats
    """X, (points, periods, width)."""

    def at_point(self, point: int) -> EtsGridResponses:
        """Those of one point."""
        return EtsGridResponses(self.to_values[point : point + 1], self.to_states[point : point + 1])


def grid_responses(grid: Floats, seen: Bools, season: int) -> EtsGridResponses:
    """Of a grid (points, 4), by the recursion of unit values and unit states.

    Where every period teaches, a later value leaves what an earlier one does, shifted: one impulse is enough.
    """
    periods, width = len(seen), n_states(season)
    shift_invariant = bool(seen.all())
    impulses = 1 if shift_invariant else periods
    alpha, beta, gamma, phi = (column[:, None] for column in grid.T)
    states = np.zeros((width, len(grid), impulses + width))
    states[np.arange(width), :, impulses + np.arange(width)] = 1.0
    errors = np.zeros((periods, len(grid), impulses + width))
    for period in range(periods):
        place = 2 + period % season
        damped = phi * states[1]
        error = -(states[0] + damped + (states[place] if season > 1 else 0.0))
        if period < impulses:
            error[:, period] += 1.0
        error *= seen[period]
        states[0] += damped + alpha * error
        states[1] = damped + beta * error
        if season > 1:
            states[place] += gamma * error
        errors[period] = error
    errors = np.moveaxis(errors, 0, 1)
    to_states = -errors[:, :, impulses:]
    if not shift_invariant:
        return EtsGridResponses(errors[:, :, :periods], to_states)
    padded = np.concatenate([np.zeros((len(grid), periods - 1)), errors[:, :, 0]], axis=1)
    return EtsGridResponses(sliding_window_view(padded, periods, axis=1)[:, :, ::-1], to_states)


def filter_columns(columns: EtsColumns, state: EtsState, *, derivatives: bool) -> tuple[Floats, Floats]:
    """Errors of one step (periods, 1, columns), 0 where no value teaches, and last states (width, columns).

    With `derivatives` (periods, 5, columns): after the errors their derivatives by alpha, beta, gamma and phi.
    """
    periods, count = columns.values.shape
    states = np.zeros((n_states(columns.season), 5 if derivatives else 1, count))
    states[:, 0] = state.initial
    errors = np.zeros((periods, 5 if derivatives else 1, count))
    for period, active in enumerate(columns.n_active()):
        if not active:
            break
        now, smoothing = states[:, :, :active], state.smoothing[:, :active]
        _predict_states(now, smoothing, derivatives)
        if columns.observed[period]:
            error = errors[period, :, :active]
            place = 2 + period % columns.season if columns.season > 1 else None
            _update_states(now, error, columns.values[period, :active], smoothing, place, derivatives)
    return errors, states[:, 0]


def _predict_states(now: Floats, smoothing: Floats, slopes: bool) -> None:
    """One period on without its value, in place: the level by the damped slope; (width, 1 or 5, columns)."""
    damped = now[1] * smoothing[PHI]
    if slopes:
        damped[1 + PHI] += now[1, 0]
    now[0] += damped
    now[1] = damped


def _update_states(
    now: Floats, error: Floats, values: Floats, smoothing: Floats, place: int | None, slopes: bool
) -> None:
    """The error of the values (columns,) of one period into `error` (1 or 5, columns) and the states, in place.

    `place` is the row of the season, None where there is none.
    """
    if place is None:
        np.negative(now[0], out=error)
    else:
        np.add(now[0], now[place], out=error)
        np.negative(error, out=error)
    error[0] += values
    moved = [(0, ALPHA), (1, BETA)] + ([] if place is None else [(place, GAMMA)])
    for row, parameter in moved:
        now[row] += smoothing[parameter] * error
        if slopes:
            now[row, 1 + parameter] += error[0]


def state_moments(columns: EtsColumns, smoothing: Floats, errors: Floats) -> Floats:
    """X'E of each row of the errors (periods, rows, columns), as (width, rows, columns): X is never written out, the
    recursion runs backwards."""
    season = columns.season
    alpha, beta, gamma, phi = smoothing
    sums = np.zeros((n_states(season), *errors.shape[1:]))
    active = columns.n_active()
    for period in range(len(errors) - 1, -1, -1):
        count = active[period]
        if not count:
            continue
        now = sums[:, :, :count]
        if columns.observed[period]:
            place = 2 + period % season
            left = errors[period, :, :count] - alpha[:count] * now[0]
            left -= beta[:count] * now[1]
            if season > 1:
                left -= gamma[:count] * now[place]
                now[place] += left
            now[1] += now[0]
            now[1] += left
            now[0] += left
        else:
            now[1] += now[0]
        now[1] *= phi[:count]
    return sums


def sum_of_squares(errors: Floats) -> Floats:
    """(columns,): of the errors of `filtered`, the first of the rows."""
    return np.asarray(np.einsum("tc,tc->c", errors[:, 0], errors[:, 0]))


def ets_means(smoothing: Floats, last: Floats, counts: Ints, season: int, horizon: int) -> Floats:
    """(columns, horizon): level, damped slope and season from the last states (width, columns) on.

    `counts` (columns,) are the periods filtered, which tell the place in the season.
    """
    steps = np.arange(1, horizon + 1)
    mean: Floats = last[0][:, None] + last[1][:, None] * np.cumsum(smoothing[PHI][:, None] ** steps, axis=1)
    if season > 1:
        mean += np.take_along_axis(last[2:].T, (counts[:, None] + steps - 1) % season, axis=1)
    return mean


def ets_responses(smoothing: Floats, season: int, horizon: int) -> Floats:
    """(columns, horizon): what an error of 1 in the first period ahead adds to each, 1, c_1, c_2, ...

    c_j = alpha + beta (phi + ... + phi^j) + gamma [season divides j] (Hyndman and others 2008, chapter 6).
    """
    steps = np.arange(1, horizon)
    alpha, beta, gamma, phi = smoothing[:, :, None]
    found = np.ones((smoothing.shape[1], horizon))
    found[:, 1:] = alpha + beta * np.cumsum(phi**steps, axis=1)
    if season > 1:
        found[:, 1:] += gamma * (steps % season == 0)
    return found
