"""Exponential smoothing with additive errors as an innovations state space model, of many series side by side.

Forms are named as by Hyndman and others (2008, "Forecasting with Exponential Smoothing", table 2.1): error, trend and
season, each additive (A), damped (Ad) or none (N). One linear recursion serves them all (chapter 3):

    y_t = l + phi b + s_j + e_t;   l' = l + phi b + alpha e;   b' = phi b + beta e;   s_j' = s_j + gamma e

The errors are linear in the values and in the states before the first period, e = A y - X x, so that given the
parameters the first states are linear least squares (the variable projection of Golub and Pereyra 1973). A grid is
common to all series: the errors of a point are one matrix product. From its best point each series goes on by
Gauss-Newton steps in all parameters and states.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from forecast.arrays import Bools, Floats, Ints

ALPHA, BETA, GAMMA, PHI = range(4)
"""Rows of the parameters: smoothing of the level, of the slope and of the season, and damping of the slope."""
MIN_SPARE_PERIODS = 2
"""Periods beyond the parameters and states of a form from which it is asked."""
EXPLOSIVE_FORMS = {4: ("AAN", "AAA"), 12: ("AAN",)}
"""Season -> forms that are not asked on the log scale, where their growth has no end [chosen on M1]."""


@dataclass(frozen=True)
class EtsForm:
    """What moves besides the level."""

    name: str
    has_trend: bool
    is_damped: bool
    has_season: bool
    grid: Floats
    """(points, 4): alpha, beta, gamma, phi."""

    def free_states(self, season: int) -> Ints:
        """(free states,): rows of level, slope and season; the last of the season is 0, for the level holds it."""
        rows = [0] + [1] * self.has_trend + list(range(2, 1 + season)) * self.has_season
        return np.array(rows, np.int64)

    def n_parameters(self, season: int) -> int:
        """Parameters and first states that are estimated."""
        return sum(self.is_estimated) + len(self.free_states(season))

    def min_periods(self, season: int) -> int:
        """Known periods from which it is asked; the level alone is asked of every series."""
        return self.n_parameters(season) + MIN_SPARE_PERIODS + 1 if self.has_trend or self.has_season else 0

    def is_explosive(self, season: int) -> bool:
        """Whether it is not asked on the log scale."""
        return self.name in EXPLOSIVE_FORMS.get(season, ())

    @property
    def is_estimated(self) -> tuple[bool, bool, bool, bool]:
        """Which of alpha, beta, gamma, phi are estimated."""
        return True, self.has_trend, self.has_season, self.is_damped


def _make_form(
    name: str, alphas: Sequence[float], betas: Sequence[float], gammas: Sequence[float], phis: Sequence[float]
) -> EtsForm:
    """`betas` are shares of alpha and `gammas` of 1 - alpha; none where there is no such state."""
    points = product(alphas, betas or [0.0], gammas or [0.0], phis or [1.0])
    grid = np.array([(a, a * b, (1 - a) * g, phi) for a, b, g, phi in points])
    return EtsForm(name, bool(betas), bool(phis), bool(gammas), grid)


FORMS = (
    _make_form("ANN", (0.03, 0.12, 0.28, 0.5, 0.75, 0.95), (), (), ()),
    _make_form("AAdN", (0.05, 0.25, 0.55, 0.9), (0.02, 0.15, 0.5), (), (0.85, 0.95)),
    _make_form("AAN", (0.05, 0.25, 0.55, 0.9), (0.005, 0.05, 0.25), (), ()),
    _make_form("ANA", (0.03, 0.12, 0.3, 0.55, 0.85), (), (0.01, 0.12, 0.35), ()),
    _make_form("AAdA", (0.05, 0.25, 0.55, 0.85), (0.02, 0.25), (0.01, 0.2), (0.85, 0.96)),
    _make_form("AAA", (0.05, 0.25, 0.55, 0.85), (0.005, 0.1), (0.01, 0.2), ()),
)
ALL_FORMS = tuple(form.name for form in FORMS)
SEASONAL_FORMS = tuple(form.name for form in FORMS if form.has_season)


def parameter_counts(forms: Ints, season: int) -> Ints:
    """(columns,): parameters and first states of each column's form, a place in `FORMS`."""
    return np.array([form.n_parameters(season) for form in FORMS])[forms]


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


