"""Distributions: draws are their quantiles, and these are those of scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit
from scipy.stats import kstest

from forecast.periods import Calendar
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler, stream
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


INF = np.inf
WIDENED = {
    "a share": (QuantileRange(0.4, 0.6, "share"), (0.0, 1.0), None),
    "a change": (QuantileRange(0.02, 0.12, "change"), (-1.0, INF), None),
    "an amount": (QuantileRange(60e9, 66e9, "log"), (0.0, INF), None),
    "a plain range": (QuantileRange(-2.0, 5.0, "plain"), (-INF, INF), (-3.75, 6.75)),
    "a loss at its bound": (QuantileRange(-0.2, 0.0, "plain", (-1.0, 0.0)), (-1.0, INF), (-0.25, 0.05)),
    "a normal": (Normal(10.0, 2.0, 0.0, INF), (0.0, INF), None),
    "a uniform at its bound": (Uniform(0.0, 1.0), (0.0, INF), (0.0, 1.25)),
    "a uniform": (Uniform(3.0, 7.0), (-INF, INF), (2.0, 8.0)),
    "a triangular": (Triangular(1.0, 2.0, 5.0), (-INF, INF), (0.0, 6.0)),
    "a pert": (Beta.pert(0.0, 0.04, 0.1), (-1.0, INF), (-0.025, 0.125)),
    "a pert of a share": (Beta.pert(0.05, 0.7, 1.0), (0.0, 1.0), (0.0, 1.0)),
}


@pytest.mark.parametrize(("written", "bounds", "ends"), WIDENED.values(), ids=WIDENED)
def test_a_widened_distribution_keeps_its_middle_inside_its_bounds(
    written: Distribution, bounds: tuple[float, float], ends: tuple[float, float] | None
) -> None:
    wider = written.widened(1.5, *bounds)
    low, middle, high = written.ppf(np.array([0.1, 0.5, 0.9]))
    wider_low, wider_middle, wider_high = wider.ppf(np.array([0.1, 0.5, 0.9]))
    assert wider_high - wider_low > high - low
    assert bounds[0] <= wider.bounds[0]
    assert wider.bounds[1] <= bounds[1]
    if isinstance(written, QuantileRange | Normal):
        assert wider_middle == pytest.approx(middle, rel=1e-3)
    if ends is not None:
        stated = (wider.low, wider.high)  # type: ignore[attr-defined]  # P10 and P90 of a range, else the ends
        assert stated == pytest.approx(ends)


def test_a_quantile_range_is_widened_on_its_own_scale() -> None:
    for written in (QuantileRange(0.4, 0.6, "share"), QuantileRange(0.02, 0.12, "change"), QuantileRange(1, 9, "log")):
        wider = written.widened(1.5, *written.bounds)
        scale = {"share": lambda x: np.log(x / (1 - x)), "change": np.log1p, "log": np.log}[written.transform]
        width = scale(np.float64(written.high)) - scale(np.float64(written.low))
        assert scale(np.float64(wider.high)) - scale(np.float64(wider.low)) == pytest.approx(1.5 * width)
        assert scale(np.float64(wider.high)) - scale(np.float64(written.high)) == pytest.approx(0.25 * width)


@pytest.mark.parametrize(
    "distribution", [Constant(3.0), Discrete((1.0, 2.0), (0.3, 0.7)), Empirical((1.0, 4.0)), Beta(2.0, 3.0)]
)
def test_what_cannot_be_wider_stays(distribution: Distribution) -> None:
    assert distribution.widened(1.5, 0.0, 1.0 if isinstance(distribution, Beta) else INF) == distribution


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
