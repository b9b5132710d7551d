"""Rank correlations of Gaussian and t copulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri, stdtrit
from scipy.stats import kstest, spearmanr

from forecast.analysis.correlation import rank_correlation
from forecast.stats.copula import (
    build_correlated_groups,
    clip_uniforms,
    connected_components,
    pearson_from_spearman,
    t_copula_spearman,
)


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


def independent_sources(paths: int, seed: int = 3):  # type: ignore[no-untyped-def]
    """Uniforms by name and chi-squares by name, and how often each was drawn."""
    drawn: list[str] = []

    def numbers(name: str) -> np.random.Generator:
        drawn.append(name)
        return np.random.default_rng([seed, *name.encode()])

    return (
        lambda name: numbers(name).random(paths),
        lambda name, df: numbers(name).chisquare(df, paths),
        drawn,
    )


GROUPS = {
    "a common factor": {"c": (("a", "b", "d"), 0.6)},
    "two correlations": {"c": (("a", "b"), 0.6), "e": (("b", "d"), -0.3)},
    "two that meet in a third": {"c": (("a", "d"), 0.5), "e": (("b", "d"), 0.3)},
    "a negative one": {"c": (("a", "b"), -0.5)},
    "an event": {"c": (("a", "b.happens"), 0.5)},
}


@pytest.mark.parametrize("df", [None, 4.0])
@pytest.mark.parametrize("name", GROUPS)
def test_uniforms_have_the_rank_correlation_asked_and_even_margins(name: str, df: float | None) -> None:
    entries, paths = GROUPS[name], 40_000
    group_of = build_correlated_groups(entries, df)
    uniforms, chi_squares, _ = independent_sources(paths)
    u = group_of["a"].uniforms(uniforms, chi_squares)
    assert sorted(u) == sorted({member for members, _ in entries.values() for member in members})
    for members, rank in entries.values():
        first, second = members[:2]
        sign = -1 if first.endswith(".happens") != second.endswith(".happens") else 1
        assert spearmanr(u[first], u[second]).statistic == pytest.approx(sign * rank, abs=0.02)
    for values in u.values():
        assert kstest(values, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("df", [None, 4.0])
@pytest.mark.parametrize("name", GROUPS)
def test_normals_have_the_rank_correlation_asked_and_normal_margins(name: str, df: float | None) -> None:
    entries, shape = GROUPS[name], (4, 10_000)
    uniforms, chi_squares, _ = independent_sources(shape[0] * shape[1])
    z = build_correlated_groups(entries, df)["a"].normals(
        lambda member: ndtri(uniforms(member)).astype(np.float32).reshape(shape),
        lambda stream_name, freedom: chi_squares(stream_name, freedom).reshape(shape),
    )
    for members, rank in entries.values():
        first, second = members[:2]
        sign = -1 if first.endswith(".happens") != second.endswith(".happens") else 1
        assert spearmanr(z[first].ravel(), z[second].ravel()).statistic == pytest.approx(sign * rank, abs=0.02)
    for values in z.values():
        assert (values.shape, values.dtype) == (shape, np.float32)
        assert kstest(values.ravel(), "norm").pvalue > 1e-3


def test_members_of_rank_one_are_equal_and_of_minus_one_mirrored() -> None:
    uniforms, chi_squares, _ = independent_sources(1_000)
    u = build_correlated_groups({"c": (("a", "b", "d"), 1.0)})["a"].uniforms(uniforms, chi_squares)
    assert np.allclose(u["a"], u["b"])
    assert np.allclose(u["a"], u["d"])
    u = build_correlated_groups({"c": (("a", "b"), -1.0)})["a"].uniforms(uniforms, chi_squares)
    assert np.allclose(u["a"], 1 - u["b"])


def test_the_tails_of_a_t_copula_fall_together_more_often() -> None:
    """At rank 0 the members of a t copula are uncorrelated and yet not independent: they share their scale."""
    uniforms, chi_squares, drawn = independent_sources(100_000)
    u = build_correlated_groups({"c": (("a", "b"), 0.0)}, 3.0)["a"].uniforms(uniforms, chi_squares)
    assert drawn.count("copula.correlations.c") == 1
    corners = np.mean((np.abs(u["a"] - 0.5) > 0.49) & (np.abs(u["b"] - 0.5) > 0.49))
    z = np.random.default_rng(1).standard_normal((2, 400_000)) / np.sqrt(
        np.random.default_rng(2).chisquare(3, 400_000) / 3
    )
    extreme = np.all(np.abs(z) > stdtrit(3, 0.99), axis=0).mean()
    assert corners == pytest.approx(extreme, rel=0.1)
    assert corners > 5 * 0.02**2


def test_correlations_that_cannot_be_together_are_refused() -> None:
    impossible = {"c": (("a", "b"), 0.9), "d": (("b", "e"), 0.9), "f": (("a", "e"), -0.9)}
    with pytest.raises(ValueError, match="positive"):
        build_correlated_groups(impossible)
    assert set(build_correlated_groups({**impossible, "f": (("a", "e"), 0.9)})) == {"a", "b", "e"}


def test_names_are_grouped_by_what_connects_them() -> None:
    pairs = [("d", "c"), ("a", "z"), ("c", "b"), ("y", "x"), ("b", "d")]
    assert connected_components(pairs) == [("a", "z"), ("b", "c", "d"), ("x", "y")]
    assert connected_components([]) == []
    groups = build_correlated_groups({"p": (("a", "b"), 0.5), "q": (("x", "y"), 0.5)})
    assert groups["a"] is groups["b"]
    assert groups["a"] != groups["x"]
    assert groups["x"].common == "correlations.q"


def test_rounded_uniforms_stay_inside_zero_to_one() -> None:
    clipped = clip_uniforms(np.array([0.0, 1e-300, 0.5, 1.0]))
    assert clipped.tolist() == [2.0**-54, 2.0**-54, 0.5, 1 - 2.0**-53]
