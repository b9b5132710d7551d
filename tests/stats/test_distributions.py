"""The engine's short cuts give what the long way gives."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import kstest, poisson

from forecast.periods import Calendar, month_overlaps, ramp
from forecast.simulation.model.shocks.outbreaks import _sort_rows
from forecast.simulation.sampling.events import _poisson_ppf, sample_events
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler, stream
from forecast.stats.bins import Bins
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
from forecast.stats.quantile_table import QuantileTable
from forecast.stats.tally import Tally

YEAR = Calendar(12 * 2021, 12)


def test_the_table_of_the_normal_keeps_its_word() -> None:
    for precision, ends in ((np.float64, [2.0**-55, 1 - 2.0**-53]), (np.float32, [2.0**-24, 1 - 2.0**-24])):
        table = QuantileTable.from_normal_transform(np.dtype(precision), lambda z: z)
        u = np.concatenate([np.random.default_rng(3).random(200_000), [1e-7, 0.001, 0.1, 0.5, 0.9, 0.999], ends])
        u = u.astype(precision)
        assert np.max(np.abs(table(u) - ndtri(u.astype(float)))) < 6e-6
        assert table(u).dtype == precision
        assert np.all(np.diff(table(np.linspace(0.001, 0.999, 50_001).astype(precision))) >= 0)


@pytest.mark.parametrize(
    "chance",
    [
        QuantileRange(0.1, 0.3, "share"),
        QuantileRange(-0.3, -0.1, "loss"),
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
def test_what_is_drawn_is_the_quantile(chance: Distribution) -> None:
    u = np.concatenate([np.random.default_rng(4).random(50_000), [2.0**-55, 2.0**-30, 1 - 2.0**-53]])
    exact = chance.ppf(u)
    spread = np.quantile(exact, 0.9) - np.quantile(exact, 0.1)
    assert np.max(np.abs(chance.transform_uniform(u) - exact) / np.maximum(np.abs(exact), spread)) < 2e-5
    assert np.all((chance.transform_uniform(u) >= chance.bounds[0]) & (chance.transform_uniform(u) <= chance.bounds[1]))
    short = ((np.random.default_rng(5).integers(0, 2**23, 50_000) + 0.5) * 2.0**-23).astype(np.float32)
    assert chance.transform_uniform(short).dtype == np.float32
    near = chance.ppf(short.astype(float))
    assert np.max(np.abs(chance.transform_uniform(short) - near) / np.maximum(np.abs(near), spread)) < 2e-5


def test_the_number_of_events_is_a_poisson_quantile_and_a_higher_rate_keeps_them() -> None:
    u = np.random.default_rng(8).random(100_000)
    for rate in (0.0, 0.3, 2.0, 15.9):
        assert np.array_equal(_poisson_ppf(u, np.array([rate])), poisson.ppf(u, rate) if rate else np.zeros(len(u)))
    rates = np.random.default_rng(9).uniform(0, 16, len(u))
    count = _poisson_ppf(u, rates)
    assert np.array_equal(count, poisson.ppf(u, rates))
    assert np.all(_poisson_ppf(u, rates * 0.7) <= count)


def test_marks_of_events_are_uniform_and_tell_nothing_of_each_other() -> None:
    events = sample_events(Sampler(5, range(4), {}), "storms", np.full((1, 1), 20.0), None, YEAR)
    marks = [events.uniform(f"mark {number}").astype(float) for number in range(20)]
    marks += [(events.start - YEAR.edges[0]) / 365, events.path / (4 * 4096)]
    n = len(events)
    assert abs(n / (4 * 4096) - 20) < 4 * np.sqrt(20 / (4 * 4096))
    z = [np.corrcoef(a, b)[0, 1] * np.sqrt(n) for a, b in combinations(marks, 2)]
    assert np.max(np.abs(z)) < 4.5
    assert 0.85 < np.std(z) < 1.15
    for values in marks:
        counts = np.bincount((values * 64).astype(int), minlength=64)
        assert np.sum((counts - n / 64) ** 2) / (n / 64) < 120  # chi-square of 63 degrees: 1 in 100,000


def test_monthly_normals_are_standard_and_tell_nothing_of_each_other() -> None:
    z = Sampler(5, range(20), {}).normals("services.a", YEAR.years).astype(float)
    assert abs(z.mean()) < 4 / np.sqrt(z.size)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / z.size)
    assert abs((z**4).mean() - 3) < 4 * np.sqrt(96 / z.size)
    assert kstest(z.ravel(), "norm").pvalue > 1e-4
    halves, neighbours = np.moveaxis(z.reshape(12, 20, 2, 2048), 2, 0), (z[:-1], z[1:])
    years = Sampler(5, range(20), {}).normals("services.a", range(2022, 2024)).astype(float)
    for one, other in (halves, neighbours, (z[:, :4096], z[:, 4096:8192]), (z, years[:12]), (years[:12], years[12:])):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4 / np.sqrt(one.size)
    assert np.array_equal(z[:, 4096:8192], Sampler(5, range(1, 2), {}).normals("services.a", YEAR.years))


def test_monthly_normals_are_those_of_numpy_row_by_row() -> None:
    z = Sampler(5, range(3, 5), {}).normals("services.a", range(2021, 2023))
    for row, year in ((slice(0, 12), 2021), (slice(12, 24), 2022)):
        whole = stream(5, "services.a", 4, year).standard_normal((12, PATHS_PER_BLOCK), np.float32)
        assert np.array_equal(z[row, PATHS_PER_BLOCK:], whole)


def test_overlaps_are_those_of_every_interval_with_every_month() -> None:
    rng = np.random.default_rng(4)
    start = YEAR.edges[0] + rng.uniform(-40, 400, 300)
    start[:13] = YEAR.edges
    end = start + rng.uniform(-5, 90, 300)
    end[13:26] = YEAR.edges
    interval, month, days = month_overlaps(start, end, YEAR)
    dense = np.minimum(end[:, None], YEAR.edges[1:]) - np.maximum(start[:, None], YEAR.edges[:-1])
    found = np.zeros((300, 12))
    found[interval, month] = days
    assert np.array_equal(found, np.maximum(dense, 0))


@pytest.mark.parametrize("latest", [2**20, 2**28])
def test_intervals_are_put_in_order_of_path_start_and_row(latest: int) -> None:
    rng = np.random.default_rng(7)
    path, start = np.sort(rng.integers(0, 4 * 4096, 30_000)), rng.integers(0, latest, 30_000)
    start[::3] = start[1::3]
    assert np.array_equal(_sort_rows(path, start), np.lexsort((start, path)))
    assert len(_sort_rows(path[:0], start[:0])) == 0


def test_a_ramp_is_its_integral() -> None:
    start, length = YEAR.edges[0] + np.array([-400.0, -20.0, 45.5, 200.0, 45.5]), np.array([30.0, 90.0, 60.0, 1.0, 0.0])
    moments = (YEAR.edges[:-1, None] + (np.arange(20_000) + 0.5) / 20_000 * YEAR.days[:, None])[:, :, None]
    grown = np.where(length > 0, (moments - start) / np.where(length > 0, length, 1.0), moments >= start)
    assert np.allclose(ramp(start, length, YEAR), np.clip(grown, 0, 1).mean(axis=1), atol=1e-4)


def test_a_histogram_says_what_the_values_say() -> None:
    values = np.random.default_rng(6).normal(250, 13, (20, 4096))
    ruler = Bins.from_values(values[0])
    exact, binned = Tally(ruler), Tally(ruler, exact=False)
    for block in values:
        exact.add(block)
        binned.add(block)
    for p in (0.01, 0.1, 0.5, 0.9, 0.99):
        assert abs(exact.quantile(p).value - binned.quantile(p).value) < 13 * 2e-3


@pytest.mark.parametrize("exact", [True, False])
def test_a_narrow_figure_of_large_values_keeps_its_mean_and_its_spread(exact: bool) -> None:
    off = np.random.default_rng(7).normal(0, 3, (8, 4096))
    tally = Tally(Bins.from_values(1e15 + off[0]), exact=exact)
    for block in off:
        tally.add(1e15 + block)
    kept = 1e15 + off - 1e15  # as 64 bits hold them
    assert tally.mean - 1e15 == pytest.approx(kept.mean(), abs=0.2)
    assert tally.sd == pytest.approx(kept.std(ddof=1), rel=1e-9)