GAUSS_NEWTON_STEPS = 4
"""Gauss-Newton steps from the best point of the grid."""
BOUND_PASSES = 2
"""Times that a step is solved: what meets a bound is held there, and the others are solved again."""
RIDGE_SHARE = 1e-9
"""Share of the trace of X'X on its diagonal, for states that no period tells apart."""
INITIAL_DAMPING = 1e-3
"""Levenberg and Marquardt's, as a share of the curvature, in the first step."""
DAMPING_DECREASE, DAMPING_INCREASE = 0.3, 10.0
"""Times that damping after a step that lowered the sum of squares, and after one that did not."""
STEP_DIVISOR = 4
"""What a step that did not lower it is divided by."""
MIN_SMOOTHING, MAX_SMOOTHING = 1e-4, 0.9999
"""Bounds of alpha, of beta as a share of alpha and of gamma as a share of 1 - alpha, as in statsmodels."""
MIN_PHI, MAX_PHI = 0.8, 0.98
"""Bounds of phi, as in statsmodels and R."""


def search_ets(form: EtsForm, columns: EtsColumns, responses: EtsGridResponses) -> tuple[EtsState, Floats]:
    """The best point of the form's grid for each column, its first states there, and (columns, width, width) the
    inverse of X'X, 0 in the rows and columns of states that the form does not have."""
    width, (periods, count) = n_states(columns.season), columns.values.shape
    rows = form.free_states(columns.season)
    lengths, group = np.unique(columns.n_periods, return_inverse=True)
    design = np.ascontiguousarray(responses.to_states[:, :periods][:, :, rows])
    inverses = np.stack([_inverse_gram(design[:, :length]) for length in lengths], axis=1)
    members = [np.flatnonzero(group == place) for place in range(len(lengths))]
    runs = [slice(each[0], each[-1] + 1) for each in members]  # columns of one length lie side by side
    known = np.arange(periods)[:, None] < columns.n_periods
    sse = np.empty((len(form.grid), count))
    solved = np.empty((len(form.grid), len(rows), count))
    for point in range(len(form.grid)):
        errors = np.ascontiguousarray(responses.to_values[point, :periods, :periods]) @ columns.values
        errors *= known
        products = design[point].T @ errors
        for place, run in enumerate(runs):
            solved[point][:, run] = inverses[point, place] @ products[:, run]
        sse[point] = np.einsum("tc,tc->c", errors, errors) - np.einsum("kc,kc->c", products, solved[point])
    best = np.argmin(sse, axis=0)
    start = np.zeros((width, count))
    start[rows] = solved[best, :, np.arange(count)].T
    inverse = np.zeros((count, width, width))
    inverse[:, rows[:, None], rows] = inverses[best, group]
    return EtsState(form.grid[best].T.copy(), start), inverse


def _inverse_gram(design: Floats) -> Floats:
    """Inverse of X'X with a ridge, (points, states, states), of X (points, periods, states)."""
    gram = np.swapaxes(design, 1, 2) @ design
    ridge = RIDGE_SHARE * np.trace(gram, axis1=1, axis2=2)
    return np.asarray(np.linalg.inv(gram + ridge[:, None, None] * np.eye(design.shape[2])))


