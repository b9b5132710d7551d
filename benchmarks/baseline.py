"""CPU seconds of a plan's complete baseline, cold: `python -m benchmarks.baseline`.

Three services of 60, 66 and 72 actual months with a season, Tết and surprises that last; statsmodels members and
rolling origins included, nothing kept from before. Prints the seconds of libraries and fits, and the results.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from forecast.periods import Calendar, format_month, parse_month
from forecast.plan.loading.loader import read_text
from forecast.timeseries.baseline import fit_baseline
from forecast.timeseries.models import preload
from forecast.timeseries.models.moving_holidays import TET_HOLIDAY

PLAN = """
name: {en: Three services}
currency: VND
horizon: {from: 2021-01, months: 12}
history: ledger.csv
services:
  a: {growth: 0% to 9%}
  b: {}
  c: {}
"""
MONTHS_BY_SERVICE = {"a": 60, "b": 66, "c": 72}


def ledger_csv() -> str:
    """A ledger of the three services as CSV."""
    lines = ["month,service,revenue,status"]
    for seed, (service, count) in enumerate(MONTHS_BY_SERVICE.items()):
        calendar = Calendar(parse_month("2021-01") - count, count)
        surprises = np.random.default_rng(seed).normal(0, 0.05, count)
        for month in range(1, count):
            surprises[month] += 0.4 * surprises[month - 1]
        season = 0.1 * np.sin(np.array(calendar.months) * np.pi / 6)
        values = np.exp(24 + 0.004 * np.arange(count) + season + 0.2 * TET_HOLIDAY(calendar)[:, 0] + surprises)
        pairs = zip(calendar.months, values, strict=True)
        lines += [f"{format_month(month)},{service},{value:.0f},actual" for month, value in pairs]
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "ledger.csv").write_text(ledger_csv(), encoding="utf-8")
        plan = read_text(PLAN, Path(name), "plan.yaml")
        begun = time.process_time()
        preload()
        loaded = time.process_time()
        baseline = fit_baseline(plan)
        done = time.process_time()
    print(
        f"libraries {loaded - begun:.2f} s, fits and origins {done - loaded:.2f} s, together {done - begun:.2f} s CPU"
    )
    for service, fitted in baseline.services.items():
        weights = ", ".join(f"{model} {weight:.2f}" for model, weight in fitted.weights.items())
        held = f"80% held {fitted.coverage80:.2f}, 95% held {fitted.coverage95:.2f} of {len(fitted.checks)} origins"
        print(f"{service}: {weights}; MASE {fitted.mase:.2f}; {held}")


if __name__ == "__main__":
    main()
