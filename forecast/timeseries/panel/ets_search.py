"""Exponential smoothing fitted by least squares: a grid that all series share, then Gauss-Newton steps of each.

Given the parameters the first states are linear least squares (the variable projection of Golub and Pereyra 1973).
The grid is common to all series, so that the errors of a point are one matrix product; from its best point each series
goes on in all parameters and states.
"""

from __future__ import annotations

import numpy as np

from forecast.arrays import Bools, Floats
from forecast.timeseries.panel.ets_forms import ALPHA, BETA, GAMMA, PHI, EtsForm
from forecast.timeseries.panel.ets_recursion import (
    EtsColumns,
    EtsGridResponses,
    EtsState,
    filter_columns,
    n_states,
    state_moments,
    sum_of_squares,
)

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
