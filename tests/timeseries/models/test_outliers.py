"""Outlying months and level shifts are found, and nothing else is taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.timeseries.models.moving_holidays import NO_HOLIDAY
from forecast.timeseries.models.outliers import clean_as_of, outlying_months
from tests.support.series import cleaned_series, noisy_log_sales

pytestmark = pytest.mark.usefixtures("quiet_models")


def test_estimates_at_an_origin_use_only_earlier_months() -> None:
    values = noisy_log_sales(60)
    later = values.copy()
    later[40:] += 0.2
    original, changed = (clean_as_of(cleaned_series(each, unknown=(30,)), 36) for each in (values, later))
    assert np.array_equal(original.values, changed.values)
    assert original.values[30] == pytest.approx(values[30], abs=0.2)


def test_seasons_and_new_levels_are_not_outliers() -> None:
    values = noisy_log_sales(60)
    values[11::12] += 1.2
    assert not cleaned_series(values).masked.any()
    values = noisy_log_sales(30)
    values[11::12] += 1.5
    assert not cleaned_series(values).masked.any()
    values[17] -= 1.5
    assert np.flatnonzero(cleaned_series(values).masked).tolist() == [17]
    values = noisy_log_sales(10)
    values[5] += 1.5
    assert not cleaned_series(values).masked.any()
    values = noisy_log_sales(60)
    values[58:] += 1.0
    assert not cleaned_series(values).masked.any()
    values[33] -= 1.0
    assert np.flatnonzero(cleaned_series(values).masked).tolist() == [33]


def test_quiet_and_random_walk_series_have_few_outliers() -> None:
    cleaned = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        random_walk = np.cumsum(rng.normal(0, 0.08, 72)) + rng.standard_t(5, 72) * 0.04
        cleaned.append(cleaned_series(random_walk, holiday=NO_HOLIDAY))
    assert np.mean([past.masked.any() for past in cleaned]) <= 0.1
    assert np.mean([bool(past.level_shifts) for past in cleaned]) <= 0.1
    assert not outlying_months(cleaned_series(noisy_log_sales(60))).any()
