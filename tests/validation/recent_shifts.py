"""The evidence for the law of recent level shifts: `python -m tests.validation.recent_shifts`.

At every origin of M1's monthly series, history and test months together, the change that reaches the last month is
followed: has the level come back by more than half of the way after 1, 3, 6 and 12 months, and how far for half a year
from then on? Beside it the law of `models.recent_shift`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.timeseries.models.moving_medians import seasonal_medians
from forecast.timeseries.models.outliers import clean
from forecast.timeseries.models.recent_shift import MAX_RETURN, MIN_RETURN, RecentShift, recent_shift
from tests.validation.odd_months import log_series, monthly_series

FIRST_ORIGIN_MONTHS, AHEAD = 37, (1, 3, 6, 12)
AGES = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 8), (9, 12))
RETURN_MONTHS = 6


@dataclass(frozen=True)
class Sighting:
    """A recent shift at one origin, and the share of the way that each later month is back, in amounts."""

    series: str
    shift: RecentShift
    back: Floats

    def has_returned_after(self, months: int) -> bool:
        """True where the level is back by more than half of the way."""
        return bool(np.median(self.back[max(0, months - 2) : months + 1]) > 0.5)


def sightings() -> tuple[list[Sighting], int]:
    """The recent shifts at all origins, and the number of origins."""
    seen, origins = [], 0
    for name, history, actual in monthly_series():
        if (actual <= 0).any():
            continue
        values = np.concatenate([history, actual])
        logs = np.log(values)
        adjusted = logs - seasonal_medians(logs)
        for count in range(FIRST_ORIGIN_MONTHS, len(values)):
            origins += 1
            shift = recent_shift(clean(log_series(values[:count])))
            if shift is not None and shift.row + shift.age == count:
                level = float(np.median(adjusted[shift.row : count][-3:]))
                back = np.expm1(adjusted[count : count + 24] - level) / np.expm1(-shift.step)
                seen.append(Sighting(name, shift, back))
    return seen, origins


def main() -> None:
    """Measure and print."""
    warnings.simplefilter("ignore")
    seen, origins = sightings()
    print(f"{len(seen)} recent shifts at {origins} origins, in {len({each.series for each in seen})} series")
    for low, high in AGES:
        group = [each for each in seen if low <= each.shift.age <= high]
        cells = []
        for months in AHEAD:
            known = [each for each in group if len(each.back) >= months]
            measured = np.mean([each.has_returned_after(months) for each in known])
            law = np.mean([each.shift.returned_within(months)[-1] for each in known])
            cells.append(f"{measured:.2f} ({law:.2f})")
        print(f"{low} to {high} months old: {len(group)}, back after {AHEAD} months, (law): {' '.join(cells)}")
    firsts = {(each.series, each.shift.row): each for each in reversed(seen)}.values()
    shares = []
    for each in firsts:
        returned = np.flatnonzero(each.back > 0.5)
        if len(returned) and len(each.back) >= returned[0] + RETURN_MONTHS:
            shares.append(np.median(each.back[returned[0] : returned[0] + RETURN_MONTHS]))
    quantiles = np.round(np.quantile(shares, (0.1, 0.25, 0.5, 0.75, 0.9)), 2)
    print(f"{len(shares)} of {len(firsts)} came back; share of the way, P10 to P90: {quantiles}")
    print(f"law: even from {MIN_RETURN} to {MAX_RETURN}")


if __name__ == "__main__":
    main()
