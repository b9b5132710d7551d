"""Exponential smoothing with additive errors of many series at once, on the raw and on the log scale.

One linear recursion serves every form (Hyndman and others 2008, "Forecasting with Exponential Smoothing", chapter 3):

    y_t = l + phi b + s_j + e_t;   l' = l + phi b + alpha e;   b' = phi b + beta e;   s_j' = s_j + gamma e

It is linear in the states before the first period, so those are found by least squares. A coarse grid of (alpha, beta,
gamma, phi) is common to all series, whose errors are then one matrix product; from the best point of the grid each
series goes on by Gauss-Newton steps in all parameters and states. Forms that multiply are forms that add on the log
scale; AICc with the Jacobian of the logs compares them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from forecast.chance import Floats
from forecast.models.mixture import mixture
from forecast.models.model import SEASON, Model, ModelFailed, Outlook, Past, toeplitz_covariance
from forecast.models.panel import Panel, PanelForecast
from forecast.models.profile import profile_of

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CHUNK = 128
"""Series that are fitted together, so that their states stay in the cache."""
STEPS = 4
"""Gauss-Newton steps from the best point of the grid."""
ROOM = 2
"""Periods beyond the parameters and states of a form from which it is asked."""
PASSES = 2
"""Times that a step is solved: what meets a bound is held there, and the others are solved again."""
TEMPER = 0.5
"""Power of the likelihoods in the weights: forms that are all wrong are not as far apart as AICc says [tuned on M1]."""
MOST_GROWTH = 20.0
"""Times the most that was seen, beyond which no form on the log scale may go [C]."""
ALPHA, BETA, GAMMA, PHI = range(4)
LEAST, MOST = 1e-4, 0.9999
"""Bounds of alpha, of beta as a share of alpha and of gamma as a share of 1 - alpha, as in statsmodels."""
LEAST_PHI, MOST_PHI = 0.8, 0.98
"""Bounds of phi, as in statsmodels and R."""
LEAST_VARIANCE = 1e-14
"""Of a scaled series, so that a perfect fit has a likelihood."""


@dataclass(frozen=True)
class Form:
    """What moves besides the level."""

    name: str
    trend: bool
    damped: bool
    season: bool
    grid: Floats
    """(points, 4): alpha, beta, gamma, phi."""

    def states(self, season: int) -> int:
        """States before the first period; the last of the season is 0, for the level holds it."""
        return 1 + self.trend + (season - 1) * self.season

    def freedom(self, season: int) -> int:
        """Parameters and states."""
        return 1 + self.trend + self.damped + self.season + self.states(season)

    @property
    def free(self) -> tuple[bool, bool, bool, bool]:
        """Which of alpha, beta, gamma, phi are estimated."""
        return True, self.trend, self.season, self.damped


def _form(
    name: str, alphas: Sequence[float], betas: Sequence[float], gammas: Sequence[float], phis: Sequence[float]
) -> Form:
    """`betas` are shares of alpha and `gammas` of 1 - alpha; none where there is no such state."""
    points = product(alphas, betas or [0.0], gammas or [0.0], phis or [1.0])
    grid = np.array([(a, a * b, (1 - a) * g, phi) for a, b, g, phi in points])
    return Form(name, bool(betas), bool(phis), bool(gammas), grid)


FORMS = (
    _form("ANN", (0.03, 0.12, 0.28, 0.5, 0.75, 0.95), (), (), ()),
    _form("AAdN", (0.05, 0.25, 0.55, 0.9), (0.02, 0.15, 0.5), (), (0.85, 0.95)),
    _form("AAN", (0.05, 0.25, 0.55, 0.9), (0.005, 0.05, 0.25), (), ()),
    _form("ANA", (0.03, 0.12, 0.3, 0.55, 0.85), (), (0.01, 0.12, 0.35), ()),
    _form("AAdA", (0.05, 0.25, 0.55, 0.85), (0.02, 0.25), (0.01, 0.2), (0.85, 0.96)),
    _form("AAA", (0.05, 0.25, 0.55, 0.85), (0.005, 0.1), (0.01, 0.2), ()),
)
ALL = tuple(form.name for form in FORMS)
EXPLOSIVE = {4: ("AAN", "AAA"), 12: ("AAN",)}
"""Season -> forms that are not asked on the log scale, where their growth has no end [chosen on M1]."""
SEASONAL = tuple(form.name for form in FORMS if form.season)
"""Forms of one service by itself, whose months have a season."""
LEAST_MONTHS = min(form.freedom(SEASON) for form in FORMS if form.season) + ROOM + 1
"""Months that must be known of one service."""


@dataclass(frozen=True)
class _Columns:
    """Series side by side that begin in the same row, the longest first, less an offset, in units of a scale."""

    values: Floats
    """(periods, columns), 0 after the last."""
    counts: Ints
    """(columns,), descending: periods."""
    seen: Bools
    """(periods,): whether a value teaches; a period that does not moves no state."""
    season: int

    def active(self) -> list[int]:
        """How many series have each period."""
        return [int(np.searchsorted(-self.counts, -period, side="left")) for period in range(len(self.values))]

    def take(self, columns: Ints) -> _Columns:
        """Some of the columns, in an order that keeps the longest first."""
        return _Columns(self.values[:, columns], self.counts[columns], self.seen, self.season)


@dataclass(frozen=True)
class _State:
    """Parameters and first states of columns."""

    theta: Floats
    """(4, columns)."""
    start: Floats
    """(width, columns): level, slope, and the season of the first periods."""

    def where(self, chosen: Bools, other: _State) -> _State:
        """This where `chosen`, (columns,), else the other."""
        return _State(np.where(chosen, self.theta, other.theta), np.where(chosen, self.start, other.start))


def _width(season: int) -> int:
    """States: level, slope and season."""
    return 2 + season * (season > 1)


def _responses(grid: Floats, seen: Bools, season: int) -> tuple[Floats, Floats]:
    """What the errors of each point of a grid are made of: A y - X x of values y and first states x.

    (points, periods, periods) A and (points, periods, width) X.
    """
    periods, width = len(seen), _width(season)
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
    by_state = -errors[:, :, impulses:]
    if not shift_invariant:
        return errors[:, :, :periods], by_state
    padded = np.concatenate([np.zeros((len(grid), periods - 1)), errors[:, :, 0]], axis=1)
    return sliding_window_view(padded, periods, axis=1)[:, :, ::-1], by_state


def _free_states(form: Form, season: int) -> Ints:
    """Rows of the first states that are free."""
    rows = [0] + [1] * form.trend + list(range(2, 1 + season)) * form.season
    return np.array(rows, np.int64)


def _search(form: Form, columns: _Columns, errors_of: Floats, by_state: Floats) -> tuple[_State, Floats]:
    """The best point of the grid for each column, and (columns, width, width) the inverse of X'X there."""
    season, width = columns.season, _width(columns.season)
    rows = _free_states(form, season)
    periods, count = columns.values.shape
    lengths, group = np.unique(columns.counts, return_inverse=True)
    known = np.arange(periods)[:, None] < columns.counts
    ends = [(int(n), np.flatnonzero(group == g)) for g, n in enumerate(lengths)]
    sse = np.empty((len(form.grid), count))
    solved = np.empty((len(form.grid), len(rows), count))
    design = np.ascontiguousarray(by_state[:, :periods][:, :, rows])
    inverses = np.empty((len(form.grid), len(ends), len(rows), len(rows)))
    for g, (n, _) in enumerate(ends):
        gram = np.swapaxes(design[:, :n], 1, 2) @ design[:, :n]
        ridge = 1e-9 * np.trace(gram, axis1=1, axis2=2)
        inverses[:, g] = np.linalg.inv(gram + ridge[:, None, None] * np.eye(len(rows)))
    for point in range(len(form.grid)):
        errors = np.ascontiguousarray(errors_of[point, :periods, :periods]) @ columns.values
        errors *= known
        moments = design[point].T @ errors
        for g, (_, members) in enumerate(ends):
            here = slice(members[0], members[-1] + 1)
            solved[point][:, here] = inverses[point, g] @ moments[:, here]
        sse[point] = np.einsum("tc,tc->c", errors, errors) - np.einsum("kc,kc->c", moments, solved[point])
    best = np.argmin(sse, axis=0)
    start = np.zeros((width, count))
    start[rows] = solved[best, :, np.arange(count)].T
    inverse = np.zeros((count, width, width))
    inverse[:, rows[:, None], rows] = inverses[best, group]
    return _State(form.grid[best].T.copy(), start), inverse


