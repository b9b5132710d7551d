"""Temporary changes are masked, whatever their length, size and place, and a season or a calm series has none."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.periods import Calendar
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY, TET_HOLIDAY
from tests.support.series import FIRST_CLEANED_MONTH, cleaned_series

COUNT = 72


def simulated(kind: str, seed: int, count: int = COUNT) -> np.ndarray:
    """(count,) logs of a calm series, of one kind."""
    rng, age = np.random.default_rng(seed), np.arange(count)
    noise, season, growth = {"noisy": 0.06}.get(kind, 0.025), {"flat": 0.0}.get(kind, 0.15), 0.004
    values = 7 + growth * age + season * np.sin(2 * np.pi * age / 12) + rng.normal(0, noise, count)
    if kind == "trended":
        values += 0.016 * age
    if kind == "walk":
        values += np.cumsum(rng.normal(0, 0.025, count))
    if kind == "trading days":
        values += 0.04 * ((age * 7) % 5 - 2)
    if kind == "december":
        values += 0.8 * (age % 12 == 11)
    return values


KINDS = ("flat", "seasonal", "noisy", "trended", "walk", "trading days", "december")


def masked_rows(values: np.ndarray) -> list[int]:
    """Rows that are masked, of a series without a level shift."""
    series = cleaned_series(values, holiday=NO_HOLIDAY)
    assert series.level_shifts == ()
    return np.flatnonzero(series.masked).tolist()


SIZES = (-0.95, -0.55, 1.5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_a_temporary_change_of_any_length_and_place_is_masked(kind: str, size: float) -> None:
    """Each length is at each place in one of the sizes."""
    for length in range(1, 13):
        places = (4, 17, 31, 50, COUNT - length - 3, COUNT - length - 1)
        for first in places[(SIZES.index(size) + length) % len(SIZES) :: len(SIZES)]:
            values = simulated(kind, seed=length)
            values[first : first + length] += np.log1p(size)
            masked = masked_rows(values)
            changed = set(range(first, first + length))
            assert len(changed - set(masked)) <= (kind == "walk"), (length, first)
            assert len(set(masked) - changed) <= 1, (length, first)


@pytest.mark.parametrize("kind", KINDS)
def test_calm_series_have_no_temporary_change_and_no_level_shift(kind: str) -> None:
    cleaned = [cleaned_series(simulated(kind, seed), holiday=NO_HOLIDAY) for seed in range(100)]
    assert np.mean([series.masked.any() for series in cleaned]) <= 0.04
    assert not any(series.level_shifts for series in cleaned)


@pytest.mark.parametrize(("first", "second"), [((20, 23), (50, 55)), ((40, 43), (45, 48)), ((39, 42), (52, 55))])
def test_two_temporary_changes_are_masked(first: tuple[int, int], second: tuple[int, int]) -> None:
    """Also with two months between them, and in overlapping months of two years."""
    values = simulated("seasonal", seed=3)
    for start, stop in (first, second):
        values[start:stop] -= 1.5
    assert masked_rows(values) == [*range(*first), *range(*second)]


def test_a_change_that_comes_and_goes_in_steps_is_masked() -> None:
    values = simulated("seasonal", seed=4)
    values[50:56] += np.log([0.5, 0.1, 0.1, 0.3, 0.5, 0.7])
    assert masked_rows(values) == list(range(50, 56))


def test_months_that_come_yearly_are_a_season() -> None:
    values = simulated("seasonal", seed=5)
    for year in range(6):
        values[12 * year + 5 : 12 * year + 8] -= 1.0
    assert masked_rows(values) == []
    newly = simulated("seasonal", seed=5)
    for year in (4, 5):
        newly[12 * year + 5 : 12 * year + 8] -= 1.0
    assert masked_rows(newly) == []


def test_tet_is_no_temporary_change() -> None:
    tet = TET_HOLIDAY(Calendar(FIRST_CLEANED_MONTH, COUNT))
    values = simulated("flat", seed=6) + 0.9 * tet[:, 0] - 0.4 * tet[:, 1]
    series = cleaned_series(values)
    assert not series.masked.any()
    assert series.level_shifts == ()


def test_a_slow_cycle_is_no_temporary_change() -> None:
    values = simulated("flat", seed=7) + 0.5 * np.sin(2 * np.pi * np.arange(COUNT) / 40)
    assert masked_rows(values) == []


@pytest.mark.parametrize("count", [28, 34])
def test_a_deep_change_in_a_short_history_is_masked(count: int) -> None:
    values = simulated("flat", seed=8, count=count)
    values[16:19] -= 2.5
    assert masked_rows(values) == [16, 17, 18]


def test_months_that_the_planner_masked_do_not_end_a_change() -> None:
    values = simulated("seasonal", seed=10)
    values[40:43] -= 2.0
    values[46:48] -= 2.0
    cleaned = cleaned_series(values, unknown=(*range(43, 46), *range(48, 60)), holiday=NO_HOLIDAY)
    assert np.flatnonzero(cleaned.masked).tolist() == list(range(40, 60))
    assert cleaned.level_shifts == ()


def test_small_changes_are_left_to_the_models() -> None:
    values = simulated("seasonal", seed=9)
    values[40:44] += np.log1p(-0.1)
    assert masked_rows(values) == []
