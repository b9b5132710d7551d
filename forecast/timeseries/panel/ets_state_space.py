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

__all__ = [
    "FORMS",
    "SEASONAL_FORMS",
    "EtsColumns",
    "EtsState",
    "concatenate_states",
    "ets_means",
    "ets_responses",
    "filter_columns",
    "grid_responses",
    "n_states",
    "search_ets",
]

ALPHA, BETA, GAMMA, PHI = range(4)
"""Rows of the parameters: smoothing of the level, of the slope and of the season, and damping of the slope."""
MIN_SPARE_PERIODS = 2
"""Periods beyond the parameters and states of a form from which it is fitted."""
EXPLOSIVE_FORMS = {4: ("AAN", "AAA"), 12: ("AAN",)}
"""Season -> forms that are not fitted on the log scale, where their growth has no end [chosen on M1]."""

GAUSS_NEWTON_STEPS = 4
"""Gauss-Newton steps from the best point of the grid."""
BOUND_PASSES = 2
"""Solutions of one step: a parameter that meets a bound is fixed there, and the others are solved again."""
RIDGE_SHARE = 1e-9
"""Share of the trace of X'X on its diagonal, for states that the periods do not identify."""
INITIAL_DAMPING = 1e-3
"""Levenberg and Marquardt's, as a share of the curvature, in the first step."""
DAMPING_DECREASE, DAMPING_INCREASE = 0.3, 10.0
"""Factors of the damping after a step that lowered the sum of squares, and after one that did not."""
STEP_DIVISOR = 4
"""Divisor of a step that did not lower the sum of squares."""
MIN_SMOOTHING, MAX_SMOOTHING = 1e-4, 0.9999
"""Bounds of alpha, of beta as a share of alpha and of gamma as a share of 1 - alpha, as in statsmodels."""
MIN_PHI, MAX_PHI = 0.8, 0.98
"""Bounds of phi, as in statsmodels and R."""
BOUND_TOLERANCE = 1e-12
"""Distance up to which a clipped step counts as inside the bounds."""


@dataclass(frozen=True)
class EtsForm:
    """One form of exponential smoothing, and the grid of its parameters."""

    name: str
    has_trend: bool
    is_damped: bool
    has_season: bool
    grid: Floats
    """(points, 4): alpha, beta, gamma, phi."""

    def free_states(self, season: int) -> Ints:
        """(free states,): rows of level, slope and season without its last, which the level absorbs."""
        rows = [0] + [1] * self.has_trend + list(range(2, 1 + season)) * self.has_season
        return np.array(rows, np.int64)

    def n_parameters(self, season: int) -> int:
        """Number of parameters and first states that are estimated."""
        return sum(self.is_estimated) + len(self.free_states(season))

    def min_periods(self, season: int) -> int:
        """Periods with a value from which it is fitted; 0 for the level alone, which every series gets."""
        return self.n_parameters(season) + MIN_SPARE_PERIODS + 1 if self.has_trend or self.has_season else 0

    def is_explosive(self, season: int) -> bool:
        """True where it is not fitted on the log scale."""
        return self.name in EXPLOSIVE_FORMS.get(season, ())

    @property
    def is_estimated(self) -> tuple[bool, bool, bool, bool]:
        """True for each of alpha, beta, gamma, phi that is estimated."""
        return True, self.has_trend, self.has_season, self.is_damped


def _make_form(
    name: str, alphas: Sequence[float], betas: Sequence[float], gammas: Sequence[float], phis: Sequence[float]
) -> EtsForm:
    """The form with the product of its grids: `betas` as shares of alpha, `gammas` of 1 - alpha; () for none."""
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
    """(columns,): number of parameters and first states of each column's form, a position in `FORMS`."""
    return np.array([form.n_parameters(season) for form in FORMS])[forms]


