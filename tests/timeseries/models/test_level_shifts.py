"""Level shifts: one for each that stays, none for a level that came back."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.timeseries.models.moving_holidays import NO_HOLIDAY
from tests.support.series import cleaned_series
from tests.timeseries.models.test_temporary_changes import COUNT, simulated

KINDS = ("flat", "seasonal", "trended", "walk", "trading days", "december")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [-0.95, -0.55, 1.5])
def test_a_level_that_stays_is_one_shift(kind: str, size: float) -> None:
    for months_after in (1, 2, 3, 6, 9, 12, 13, 15, 18, 24, 36, 60, 66):
        values = simulated(kind, seed=months_after)
        values[COUNT - months_after :] += np.log1p(size)
        series = cleaned_series(values, holiday=NO_HOLIDAY)
        ((row, step),) = series.level_shifts
        assert abs(row - (COUNT - months_after)) <= 1, months_after
        assert step == pytest.approx(np.log1p(size), abs=0.15), months_after
        assert np.count_nonzero(series.masked) <= 1, months_after
        assert np.abs(np.diff(series.values)).max() < 1.2


def test_a_level_that_came_back_in_part_is_a_change_and_a_shift() -> None:
    values = simulated("seasonal", seed=2)
    values[40:46] -= 3.0
    values[46:] -= 0.5
    series = cleaned_series(values, holiday=NO_HOLIDAY)
    ((row, step),) = series.level_shifts
    assert row == 46
    assert step == pytest.approx(-0.5, abs=0.05)
    assert np.flatnonzero(series.masked).tolist() == list(range(40, 46))


def test_no_month_has_two_shifts_and_no_shift_takes_another_back() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        values = simulated("noisy", seed)
        for _ in range(3):
            first, length = rng.integers(3, COUNT - 3), rng.integers(1, 14)
            values[first : first + length] += rng.choice([-1, 1]) * rng.uniform(0.2, 3)
        series = cleaned_series(values, holiday=NO_HOLIDAY)
        rows = [row for row, _step in series.level_shifts]
        assert len(rows) == len(set(rows))
        assert not series.masked[rows].any()


def test_a_wandering_level_has_no_shift() -> None:
    shifts = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        values = 8 + np.cumsum(rng.normal(0, 0.08, COUNT)) + rng.standard_t(5, COUNT) * 0.04
        shifts.append(bool(cleaned_series(values, holiday=NO_HOLIDAY).level_shifts))
    assert np.mean(shifts) <= 0.05
