"""Quantile functions against those of scipy, bounds and shapes in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from forecast.stats.distributions import (
    Beta,
    Constant,
    Discrete,
    Distribution,
    Empirical,
    Normal,
    QuantileRange,
    Triangular,
    Uniform,
)
from forecast.stats.transforms import Z90

INF = np.inf
U = np.linspace(0.0005, 0.9995, 2_000)


def lognormal(low: float, high: float) -> object:
    return stats.lognorm(np.log(high / low) / (2 * Z90), scale=np.sqrt(low * high))


def truncated(mean: float, sd: float, low: float, high: float) -> object:
    return stats.truncnorm((low - mean) / sd, (high - mean) / sd, mean, sd)


PAIRS: dict[str, tuple[Distribution, object]] = {
    "uniform": (Uniform(3.0, 7.0), stats.uniform(3, 4)),
    "triangular": (Triangular(1.0, 2.0, 5.0), stats.triang(0.25, 1, 4)),
    "triangular with its mode at the low end": (Triangular(1.0, 1.0, 5.0), stats.triang(0, 1, 4)),
    "triangular with its mode at the high end": (Triangular(1.0, 5.0, 5.0), stats.triang(1, 1, 4)),
    "beta": (Beta(2.0, 3.0, 10.0, 20.0), stats.beta(2, 3, 10, 10)),
    "pert": (Beta.pert(10.0, 12.0, 20.0), stats.beta(1.8, 4.2, 10, 10)),
    "normal": (Normal(5.0, 2.0), stats.norm(5, 2)),
    "normal above a bound": (Normal(1.0, 2.0, 0.0), truncated(1, 2, 0, INF)),
    "normal below a bound": (Normal(1.0, 2.0, -INF, 2.0), truncated(1, 2, -INF, 2)),
    "normal between bounds": (Normal(1.0, 2.0, 0.0, 5.0), truncated(1, 2, 0, 5)),
    "normal in its high tail": (Normal(0.0, 1.0, 6.0, 8.0), truncated(0, 1, 6, 8)),
    "amount": (QuantileRange(100.0, 140.0, "log"), lognormal(100, 140)),
    "plain": (QuantileRange(-2.0, 5.0, "plain"), stats.norm(1.5, 7 / (2 * Z90))),
}


@pytest.mark.parametrize(("distribution", "reference"), PAIRS.values(), ids=PAIRS)
def test_quantiles_are_those_of_scipy(distribution: Distribution, reference: object) -> None:
    expected = reference.ppf(U)  # type: ignore[attr-defined]
    scale = expected[-1] - expected[0]
    assert np.abs(distribution.ppf(U.copy()) - expected).max() < 2e-4 * scale
    assert np.abs(distribution.transform_uniform(U.copy()) - expected).max() < 2e-4 * scale
    assert not distribution.is_constant


def test_a_range_of_changes_or_shares_is_normal_in_its_logs_or_odds() -> None:
    z = stats.norm.ppf(U)
    changes, shares = QuantileRange(-0.02, 0.04, "change").ppf(U), QuantileRange(0.1, 0.3, "share").ppf(U)
    low, high = np.log([0.98, 1.04])
    assert changes == pytest.approx(np.exp((low + high) / 2 + z * (high - low) / (2 * Z90)) - 1)
    low, high = logit([0.1, 0.3])
    assert shares == pytest.approx(expit((low + high) / 2 + z * (high - low) / (2 * Z90)))


@pytest.mark.parametrize(
    ("distribution", "bounds"),
    [
        (Constant(3.0), (3, 3)),
        (QuantileRange(0.1, 0.3, "share"), (0, 1)),
        (QuantileRange(1.0, 3.0, "log"), (0, INF)),
        (QuantileRange(-0.1, 0.3, "change"), (-1, INF)),
        (QuantileRange(-0.1, 0.3, "plain"), (-INF, INF)),
        (QuantileRange(-0.3, -0.1, "plain", (-1.0, 0.0)), (-1, 0)),
        (QuantileRange(0.1, 0.3, "share", (-1.0, 2.0)), (0, 1)),
        (Normal(1.0, 2.0, 0.0, 5.0), (0, 5)),
        (Normal(1.0, 2.0), (-INF, INF)),
        (Uniform(3.0, 7.0), (3, 7)),
        (Triangular(1.0, 2.0, 5.0), (1, 5)),
        (Beta(2.0, 3.0), (0, 1)),
        (Discrete((1.0, 2.0, 5.0), (0.3, 0.3, 0.4)), (1, 5)),
        (Empirical((1.0, 4.0, 9.0)), (1, 9)),
    ],
)
def test_bounds_are_the_ends_of_the_values(distribution: Distribution, bounds: tuple[float, float]) -> None:
    assert distribution.bounds == bounds
    values = distribution.ppf(np.array([1e-9, 0.5, 1 - 1e-9]))
    assert np.all((values >= bounds[0]) & (values <= bounds[1]))
    assert distribution.is_constant == isinstance(distribution, Constant)


def test_a_list_of_values_has_the_shares_of_its_weights() -> None:
    u = (np.arange(1_000) + 0.5) / 1_000
    values, counts = np.unique(Discrete((1.0, 2.0, 5.0), (3.0, 5.0, 2.0)).ppf(u), return_counts=True)
    assert (values.tolist(), counts.tolist()) == ([1, 2, 5], [300, 500, 200])
    values, counts = np.unique(Empirical((1.0, 4.0, 4.0, 9.0)).ppf(u), return_counts=True)
    assert (values.tolist(), counts.tolist()) == ([1, 4, 9], [250, 500, 250])
    assert Discrete((1.0, 2.0), (0.1, 0.2)).ppf(np.array([1 - 2.0**-53]))[0] == 2
    assert Constant(4.5).ppf(u).tolist() == Constant(4.5).transform_uniform(u).tolist() == [4.5] * 1_000


def test_the_skewness_of_a_range_has_no_unit() -> None:
    assert QuantileRange(1.0, 9.0, "log").kelly_skewness == pytest.approx((1 + 9 - 2 * 3) / 8)
    assert QuantileRange(100.0, 900.0, "log").kelly_skewness == pytest.approx(0.5)
    assert QuantileRange(-5.0, 9.0, "plain").kelly_skewness == pytest.approx(0)


def test_the_share_of_a_normal_outside_its_bounds() -> None:
    assert Normal(1.0, 2.0, 0.0, 5.0).share_outside_bounds == pytest.approx(stats.norm.cdf(-0.5) + stats.norm.sf(2))
    assert Normal(1.0, 2.0).share_outside_bounds == 0


def test_wider_distributions_have_the_ends_that_their_factor_says() -> None:
    normal = Normal(10.0, 2.0, 0.0, 30.0).widened(1.5, 0.0, INF)
    assert normal == Normal(10.0, 3.0, 0.0, 30.0)
    assert Triangular(4.0, 5.0, 8.0).widened(1.5, 3.5, 8.5) == Triangular(3.5, 5.0, 8.5)
    pert = Beta.pert(4.0, 5.0, 8.0).widened(1.5, -INF, INF)
    assert (pert.low, pert.high) == (3.0, 9.0)
    assert (pert.a, pert.b) == pytest.approx((1 + 4 * 2 / 6, 1 + 4 * 4 / 6))
    for factor in (0.5, 2.0):
        wider = QuantileRange(2.0, 8.0, "log").widened(factor, 0.0, INF)
        assert (wider.low, wider.high) == pytest.approx((4 / 2**factor, 4 * 2**factor))
