"""Shares of a variance, from draws alone: closed forms, SALib, ties, and what their intervals cover."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.stats.variance_shares import first_order_share, regression_share, tail_weights

PATHS = 100_000


def ishigami(x: np.ndarray) -> np.ndarray:
    """Function of Ishigami and Homma (1990) with a = 7 and b = 0.1, of (3, paths) uniform numbers on -pi to pi."""
    return np.asarray(np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0]))


@pytest.mark.parametrize(("number", "share"), [(0, 0.3139), (1, 0.4424), (2, 0.0)])
def test_ishigami(number: int, share: float) -> None:
    x = np.random.default_rng(3).uniform(-np.pi, np.pi, (3, PATHS))
    estimate = first_order_share(x[number], ishigami(x))
    assert estimate.value == pytest.approx(share, abs=0.01)
    assert estimate.low <= share + 0.001
    assert estimate.high >= share - 0.001


def test_salib_says_the_same_of_its_own_sample() -> None:
    from SALib.analyze import sobol
    from SALib.sample import sobol as sobol_sample

    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[-np.pi, np.pi]] * 3}
    sample = sobol_sample.sample(problem, 4_096, calc_second_order=False, seed=7)
    outcome = ishigami(sample.T)
    oracle = sobol.analyze(problem, outcome, calc_second_order=False, seed=7)["S1"]
    base = sample[::5], outcome[::5]  # each row of its first matrix, before single columns are exchanged
    for number in range(3):
        assert first_order_share(base[0][:, number], base[1]).value == pytest.approx(oracle[number], abs=0.03)


def test_counts_with_ties_are_not_biased() -> None:
    generator = np.random.default_rng(5)
    counts = generator.poisson(0.8, PATHS).astype(float)
    outcome = counts + generator.normal(size=PATHS)
    assert first_order_share(counts, outcome).value == pytest.approx(0.8 / 1.8, abs=0.01)


def test_ranks_stand_for_sorting() -> None:
    generator = np.random.default_rng(6)
    u = generator.random(PATHS)
    outcome = u**2 + generator.normal(size=PATHS)
    sorted_share, ranked_share = first_order_share(u, outcome), first_order_share(u, outcome, u)
    assert ranked_share.value == pytest.approx(sorted_share.value, abs=1e-4)


def test_nothing_varies() -> None:
    assert first_order_share(np.arange(1_000.0), np.ones(1_000)) == (0.0, 0.0, 0.0)
    assert regression_share(np.zeros(1_000), np.ones(1_000), 3) == (0.0, 0.0, 0.0)


def test_a_regression_explains_nothing_of_noise() -> None:
    generator = np.random.default_rng(8)
    design = generator.normal(size=(30, 3_000))
    outcome = generator.normal(size=3_000)
    fitted = np.linalg.lstsq(design.T, outcome, rcond=None)[0] @ design
    assert fitted.var() / outcome.var() > 0.005  # the parameters fit some of it
    assert regression_share(fitted, outcome, 30).value == pytest.approx(0.0, abs=0.004)


def test_tails_weigh_ties_alike() -> None:
    counts = np.repeat([0.0, 1.0, 2.0], [50, 40, 10])
    low, high = tail_weights(counts, 0.2)
    assert low.sum() == pytest.approx(20)
    assert high.sum() == pytest.approx(20)
    assert set(low[counts == 0]) == {0.4}  # every path without an event counts the same
    assert set(low[counts > 0]) == {0.0}
    assert set(high[counts == 2]) == {1.0}
    assert set(high[counts == 1]) == {0.25}


@pytest.mark.slow
@pytest.mark.parametrize(("paths", "share"), [(4_096, 0.05), (8_192, 0.5), (8_192, 0.9)])
def test_intervals_cover(paths: int, share: float) -> None:
    seeds, covered = 400, 0
    for seed in range(seeds):
        generator = np.random.default_rng(seed)
        x, noise = generator.normal(size=(2, paths))
        estimate = first_order_share(x, np.sqrt(share) * x + np.sqrt(1 - share) * noise)
        covered += estimate.low <= share <= estimate.high
    assert 0.925 <= covered / seeds <= 0.975  # 95%, within two standard errors of 400 trials
