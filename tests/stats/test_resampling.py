"""Systematic resampling: copies in proportion to weights, and paths that stay where they are."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.stats.resampling import effective_draws, resample_paths


def test_equal_weights_move_no_path() -> None:
    for count in (1, 7, 4_096):
        assert np.array_equal(resample_paths(np.full(count, -3.0)), np.arange(count))


def test_copies_are_the_weights_to_within_one() -> None:
    log_weights = np.random.default_rng(1).normal(0, 2, 4_096)
    shares = np.exp(log_weights) / np.exp(log_weights).sum()
    copies = np.bincount(resample_paths(log_weights), minlength=4_096)
    assert copies.sum() == 4_096
    assert np.abs(copies - 4_096 * shares).max() < 1


def test_a_path_that_is_chosen_keeps_its_place() -> None:
    chosen = resample_paths(np.random.default_rng(2).normal(0, 1, 512))
    kept = np.unique(chosen)
    assert np.array_equal(chosen[kept], kept)


def test_the_surplus_goes_in_order_to_paths_that_are_not_chosen() -> None:
    assert resample_paths(np.log([0.5, 1e-9, 0.5, 1e-9])).tolist() == [0, 0, 2, 2]


def test_weights_of_nothing_move_no_path() -> None:
    assert np.array_equal(resample_paths(np.full(8, -np.inf)), np.arange(8))
    assert effective_draws(np.full(8, -np.inf)) == 8


def test_effective_draws_are_those_of_equal_weights() -> None:
    assert effective_draws(np.zeros(10)) == pytest.approx(10)
    assert effective_draws(np.log([1.0, 1.0, 1e-12, 1e-12])) == pytest.approx(2)
    assert effective_draws(np.log([3.0, 1.0])) == pytest.approx(16 / 10)
