"""Coverage of the ranges that `forecast new --from` drafts, on the last years of competition series.

    python -m benchmarks.annual_change

Each monthly series of M1, M3 and Tourism with six full years above zero: the change of its last year against the range
by the changes of the 0 to 4 years before.
"""

from __future__ import annotations

import numpy as np

from benchmarks.competition import COMPETITIONS, load_series
from forecast.arrays import Floats
from forecast.stats.annual_change import predict_annual_change
from forecast.workflows.drafted_figures import PRIOR_SD

MONTHS = 12
MIN_CHANGES = 5
"""Changes from year to year of a series that is taken."""
MAX_KNOWN = 4


def annual_changes(competition: str) -> list[Floats]:
    """Changes from year to year (years - 1,) of each monthly series with enough full years above zero."""
    changes = []
    for past, actual in zip(*load_series(competition, "monthly"), strict=True):
        months = np.concatenate([past, actual])
        count = len(months) // MONTHS
        totals = months[len(months) - MONTHS * count :].reshape(count, MONTHS).sum(axis=1)
        if count > MIN_CHANGES and (totals > 0).all():
            changes.append(totals[1:] / totals[:-1] - 1)
    return changes


def measure_coverage(changes: list[Floats], known: int) -> tuple[float, float]:
    """Share of last years inside the range by so many changes before it, and the median width of the range."""
    ranges = np.array([predict_annual_change(each[len(each) - 1 - known : -1].tolist(), PRIOR_SD) for each in changes])
    last = np.array([each[-1] for each in changes])
    is_inside = (ranges[:, 0] <= last) & (last <= ranges[:, 1])
    return float(is_inside.mean()), float(np.median(ranges[:, 1] - ranges[:, 0]))


def main() -> None:
    """Print a table."""
    print("| series | changes known | inside 80% | median width |\n|---|--:|--:|--:|")
    for competition, name in COMPETITIONS.items():
        changes = annual_changes(competition)
        for known in range(MAX_KNOWN + 1):
            inside, width = measure_coverage(changes, known)
            print(f"| {name}, {len(changes)} | {known} | {inside:.0%} | {width:.0%} |")


if __name__ == "__main__":
    main()
