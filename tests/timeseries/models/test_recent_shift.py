"""The law of a recent level shift: when, whether and how far the level comes back."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.timeseries.models.moving_holidays import NO_HOLIDAY
from forecast.timeseries.models.recent_shift import CONFIRMING_MONTHS, RecentShift, recent_shift
from tests.support.series import cleaned_series
from tests.timeseries.models.test_temporary_changes import COUNT, simulated

UNIFORMS = np.random.default_rng(1).random((3, 40_000))


def shift_of_age(age: int, step: float = -3.0, is_log: bool = True) -> RecentShift:
    return RecentShift(row=60 - age, age=age, step=step, level_sd=0.02, is_log=is_log)


@pytest.mark.parametrize("age", [1, 3, 6, 12, 17])
@pytest.mark.parametrize(("step", "is_log"), [(-3.0, True), (-0.4, True), (1.5, True), (-200.0, False)])
def test_draws_have_the_stated_chance_and_moments(age: int, step: float, is_log: bool) -> None:
    shift = shift_of_age(age, step, is_log)
    drawn = shift.deviations(UNIFORMS, 24)
    ahead = np.arange(1, 25)
    assert np.allclose(shift.returned_within(24), (1 - age / CONFIRMING_MONTHS) * ahead / (age + ahead))
    returned = np.abs(drawn) > np.abs(step) / 5
    assert np.allclose(returned.mean(axis=1), shift.returned_within(24), atol=0.01)
    mean, covariance = shift.moments(24)
    assert np.allclose(drawn.mean(axis=1), mean, atol=0.02 * abs(step))
    assert np.allclose(np.cov(drawn), covariance, rtol=0.06, atol=0.01 * step**2)


def test_a_level_that_is_back_stays_back_and_longer_draws_keep_the_first_months() -> None:
    shift = RecentShift(row=57, age=3, step=-3.0, level_sd=0.0, is_log=True)
    drawn = shift.deviations(UNIFORMS, 36)
    assert np.array_equal(drawn[:12], shift.deviations(UNIFORMS, 12))
    assert np.all(np.diff((drawn != 0).astype(int), axis=0) >= 0)


@pytest.mark.parametrize("step", [-4.0, -0.5, 0.5, 3.0])
def test_a_return_ends_between_the_stated_shares_of_the_way_in_amounts(step: float) -> None:
    new, old = np.exp(step), 1.0
    shift = RecentShift(row=59, age=1, step=step, level_sd=0.0, is_log=True)
    level = new * np.exp(shift.deviations(UNIFORMS, 60)[-1])
    level = level[level != new]
    overshoot = 0.35 * min(old, abs(old - new)) * np.sign(old - new)
    ends = sorted((new + 0.35 * (old - new), old + overshoot))
    assert level.min() == pytest.approx(ends[0], rel=1e-3)
    assert level.max() == pytest.approx(ends[1], rel=1e-3)
    assert level.min() > 0


def test_older_shifts_are_surer() -> None:
    chances = np.array([shift_of_age(age).returned_within(24) for age in range(1, CONFIRMING_MONTHS)])
    assert np.all(np.diff(chances, axis=0) < 0)


@pytest.mark.parametrize("size", [-0.95, -0.4, 1.5])
def test_a_shift_is_recent_for_eighteen_months(size: float) -> None:
    for months_after in (1, 2, 3, 6, 12, 17, 18, 30):
        values = simulated("seasonal", seed=months_after)
        values[COUNT - months_after :] += np.log1p(size)
        shift = recent_shift(cleaned_series(values, holiday=NO_HOLIDAY))
        if months_after >= CONFIRMING_MONTHS:
            assert shift is None
        else:
            assert shift is not None
            assert shift.age == months_after
            assert shift.step == pytest.approx(np.log1p(size), abs=0.15)
            assert 0 < shift.level_sd < 0.06


def test_masked_months_confirm_nothing() -> None:
    values = simulated("seasonal", seed=3)
    values[COUNT - 6 :] -= 2.0
    shift = recent_shift(cleaned_series(values, unknown=(68, 69), holiday=NO_HOLIDAY))
    assert shift is not None
    assert shift.age == 4
    hidden = recent_shift(cleaned_series(values, unknown=tuple(range(COUNT - 6, COUNT)), holiday=NO_HOLIDAY))
    assert hidden is None


@pytest.mark.slow
def test_calm_series_have_no_recent_shift() -> None:
    for kind in ("flat", "noisy", "trended", "walk", "december"):
        for seed in range(100):
            assert recent_shift(cleaned_series(simulated(kind, seed), holiday=NO_HOLIDAY)) is None