def _sweep(columns: _Columns, state: _State, slopes: bool) -> tuple[Floats, Floats]:
    """Errors (periods, 1, columns) and last states (width, columns); with `slopes` (periods, 5, columns): also the
    errors' derivatives by alpha, beta, gamma and phi."""
    periods, count = columns.values.shape
    season, rows = columns.season, 5 if slopes else 1
    alpha, beta, gamma, phi = state.theta
    states = np.zeros((_width(season), rows, count))
    states[:, 0] = state.start
    errors = np.zeros((periods, rows, count))
    for period, active in enumerate(columns.active()):
        if not active:
            break
        now = states[:, :, :active]
        place = 2 + period % season
        damped = now[1] * phi[:active]
        if slopes:
            damped[1 + PHI] += now[1, 0]
        now[0] += damped
        now[1] = damped
        if not columns.seen[period]:
            continue
        error = errors[period, :, :active]
        if season > 1:
            np.add(now[0], now[place], out=error)
            np.negative(error, out=error)
        else:
            np.negative(now[0], out=error)
        error[0] += columns.values[period, :active]
        now[0] += alpha[:active] * error
        now[1] += beta[:active] * error
        if slopes:
            now[0, 1 + ALPHA] += error[0]
            now[1, 1 + BETA] += error[0]
        if season > 1:
            now[place] += gamma[:active] * error
            if slopes:
                now[place, 1 + GAMMA] += error[0]
    return errors, states[:, 0]