@dataclass(frozen=True)
class EtsColumns:
    """Series side by side that begin in the same row, the longest first, less an offset, in units of a scale."""

    values: Floats
    """(periods, columns), 0 after the last."""
    n_periods: Ints
    """(columns,): periods, descending."""
    observed: Bools
    """(periods,): True where there is a value; a period without moves no state."""
    season: int
    """Periods of a season; 1 where there is none."""

    @property
    def n_observed(self) -> Ints:
        """(columns,): periods with a value."""
        return np.concatenate([[0], np.cumsum(self.observed)])[self.n_periods]

    def n_active(self) -> list[int]:
        """Count the columns that have each period.

        Returns
        -------
        list of int
            (periods,), descending.
        """
        return [int(np.searchsorted(-self.n_periods, -period, side="left")) for period in range(len(self.values))]

    def take(self, columns: Ints) -> EtsColumns:
        """Select some of the columns.

        Parameters
        ----------
        columns : (selected,)
            Column numbers, in an order that keeps the longest first.

        Returns
        -------
        EtsColumns
            Those columns.
        """
        return EtsColumns(self.values[:, columns], self.n_periods[columns], self.observed, self.season)


@dataclass(frozen=True)
class EtsState:
    """Parameters and first states of columns."""

    smoothing: Floats
    """(4, columns): alpha, beta, gamma, phi."""
    initial: Floats
    """(width, columns): level, slope, and the season of the first periods."""

    def where(self, chosen: Bools, other: EtsState) -> EtsState:
        """Choose column by column between two states.

        Parameters
        ----------
        chosen : (columns,)
            True where this state is taken.
        other : EtsState
            State of the other columns.

        Returns
        -------
        EtsState
            This where `chosen`, else the other.
        """
        return EtsState(
            np.where(chosen, self.smoothing, other.smoothing), np.where(chosen, self.initial, other.initial)
        )

    def take(self, columns: Ints) -> EtsState:
        """Select some of the columns.

        Parameters
        ----------
        columns : (selected,)
            Column numbers, in any order.

        Returns
        -------
        EtsState
            Those columns.
        """
        return EtsState(self.smoothing[:, columns], self.initial[:, columns])


def concatenate_states(states: list[EtsState]) -> EtsState:
    """Concatenate the columns of several states.

    Parameters
    ----------
    states : list of EtsState
        Of one season.

    Returns
    -------
    EtsState
        The columns of all, in their order.
    """
    smoothing = np.concatenate([each.smoothing for each in states], axis=1)
    return EtsState(smoothing, np.concatenate([each.initial for each in states], axis=1))


def n_states(season: int) -> int:
    """Count the states: level, slope and season.

    Parameters
    ----------
    season : int
        Periods of a season; 1 where there is none.

    Returns
    -------
    int
        Width of a state vector.
    """
    return 2 + season * (season > 1)


@dataclass(frozen=True)
class EtsGridResponses:
    """Linear map from values and first states to errors at each point of a grid: e = A y - X x."""

    to_values: Floats
    """A, (points, periods, periods)."""
    to_states: Floats
    """X, (points, periods, width)."""

    def at_point(self, point: int) -> EtsGridResponses:
        """Responses of one point alone."""
        return EtsGridResponses(self.to_values[point : point + 1], self.to_states[point : point + 1])


def grid_responses(grid: Floats, observed: Bools, season: int) -> EtsGridResponses:
    """Compute A and X of a grid by the recursion of unit values and unit states.

    Parameters
    ----------
    grid : (points, 4)
        Alpha, beta, gamma and phi.
    observed : (periods,)
        True where there is a value.
    season : int
        Periods of a season; 1 where there is none.

    Returns
    -------
    EtsGridResponses
        A (points, periods, periods) and X (points, periods, width).
    """
    periods, width = len(observed), n_states(season)
    # where every period has a value, a later one leaves the errors of an earlier one, shifted: one impulse is enough
    shift_invariant = bool(observed.all())
    impulses = 1 if shift_invariant else periods
    alpha, beta, gamma, phi = (column[:, None] for column in grid.T)
    states = np.zeros((width, len(grid), impulses + width))
    states[np.arange(width), :, impulses + np.arange(width)] = 1.0
    errors = np.zeros((periods, len(grid), impulses + width))
    for period in range(periods):
        season_row = 2 + period % season
        damped = phi * states[1]
        error = -(states[0] + damped + (states[season_row] if season > 1 else 0.0))
        if period < impulses:
            error[:, period] += 1.0
        error *= observed[period]
        states[0] += damped + alpha * error
        states[1] = damped + beta * error
        if season > 1:
            states[season_row] += gamma * error
        errors[period] = error
    errors = np.moveaxis(errors, 0, 1)
    to_states = -errors[:, :, impulses:]
    if not shift_invariant:
        return EtsGridResponses(errors[:, :, :periods], to_states)
    padded = np.concatenate([np.zeros((len(grid), periods - 1)), errors[:, :, 0]], axis=1)
    return EtsGridResponses(sliding_window_view(padded, periods, axis=1)[:, :, ::-1], to_states)


