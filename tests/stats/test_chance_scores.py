"""Scores of chances: worked figures, and each outcome once."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.stats.chance_scores import brier_score, outcome_weights, reliability_bins
from forecast.stats.intervals import binomial_interval


def test_brier_score_by_hand() -> None:
    # (.36 - 0)^2 = .1296, (.64 - 1)^2 = .1296, (.9 - 1)^2 = .01
    assert brier_score([0.36, 0.64, 0.9], [0, 1, 1], [1, 1, 1]) == pytest.approx((0.1296 + 0.1296 + 0.01) / 3)
    assert brier_score([0.5] * 4, [0, 1, 0, 1], [1] * 4) == 0.25


def test_an_outcome_counts_once_however_often_it_was_forecast() -> None:
    outcomes = ["2024"] * 12 + ["2025"]
    weights = outcome_weights(outcomes)
    assert weights.sum() == pytest.approx(2)
    # 2024: twelve times 40% of what did not happen, .16; 2025: once 90% of what did, .01
    assert brier_score([0.4] * 12 + [0.9], [0] * 12 + [1], weights) == pytest.approx((0.16 + 0.01) / 2)


def test_reliability_compares_chances_with_how_often_they_came_true() -> None:
    chances = [0.1] * 10 + [0.85] * 20
    happened = [1] + [0] * 9 + [1] * 17 + [0] * 3
    low, high = reliability_bins(chances, happened, [1] * 30)
    assert (low.low, low.high, low.outcomes, low.mean_chance) == pytest.approx((0, 0.2, 10, 0.1))
    assert low.observed == binomial_interval(1, 10)
    assert (high.low, high.high, high.outcomes, high.mean_chance) == pytest.approx((0.8, 1, 20, 0.85))
    assert high.observed == binomial_interval(17, 20)


def test_chances_that_are_true_lie_in_the_intervals_of_reliability() -> None:
    rng = np.random.default_rng(20)
    chances = rng.uniform(size=4_000)
    happened = rng.uniform(size=4_000) < chances
    bins = reliability_bins(chances, happened, np.ones(4_000))
    assert [part.outcomes for part in bins] == pytest.approx([800] * 5, abs=100)
    assert all(part.observed.low < part.mean_chance < part.observed.high for part in bins)


def test_a_certain_chance_stands_in_the_last_bin() -> None:
    (only,) = reliability_bins([1.0] * 20, [1] * 20, [1] * 20)
    assert (only.low, only.high) == (0.8, 1)


def test_too_few_outcomes_have_no_reliability() -> None:
    weights = outcome_weights(["2025"] * 40)
    with pytest.raises(ValueError, match="1 outcomes are too few"):
        reliability_bins([0.5] * 40, [1] * 40, weights)
