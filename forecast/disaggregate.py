"""Annual totals spread over months by an indicator, so that each year keeps its total."""

from __future__ import annotations

import numpy as np

from forecast.chance import Floats


def denton(totals: Floats, indicator: Floats) -> Floats:
    """Months that follow the movement of `indicator` and sum to `totals`.

    Proportional first differences (Denton 1971, with the start of Cholette 1984): minimise the sum of squared changes
    of months / indicator, subject to the totals. `totals` is (years,), `indicator` (12 * years,), above zero; the
    result is (12 * years,), its sums equal to `totals` within 1e-9 of them. ValueError for other shapes or a month of
    the indicator that is not above zero.
    """
    periods, count = len(totals), len(indicator)
    if periods == 0 or count % periods:
        raise ValueError("the months of the indicator are not a whole multiple of the totals")
    if not (np.all(np.isfinite(indicator)) and np.all(indicator > 0)):
        raise ValueError("every month of the indicator must be above zero")
    per = count // periods
    indicator = indicator * (totals.sum() / indicator.sum()) if totals.sum() > 0 else indicator
    sums = np.kron(np.eye(periods), np.ones(per)) * indicator
    changes = np.diff(np.eye(count), axis=0)
    scale = np.abs(sums).max()
    system = np.block([[changes.T @ changes, sums.T / scale], [sums / scale, np.zeros((periods, periods))]])
    ratio = np.linalg.solve(system, np.concatenate([np.zeros(count), totals / scale]))[:count]
    months = ratio * indicator
    # the solution is exact but for rounding, which a factor of one year takes away
    return months * np.repeat(_safe_ratio(totals, months.reshape(periods, per).sum(axis=1)), per)


def _safe_ratio(totals: Floats, sums: Floats) -> Floats:
    return np.divide(totals, sums, out=np.ones_like(totals), where=sums != 0)


def whole(months: Floats, totals: Floats) -> Floats:
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