def filter_columns(columns: EtsColumns, state: EtsState, *, derivatives: bool) -> tuple[Floats, Floats]:
    """Filter columns from their first states.

    Parameters
    ----------
    columns : EtsColumns
        Values.
    state : EtsState
        Parameters and first states of the columns.
    derivatives : bool
        Whether to differentiate the errors by alpha, beta, gamma and phi.

    Returns
    -------
    errors : Floats
        (periods, 1, columns), of one step, 0 where there is no value; with `derivatives` (periods, 5, columns), the
        four derivatives after the errors.
    last_states : Floats
        (width, columns), after the last period of each column.
    """
    periods, count = columns.values.shape
    states = np.zeros((n_states(columns.season), 5 if derivatives else 1, count))
    states[:, 0] = state.initial
    errors = np.zeros((periods, 5 if derivatives else 1, count))
    for period, active in enumerate(columns.n_active()):
        if not active:
            break
        current, smoothing = states[:, :, :active], state.smoothing[:, :active]
        _predict_states(current, smoothing, derivatives)
        if columns.observed[period]:
            error = errors[period, :, :active]
            season_row = 2 + period % columns.season if columns.season > 1 else None
            _update_states(current, error, columns.values[period, :active], smoothing, season_row, derivatives)
    return errors, states[:, 0]


def _predict_states(states: Floats, smoothing: Floats, derivatives: bool) -> None:
    """Add the damped slope to the level, in place; states (width, 1 or 5, columns)."""
    damped = states[1] * smoothing[PHI]
    if derivatives:
        damped[1 + PHI] += states[1, 0]
    states[0] += damped
    states[1] = damped


def _update_states(
    states: Floats, error: Floats, values: Floats, smoothing: Floats, season_row: int | None, derivatives: bool
) -> None:
    """Write the error of the values (columns,) into `error` (1 or 5, columns) and correct the states, in place."""
    if season_row is None:
        np.negative(states[0], out=error)
    else:
        np.add(states[0], states[season_row], out=error)
        np.negative(error, out=error)
    error[0] += values
    gains = [(0, ALPHA), (1, BETA)] + ([] if season_row is None else [(season_row, GAMMA)])
    for row, parameter in gains:
        states[row] += smoothing[parameter] * error
        if derivatives:
            states[row, 1 + parameter] += error[0]


def state_moments(columns: EtsColumns, smoothing: Floats, errors: Floats) -> Floats:
    """(width, rows, columns): X'E of the errors (periods, rows, columns), by the adjoint recursion without X."""
    season = columns.season
    alpha, beta, gamma, phi = smoothing
    sums = np.zeros((n_states(season), *errors.shape[1:]))
    n_active = columns.n_active()
    for period in range(len(errors) - 1, -1, -1):
        active = n_active[period]
        if not active:
            continue
        current = sums[:, :, :active]
        if columns.observed[period]:
            season_row = 2 + period % season
            residual = errors[period, :, :active] - alpha[:active] * current[0]
            residual -= beta[:active] * current[1]
            if season > 1:
                residual -= gamma[:active] * current[season_row]
                current[season_row] += residual
            current[1] += current[0]
            current[1] += residual
            current[0] += residual
        else:
            current[1] += current[0]
        current[1] *= phi[:active]
    return sums


def sum_of_squares(errors: Floats) -> Floats:
    """(columns,): sum of squared errors, of errors (periods, rows, columns) in the first row."""
    return np.asarray(np.einsum("tc,tc->c", errors[:, 0], errors[:, 0]))


def ets_means(smoothing: Floats, last_states: Floats, counts: Ints, season: int, horizon: int) -> Floats:
    """Forecast the means: level, damped slope and season.

    Parameters
    ----------
    smoothing : (4, columns)
        Alpha, beta, gamma and phi.
    last_states : (width, columns)
        States after the last period.
    counts : (columns,)
        Periods filtered, which give the position in the season.
    season : int
        Periods of a season; 1 where there is none.
    horizon : int
        Periods ahead.

    Returns
    -------
    Floats
        (columns, horizon), in the unit of the states.
    """
    steps = np.arange(1, horizon + 1)
    damping = np.cumsum(smoothing[PHI][:, None] ** steps, axis=1)
    mean: Floats = last_states[0][:, None] + last_states[1][:, None] * damping
    if season > 1:
        mean += np.take_along_axis(last_states[2:].T, (counts[:, None] + steps - 1) % season, axis=1)
    return mean


