"""Theta fitted by least squares: alphas that all series try, and from the best of them parabolas of each.

In the dynamic form no parameter moves the line, and the level is linear in the first level: given alpha, the first
level and 1 - 1 / theta are linear least squares, so that alpha alone is searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from forecast.arrays import Bools, Floats
from forecast.timeseries.panel.panel import inner_products
from forecast.timeseries.panel.theta_recursion import BURN_IN_PERIODS, TrendLines, theta_design

ThetaKind = Literal["standard", "dynamic", "weighted"]
THETA_KINDS: tuple[ThetaKind, ...] = ("standard", "dynamic", "weighted")
"""The M3 winner; the dynamic optimised form; that form with every alpha of the grid, weighed (`theta_panel`)."""

ALPHA_GRID = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)
"""Alphas that all series try; Fiorucci and others (2016) bound alpha by the first and the last."""
ALPHA_GRID_STANDARD = (0.0001, 0.02, 0.05, *ALPHA_GRID, 0.9999)
PARABOLA_STEPS = 4
"""Parabolas through the best alpha and its neighbours."""
INITIAL_LEVEL_WEIGHT = 3.0
"""How many errors of one step it is worth that the first level is 1 / theta of the first value, where smoothing and the
line begin together; without it the first level of a short series follows its noise [tuned on M1]."""
PRIOR_LINE_WEIGHT, PRIOR_LINE_WEIGHT_SD = 0.5, 1.0
"""What 1 - 1 / theta is expected to be, and how surely: 0.5 is the standard theta [tuned on M1]."""
N_PARAMETERS, N_PARAMETERS_STANDARD = 3, 2
"""Parameters that the standard deviation of an error allows for: alpha, first level and 1 - 1 / theta; alpha, slope."""
MIN_VARIANCE_SHARE = 1e-12
"""Least variance, as a share of the mean square, so that a perfect past does not divide by zero."""


@dataclass(frozen=True)
class ThetaSolution:
    """One alpha a series, and the least squares given it; each (series,)."""

    alpha: Floats
    line_weight: Floats
    """1 - 1 / theta."""
    initial_level: Floats
    """The level before the first period."""
    sse: Floats
    """Squared errors of one step, and of the dynamic form `FIRST` times that of the first level."""

    def where(self, chosen: Bools, other: ThetaSolution) -> ThetaSolution:
        """This where `chosen`, (series,), else the other."""
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
    """The standard form begins at the first value and has no share of a line while it smooths."""
    errors, decay, _ = theta_design(lines, alpha)
    left = errors - lines.first_value[:, None] * decay
    return ThetaSolution(alpha, np.zeros_like(alpha), lines.first_value, inner_products(left, left))


def _solve_dynamic(lines: TrendLines, alpha: Floats) -> ThetaSolution:
    """Least squares of the first level and of 1 - 1 / theta between 0 and 1, both with what is expected of them.

    The normal equations are those of errors e, decay d of the first level and line g: the first level is solved out.
    """
    errors, decay, line = theta_design(lines, alpha)
    start = INITIAL_LEVEL_WEIGHT * lines.first_value
    dd = inner_products(decay, decay) + INITIAL_LEVEL_WEIGHT
    de = inner_products(errors, decay) + start
    dg = inner_products(decay, line) + start
    ee = inner_products(errors, errors) + start * lines.first_value
    gg = inner_products(line, line) + start * lines.first_value
    ge = inner_products(errors, line) + start * lines.first_value
    curvature, pull = np.maximum(gg - dg**2 / dd, 0.0), ge - dg * de / dd
    left = ee - de**2 / dd - np.divide(pull**2, curvature, out=np.zeros_like(pull), where=curvature > 0)
    variance = np.maximum(left, MIN_VARIANCE_SHARE * ee) / np.maximum(lines.n_counted - N_PARAMETERS, 1)
    prior = variance / PRIOR_LINE_WEIGHT_SD**2
    total = curvature + prior
    share = np.divide(
        pull + prior * PRIOR_LINE_WEIGHT, total, out=np.full_like(total, PRIOR_LINE_WEIGHT), where=total > 0
    )
    share = np.where(lines.lengths > BURN_IN_PERIODS, np.clip(share, 0.0, 1.0), 0.0)
    first = (de - share * dg) / dd
    sse = ee + share**2 * gg + first**2 * dd - 2 * (share * ge + first * de - share * first * dg)
    return ThetaSolution(alpha, share, first, np.maximum(sse, 0.0))


def step_sd(lines: TrendLines, solved: ThetaSolution, kind: ThetaKind) -> Floats:
    """(series,): standard deviation of the errors of one step; of the standard form with its drift."""
    if kind != "standard":
        return np.asarray(np.sqrt(solved.sse / np.maximum(lines.n_counted - N_PARAMETERS, 1)))
    errors, decay, _ = theta_design(lines, solved.alpha)
    slope, _ = lines.final_line
    lag = (1 - decay) / solved.alpha[:, None] * lines.is_counted
    left = errors - solved.initial_level[:, None] * decay - slope[:, None] / 2 * lag
    return np.asarray(np.sqrt(inner_products(left, left) / np.maximum(lines.n_counted - N_PARAMETERS_STANDARD, 1)))


def search_theta(lines: TrendLines, kind: ThetaKind) -> ThetaSolution:
    """The alpha of each series: the best of the grid, and parabolas between its neighbours."""
    grid = np.array(ALPHA_GRID_STANDARD if kind == "standard" else ALPHA_GRID)
    tried = [solve_theta(lines, np.full(len(lines.values), alpha), kind) for alpha in grid]
    sse = np.array([each.sse for each in tried])
    best = np.argmin(sse, axis=0)
    found = tried[0]
    for place, each in enumerate(tried):
        found = each.where(best == place, found)
    rows, middle = np.arange(len(best)), np.clip(best, 1, len(grid) - 2)
    three = [(grid[place], sse[place, rows]) for place in (middle - 1, middle, middle + 1)]
    for _ in range(PARABOLA_STEPS):
        new = solve_theta(lines, _vertex(*three), kind)
        found = new.where(new.sse < found.sse, found)
        three = _narrow(three, (new.alpha, new.sse))
    return found


ParabolaPoint = tuple[Floats, Floats]
"""Alphas and their squared errors, each (series,)."""


def _vertex(low: ParabolaPoint, middle: ParabolaPoint, high: ParabolaPoint) -> Floats:
    """(series,): where the parabola through three points is least, or halfway to the better side where it has no such
    place between them or it is no step at all (Brent 1973, chapter 5)."""
    (a, at_a), (b, at_b), (c, at_c) = low, middle, high
    left, right = (b - a) * (at_b - at_c), (b - c) * (at_b - at_a)
    curved = left - right
    place = b - np.divide((b - a) * left - (b - c) * right, 2 * curved, out=np.zeros_like(b), where=curved != 0)
    halfway = (b + np.where(at_a < at_c, a, c)) / 2
    return np.where((place > a) & (place < c) & (np.abs(place - b) > 1e-6), place, halfway)


def _narrow(three: list[ParabolaPoint], new: ParabolaPoint) -> list[ParabolaPoint]:
    """The three points around the least of four."""
    alphas, errors = (np.array([*(point[part] for point in three), new[part]]) for part in (0, 1))
    order = np.argsort(alphas, axis=0, kind="stable")
    alphas, errors = (np.take_along_axis(each, order, axis=0) for each in (alphas, errors))
    first = np.clip(np.argmin(errors, axis=0) - 1, 0, 1)
    rows = np.arange(alphas.shape[1])
    return [(alphas[first + step, rows], errors[first + step, rows]) for step in range(3)]
