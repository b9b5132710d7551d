"""Scores: the formulas of the papers, checked against scoringrules, worked figures and what they mean."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scoringrules
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import gamma, lognorm, norm, uniform
from scipy.stats import t as student

from forecast.arrays import Floats
from forecast.stats import scoring
from forecast.stats.scoring import mase


def test_mase_of_the_seasonal_naive_is_one() -> None:
    history = np.arange(48.0)
    assert mase(np.full(12, 12.0), history) == 1.0
    assert np.isnan(mase(np.full(12, np.nan), history))


SEED = st.integers(0, 2**32 - 1)


def cases(seed: int, count: int = 40) -> tuple[Floats, Floats, Floats]:
    """Actual values, means and standard deviations, some far out in the tail."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 3, count), rng.normal(0, 1, count), rng.uniform(0.05, 2.5, count)


@given(SEED)
def test_crps_of_a_normal_equals_scoringrules(seed: int) -> None:
    y, mu, sigma = cases(seed)
    assert scoring.crps_normal(y, mu, sigma) == pytest.approx(scoringrules.crps_normal(y, mu, sigma), rel=1e-10)


@given(SEED)
def test_crps_of_a_lognormal_equals_scoringrules(seed: int) -> None:
    y, mu, sigma = cases(seed)
    expected = scoringrules.crps_lognormal(np.exp(y), mu, sigma)
    assert scoring.crps_lognormal(np.exp(y), mu, sigma) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(SEED, st.integers(1, 60))
def test_crps_of_a_sample_equals_scoringrules(seed: int, count: int) -> None:
    y, mu, sigma = cases(seed)
    draws = mu[:, None] + sigma[:, None] * np.random.default_rng(seed).standard_normal((len(y), count))
    expected = scoringrules.crps_ensemble(y, draws, estimator="nrg")
    assert scoring.crps_sample(y, draws) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_crps_of_a_large_sample_nears_that_of_its_distribution() -> None:
    z = np.random.default_rng(5).standard_normal(200_000)
    for y in (-2.0, 0.1, 3.0):
        assert scoring.crps_sample(y, 1 + 0.5 * z) == pytest.approx(scoring.crps_normal(y, 1.0, 0.5), rel=0.01)
        assert scoring.crps_sample(y, np.exp(1 + 0.5 * z)) == pytest.approx(
            scoring.crps_lognormal(y, 1.0, 0.5), rel=0.01
        )


def test_crps_without_spread_is_the_absolute_error() -> None:
    assert scoring.crps_normal(3.0, 1.0, 0.0) == 2.0
    assert scoring.crps_lognormal(3.0, 0.0, 0.0) == 2.0
    assert scoring.crps_sample(3.0, np.array([1.0])) == 2.0


@given(SEED, st.floats(0.01, 0.99))
def test_pinball_loss_equals_scoringrules(seed: int, level: float) -> None:
    y, q, _ = cases(seed)
    assert scoring.pinball(y, q, level) == pytest.approx(scoringrules.quantile_score(y, q, level))


def test_pinball_over_all_levels_is_half_of_crps() -> None:
    levels = (np.arange(20_000) + 0.5) / 20_000
    for y in (-1.5, 0.0, 2.2):
        mean = scoring.pinball(y, 0.3 + 0.8 * ndtri(levels), levels).mean()
        assert 2 * mean == pytest.approx(scoring.crps_normal(y, 0.3, 0.8), rel=1e-3)


@given(SEED, st.integers(1, 9))
def test_weighted_quantile_loss_equals_scoringrules(seed: int, count: int) -> None:
    y, mu, sigma = (values.reshape(4, 10) for values in cases(seed))
    levels = np.arange(1, count + 1) / (count + 1)
    quantiles = mu + sigma * ndtri(levels)[:, None, None]
    losses = np.array([scoringrules.quantile_score(y, q, level) for q, level in zip(quantiles, levels, strict=True)])
    expected = 2 * losses.mean(axis=0).sum(axis=1) / np.abs(y).sum(axis=1)
    assert scoring.weighted_quantile_loss(y, quantiles, levels) == pytest.approx(expected)
    pooled = scoring.weighted_quantile_loss(y.ravel(), quantiles.reshape(count, -1), levels)
    assert pooled == pytest.approx(2 * losses.mean(axis=0).sum() / np.abs(y).sum())


def test_weighted_quantile_loss_of_medians_and_of_all_levels() -> None:
    y, median = np.array([2.0, 0.0, 8.0]), np.array([[3.0, 2.0, 6.0]])
    assert scoring.weighted_quantile_loss(y, median, [0.5]) == pytest.approx((1 + 2 + 2) / 10)  # wMAPE
    levels = (np.arange(20_000) + 0.5) / 20_000
    quantiles = 1 + 0.5 * np.repeat(ndtri(levels)[:, None], 3, axis=1)
    expected = scoringrules.crps_normal(y, 1.0, 0.5).sum() / 10
    assert scoring.weighted_quantile_loss(y, quantiles, levels) == pytest.approx(expected, rel=1e-3)