def _moments(columns: _Columns, theta: Floats, errors: Floats) -> Floats:
    """X'E of each row of the errors, (width, rows, columns), by the recursion run backwards."""
    season = columns.season
    alpha, beta, gamma, phi = theta
    sums = np.zeros((_width(season), *errors.shape[1:]))
    active = columns.active()
    for period in range(len(errors) - 1, -1, -1):
        count = active[period]
        if not count:
            continue
        now = sums[:, :, :count]
        if columns.seen[period]:
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


def _within(theta: Floats, free: Bools) -> Floats:
    """Parameters at the nearest bound where they are beyond it."""
    alpha = np.clip(theta[ALPHA], LEAST, MOST)
    beta = np.clip(theta[BETA], LEAST * alpha, MOST * alpha)
    gamma = np.clip(theta[GAMMA], LEAST * (1 - alpha), MOST * (1 - alpha))
    phi = np.clip(theta[PHI], LEAST_PHI, MOST_PHI)
    return np.where(free, np.stack([alpha, beta, gamma, phi]), theta)


def _refine(columns: _Columns, state: _State, inverse: Floats, free: Bools) -> _State:
    """Gauss-Newton steps in (4, columns) parameters, those that are `free`, and in first states (Levenberg-Marquardt).

    The states are solved out by the inverse of X'X at the point of the grid; a step that does not lower the sum of
    squares is taken back and halved.
    """
    best, proposed = state, state
    least = np.full(len(columns.counts), np.inf)
    damping = np.full(len(columns.counts), 1e-3)
    step = np.zeros_like(state.theta), np.zeros_like(state.start)
    for _ in range(STEPS):
        errors, _ = _sweep(columns, proposed, slopes=True)
        sums = _moments(columns, proposed.theta, errors)
        sse = np.einsum("tc,tc->c", errors[:, 0], errors[:, 0])
        better = sse < least
        best = proposed.where(better, best)
        least = np.minimum(sse, least)
        damping = np.where(better, damping * 0.3, damping * 10)
        found = _step(errors, sums, inverse, proposed.theta, free, damping)
        step = np.where(better, found[0], step[0] / 4), np.where(better, found[1], step[1] / 4)
        proposed = _State(best.theta + step[0], best.start + step[1])
    errors, _ = _sweep(columns, proposed, slopes=False)
    return proposed.where(np.einsum("tc,tc->c", errors[:, 0], errors[:, 0]) < least, best)


