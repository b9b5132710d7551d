"""Time of a fit as its history grows: one service of 36, 100, 300 and 600 months, CPU seconds.

Prints one JSON object: seconds by number of months, the time of each model at 100 and 300 months, and the ratio of 300
months to 100, each the least of a few measurements in turn. `--gate` exits 1 beyond the limit.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from forecast.periods import Calendar
from forecast.timeseries.ensemble.ensemble import FORECAST_MONTHS, FitTask, fit_ensemble
from forecast.timeseries.models import MODELS
from forecast.timeseries.models.base import TimeSeries
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY
from forecast.timeseries.models.outliers import clean

LENGTHS = (36, 100, 300, 600)
"""Months."""
MAX_RATIO = 2.0
"""CPU of a history of 300 months over that of one of 100, at most."""
ROUNDS = 3


def measure_histories(lengths: tuple[int, ...] = LENGTHS, rounds: int = ROUNDS) -> dict[str, Any]:
    """CPU seconds of a fit by number of months, of each model at 100 and 300 months, and their ratio."""
    series = {months: seasonal_series(months) for months in lengths}
    fit_ensemble([FitTask("warm", "actual", "log", series[lengths[0]])])  # loads the libraries
    seconds: dict[int, list[float]] = {months: [] for months in lengths}
    for _ in range(rounds):
        for months in lengths:
            seconds[months].append(cpu_seconds(partial(clean_and_fit, series[months])))
    least = {months: min(measured) for months, measured in seconds.items()}
    models = {
        name: {months: min(fit_and_forecast(model, series[months]) for _ in range(rounds)) for months in (100, 300)}
        for name, model in MODELS.items()
    }
    return {
        "cpu_s": {str(months): round(value, 3) for months, value in least.items()},
        "models_ms": {name: {str(m): round(1e3 * s, 1) for m, s in by.items()} for name, by in models.items()},
        "ratio_300_to_100": round(least[300] / least[100], 2),
        "limit": MAX_RATIO,
    }


def clean_and_fit(series: TimeSeries) -> None:
    """Mask what stands out and fit every model, now and at past origins."""
    fit_ensemble([FitTask("service", "actual", "log", clean(series))])


def seasonal_series(months: int) -> TimeSeries:
    """Logs of a series with a season, a drift and persistent noise, the same for every length of its start."""
    draws = np.random.default_rng(11).normal(size=1_000)
    noise = np.zeros(months)
    for month in range(1, months):
        noise[month] = 0.5 * noise[month - 1] + 0.04 * draws[month]
    season = 0.2 * np.sin(2 * np.pi * np.arange(months) / 12)
    values = 4.0 + 0.002 * np.arange(months) + season + noise
    return TimeSeries(Calendar(12 * 1970, months), values, np.zeros(months, bool), NO_HOLIDAY)


def fit_and_forecast(model: Any, series: TimeSeries) -> float:
    """CPU seconds of one model."""
    return cpu_seconds(lambda: model.fit(series).forecast(FORECAST_MONTHS))


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of a call."""
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gate", action="store_true")
    asked = parser.parse_args()
    figures = measure_histories()
    print(json.dumps(figures, indent=1))
    return 1 if asked.gate and figures["ratio_300_to_100"] > MAX_RATIO else 0


if __name__ == "__main__":
    sys.exit(main())
