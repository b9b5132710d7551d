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
from forecast.timeseries.panel.theta_recursion import BURN, Lines, design_of

Kind = Literal["standard", "dynamic", "weighted"]
KINDS: tuple[Kind, ...] = ("standard", "dynamic", "weighted")
"""The M3 winner; the dynamic optimised form; that form with every alpha of the grid, weighed (`theta_panel`)."""

GRID = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)
"""Alphas that all series try; Fiorucci and others (2016) bound alpha by the first and the last."""
GRID_STANDARD = (0.0001, 0.02, 0.05, *GRID, 0.9999)
STEPS = 4
"""Parabolas through the best alpha and its neighbours."""
FIRST = 3.0
"""How many errors of one step it is worth that the first level is 1 / theta of the first value, where smoothing and the
line begin together; without it the first level of a short series follows its noise [tuned on M1]."""
SHARE, SHARE_SD = 0.5, 1.0
"""What 1 - 1 / theta is expected to be, and how surely: 0.5 is the standard theta [tuned on M1]."""
FREEDOM, FREEDOM_STANDARD = 3, 2
"""Parameters that the standard deviation of an error allows for: alpha, first level and 1 - 1 / theta; alpha, slope."""
TINY = 1e-12
"""Least variance, as a share of the mean square, so that a perfect past does not divide by zero."""


@dataclass(frozen=True)
class Solved:
    """One alpha a series, and the least squares given it; each (series,)."""

    alpha: Floats
    share: Floats
    """1 - 1 / theta."""
    first: Floats
    """The level before the first period."""
    sse: Floats
    """Squared errors of one step, and of the dynamic form `FIRST` times that of the first level."""

    def where(self, chosen: Bools, other: Solved) -> Solved:
        """This where `chosen`, (series,), else the other."""
        return Solved(
            np.where(chosen, self.alpha, other.alpha),
            np.where(chosen, self.share, other.share),
            np.where(chosen, self.first, other.first),
            np.where(chosen, self.sse, other.sse),
        )


def solve(lines: Lines, alpha: Floats, kind: Kind) -> Solved:
    """Least squares given alpha (series,)."""
    return _standard(lines, alpha) if kind == "standard" else _dynamic(lines, alpha)


def _standard(lines: Lines, alpha: Floats) -> Solved:
    """The standard form begins at the first value and has no share of a line while it smooths."""
    errors, decay, _ = design_of(lines, alpha)
    left = errors - lines.first[:, None] * decay
    return Solved(alpha, np.zeros_like(alpha), lines.first, inner_products(left, left))


def _dynamic(lines: Lines, alpha: Floats) -> Solved:
    """Least squares of the first level and of 1 - 1 / theta between 0 and 1, both with what is expected of them.

    The normal equations are those of errors e, decay d of the first level and line g: the first level is solved out.
    """
    errors, decay, line = design_of(lines, alpha)
    start = FIRST * lines.first
    dd = inner_products(decay, decay) + FIRST
    de = inner_products(errors, decay) + start
    dg = inner_products(decay, line) + start
    ee = inner_products(errors, errors) + start * lines.first
    gg = inner_products(line, line) + start * lines.first
    ge = inner_products(errors, line) + start * lines.first
    curvature, pull = np.maximum(gg - dg**2 / dd, 0.0), ge - dg * de / dd
    left = ee - de**2 / dd - np.divide(pull**2, curvature, out=np.zeros_like(pull), where=curvature > 0)
    variance = np.maximum(left, TINY * ee) / np.maximum(lines.counts - FREEDOM, 1)
    prior = variance / SHARE_SD**2
    total = curvature + prior
    share = np.divide(pull + prior * SHARE, total, out=np.full_like(total, SHARE), where=total > 0)
    share = np.where(lines.lengths > BURN, np.clip(share, 0.0, 1.0), 0.0)
    first = (de - share * dg) / dd
    sse = ee + share**2 * gg + first**2 * dd - 2 * (share * ge + first * de - share * first * dg)
    return Solved(alpha, share, first, np.maximum(sse, 0.0))


def sd_of(lines: Lines, solved: Solved, kind: Kind) -> Floats:
    """(series,): standard deviation of the errors of one step; of the standard form with its drift."""
    if kind != "standard":
        return np.asarray(np.sqrt(solved.sse / np.maximum(lines.counts - FREEDOM, 1)))
    errors, decay, _ = design_of(lines, solved.alpha)
    slope, _ = lines.last
    lag = (1 - decay) / solved.alpha[:, None] * lines.counted
    left = errors - solved.first[:, None] * decay - slope[:, None] / 2 * lag
    return np.asarray(np.sqrt(inner_products(left, left) / np.maximum(lines.counts - FREEDOM_STANDARD, 1)))


def search(lines: Lines, kind: Kind) -> Solved:
    """The alpha of each series: the best of the grid, and parabolas between its neighbours."""
    grid = np.array(GRID_STANDARD if kind == "standard" else GRID)
    tried = [solve(lines, np.full(len(lines.values), alpha), kind) for alpha in grid]
    sse = np.array([each.sse for each in tried])
    best = np.argmin(sse, axis=0)
    found = tried[0]
    for place, each in enumerate(tried):
        found = each.where(best == place, found)
    rows, middle = np.arange(len(best)), np.clip(best, 1, len(grid) - 2)
    three = [(grid[place], sse[place, rows]) for place in (middle - 1, middle, middle + 1)]
    for _ in range(STEPS):
        new = solve(lines, _vertex(*three), kind)
        found = new.where(new.sse < found.sse, found)
        three = _nearer(three, (new.alpha, new.sse))
    return found


Point = tuple[Floats, Floats]
"""Alphas and their squared errors, each (series,)."""


def _vertex(low: Point, middle: Point, high: Point) -> Floats:
    """(series,): where the parabola through three points is least, or halfway to the better side where it has no such
    place between them or it is no step at all (Brent 1973, chapter 5)."""
    (a, at_a), (b, at_b), (c, at_c) = low, middle, high
    left, right = (b - a) * (at_b - at_c), (b - c) * (at_b - at_a)
    curved = left - right
    place = b - np.divide((b - a) * left - (b - c) * right, 2 * curved, out=np.zeros_like(b), where=curved != 0)
    halfway = (b + np.where(at_a < at_c, a, c)) / 2
    return np.where((place > a) & (place < c) & (np.abs(place - b) > 1e-6), place, halfway)


def _nearer(three: list[Point], new: Point) -> list[Point]:
    """The three points around the least of four."""
    alphas, errors = (np.array([*(point[part] for point in three), new[part]]) for part in (0, 1))
    order = np.argsort(alphas, axis=0, kind="stable")
    alphas, errors = (np.take_along_axis(each, order, axis=0) for each in (alphas, errors))
    first = np.clip(np.argmin(errors, axis=0) - 1, 0, 1)
    rows = np.arange(alphas.shape[1])
    return [(alphas[first + step, rows], errors[first + step, rows]) for step in range(3)]
