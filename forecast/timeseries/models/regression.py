"""Regression: a straight line, twelve months and the holiday, with AR(1) errors (generalised least squares).

Dated effects of the past are removed before (`interventions`), so their months are missing here, and the errors of the
months around them are correlated across the gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import Model, ModelFailed, PredictiveNormal, TimeSeries
from forecast.timeseries.models.seasonal_profile import SLOPE_SHARE, holiday_penalty

AUTOCORRELATION_GRID = tuple(step / 20 for step in range(20))
"""Autocorrelations of the errors that are tried, 0 to 0.95; the likeliest is taken."""
SEASON_PENALTY = 1e-4
"""Ridge on the twelve months, so that a level and twelve months have one solution."""
MIN_ERROR_VARIANCE = 1e-12
"""Least variance of the errors, so that a perfect past does not divide by zero."""


@dataclass(frozen=True)
class _GlsFit:
    """Generalised least squares for one autocorrelation."""

    coefficients: Floats
    """(columns,): level at the last month, slope a month, twelve months, the holiday."""
    coefficient_covariance: Floats
    """(columns, columns): their covariance, in variances of an error."""
    variance: float
    """Variance of an error."""
    last_error: float
    """Error of the last unmasked month."""
    months_since_last: int
    """Months since then."""
    log_likelihood: float
    """Restricted log-likelihood (Harville 1974), but for a constant."""


@dataclass(frozen=True)
class FittedRegression:
    """The line, the season and the holiday, and the autocorrelation of the errors."""

    autocorrelation: float
    gls: _GlsFit
    series: TimeSeries

    @property
    def parameters(self) -> Mapping[str, float]:
        """Autocorrelation, sd of an error, level, slope, season and holiday."""
        coefficients = self.gls.coefficients
        named = {"lasting": self.autocorrelation, "sd": float(np.sqrt(self.gls.variance))}
        named |= {"level": float(coefficients[0]), "slope": float(coefficients[1])}
        named |= {f"season_{month + 1}": float(coefficients[2 + month]) for month in range(SEASON_MONTHS)}
        return named | {f"festival_{i}": float(value) for i, value in enumerate(coefficients[2 + SEASON_MONTHS :])}

    def forecast(self, months: int) -> PredictiveNormal:
        """The line extrapolated: covariance s^2 (phi^|i-j| - phi^(i+j+2g) + x_i V x_j), errors given the last one."""
        steps = np.arange(1, months + 1) + self.gls.months_since_last
        columns = _design_matrix(
            self.series, self.series.calendar.last + 1, months, self.gls.coefficients[2 + SEASON_MONTHS :]
        )
        columns[:, 1] *= SLOPE_SHARE
        mean = columns @ self.gls.coefficients + self.autocorrelation**steps * self.gls.last_error
        distance = np.abs(np.subtract.outer(steps, steps))
        errors = self.autocorrelation**distance - self.autocorrelation ** np.add.outer(steps, steps)
        estimation = np.einsum("ik,kl,jl->ij", columns, self.gls.coefficient_covariance, columns)
        return PredictiveNormal(mean, self.gls.variance * (errors + estimation))

    def with_series(self, series: TimeSeries) -> FittedRegression:
        """The same autocorrelation over another series; line, season and holiday are solved again in closed form."""
        return FittedRegression(self.autocorrelation, _fit_gls(series, self.autocorrelation), series)


class RegressionModel(Model):
    """Trend, season and holiday with AR(1) errors."""

    def fit(self, series: TimeSeries) -> FittedRegression:
        """The restricted maximum likelihood over the grid; ModelFailed under two years of unmasked months."""
        if (~series.masked).sum() < 2 * SEASON_MONTHS:
            raise ModelFailed("model_needs_two_years")
        tried = {autocorrelation: _fit_gls(series, autocorrelation) for autocorrelation in AUTOCORRELATION_GRID}
        best = max(tried, key=lambda autocorrelation: tried[autocorrelation].log_likelihood)
        return FittedRegression(best, tried[best], series)


def _design_matrix(series: TimeSeries, first: int, months: int, holiday_coefficients: Floats) -> Floats:
    """(months, 2 + 12 + columns) from the month `first`: 1, months since the end of the series, months, holiday."""
    number = np.arange(first, first + months)
    holiday = series.regressors if first == series.calendar.first else series.regressors_ahead(months)
    line = np.column_stack([np.ones(months), number - series.calendar.last])
    season = np.eye(SEASON_MONTHS)[number % SEASON_MONTHS]
    return np.column_stack([line, season, holiday[:, : len(holiday_coefficients)]])


def _fit_gls(series: TimeSeries, autocorrelation: float) -> _GlsFit:
    """Least squares whitened by the Cholesky factor of the errors' correlation, the holiday drawn to its prior."""
    count, rows = series.calendar.count, np.flatnonzero(~series.masked)
    design = _design_matrix(series, series.calendar.first, count, np.zeros(series.regressors.shape[1]))[rows]
    factor = np.linalg.cholesky(autocorrelation ** np.abs(np.subtract.outer(rows, rows)).astype(float))
    whitened = np.linalg.solve(factor, np.column_stack([design, series.values[rows]]))
    x, y = whitened[:, :-1], whitened[:, -1]
    penalty = np.zeros(design.shape[1])
    penalty[2 : 2 + SEASON_MONTHS] = SEASON_PENALTY
    penalty[2 + SEASON_MONTHS :] = holiday_penalty(series)
    prior = np.concatenate([np.zeros(2 + SEASON_MONTHS), series.holiday_prior])
    squares = x.T @ x + np.diag(penalty)
    coefficients = np.linalg.solve(squares, x.T @ y + penalty * prior)
    df = len(rows) - design.shape[1] + 1
    if df < 1:
        raise ModelFailed("model_needs_two_years")
    sse = float(np.sum((y - x @ coefficients) ** 2) + np.sum(penalty * (coefficients - prior) ** 2))
    variance = max(sse / df, MIN_ERROR_VARIANCE)
    log_determinants = 2 * float(np.log(np.diag(factor)).sum()) + float(np.linalg.slogdet(squares)[1])
    return _GlsFit(
        coefficients=coefficients,
        coefficient_covariance=np.linalg.inv(squares),
        variance=variance,
        last_error=float(series.values[rows[-1]] - design[-1] @ coefficients),
        months_since_last=int(count - 1 - rows[-1]),
        log_likelihood=-0.5 * (df * float(np.log(variance)) + log_determinants),
    )
