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
    (found,) = achieved_correlations(run)
    assert found.requested == rank
    assert abs(found.achieved - rank) < 2 * found.error  # four standard errors
    assert 0.001 < found.error < 0.025


def test_all_rank_correlations_of_a_group_are_achieved() -> None:
    names = ("initiatives.shop.happens", "services.a.growth", "services.b.baseline.annual", "climate.2021")
    found = achieved_correlations(simulate_plan(correlated_plan(names, 0.5), paths=8_192))
    assert len(found) == 6
    assert all(abs(one.achieved - 0.5) < 2 * one.error for one in found)


def test_error_of_a_rank_correlation_agrees_with_samples() -> None:
    random = np.random.default_rng(8)
    pairs = random.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], (400, 2_000))
    found = [rank_correlation(pair[:, 0], pair[:, 1]) for pair in pairs]
    error = np.std([one.value for one in found], ddof=1)
    assert np.mean([one.high - one.low for one in found]) / (2 * 1.96) == pytest.approx(error, rel=0.12)
