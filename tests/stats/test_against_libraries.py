"""What is kept by measure gives what the library gives."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from numpy.testing import assert_allclose
from statsmodels.stats.proportion import proportion_confint

from forecast.stats.bins import N_BINS, Bins
from forecast.stats.distributions import Beta, Distribution, QuantileRange
from forecast.stats.intervals import MIN_HITS_FOR_WILSON, binomial_interval
from forecast.stats.transforms import Z90

VALUES = np.random.default_rng(20210111).normal(100, 10, 16_384)


@pytest.mark.parametrize("n", [40, 10_000])
@pytest.mark.parametrize("hits", [0, 1, 9, 10, 20])
def test_intervals_are_those_of_statsmodels(hits: int, n: int) -> None:
    method = "wilson" if hits >= MIN_HITS_FOR_WILSON else "beta"
    assert_allclose(binomial_interval(hits, n)[1:], proportion_confint(hits, n, method=method), rtol=1e-12)
    mirrored = binomial_interval(n - hits, n)
    assert_allclose((1 - mirrored.high, 1 - mirrored.low), binomial_interval(hits, n)[1:], atol=1e-12)


def test_bins_count_as_numpy_does() -> None:
    bins = Bins.from_values(VALUES)
    rows = bins.indices(bins.positions(VALUES), float(VALUES.min()), float(VALUES.max()))
    expected, _ = np.histogram(VALUES, N_BINS, (bins.low, bins.high))
    moved = np.abs(np.bincount(rows, minlength=N_BINS) - expected).sum()
    assert moved <= 4  # a value on the edge of two bins may fall on either side


SIGMA = np.log(2) / (2 * Z90)


@pytest.mark.parametrize(("low", "high"), [(-0.2, 0.0), (-0.2, -0.001), (-1.0, -0.5), (-1.0, 0.0)])
@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_a_clipped_range_is_the_clipped_normal_of_the_library(
    low: float, high: float, precision: type[np.floating]
) -> None:
    u = np.linspace(0.001, 0.999, 4_001).astype(precision)
    sd = (high - low) / (2 * Z90)
    library = np.clip(scipy.stats.norm((low + high) / 2, sd).ppf(u.astype(np.float64)), -1, 0)
    drawn = QuantileRange(low, high, "plain", (-1.0, 0.0)).transform_uniform(u)
    assert_allclose(drawn, library, rtol=0, atol=1.5e-5 * sd)
    away_from_corners = np.abs(u[:, None] - [0.1, 0.9]).min(axis=1) > 1e-4
    for bound in (-1, 0):
        assert np.array_equal((drawn == bound)[away_from_corners], (library == bound)[away_from_corners])


@pytest.mark.parametrize(
    ("distribution", "library", "tolerance"),
    [
        (QuantileRange(1.0, 2.0, "log"), scipy.stats.lognorm(s=SIGMA, scale=np.sqrt(2)), 1e-5),
        (QuantileRange(1.0, 2.0, "plain"), scipy.stats.norm(1.5, 0.5 / Z90), 1e-5),
        (Beta.pert(0.0, 1.0, 4.0), scipy.stats.beta(2, 4, scale=4), 2e-4),
    ],
)
@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_tables_are_close_to_the_exact_quantiles(
    distribution: Distribution, library: scipy.stats.rv_continuous, tolerance: float, precision: type[np.floating]
) -> None:
    u = np.linspace(0.001, 0.999, 4_001).astype(precision)
    assert_allclose(distribution.transform_uniform(u), library.ppf(u.astype(np.float64)), atol=tolerance * 1.5)