def ets_responses(smoothing: Floats, season: int, horizon: int) -> Floats:
    """Compute the impulse responses 1, c_1, c_2, ... to an error of 1 in the first period ahead.

    c_j = alpha + beta (phi + ... + phi^j) + gamma [season divides j].

    Parameters
    ----------
    smoothing : (4, columns)
        Alpha, beta, gamma and phi.
    season : int
        Periods of a season; 1 where there is none.
    horizon : int
        Periods ahead.

    Returns
    -------
    Floats
        (columns, horizon).

    References
    ----------
    Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing, chapter 6.
    """
    steps = np.arange(1, horizon)
    alpha, beta, gamma, phi = smoothing[:, :, None]
    responses = np.ones((smoothing.shape[1], horizon))
    responses[:, 1:] = alpha + beta * np.cumsum(phi**steps, axis=1)
    if season > 1:
        responses[:, 1:] += gamma * (steps % season == 0)
    return responses


def search_ets(form: EtsForm, columns: EtsColumns, responses: EtsGridResponses) -> tuple[EtsState, Floats]:
    """Find the best point of a form's grid for each column, first states by least squares.

    Parameters
    ----------
    form : EtsForm
        The form, whose `grid` the responses are of.
    columns : EtsColumns
        Values.
    responses : EtsGridResponses
        From `grid_responses`, of as many periods as the columns have, or more.

    Returns
    -------
    state : EtsState
        Best parameters and first states of each column.
    inverse : Floats
        (columns, width, width), inverse of X'X, 0 in the rows and columns of states that the form does not have.

    References
    ----------
    Golub and Pereyra (1973), The differentiation of pseudo-inverses and nonlinear least squares problems.
    """
    width, (periods, count) = n_states(columns.season), columns.values.shape
    rows = form.free_states(columns.season)
    lengths, group = np.unique(columns.n_periods, return_inverse=True)
    design = np.ascontiguousarray(responses.to_states[:, :periods][:, :, rows])
    inverses = np.stack([_inverse_gram(design[:, :length]) for length in lengths], axis=1)
    sse, solved = _solve_grid(columns, responses, design, inverses, group)
    best = np.argmin(sse, axis=0)
    initial = np.zeros((width, count))
    initial[rows] = solved[best, :, np.arange(count)].T
    inverse = np.zeros((count, width, width))
    inverse[:, rows[:, None], rows] = inverses[best, group]
    return EtsState(form.grid[best].T.copy(), initial), inverse


def _solve_grid(
    columns: EtsColumns, responses: EtsGridResponses, design: Floats, inverses: Floats, group: Ints
) -> tuple[Floats, Floats]:
    """Sums of squares (points, columns) and free first states (points, states, columns) at every point of a grid."""
    # design is X (points, periods, states); inverses of X'X (points, lengths, states, states); group a column's length
    periods, count = columns.values.shape
    members = [np.flatnonzero(group == number) for number in range(inverses.shape[1])]
    slices = [slice(each[0], each[-1] + 1) for each in members]  # columns of one length lie side by side
    known = np.arange(periods)[:, None] < columns.n_periods
    sse = np.empty((len(design), count))
    solved = np.empty((len(design), design.shape[2], count))
    for point in range(len(design)):
        errors = np.ascontiguousarray(responses.to_values[point, :periods, :periods]) @ columns.values
        errors *= known
        products = design[point].T @ errors
        for number, of_length in enumerate(slices):
            solved[point][:, of_length] = inverses[point, number] @ products[:, of_length]
        sse[point] = np.einsum("tc,tc->c", errors, errors) - np.einsum("kc,kc->c", products, solved[point])
    return sse, solved


def _inverse_gram(design: Floats) -> Floats:
    """Inverse of X'X with a ridge, (points, states, states), of X (points, periods, states)."""
    gram = np.swapaxes(design, 1, 2) @ design
    ridge = RIDGE_SHARE * np.trace(gram, axis1=1, axis2=2)
    return np.asarray(np.linalg.inv(gram + ridge[:, None, None] * np.eye(design.shape[2])))


