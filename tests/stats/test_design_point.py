"""Design point: closed forms of planes, with correlation, beside noise, and where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from forecast.stats.design_point import find_design_point

DRAWS = 50_000


def scores(count: int, seed: int = 7) -> np.ndarray:
    """(count, DRAWS) independent standard normals."""
    return np.random.default_rng(seed).standard_normal((count, DRAWS)).astype(np.float32)


def test_a_sum_of_two_normals_fails_where_both_are_low() -> None:
    z = scores(2)
    point = find_design_point(z, z.sum(axis=0).astype(float), -3.0)
    assert point is not None
    assert point.scores == pytest.approx([-1.5, -1.5], abs=0.03)
    assert norm.cdf(-point.distance) == pytest.approx(0.0169, abs=2e-4)


def test_noise_beside_the_scores_biases_nothing() -> None:
    z = scores(5)
    noise = 3 * np.random.default_rng(8).standard_normal(DRAWS)
    point = find_design_point(z, 2.0 * z[0] + z[1] + noise, 4.0, is_below=False)
    assert point is not None
    assert point.scores == pytest.approx([1.6, 0.8, 0, 0, 0], abs=0.12)


def test_scores_that_move_together_are_moved_together() -> None:
    z = scores(2)
    together = np.array([z[0], 0.8 * z[0] + 0.6 * z[1]])
    point = find_design_point(together, together[0].astype(float), -2.0)
    assert point is not None
    assert point.scores == pytest.approx([-2.0, -1.6], abs=0.03)
    assert point.distance == pytest.approx(2.0, abs=0.01)


def test_a_curved_outcome_is_met_at_its_edge() -> None:
    z = scores(2)
    point = find_design_point(z, np.exp(0.5 * z[0]).astype(float) + 1e-3 * z[1], np.exp(-0.9))
    assert point is not None
    assert point.scores[0] == pytest.approx(-1.8, abs=0.05)


def test_nothing_has_to_move_where_the_middle_fails() -> None:
    z = scores(2)
    assert find_design_point(z, z[0].astype(float), 0.5) is None
    assert find_design_point(z, z[0].astype(float), -0.5, is_below=False) is None


def test_what_the_scores_do_not_move_has_no_point() -> None:
    z = scores(2)
    noise = np.random.default_rng(9).standard_normal(DRAWS)
    assert find_design_point(z, noise, -3.0) is None
    assert find_design_point(z, np.zeros(DRAWS), -3.0) is None
