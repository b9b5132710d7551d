"""Totals of years or quarters spread over shorter periods by an indicator, so that each total is kept.

The ratio of the lengths is that of the shapes: 3 years and 36 months, 12 quarters and 36 months, 3 years and 12
quarters. "Months" below are the shorter periods, "totals" the longer ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.linalg import solve_triangular, toeplitz
from scipy.optimize import minimize_scalar

from forecast.arrays import Floats

ResidualModel = Literal["chow-lin", "fernandez", "litterman"]
RhoCriterion = Literal["likelihood", "squares"]
MAX_RHO = 0.999
"""Of an autoregressive parameter that is searched; also -0.999, where negative ones are allowed."""
RHO_GRID_POINTS = 80
"""Values of rho that are tried before the best is refined."""


def denton_cholette(totals: Floats, indicator: Floats) -> Floats:
    """Months that follow the movement of `indicator` and sum to `totals`.

    Proportional first differences (Denton 1971, with the start of Cholette 1984): minimise the sum of squared changes
    of months / indicator, subject to the totals. `totals` is (years,), `indicator` (12 * years,), above zero; the
    result is (12 * years,), its sums equal to `totals` within 1e-9 of them. ValueError for other shapes or a month of
    the indicator that is not above zero.
    """
    periods, per = _check_shapes(totals, indicator)
    count = len(indicator)
    indicator = indicator * (totals.sum() / indicator.sum()) if totals.sum() > 0 else indicator
    sums = np.kron(np.eye(periods), np.ones(per)) * indicator
    changes = np.diff(np.eye(count), axis=0)
    scale = np.abs(sums).max()
    system = np.block([[changes.T @ changes, sums.T / scale], [sums / scale, np.zeros((periods, periods))]])
    ratio = np.linalg.solve(system, np.concatenate([np.zeros(count), totals / scale]))[:count]
    months = ratio * indicator
    # the solution is exact but for rounding, which a factor of one year takes away
    return months * np.repeat(_safe_ratio(totals, months.reshape(periods, per).sum(axis=1)), per)


def denton(totals: Floats, indicator: Floats) -> Floats:
    """The original of Denton (1971), proportional first differences: the first month is tied to the indicator too.

    Minimise (m_1 / i_1 - 1)^2 and the squared changes of m / i, subject to the totals; shapes and errors as of
    `denton_cholette`. The indicator must be in the unit of the totals: where its sums lie far from them, the first
    year climbs from the one to the other, which is why `denton_cholette` is the usual choice.
    """
    periods, per = _check_shapes(totals, indicator)
    sums = np.asarray(np.kron(np.eye(periods), np.ones(per)), float)
    root: Floats = indicator[:, None] * np.tri(len(indicator), dtype=float)  # of the inverse of what is minimised
    return _distribute(totals, indicator, sums, root)


@dataclass(frozen=True)
class RegressionResult:
    """Months by a regression of the totals on the sums of indicators."""

    months: Floats
    """(months of the indicators,): beyond the totals, what the regression says there."""
    coefficients: Floats
    """(columns,)."""
    rho: float
    """Autoregressive parameter of the residuals; 0 of Fernandez."""


def disaggregate_by_regression(
    totals: Floats,
    indicators: Floats,
    residuals: ResidualModel,
    *,
    per: int,
    before: int = 0,
    min_rho: float = 0.0,
    criterion: RhoCriterion = "likelihood",
) -> RegressionResult:
    """Best linear unbiased months (Chow and Lin 1971): X b + Q C' (C Q C')^-1 (y - C X b), b by generalised squares.

    `totals` y is (periods,), `indicators` X (months, columns), a constant among them if wanted, `per` the months of a
    period; `before` months stand before the first total, and those after the last one are extrapolated. The residuals
    of the months, whose covariance is Q, are an autoregression of parameter rho (`chow-lin`), a random walk that starts
    at 0 (`fernandez`, Fernandez 1981) or a random walk of such an autoregression (`litterman`, Litterman 1983). rho
    from `min_rho` to 0.999 has the greatest likelihood of the totals (Bournay and Laroque 1979), or the least
    generalised `squares`. ValueError where there are no more totals than columns, or the shapes do not fit.
    """
    periods, (count, columns) = len(totals), indicators.shape
    after = count - before - periods * per
    if periods <= columns:
        raise ValueError("a regression needs more totals than indicators")
    if before < 0 or after < 0 or not np.all(np.isfinite(indicators)):
        raise ValueError("the months of the indicators do not fill the totals")
    sums = np.pad(np.kron(np.eye(periods), np.ones(per)), ((0, 0), (before, after)))
    known = sums @ indicators

    def loss(rho: float) -> float:
        return _rho_loss(totals, known, sums @ _residual_root(residuals, rho, count), criterion)

    rho = 0.0 if residuals == "fernandez" else _minimise_rho(loss, max(min_rho, -MAX_RHO))
    root = _residual_root(residuals, rho, count)
    coefficients, _, _ = _fit_gls(totals, known, sums @ root)
    return RegressionResult(_distribute(totals, indicators @ coefficients, sums, root), coefficients, rho)


def _regression_method(residuals: ResidualModel) -> Callable[[Floats, Floats], Floats]:
    def method(totals: Floats, indicator: Floats) -> Floats:
        _, per = _check_shapes(totals, indicator)
        scaled = indicator * (totals.sum() / indicator.sum()) if totals.sum() > 0 else indicator
        columns = np.column_stack([np.ones(len(indicator)), scaled])
        return disaggregate_by_regression(totals, columns, residuals, per=per).months

    return method


def _denton_scaled(totals: Floats, indicator: Floats) -> Floats:
    return denton(totals, indicator * (totals.sum() / indicator.sum()))


DISAGGREGATION_METHODS: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "denton-cholette": denton_cholette,
    "denton": _denton_scaled,
    "chow-lin": _regression_method("chow-lin"),
    "fernandez": _regression_method("fernandez"),
    "litterman": _regression_method("litterman"),
}
"""Name -> (totals, indicator of any unit) -> months; the regressions have a constant and need three totals or more."""
DEFAULT_METHOD = "denton-cholette"


def _check_shapes(totals: Floats, indicator: Floats) -> tuple[int, int]:
    """How many totals there are, and how many months each has; ValueError where they do not fit."""
    periods, count = len(totals), len(indicator)
    if periods == 0 or count % periods:
        raise ValueError("the months of the indicator are not a whole multiple of the totals")
    if not (np.all(np.isfinite(indicator)) and np.all(indicator > 0)):
        raise ValueError("every month of the indicator must be above zero")
    return periods, count // periods


def _residual_root(residuals: ResidualModel, rho: float, count: int) -> Floats:
    """L of the covariance Q = L L' of the residuals of the months, lower triangular, (months, months)."""
    powers = rho ** np.arange(count)
    if residuals == "chow-lin":
        root = toeplitz(powers, np.zeros(count))
        root[:, 0] /= np.sqrt(1 - rho**2)  # stationary from the first month on
        return np.asarray(root)
    return np.asarray(toeplitz(np.cumsum(powers), np.zeros(count)))


