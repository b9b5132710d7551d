"""Shapley values against their definition."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

import numpy as np
import pytest

from forecast.arrays import Floats
from forecast.stats.shapley import product_shapley


def mean_over_orders(base: Floats, factors: Mapping[str, Floats]) -> dict[str, Floats]:
    """By cause, (paths,) the mean over all orders of what it changes, summed over the rows."""
    changes = {name: [] for name in factors}  # type: dict[str, list[Floats]]
    for order in permutations(factors):
        amount = base
        for name in order:
            changes[name].append((amount * factors[name] - amount).sum(axis=0))
            amount = amount * factors[name]
    return {name: np.mean(of_orders, axis=0) for name, of_orders in changes.items()}


@pytest.mark.parametrize("n_causes", [1, 2, 3, 4, 5, 6])
def test_values_are_the_means_over_all_orders(n_causes: int) -> None:
    numbers = np.random.default_rng(n_causes)
    base = numbers.normal(100, 80, (4, 50))
    factors = {f"c{k}": numbers.uniform(0, 2.5, (4, 50)) for k in range(n_causes)}
    factors["c0"][0] = 1.0
    factors["c0"][1, :20] = 0.0
    expected, values = mean_over_orders(base, factors), product_shapley(base, factors)
    for name in factors:
        assert values[name] == pytest.approx(expected[name], rel=1e-12, abs=1e-9)
    total = (base * np.prod(list(factors.values()), axis=0) - base).sum(axis=0)
    assert sum(values.values()) == pytest.approx(total, rel=1e-12, abs=1e-9)


def test_a_cause_that_changes_nothing_in_a_path_has_exactly_nothing() -> None:
    numbers = np.random.default_rng(1)
    factors = {f"c{k}": numbers.uniform(0.5, 1.5, (12, 40)) for k in range(4)}
    factors["c2"][:, ::2] = 1.0
    value = product_shapley(numbers.uniform(1, 2, (12, 40)), factors)["c2"]
    assert np.all(value[::2] == 0)
    assert np.all(value[1::2] != 0)


def test_rows_that_are_the_same_in_every_path_are_taken_once() -> None:
    base, factor = np.array([[10.0], [20.0]]), np.array([[0.5], [1.0]])
    values = product_shapley(base, {"a": factor, "b": factor})
    assert [value.tolist() for value in values.values()] == [[-3.75], [-3.75]]
    paths = product_shapley(base, {"a": factor, "b": np.full((2, 3), 0.5)})
    assert [value.tolist() for value in paths.values()] == [[-3.75] * 3, [-13.75] * 3]
    assert product_shapley(base, {}) == {}