def test_weighted_quantile_loss_leaves_unknown_months_out() -> None:
    y, q = np.array([2.0, np.nan, 8.0]), np.array([[3.0, 99.0, 6.0]])
    assert scoring.weighted_quantile_loss(y, q, [0.5]) == pytest.approx(3 / 10)
    assert np.isnan(scoring.weighted_quantile_loss(np.zeros(3), q, [0.5]))
    assert np.isnan(scoring.weighted_quantile_loss(np.full(3, np.nan), q, [0.5]))


@given(SEED)
def test_scaled_crps_is_that_of_scoringrules_in_seasonal_naive_errors(seed: int) -> None:
    y, mu, sigma = (values.reshape(2, 20) for values in cases(seed))
    history = np.random.default_rng(seed).normal(0, 1, (2, 30))
    scale = np.abs(history[:, 12:] - history[:, :-12]).mean(axis=1)
    crps = scoringrules.crps_normal(y, mu, sigma)
    assert scoring.scaled_crps(crps, history) == pytest.approx(crps.mean(axis=1) / scale)
    sums = np.sqrt(12) * sigma[:, :1]
    crps = scoringrules.crps_normal(y[:, :12].sum(axis=1, keepdims=True), mu[:, :12].sum(axis=1, keepdims=True), sums)
    assert scoring.scaled_crps(crps, history, months=12) == pytest.approx(crps[:, 0] / 12 / scale)


def test_scaled_crps_of_points_is_mase() -> None:
    rng = np.random.default_rng(3)
    history, actual, forecast = rng.normal(0, 1, (5, 30)), rng.normal(0, 1, (5, 8)), rng.normal(0, 1, (5, 8))
    points = scoring.crps_normal(actual, forecast, 0.0)
    assert scoring.scaled_crps(points, history, 4) == pytest.approx(mase(forecast - actual, history, 4))


@given(SEED, st.sampled_from([0.05, 0.2]))
def test_interval_score_equals_scoringrules_and_two_pinball_losses(seed: int, alpha: float) -> None:
    y, middle, half = cases(seed)
    low, high = middle - half, middle + half
    expected = scoringrules.interval_score(y, low, high, alpha)
    assert scoring.interval_score(y, low, high, alpha) == pytest.approx(expected)
    ends = 2 / alpha * (scoring.pinball(y, low, alpha / 2) + scoring.pinball(y, high, 1 - alpha / 2))
    assert scoring.interval_score(y, low, high, alpha) == pytest.approx(ends)


def test_mase_msis_and_smape_equal_worked_figures() -> None:
    history = np.array([10.0, 20, 14, 18])  # changes on two before: 4, -2; Q = 3
    actual, forecast = np.array([12.0, 24.0]), np.array([15.0, 21.0])
    assert scoring.seasonal_scale(history, 2) == 3
    assert scoring.mase(forecast - actual, history, 2) == 1
    # widths 4 and 4, 1 above the second interval: (4 + 4 + 2 / 0.2 * 1) / 2 / 3
    assert scoring.msis(actual, np.array([11.0, 19]), np.array([15.0, 23]), history, 0.2, 2) == pytest.approx(3)
    assert scoring.smape(actual, forecast) == pytest.approx((200 * 3 / 27 + 200 * 3 / 45) / 2)


def test_seasonal_naive_inside_its_own_history_has_a_mase_of_one() -> None:
    history = np.random.default_rng(2).normal(100, 10, 48)
    assert scoring.mase(history[12:] - history[:-12], history) == pytest.approx(1)


def test_scores_of_many_series_equal_those_of_each() -> None:
    rng = np.random.default_rng(9)
    history, actual, forecast = rng.uniform(1, 9, (5, 40)), rng.uniform(1, 9, (5, 18)), rng.uniform(1, 9, (5, 18))
    history[1, :15], actual[2, 4] = np.nan, np.nan
    low, high = forecast - 1, forecast + 1
    scores = (
        scoring.mase(forecast - actual, history),
        scoring.smape(actual, forecast),
        scoring.msis(actual, low, high, history, 0.05),
        scoring.coverage(actual, low, high),
    )
    for row in range(5):
        months = ~np.isnan(actual[row])
        known, y = history[row][~np.isnan(history[row])], actual[row][months]
        f, l, u = forecast[row][months], low[row][months], high[row][months]  # noqa: E741
        alone = (
            scoring.mase(f - y, known),
            scoring.smape(y, f),
            scoring.msis(y, l, u, known, 0.05),
            np.mean((l <= y) & (y <= u)),
        )
        assert [score[row] for score in scores] == pytest.approx(alone)


def test_undefined_scores_are_nan() -> None:
    errors, flat = np.ones(3), np.ones(30)
    assert np.isnan(scoring.mase(errors, flat))
    assert np.isnan(scoring.mase(errors, np.ones(12)))
    assert np.isnan(scoring.mase(np.full(3, np.nan), np.arange(30.0)))
    assert np.isnan(scoring.coverage(np.full(3, np.nan), errors, errors))
    assert np.isnan(scoring.crps_lognormal(np.nan, 0.0, 1.0))