def _step(
    errors: Floats, sums: Floats, inverse: Floats, theta: Floats, free: Bools, damping: Floats
) -> tuple[Floats, Floats]:
    """The step in parameters (4, columns) and states (width, columns)."""
    by_column = np.ascontiguousarray(errors.transpose(2, 1, 0))
    solved = inverse @ sums.transpose(2, 0, 1)
    squares = by_column @ by_column.swapaxes(1, 2) - sums.transpose(2, 1, 0) @ solved
    curved, gradient = squares[:, 1:, 1:], squares[:, 1:, 0]
    move = np.zeros_like(theta)
    inner = free.copy()
    for _ in range(PASSES):
        held = np.where(inner, 0.0, move)
        pull = gradient + np.einsum("cpq,qc->cp", curved, held)
        solve = np.where(inner, _damped_solution(curved, pull, inner.T, damping), held)
        move = _within(theta + solve, free) - theta
        inner = inner & (np.abs(move - solve) <= 1e-12)
    rows = np.concatenate([np.ones((1, move.shape[1])), move])
    return move, np.einsum("cwv,vc->wc", solved, rows)


def _damped_solution(curved: Floats, pull: Floats, inner: Bools, damping: Floats) -> Floats:
    """(4, columns): -curved^-1 pull over the parameters that are `inner`, (columns, 4), by Levenberg and Marquardt."""
    inside = curved * (inner[:, :, None] & inner[:, None, :])
    diagonal = np.einsum("cpp->cp", inside)
    diagonal += np.where(inner, damping[:, None] * np.abs(diagonal) + 1e-10, 1.0)
    found = -np.linalg.solve(inside, np.where(inner, pull, 0.0)[:, :, None])[:, :, 0].T
    return np.where(np.isfinite(found), found, 0.0)


