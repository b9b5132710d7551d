"""Regression: a straight line, twelve months and the festival, with errors that last (generalised least squares).

The errors are AR(1). Dated effects of the past are taken out before (`past_shocks`), so their months are missing here,
and the errors of the months around them are tied over the gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON
from forecast.timeseries.models.base import Model, ModelFailed, Outlook, Past
from forecast.timeseries.models.seasonal_profile import festival_penalty

LASTING = tuple(step / 20 for step in range(20))
"""Shares of an error that may be left a month later, 0 to 0.95, of which the likeliest is taken."""
LASTS = 0.5
"""Share of the slope that is carried on: it was learnt from few years [C]."""


@dataclass(frozen=True)
class _Solved:
    """Generalised least squares for one share that lasts."""

    found: Floats
    """(columns,): level at the last month, slope a month, twelve months, the festival."""
    unsure: Floats
    """(columns, columns): their covariance, in variances of an error."""
    variance: float
    """Of an error."""
    last: float
    """Error of the last month that was seen."""
    gap: int
    """Months since then."""
    likelihood: float
    """Restricted log-likelihood (Harville 1974), but for a constant."""


@dataclass(frozen=True)
class FittedRegression:
    """The line, the season and the festival, and how long an error lasts."""

    lasting: float
    solved: _Solved
    past: Past

    @property
    def parameters(self) -> Mapping[str, float]:
        """Share that lasts, sd of an error, level, slope, season and festival."""
        found = self.solved.found
        named = {"lasting": self.lasting, "sd": float(np.sqrt(self.solved.variance))}
        named |= {"level": float(found[0]), "slope": float(found[1])}
        named |= {f"season_{month + 1}": float(found[2 + month]) for month in range(SEASON)}
        return named | {f"festival_{i}": float(value) for i, value in enumerate(found[2 + SEASON :])}

    def forecast(self, months: int) -> Outlook:
        """Cov = s^2 (phi^|i-j| - phi^(i+j+2g) + x_i V x_j): of the errors given the last, and of what was learnt."""
        steps = np.arange(1, months + 1) + self.solved.gap
        columns = _columns(self.past, self.past.calendar.last + 1, months, self.solved.found[2 + SEASON :])
        columns[:, 1] *= LASTS
        mean = columns @ self.solved.found + self.lasting**steps * self.solved.last
        apart = np.abs(np.subtract.outer(steps, steps))
        errors = self.lasting**apart - self.lasting ** np.add.outer(steps, steps)
        learnt = np.einsum("ik,kl,jl->ij", columns, self.solved.unsure, columns)
        return Outlook(mean, self.solved.variance * (errors + learnt))

    def at(self, past: Past) -> FittedRegression:
        """The same share lasts; line, season and festival are solved anew, in closed form."""
        return FittedRegression(self.lasting, _solve(past, self.lasting), past)


class Regression(Model):
    """Trend, season, festival, and errors that last."""

    def fit(self, past: Past) -> FittedRegression:
        """Restricted maximum likelihood over `LASTING`; ModelFailed under two years of seen months."""
        if (~past.masked).sum() < 2 * SEASON:
            raise ModelFailed("model_needs_two_years")
        tried = {lasting: _solve(past, lasting) for lasting in LASTING}
        best = max(tried, key=lambda lasting: tried[lasting].likelihood)
        return FittedRegression(best, tried[best], past)


def _columns(past: Past, first: int, months: int, festival: Floats) -> Floats:
    """(months, 2 + 12 + festival) from the month `first`: one, months since the end of the past, and so on."""
    number = np.arange(first, first + months)
    moving = past.regressors if first == past.calendar.first else past.regressors_ahead(months)
    line = np.column_stack([np.ones(months), number - past.calendar.last])
    return np.column_stack([line, np.eye(SEASON)[number % SEASON], moving[:, : len(festival)]])


def _solve(past: Past, lasting: float) -> _Solved:
    """Whiten by the root of the errors' correlation, then least squares; the season sums to nearly 0, and the festival
    is shrunk towards its prior as in the profile."""
    count, seen = past.calendar.count, np.flatnonzero(~past.masked)
    moving = past.regressors.shape[1]
    design = _columns(past, past.calendar.first, count, np.zeros(moving))[seen]
    root = np.linalg.cholesky(lasting ** np.abs(np.subtract.outer(seen, seen)).astype(float))
    both = np.linalg.solve(root, np.column_stack([design, past.values[seen]]))
    x, y = both[:, :-1], both[:, -1]
    penalty = np.zeros(design.shape[1])
    penalty[2 : 2 + SEASON] = 1e-4  # so that a level and twelve months have one solution
    penalty[2 + SEASON :] = festival_penalty(past)
    expected = np.concatenate([np.zeros(2 + SEASON), past.prior])
    squares = x.T @ x + np.diag(penalty)
    found = np.linalg.solve(squares, x.T @ y + penalty * expected)
    freedom = len(seen) - design.shape[1] + 1
    if freedom < 1:
        raise ModelFailed("model_needs_two_years")
    left = float(np.sum((y - x @ found) ** 2) + np.sum(penalty * (found - expected) ** 2))
    variance = max(left / freedom, 1e-12)
    logs = 2 * float(np.log(np.diag(root)).sum()) + float(np.linalg.slogdet(squares)[1])
    return _Solved(
        found=found,
        unsure=np.linalg.inv(squares),
        variance=variance,
        last=float(past.values[seen[-1]] - design[-1] @ found),
        gap=int(count - 1 - seen[-1]),
        likelihood=-0.5 * (freedom * float(np.log(variance)) + logs),
    )