def refine_ets(columns: EtsColumns, state: EtsState, inverse: Floats, free: Bools) -> EtsState:
    """Gauss-Newton steps in the parameters that are `free`, (4, columns), and in the first states, damped as
    Levenberg and Marquardt do.

    The states are solved out by the inverse of X'X at the point of the grid, (columns, width, width); a step that does
    not lower the sum of squares is taken back, and a part of it tried.
    """
    best, proposed = state, state
    least = np.full(len(columns.n_periods), np.inf)
    damping = np.full(len(columns.n_periods), INITIAL_DAMPING)
    step = EtsState(np.zeros_like(state.smoothing), np.zeros_like(state.initial))
    for _ in range(GAUSS_NEWTON_STEPS):
        errors, _ = filter_columns(columns, proposed, derivatives=True)
        products = state_moments(columns, proposed.smoothing, errors)
        sse = sum_of_squares(errors)
        better = sse < least
        best = proposed.where(better, best)
        least = np.minimum(sse, least)
        damping = np.where(better, damping * DAMPING_DECREASE, damping * DAMPING_INCREASE)
        ahead = _gauss_newton_step(errors, products, inverse, proposed.smoothing, free, damping)
        step = ahead.where(better, EtsState(step.smoothing / STEP_DIVISOR, step.initial / STEP_DIVISOR))
        proposed = EtsState(best.smoothing + step.smoothing, best.initial + step.initial)
    errors, _ = filter_columns(columns, proposed, derivatives=False)
    return proposed.where(sum_of_squares(errors) < least, best)


def _gauss_newton_step(
    errors: Floats, products: Floats, inverse: Floats, smoothing: Floats, free: Bools, damping: Floats
) -> EtsState:
    """The step in parameters and states, of errors and slopes E (periods, 5, columns) and X'E (width, 5, columns).

    E'E - E'X (X'X)^-1 X'E are their products once the states are solved out. Parameters that meet a bound are held
    there while the others are solved again.
    """
    by_column = np.ascontiguousarray(errors.transpose(2, 1, 0))
    solved = inverse @ products.transpose(2, 0, 1)
    squares = by_column @ by_column.swapaxes(1, 2) - products.transpose(2, 1, 0) @ solved
    curved, gradient = squares[:, 1:, 1:], squares[:, 1:, 0]
    move = np.zeros_like(smoothing)
    inner = free.copy()
    for _ in range(BOUND_PASSES):
        held = np.where(inner, 0.0, move)
        pull = gradient + np.einsum("cpq,qc->cp", curved, held)
        wished = np.where(inner, _damped_solution(curved, pull, inner.T, damping), held)
        move = _clip_to_bounds(smoothing + wished, free) - smoothing
        inner = inner & (np.abs(move - wished) <= 1e-12)
    rows = np.concatenate([np.ones((1, move.shape[1])), move])
    return EtsState(move, np.einsum("cwv,vc->wc", solved, rows))


def _damped_solution(curved: Floats, pull: Floats, inner: Bools, damping: Floats) -> Floats:
    """(4, columns): -curved^-1 pull over the parameters that are `inner`, (columns, 4), with damping (columns,) as a
    share of the diagonal; 0 for others, and where the solution is not finite."""
    inside = curved * (inner[:, :, None] & inner[:, None, :])
    diagonal = np.einsum("cpp->cp", inside)
    diagonal += np.where(inner, damping[:, None] * np.abs(diagonal) + 1e-10, 1.0)
    found = -np.linalg.solve(inside, np.where(inner, pull, 0.0)[:, :, None])[:, :, 0].T
    return np.where(np.isfinite(found), found, 0.0)


def _clip_to_bounds(smoothing: Floats, free: Bools) -> Floats:
    """Parameters (4, columns), those that are free at the nearest bound where they are beyond it."""
    alpha = np.clip(smoothing[ALPHA], MIN_SMOOTHING, MAX_SMOOTHING)
    beta = np.clip(smoothing[BETA], MIN_SMOOTHING * alpha, MAX_SMOOTHING * alpha)
    gamma = np.clip(smoothing[GAMMA], MIN_SMOOTHING * (1 - alpha), MAX_SMOOTHING * (1 - alpha))
    phi = np.clip(smoothing[PHI], MIN_PHI, MAX_PHI)
    return np.where(free, np.stack([alpha, beta, gamma, phi]), smoothing)
