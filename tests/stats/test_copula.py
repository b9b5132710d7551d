"""Rank correlations of Gaussian and t copulas."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.analysis.correlation import rank_correlation
from forecast.stats.copula import build_correlated_groups, pearson_from_spearman, t_copula_spearman


@pytest.mark.parametrize("freedom", [2, 3, 5, 10, 40])
@pytest.mark.parametrize("r", [-0.7, 0.3, 0.9])
def test_spearman_of_a_t_copula_agrees_with_samples(freedom: int, r: float) -> None:
    random = np.random.default_rng(freedom)
    z = random.multivariate_normal([0, 0], [[1, r], [r, 1]], 200_000)
    t = z / np.sqrt(random.chisquare(freedom, 200_000) / freedom)[:, None]
    correlation = rank_correlation(t[:, 0], t[:, 1])
    assert abs(correlation.value - t_copula_spearman(r, freedom)) < 2.5 * (correlation.high - correlation.low) / 2
    assert t_copula_spearman(pearson_from_spearman(0.4, freedom), freedom) == pytest.approx(0.4, abs=1e-9)


def test_rank_correlations_of_one_and_minus_one_are_exact() -> None:
    assert [pearson_from_spearman(rank) for rank in (-1.0, 0.0, 1.0)] == [-1.0, 0.0, 1.0]
    group = build_correlated_groups({"c": (("a", "b"), 1.0)})["a"]
    assert group.factor == ((1.0, 0.0), (1.0, 0.0))
