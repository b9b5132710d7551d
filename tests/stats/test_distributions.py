"""Draws from a distribution are its quantiles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from forecast.periods import Calendar
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler, stream
from forecast.stats.distributions import (
    Beta,
    Discrete,
    Distribution,
    Empirical,
    Normal,
    QuantileRange,
    Triangular,
    Uniform,
)

YEAR = Calendar(12 * 2021, 12)


@pytest.mark.parametrize(
    "chance",
    [
        QuantileRange(0.1, 0.3, "share"),
        QuantileRange(-0.3, -0.1, "plain", (-1.0, 0.0)),
        QuantileRange(-0.2, 0.0, "plain", (-1.0, 0.0)),
        QuantileRange(-1.0, 0.0, "plain", (-1.0, 0.0)),
        QuantileRange(0.01, 0.5, "plain", (0.0, np.inf)),
        QuantileRange(-0.02, 0.04, "change"),
        QuantileRange(60e9, 66e9, "log"),
        Normal(1.0, 2.0, 0.0, 5.0),
        Normal(120e9, 5e9),
        Triangular(1.0, 2.0, 5.0),
        Uniform(3.0, 7.0),
        Beta.pert(1.0, 2.0, 5.0),
        Discrete((1.0, 2.0), (0.3, 0.7)),
        Empirical((1.0, 4.0, 9.0)),
    ],
)
def test_transformed_uniforms_are_quantiles(chance: Distribution) -> None:
    u = np.concatenate([np.random.default_rng(4).random(50_000), [2.0**-55, 2.0**-30, 1 - 2.0**-53]])
    exact = chance.ppf(u)
    spread = np.quantile(exact, 0.9) - np.quantile(exact, 0.1)
    assert np.max(np.abs(chance.transform_uniform(u) - exact) / np.maximum(np.abs(exact), spread)) < 2e-5
    assert np.all((chance.transform_uniform(u) >= chance.bounds[0]) & (chance.transform_uniform(u) <= chance.bounds[1]))
    short = ((np.random.default_rng(5).integers(0, 2**23, 50_000) + 0.5) * 2.0**-23).astype(np.float32)
    assert chance.transform_uniform(short).dtype == np.float32
    exact_short = chance.ppf(short.astype(float))
    assert (
        np.max(np.abs(chance.transform_uniform(short) - exact_short) / np.maximum(np.abs(exact_short), spread)) < 2e-5
    )


def test_monthly_normals_are_standard_and_tell_nothing_of_each_other() -> None:
    z = Sampler(5, range(20), {}).normals("services.a", YEAR.years).astype(float)
    assert abs(z.mean()) < 4 / np.sqrt(z.size)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / z.size)
    assert abs((z**4).mean() - 3) < 4 * np.sqrt(96 / z.size)
    assert kstest(z.ravel(), "norm").pvalue > 1e-4
    halves, neighbours = np.moveaxis(z.reshape(12, 20, 2, 2048), 2, 0), (z[:-1], z[1:])
    years = Sampler(5, range(20), {}).normals("services.a", range(2022, 2024)).astype(float)
    for first, second in (
        halves,
        neighbours,
        (z[:, :4096], z[:, 4096:8192]),
        (z, years[:12]),
        (years[:12], years[12:]),
    ):
        assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 4 / np.sqrt(first.size)
    assert np.array_equal(z[:, 4096:8192], Sampler(5, range(1, 2), {}).normals("services.a", YEAR.years))


def test_monthly_normals_are_those_of_numpy_row_by_row() -> None:
    z = Sampler(5, range(3, 5), {}).normals("services.a", range(2021, 2023))
    for row, year in ((slice(0, 12), 2021), (slice(12, 24), 2022)):
        normals = stream(5, "services.a", 4, year).standard_normal((12, PATHS_PER_BLOCK), np.float32)
        assert np.array_equal(z[row, PATHS_PER_BLOCK:], normals)