def test_crps_of_a_lognormal_for_an_actual_at_or_below_zero() -> None:
    mean = np.exp(0.5)
    half_spread = mean * (2 * 0.7602499389065233 - 1)  # Phi(1 / sqrt(2))
    for y in (0.0, -2.0):
        assert scoring.crps_lognormal(y, 0.0, 1.0) == pytest.approx(mean - y - half_spread)


def test_coverage_of_a_normal_is_nominal() -> None:
    z = np.random.default_rng(4).standard_normal(100_000)
    assert scoring.within_central_80(z, np.zeros_like(z), np.ones_like(z)).mean() == pytest.approx(0.8, abs=0.005)
    assert scoring.coverage(np.array([1.0, 2.0, 3.0, np.nan]), np.full(4, 1.0), np.full(4, 2.0)) == pytest.approx(2 / 3)


def test_the_true_distribution_scores_best() -> None:
    y = np.random.default_rng(8).normal(0, 1, 50_000)
    true = scoring.crps_normal(y, 0.0, 1.0).mean()
    assert all(scoring.crps_normal(y, *wrong).mean() > true for wrong in ((0.2, 1.0), (0.0, 0.8), (0.0, 1.25)))


LOCK_LEVELS = np.array([0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99])
"""Levels of the quantiles that a lock keeps."""


@given(SEED)
def test_crps_by_quantiles_of_a_normal_is_exact(seed: int) -> None:
    y, mu, sigma = cases(seed)
    quantiles = mu[:, None] + sigma[:, None] * ndtri(LOCK_LEVELS)
    expected = scoringrules.crps_normal(y, mu, sigma)
    assert scoring.crps_quantiles(y, quantiles, LOCK_LEVELS) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_crps_by_quantiles_integrates_the_pinball_loss() -> None:
    rng = np.random.default_rng(3)
    quantiles = np.sort(rng.gamma(2, 1, len(LOCK_LEVELS)))
    quantiles[4] = quantiles[3]  # a flat piece: an atom
    fine = (np.arange(400_000) + 0.5) / 400_000
    z = ndtri(LOCK_LEVELS)
    inner = np.interp(ndtri(fine), z, quantiles)
    slopes = np.diff(quantiles) / np.diff(z)
    low, high = np.minimum(ndtri(fine) - z[0], 0) * slopes[0], np.maximum(ndtri(fine) - z[-1], 0) * slopes[-1]
    for y in (-1.0, quantiles[0], quantiles[3], 1.7, quantiles[-1] + 3):
        expected = 2 * np.mean(scoring.pinball(y, inner + low + high, fine))
        assert scoring.crps_quantiles(y, quantiles, LOCK_LEVELS) == pytest.approx(expected, rel=1e-4)


def test_crps_by_quantiles_of_a_point_is_the_absolute_error() -> None:
    score = scoring.crps_quantiles([3.0, 7.0, np.nan], np.full((3, len(LOCK_LEVELS)), 5.0), LOCK_LEVELS)
    assert score[:2] == pytest.approx([2.0, 2.0])
    assert np.isnan(score[2])


MIXTURE = np.concatenate(
    [norm.ppf((np.arange(30_000) + 0.5) / 30_000, -3, 1), norm.ppf((np.arange(70_000) + 0.5) / 70_000, 0, 0.8)]
)


@pytest.mark.parametrize(
    ("sample", "mean_error", "largest_error"),
    [
        (lognorm(0.1).ppf, 0.0002, 0.006),
        (lognorm(0.5).ppf, 0.0002, 0.031),
        (gamma(2).ppf, 0.0002, 0.029),
        (student(4).ppf, 0.0002, 0.01),
        (uniform().ppf, 0.0003, 0.016),
        (lambda levels: np.quantile(MIXTURE, levels), 0.002, 0.07),
    ],
    ids=["lognormal .1", "lognormal .5", "gamma", "t", "uniform", "mixture"],
)
def test_crps_by_quantiles_is_as_exact_as_its_docstring_says(
    sample: Callable[[Floats], Floats], mean_error: float, largest_error: float
) -> None:
    actual = sample((np.arange(200) + 0.5) / 200)
    draws = sample((np.arange(20_000) + 0.5) / 20_000)
    exact = np.array([scoring.crps_sample(y, draws) for y in actual])
    score = scoring.crps_quantiles(actual, sample(LOCK_LEVELS), LOCK_LEVELS)
    assert score.mean() == pytest.approx(exact.mean(), rel=mean_error)
    assert np.max(np.abs(score - exact)) < largest_error * exact.mean()
    losses = scoring.pinball(actual[:, None], sample(LOCK_LEVELS), LOCK_LEVELS)
    trapezoid = 2 * np.trapezoid(np.pad(losses, ((0, 0), (1, 1))), [0, *LOCK_LEVELS, 1])
    assert trapezoid.mean() < 0.975 * exact.mean()  # the rule that it replaces