def refine_ets(columns: EtsColumns, state: EtsState, inverse: Floats, free: Bools) -> EtsState:
    """The state after damped Gauss-Newton steps in the `free` parameters, (4, columns), and in the first states."""
    # damped as by Levenberg and Marquardt; the states are solved out by the inverse of X'X at the point of the grid,
    # (columns, width, width); a step that does not lower the sum of squares is undone, and a part of it tried
    best, proposed = state, state
    min_sse = np.full(len(columns.n_periods), np.inf)
    damping = np.full(len(columns.n_periods), INITIAL_DAMPING)
    step = EtsState(np.zeros_like(state.smoothing), np.zeros_like(state.initial))
    for _ in range(GAUSS_NEWTON_STEPS):
        errors, _ = filter_columns(columns, proposed, derivatives=True)
        products = state_moments(columns, proposed.smoothing, errors)
        sse = sum_of_squares(errors)
        better = sse < min_sse
        best = proposed.where(better, best)
        min_sse = np.minimum(sse, min_sse)
        damping = np.where(better, damping * DAMPING_DECREASE, damping * DAMPING_INCREASE)
        next_step = _gauss_newton_step(errors, products, inverse, proposed.smoothing, free, damping)
        step = next_step.where(better, EtsState(step.smoothing / STEP_DIVISOR, step.initial / STEP_DIVISOR))
        proposed = EtsState(best.smoothing + step.smoothing, best.initial + step.initial)
    errors, _ = filter_columns(columns, proposed, derivatives=False)
    return proposed.where(sum_of_squares(errors) < min_sse, best)


def _gauss_newton_step(
    errors: Floats, products: Floats, inverse: Floats, smoothing: Floats, free: Bools, damping: Floats
) -> EtsState:
    """Step in parameters and states, from errors and derivatives E (periods, 5, columns), and X'E."""
    by_column = np.ascontiguousarray(errors.transpose(2, 1, 0))
    solved = inverse @ products.transpose(2, 0, 1)
    # the products of E once the states are solved out: E'E - E'X (X'X)^-1 X'E
    squares = by_column @ by_column.swapaxes(1, 2) - products.transpose(2, 1, 0) @ solved
    curvature, gradient = squares[:, 1:, 1:], squares[:, 1:, 0]
    step = np.zeros_like(smoothing)
    inside = free.copy()
    for _ in range(BOUND_PASSES):
        fixed = np.where(inside, 0.0, step)
        pull = gradient + np.einsum("cpq,qc->cp", curvature, fixed)
        unbounded = np.where(inside, _damped_solution(curvature, pull, inside.T, damping), fixed)
        step = _clip_to_bounds(smoothing + unbounded, free) - smoothing
        inside = inside & (np.abs(step - unbounded) <= BOUND_TOLERANCE)
    rows = np.concatenate([np.ones((1, step.shape[1])), step])
    return EtsState(step, np.einsum("cwv,vc->wc", solved, rows))


def _damped_solution(curvature: Floats, pull: Floats, inside: Bools, damping: Floats) -> Floats:
    """(4, columns): -curvature^-1 pull over the parameters `inside` their bounds, 0 for others and where not finite."""
    system = curvature * (inside[:, :, None] & inside[:, None, :])
    diagonal = np.einsum("cpp->cp", system)
    diagonal += np.where(inside, damping[:, None] * np.abs(diagonal) + 1e-10, 1.0)
    solution = -np.linalg.solve(system, np.where(inside, pull, 0.0)[:, :, None])[:, :, 0].T
    return np.where(np.isfinite(solution), solution, 0.0)


def _clip_to_bounds(smoothing: Floats, free: Bools) -> Floats:
    """Parameters (4, columns), the free ones at the nearest bound where they exceed it."""
    alpha = np.clip(smoothing[ALPHA], MIN_SMOOTHING, MAX_SMOOTHING)
    beta = np.clip(smoothing[BETA], MIN_SMOOTHING * alpha, MAX_SMOOTHING * alpha)
    gamma = np.clip(smoothing[GAMMA], MIN_SMOOTHING * (1 - alpha), MAX_SMOOTHING * (1 - alpha))
    phi = np.clip(smoothing[PHI], MIN_PHI, MAX_PHI)
    return np.where(free, np.stack([alpha, beta, gamma, phi]), smoothing)
