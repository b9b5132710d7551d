"""Simulated monthly series whose growth, season, Tết and noise are known."""

from __future__ import annotations

import numpy as np

from forecast.periods import Calendar, parse_month
from forecast.timeseries.models.base import TimeSeries
from forecast.timeseries.models.moving_holidays import TET_HOLIDAY
from forecast.timeseries.models.outliers import clean

FIRST_MONTH = parse_month("2018-01")
FIRST_CLEANED_MONTH = parse_month("2016-01")


def log_sales(months: int, growth: float = 0.004) -> np.ndarray:
    """(months,) logs of sales with growth, a season, and 20% more in a month that holds all days before Tết."""
    age = np.arange(months)
    holiday = 0.2 * TET_HOLIDAY(Calendar(FIRST_MONTH, months))[:, 0]
    return 10 + growth * age + 0.1 * np.sin(2 * np.pi * age / 12) + holiday


def log_series(values: np.ndarray, masked: tuple[int, ...] = ()) -> TimeSeries:
    """A series from January 2018 on; the rows of `masked` are hidden from models."""
    mask = np.zeros(len(values), bool)
    mask[list(masked)] = True
    return TimeSeries(Calendar(FIRST_MONTH, len(values)), values, mask, TET_HOLIDAY)


def ar1_noise(months: int, seed: int, sd: float = 0.04, persistence: float = 0.4) -> np.ndarray:
    """(months,) autocorrelated noise of standard deviation `sd`."""
    noise = np.random.default_rng(seed).normal(0, sd * np.sqrt(1 - persistence**2), months)
    for month in range(1, months):
        noise[month] += persistence * noise[month - 1]
    return noise


def noisy_log_sales(count: int, seed: int = 1, noise: float = 0.04) -> np.ndarray:
    """(count,) logs of sales with growth, a season and independent noise."""
    age = np.arange(count)
    return 9 + 0.004 * age + 0.1 * np.sin(age * np.pi / 6) + np.random.default_rng(seed).normal(0, noise, count)


def cleaned_series(values: np.ndarray, unknown: tuple[int, ...] = (), holiday: object = TET_HOLIDAY) -> TimeSeries:
    """A series from January 2016 on without the rows of `unknown`, its outlying months estimated."""
    masked = np.zeros(len(values), bool)
    masked[list(unknown)] = True
    calendar = Calendar(FIRST_CLEANED_MONTH, len(values))
    return clean(TimeSeries(calendar, np.where(masked, np.nan, values), masked, holiday))  # type: ignore[arg-type]


def random_walk_sales(
    months: int, seed: int, season: float = 0.2, growth: float = 0.004, noise: float = 0.05
) -> np.ndarray:
    """(months,) positive sales with a season of a year, whose level is a random walk."""
    rng = np.random.default_rng(seed)
    age = np.arange(months)
    level = np.cumsum(rng.normal(0, noise / 2, months))
    cycle = season * np.sin(2 * np.pi * age / 12 + seed)
    return np.asarray(1000 * np.exp(growth * age + cycle + level + rng.normal(0, noise, months)))
