"""Requested rank correlations are achieved, and their error is measured."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.analysis.correlation import achieved_correlations, rank_correlation
from tests.support.correlated_plans import correlated_plan
from tests.support.plans import simulate_plan

PAIRS = {
    "a growth and a rate": ("services.a.growth", "shocks.floods.per_year"),
    "an amount and an effect": ("services.c.baseline.annual", "initiatives.shop.effect.revenue.b"),
    "a start and a loss": ("initiatives.shop.start", "shocks.works.effect.volume.a"),
    "two services' months": ("services.a", "services.c"),
    "two initiatives": ("initiatives.app.happens", "initiatives.shop.happens"),
    "a success and an amount": ("initiatives.shop.happens", "services.b.baseline.annual"),
    "an event and a loss": ("shocks.works.happens", "shocks.works.effect.volume.a"),
    "a climate and a growth": ("climate.2021", "services.a.growth"),
    "two climates": ("climate.2021", "climate.2022"),
}


@pytest.mark.parametrize("copula", ["gaussian", "t(4)"])
@pytest.mark.parametrize("rank", [0.6, -0.4])
@pytest.mark.parametrize("pair", PAIRS)
def test_a_requested_rank_correlation_is_achieved(pair: str, rank: float, copula: str) -> None:
    run = simulate_plan(correlated_plan(PAIRS[pair], rank, copula), paths=8_192)
    (correlation,) = achieved_correlations(run)
    assert correlation.requested == rank
    assert abs(correlation.achieved - rank) < 2 * correlation.error  # four standard errors
    assert 0.001 < correlation.error < 0.025


def test_all_rank_correlations_of_a_group_are_achieved() -> None:
    names = ("initiatives.shop.happens", "services.a.growth", "services.b.baseline.annual", "climate.2021")
    correlations = achieved_correlations(simulate_plan(correlated_plan(names, 0.5), paths=8_192))
    assert len(correlations) == 6
    assert all(abs(correlation.achieved - 0.5) < 2 * correlation.error for correlation in correlations)


def test_error_of_a_rank_correlation_agrees_with_samples() -> None:
    random = np.random.default_rng(8)
    pairs = random.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], (400, 2_000))
    estimates = [rank_correlation(pair[:, 0], pair[:, 1]) for pair in pairs]
    error = np.std([estimate.value for estimate in estimates], ddof=1)
    assert np.mean([estimate.high - estimate.low for estimate in estimates]) / (2 * 1.96) == pytest.approx(
        error, rel=0.12
    )
