"""Sums of months are scored by the joint distribution of the months."""

from __future__ import annotations

import numpy as np
import pytest
import scoringrules
from scipy.special import ndtr

from forecast.arrays import Floats
from forecast.periods import parse_month
from forecast.stats.scoring import weighted_quantile_loss
from forecast.stats.transforms import Z90
from forecast.timeseries.ensemble.sum_scores import QUANTILE_LEVELS, SumScore, score_sums
from forecast.timeseries.models.base import PredictiveNormal

JANUARY = parse_month("2021-01")


def random_walk(sd: float = 1.0, months: int = 12) -> PredictiveNormal:
    steps = np.arange(1, months + 1)
    return PredictiveNormal(np.linspace(100, 120, months), sd**2 * np.minimum.outer(steps, steps).astype(float))


def by_length(scores: tuple[SumScore, ...], length: str) -> list[SumScore]:
    return [score for score in scores if score.length == length]


@pytest.mark.parametrize(("length", "size"), [("3", 3), ("6", 6), ("12", 12)])
def test_a_sum_is_scored_as_the_normal_that_it_is(length: str, size: int) -> None:
    forecast = random_walk(2.0)
    actual = forecast.mean + np.random.default_rng(5).normal(0, 4, 12)
    scores = by_length(score_sums(forecast, "raw", actual, JANUARY, 10.0), length)
    assert len(scores) == 12 // size
    for start, score in zip(range(0, 12, size), scores, strict=True):
        months = slice(start, start + size)
        mean, sd = forecast.mean[months].sum(), np.sqrt(forecast.covariance[months, months].sum())
        assert score.actual == pytest.approx(actual[months].sum())
        assert score.pit == pytest.approx(ndtr((score.actual - mean) / sd), abs=0.025)
        expected = scoringrules.crps_normal(score.actual, mean, sd) / size / 10
        assert score.scaled_crps == pytest.approx(expected, rel=0.05)


def test_single_months_are_scored_exactly_on_both_scales() -> None:
    mean, sd, actual = np.log([90.0, 110.0]), np.array([0.1, 0.2]), np.array([100.0, 100.0])
    scores = score_sums(PredictiveNormal(mean, np.diag(sd**2)), "log", actual, JANUARY, 5.0)
    assert [score.length for score in scores] == ["1", "1"]
    assert [score.pit for score in scores] == pytest.approx(ndtr((np.log(actual) - mean) / sd))
    expected = scoringrules.crps_lognormal(actual, mean, sd) / 5.0
    assert [score.scaled_crps for score in scores] == pytest.approx(expected)
    quantiles = np.exp(mean + sd * np.array([Z90, 0.0, -Z90])[:, None])
    shown = score_sums(PredictiveNormal(mean, np.diag(sd**2)), "log", quantiles[1], JANUARY, 5.0)
    assert [score.pit for score in shown] == pytest.approx([0.5, 0.5])


def test_quantile_losses_add_up_to_the_weighted_quantile_loss() -> None:
    forecast, actual = random_walk(), np.linspace(101, 118, 12)
    scores = by_length(score_sums(forecast, "raw", actual, JANUARY, 1.0), "1")
    z = np.array([-1.2815516, -0.8416212, -0.5244005, -0.2533471, 0, 0.2533471, 0.5244005, 0.8416212, 1.2815516])
    quantiles = forecast.mean + z[:, None] * np.sqrt(np.diag(forecast.covariance))
    pooled = sum(score.quantile_loss for score in scores) / sum(score.actual for score in scores)
    assert pooled == pytest.approx(weighted_quantile_loss(actual, quantiles, QUANTILE_LEVELS), rel=1e-5)


def test_a_sum_with_a_masked_month_is_not_scored() -> None:
    actual = np.full(12, 110.0)
    actual[4] = np.nan
    scores = score_sums(random_walk(), "raw", actual, JANUARY, 1.0)
    counts = {length: len(by_length(scores, length)) for length in ("1", "3", "6", "12", "year")}
    assert counts == {"1": 11, "3": 3, "6": 1, "12": 0, "year": 0}


@pytest.mark.parametrize(("first", "months_open"), [("2021-01", 12), ("2021-04", 9), ("2021-07", 6), ("2021-08", 0)])
def test_a_calendar_year_is_scored_while_half_of_it_is_ahead(first: str, months_open: int) -> None:
    actual = np.arange(1.0, 13.0)
    years = by_length(score_sums(random_walk(), "raw", actual, parse_month(first), 1.0), "year")
    assert [score.actual for score in years] == ([actual[:months_open].sum()] if months_open else [])


def test_a_year_that_is_not_over_is_not_scored() -> None:
    scores = score_sums(random_walk(months=8), "raw", np.full(8, 110.0), JANUARY, 1.0)
    assert not by_length(scores, "year")


@pytest.mark.slow
def test_sums_of_a_true_forecast_are_covered_and_of_independent_months_are_not() -> None:
    forecast = random_walk()
    independent = PredictiveNormal(forecast.mean, np.diag(np.diag(forecast.covariance)))
    rng, factor = np.random.default_rng(11), np.linalg.cholesky(forecast.covariance)
    inside: dict[str, list[Floats]] = {"true": [], "independent": []}
    for _ in range(400):
        actual = forecast.mean + factor @ rng.standard_normal(12)
        for name, each in (("true", forecast), ("independent", independent)):
            (year,) = by_length(score_sums(each, "raw", actual, JANUARY, 1.0), "year")
            inside[name].append(abs(year.pit - 0.5) <= 0.4)
    assert np.mean(inside["true"]) == pytest.approx(0.8, abs=0.05)
    assert np.mean(inside["independent"]) < 0.6


def test_without_a_yearly_change_nothing_is_scaled() -> None:
    scores = score_sums(random_walk(), "raw", np.full(12, 110.0), JANUARY, float("nan"))
    assert {score.scaled_crps for score in scores} == {None}
