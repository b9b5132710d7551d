"""Regression: a straight line, twelve months and the festival, with errors that last (generalised least squares).

The errors are AR(1). Dated effects of the past are taken out before (`past_shocks`), so their months are missing here,
and the errors of the months around them are tied over the gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import Model, ModelFailed, PredictiveNormal, TimeSeries
from forecast.timeseries.models.seasonal_profile import holiday_penalty

AUTOCORRELATION_GRID = tuple(step / 20 for step in range(20))
"""Shares of an error that may be left a month later, 0 to 0.95, of which the likeliest is taken."""
SLOPE_SHARE = 0.5
"""Share of the slope that is carried on: it was learnt from few years [C]."""


@dataclass(frozen=True)
class _GlsFit:
    """Generalised least squares for one share that lasts."""

    coefficients: Floats
    """(columns,): level at the last month, slope a month, twelve months, the festival."""
    coefficient_covariance: Floats
    """(columns, columns): their covariance, in variances of an error."""
    variance: float
    """Of an error."""
    last_error: float
    """Error of the last month that was seen."""
    months_since_last: int
    """Months since then."""
    log_likelihood: float
    """Restricted log-likelihood (Harville 1974), but for a constant."""


@dataclass(frozen=True)
class FittedRegression:
    """The line, the season and the festival, and how long an error lasts."""

    autocorrelation: float
    gls: _GlsFit
    series: TimeSeries

    @property
    def parameters(self) -> Mapping[str, float]:
        """Share that lasts, sd of an error, level, slope, season and festival."""
        found = self.gls.coefficients
        named = {"lasting": self.autocorrelation, "sd": float(np.sqrt(self.gls.variance))}
        named |= {"level": float(found[0]), "slope": float(found[1])}
        named |= {f"season_{month + 1}": float(found[2 + month]) for month in range(SEASON_MONTHS)}
        return named | {f"festival_{i}": float(value) for i, value in enumerate(found[2 + SEASON_MONTHS :])}

    def forecast(self, months: int) -> PredictiveNormal:
        """Cov = s^2 (phi^|i-j| - phi^(i+j+2g) + x_i V x_j): of the errors given the last, and of what was learnt."""
        steps = np.arange(1, months + 1) + self.gls.months_since_last
        columns = _design_matrix(
            self.series, self.series.calendar.last + 1, months, self.gls.coefficients[2 + SEASON_MONTHS :]
        )
        columns[:, 1] *= SLOPE_SHARE
        mean = columns @ self.gls.coefficients + self.autocorrelation**steps * self.gls.last_error
        apart = np.abs(np.subtract.outer(steps, steps))
        errors = self.autocorrelation**apart - self.autocorrelation ** np.add.outer(steps, steps)
        learnt = np.einsum("ik,kl,jl->ij", columns, self.gls.coefficient_covariance, columns)
        return PredictiveNormal(mean, self.gls.variance * (errors + learnt))

    def with_series(self, past: TimeSeries) -> FittedRegression:
        """The same share lasts; line, season and festival are solved anew, in closed form."""
        return FittedRegression(self.autocorrelation, _fit_gls(past, self.autocorrelation), past)


class RegressionModel(Model):
    """Trend, season, festival, and errors that last."""

    def fit(self, past: TimeSeries) -> FittedRegression:
        """Restricted maximum likelihood over `LASTING`; ModelFailed under two years of seen months."""
        if (~past.masked).sum() < 2 * SEASON_MONTHS:
            raise ModelFailed("model_needs_two_years")
        tried = {lasting: _fit_gls(past, lasting) for lasting in AUTOCORRELATION_GRID}
        best = max(tried, key=lambda lasting: tried[lasting].log_likelihood)
        return FittedRegression(best, tried[best], past)


def _design_matrix(past: TimeSeries, first: int, months: int, festival: Floats) -> Floats:
    """(months, 2 + 12 + festival) from the month `first`: one, months since the end of the past, and so on."""
    number = np.arange(first, first + months)
    moving = past.regressors if first == past.calendar.first else past.regressors_ahead(months)
    line = np.column_stack([np.ones(months), number - past.calendar.last])
    return np.column_stack([line, np.eye(SEASON_MONTHS)[number % SEASON_MONTHS], moving[:, : len(festival)]])


def _fit_gls(past: TimeSeries, lasting: float) -> _GlsFit:
    """Whiten by the root of the errors' correlation, then least squares; the season sums to nearly 0, and the festival
    is shrunk towards its prior as in the profile."""
    count, seen = past.calendar.count, np.flatnonzero(~past.masked)
    moving = past.regressors.shape[1]
    design = _design_matrix(past, past.calendar.first, count, np.zeros(moving))[seen]
    root = np.linalg.cholesky(lasting ** np.abs(np.subtract.outer(seen, seen)).astype(float))
    both = np.linalg.solve(root, np.column_stack([design, past.values[seen]]))
    x, y = both[:, :-1], both[:, -1]
    penalty = np.zeros(design.shape[1])
    penalty[2 : 2 + SEASON_MONTHS] = 1e-4  # so that a level and twelve months have one solution
    penalty[2 + SEASON_MONTHS :] = holiday_penalty(past)
    expected = np.concatenate([np.zeros(2 + SEASON_MONTHS), past.holiday_prior])
    squares = x.T @ x + np.diag(penalty)
    found = np.linalg.solve(squares, x.T @ y + penalty * expected)
    freedom = len(seen) - design.shape[1] + 1
    if freedom < 1:
        raise ModelFailed("model_needs_two_years")
    left = float(np.sum((y - x @ found) ** 2) + np.sum(penalty * (found - expected) ** 2))
    variance = max(left / freedom, 1e-12)
    logs = 2 * float(np.log(np.diag(root)).sum()) + float(np.linalg.slogdet(squares)[1])
    return _GlsFit(
        coefficients=found,
        coefficient_covariance=np.linalg.inv(squares),
        variance=variance,
        last_error=float(past.values[seen[-1]] - design[-1] @ found),
        months_since_last=int(count - 1 - seen[-1]),
        log_likelihood=-0.5 * (freedom * float(np.log(variance)) + logs),
    )
