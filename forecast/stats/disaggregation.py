"""Temporal disaggregation: totals of years or quarters spread over shorter periods, so that each total is kept.

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

__all__ = [
    "DEFAULT_METHOD",
    "DISAGGREGATION_METHODS",
    "denton",
    "denton_cholette",
    "disaggregate_by_regression",
    "round_to_totals",
]

ResidualModel = Literal["chow-lin", "fernandez", "litterman"]
RhoCriterion = Literal["likelihood", "squares"]
MAX_RHO = 0.999
"""Largest autoregressive parameter that is searched, and smallest with the other sign where negatives are allowed."""
RHO_GRID_POINTS = 80
"""Values of rho that are tried before the best is refined."""


def denton_cholette(totals: Floats, indicator: Floats) -> Floats:
    """Return months that follow the movement of an indicator and sum to the totals.

    Proportional first differences: minimise the sum of squared changes of months / indicator, subject to the totals.

    Parameters
    ----------
    totals : Floats
        (totals,).
    indicator : Floats
        Above 0, of any unit, (months,).

    Returns
    -------
    Floats
        (months,), their sums equal to the totals within 1e-9 of them.

    Raises
    ------
    ValueError
        The shapes do not fit, or a month of the indicator is not above 0.

    References
    ----------
    Denton (1971), with the start of Cholette (1984).
    """
    n_totals, n_per_total = _check_shapes(totals, indicator)
    n_months = len(indicator)
    indicator = indicator * (totals.sum() / indicator.sum()) if totals.sum() > 0 else indicator
    sums = np.kron(np.eye(n_totals), np.ones(n_per_total)) * indicator
    changes = np.diff(np.eye(n_months), axis=0)
    scale = np.abs(sums).max()
    system = np.block([[changes.T @ changes, sums.T / scale], [sums / scale, np.zeros((n_totals, n_totals))]])
    ratio = np.linalg.solve(system, np.concatenate([np.zeros(n_months), totals / scale]))[:n_months]
    months = ratio * indicator
    # the solution is exact but for rounding, which a factor of one year takes away
    return months * np.repeat(_safe_ratio(totals, months.reshape(n_totals, n_per_total).sum(axis=1)), n_per_total)


def denton(totals: Floats, indicator: Floats) -> Floats:
    """Return months by the original method of Denton, which ties the first month to the indicator too.

    Minimise (m_1 / i_1 - 1)^2 and the squared changes of m / i, subject to the totals. Where the sums of the indicator
    lie far from the totals, the first year climbs from the one to the other: `denton_cholette` is the usual choice.

    Parameters
    ----------
    totals : Floats
        (totals,).
    indicator : Floats
        Above 0, in the unit of the totals, (months,).

    Returns
    -------
    Floats
        (months,).

    Raises
    ------
    ValueError
        The shapes do not fit, or a month of the indicator is not above 0.

    References
    ----------
    Denton (1971), Adjustment of monthly or quarterly series to annual totals.
    """
    n_totals, n_per_total = _check_shapes(totals, indicator)
    sums = np.asarray(np.kron(np.eye(n_totals), np.ones(n_per_total)), float)
    root: Floats = indicator[:, None] * np.tri(len(indicator), dtype=float)  # of the inverse of what is minimised
    return _distribute(totals, indicator, sums, root)


@dataclass(frozen=True)
class RegressionResult:
    """Months by a regression of the totals on the sums of indicators."""

    months: Floats
    """(months,); beyond the totals the values of the regression."""
    coefficients: Floats
    """(columns,)."""
    rho: float
    """Autoregressive parameter of the residuals; 0 for `fernandez`."""


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
    """Return the best linear unbiased months: X b + Q C' (C Q C')^-1 (y - C X b), b by generalised least squares.

    Parameters
    ----------
    totals : Floats
        y, (totals,).
    indicators : Floats
        X, (months, columns), a constant among them if wanted.
    residuals : ResidualModel
        Model of the residuals of the months, whose covariance is Q: an autoregression of parameter rho (`chow-lin`), a
        random walk that starts at 0 (`fernandez`) or a random walk of such an autoregression (`litterman`).
    per : int
        Months of a total.
    before : int
        Months before the first total; those after the last one are extrapolated.
    min_rho : float
        Smallest rho that is searched; the largest is 0.999.
    criterion : RhoCriterion
        Rho has the greatest `likelihood` of the totals, or the least generalised `squares`.

    Returns
    -------
    RegressionResult
        Months, coefficients and rho.

    Raises
    ------
    ValueError
        There are no more totals than columns, or the shapes do not fit.

    References
    ----------
    Chow and Lin (1971); Fernandez (1981); Litterman (1983); Bournay and Laroque (1979) for the likelihood.
    """
    periods, (count, columns) = len(totals), indicators.shape
    after = count - before - periods * per
    if periods <= columns:
        raise ValueError("a regression needs more totals than indicators")
    if before < 0 or after < 0 or not np.all(np.isfinite(indicators)):
        raise ValueError("the months of the indicators do not fill the totals")
    sums = np.pad(np.kron(np.eye(periods), np.ones(per)), ((0, 0), (before, after)))
    indicator_sums = sums @ indicators

    def loss(rho: float) -> float:
        return _rho_loss(totals, indicator_sums, sums @ _residual_root(residuals, rho, count), criterion)

    rho = 0.0 if residuals == "fernandez" else _minimise_rho(loss, max(min_rho, -MAX_RHO))
    root = _residual_root(residuals, rho, count)
    coefficients, _, _ = _fit_gls(totals, indicator_sums, sums @ root)
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
    """Number of totals, and of months of each; ValueError where they do not fit."""
    n_totals, n_months = len(totals), len(indicator)
    if n_totals == 0 or n_months % n_totals:
        raise ValueError("the months of the indicator are not a whole multiple of the totals")
    if not (np.all(np.isfinite(indicator)) and np.all(indicator > 0)):
        raise ValueError("every month of the indicator must be above zero")
    return n_totals, n_months // n_totals


def _residual_root(residuals: ResidualModel, rho: float, count: int) -> Floats:
    """L of the covariance Q = L L' of the residuals of the months, lower triangular, (months, months)."""
    powers = rho ** np.arange(count)
    if residuals == "chow-lin":
        root = toeplitz(powers, np.zeros(count))
        root[:, 0] /= np.sqrt(1 - rho**2)  # stationary from the first month on
        return np.asarray(root)
    return np.asarray(toeplitz(np.cumsum(powers), np.zeros(count)))


