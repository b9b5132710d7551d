"""Theta of many series at once: the model that won the M3 competition, its dynamic optimised form, and an average.

Dynamic (Fiorucci and others 2016, equations 20 to 24): the forecast of one step is

    mu_t = l_{t-1} + (1 - 1 / theta) ((1 - alpha)^(t-1) A_{t-1} + (1 - (1 - alpha)^t) / alpha B_{t-1})

where l is the level of simple smoothing, and A and B are start and slope of the line through the periods known so far.
No parameter moves the line, and the level is linear in the first level: given alpha, the first level and 1 - 1 / theta
are linear least squares, so that alpha alone is searched. Standard (Assimakopoulos and Nikolopoulos 2000, as Hyndman
and Billah 2003 write it): simple smoothing, and half the slope of the line through the whole past as a drift.
Weighted: the dynamic form with each alpha of the grid, on the raw and on the log scale, weighed by its likelihood with
the Jacobian of the logs, for all have as many parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from forecast.arrays import Bools, Floats, Ints
from forecast.timeseries.panel.decomposition import SeasonalIndices, estimate_seasonal_indices
from forecast.timeseries.panel.panel import Panel, PanelForecast, from_logs, inner_products

__all__ = [
    "ThetaState",
    "TrendLines",
    "fit_trend_lines",
    "search_theta",
    "step_sd",
    "theta_means",
    "theta_responses",
    "theta_state",
]

# Own code by measure (benchmarks/README.md): with calibrated intervals, smoothing and three thetas together
# take 1/109 of the CPU time of statsforecast's AutoETS, AutoCES and DynamicOptimizedTheta together on the 1,428
# monthly series of M3, and 1/54 of AutoETS alone. tests/timeseries/panel/test_theta.py compares to statsmodels.

ThetaKind = Literal["standard", "dynamic", "weighted"]
THETA_KINDS: tuple[ThetaKind, ...] = ("standard", "dynamic", "weighted")
"""The M3 winner; the dynamic optimised form; that form with every alpha of the grid, weighed."""

BURN_IN_PERIODS = 3
"""First periods whose errors do not count in the dynamic form, for no line goes through them yet; all errors count
where there are no more than twice as many periods. So short a series has no line at all."""
ALPHA_GRID = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)
"""Alphas that all series try; Fiorucci and others (2016) bound alpha by the first and the last."""
ALPHA_GRID_STANDARD = (0.0001, 0.02, 0.05, *ALPHA_GRID, 0.9999)
PARABOLA_STEPS = 4
"""Parabolas through the best alpha and its neighbours."""
MIN_ALPHA_STEP = 1e-6
"""Least distance of a new alpha from the best of three."""
INITIAL_LEVEL_WEIGHT = 3.0
"""Weight, in squared errors of one step, of the prior that the first level is 1 / theta of the first value, where
smoothing and the line begin together; without it the first level of a short series follows its noise [tuned on M1]."""
PRIOR_LINE_WEIGHT, PRIOR_LINE_WEIGHT_SD = 0.5, 1.0
"""Mean and standard deviation of the prior of 1 - 1 / theta: 0.5 is the standard theta [tuned on M1]."""
N_PARAMETERS, N_PARAMETERS_STANDARD = 3, 2
"""Parameters that the standard deviation of an error allows for: alpha, first level and 1 - 1 / theta; alpha, slope."""
MIN_VARIANCE_SHARE = 1e-12
"""Least variance, as a share of the mean square, so that a perfect past does not divide by zero."""


@dataclass(frozen=True)
class TrendLines:
    """Series that end together, and the straight line through each up to every period."""

    values: Floats
    """(series, periods), 0 before the series begins."""
    age: Ints
    """(series, periods): 1 in the first period of the series, 0 before it."""
    is_counted: Bools
    """(series, periods): True where the error counts."""

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
    """Fit the straight line through each series up to every period.

    Parameters
    ----------
    values : (series, periods)
        NaN before each series begins.
    masked : (series, periods), optional
        True where a period is filtered but its error does not count.
    burn : int
        First periods whose errors do not count, where the series has more than twice as many.

    Returns
    -------
    TrendLines
        The lines of all series.
    """
    known = ~np.isnan(values)
    age = np.cumsum(known, axis=1)
    burn_in = np.where(age[:, -1:] > 2 * burn, burn, 0)
    counted = (age > burn_in) & known
    return TrendLines(np.where(known, values, 0.0), age, counted if masked is None else counted & ~masked)


def _is_single_alpha(alpha: Floats) -> bool:
    """True where there are series and all have one alpha, (series,)."""
    return len(alpha) > 0 and bool(np.all(alpha == alpha[0]))


def simple_smoothing(values: Floats, alpha: Floats) -> Floats:
    """(series, periods): simple smoothing from 0 of alpha (series,)."""
    if _is_single_alpha(alpha):
        from scipy.signal import lfilter  # a second to load, and stored fits do without

        rate = float(alpha[0])
        return np.asarray(lfilter([rate], [1.0, rate - 1.0], values, axis=1))
    level = np.zeros(len(values))
    levels = np.empty(values.shape[::-1])
    for period, column in enumerate(np.ascontiguousarray(values.T)):
        level = level + alpha * (column - level)
        levels[period] = level
    return levels.T


def theta_design(lines: TrendLines, alpha: Floats) -> tuple[Floats, Floats, Floats]:
    """Errors of smoothing from 0, and regressors of first level and 1 - 1 / theta in mu, each (series, periods)."""
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
    """State of the filter after the last period; each (..., series)."""

    level: Floats
    slope: Floats
    """Slope of the line through all periods, per period."""
    mean: Floats
    """Mean of all periods."""
    lengths: Floats
    """Number of periods."""

    @classmethod
    def stack(cls, states: Sequence[ThetaState]) -> ThetaState:
        """Stack several states along a new first axis.

        Parameters
        ----------
        states : sequence of ThetaState
            Of one shape.

        Returns
        -------
        ThetaState
            Each field (states, ..., series).
        """
        return cls(
            np.array([each.level for each in states]),
            np.array([each.slope for each in states]),
            np.array([each.mean for each in states]),
            np.array([each.lengths for each in states]),
        )


def theta_state(lines: TrendLines, alpha: Floats, initial_level: Floats) -> ThetaState:
    """Filter all periods.

    Parameters
    ----------
    lines : TrendLines
        The series.
    alpha : (series,)
        Smoothing of the level.
    initial_level : (series,)
        Level before the first period.

    Returns
    -------
    ThetaState
        The state after the last period.
    """
    slope, mean = lines.final_line
    lengths = lines.lengths.astype(float)
    level = simple_smoothing(lines.values, alpha)[:, -1] + (1 - alpha) ** lengths * initial_level
    return ThetaState(level, slope, mean, lengths)


def theta_means(state: ThetaState, alpha: Floats, line_weight: Floats, horizon: int, *, shock: bool = False) -> Floats:
    """Forecast the means of the dynamic form: the recursion goes on with its own forecasts for values.

    Parameters
    ----------
    state : ThetaState
        State after the last period, (..., series).
    alpha : (..., series)
        Smoothing of the level.
    line_weight : (..., series)
        1 - 1 / theta.
    horizon : int
        Periods ahead.
    shock : bool
        Whether the first value is 1 above its forecast.

    Returns
    -------
    Floats
        (..., series, horizon).

    References
    ----------
    Fiorucci and others (2016), Models for optimising the theta method, equations 20 to 24.
    """
    level, slope, mean, count = state.level, state.slope, state.mean, state.lengths
    means = np.empty((*np.broadcast_shapes(level.shape, alpha.shape), horizon))
    start = mean - (count + 1) / 2 * slope
    decay = (1 - alpha) ** count
    for step in range(horizon):
        value = level + line_weight * (decay * start + (1 - decay * (1 - alpha)) / alpha * slope)
        value = value + 1.0 if shock and step == 0 else value
        means[..., step] = value
        level = level + alpha * (value - level)
        slope = ((count - 1) * slope + 6 * (value - mean) / (count + 1)) / (count + 2)
        mean = mean + (value - mean) / (count + 1)
        start = mean - (count + 2) / 2 * slope
        count, decay = count + 1, decay * (1 - alpha)
    return means


def theta_responses(alpha: Floats, line_weight: Floats, lengths: Floats, horizon: int) -> Floats:
    """Compute the impulse responses of the dynamic form to an error of 1 in the first period ahead.

    Parameters
    ----------
    alpha : (..., series)
        Smoothing of the level.
    line_weight : (..., series)
        1 - 1 / theta.
    lengths : (..., series)
        Periods of each series.
    horizon : int
        Periods ahead.

    Returns
    -------
    Floats
        (..., series, horizon).
    """
    blank = np.zeros(np.broadcast_shapes(alpha.shape, lengths.shape))
    return theta_means(ThetaState(blank, blank, blank, lengths), alpha, line_weight, horizon, shock=True)


def standard_theta_means(state: ThetaState, alpha: Floats, horizon: int) -> Floats:
    """(..., series, horizon): means of the standard form, half the slope from the lag of smoothing behind the line."""
    lag = (1 - (1 - alpha) ** state.lengths) / alpha
    return np.asarray(state.level[..., None] + state.slope[..., None] / 2 * (np.arange(horizon) + lag[..., None]))


@dataclass(frozen=True)
class ThetaSolution:
    """One alpha for each series, and the least squares given it; each (series,)."""

    alpha: Floats
    line_weight: Floats
    """1 - 1 / theta."""
    initial_level: Floats
    """The level before the first period."""
    sse: Floats
    """Sum of squared errors of one step; in the dynamic form with the prior of the first level."""

    def where(self, chosen: Bools, other: ThetaSolution) -> ThetaSolution:
        """This solution where `chosen`, (series,), else the other."""
        return ThetaSolution(
            np.where(chosen, self.alpha, other.alpha),
            np.where(chosen, self.line_weight, other.line_weight),
            np.where(chosen, self.initial_level, other.initial_level),
            np.where(chosen, self.sse, other.sse),
        )


def solve_theta(lines: TrendLines, alpha: Floats, kind: ThetaKind) -> ThetaSolution:
    """Least squares given alpha (series,)."""
    return _solve_standard(lines, alpha) if kind == "standard" else _solve_dynamic(lines, alpha)


def _solve_standard(lines: TrendLines, alpha: Floats) -> ThetaSolution:
    """Least squares of the standard form, which starts at the first value with no weight of a line."""
    errors, decay, _ = theta_design(lines, alpha)
    residuals = errors - lines.first_value[:, None] * decay
    return ThetaSolution(alpha, np.zeros_like(alpha), lines.first_value, inner_products(residuals, residuals))


def _solve_dynamic(lines: TrendLines, alpha: Floats) -> ThetaSolution:
    """Least squares of the first level and of 1 - 1 / theta between 0 and 1, both with a prior."""
    # normal equations of errors e, decay d of the first level and line g: the first level is solved out
    errors, decay, line = theta_design(lines, alpha)
    start = INITIAL_LEVEL_WEIGHT * lines.first_value
    dd = inner_products(decay, decay) + INITIAL_LEVEL_WEIGHT
    de = inner_products(errors, decay) + start
    dg = inner_products(decay, line) + start
    ee = inner_products(errors, errors) + start * lines.first_value
    gg = inner_products(line, line) + start * lines.first_value
    ge = inner_products(errors, line) + start * lines.first_value
    curvature, pull = np.maximum(gg - dg**2 / dd, 0.0), ge - dg * de / dd
    residual = ee - de**2 / dd - np.divide(pull**2, curvature, out=np.zeros_like(pull), where=curvature > 0)
    variance = np.maximum(residual, MIN_VARIANCE_SHARE * ee) / np.maximum(lines.n_counted - N_PARAMETERS, 1)
    prior = variance / PRIOR_LINE_WEIGHT_SD**2
    total = curvature + prior
    line_weight = np.divide(
        pull + prior * PRIOR_LINE_WEIGHT, total, out=np.full_like(total, PRIOR_LINE_WEIGHT), where=total > 0
    )
    line_weight = np.where(lines.lengths > BURN_IN_PERIODS, np.clip(line_weight, 0.0, 1.0), 0.0)
    level = (de - line_weight * dg) / dd
    sse = ee + line_weight**2 * gg + level**2 * dd - 2 * (line_weight * ge + level * de - line_weight * level * dg)
    return ThetaSolution(alpha, line_weight, level, np.maximum(sse, 0.0))


def step_sd(lines: TrendLines, solution: ThetaSolution, kind: ThetaKind) -> Floats:
    """Estimate the standard deviation of the errors of one step.

    Parameters
    ----------
    lines : TrendLines
        The series.
    solution : ThetaSolution
        Their parameters.
    kind : {"standard", "dynamic", "weighted"}
        Kind of theta; the errors of the standard form are those with its drift.

    Returns
    -------
    Floats
        (series,).
    """
    if kind != "standard":
        return np.asarray(np.sqrt(solution.sse / np.maximum(lines.n_counted - N_PARAMETERS, 1)))
    errors, decay, _ = theta_design(lines, solution.alpha)
    slope, _ = lines.final_line
    lag = (1 - decay) / solution.alpha[:, None] * lines.is_counted
    residuals = errors - solution.initial_level[:, None] * decay - slope[:, None] / 2 * lag
    squares = inner_products(residuals, residuals)
    return np.asarray(np.sqrt(squares / np.maximum(lines.n_counted - N_PARAMETERS_STANDARD, 1)))


def search_theta(lines: TrendLines, kind: ThetaKind) -> ThetaSolution:
    """Find the alpha of each series: the best of the grid, then parabolas between its neighbours.

    Parameters
    ----------
    lines : TrendLines
        The series.
    kind : {"standard", "dynamic", "weighted"}
        Kind of theta.

    Returns
    -------
    ThetaSolution
        The alpha with the least sum of squared errors, and the least squares given it.
    """
    grid = np.array(ALPHA_GRID_STANDARD if kind == "standard" else ALPHA_GRID)
    tried = [solve_theta(lines, np.full(len(lines.values), alpha), kind) for alpha in grid]
    sse = np.array([each.sse for each in tried])
    best = np.argmin(sse, axis=0)
    solution = tried[0]
    for number, each in enumerate(tried):
        solution = each.where(best == number, solution)
    rows, centre = np.arange(len(best)), np.clip(best, 1, len(grid) - 2)
    three = [(grid[number], sse[number, rows]) for number in (centre - 1, centre, centre + 1)]
    for _ in range(PARABOLA_STEPS):
        new = solve_theta(lines, _vertex(*three), kind)
        solution = new.where(new.sse < solution.sse, solution)
        three = _narrow(three, (new.alpha, new.sse))
    return solution


ParabolaPoint = tuple[Floats, Floats]
"""Alphas and their squared errors, each (series,)."""


def _vertex(low: ParabolaPoint, centre: ParabolaPoint, high: ParabolaPoint) -> Floats:
    """(series,): minimum of the parabola through three points, or halfway to the better side (Brent 1973)."""
    (a, at_a), (b, at_b), (c, at_c) = low, centre, high
    down, up = (b - a) * (at_b - at_c), (b - c) * (at_b - at_a)
    curvature = down - up
    shift = np.divide((b - a) * down - (b - c) * up, 2 * curvature, out=np.zeros_like(b), where=curvature != 0)
    vertex = b - shift
    halfway = (b + np.where(at_a < at_c, a, c)) / 2
    return np.where((vertex > a) & (vertex < c) & (np.abs(vertex - b) > MIN_ALPHA_STEP), vertex, halfway)


def _narrow(three: list[ParabolaPoint], new: ParabolaPoint) -> list[ParabolaPoint]:
    """The three points around the least of four."""
    alphas, errors = (np.array([*(point[part] for point in three), new[part]]) for part in (0, 1))
    order = np.argsort(alphas, axis=0, kind="stable")
    alphas, errors = (np.take_along_axis(each, order, axis=0) for each in (alphas, errors))
    first = np.clip(np.argmin(errors, axis=0) - 1, 0, 1)
    rows = np.arange(alphas.shape[1])
    return [(alphas[first + step, rows], errors[first + step, rows]) for step in range(3)]


@dataclass(frozen=True)
class ThetaMember:
    """One alpha for each series on one scale, and its weight."""

    is_log: bool
    """True where the logs are fitted, of the series that have logs."""
    solution: ThetaSolution
    sd: Floats
    """(series,): standard deviation of the errors of one step."""
    weight: Floats
    """(series,): sums to 1 over the members."""


@dataclass(frozen=True)
class FittedThetaPanel:
    """Theta of the series of a panel."""

    kind: ThetaKind
    panel: Panel
    members: tuple[ThetaMember, ...]

    def forecast(self, horizon: int) -> PanelForecast:
        """The weighted mean of the members, and the spread of their mixture; that of the logs where they exist."""
        season = _seasonal_indices(self.panel, self.kind)
        mean, spread = self._member_forecasts(season, horizon)
        sd = np.array([each.sd for each in self.members])[..., None] * spread
        is_log = np.array([each.is_log for each in self.members])[:, None, None] & self.panel.is_positive[:, None]
        mean, sd = from_logs(mean, sd, is_log, self.panel.max_log[:, None])
        weight = np.array([each.weight for each in self.members])
        mixed = np.einsum("ks,ksh->sh", weight, mean)
        variance = np.einsum("ks,ksh->sh", weight, sd**2 + (mean - mixed) ** 2)
        return season.reseasonalise(mixed, np.sqrt(variance))

    def _member_forecasts(self, season: SeasonalIndices, horizon: int) -> tuple[Floats, Floats]:
        """Mean on its scale, and spread in errors of one step, of each member, (members, series, horizon)."""
        adjusted = season.deseasonalise()
        is_log = {each.is_log for each in self.members}
        scales = {log: fit_trend_lines(_to_scale(adjusted, self.panel, log)) for log in is_log}
        solutions = [each.solution for each in self.members]
        state = ThetaState.stack(
            [
                theta_state(scales[each.is_log], each.solution.alpha, each.solution.initial_level)
                for each in self.members
            ]
        )
        alpha = np.array([each.alpha for each in solutions])
        if self.kind == "standard":
            return standard_theta_means(state, alpha, horizon), np.sqrt(1 + np.arange(horizon) * alpha[..., None] ** 2)
        line_weight = np.array([each.line_weight for each in solutions])
        responses = theta_responses(alpha, line_weight, state.lengths, horizon)
        return theta_means(state, alpha, line_weight, horizon), np.sqrt(np.cumsum(responses**2, axis=-1))

    def with_panel(self, panel: Panel) -> FittedThetaPanel:
        """The same parameters over another panel of the same series, their seasons estimated again."""
        return replace(self, panel=panel)


def forecast_theta(panel: Panel, horizon: int, kind: ThetaKind = "weighted") -> PanelForecast:
    """The forecast of each series by one kind of theta."""
    return fit_theta(panel, kind).forecast(horizon)


def fit_theta(panel: Panel, kind: ThetaKind = "weighted") -> FittedThetaPanel:
    """The fit of every series of a panel, its season removed first by classical decomposition."""
    adjusted = _seasonal_indices(panel, kind).deseasonalise()
    if kind == "weighted":
        return FittedThetaPanel(kind, panel, _weighted_members(adjusted, panel))
    lines = fit_trend_lines(adjusted, burn=0 if kind == "standard" else BURN_IN_PERIODS)
    solution = search_theta(lines, kind)
    member = ThetaMember(False, solution, step_sd(lines, solution, kind), np.ones(len(adjusted)))
    return FittedThetaPanel(kind, panel, (member,))


def _seasonal_indices(panel: Panel, kind: ThetaKind) -> SeasonalIndices:
    """Seasonal indices, tested in the standard form and shrunk in the others."""
    return estimate_seasonal_indices(panel, tested=kind == "standard")


def _weighted_members(adjusted: Floats, panel: Panel) -> tuple[ThetaMember, ...]:
    """A member for each alpha of the grid on both scales of the values without their season, (series, periods)."""
    members, criteria = [], []
    for log in (False, True):
        lines = fit_trend_lines(_to_scale(adjusted, panel, log))
        jacobian = 2 * (lines.values * lines.is_counted).sum(axis=1) if log else np.zeros(len(adjusted))
        for alpha in ALPHA_GRID:
            solution = solve_theta(lines, np.full(len(adjusted), alpha), "weighted")
            criterion = _minus_twice_log_likelihood(lines, solution) + jacobian
            criteria.append(np.where(panel.is_positive, criterion, np.inf) if log else criterion)
            members.append((log, solution, step_sd(lines, solution, "weighted")))
    weights = np.exp(-0.5 * (np.array(criteria) - np.min(criteria, axis=0)))
    weights /= weights.sum(axis=0)
    return tuple(ThetaMember(*each, weight) for each, weight in zip(members, weights, strict=True))


def _minus_twice_log_likelihood(lines: TrendLines, solution: ThetaSolution) -> Floats:
    """(series,): -2 log likelihood of normal errors at their likeliest variance, but for a constant."""
    counts = lines.n_counted
    sse = np.maximum(solution.sse, MIN_VARIANCE_SHARE * inner_products(lines.values, lines.values))
    return np.asarray(counts * np.log(np.maximum(sse, 1e-300) / np.maximum(counts, 1)))


def _to_scale(values: Floats, panel: Panel, log: bool) -> Floats:
    """(series, periods): with `log` the logs of the series that have logs, else the values."""
    positive = panel.is_positive[:, None] & log
    return np.where(positive, np.log(np.where(positive, values, 1.0)), values)