def _fit_gls(totals: Floats, known: Floats, root: Floats) -> tuple[Floats, float, float]:
    """Coefficients, generalised sum of squares and log determinant of the covariance root root' of the totals."""
    factor = np.linalg.cholesky(root @ root.T)
    white = solve_triangular(factor, np.column_stack([known, totals]), lower=True)
    coefficients, *_ = np.linalg.lstsq(white[:, :-1], white[:, -1], rcond=None)
    left = white[:, -1] - white[:, :-1] @ coefficients
    return coefficients, float(left @ left), 2 * float(np.log(np.diag(factor)).sum())


def _rho_loss(totals: Floats, known: Floats, root: Floats, criterion: RhoCriterion) -> float:
    """The generalised squares, or twice the negative log likelihood but for a constant."""
    _, squares, determinant = _fit_gls(totals, known, root)
    return squares if criterion == "squares" else len(totals) * float(np.log(max(squares, 1e-300))) + determinant


def _minimise_rho(loss: Callable[[float], float], low: float) -> float:
    """The rho of the least loss: the best of a grid, refined between its neighbours."""
    grid = np.linspace(low, MAX_RHO, RHO_GRID_POINTS)
    at = int(np.argmin([loss(float(rho)) for rho in grid]))
    bounds = float(grid[max(at - 1, 0)]), float(grid[min(at + 1, RHO_GRID_POINTS - 1)])
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-12})
    return min((float(found.x), float(grid[at])), key=loss)


def _distribute(totals: Floats, preliminary: Floats, sums: Floats, root: Floats) -> Floats:
    """Preliminary months and their share of what is missing from the totals: p + Q C' (C Q C')^-1 (y - C p)."""
    wide = sums @ root
    months = preliminary + root @ (wide.T @ np.linalg.solve(wide @ wide.T, totals - sums @ preliminary))
    # exact but for rounding, of which every month takes the same
    return np.asarray(months + sums.T @ ((totals - sums @ months) / sums.sum(axis=1)))


def _safe_ratio(totals: Floats, sums: Floats) -> Floats:
    return np.divide(totals, sums, out=np.ones_like(totals), where=sums != 0)


def round_to_totals(months: Floats, totals: Floats) -> Floats:
    """Whole numbers nearest to `months` whose sums are the whole `totals` exactly (largest remainders).

    ValueError when a total is not a whole number.
    """
    if not np.array_equal(totals, np.round(totals)):
        raise ValueError("the totals are not whole numbers")
    rounded = np.floor(months).reshape(len(totals), -1)
    remainders = months.reshape(rounded.shape) - rounded
    for year, total in enumerate(totals):
        left = int(total - rounded[year].sum())
        rounded[year, np.argsort(-remainders[year], kind="stable")[:left]] += 1
    return rounded.ravel()