def _fit_gls(totals: Floats, indicator_sums: Floats, root: Floats) -> tuple[Floats, float, float]:
    """Coefficients, generalised sum of squares and log determinant of the covariance root root' of the totals."""
    factor = np.linalg.cholesky(root @ root.T)
    white = solve_triangular(factor, np.column_stack([indicator_sums, totals]), lower=True)
    coefficients, *_ = np.linalg.lstsq(white[:, :-1], white[:, -1], rcond=None)
    residual = white[:, -1] - white[:, :-1] @ coefficients
    return coefficients, float(residual @ residual), 2 * float(np.log(np.diag(factor)).sum())


def _rho_loss(totals: Floats, indicator_sums: Floats, root: Floats, criterion: RhoCriterion) -> float:
    """Generalised squares, or twice the negative log likelihood but for a constant."""
    _, squares, determinant = _fit_gls(totals, indicator_sums, root)
    return squares if criterion == "squares" else len(totals) * float(np.log(max(squares, 1e-300))) + determinant


def _minimise_rho(loss: Callable[[float], float], low: float) -> float:
    """Rho of the least loss: the best of a grid, refined between its neighbours."""
    grid = np.linspace(low, MAX_RHO, RHO_GRID_POINTS)
    row = int(np.argmin([loss(float(rho)) for rho in grid]))
    bounds = float(grid[max(row - 1, 0)]), float(grid[min(row + 1, RHO_GRID_POINTS - 1)])
    refined = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-12})
    return min((float(refined.x), float(grid[row])), key=loss)


def _distribute(totals: Floats, preliminary: Floats, sums: Floats, root: Floats) -> Floats:
    """Preliminary months p with their share of the difference to the totals: p + Q C' (C Q C')^-1 (y - C p)."""
    sums_of_root = sums @ root
    months = preliminary + root @ (
        sums_of_root.T @ np.linalg.solve(sums_of_root @ sums_of_root.T, totals - sums @ preliminary)
    )
    # exact but for rounding, of which every month takes the same
    return np.asarray(months + sums.T @ ((totals - sums @ months) / sums.sum(axis=1)))


def _safe_ratio(totals: Floats, sums: Floats) -> Floats:
    return np.divide(totals, sums, out=np.ones_like(totals), where=sums != 0)


def round_to_totals(months: Floats, totals: Floats) -> Floats:
    """Round months so that their sums are the totals exactly (largest remainders).

    Parameters
    ----------
    months : Floats
        (months,).
    totals : Floats
        Whole numbers, (totals,).

    Returns
    -------
    Floats
        Whole numbers, (months,).

    Raises
    ------
    ValueError
        A total is not a whole number.
    """
    if not np.array_equal(totals, np.round(totals)):
        raise ValueError("the totals are not whole numbers")
    rounded = np.floor(months).reshape(len(totals), -1)
    remainders = months.reshape(rounded.shape) - rounded
    for year, total in enumerate(totals):
        missing = int(total - rounded[year].sum())
        rounded[year, np.argsort(-remainders[year], kind="stable")[:missing]] += 1
    return rounded.ravel()
