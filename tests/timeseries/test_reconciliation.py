"""Reconciliation equals the matrix formula, and reconciled draws add up."""

from __future__ import annotations

import time

import numpy as np
import pytest

from forecast.timeseries.reconciliation import (
    Hierarchy,
    Reconciler,
    ReconciliationMethod,
    fit_reconciler,
    grouped_hierarchy,
    shrinkage_intensity,
)

DISTRICTS = {"p1": "east", "p2": "east", "p3": "west", "p4": "west", "p5": "west", "p6": "north"}
SERVICES = ("a", "b")
METHODS: tuple[ReconciliationMethod, ...] = ("mint", "wls", "bottom_up", "top_down")


def matrix(hierarchy: Hierarchy) -> np.ndarray:
    return np.concatenate([hierarchy.sums.toarray(), np.eye(len(hierarchy.bottom))])


def random_reconciler(
    hierarchy: Hierarchy, method: ReconciliationMethod, seed: int = 1, times: int = 30
) -> tuple[Reconciler, np.ndarray]:
    rng = np.random.default_rng(seed)
    nodes = len(hierarchy.nodes)
    errors = rng.normal(size=(times, nodes)) @ (np.eye(nodes) + 0.3 * rng.normal(size=(nodes, nodes)))
    shares = rng.random(len(hierarchy.bottom))
    return fit_reconciler(hierarchy, method, errors=errors, shares=shares), errors


def projection(reconciler: Reconciler) -> np.ndarray:
    return reconciler.bottom_forecasts(np.eye(len(reconciler.hierarchy.nodes)))


def matrix_formula(hierarchy: Hierarchy, covariance: np.ndarray) -> np.ndarray:
    """P = (S' W^-1 S)^-1 S' W^-1."""
    s, inverse = matrix(hierarchy), np.linalg.inv(covariance)
    return np.linalg.solve(s.T @ inverse @ s, s.T @ inverse)


def shrunk(errors: np.ndarray, weight: float) -> np.ndarray:
    full = errors.T @ errors / len(errors)
    return weight * np.diag(np.diag(full)) + (1 - weight) * full


def slow_shrinkage(errors: np.ndarray) -> float:
    """R's hts, shrink.estim, pair by pair."""
    times = len(errors)
    x = errors / np.sqrt((errors**2).mean(axis=0))
    v = ((x**2).T @ x**2 - (x.T @ x) ** 2 / times) / (times * (times - 1))
    d = (x.T @ x / times) ** 2
    off = ~np.eye(errors.shape[1], dtype=bool)
    return float(np.clip(v[off].sum() / d[off].sum(), 0, 1))


def test_the_nodes_are_services_districts_and_places() -> None:
    hierarchy = grouped_hierarchy(DISTRICTS, SERVICES)
    assert len(hierarchy.bottom) == 12
    assert hierarchy.upper[0] == "total"
    assert {"a", "b", "@east", "a@west", "@p3"} <= set(hierarchy.upper)
    assert "@p6" not in hierarchy.upper  # the district north is the same two bottom nodes
    assert "a@north" not in hierarchy.upper  # and by service it is one of them
    s = matrix(hierarchy)
    assert s[0].sum() == 12
    assert s[hierarchy.upper.index("@west")].sum() == 6


def test_a_hierarchy_of_places_only() -> None:
    hierarchy = grouped_hierarchy(DISTRICTS)
    assert hierarchy.upper == ("total", "@east", "@west")
    assert hierarchy.bottom == tuple(f"@{place}" for place in DISTRICTS)


