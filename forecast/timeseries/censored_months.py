"""Months of a ledger that never goes below zero: their scale, and their means, with closed months at zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS, Calendar
from forecast.timeseries.ensemble.ensemble import Fit, FitTask
from forecast.timeseries.models.base import MonthScale

__all__ = ["fill_empty_years", "means_from_zero", "month_scale"]

MIN_MONTH_MEAN_SDS = 0.25
"""Least mean of an open month, in its standard deviations, before the year's sum is kept: no such month is surely zero.
Ledgers of which 70% are zero have means of 0.6 [C]."""
MIN_YEAR_MEAN_SDS = 0.1
"""Least mean of a year, in its standard deviations: that nothing more will come is not certain [C]."""
MAX_CLOSED_CHANCE = 0.01
"""Chance that a month of the year with trade was zero in every year, below which one that was zero is closed [C]."""


def month_scale(task: FitTask, measured: Floats) -> MonthScale:
    """Choose the scale on which months are simulated: a ledger that never goes below zero gives months that never do.

    Parameters
    ----------
    task : FitTask
        The service and the scale of its fit.
    measured : (months,)
        The history.

    Returns
    -------
    {"log", "raw", "censored"}
        That of the fit, or `censored` where it is `raw` and no month is below zero.
    """
    return "censored" if task.scale == "raw" and measured.min() >= 0 else task.scale


def means_from_zero(fit: Fit, measured: Floats, months: Calendar, calendar: Calendar) -> Floats:
    """Compute the means of the months ahead; each calendar year keeps the sum of its forecasts.

    Parameters
    ----------
    fit : Fit
        The combined forecast on the raw scale; some of its means may be below zero.
    measured : (months,)
        The history, nowhere below zero.
    months : Calendar
        Its months.
    calendar : Calendar
        Whole years whose sums are kept: those that touch the horizon.

    Returns
    -------
    Floats
        (months ahead,): zero in closed months, above zero in all others.
    """
    ahead = np.arange(months.last + 1, months.last + 1 + len(fit.mean))
    least = MIN_MONTH_MEAN_SDS * np.linalg.norm(fit.cholesky, axis=1)
    is_open = ~_closed_months(measured, months)[ahead % SEASON_MONTHS]
    means = np.where(is_open, np.maximum(fit.mean, least), 0.0)
    for year in calendar.years:
        rows = ahead // SEASON_MONTHS == year
        if means[rows].any():
            least_sum = MIN_YEAR_MEAN_SDS * np.linalg.norm(fit.cholesky[rows].sum(axis=0))
            means[rows] *= max(fit.mean[rows].sum(), least_sum) / means[rows].sum()
    return means


def _closed_months(measured: Floats, months: Calendar) -> NDArray[np.bool_]:
    """(12,): True for months of the year that were zero in every year, and hardly by chance."""
    seasons = np.array(months.months) % SEASON_MONTHS
    counts = np.bincount(seasons, minlength=SEASON_MONTHS)
    zeros = np.bincount(seasons, measured == 0, SEASON_MONTHS)
    always_zero = (zeros == counts) & (counts > 0)
    zero_share = (zeros[~always_zero].sum() + 1) / (counts[~always_zero].sum() + 2)  # Laplace's rule of succession
    return np.asarray(always_zero & (zero_share**counts < MAX_CLOSED_CHANCE))


def fill_empty_years(shape: Floats, weights: Floats) -> Floats:
    """Give a year without trade the months of the base year, so that a planner's total can be spread over them.

    Parameters
    ----------
    shape : (months,)
        Whole years of undisturbed months, nowhere below zero.
    weights : (12,)
        Shares of the months of the base year.

    Returns
    -------
    Floats
        (months,): no year sums to zero.
    """
    years = shape.reshape(-1, SEASON_MONTHS)
    return np.where(years.sum(axis=1, keepdims=True) > 0, years, weights).reshape(-1)
