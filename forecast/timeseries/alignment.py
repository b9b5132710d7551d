"""How a history and what follows it are laid on the calendar of a plan."""

from __future__ import annotations

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS, Calendar
from forecast.timeseries.ensemble.ensemble import Fit, FitTask
from forecast.timeseries.models.base import Forecast

ANNUAL_QUANTILE_DRAWS = 4_000
"""Draws behind what the models say of a year."""
ANNUAL_QUANTILE_SEED = 20210111
"""Seed of those draws; they are for show and meet no other draw."""


def align_to_calendar(
    task: FitTask, fit: Fit, measured: Floats, calm: Floats, calendar: Calendar
) -> tuple[Forecast, Floats]:
    """The forecast and the undisturbed shape over the calendar; months that the history holds are as they were."""
    history = task.series.calendar
    if task.scale == "log":
        measured, calm = (np.log(np.where(values > 0, values, 1.0)) for values in (measured, calm))
    mean, shape = np.zeros(calendar.count), np.zeros(calendar.count)
    root = np.zeros((calendar.count, calendar.count))
    ahead = max(0, history.last + 1 - calendar.first)
    steps = calendar.count - ahead
    mean[ahead:] = shape[ahead:] = fit.mean[:steps]
    root[ahead:, ahead:] = fit.cholesky[:steps, :steps]
    for row in range(ahead):
        at = calendar.first + row - history.first
        if at >= 0:
            mean[row], shape[row] = measured[at], calm[at]
        else:  # before the history began: as the same month a year later
            later = (row - ahead) % SEASON_MONTHS
            mean[row] = shape[row] = fit.mean[later]
    if task.scale == "raw":
        shape = np.log(np.maximum(shape, 1e-6 * max(float(np.abs(shape).max()), 1e-300)))
    return Forecast(mean, root, task.scale), shape


def base_year(months: Calendar) -> tuple[int | None, slice]:
    """The last whole calendar year and its rows; without one, the rows of the last twelve months."""
    year = (months.last + 1) // SEASON_MONTHS - 1
    if SEASON_MONTHS * year < months.first:
        return None, slice(max(0, months.count - SEASON_MONTHS), months.count)
    return year, months.year_rows(year)


def monthly_shares(shape: Floats) -> Floats:
    """Shares of the months in the first calendar year of a shape, (12,)."""
    raw: Floats = np.exp(shape[:SEASON_MONTHS] - shape[:SEASON_MONTHS].max())
    return np.asarray(raw / raw.sum(), float)


def annual_quantiles(forecast: Forecast, calendar: Calendar) -> dict[int, tuple[float, float, float]]:
    """P10, P50 and P90 of each year by the history alone, from draws of its own."""
    z = np.random.default_rng(ANNUAL_QUANTILE_SEED).standard_normal((calendar.count, ANNUAL_QUANTILE_DRAWS))
    values = forecast.transform_normal(z)
    found = {}
    for year in calendar.years:
        low, middle, high = np.quantile(values[calendar.year_rows(year)].sum(axis=0), (0.1, 0.5, 0.9))
        found[year] = (float(low), float(middle), float(high))
    return found