@pytest.mark.parametrize("method", ["mint", "wls"])
def test_reconciliation_equals_the_matrix_formula(method: ReconciliationMethod) -> None:
    hierarchy = grouped_hierarchy(DISTRICTS, SERVICES)
    reconciler, errors = random_reconciler(hierarchy, method)
    weight = slow_shrinkage(errors) if method == "mint" else 1.0
    assert reconciler.shrinkage == pytest.approx(weight, rel=1e-12)
    assert 0 < weight <= 1
    assert np.allclose(projection(reconciler), matrix_formula(hierarchy, shrunk(errors, weight)), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("method", ["mint", "wls", "bottom_up"])
def test_coherent_forecasts_are_unchanged(method: ReconciliationMethod) -> None:
    hierarchy = grouped_hierarchy(DISTRICTS, SERVICES)
    reconciler, _ = random_reconciler(hierarchy, method)
    s = matrix(hierarchy)
    assert np.allclose(projection(reconciler) @ s, np.eye(len(hierarchy.bottom)), atol=1e-10)
    coherent = s @ np.random.default_rng(3).random((12, 5))
    assert np.allclose(reconciler(coherent), coherent, rtol=1e-10)


@pytest.mark.parametrize("method", METHODS)
def test_reconciled_draws_add_up_and_are_not_negative(method: ReconciliationMethod) -> None:
    hierarchy = grouped_hierarchy(DISTRICTS, SERVICES)
    reconciler, _ = random_reconciler(hierarchy, method)
    base = np.abs(matrix(hierarchy) @ np.random.default_rng(5).normal(1, 2, (12, 7)))[..., None]
    draws = base * np.exp(np.random.default_rng(6).normal(0, 0.6, (len(base), 7, 200)))
    reconciled = reconciler(draws)
    assert reconciled.shape == draws.shape
    assert reconciled.min() >= 0
    if method in ("mint", "wls"):
        assert reconciler.bottom_forecasts(draws).min() < 0  # so that zero was needed
    off = np.abs(hierarchy.gaps(reconciled)).max(axis=(1, 2)) / reconciled.max()
    assert off.max() <= 1e-12


def test_top_down_keeps_the_total_and_the_shares() -> None:
    hierarchy = grouped_hierarchy(DISTRICTS)
    reconciler = fit_reconciler(hierarchy, "top_down", shares=np.array([1.0, 2, 3, 0, 2, 2]))
    reconciled = reconciler(np.arange(9.0) + 50)
    assert reconciled[0] == pytest.approx(50)
    assert np.allclose(reconciled[3:], 50 * np.array([0.1, 0.2, 0.3, 0, 0.2, 0.2]))


def test_the_most_precise_node_moves_least() -> None:
    hierarchy = grouped_hierarchy({"x": "d", "y": "d"})
    reconciled = fit_reconciler(hierarchy, "wls", variances=np.array([1e-6, 1.0, 3.0]))(np.array([10.0, 3.0, 5.0]))
    assert reconciled[0] == pytest.approx(10, abs=1e-4)
    assert reconciled[1:] == pytest.approx([3.5, 6.5], abs=1e-4)


def test_mint_beats_the_base_forecasts_where_errors_are_correlated() -> None:
    rng = np.random.default_rng(11)
    hierarchy = grouped_hierarchy(DISTRICTS, SERVICES)
    s = matrix(hierarchy)
    truth = s @ (50 + rng.random((12, 400)))
    noise = np.concatenate([np.full(len(hierarchy.upper), 2.0), np.full(12, 4.0)])[:, None] * rng.normal(
        size=truth.shape
    )
    reconciler = fit_reconciler(hierarchy, "mint", errors=noise[:, :60].T)
    base = truth[:, 60:] + noise[:, 60:]
    assert np.square(reconciler(base) - truth[:, 60:]).mean() < 0.7 * np.square(base - truth[:, 60:]).mean()


def test_shrinkage_is_strong_for_independent_and_weak_for_common_errors() -> None:
    rng = np.random.default_rng(2)
    alone = rng.normal(size=(60, 40))
    assert shrinkage_intensity(alone) > 0.8
    common = rng.normal(size=(60, 1)) + 0.1 * rng.normal(size=(60, 40))
    assert shrinkage_intensity(common) < 0.1


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("wls", {}),
        ("mint", {"variances": np.ones(9)}),
        ("top_down", {}),
        ("top_down", {"shares": np.zeros(6)}),
        ("top_down", {"shares": np.ones(5)}),
        ("wls", {"variances": np.ones(4)}),
        ("wls", {"variances": -np.ones(9)}),
        ("mint", {"errors": np.ones((5, 4))}),
    ],
)
def test_missing_or_misshapen_inputs_are_rejected(method: ReconciliationMethod, given: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match=r"need|shape|asks|below"):
        fit_reconciler(grouped_hierarchy(DISTRICTS), method, **given)


def test_a_province_of_650_series_takes_less_than_two_seconds() -> None:
    districts = {f"{place:03d}": f"d{place // 17:02d}" for place in range(217)}
    hierarchy = grouped_hierarchy(districts, ("distribution", "finance", "postal"))
    assert len(hierarchy.bottom) == 651
    rng = np.random.default_rng(4)
    errors, base = rng.normal(size=(36, len(hierarchy.nodes))), rng.random((len(hierarchy.nodes), 12, 100))
    start = time.process_time()
    reconciled = fit_reconciler(hierarchy, "mint", errors=errors)(base)
    assert time.process_time() - start < 2
    assert np.abs(hierarchy.gaps(reconciled)).max() <= 1e-9 * reconciled.max()