@dataclass(frozen=True)
class EtsPanel:
    """Every form of every series, fitted, with its Akaike weight."""

    panel: Panel
    series: Ints
    """(columns,): row of the panel."""
    form: Ints
    """(columns,): place in FORMS."""
    log: Bools
    """(columns,): whether the values are logs."""
    state: _State
    counts: Ints
    """(columns,): periods."""
    offset: Floats
    scale: Floats
    """(columns,): values of a column are (value or log - offset) / scale."""
    sse: Floats
    """(columns,), in units of the scale."""
    known: Ints
    """(columns,): periods that teach."""
    aicc: Floats
    """(columns,), comparable between the scales."""
    weight: Floats
    """(columns,), which sum to 1 over the columns of a series."""
    last: Floats
    """(width, columns): states after the last period."""

    def forecast(self, horizon: int) -> PanelForecast:
        """The mixture of the forms of each series."""
        mean, sd = self.by_form(horizon)
        return self.mixed(mean, sd)

    def by_form(self, horizon: int) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each column on its scale, (columns, horizon)."""
        season, steps = self.panel.season, np.arange(1, horizon + 1)
        alpha, beta, gamma, phi = self.state.theta[:, :, None]
        damped = np.cumsum(phi**steps, axis=1)
        mean = self.last[0][:, None] + self.last[1][:, None] * damped
        responses = alpha + beta * damped
        if season > 1:
            place = (self.counts[:, None] + steps - 1) % season
            mean += np.take_along_axis(self.last[2:].T, place, axis=1)
            responses += gamma * (steps % season == 0)
        grown = np.concatenate([np.zeros((len(mean), 1)), np.cumsum(responses[:, :-1] ** 2, axis=1)], axis=1)
        return self.offset[:, None] + self.scale[:, None] * mean, self.sd[:, None] * np.sqrt(1 + grown)

    @property
    def sd(self) -> Floats:
        """(columns,): of the errors of one step, on the scale of the column."""
        freedom = np.array([form.freedom(self.panel.season) for form in FORMS])[self.form]
        return np.asarray(self.scale * np.sqrt(self.sse / np.maximum(self.known - freedom, 1)))

    def mixed(self, mean: Floats, sd: Floats) -> PanelForecast:
        """The mixture of means and standard deviations (columns, horizon), each on the scale of its column."""
        rows, weight = len(self.panel.values), self.weight[:, None]
        log = self.log[:, None]
        most = np.log(np.where(self.panel.positive, MOST_GROWTH * np.nanmax(self.panel.values, axis=1), 1.0))
        mean = np.where(log, np.exp(np.where(log, np.minimum(mean, most[self.series][:, None]), 0.0)), mean)
        sd = np.where(log, sd * mean, sd)
        middle = np.zeros((rows, mean.shape[1]))
        np.add.at(middle, self.series, weight * mean)
        variance = np.zeros_like(middle)
        np.add.at(variance, self.series, weight * (sd**2 + (mean - middle[self.series]) ** 2))
        return PanelForecast.of(self.panel, middle, np.sqrt(variance))


@dataclass(frozen=True)
class _Part:
    """The fitted columns of some series."""

    columns: _Columns
    state: _State
    series: Ints
    form: Ints
    log: Bools
    offset: Floats
    scale: Floats
    jacobian: Floats
    """(columns,): minus twice the log of the change of measure, which takes the likelihood to the raw scale."""


def ets_panel(panel: Panel, horizon: int) -> PanelForecast:
    """What smoothing says of the periods ahead of each series."""
    return fit_ets(panel).forecast(horizon)


def fit_ets(panel: Panel, logs: bool = True, forms: Sequence[str] = ALL) -> EtsPanel:
    """Fit every form that a series is long enough for, and weigh them by AICc to a power.

    With `logs` those of the logs too, where the series has them.
    """
    order = np.argsort(-panel.lengths, kind="stable")
    values, seen = _start_aligned(panel, order)
    places = [place for place, form in enumerate(FORMS) if form.name in forms and (panel.season > 1 or not form.season)]
    responses = {place: _responses(FORMS[place].grid, seen, panel.season) for place in places}
    parts = []
    for first in range(0, len(order), CHUNK):
        rows = order[first : first + CHUNK]
        periods = int(panel.lengths[rows[0]])
        parts.append(_fit_chunk(values[:periods, first : first + CHUNK], seen[:periods], rows, panel, responses, logs))
    return _weighed(panel, parts)


def _start_aligned(panel: Panel, order: Ints) -> tuple[Floats, Bools]:
    """(periods, series) that begin in the first row, NaN after the last period, and the periods that are known.

    A gap inside is possible only where the panel is one series.
    """
    periods = panel.values.shape[1]
    lengths = panel.lengths[order]
    rows = np.arange(periods)[:, None] + periods - lengths
    values = panel.values[order, np.minimum(rows, periods - 1)]
    values[rows >= periods] = np.nan
    gaps = np.isnan(values) & (rows < periods)
    if gaps.any() and len(order) > 1:
        raise ValueError("a gap inside a series needs a panel of its own")
    return values, ~gaps[:, 0] if len(order) == 1 else np.ones(periods, bool)


def _fit_chunk(
    values: Floats, seen: Bools, rows: Ints, panel: Panel, responses: dict[int, tuple[Floats, Floats]], logs: bool
) -> _Part:
    counts = panel.lengths[rows]
    positive = panel.positive[rows]
    series = np.concatenate([np.arange(len(rows)), np.flatnonzero(positive & logs)])
    log = np.arange(len(series)) >= len(rows)
    series, log = (each[np.argsort(-counts[series], kind="stable")] for each in (series, log))
    plain = values[:, series]
    plain[:, log] = np.log(plain[:, log])
    jacobian = np.where(log, 2 * np.nansum(plain, axis=0), 0.0)
    offset = np.nanmean(plain[: panel.season], axis=0)
    plain = plain - offset
    scale = np.sqrt(np.nanmean(plain**2, axis=0))
    scale = np.where(scale > 1e-12, scale, 1.0)
    base = _Columns(np.nan_to_num(plain / scale), counts[series], seen, panel.season)
    known, base_log = _known(base), log
    found: list[tuple[Ints, _State, Floats, Ints]] = []
    for place, response in responses.items():
        form = FORMS[place]
        explosive = form.name in EXPLOSIVE.get(panel.season, ())
        enough = np.flatnonzero(
            ((known > form.freedom(panel.season) + ROOM) | (form.name == "ANN")) & ~(base_log & explosive)
        )
        if len(enough):
            state, inverse = _search(form, base.take(enough), *response)
            found.append((enough, state, inverse, np.full(len(enough), place)))
    column = np.concatenate([each[0] for each in found])
    order = np.argsort(-base.counts[column], kind="stable")
    column = column[order]
    forms = np.concatenate([each[3] for each in found])[order]
    theta = np.concatenate([each[1].theta for each in found], axis=1)[:, order]
    start = np.concatenate([each[1].start for each in found], axis=1)[:, order]
    inverse = np.concatenate([each[2] for each in found])[order]
    columns = base.take(column)
    free = np.array([each.free for each in FORMS])[forms].T
    state = _refine(columns, _State(theta, start), inverse, free)
    taken = series[column]
    return _Part(columns, state, rows[taken], forms, log[column], offset[column], scale[column], jacobian[column])


def _known(columns: _Columns) -> Ints:
    """(columns,): periods that teach."""
    return np.concatenate([[0], np.cumsum(columns.seen)])[columns.counts]


def _weighed(panel: Panel, parts: list[_Part]) -> EtsPanel:
    """The parts as one, with Akaike weights."""
    swept = [_sweep(part.columns, part.state, slopes=False) for part in parts]
    sse = np.concatenate([np.einsum("tc,tc->c", errors[:, 0], errors[:, 0]) for errors, _ in swept])
    known = np.concatenate([_known(part.columns) for part in parts])
    series, form, log, offset, scale, jacobian = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("series", "form", "log", "offset", "scale", "jacobian")
    )
    freedom = np.array([each.freedom(panel.season) for each in FORMS])[form] + 1
    fit = known * (np.log(np.maximum(sse / known, LEAST_VARIANCE)) + 2 * np.log(scale)) + jacobian
    aicc = fit + 2 * freedom + 2 * freedom * (freedom + 1) / np.maximum(known - freedom - 1, 1)
    least = np.full(len(panel.values), np.inf)
    np.minimum.at(least, series, aicc)
    weight = np.exp(-TEMPER * (aicc - least[series]) / 2)
    weight /= np.bincount(series, weight, len(panel.values))[series]
    theta, start = (
        np.concatenate([getattr(part.state, name) for part in parts], axis=1) for name in ("theta", "start")
    )
    last = np.concatenate([states for _, states in swept], axis=1)
    counts = np.concatenate([part.columns.counts for part in parts])
    return EtsPanel(
        panel, series, form, log, _State(theta, start), counts, offset, scale, sse, known, aicc, weight, last
    )


@dataclass(frozen=True)
class FittedEts:
    """The forms of one service and their weights."""

    names: tuple[str, ...]
    weights: Floats
    """(forms,)."""
    theta: Floats
    """(4, forms)."""
    sd: Floats
    """(forms,), of one step."""
    last: Floats
    """(14, forms): level, slope and the season from the first month of the past."""
    festival: Floats
    past: Past

    @property
    def parameters(self) -> Mapping[str, float]:
        """Weight and smoothing of each form."""
        found: dict[str, float] = {}
        for place, name in enumerate(self.names):
            numbers = (self.weights[place], *self.theta[:, place], self.sd[place])
            keys = ("weight", "alpha", "beta", "gamma", "phi", "sd")
            found |= {f"{name}.{key}": float(number) for key, number in zip(keys, numbers, strict=True)}
        return found

    def forecast(self, months: int) -> Outlook:
        """The mixture of the forms, and the festival."""
        weights = dict(zip(self.names, map(float, self.weights), strict=True))
        mixed = mixture({name: self.outlook(place, months) for place, name in enumerate(self.names)}, weights)
        return Outlook(mixed.mean + self.past.effect_ahead(self.festival, months), mixed.covariance)

    def outlook(self, place: int, months: int) -> Outlook:
        """Mean and covariance in closed form: c_j = alpha + beta (phi + ... + phi^j) + gamma [12 divides j]."""
        alpha, beta, gamma, phi = self.theta[:, place]
        steps = np.arange(1, months + 1)
        damped = np.cumsum(phi**steps)
        season = self.last[2 + (self.past.calendar.count + steps - 1) % SEASON, place]
        responses = np.ones(months)
        responses[1:] = alpha + beta * damped[:-1] + gamma * (steps[:-1] % SEASON == 0)
        mean = self.last[0, place] + self.last[1, place] * damped + season
        return Outlook(mean, toeplitz_covariance(responses, float(self.sd[place])))

    def at(self, past: Past) -> FittedEts:
        """The same parameters over another past, its first states found anew by least squares."""
        columns, offset, scale = _column_of(past, self.festival)
        errors_of, by_state = _responses(self.theta.T, columns.seen, SEASON)
        starts = []
        for place, name in enumerate(self.names):
            form = replace(next(form for form in FORMS if form.name == name), grid=self.theta[:, place][None])
            here = slice(place, place + 1)
            starts.append(_search(form, columns, errors_of[here], by_state[here])[0].start)
        copies = columns.take(np.zeros(len(self.names), np.int64))
        states = _sweep(copies, _State(self.theta, np.concatenate(starts, axis=1)), slopes=False)[1] * scale
        states[0] += offset
        return replace(self, last=states, past=past)


def _column_of(past: Past, festival: Floats) -> tuple[_Columns, float, float]:
    """One past as a column, its offset and its scale."""
    values = np.where(past.masked, np.nan, past.values - past.effect(festival))
    offset = float(np.nanmean(values))
    scale = float(np.nanstd(values)) or 1.0
    columns = np.nan_to_num((values - offset) / scale)[:, None]
    return _Columns(columns, np.array([len(values)]), ~past.masked, SEASON), offset, scale


class Ets(Model):
    """Exponential smoothing of the level, a damped slope and the season."""

    def fit(self, past: Past) -> FittedEts:
        """Fit each form by least squares on the scale of the past; a masked month moves nothing.

        ModelFailed under two years, or where masks leave fewer months than a season and its smoothing need.
        """
        if past.calendar.count < 2 * SEASON:
            raise ModelFailed("model_needs_two_years")
        if np.count_nonzero(~past.masked) < LEAST_MONTHS:
            raise ModelFailed("model_failed")
        festival = profile_of(past).festival
        values = np.where(past.masked, np.nan, past.values - past.effect(festival))
        found = fit_ets(Panel(values[None], SEASON), logs=False, forms=SEASONAL)
        if not np.all(np.isfinite(found.sse)):
            raise ModelFailed("model_failed")
        names = tuple(FORMS[place].name for place in found.form)
        held = FittedEts(names, found.weight, found.state.theta, found.sd, np.zeros((2 + SEASON, 0)), festival, past)
        return held.at(past)
