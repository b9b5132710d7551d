"""Annual totals keep their sums to the đồng, and their months follow the indicator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.disaggregate import denton, whole

totals = st.lists(st.integers(10**6, 10**12), min_size=1, max_size=6)


@given(totals, st.integers(0, 2**32 - 1))
def test_each_year_sums_to_its_total(years: list[int], seed: int) -> None:
    indicator = np.random.default_rng(seed).uniform(0.2, 5.0, 12 * len(years))
    months = denton(np.array(years, float), indicator)
    assert months.reshape(-1, 12).sum(axis=1) == pytest.approx(years, rel=1e-9)


@given(totals, st.integers(0, 2**32 - 1))
def test_whole_months_sum_to_whole_totals_exactly(years: list[int], seed: int) -> None:
    indicator = np.random.default_rng(seed).uniform(0.8, 1.2, 12 * len(years))
    amounts = np.array(years, float)
    months = whole(denton(amounts, indicator), amounts)
    assert np.array_equal(months, np.round(months))
    assert np.array_equal(months.reshape(-1, 12).sum(axis=1), amounts)


def test_totals_that_follow_the_indicator_leave_it_as_it_is() -> None:
    indicator = np.random.default_rng(1).uniform(1, 2, 36)
    assert denton(7 * indicator.reshape(3, 12).sum(axis=1), indicator) == pytest.approx(7 * indicator)


def test_a_flat_indicator_of_one_year_gives_twelfths() -> None:
    assert denton(np.array([120.0]), np.ones(12)) == pytest.approx(np.full(12, 10.0))


def test_no_step_is_left_between_two_years() -> None:
    months = denton(np.array([100.0, 200.0]), np.ones(24))
    assert np.abs(np.diff(months, 2)).max() < 0.2


def test_denton_is_the_least_of_all_squared_changes() -> None:
    rng = np.random.default_rng(3)
    indicator, amounts = rng.uniform(1, 2, 24), np.array([20.0, 31.0])
    months = denton(amounts, indicator)
    aside = rng.normal(0, 0.1, 24)
    aside -= np.repeat(aside.reshape(2, 12).mean(axis=1), 12)
    changes = [np.sum(np.diff(series / indicator) ** 2) for series in (months, months + aside, months - aside)]
    assert changes[0] == min(changes)


def test_an_indicator_must_stand_above_zero_and_fill_the_years() -> None:
    for totals_, indicator in (([1.0], np.zeros(12)), ([1.0, 2.0], np.ones(13)), ([1.0], np.full(12, np.nan))):
        with pytest.raises(ValueError):
            denton(np.array(totals_), indicator)
