"""Rolling origins see nothing that comes later, and what they missed sets the widths, a little."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from forecast.periods import Calendar, parse_month
from forecast.timeseries.ensemble.cross_validation import (
    CV_HORIZON_MONTHS,
    OriginForecasts,
    combination_weights,
    combine_at_origins,
    cross_validate,
    evaluate,
    rolling_origins,
    standardised_errors,
)
from forecast.timeseries.ensemble.interval_calibration import PRIOR_SD_FACTOR, StandardisedErrors, extend, sd_factors
from forecast.timeseries.models import MODELS, preload
from forecast.timeseries.models.base import PredictiveNormal, TimeSeries
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY, TET_HOLIDAY
from forecast.timeseries.models.outliers import clean, clean_as_of, outlying_months

FIRST = parse_month("2016-01")
QUICK = {name: MODELS[name] for name in ("regression", "sarimax", "seasonal_naive", "structural")}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings(), threadpool_limits(1):
        preload()
        warnings.simplefilter("ignore")
        yield


def made(count: int, seed: int = 1, noise: float = 0.04) -> np.ndarray:
    age = np.arange(count)
    return 9 + 0.004 * age + 0.1 * np.sin(age * np.pi / 6) + np.random.default_rng(seed).normal(0, noise, count)


def past_of(values: np.ndarray, unknown: tuple[int, ...] = (), festival: object = TET_HOLIDAY) -> TimeSeries:
    masked = np.zeros(len(values), bool)
    masked[list(unknown)] = True
    source = TimeSeries(Calendar(FIRST, len(values)), np.where(masked, np.nan, values), masked, festival)  # type: ignore[arg-type]
    return clean(source)


def test_origins_are_the_months_of_the_last_two_years_that_leave_two_to_learn_from() -> None:
    assert list(rolling_origins(60)) == list(range(36, 60))
    assert list(rolling_origins(36)) == list(range(24, 36))
    assert list(rolling_origins(20)) == []


def test_poison_in_later_months_moves_no_word_of_an_origin() -> None:
    """Later months are multiplied by up to 20 and one is masked: what was said before them stays to the last bit."""
    values = made(54)
    poisoned = values.copy()
    poisoned[40:] += np.random.default_rng(9).uniform(-3, 3, 14)
    calm = cross_validate(QUICK, past_of(values, unknown=(20,)))
    moved = cross_validate(QUICK, past_of(poisoned, unknown=(20, 45)))
    assert [asked.n_known for asked in calm] == list(range(30, 54))
    for one, other in zip(calm, moved, strict=True):
        if one.n_known <= 40:
            assert one.forecasts.keys() == other.forecasts.keys()
            for name in one.forecasts:
                assert np.array_equal(one.forecasts[name].mean, other.forecasts[name].mean)
                assert np.array_equal(one.forecasts[name].covariance, other.forecasts[name].covariance)
    assert not np.array_equal(calm[-1].forecasts["regression"].mean, moved[-1].forecasts["regression"].mean)


def test_what_came_is_what_the_ledger_says_not_an_estimate() -> None:
    values = made(60)
    asked = cross_validate({"seasonal_naive": MODELS["seasonal_naive"]}, past_of(values, unknown=(50,)))
    at = next(each for each in asked if each.n_known == 48)
    assert np.isnan(at.actual[2])
    assert np.array_equal(np.delete(at.actual, 2), np.delete(values[48:60], 2))


def test_no_origin_is_judged_by_a_level_that_moved_after_it() -> None:
    values = made(60)
    values[50:] += 0.7
    past = past_of(values)
    assert [row for row, _ in past.level_shifts] == [50]
    asked = cross_validate({"seasonal_naive": MODELS["seasonal_naive"]}, past)
    before = next(each for each in asked if each.n_known == 45)
    assert np.isnan(before.actual[5:]).all()
    assert not np.isnan(before.actual[:5]).any()
    assert not np.isnan(asked[-1].actual).any()
    assert clean_as_of(past, 49).level_shifts == ()


def test_an_estimate_at_an_origin_is_made_of_what_was_known() -> None:
    values = made(60)
    later = values.copy()
    later[40:] += 0.2
    one, other = (clean_as_of(past_of(each, unknown=(30,)), 36) for each in (values, later))
    assert np.array_equal(one.values, other.values)
    assert one.values[30] == pytest.approx(values[30], abs=0.2)


def test_a_season_or_a_start_of_a_new_level_is_not_odd() -> None:
    values = made(60)
    values[11::12] += 1.2
    assert not past_of(values).masked.any()
    values = made(30)
    values[11::12] += 1.5
    assert not past_of(values).masked.any()
    values[17] -= 1.5
    assert np.flatnonzero(past_of(values).masked).tolist() == [17]
    values = made(10)
    values[5] += 1.5
    assert not past_of(values).masked.any()
    values = made(60)
    values[58:] += 1.0
    assert not past_of(values).masked.any()
    values[33] -= 1.0
    assert np.flatnonzero(past_of(values).masked).tolist() == [33]


def test_months_of_calm_and_of_wandering_series_are_seldom_odd() -> None:
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        wandering = np.cumsum(rng.normal(0, 0.08, 72)) + rng.standard_t(5, 72) * 0.04
        found.append(past_of(wandering, festival=NO_HOLIDAY))
    assert np.mean([past.masked.any() for past in found]) <= 0.1
    assert np.mean([bool(past.level_shifts) for past in found]) <= 0.1
    assert not outlying_months(past_of(made(60))).any()


def test_weights_and_widths_of_an_origin_come_from_origins_that_share_no_month_with_it() -> None:
    said = {"a": PredictiveNormal(np.zeros(12), np.eye(12)), "b": PredictiveNormal(np.ones(12), np.eye(12))}
    near = [OriginForecasts(said, np.full(12, 0.1), known) for known in (36, 40)]
    far = OriginForecasts(said, np.full(12, 0.1), 48)
    assert not near[0].is_disjoint_from(near[1])
    assert near[0].is_disjoint_from(far)
    assert combine_at_origins(near)[0].mean == pytest.approx(np.full(12, 0.5))
    assert np.all(combine_at_origins([*near, far])[0].mean < 0.4)
    weights = combination_weights(["a", "b"], [far])
    assert weights["a"] > weights["b"]
    misses = StandardisedErrors(np.array([36, 40, 48]), np.zeros((3, 12)))
    assert misses.without_overlap(36, CV_HORIZON_MONTHS).first_months.tolist() == [48]


def test_intervals_that_were_too_narrow_are_widened_and_those_too_wide_are_narrowed() -> None:
    rng = np.random.default_rng(1)
    starts = np.arange(24)
    none = sd_factors([StandardisedErrors(starts[:0], np.zeros((0, 12)))])
    assert none == pytest.approx(np.full(12, PRIOR_SD_FACTOR))
    found = {
        size: sd_factors([StandardisedErrors(starts, size * rng.standard_normal((24, 12)))] * 8) for size in (0.4, 2.0)
    }
    assert found[2.0][0] > PRIOR_SD_FACTOR + 0.3
    assert found[0.4][0] < PRIOR_SD_FACTOR - 0.15
    for widths in found.values():
        assert widths.shape == (12,)
        assert abs(widths[11] - PRIOR_SD_FACTOR) < abs(
            widths[0] - PRIOR_SD_FACTOR
        )  # far months overlap, so they say less
        assert extend(widths, 20)[12:] == pytest.approx(np.full(8, widths[11]))
    assert np.all(
        sd_factors([StandardisedErrors(starts, np.full((24, 12), PRIOR_SD_FACTOR))]) == pytest.approx(PRIOR_SD_FACTOR)
    )


def test_one_mad_month_does_not_set_a_width() -> None:
    rows = np.random.default_rng(2).standard_normal((24, 12))
    wild = rows.copy()
    wild[5, 3] = 100.0
    calm, moved = (sd_factors([StandardisedErrors(np.arange(24), each)]) for each in (rows, wild))
    assert np.all(moved / calm < 1.1)


def test_a_judgement_says_how_often_intervals_held() -> None:
    """Over made-up series whose members know the truth of their noise, coverage comes out near what is asked."""
    found = []
    for seed in range(6):
        past = past_of(made(72, seed), festival=NO_HOLIDAY)
        origins = cross_validate({name: MODELS[name] for name in ("regression", "seasonal_naive")}, past)
        found.append(evaluate(origins, past, "log"))
        assert len(found[-1].checks) == 24
        assert len(found[-1].checks[0].sd) == CV_HORIZON_MONTHS
        assert len(found[-1].checks[-1].actual) == 1
        misses = standardised_errors(origins, combine_at_origins(origins), past)
        assert misses.values.shape == (24, CV_HORIZON_MONTHS)
    assert np.mean([each.coverage80 for each in found]) == pytest.approx(0.8, abs=0.1)
    assert np.mean([each.coverage95 for each in found]) == pytest.approx(0.95, abs=0.05)
    assert all(each.coverage80 <= each.coverage95 for each in found)
